"""The compiled tables of complete numbers: a digit string in, the row number out, -1 when it is not there.

Rules of this file and of `prefix`
- No look-up raises and none accepts anything but a digit string as `digits` defines it: every other text is not there.
- A table never changes after it was made; its memory may be a read-only mapping shared by several processes.
- No numpy, no I/O; the source runs interpreted and compiles with mypyc unchanged.

Cells of the flat tables and of the trie are 32-bit integers that say one of three things:

    0 .. ROW_LIMIT-1         the row of an entry that ends exactly here
    -1                       nothing is listed on this path
    -2 - row                 the row of a shorter entry, pushed down to this leaf
    <= POINTER               POINTER - (index of the first cell of the next node)

All of them are below 2**30 in amount, which the interpreter handles in one machine digit.

    stride 2, width 10:  9258341234 -> cell 925834 -> node, cell 12 -> node, cell 34     (6 + 2 + 2 digits)
    stride 4, width 10:  9258341234 -> cell 925834 -> node, cell 1234                    (6 + 4 digits, for full blocks)
    stride 2:  width 7-11: (width - 4) + 2 + 2;   width 5-6: (width - 2) + 2;   width 1-4: one array
    stride 4:  width 5-11: (width - 4) + 4;                                    width 1-4: one array

Source: D-003, A-054, A-055, A-069, A-092..A-094, A-132.
"""

import sys
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from ain_scp.provisioning.tables.digits import MAX_DIGITS, NOT_THERE, POWERS, is_digits

POINTER: Final = -536870912
ROW_LIMIT: Final = 536870910
FLAT_WIDTH_LIMIT: Final = 11


class Description(NamedTuple):
    """What a table is made of: representation, entries, octets in all (an estimate for a dict), octets per entry.

    Source: D-003.
    """

    representation: str
    entries: int
    octets: int
    octets_per_entry: float


def description(representation: str, entries: int, octets: int) -> Description:
    """Fill in the octets per entry.

    Source: D-003.
    """
    return Description(representation, entries, octets, octets / max(entries, 1))


def flat_split(width: int, stride: int) -> tuple[int, int, int]:
    """Give (top digits, divisor to the top index, divisor of the rest to the second index) of a flat table.

    The stride, 2 or 4, is the number of digits a node below the top array reads.

    Source: D-003.
    """
    if width <= 4:
        return width, 1, 1
    if stride == 4:
        return width - 4, 10000, 1
    if width <= 6:
        return width - 2, 100, 1
    return width - 4, 10000, 100


class ExactTable:
    """Numbers that match only when complete. Also searched by chosen prefix lengths; an entry is then a whole prefix.

    Source: D-003, A-092..A-094.
    """

    def __init__(self, entries: int) -> None:
        self.entries: Final = entries

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        raise NotImplementedError

    def search(self, digits: str, lengths: Sequence[int], complete: bool = True) -> int:
        """Give the row of the first hit: the complete number (when asked), then its prefixes in the order of `lengths`.

        A length beyond the number is passed over. International lists are searched with (3, 2, 1), domestic ones with
        (6, 3), toll free ones with (6,).

        Source: A-069, A-092, A-093, A-094.
        """
        if not is_digits(digits):
            return NOT_THERE
        row = self.find(digits) if complete else NOT_THERE
        if row >= 0:
            return row
        total = len(digits)
        for length in lengths:
            if 0 < length <= total:
                row = self.find(digits[:length])
                if row >= 0:
                    return row
        return NOT_THERE

    def describe(self) -> Description:
        """Say how the table is represented and how large it is.

        Source: D-003.
        """
        raise NotImplementedError


