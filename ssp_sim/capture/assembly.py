"""Pieces waiting for the rest of their message: one bounded table, used for IP, SCTP and SCCP fragments.

Source: RFC 791 3.2, RFC 9260 6.9, T1.112.4 3.5; D-006.
"""

from collections import OrderedDict
from collections.abc import Hashable

from ain_scp.ssp_sim.capture.frame import Cause, Counts


class Pieces:
    """The pieces of one message so far, by position: an octet offset, a TSN or a segment count.

    `total` is the message's length once its last piece is known, else -1 (IP only).
    """

    __slots__ = ("born_ns", "by_position", "octets", "total")

    def __init__(self, born_ns: int) -> None:
        self.born_ns = born_ns
        self.by_position: dict[int, tuple[int, bytes]] = {}
        self.octets = 0
        self.total = -1


class Waiting:
    """A table of incomplete messages, bounded in messages, pieces, octets and age.

    The oldest message gives way to a new one; every piece lost to a bound or to age is counted. Ages are capture time
    and hold for clocks that jump back as well.

    Source: D-006, RFC 791 3.2.
    """

    __slots__ = (
        "_age_ns",
        "_aged",
        "_counts",
        "_entries",
        "_full",
        "_max_octets",
        "_max_pieces",
        "_table",
        "octets",
    )

    def __init__(
        self, entries: int, pieces: int, octets: int, age_ns: int, counts: Counts, full: Cause, aged: Cause
    ) -> None:
        self._entries = entries
        self._max_pieces = pieces
        self._max_octets = octets
        self._age_ns = age_ns
        self._counts = counts
        self._full = full
        self._aged = aged
        self._table: OrderedDict[Hashable, Pieces] = OrderedDict()  # whose first entry is found at once
        self.octets = 0

    def __len__(self) -> int:
        return len(self._table)

    def add(self, key: Hashable, position: int, piece: tuple[int, bytes], now_ns: int) -> Pieces | None:
        """Store a piece; None when it was lost at once because its message has too many pieces or octets.

        A piece at a position already held is ignored.
        """
        self._expire(now_ns)
        held = self._table.get(key)
        if held is None:
            held = self._table[key] = Pieces(now_ns)
        if position in held.by_position:
            return held
        if len(held.by_position) >= self._max_pieces or len(piece[1]) > self._max_octets:
            self._lose(key, self._full)
            self._counts.skip(self._full)
            return None
        held.by_position[position] = piece
        held.octets += len(piece[1])
        self.octets += len(piece[1])
        self._make_room(key)
        return held if key in self._table else None

    def take(self, key: Hashable) -> Pieces:
        """Remove and return a message that is complete or that must be given up; the caller counts it."""
        held = self._table.pop(key)
        self.octets -= held.octets
        return held

    def take_pieces(self, key: Hashable, positions: list[int]) -> list[tuple[int, bytes]]:
        """Remove and return some pieces of a message, in the order asked for."""
        held = self._table[key]
        taken = [held.by_position.pop(position) for position in positions]
        size = sum(len(piece[1]) for piece in taken)
        held.octets -= size
        self.octets -= size
        if not held.by_position:
            del self._table[key]
        return taken

    def close(self) -> None:
        """Count whatever still waits as never completed, and forget it."""
        for key in list(self._table):
            self._lose(key, self._aged)

    def _expire(self, now_ns: int) -> None:
        while self._table:
            key = next(iter(self._table))
            if abs(now_ns - self._table[key].born_ns) <= self._age_ns:
                return
            self._lose(key, self._aged)

    def _make_room(self, newest: Hashable) -> None:
        while len(self._table) > self._entries or self.octets > self._max_octets:
            oldest = next(iter(self._table))
            self._lose(oldest, self._full)
            if oldest == newest:
                return

    def _lose(self, key: Hashable, cause: Cause) -> None:
        held = self.take(key)
        if held.by_position:
            self._counts.skip(cause, len(held.by_position))
