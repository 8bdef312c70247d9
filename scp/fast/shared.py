"""The general node's memory of repeated queries, over the one that the short way writes.

Source: A-264, reliability section 3.3 and target D5.
"""

from typing import Final, final

from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.repetition import Key, Repeated, Repetition
from ain_scp.signaling.shapes.layout import layout_of

_M3UA_VERSION: Final = 1


@final
class SharedRepetition(Repetition):
    """`Repetition` over the short way's `Memory`."""

    def __init__(self, recent: Memory) -> None:
        super().__init__(0, 0)
        self.recent: Final = recent

    def __len__(self) -> int:
        return len(self.recent)

    def answer(self, key: Key, octets: bytes, now: int) -> bytes | Repeated:
        """The answer given before, or what the query is otherwise."""
        kept = self.recent.find(_octets(key), now)
        if kept is None:
            return Repeated.NEW
        return package_of(kept[2]) if kept[1] == self.recent.fingerprint(octets) else Repeated.OTHER_CONTENT

    def keep(self, key: Key, octets: bytes, answer: bytes, now: int) -> None:
        """Remember an answer."""
        self.recent.turn(now)
        self.recent.keep(_octets(key), now, octets, answer)


def _octets(key: Key) -> bytes:
    return key[0].to_bytes(4, "big") + key[1].to_bytes(4, "big")


def package_of(octets: bytes) -> bytes:
    """The TCAP package of what is kept: no package begins with the octet that every M3UA message begins with."""
    layout = layout_of(octets) if octets[0] == _M3UA_VERSION else None
    if layout is None:
        return octets
    return octets[layout.package_at : layout.package_at + octets[layout.package_at - 1]]
