"""Axes: each further nine is one step, ends are round, bars that are joined keep their counts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.figures.scale import decades, grouped, nines, ticks


@pytest.mark.parametrize(("percent", "place"), [(0, 0), (90, 1), (99, 2), (99.9, 3), (99.99, 4)])
def test_each_further_nine_is_one_step(percent, place):
    assert nines(percent) == pytest.approx(place)


def test_the_hundredth_percentile_has_no_place():
    assert nines(100.0) == math.inf


def test_ticks_end_at_the_first_beyond_the_curve():
    assert ticks(99.5) == (0.0, 50.0, 90.0, 99.0, 99.9)
    assert ticks(0) == (0.0,)


@given(st.floats(1e-3, 1e9), st.floats(1, 1e6))
def test_decades_span_their_values(low, factor):
    powers = decades(low, low * factor)
    assert 10.0 ** powers[0] <= low * 1.000001
    assert 10.0 ** powers[-1] >= low * factor * 0.999999
    assert len(powers) >= 2


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 50)), min_size=1, max_size=200),
    st.integers(1, 60),
)
def test_joined_bars_keep_every_count(values, most):
    bars = sorted({low: (low, low + 1, count) for low, count in values}.values())
    joined = grouped(bars, most)
    assert sum(count for *_, count in joined) == sum(count for *_, count in bars)
    assert len(joined) <= most + 2
    assert grouped([]) == ()
