"""The answers of the last T1, kept so that both ways find them: what a repeated query is answered with.

Two generations: when the young one holds half of the capacity or is T1 old, it becomes the old one and the old one goes.
So keeping costs one assignment, and an answer is found for at least T1 unless more than half of the capacity came since.
A generation is freed a few entries at a time: freeing 16,000 answers at once would delay the queries that wait.

Source: A-264, reliability section 3.3 and target D5.
"""

from typing import Final, Protocol, final

Kept = tuple[int, int, bytes]
"""When; the fingerprint of the query's TCAP package; the answer, as a TCAP package or as the M3UA message that carried it.

A fingerprint (keyed for each process) instead of the octets: what is kept of half a second's queries does not fit the
processor's cache, and less of it is faster. Two queries of one transaction with one fingerprint by chance: 2**-62 or less.
"""

MOST_AT_ONCE: Final = 64
"""Answers freed each time a generation might begin: as many as are kept in a batch."""


class Memory(Protocol):
    """What both ways ask. A key is four octets of point code and four of transaction ID."""

    forgotten: int
    """Answers younger than T1 that had to go."""

    def __len__(self) -> int: ...

    def turn(self, now: int) -> None:
        """Begin a new generation if it is time; asked before a batch and before each answer of the general way."""

    def knows(self, key: bytes) -> bool:
        """Whether a key was kept lately, perhaps longer than T1 ago."""

    def find(self, key: bytes, now: int) -> Kept | None:
        """What is kept under a key and younger than T1."""

    def keep(self, key: bytes, now: int, package: bytes, answer: bytes) -> None:
        """Keep an answer to a query."""

    def fingerprint(self, package: bytes) -> int:
        """What is kept of a query's TCAP package."""


@final
class Recent:
    """The two generations as dictionaries by key."""

    __slots__ = ("_gone", "_half", "_since", "_t1_ns", "forgotten", "old", "young")

    def __init__(self, t1_ns: int, capacity: int) -> None:
        self.young: dict[bytes, Kept] = {}
        self.old: dict[bytes, Kept] = {}
        self._gone: list[dict[bytes, Kept]] = []
        self.forgotten = 0
        self._t1_ns = t1_ns
        self._half = capacity // 2 if t1_ns > 0 else 0
        self._since = 0

    def __len__(self) -> int:
        return len(self.young.keys() | self.old.keys())

    def knows(self, key: bytes) -> bool:
        """Whether a key stands in one of the generations."""
        return key in self.young or key in self.old

    def find(self, key: bytes, now: int) -> Kept | None:
        """What is kept under a key and younger than T1."""
        kept = self.young.get(key)
        if kept is None:
            kept = self.old.get(key)
        return None if kept is None or now - kept[0] >= self._t1_ns else kept

    def keep(self, key: bytes, now: int, package: bytes, answer: bytes) -> None:
        """Keep an answer in the young generation."""
        self.young[key] = (now, hash(package), answer)

    def fingerprint(self, package: bytes) -> int:
        """The interpreter's hash: 64 bits, keyed for each process."""
        return hash(package)

    def turn(self, now: int) -> None:
        """Begin a new generation if it is time, and let go of some answers of the one that went."""
        if len(self.young) >= self._half or now - self._since >= self._t1_ns:
            self.forgotten += self._early(now)
            if self.old:
                self._gone.append(self.old)
            self.old = self.young if self._half else {}
            self.young = {}
            self._since = now
        if self._gone:
            self._let_go()

    def _let_go(self) -> None:
        gone = self._gone[0]
        most = MOST_AT_ONCE * len(self._gone)
        if len(gone) <= most:
            del self._gone[0]
            return
        for _ in range(most):
            gone.popitem()

    def _early(self, now: int) -> int:
        """How many of the old generation are younger than T1; they stand in the order of their coming."""
        first = next(iter(self.old.values()), None)
        if first is not None and now - first[0] < self._t1_ns:
            return len(self.old)
        return sum(1 for kept in self.old.values() if now - kept[0] < self._t1_ns)
