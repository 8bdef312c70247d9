"""The head file: what a journal's directory held when its set of segments last changed, and which numbers are given away.

Segments alone cannot say that the last of them, the first, or all are gone. The head can: it names the oldest segment kept,
the newest one begun, and the last record known to be sealed, and is replaced whole whenever one of them changes. It is
written after a segment is begun and before one is removed, so that a crash between the two leaves a head that promises less
than there is, never more.

`reserved` belongs to the keeper of the journal: a number that stays durable, here the highest identifier that may have been
given to a call. A directory without a head (made by an older version) promises nothing.

```
head   "AJH1" oldest(8) newest(8) sealed(8) reserved(8) crc(4)       40 octets, big-endian
```
Source: attacks 9 and 14; reliability.md section 5 (design rules 4 and 5), A-243; the layout is this project's own.
"""

import zlib
from struct import Struct as Layout
from typing import Final

import msgspec

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.segment import name_of
from ain_scp.journal.storage import Storage, replace_file

NAME: Final = "head"
_MAGIC: Final = b"AJH1"
_BODY: Final = Layout(">4sQQQQ")
_CRC: Final = Layout(">I")
_WHAT_NOW: Final = (
    "put the missing files back from a copy, or keep records in a new directory (calls answered from here on then begin"
    " with new numbers; no record is made up)"
)


class Head(msgspec.Struct, frozen=True):
    """First sequence numbers of the oldest and newest segment, the last sealed record (0: none), the number reserved."""

    oldest: int = 0
    newest: int = 0
    sealed: int = 0
    reserved: int = 0


def read_head(storage: Storage) -> Head:
    """The head of a directory, all zeros when it has none; JournalFault CORRUPT for a damaged one, or OSError."""
    if NAME not in storage.names():
        return Head()
    octets = storage.read(NAME, 0, 64)
    body = octets[: _BODY.size]
    whole = len(octets) == _BODY.size + _CRC.size and octets[_BODY.size :] == _CRC.pack(zlib.crc32(body))
    if not whole or body[:4] != _MAGIC:
        raise JournalFault("CORRUPT", "the file head is damaged: put it back from a copy")
    _, oldest, newest, sealed, reserved = _BODY.unpack(body)
    return Head(oldest=oldest, newest=newest, sealed=sealed, reserved=reserved)


def write_head(storage: Storage, head: Head) -> None:
    """Replace the head, durably; OSError when that cannot be done."""
    body = _BODY.pack(_MAGIC, head.oldest, head.newest, head.sealed, head.reserved)
    replace_file(storage, NAME, body + _CRC.pack(zlib.crc32(body)))


def check_names(head: Head, names: list[str]) -> None:
    """Compare the segments' names, sorted, with the head; JournalFault CORRUPT when the oldest or newest are gone."""
    if not names and head.newest:
        raise JournalFault("CORRUPT", f"no segment is left of {name_of(head.oldest)} and later: {_WHAT_NOW}")
    if names and names[0] > name_of(head.oldest) and head.oldest:
        raise JournalFault(
            "CORRUPT", f"{name_of(head.oldest)} is missing, {names[0]} is the oldest: {_WHAT_NOW}"
        )
    if names and names[-1] < name_of(head.newest):
        raise JournalFault(
            "CORRUPT", f"{name_of(head.newest)} is missing, {names[-1]} is the last: {_WHAT_NOW}"
        )


def check_last(head: Head, last: int) -> None:
    """Compare the last record found with the last one sealed; JournalFault CORRUPT when there were more."""
    if last < head.sealed:
        raise JournalFault(
            "CORRUPT", f"records {last + 1} to {head.sealed} were sealed and are gone: {_WHAT_NOW}"
        )
