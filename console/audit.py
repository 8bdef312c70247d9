"""The audit journal: who did what, when, with which result; durable before the answer, each entry bound to the one before.

An entry is JSON with the SHA-256 of the entry before it, so that one that was taken out or rewritten is noticed (`verify`).

Source: console.md section 9 (repudiation).
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal, Limits

_ROOM: Final = 16 << 20


class Entry(msgspec.Struct, frozen=True):
    """One thing that was done; `at` is ISO 8601 in UTC."""

    number: int
    at: str
    who: str
    role: str
    what: str
    about: str
    result: str
    before: str


class Audit:
    """The journal in a directory. `now_ms` is the time since 1970, `stamp` the same as text, `identity` 16 random octets."""

    def __init__(
        self, directory: Path, now_ms: Callable[[], int], stamp: Callable[[], str], identity: bytes
    ) -> None:
        """JournalFault or OSError when it cannot be opened; CORRUPT when an entry does not follow the one before."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._now_ms, self._stamp = now_ms, stamp
        self._last, self._count = "", 0
        for entry, digest in _entries(directory):
            self._last, self._count = digest, entry.number
        limits = Limits(low_octets=2 * _ROOM, floor_octets=_ROOM)
        self._journal = Journal.open(DiskStorage(directory), now_ms(), limits, identity)

    def note(self, who: str, role: str, what: str, about: str = "", result: str = "done") -> None:
        """Write an entry and make it durable; JournalFault when it cannot be, and then the thing is not to be done."""
        entry = Entry(self._count + 1, self._stamp(), who, role, what, about, result, self._last)
        payload = msgspec.json.encode(entry)
        self._journal.check_space()
        self._journal.append(payload)
        self._journal.commit(self._now_ms())
        self._last, self._count = hashlib.sha256(payload).hexdigest(), entry.number

    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        return [entry for entry, _ in _entries(self._directory)]

    def close(self) -> None:
        """Close the journal."""
        self._journal.close(self._now_ms())


def verify(directory: Path) -> int:
    """How many entries there are; JournalFault CORRUPT with the first that does not follow the one before it."""
    count = 0
    for entry, _ in _entries(directory):
        count = entry.number
    return count


def _entries(directory: Path) -> Iterator[tuple[Entry, str]]:
    last = ""
    for number, record in enumerate(read_directory(DiskStorage(directory)), 1):
        try:
            entry = msgspec.json.decode(record.payload, type=Entry)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
            raise JournalFault("CORRUPT", f"audit entry {number}: {fault}") from None
        if entry.before != last or entry.number != number:
            raise JournalFault("CORRUPT", f"audit entry {number} does not follow the one before it")
        last = hashlib.sha256(record.payload).hexdigest()
        yield entry, last
