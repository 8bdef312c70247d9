"""A histogram of durations in nanoseconds that keeps its accuracy from nanoseconds to hours in a few thousand counters.

Log-linear buckets: values below 2^8 are counted exactly; above, each power of two is cut into 2^7 equal parts, so a
bucket is at most 1/128 of its value wide and its middle at most 0.4 % away from any value in it. Recording is one shift
and one addition. Two histograms merge by adding counters.

Source: HdrHistogram's bucket scheme; ITU-T E.490 for the words; performance.md.
"""

import math
from collections.abc import Iterator
from typing import Final

_EXACT_BITS: Final = 8
_HALF: Final = 1 << (_EXACT_BITS - 1)
MAX_VALUE: Final = (1 << 62) - 1
"""Larger values count as this one (146 years in nanoseconds)."""

_TICKS_PER_HALF_DISTANCE: Final = 5


class Histogram:
    """Counts values >= 0 (a negative one counts as 0); `count`, `total`, `minimum`, `maximum` are exact."""

    __slots__ = ("_counts", "count", "maximum", "minimum", "total")

    def __init__(self) -> None:
        self._counts: list[int] = []
        self.count = 0
        self.total = 0
        self.minimum = 0
        self.maximum = 0

    def record(self, value: int, times: int = 1) -> None:
        """Count `value` nanoseconds, `times` times."""
        value = min(max(value, 0), MAX_VALUE)
        self._add(bucket_of(value), times)
        if not self.count or value < self.minimum:
            self.minimum = value
        self.maximum = max(self.maximum, value)
        self.count += times
        self.total += value * times

    def _add(self, index: int, times: int) -> None:
        counts = self._counts
        if index >= len(counts):
            counts.extend([0] * (index + 1 - len(counts)))
        counts[index] += times

    def merge(self, other: "Histogram") -> None:
        """Add all values of `other`."""
        if not other.count:
            return
        for index, times in other.buckets():
            self._add(index, times)
        self.minimum = min(self.minimum, other.minimum) if self.count else other.minimum
        self.maximum = max(self.maximum, other.maximum)
        self.count += other.count
        self.total += other.total

    @property
    def mean(self) -> float:
        """The exact mean, 0 when empty."""
        return self.total / self.count if self.count else 0.0

    def percentile(self, percent: float) -> int:
        """Return the value that `percent` of the values do not exceed (nearest rank), within 0.4 %; 0 when empty.

        100 gives the exact maximum.
        """
        rank = max(1, math.ceil(round(percent * self.count / 100, 9)))
        seen = 0
        for index, times in self.buckets():
            seen += times
            if seen >= rank:
                return self._inside(index)
        return self.maximum

    def buckets(self) -> Iterator[tuple[int, int]]:
        """Give (index, count) of each bucket in use, rising."""
        return ((index, times) for index, times in enumerate(self._counts) if times)

    def bars(self) -> Iterator[tuple[int, int, int]]:
        """Give (lowest value, first value above, count) of each bucket in use."""
        for index, times in self.buckets():
            low, width = bounds(index)
            yield low, low + width, times

    def curve(self) -> Iterator[tuple[float, int, int]]:
        """Give (percentile, value, count up to it) for a percentile curve, denser towards 100 %."""
        if not self.count:
            return
        left = 100.0
        percent = 0.0
        while True:
            value = self.percentile(percent)
            up_to = sum(times for index, times in self.buckets() if bounds(index)[0] <= value)
            yield percent, value, up_to
            if up_to >= self.count:
                break
            while left / 2 > 100.0 - percent:
                left /= 2
            percent = min(percent + left / 2 / _TICKS_PER_HALF_DISTANCE, 100.0)
        if percent < 100.0:
            yield 100.0, self.maximum, self.count

    def _inside(self, index: int) -> int:
        """Return the middle of a bucket, but never outside of what was recorded."""
        low, width = bounds(index)
        return min(max(low + width // 2, self.minimum), self.maximum)


def bucket_of(value: int) -> int:
    """Return the index of the bucket that counts `value`, 0 <= value <= MAX_VALUE."""
    shift = value.bit_length() - _EXACT_BITS
    return value if shift <= 0 else shift * _HALF + (value >> shift)


def bounds(index: int) -> tuple[int, int]:
    """Return (lowest value, width) of bucket `index`."""
    if index < 2 * _HALF:
        return index, 1
    shift = index // _HALF - 1
    return (index - shift * _HALF) << shift, 1 << shift