class DictTable(ExactTable):
    """A dictionary by digit string: the fastest while it fits in the processor's cache; every length at once.

    `codes` (int64, ascending) and `rows` (int32) are the same entries as columns, for batches and for saving.

    Source: D-003.
    """

    def __init__(self, codes: memoryview, rows: memoryview) -> None:
        super().__init__(len(codes))
        self.codes: Final = codes
        self.rows: Final = rows
        self._rows: dict[str, int] = {
            str(code)[1:]: row for code, row in zip(codes.tolist(), rows.tolist(), strict=True)
        }

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        return self._rows.get(digits, NOT_THERE)

    def search(self, digits: str, lengths: Sequence[int], complete: bool = True) -> int:
        """Give the row of the first hit, as `ExactTable.search` does.

        Source: A-069, A-092, A-093, A-094.
        """
        total = len(digits)
        if total > MAX_DIGITS or not digits.isascii() or not digits.isdigit():
            return NOT_THERE
        rows = self._rows
        if complete:
            row = rows.get(digits, NOT_THERE)
            if row >= 0:
                return row
        for length in lengths:
            if 0 < length <= total:
                row = rows.get(digits[:length], NOT_THERE)
                if row >= 0:
                    return row
        return NOT_THERE

    def describe(self) -> Description:
        """Say how large the table is; a key is counted as 59 octets and a row as 28.

        Source: D-003.
        """
        octets = sys.getsizeof(self._rows) + (59 + 28) * self.entries + self.codes.nbytes + self.rows.nbytes
        return description("dict", self.entries, octets)


class FlatTable(ExactTable):
    """One array for dense numbers of one length, at most three reads per number. Fits numbering plans.

    Source: D-003.
    """

    def __init__(self, cells: memoryview, width: int, stride: int, entries: int) -> None:
        super().__init__(entries)
        self.cells: Final = cells
        self.width: Final = width
        self.stride: Final = stride
        self._upper: Final[int] = flat_split(width, stride)[1]
        self._lower: Final[int] = flat_split(width, stride)[2]

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        if len(digits) != self.width or not digits.isascii() or not digits.isdigit():
            return NOT_THERE
        number = int(digits)
        cells = self.cells
        value: int = cells[number // self._upper]
        if value <= POINTER:
            number %= self._upper
            value = cells[POINTER - value + number // self._lower]
            if value <= POINTER:
                value = cells[POINTER - value + number % 100]
        return value

    def describe(self) -> Description:
        """Say how large the table is.

        Source: D-003.
        """
        return description(f"flat {self.width}/{self.stride}", self.entries, self.cells.nbytes)


class BucketTable(ExactTable):
    """Sorted numbers of one length, grouped by their first digits: small for any numbers, dense or scattered.

    `starts[head]` is where the bucket of a head begins, `tails` the remaining digits in ascending order (16, 32 or 64
    bits, as few as do), `rows` their rows. A look-up bisects one bucket.

    Source: D-003.
    """

    def __init__(
        self, starts: memoryview, tails: memoryview, rows: memoryview, width: int, head_digits: int
    ) -> None:
        super().__init__(len(rows))
        self.starts: Final = starts
        self.tails: Final = tails
        self.rows: Final = rows
        self.width: Final = width
        self.head_digits: Final = head_digits
        self.span: Final[int] = POWERS[width - head_digits]

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        if len(digits) != self.width or not digits.isascii() or not digits.isdigit():
            return NOT_THERE
        return self._row(int(digits))

    def _row(self, number: int) -> int:
        head = number // self.span
        tail = number % self.span
        end: int = self.starts[head + 1]
        index = bisect_left(self.tails, tail, self.starts[head], end)
        if index < end and self.tails[index] == tail:
            row: int = self.rows[index]
            return row
        return NOT_THERE

    def describe(self) -> Description:
        """Say how large the table is.

        Source: D-003.
        """
        return description("buckets", self.entries, self.starts.nbytes + self.tails.nbytes + self.rows.nbytes)


class MixedTable(ExactTable):
    """Numbers of several lengths, each length in the representation that suits it.

    `part_of[length]` is the index of the part that holds a length, -1 for none.

    Source: D-003.
    """

    def __init__(self, parts: list[ExactTable], part_of: list[int]) -> None:
        super().__init__(sum(part.entries for part in parts))
        self.parts: Final = parts
        self.part_of: Final = part_of

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        length = len(digits)
        if length > MAX_DIGITS:
            return NOT_THERE
        part = self.part_of[length]
        return self.parts[part].find(digits) if part >= 0 else NOT_THERE

    def describe(self) -> Description:
        """Say how large the table is, and what its parts are.

        Source: D-003.
        """
        parts = [part.describe() for part in self.parts]
        names = ", ".join(sorted({part.representation for part in parts}))
        return description(f"mixed ({names})", self.entries, sum(part.octets for part in parts))
