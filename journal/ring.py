"""A ring of exchanges in a file: one process writes samples of what it was asked and answered, others read while it does.

    head of 4,096 octets | slot 0 | slot 1 | ... each of 1,024 octets; sample N stands in slot (N - 1) % slots

The writer never waits for a reader and keeps nothing back: who is slow loses samples and sees by their numbers how many. A
slot begins and ends with its number and carries a CRC-32 of what is between, so half a slot is never taken for a whole one,
whatever the order of stores. Both sides use calls and no mapping: a file that somebody cuts, or a disk that is full, costs
samples and never a process.

Limits: `QUERY` octets of each side are kept, the rest is cut and marked; 60 links have names, further ones are 0xFFFFFFFF.
Source: console.md section 6 (tap).
"""

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

MAGIC: Final = b"AINTAP01"
HEAD: Final = 4096
SLOT: Final = 1024
SLOTS: Final = 8192
QUERY: Final = 488
"""Octets of a query, and of an answer, that a slot keeps."""
CUT: Final = 1
LINKS: Final = 60
UNNAMED: Final = 0xFFFFFFFF
_HEAD: Final = struct.Struct("<8sIIIIQQQQ")  # magic, slot, slots, worker, links, start, written, passed, rate
_COUNTS: Final = struct.Struct("<QQQ")
_COUNTS_AT: Final = 32
_LINKS_AT: Final = 256
_LINK: Final = 64
_BEGIN: Final = struct.Struct("<QQIHHHH")
_END_AT: Final = SLOT - 12
_END: Final = struct.Struct("<IQ")


class RingFault(Exception):
    """A ring that cannot be used: why in one sentence."""


class Exchange(msgspec.Struct, frozen=True):
    """A query and its answer as they were on the wire; either may be empty. `time_ns` since 1970."""

    number: int
    time_ns: int
    link: str
    query: bytes
    answer: bytes
    cut: bool


class RingHead(msgspec.Struct, frozen=True):
    """What the head says: samples written, exchanges passed over for want of budget, samples a second at most."""

    worker: int
    start_ns: int
    written: int
    passed: int
    rate: int
    links: tuple[str, ...]


class RingWriter:
    """Writes a ring at `path`, which must be free or another ring; OSError, RingFault when it cannot be had."""

    def __init__(self, path: Path, worker: int, start_ns: int, rate: int) -> None:
        _free(path)
        made = path.with_name(f".{path.name}.{os.getpid()}")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        made.unlink(missing_ok=True)
        self._file = os.open(made, flags, 0o600)
        try:
            os.posix_fallocate(self._file, 0, HEAD + SLOT * SLOTS)
            self.written = self.passed = 0
            self.rate = rate
            self._links: dict[str, int] = {}
            head = _HEAD.pack(MAGIC, SLOT, SLOTS, worker, LINKS, start_ns, 0, 0, rate)
            os.pwrite(self._file, head, 0)
            made.replace(path)
        except OSError:
            made.unlink(missing_ok=True)
            os.close(self._file)
            raise
        self._path = path
        self._inode = os.fstat(self._file).st_ino

    def write(self, time_ns: int, link: str, queries: list[bytes], answers: list[bytes]) -> None:
        """Write a batch of one link, the answers beside the queries in order; OSError when the file does not take it."""
        index = self._index(link)
        count = max(len(queries), len(answers))
        at, written = self.written % SLOTS, self.written
        slots = b"".join(
            [
                _slot(
                    written + 1 + place,
                    time_ns,
                    index,
                    queries[place] if place < len(queries) else b"",
                    answers[place] if place < len(answers) else b"",
                )
                for place in range(min(count, SLOTS - at))
            ]
        )
        os.pwrite(self._file, slots, HEAD + SLOT * at)
        self.written += len(slots) // SLOT
        if count > SLOTS - at:
            self.write(time_ns, link, queries[SLOTS - at :], answers[SLOTS - at :])

    def tell(self) -> None:
        """Write the counts into the head; OSError."""
        os.pwrite(self._file, _COUNTS.pack(self.written, self.passed, self.rate), _COUNTS_AT)

    def close(self) -> None:
        """Take the file away, unless somebody else's stands there now."""
        os.close(self._file)
        try:
            if self._path.stat(follow_symlinks=False).st_ino == self._inode:
                self._path.unlink()
        except OSError:
            return

    def _index(self, link: str) -> int:
        index = self._links.get(link)
        if index is None:
            index = len(self._links) if len(self._links) < LINKS else UNNAMED
            if index != UNNAMED:
                self._links[link] = index
                name = link.encode()[: _LINK - 1].ljust(_LINK, b"\0")
                os.pwrite(self._file, name, _LINKS_AT + _LINK * index)
        return index


