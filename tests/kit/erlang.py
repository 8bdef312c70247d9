"""Erlang's loss and delay formulas: what a group of trunks, or of operators, does with offered traffic.

Traffic is in erlangs (arrivals per second times mean holding time in seconds). The loss formula needs Poisson arrivals
and holds for any distribution of holding times.

Source: A. K. Erlang 1917; ITU-T E.520 and the Teletraffic Engineering Handbook (ITU-D SG 2), chapters 7 and 12.
"""

import math
import statistics
from collections.abc import Sequence
from typing import Final

_NORMAL_995: Final = 2.5758293035489004
"""The 99.5 % quantile of the normal distribution: 99 % lie within it on both sides."""


def erlang_b(erlangs: float, trunks: int) -> float:
    """Return the share of calls that find all `trunks` busy and are lost."""
    blocked = 1.0
    for trunk in range(1, trunks + 1):
        blocked = erlangs * blocked / (trunk + erlangs * blocked)
    return blocked if erlangs > 0 else float(trunks == 0)


def erlang_c(erlangs: float, servers: int) -> float:
    """Return the share of calls that must wait; 1 when the servers cannot cope (erlangs >= servers)."""
    if erlangs >= servers:
        return 1.0
    blocked = erlang_b(erlangs, servers)
    return blocked / (1 - erlangs / servers * (1 - blocked))


def mean_wait_s(erlangs: float, servers: int, holding_s: float) -> float:
    """Return the mean wait of all calls, infinite when the servers cannot cope."""
    if erlangs >= servers:
        return math.inf
    return erlang_c(erlangs, servers) * holding_s / (servers - erlangs)


def trunks_for(erlangs: float, blocking: float) -> int:
    """Return the smallest number of trunks that loses at most the share `blocking` (0 < blocking <= 1)."""
    if not 0 < blocking <= 1:
        raise ValueError(f"expected a share between 0 and 1, got {blocking}")
    trunks = 0
    blocked = 1.0
    while blocked > blocking:
        trunks += 1
        blocked = erlangs * blocked / (trunks + erlangs * blocked)
    return trunks


def carried(erlangs: float, trunks: int) -> float:
    """Return the traffic that gets through, in erlangs."""
    return erlangs * (1 - erlang_b(erlangs, trunks))


def batch_interval(measured: Sequence[float]) -> tuple[float, float]:
    """Return the 99 % confidence interval of the mean of `measured`, one value per stretch of the run (batch means).

    Losses come in clusters, so single calls are not independent trials; stretches that are long against a holding time
    nearly are. ValueError for fewer than ten stretches. Student's quantile by its expansion in 1/degrees of freedom
    (Abramowitz and Stegun 26.7.5), right to three digits from nine degrees on.
    """
    if len(measured) < 10:
        raise ValueError(f"expected ten stretches or more, got {len(measured)}")
    z, free = _NORMAL_995, len(measured) - 1
    student = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    middle = statistics.fmean(measured)
    width = student * statistics.stdev(measured) / math.sqrt(len(measured))
    return middle - width, middle + width
