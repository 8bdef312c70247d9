"""The layout of a network: the same picture each time, never a worse order than the one given, labels apart (V11)."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.figures.topology import BOX_H, BOX_W, Layout, faults, lay_out


@st.composite
def networks(draw):
    rows = [[f"n{row}-{at}" for at in range(draw(st.integers(0, 6)))] for row in range(4)]
    names = [name for row in rows for name in row]
    pairs = list(combinations(names, 2))
    links = draw(st.lists(st.sampled_from(pairs), max_size=14, unique=True)) if pairs else []
    return rows, links


@given(networks())
def test_nothing_is_lost_and_the_order_is_never_worse_than_given(network):
    rows, links = network
    laid = lay_out(rows, links)
    assert sorted(spot.name for spot in laid.spots) == sorted(name for row in rows for name in row)
    assert sorted((way.one, way.other) for way in laid.ways) == sorted(links)
    given_rows = [row for row in rows if row]
    assert laid.crossings + laid.behind <= sum(faults(given_rows, sorted(links)))
    assert laid == lay_out(rows, links)


@given(networks())
def test_boxes_stand_apart_and_inside_the_picture(network):
    laid = lay_out(*network)
    for one, other in combinations(laid.spots, 2):
        assert abs(one.x - other.x) >= BOX_W or abs(one.y - other.y) >= BOX_H
    for spot in laid.spots:
        assert BOX_W / 2 <= spot.x <= laid.width - BOX_W / 2
        assert BOX_H / 2 <= spot.y <= laid.height - BOX_H / 2


def reversed_ladder(count: int) -> Layout:
    """Two rows whose order is turned round: as given, every link crosses every other."""
    top, bottom = [f"a{at}" for at in range(count)], [f"b{at}" for at in range(count)]
    return lay_out([top, bottom], list(zip(top, reversed(bottom), strict=True)))


@pytest.mark.parametrize("count", [2, 5, 9])
def test_links_that_need_not_cross_do_not(count):
    assert reversed_ladder(count).crossings == 0


def test_a_link_past_a_neighbour_is_an_arc_that_leaves_its_row():
    laid = lay_out(
        [["S"], ["a", "b", "c"]], [("S", "a"), ("S", "b"), ("S", "c"), ("a", "b"), ("b", "c"), ("a", "c")]
    )
    arcs = [way for way in laid.ways if "Q" in way.path]
    assert len(arcs) == 1
    assert arcs[0].label_y < laid.height
    assert arcs[0].label_y > max(spot.y for spot in laid.spots) + 20


def test_labels_of_parallel_links_do_not_cover_each_other():
    rows = [["SCP"], ["STP"], [f"SSP{at}" for at in range(8)], [f"E{at}" for at in range(8)]]
    links = [("SCP", "STP"), *(("STP", name) for name in rows[2]), *zip(rows[2], rows[3], strict=True)]
    links += list(pairwise(rows[2]))
    points = [(way.label_x, way.label_y) for way in lay_out(rows, links).ways]
    for (x, y), (a, b) in combinations(points, 2):
        assert abs(x - a) >= 30 or abs(y - b) >= 12, ((x, y), (a, b))


def test_a_link_to_nobody_and_a_loop_are_left_out():
    assert [
        (way.one, way.other) for way in lay_out([["a", "b"]], [("a", "b"), ("a", "x"), ("a", "a")]).ways
    ] == [("a", "b")]
    assert lay_out([], []).spots == ()
