"""The histogram agrees with sorted data within half a percent, and merges."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.ssp_sim.histogram import MAX_VALUE, Histogram, bounds, bucket_of

VALUES = st.lists(
    st.one_of(st.integers(0, 300), st.integers(0, 10**7), st.integers(0, MAX_VALUE)), min_size=1, max_size=60
)


def filled(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.record(value)
    return made


def whole(made: Histogram) -> tuple[object, ...]:
    return made.count, made.total, made.minimum, made.maximum, list(made.buckets())


@settings(derandomize=True, deadline=None, max_examples=200)
@given(VALUES, st.sampled_from([0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100]))
def test_percentiles_are_those_of_sorted_data(values: list[int], percent: float) -> None:
    """Every percentile lies within 0.5 % of the nearest-rank value of the sorted data."""
    rank = max(1, math.ceil(round(percent * len(values) / 100, 9)))
    true = sorted(values)[rank - 1]
    assert abs(filled(values).percentile(percent) - true) <= 0.005 * true


def test_a_hundred_thousand_latencies() -> None:
    """On log-normal latencies the usual percentiles stay within 0.5 %, and memory within a few thousand counters."""
    chance = random.Random(1)
    values = [int(chance.lognormvariate(13.8, 0.8)) for _ in range(100_000)]
    made = filled(values)
    values.sort()
    for percent in (50, 90, 99, 99.9, 99.99):
        true = values[math.ceil(round(percent * 1000, 6)) - 1]
        assert made.percentile(percent) == pytest.approx(true, rel=0.005)
    assert made.mean == pytest.approx(sum(values) / len(values))
    assert sum(1 for _ in made.buckets()) < 2000


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.integers(0, MAX_VALUE))
def test_a_bucket_holds_its_value(value: int) -> None:
    """The bucket of a value spans it, and is at most 1/128 of it wide."""
    low, width = bounds(bucket_of(value))
    assert low <= value < low + width
    assert width == 1 or width * 128 <= value


def test_buckets_follow_one_another_without_gap() -> None:
    """Where one bucket ends the next begins."""
    end = 0
    for index in range(4000):
        low, width = bounds(index)
        assert low == end
        end = low + width


@settings(derandomize=True, deadline=None, max_examples=100)
@given(VALUES, VALUES)
def test_merging_is_counting_together(one: list[int], other: list[int]) -> None:
    """A merged histogram is the histogram of all values, in either order."""
    both, turned = filled(one), filled(other)
    both.merge(filled(other))
    turned.merge(filled(one))
    assert whole(both) == whole(filled(one + other)) == whole(turned)


def test_merging_with_nothing() -> None:
    """Empty histograms change nothing, and take over everything."""
    made = Histogram()
    made.merge(Histogram())
    assert (made.count, made.mean, made.percentile(99)) == (0, 0.0, 0)
    made.merge(filled([7]))
    made.merge(Histogram())
    assert (made.minimum, made.maximum, made.count) == (7, 7, 1)


def test_values_out_of_range_are_kept_at_the_edge() -> None:
    """A negative value counts as 0, an enormous one as the largest."""
    made = filled([-5, 1 << 80])
    assert (made.minimum, made.maximum, made.count) == (0, MAX_VALUE, 2)


def test_bars_cover_every_value() -> None:
    """The bars add up to the count and stand where the values are."""
    bars = list(filled([5, 5, 1000]).bars())
    assert bars[0] == (5, 6, 2)
    assert bars[1][0] <= 1000 < bars[1][1]
