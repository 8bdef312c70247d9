"""A decision graph: each line leads from edge to edge and through no box, labels stand beside their lines, nothing overlaps."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.figures.decision import BOX_H, BOX_W, MARGIN, Box, Branch, lay_out


@st.composite
def graphs(draw):
    """Questions one after the other, each "yes" to an outcome that others may share, the last "no" to any or one more."""
    count = draw(st.integers(1, 7))
    outcomes = [draw(st.integers(0, 4)) for _ in range(count)]
    last = draw(st.sampled_from([*outcomes, 9]))
    boxes = [Box(f"q{n}", "question", f"Question {n}?", asked=True) for n in range(count)]
    boxes += [Box(f"o{n}", "outcome", f"Outcome {n}") for n in sorted({*outcomes, last})]
    branches = [Branch(f"q{n}", f"o{outcome}", "yes") for n, outcome in enumerate(outcomes)]
    branches += [Branch(f"q{n}", f"q{n + 1}", "no") for n in range(count - 1)]
    return boxes, [*branches, Branch(f"q{count - 1}", f"o{last}", "no")]


def points(path):
    """A way as points: corners, and 20 along each curve."""
    way = []
    for letter, text in re.findall(r"([MVHC])([^MVHC]*)", path):
        numbers = [int(number) for number in text.split()]
        x, y = way[-1] if way else (0, 0)
        if letter == "M":
            way.append((numbers[0], numbers[1]))
        elif letter == "V":
            way.append((x, numbers[0]))
        elif letter == "H":
            way.append((numbers[0], y))
        else:
            (ax, ay), (bx, by), (cx, cy) = zip(numbers[::2], numbers[1::2], strict=True)
            for step in range(1, 21):
                t = step / 20
                u = 1 - t
                way.append(
                    (
                        u**3 * x + 3 * u * u * t * ax + 3 * u * t * t * bx + t**3 * cx,
                        u**3 * y + 3 * u * u * t * ay + 3 * u * t * t * by + t**3 * cy,
                    )
                )
    return way


def along(way):
    """Points close together on a way of straight pieces."""
    for (x1, y1), (x2, y2) in itertools.pairwise(way):
        steps = max(1, int(max(abs(x2 - x1), abs(y2 - y1)) // 4))
        yield from ((x1 + (x2 - x1) * n / steps, y1 + (y2 - y1) * n / steps) for n in range(steps + 1))


def inside(point, box):
    return box.x < point[0] < box.x + BOX_W and box.y < point[1] < box.y + BOX_H


def on_edge(point, box):
    x, y = point
    across, down = box.x <= x <= box.x + BOX_W, box.y <= y <= box.y + BOX_H
    return across and down and (x in (box.x, box.x + BOX_W) or y in (box.y, box.y + BOX_H))


@given(graphs())
def test_lines_lead_from_edge_to_edge_and_cross_no_box(graph):
    boxes, branches = graph
    layout = lay_out("Route", boxes, branches)
    placed = {box.key: box for box in layout.boxes}
    assert [box.key for box in layout.boxes] == [box.key for box in boxes]
    assert len({(box.x, box.y) for box in layout.boxes}) == len(boxes)
    for branch, line in zip(branches, layout.lines, strict=True):
        way = points(line.path)
        assert on_edge(way[0], placed[branch.source]), branch
        assert on_edge(way[-1], placed[branch.target]), branch
        for point in along(way):
            assert not any(inside(point, box) for box in layout.boxes), branch
            assert 0 < point[0] < layout.width
            assert 0 < point[1] < layout.height


@given(graphs())
def test_a_label_stands_beside_the_beginning_of_its_line(graph):
    layout = lay_out("Route", *graph)
    for line in layout.lines:
        x, y = points(line.path)[0]
        if line.label == "yes":
            assert 0 < line.x - x < 10
            assert 2 < y - line.y < 10, "above the line"
        else:
            assert 0 < line.x - x < 10, "right of the line"
            assert 10 < line.y - y < 28, "in the gap below the box"
        assert not any(inside((line.x, line.y), box) for box in layout.boxes)


@given(graphs())
def test_boxes_keep_a_distance_from_each_other_and_from_the_margin(graph):
    layout = lay_out("Route", *graph)
    for one in layout.boxes:
        assert one.x >= MARGIN
        assert one.x + BOX_W + MARGIN <= layout.width
        assert one.y >= MARGIN
        assert one.y + BOX_H + MARGIN <= layout.height
        for other in layout.boxes:
            apart = abs(one.x - other.x) >= BOX_W + 20 or abs(one.y - other.y) >= BOX_H + 20
            assert one is other or apart


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ("",)),
        ("short", ("short",)),
        ("word " * 15, ("word word word word word word word", "word word word word word word word", "word")),
        (
            "word " * 40,
            (
                "word word word word word word word",
                "word word word word word word word",
                "word word word word word word word …",
            ),
        ),
    ],
)
def test_a_text_is_broken_into_three_lines_at_most(text, lines):
    (box,) = lay_out("Route", [Box("start", "start", text, asked=True)], []).boxes
    assert box.lines == lines
