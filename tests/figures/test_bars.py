"""Bars stand on the axis in proportion, never overlap, and are labelled only where the words have room."""

from hypothesis import given
from hypothesis import strategies as st

from ain_scp.figures.bars import BASE, WIDTH, Chart, lay_out, lying


@given(st.lists(st.integers(-5, 10**9), max_size=100))
def test_bars_stand_side_by_side_on_the_axis(values):
    laid = lay_out(Chart("t", tuple(map(str, values)), tuple(values)))
    assert len(laid.bars) + laid.left_out == len(values)
    edge = 0.0
    for bar in laid.bars:
        assert edge <= bar.x + 1e-6 <= bar.x + bar.width <= WIDTH + 1e-6
        assert bar.height >= 0
        assert abs(bar.y + bar.height - BASE) < 1e-6
        edge = bar.x + bar.width


def test_the_tallest_bar_is_the_largest_and_the_others_in_proportion():
    tall, half, none = lay_out(Chart("t", ("a", "b", "c"), (10, 5, 0))).bars
    assert tall.height == 2 * half.height > none.height == 0


def test_one_bar_is_no_wall():
    (bar,) = lay_out(Chart("one day", ("2001-01-17",), (7,))).bars
    assert bar.width < 50
    assert bar.labelled
    assert bar.figured


def test_labels_that_would_run_together_are_left_out():
    days = tuple(f"2001-01-{day:02d}" for day in range(1, 32))
    bars = lay_out(Chart("t", days, tuple(range(31)))).bars
    shown = [bar for bar in bars if bar.labelled]
    assert 3 <= len(shown) <= 9
    wide = lay_out(Chart("t", days, (*(10**9,) * 30, 2 * 10**9))).bars
    assert [bar.figure for bar in wide if bar.figured] == ["2000000000"]


def test_bars_that_lie_have_their_label_before_and_their_figure_behind_them():
    long = "<a label that is longer than its room>"
    drawn = lying("Calls", [("COMPLETED", 1234.0), (long, 0.0)])
    texts = [(places["y"], word) for tag, places, word in drawn.parts if tag == "text"]
    assert texts == [(17, "COMPLETED"), (17, "1,234"), (39, f"{long[:27]}…"), (39, "0")]
    wide, thin = (places["width"] for tag, places, _ in drawn.parts if tag == "rect")
    assert (wide, thin) == (drawn.width - 230 - 80, 1)
    assert drawn.said == f"Calls: COMPLETED 1234, {long} 0"
    assert lying("Calls", []) is None
