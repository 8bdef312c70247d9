"""Files as sources: a growing file followed through rotation, and a directory of whole files.

The position is the last durable ticket of the source, so there is no second file to fall out of step. A file is the same
if device, inode and its first octets are, and its line before the position is the ticket that was stored; a copy on
another disk is the same if its first octets and that line are. Else it is a new one and is read from its start.

Source: C-005, C-015.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

HEAD: Final = 256
CHUNK: Final = 1 << 20
LONGEST: Final = 1 << 20
_ENDS: Final = b"\r\n"
Printed = tuple[bytes, tuple[str, int]]
"""A line, and which file it ended in and where."""


def identity(file: Path, known: str = "") -> str:
    """Device, inode, and a digest of the first octets: as many as `known` was made of."""
    status = file.stat()
    length = int(known.split("-")[2]) if known else min(HEAD, status.st_size)
    with file.open("rb") as stream:
        head = stream.read(length)
    return f"{status.st_dev:x}-{status.st_ino:x}-{length}-{hashlib.sha256(head).hexdigest()[:16]}"


def lines_from(file: Path, offset: int, *, whole: bool) -> Iterator[tuple[bytes, int]]:
    """Lines after an offset with their ends; an unfinished last one only if the file is `whole`.

    CR, LF and CR LF end a line; a CR at the very end of a growing file waits for its LF. Of a line without end no more is kept than
    a record can hold by far: what comes after that is dropped up to the line's end.
    """
    with file.open("rb") as stream:
        stream.seek(offset)
        rest, dropped = b"", 0
        while chunk := stream.read(CHUNK):
            lines = (rest + chunk).splitlines(keepends=True)
            rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
            for line in lines:
                offset += len(line) + dropped
                dropped = 0
                yield line.rstrip(_ENDS), offset
            if len(rest) > LONGEST:
                dropped += len(rest) - LONGEST
                rest = rest[: LONGEST - 1] + rest[-1:]
    if rest and (whole or rest.endswith(b"\r")):
        yield rest.rstrip(_ENDS), offset + len(rest) + dropped


def follow(
    path: Path,
    position: tuple[str, int] | None,
    last_line: bytes,
    mask: Callable[[bytes], bytes] = bytes,
) -> Iterator[Printed]:
    """What a growing file has shown since its position: first the end of the file it was rotated from, if there is one.

    `last_line` is the line before the position as it was stored, through `mask`.
    """
    start, here = 0, _identity(path, "")
    if position is not None:
        known, offset = position
        old = _find(path, known, lambda file: _continues(file, offset, last_line, mask))
        if old is not None and old != path:
            for line, end in lines_from(old, offset, whole=True):
                yield line, (known, end)
        elif old is not None:
            start, here = offset, known
    if here is not None:
        for line, end in lines_from(path, start, whole=False):
            yield line, (here, end)


def _identity(path: Path, known: str) -> str | None:
    try:
        return identity(path, known)
    except FileNotFoundError:
        return None


def _find(path: Path, known: str, continues: Callable[[Path], bool]) -> Path | None:
    """The file of a known identity: the path itself, or one beside it that it was renamed to; else a copy of it."""
    beside = (one for one in sorted(path.parent.glob(path.name + "*")) if one != path)
    candidates = [one for one in (path, *beside) if one.is_file()]
    for of in (str, _content):
        for one in candidates:
            if of(_identity(one, known) or "") == of(known) and continues(one):
                return one
    return None


def _content(mark: str) -> str:
    """What an identity says of the octets: it is the same on another disk."""
    return "-".join(mark.split("-")[2:])


def _continues(file: Path, offset: int, last_line: bytes, mask: Callable[[bytes], bytes]) -> bool:
    """Whether the octets before an offset are the line that was stored last (in its own length)."""
    if file.stat().st_size < offset:
        return False
    with file.open("rb") as stream:
        stream.seek(max(0, offset - len(last_line) - 2))
        before = stream.read(offset - stream.tell()).rstrip(_ENDS)
    return not last_line or mask(before[-len(last_line) :]) == last_line


def whole_files(directory: Path, pattern: str, settled_before: float) -> Iterator[Path]:
    """Files of a directory that have not changed since an instant, by name."""
    for file in sorted(directory.glob(pattern)):
        if file.is_file() and file.stat().st_mtime <= settled_before:
            yield file


def digest_of(file: Path) -> str:
    """SHA-256 of a whole file, hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def mark_of(file: Path) -> int:
    """A number for a file as it is now: its name, size and time; a file that was replaced has another."""
    try:
        status = file.lstat()
    except OSError:
        return 0
    return hash((file.name, status.st_size, status.st_mtime_ns, status.st_ino))


def read_plain(file: Path, most: int) -> bytes | None:
    """The first octets of a file that others put here; None for what is no plain file: a link, a pipe, a directory, or gone."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(most)


def put(directory: Path, name: str, octets: bytes) -> None:
    """Write a file under another name, make it durable, then rename it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = directory / f".{name}.part"
    draft.unlink(missing_ok=True)  # others may write here: what lies there is not followed
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(octets)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(directory / name)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
