"""Repeated queries: a switch that asks again within T1 gets the same answer, and nothing happens twice.

A query is the same when peer, originating transaction id and octets are the same. Bounded: `capacity` answers, each kept for
T1; when the table is full the oldest is forgotten, and counted, for an old answer is the one least likely to be asked again.
Times are nanoseconds of the caller's clock.

Source: A-264, reliability section 3.3 (duplicate query inside T1) and target D5.
"""

from collections import OrderedDict
from enum import IntEnum

Key = tuple[int, int]
"""Point code of the peer, its transaction id."""


class Repeated(IntEnum):
    """What a query is that came under a key already used."""

    NEW = 0
    OTHER_CONTENT = 1


class Repetition:
    """The answers of the last T1."""

    def __init__(self, t1_ns: int, capacity: int) -> None:
        """A T1 or capacity of 0 keeps nothing."""
        self._t1_ns = t1_ns
        self._capacity = capacity if t1_ns > 0 else 0
        self._kept: OrderedDict[Key, tuple[int, bytes, bytes]] = OrderedDict()
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._kept)

    def answer(self, key: Key, octets: bytes, now: int) -> bytes | Repeated:
        """The answer given before, or what the query is otherwise."""
        kept = self._kept.get(key)
        if kept is None or now - kept[0] >= self._t1_ns:
            return Repeated.NEW
        return kept[2] if kept[1] == octets else Repeated.OTHER_CONTENT

    def keep(self, key: Key, octets: bytes, answer: bytes, now: int) -> None:
        """Remember an answer; old ones go."""
        if not self._capacity:
            return
        kept = self._kept
        kept.pop(key, None)
        while kept:
            oldest = next(iter(kept.values()))
            if now - oldest[0] < self._t1_ns and len(kept) < self._capacity:
                break
            if now - oldest[0] < self._t1_ns:
                self.forgotten += 1
            kept.popitem(last=False)
        kept[key] = (now, octets, answer)
