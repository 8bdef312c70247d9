"""The compiled tables of prefixes: a digit string in, the row of the longest listed prefix out, -1 when there is none.

The rules and the cells are those of `lookup`.

Source: D-003, A-054, A-055, A-132.
"""

from typing import Final

from ain_scp.provisioning.tables.digits import MAX_DIGITS, NOT_THERE, is_digits
from ain_scp.provisioning.tables.lookup import POINTER, Description, ExactTable, description, flat_split

TRIE_NODE: Final = 11  # ten digits, and the value of the node itself for a number that ends here
_NODE_VALUE: Final = 58  # the octet after "9", so that it indexes the eleventh cell


class PrefixTable:
    """Numbers and prefixes of numbers: the longest listed one decides.

    Source: D-003, A-054, A-132.
    """

    def __init__(self, entries: int) -> None:
        self.entries: Final = entries

    def longest(self, digits: str) -> int:
        """Give the row of the longest entry these digits begin with (or are), -1 when there is none.

        Source: A-054, A-132.
        """
        raise NotImplementedError

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        raise NotImplementedError

    def describe(self) -> Description:
        """Say how the table is represented and how large it is.

        Source: D-003.
        """
        raise NotImplementedError


class LadderTable(PrefixTable):
    """The lengths that occur, tried from the longest down: for few entries, and for any that suit nothing else.

    Source: D-003, A-054.
    """

    def __init__(self, exact: ExactTable, lengths: tuple[int, ...]) -> None:
        super().__init__(exact.entries)
        self.exact: Final = exact
        self.lengths: Final = lengths

    def longest(self, digits: str) -> int:
        """Give the row of the longest entry these digits begin with (or are), -1 when there is none.

        Source: A-054, A-132.
        """
        return self.exact.search(digits, self.lengths, False)

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        return self.exact.find(digits)

    def describe(self) -> Description:
        """Say how large the table is, and what it stands on.

        Source: D-003.
        """
        exact = self.exact.describe()
        return description(f"ladder ({exact.representation})", self.entries, exact.octets)


class FlatPrefixTable(PrefixTable):
    """One array with every prefix pushed down to its leaves: at most three reads whatever the length of the match.

    `width` is the length of the longest entry. A number shorter than that is looked up in `shorter`, which holds the
    entries below that length.

    Source: D-003, A-054.
    """

    def __init__(
        self, cells: memoryview, width: int, stride: int, entries: int, shorter: LadderTable
    ) -> None:
        super().__init__(entries)
        self.cells: Final = cells
        self.width: Final = width
        self.stride: Final = stride
        self.shorter: Final = shorter
        self._upper: Final[int] = flat_split(width, stride)[1]
        self._lower: Final[int] = flat_split(width, stride)[2]

    def longest(self, digits: str) -> int:
        """Give the row of the longest entry these digits begin with (or are), -1 when there is none.

        Source: A-054, A-132.
        """
        length = len(digits)
        if length < self.width:
            return self.shorter.longest(digits)
        if length > MAX_DIGITS or not digits.isascii() or not digits.isdigit():
            return NOT_THERE
        number = int(digits[: self.width])
        cells = self.cells
        value: int = cells[number // self._upper]
        if value <= POINTER:
            number %= self._upper
            value = cells[POINTER - value + number // self._lower]
            if value <= POINTER:
                value = cells[POINTER - value + number % 100]
        return value if value >= 0 else -2 - value

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        length = len(digits)
        if length != self.width:
            return self.shorter.find(digits) if length < self.width else NOT_THERE
        if not digits.isascii() or not digits.isdigit():
            return NOT_THERE
        value = self._cell(int(digits))
        return value if value >= 0 else NOT_THERE

    def _cell(self, number: int) -> int:
        cells = self.cells
        value: int = cells[number // self._upper]
        if value <= POINTER:
            number %= self._upper
            value = cells[POINTER - value + number // self._lower]
            if value <= POINTER:
                value = cells[POINTER - value + number % 100]
        return value

    def describe(self) -> Description:
        """Say how large the table is, the shorter entries' second home included.

        Source: D-003.
        """
        octets = self.cells.nbytes + self.shorter.describe().octets
        return description(f"flat {self.width}/{self.stride}", self.entries, octets)


class TrieTable(PrefixTable):
    """A trie of ten digits per node in one array, for prefixes of any length: one read per digit until a leaf.

    The eleventh cell of a node is the value for a number that ends there.

    Source: D-003, A-054.
    """

    def __init__(self, cells: memoryview, entries: int) -> None:
        super().__init__(entries)
        self.cells: Final = cells

    def longest(self, digits: str) -> int:
        """Give the row of the longest entry these digits begin with (or are), -1 when there is none.

        Source: A-054, A-132.
        """
        if not is_digits(digits):
            return NOT_THERE
        cells = self.cells
        node = -48  # octet "0" indexes the first cell of a node
        value = POINTER
        for octet in digits.encode():
            value = cells[node + octet]
            if value > POINTER:
                return value if value >= 0 else -2 - value
            node = POINTER - value - 48
        value = cells[node + _NODE_VALUE]
        return value if value >= 0 else -2 - value

    def find(self, digits: str) -> int:
        """Give the row of the entry equal to these digits, -1 when there is none.

        Source: D-003.
        """
        if not is_digits(digits):
            return NOT_THERE
        cells = self.cells
        node = -48
        left = len(digits)
        for octet in digits.encode():
            value: int = cells[node + octet]
            left -= 1
            if value > POINTER:
                return value if left == 0 and value >= 0 else NOT_THERE
            node = POINTER - value - 48
        value = cells[node + _NODE_VALUE]
        return value if value >= 0 else NOT_THERE

    def describe(self) -> Description:
        """Say how large the table is.

        Source: D-003.
        """
        return description("trie", self.entries, self.cells.nbytes)
