"""What `ain run` says of a run of many calls: by which facilities they went, how full trunk groups became, answer times, the slowest.

Source: console.md section 11.
"""

import heapq
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ain_scp.ain.words import counted
from ain_scp.reports.text import table
from ain_scp.ssp_sim.lab import Lab
from ain_scp.ssp_sim.record import CallRecord
from ain_scp.terms.digits import spaced
from ain_scp.terms.units import MS_NS, SECOND_NS

MOST: Final = 8
SLOWEST: Final = 5


class Tally:
    """Takes each call when it is over; of all of them a few counts and the slowest are kept."""

    def __init__(self) -> None:
        self.facilities: Counter[str] = Counter()
        self._slowest: list[tuple[int, str, str, str]] = []

    def add(self, record: CallRecord) -> None:
        """Count one call. Slow is a long way from off hook to the answer of the called party, in simulated time."""
        self.facilities[record.facility.facility if record.facility else "not routed"] += 1
        if record.answered_ns is None:
            return
        slow = record.answered_ns - record.placed_ns, record.id, record.calling, record.dialed
        if len(self._slowest) < SLOWEST:
            heapq.heappush(self._slowest, slow)
        else:
            heapq.heappushpop(self._slowest, slow)

    def lines(self, lab: Lab, width: int | None) -> Iterator[str]:
        """The tables: facilities, trunk groups by their fullest moment, slowest calls; and the SCP's answer times."""
        for facility, count in self.facilities.most_common():
            yield f"{count:>9,}  {facility}"
        groups = [
            group for switch in lab.world.network.switches.values() for group in switch.routes.groups.values() if group.peak
        ]  # fmt: skip
        fullest = sorted(groups, key=lambda one: (-one.peak / one.members, one.id))
        held = [(one.id, one.near, one.far, f"{one.members:,}", f"{one.peak:,}") for one in fullest[:MOST]]
        if held:
            yield from table(
                ("trunk group", "from", "to", "circuits", "most held"), held, numbers=(3, 4), width=width
            )
        if len(groups) > MOST:
            yield f"({counted(len(groups) - MOST, 'more trunk group')}, less full)"
        slow = [
            (name, spaced(calling), dialed, f"{taken / SECOND_NS:.3f} s")
            for taken, name, calling, dialed in sorted(self._slowest, reverse=True)
        ]
        if slow:
            yield from table(("slowest", "from", "dialed", "to the answer"), slow, numbers=(3,), width=width)
        if lab.latency.count:
            p50, p99 = (lab.latency.percentile(share) / MS_NS for share in (50, 99))
            most = lab.latency.maximum / MS_NS
            yield f"the SCP's answer times on this machine: p50 {p50:.3f}, p99 {p99:.3f}, at most {most:.3f} ms"
