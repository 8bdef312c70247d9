"""The drawing of routing logic: every line leads from its question to what that answer means, and crosses no box (V1)."""

import re
from itertools import pairwise

import pytest

from ain_scp.api.drawing import svg
from ain_scp.asf_rtl.graph import Edge, Graph, Node

BOX_W, BOX_H = 250, 70


def graph(*outcomes, last):
    """A column of questions whose yes leads to the outcomes named, and what the last no leads to."""
    asked = [Node(f"q{at}", "question", f"question {at}", "", taken=False) for at in range(len(outcomes))]
    ends = [Node(name, "outcome", name, "", taken=False) for name in dict.fromkeys((*outcomes, last))]
    start = Node("start", "start", "start", "", taken=True)
    column = ["start", *(one.key for one in asked)]
    edges = [Edge(f"q{at}", name, "yes", taken=False) for at, name in enumerate(outcomes)]
    edges += [
        Edge(one, other, "no" if one != "start" else "", taken=False)
        for one, other in zip(column, [*column[1:], last], strict=True)
    ]
    return Graph("title", (start, *asked, *ends), tuple(edges))


GRAPHS = [
    graph("A", "B", last="PSTN"),
    graph("A", "B", "A", last="PSTN"),
    graph("A", "A", "A", last="PSTN"),
    graph("A", "B", last="A"),
    graph("A", last="A"),
    graph(last="PSTN"),
]


@pytest.mark.parametrize("drawn", GRAPHS)
def test_lines_end_at_their_boxes_and_cross_none(drawn):
    page = svg(drawn)
    boxes = {
        node.key: tuple(map(int, found))
        for node, found in zip(drawn.nodes, re.findall(r"<rect class='box[^']*' x='(\d+)' y='(\d+)'", page), strict=True)
    }  # fmt: skip
    paths = re.findall(r"<path class='edge' d='([^']*)'", page)
    assert len(set(boxes.values())) == len(boxes)
    for edge, path in zip(drawn.edges, paths, strict=True):
        (x, y), (tx, ty) = boxes[edge.source], boxes[edge.target]
        points = corners(path)
        assert points[0] in {(x + BOX_W // 2, y + BOX_H), (x + BOX_W, y + BOX_H // 2)}
        assert points[-1] in {
            (tx, ty + BOX_H // 2),
            (tx + BOX_W, ty + BOX_H // 2),
            (tx + BOX_W // 2, ty),
        }
        for one, other in pairwise(points) if "C" not in path else ():
            for left, top in boxes.values():
                assert not crosses(one, other, left, top), (edge, path)


def corners(path):
    """The corners of a path of M, V, H and C."""
    x = y = 0
    found = []
    for letter, numbers in re.findall(r"([MVHC])([\d ]+)", path):
        values = list(map(int, numbers.split()))
        x = values[-2] if letter in "MC" else values[0] if letter == "H" else x
        y = values[-1] if letter in "MC" else values[0] if letter == "V" else y
        found.append((x, y))
    return found


def crosses(one, other, left, top):
    """Whether a straight line runs through the inside of a box."""
    (x1, x2), (y1, y2) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return x1 < left + BOX_W and x2 > left and y1 < top + BOX_H and y2 > top
