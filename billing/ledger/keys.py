"""Answers that are kept: the same request again gets the same answer and has no second effect.

Bounded by time (each answer is kept for its own `keep_ms`) and by number; what a full store forgets before its time is
counted, because a repeat of it would be taken for a new request.

Source: charging.md 4.2 (Keys), I5, I13.
"""

from collections import deque
from hashlib import blake2b
from typing import Final

import msgspec

from ain_scp.billing.ledger.record import Kept

MOST: Final = 4_000_000


class Keys:
    """Answers by key, oldest first within each duration."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.kept: dict[str, Kept] = {}
        self.forgotten_early = 0
        self._order: dict[int, deque[tuple[int, str]]] = {}

    def put(self, key: str, kept: Kept, keep_ms: int) -> None:
        """Keep an answer; at the bound the one that ends first goes."""
        if len(self.kept) >= self.most:
            self._drop_first()
        self.kept[key] = kept
        waiting = self._order.get(keep_ms)
        if waiting is None:
            waiting = self._order[keep_ms] = deque()
        waiting.append((kept.until_ms, key))

    def forget(self, now_ms: int) -> None:
        """Drop what is past its time."""
        for waiting in self._order.values():
            while waiting and waiting[0][0] <= now_ms:
                until, key = waiting.popleft()
                found = self.kept.get(key)
                if found is not None and found.until_ms == until:
                    del self.kept[key]

    def rows(self) -> list[tuple[str, Kept, int]]:
        """Every answer with its duration, in the order a snapshot keeps them."""
        return [
            (key, kept, keep_ms)
            for keep_ms, waiting in sorted(self._order.items())
            for until, key in waiting
            if (kept := self.kept.get(key)) is not None and kept.until_ms == until
        ]

    def _drop_first(self) -> None:
        first = min(
            (waiting for waiting in self._order.values() if waiting), key=lambda waiting: waiting[0][0]
        )
        self.kept.pop(first.popleft()[1], None)
        self.forgotten_early += 1


def content_of(*parts: object) -> bytes:
    """The digest of a request: eight octets over its parts, which are plain values."""
    return blake2b(msgspec.msgpack.encode(parts), digest_size=8).digest()
