"""Reads number files of millions of rows as columns, or gives up: the quick way past the careful row reader.

Only the plainest file is read: UTF-8 that is ASCII, a header row, comma and line feed as the only separators, every cell
a digit string or a known word, no quotes, comments, blank lines, blanks or carriage returns. For anything else the
answer is None, without saying why, and the caller reads the file again with the row reader, which reports every problem
with its place. So a file read here is one the row reader would have accepted with the same cells, and row `i` (0-based)
stands on line `i + 2`.

The file is read block by block, not mapped: a mapped file that someone cuts short meanwhile would kill the process.

Source: RFC 4180; interfaces.md section 2; D-012.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.digits import MAX_DIGITS, POWERS

BLOCK = 1 << 20
LINE_LIMIT = 1 << 16
WORD_LIMIT = 64
EMPTY_CODE = 1  # the code of the empty string
NO_WORD = -1

_COMMA, _LINE_FEED = ord(","), ord("\n")
_FACTOR = 0x100000001B3  # any odd number spreads the octets of a word; words are compared whole afterwards

Octets = NDArray[np.uint8]
Places = NDArray[np.int64]
Column = NDArray[np.int64]


class Digits(NamedTuple):
    """A column of digit strings; `lengths` are those allowed, `blank` whether a cell may be empty.

    Source: interfaces.md section 2.
    """

    lengths: tuple[int, ...] = tuple(range(1, MAX_DIGITS + 1))
    blank: bool = False


class Words(NamedTuple):
    """A column of known words (ASCII, at most 64 characters); `blank` is whether a cell may be empty.

    Source: interfaces.md section 2.
    """

    known: tuple[str, ...]
    blank: bool = False


class Text(NamedTuple):
    """A column whose cells are only counted: any plain characters, of one of the lengths; what it holds is not kept.

    Source: interfaces.md section 2.
    """

    lengths: tuple[int, ...]
    blank: bool = False


class ColumnFile(NamedTuple):
    """The columns of a file by name, and the number of rows.

    A column of digits holds codes (1, the code of nothing, for an empty cell), a column of words the positions in
    `known` (-1 for an empty cell). A column left out of the file is empty throughout.

    Source: interfaces.md section 2.
    """

    rows: int
    columns: dict[str, Column]

    @property
    def lines(self) -> Column:
        """Give the line of each row, 1-based.

        Source: RFC 4180 2 (one record per line).
        """
        return np.arange(2, self.rows + 2)


def read_columns(
    path: Path, expected: Mapping[str, Digits | Words | Text], *, block: int = BLOCK
) -> ColumnFile | None:
    """Read a CSV file whose header names the expected columns, in any order; one that may be blank may be left out.

    Gives None for a file that cannot be read or is not plain in every octet. `block` is how much is read at once.

    Source: RFC 4180; interfaces.md section 2.
    """
    try:
        with path.open("rb") as file:
            return _read(file, expected, block)
    except OSError:
        return None


def _read(file: BinaryIO, expected: Mapping[str, Digits | Words | Text], block: int) -> ColumnFile | None:
    header = _header(file.readline(LINE_LIMIT), expected)
    if header is None:
        return None
    kinds = [_Reader(expected[name]) for name in header]
    parts: list[list[Column]] = [[] for _ in header]
    for octets in _blocks(file, block):
        columns = _columns(np.frombuffer(octets, np.uint8), kinds)
        if columns is None:
            return None
        for part, column in zip(parts, columns, strict=True):
            part.append(column)
    read = {
        name: np.concatenate([np.empty(0, np.int64), *part]) for name, part in zip(header, parts, strict=True)
    }
    rows = read[header[0]].size
    for name in expected.keys() - read.keys():
        read[name] = np.full(rows, _Reader(expected[name]).nothing)
    return ColumnFile(rows, read)


def _header(line: bytes, expected: Mapping[str, Digits | Words | Text]) -> list[str] | None:
    """Give the columns the header names, None when it is unusual."""
    if not line.isascii() or not line.endswith(b"\n"):
        return None
    names = line[:-1].decode("ascii").split(",")
    required = {name for name, kind in expected.items() if not kind.blank}
    plain = len(set(names)) == len(names) and required <= set(names) <= expected.keys()
    return names if plain else None


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Give the rest of the file in blocks of whole lines; the last line may lack its line feed."""
    rest = b""
    while octets := file.read(size):
        rest += octets
        cut = rest.rfind(b"\n") + 1
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LINE_LIMIT:
            break
    if rest:
        yield rest + b"\n"


