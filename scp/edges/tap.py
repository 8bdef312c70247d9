"""The tap: a sample of what a running server is asked and answers, in a ring that others read (`ain_scp.journal.ring`).

At most `rate` exchanges a second, whole batches until that is spent; the rest is counted. Nothing is formatted or decoded here,
and nothing waits: a ring that does not take a sample costs the sample.

Source: console.md section 6 (tap).
"""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ain_scp.journal.ring import RingWriter
from ain_scp.scp.edges.control import Order, OrderFault, Verb
from ain_scp.scp.edges.metrics import total_lines
from ain_scp.terms.units import SECOND_NS

RATE: Final = 200
MOST: Final = 5000


class Tap:
    """The tap at a path; OSError or RingFault when the file cannot be had."""

    def __init__(self, path: Path, worker: int = 0, rate: int = RATE) -> None:
        self._ring = RingWriter(path, worker, time.time_ns(), rate)
        self._until = 0
        self._left = 0
        self.passed = 0
        """Exchanges over the budget."""
        self.failed = 0
        """Samples that the file did not take."""

    def set_rate(self, rate: int) -> None:
        """Take so many exchanges a second from now on."""
        self._ring.rate = rate
        self._until = 0

    def take(self, began: int, queries: list[bytes], answers: list[bytes], link: str) -> None:
        """Sample a batch of one link; `began` is any clock in ns that only grows."""
        if began >= self._until:
            self._until, self._left = began - began % SECOND_NS + SECOND_NS, self._ring.rate
            self._safely_tell()
        if self._left <= 0:
            self.passed += len(queries)
            return
        self._left -= len(queries)
        try:
            self._ring.write(time.time_ns(), link, queries, answers)
            self._ring.tell()
        except OSError:
            self.failed += len(queries)

    def lines(self) -> list[str]:
        """Its metrics."""
        ring = self._ring
        counts = {"sampled": ring.written, "passed": self.passed, "failed": self.failed}
        return total_lines("ain_scp_tap_total", {f'what="{what}"': count for what, count in counts.items()})

    def close(self) -> None:
        """Take the ring away."""
        self._ring.close()

    def _safely_tell(self) -> None:
        self._ring.passed = self.passed
        try:
            self._ring.tell()
        except OSError:
            self.failed += 1


def rate_of(order: Order) -> int:
    """The rate that an order names; OrderFault for anything else."""
    rate = order.get("rate")
    if isinstance(rate, bool) or not isinstance(rate, int) or not 0 <= rate <= MOST:
        raise OrderFault(f"tap needs a rate: a whole number of exchanges a second from 0 to {MOST}")
    return rate


def tap_verbs(taps: Iterable[Tap]) -> Mapping[str, Verb]:
    """The verb `tap` for the taps of one process."""
    known = tuple(taps)

    async def tap(order: Order) -> dict[str, object]:
        rate = rate_of(order)
        if not known:
            raise OrderFault("there is no tap; start the server with --tap PATH")
        for one in known:
            one.set_rate(rate)
        return {"rate": rate}

    return {"tap": tap}