class RingReader:
    """Reads the ring at `path` from now on, or all that is still there (`behind`); another file of that name is begun anew.

    `lost` counts samples that were overwritten before they were read.
    """

    def __init__(self, path: Path, *, behind: bool = False) -> None:
        self._path = path
        self._behind = behind
        self._file = -1
        self._inode = 0
        self._next = 1
        self.lost = 0

    def read(self, most: int = SLOTS) -> tuple[RingHead, list[Exchange]]:
        """The head, and the samples since the last call, the latest `most` of them; RingFault when there is no ring."""
        head = self._opened()
        if head.written < self._next - 1:  # begun anew in the same file
            self._next = 1
        first = max(self._next, head.written - min(SLOTS, most) + 1)
        self.lost += first - self._next
        found = list(self._slots(first, head))
        self._next = head.written + 1
        return head, found

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _opened(self) -> RingHead:
        try:
            status = self._path.stat(follow_symlinks=False)
            fresh = self._file < 0 or status.st_ino != self._inode
            if fresh:
                self.close()
                self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
                self._inode = os.fstat(self._file).st_ino
            head = head_of(os.pread(self._file, HEAD, 0))
        except OSError as fault:
            self.close()
            raise RingFault(f"{self._path}: {fault.strerror or fault}") from None
        except RingFault as fault:
            self.close()
            raise RingFault(f"{self._path}: {fault}") from None
        if fresh:
            self._next = 1 if self._behind else head.written + 1
            self._behind = True  # what begins while we look is read from its start
        return head

    def _slots(self, first: int, head: RingHead) -> Iterator[Exchange]:
        for number in range(first, head.written + 1):
            octets = os.pread(self._file, SLOT, HEAD + SLOT * ((number - 1) % SLOTS))
            one = exchange_of(octets, number, head.links)
            if one is None:
                self.lost += 1
            else:
                yield one


def head_of(octets: bytes) -> RingHead:
    """Read a head; RingFault for octets that are none, or of another version."""
    if len(octets) < HEAD or octets[:6] != MAGIC[:6]:
        raise RingFault("no tap of ain serve")
    magic, slot, slots, worker, _, start, written, passed, rate = _HEAD.unpack_from(octets)
    if magic != MAGIC or slot != SLOT or slots != SLOTS:
        raise RingFault("a tap of another version of this program")
    names = (octets[at : at + _LINK] for at in range(_LINKS_AT, _LINKS_AT + _LINK * LINKS, _LINK))
    links = tuple(name.rstrip(b"\0").decode("utf-8", "replace") for name in names)
    return RingHead(worker, start, written, passed, rate, links)


def exchange_of(octets: bytes, number: int, links: tuple[str, ...]) -> Exchange | None:
    """The sample of this number in a slot; None when another one, or half of one, stands there."""
    if len(octets) < SLOT:
        return None
    found, time_ns, link, query, answer, flags, _ = _BEGIN.unpack_from(octets)
    check, again = _END.unpack_from(octets, _END_AT)
    at = _BEGIN.size
    used = at + query + answer
    if found != number or again != number or used > _END_AT or zlib.crc32(octets[:used]) != check:
        return None
    name = links[link] if link < len(links) else ""
    sides = octets[at : at + query], octets[at + query : at + query + answer]
    return Exchange(number, time_ns, name, *sides, bool(flags & CUT))


def _slot(number: int, time_ns: int, link: int, query: bytes, answer: bytes) -> bytes:
    flags = CUT if len(query) > QUERY or len(answer) > QUERY else 0
    query, answer = query[:QUERY], answer[:QUERY]
    begin = _BEGIN.pack(number, time_ns, link, len(query), len(answer), flags, 0)
    body = begin + query + answer
    return body.ljust(_END_AT, b"\0") + _END.pack(zlib.crc32(body), number)


def _free(path: Path) -> None:
    """RingFault when something that is no ring stands at a path."""
    try:
        status = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise RingFault(f"{path}: is there, and is no tap")
    with path.open("rb") as file:
        if file.read(6) != MAGIC[:6]:
            raise RingFault(f"{path}: is there, and is no tap; name another file or remove it")
