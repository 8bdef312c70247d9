"""The answers of the last T1, kept so that both ways find them: what a repeated query is answered with.

Two generations: when the young one holds half of the capacity or is T1 old, it becomes the old one and the old one goes.
So keeping costs one assignment, and an answer is found for at least T1 unless more than half of the capacity came since.

Source: A-264, reliability section 3.3 and target D5.
"""

from typing import final

Kept = tuple[int, int, bytes]
"""When; the hash of the query's TCAP package; the answer, as a TCAP package or as the M3UA message that carried it.

A hash (64 bits, keyed by the interpreter for each process) instead of the octets: what is kept of half a second's queries
does not fit the processor's cache, and less of it is faster. Two queries of one transaction with one hash by chance: 2**-64.
"""


@final
class Recent:
    """The two generations by key: four octets of point code, four of transaction ID."""

    __slots__ = ("_half", "_since", "_t1_ns", "forgotten", "old", "young")

    def __init__(self, t1_ns: int, capacity: int) -> None:
        self.young: dict[bytes, Kept] = {}
        self.old: dict[bytes, Kept] = {}
        self.forgotten = 0
        self._t1_ns = t1_ns
        self._half = capacity // 2 if t1_ns > 0 else 0
        self._since = 0

    def find(self, key: bytes, now: int) -> Kept | None:
        """What is kept under a key and younger than T1."""
        kept = self.young.get(key)
        if kept is None:
            kept = self.old.get(key)
        return None if kept is None or now - kept[0] >= self._t1_ns else kept

    def _early(self, now: int) -> int:
        """How many of the old generation are younger than T1; they stand in the order of their coming."""
        first = next(iter(self.old.values()), None)
        if first is not None and now - first[0] < self._t1_ns:
            return len(self.old)
        return sum(1 for kept in self.old.values() if now - kept[0] < self._t1_ns)

    def turn(self, now: int) -> None:
        """Begin a new generation if it is time; asked before a batch and before each answer of the general way."""
        if len(self.young) >= self._half or now - self._since >= self._t1_ns:
            self.forgotten += self._early(now)
            self.old = self.young if self._half else {}
            self.young = {}
            self._since = now
