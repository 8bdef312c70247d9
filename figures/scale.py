"""Axes: percentiles by their nines, round ends, logarithmic decades; and bars of a histogram joined to what an eye can distinguish.

Source: console.md section 10 (charts).
"""

import math
from collections.abc import Sequence
from typing import Final

NINES: Final = (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_STEPS: Final = (1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

Bars = tuple[tuple[int, int, int], ...]
"""Low, high, count."""


def nines(percent: float) -> float:
    """The place of a percentile on an axis on which each further nine is one step: 90 at 1, 99 at 2; infinite at 100."""
    return math.inf if percent >= 100 else -math.log10(1 - percent / 100)


def ticks(highest: float) -> tuple[float, ...]:
    """The percentiles to name on such an axis, up to the first at or beyond `highest`."""
    return tuple(one for at, one in enumerate(NINES) if at == 0 or NINES[at - 1] < highest)


def decades(low: float, high: float) -> range:
    """The powers of ten that span `low` to `high` (both above 0), at least one decade."""
    first = math.floor(math.log10(low))
    return range(first, max(math.ceil(math.log10(high)), first + 1) + 1)


def grouped(bars: Sequence[tuple[int, int, int]], most: int = 48) -> Bars:
    """Join neighbouring bars until at most `most` are left, on a scale where each spans the same factor."""
    if not bars:
        return ()
    low, high = max(bars[0][0], 1), bars[-1][1]
    factor = max((high / low) ** (1 / most), 1.0001)
    joined: list[tuple[int, int, int]] = []
    edge: float = low
    for begin, end, count in bars:
        while begin >= edge * factor:
            edge *= factor
        if joined and joined[-1][0] == int(edge):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2] + count)
        else:
            joined.append((int(edge), max(end, int(edge * factor)), count))
    return tuple(joined)
