"""How far each named consumer has read for good, kept durably beside the segments.

One small file per consumer, replaced whole: `position-<name>` with magic, sequence number and CRC. A position only goes
up. A position beyond the end of the journal proves that acknowledged records are gone: the journal refuses to open.

Source: reliability.md section 5 (rule 4, retention of exported files), D7.
"""

import zlib
from struct import Struct as Layout
from typing import Final

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.storage import Storage, replace_file

_PREFIX: Final = "position-"
_MAGIC: Final = b"AJP1"
_BODY: Final = Layout(">4sQ")
_CRC: Final = Layout(">I")
MAX_CONSUMERS: Final = 64
MAX_NAME: Final = 40
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Positions:
    """The acknowledged position of every consumer of one journal."""

    def __init__(self, storage: Storage, last: int) -> None:
        self._storage = storage
        self._of: dict[str, int] = {}
        for name in storage.names():
            if name.startswith(_PREFIX) and not name.endswith(".new"):
                self._of[name[len(_PREFIX) :]] = _decode(name, storage.read(name, 0, 64), last)

    def of(self, consumer: str) -> int:
        """Last acknowledged sequence number, 0 when there is none."""
        return self._of.get(consumer, 0)

    def names(self) -> list[str]:
        """Every consumer that ever acknowledged."""
        return sorted(self._of)

    def lowest(self) -> int | None:
        """What all consumers have acknowledged; None without a consumer."""
        return min(self._of.values(), default=None)

    def acknowledge(self, consumer: str, sequence: int, durable: int) -> None:
        """Move a position up, durably; ValueError when it would go back, or beyond what is durable."""
        if not 0 < len(consumer) <= MAX_NAME or not set(consumer) <= _NAME:
            raise ValueError(f"a consumer's name has 1..{MAX_NAME} letters, digits and underscores")
        if consumer not in self._of and len(self._of) >= MAX_CONSUMERS:
            raise ValueError(f"more than {MAX_CONSUMERS} consumers")
        if not self.of(consumer) <= sequence <= durable:
            raise ValueError(f"{consumer}: {sequence} is not between {self.of(consumer)} and {durable}")
        if self._of.get(consumer) == sequence:
            return
        body = _BODY.pack(_MAGIC, sequence)
        replace_file(self._storage, _PREFIX + consumer, body + _CRC.pack(zlib.crc32(body)))
        self._of[consumer] = sequence


def _decode(name: str, octets: bytes, last: int) -> int:
    body = octets[: _BODY.size]
    if len(octets) != _BODY.size + _CRC.size or octets[_BODY.size :] != _CRC.pack(zlib.crc32(body)):
        raise JournalFault("CORRUPT", f"{name} is damaged")
    magic, sequence = _BODY.unpack(body)
    if magic != _MAGIC:
        raise JournalFault("CORRUPT", f"{name} is not a position")
    if sequence > last:
        raise JournalFault("CORRUPT", f"{name} says {sequence}, but the journal ends at {last}")
    return int(sequence)