def _columns(octets: Octets, kinds: list["_Reader"]) -> list[Column] | None:
    """Give the columns of a block of whole lines, None when anything in it is unusual.

    Everything up to the comma in ASCII (controls, blank, quote, `#`, `+`) ends a cell; what then is neither the comma nor
    the line feed due there, makes the block unusual.
    """
    ends = np.flatnonzero(octets <= _COMMA)
    if ends.size % len(kinds):
        return None
    due = np.full(len(kinds), _COMMA, np.uint8)
    due[-1] = _LINE_FEED
    if not np.array_equal(
        octets[ends].reshape(-1, len(kinds)), np.broadcast_to(due, (ends.size // len(kinds), len(kinds)))
    ):
        return None
    starts = np.empty_like(ends)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    columns = []
    for at, kind in enumerate(kinds):
        first, length = starts[at :: len(kinds)], (ends - starts)[at :: len(kinds)]
        if len(kinds) == 1 and not length.all():
            return None  # a blank line, which is no row
        column = kind.read(octets, first, length)
        if column is None:
            return None
        columns.append(column)
    return columns


class _Reader:
    """Reads the cells of one column; words are kept by length, hashed and in full."""

    def __init__(self, kind: Digits | Words | Text) -> None:
        self.blank = kind.blank
        self.counted = isinstance(kind, Text)
        self.words: dict[int, tuple[NDArray[np.uint64], Octets, Places]] | None = None
        self.nothing = NO_WORD if isinstance(kind, Words) else EMPTY_CODE
        if isinstance(kind, Words):
            self.words = _by_length(kind.known)
            self.legal = np.isin(np.arange(WORD_LIMIT + 1), list(self.words))
        else:
            self.legal = np.isin(
                np.arange(WORD_LIMIT + 1), [one for one in kind.lengths if 0 < one <= MAX_DIGITS]
            )
        self.legal[0] = kind.blank

    def read(self, octets: Octets, first: Places, length: Places) -> Column | None:
        """Give the values of cells, None when one is not what the column may hold."""
        longest = int(length.max(initial=0))
        if longest > WORD_LIMIT or not self.legal[length].all():
            return None
        if self.counted:
            return length
        if self.words is None:
            return _codes(octets, first, length)
        column = np.full(first.size, NO_WORD)
        for size in range(1, longest + 1):
            places = np.flatnonzero(length == size) if self.legal[size] else first[:0]
            if places.size:
                found = _positions(octets[first[places, None] + np.arange(size)], *self.words[size])
                if found is None:
                    return None
                column[places] = found
        return column


def _codes(octets: Octets, first: Places, length: Places) -> Column | None:
    """Give the codes of cells, None when one has an octet that is no digit; the last digits are read first."""
    last = first + length - 1
    codes = np.asarray(POWERS)[length]
    shortest = int(length.min(initial=MAX_DIGITS))
    worst = np.zeros(first.size, np.uint8)
    for back in range(int(length.max(initial=0))):
        digits = octets.take(last - back, mode="clip") - np.uint8(ord("0"))
        if back >= shortest:
            digits[length <= back] = 0
        np.maximum(worst, digits, out=worst)
        codes += digits.astype(np.int64) * POWERS[back]
    return codes if worst.max(initial=0) <= 9 else None


def _by_length(known: tuple[str, ...]) -> dict[int, tuple[NDArray[np.uint64], Octets, Places]]:
    """Give the known words of each length: their hashes in ascending order, their octets, their positions."""
    sizes = {len(word) for word in known if word.isascii() and 0 < len(word) <= WORD_LIMIT}
    words = {}
    for size in sizes:
        places = np.array([at for at, word in enumerate(known) if len(word) == size and word.isascii()])
        octets = np.array([list(known[at].encode("ascii")) for at in places], np.uint8)
        hashes = _hashes(octets)
        order = np.argsort(hashes)
        words[size] = hashes[order], octets[order], places[order]
    return words


def _hashes(words: Octets) -> NDArray[np.uint64]:
    hashes = np.zeros(len(words), np.uint64)
    for octets in words.T:
        hashes = (hashes ^ octets) * np.uint64(_FACTOR)
    return hashes


def _positions(cells: Octets, hashes: NDArray[np.uint64], octets: Octets, places: Places) -> Places | None:
    """Give the position of each cell among the known words of its length, None when one is no known word.

    Two known words of equal hash make the later one look unknown, which only sends the file to the careful reader.
    """
    at = np.searchsorted(hashes, _hashes(cells))
    np.minimum(at, len(hashes) - 1, out=at)
    return places[at] if np.array_equal(octets[at], cells) else None
