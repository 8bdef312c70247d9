"""The lines of a large file by number and by what stands in them, without reading it from its beginning.

The file is mapped; where every 64th line begins is found once and kept, as the copies that are looked at never change.

Limits: KEPT files at once, 8 octets for 64 lines.
Source: console.md sections 7 (`/data`) and 13 (search in 10,000,000 rows).
"""

import mmap
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

EVERY: Final = 64
KEPT: Final = 8
_CHUNK: Final = 1 << 24
_LINE_FEED: Final = 10
_LETTER: Final = re.compile("[A-Za-z]")


class Lines:
    """One file. Lines are numbered from 1; their ends are left out, as is a byte order mark."""

    def __init__(self, path: Path) -> None:
        """OSError when it cannot be read."""
        with path.open("rb") as file:
            size = file.seek(0, 2)
            self._octets: mmap.mmap | bytes = (
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
            )
        self._starts = _starts(self._octets)

    def behind(self, line: int) -> Iterator[tuple[int, str]]:
        """Every line behind one of this number, with its own."""
        at, number = self._start(line + 1), line + 1
        while at < len(self._octets):
            end = self._end(at)
            yield number, self._text(at, end)
            at, number = end + 1, number + 1

    def holding(self, text: str, line: int) -> Iterator[tuple[int, str]]:
        """The lines behind one of this number that hold a text, in capitals or not."""
        if not text.isascii() or not text:
            wanted = text.casefold()
            yield from ((number, one) for number, one in self.behind(line) if wanted in one.casefold())
            return
        pattern = re.compile(re.escape(text.encode()), re.IGNORECASE) if _LETTER.search(text) else None
        sought, at = text.encode(), self._start(line + 1)
        while at < len(self._octets):
            if pattern is None:
                found = self._octets.find(sought, at)
            else:
                match = pattern.search(self._octets, at)
                found = -1 if match is None else match.start()
            if found < 0:
                return
            begin, end = self._octets.rfind(b"\n", 0, found) + 1, self._end(found)
            yield self._number(begin), self._text(begin, end)
            at = end + 1

    def _start(self, line: int) -> int:
        """Where a line begins; the end of the file when it has fewer."""
        place, rest = divmod(line - 1, EVERY)
        if place >= len(self._starts):
            return len(self._octets)
        at = int(self._starts[place])
        for _ in range(rest):
            at = self._end(at) + 1
            if at >= len(self._octets):
                break
        return at

    def _number(self, begin: int) -> int:
        """The number of the line that begins here."""
        place = int(np.searchsorted(self._starts, begin, side="right")) - 1
        return place * EVERY + 1 + self._octets[int(self._starts[place]) : begin].count(b"\n")

    def _end(self, at: int) -> int:
        found = self._octets.find(b"\n", at)
        return len(self._octets) if found < 0 else found

    def _text(self, begin: int, end: int) -> str:
        text = self._octets[begin:end].decode("utf-8", "replace").rstrip("\r")
        return text.removeprefix("\ufeff") if begin == 0 else text


def _starts(octets: "mmap.mmap | bytes") -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Where lines 1, 65, 129 ... begin."""
    found, lines = [np.zeros(1, np.int64)], 0
    for base in range(0, len(octets), _CHUNK):
        ends = np.flatnonzero(np.frombuffer(octets[base : base + _CHUNK], np.uint8) == _LINE_FEED)
        first = (EVERY - 1 - lines) % EVERY
        found.append(ends[first::EVERY].astype(np.int64) + base + 1)
        lines += ends.size
    return np.concatenate(found)


@lru_cache(maxsize=KEPT)
def lines_of(path: Path) -> Lines:
    """The lines of a copy, which never changes."""
    return Lines(path)
