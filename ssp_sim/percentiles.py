"""A histogram of answer times as its percentile curve: what is kept of a measurement, and the text that HdrHistogram's plotters read.

Source: HdrHistogram (percentile distribution, `.hgrm`); libraries.md section 8; console.md section 7 (`/bench`).
"""

from math import isfinite, sqrt
from typing import Annotated, Final

import msgspec

from ain_scp.ssp_sim.histogram import Histogram, bounds
from ain_scp.terms.units import MS_NS

_HEAD: Final = f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}\n\n"


class Percentiles(msgspec.Struct, frozen=True):
    """Answer times in milliseconds. `sent` queries, `count` of them answered.

    `curve`: percentile of the answered, the time that it does not exceed, answers up to that time; the last is the maximum.
    """

    sent: Annotated[int, msgspec.Meta(ge=1)]
    count: Annotated[int, msgspec.Meta(ge=0)]
    mean_ms: float
    deviation_ms: float
    max_ms: float
    curve: tuple[tuple[Annotated[float, msgspec.Meta(ge=0, le=100)], float, int], ...]

    def of_sent(self) -> tuple[tuple[float, float], ...]:
        """Percentile of the queries sent, and milliseconds: a query without an answer is later than all others."""
        return tuple((percent * self.count / self.sent, value) for percent, value, _ in self.curve)

    def hgrm(self) -> str:
        """The percentile distribution of the answered queries as HdrHistogram writes it, in milliseconds."""
        rows = [
            f"{value:12.3f} {percent / 100:2.12f} {count:10d}"
            + (f" {share:14.2f}" if isfinite(share) else "")
            for percent, value, count in self.curve
            for share in (100 / (100 - percent) if percent < 100 else float("inf"),)
        ]
        ends = (
            f"#[Mean    = {self.mean_ms:12.3f}, StdDeviation   = {self.deviation_ms:12.3f}]",
            f"#[Max     = {self.max_ms:12.3f}, Total count    = {self.count:12d}]",
        )
        return _HEAD + "".join(f"{row}\n" for row in (*rows, *ends))


def percentiles_of(found: Histogram, sent: int) -> Percentiles:
    """The percentile curve of a histogram of nanoseconds; without points when nothing was answered."""
    return Percentiles(
        sent,
        found.count,
        round(found.mean / MS_NS, 6),
        round(_deviation(found) / MS_NS, 6),
        found.maximum / MS_NS,
        tuple((round(percent, 9), value / MS_NS, count) for percent, value, count in found.curve()),
    )


def _deviation(found: Histogram) -> float:
    """The standard deviation in nanoseconds, each value taken as the middle of its bucket."""
    if not found.count:
        return 0.0
    squares = sum(
        times * (low + width / 2 - found.mean) ** 2
        for (low, width), times in ((bounds(index), times) for index, times in found.buckets())
    )
    return sqrt(squares / found.count)
