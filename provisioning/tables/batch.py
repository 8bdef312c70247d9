"""The compiled tables asked for whole columns: integer codes in, row numbers out, -1 where there is none.

Codes are int64 columns as `digits.code` defines them; any other integer is not there. A column is worked through in chunks
that stay in the processor's cache, whatever its length. The answers are those of the same table's `find`, `longest` and `search`.

Source: D-003, A-054, A-092..A-094, A-132.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.build import lengths_of
from ain_scp.provisioning.tables.digits import MAX_DIGITS, NOT_THERE, POWERS
from ain_scp.provisioning.tables.lookup import (
    POINTER,
    BucketTable,
    DictTable,
    ExactTable,
    FlatTable,
    MixedTable,
    flat_split,
)
from ain_scp.provisioning.tables.prefix import TRIE_NODE, FlatPrefixTable, LadderTable, PrefixTable, TrieTable

CHUNK = 1 << 15

Codes = NDArray[np.int64]
Rows = NDArray[np.int32]


def find_many(table: ExactTable | PrefixTable, codes: Codes) -> Rows:
    """Give for each code the row of the entry equal to it.

    Source: D-003.
    """
    return _in_chunks(codes, lambda chunk: _find(table, chunk))


def longest_many(table: PrefixTable, codes: Codes) -> Rows:
    """Give for each code the row of the longest entry its digits begin with (or are).

    Source: A-054, A-132.
    """
    return _in_chunks(codes, lambda chunk: _longest(table, chunk))


def _in_chunks(codes: Codes, answer: Callable[[Codes], Rows]) -> Rows:
    rows = np.empty(codes.size, np.int32)
    for start in range(0, codes.size, CHUNK):
        rows[start : start + CHUNK] = answer(codes[start : start + CHUNK])
    return rows


def _column(view: memoryview) -> NDArray[Any]:
    """Give a table's memory as an array without copying it."""
    return np.asarray(view)


def _groups(codes: Codes) -> Iterator[tuple[int, NDArray[np.int64] | slice]]:
    """Give each length that occurs with its places in the column; what is no code has no place."""
    if not codes.size:
        return
    low, high = int(codes.min()), int(codes.max())
    length = len(str(high)) - 1
    if length <= MAX_DIGITS and 0 < POWERS[length] <= low and high < 2 * POWERS[length] and length > 0:
        yield length, slice(None)
        return
    lengths = lengths_of(codes)
    counts = np.bincount(lengths, minlength=MAX_DIGITS + 1).tolist()
    for one in range(1, MAX_DIGITS + 1):
        if counts[one]:
            yield one, np.flatnonzero(lengths == one)


def _by_length(codes: Codes, answer: Callable[[NDArray[np.int64], int], Rows]) -> Rows:
    """Answer each length by itself: `answer` gets the numbers without the leading 1 of the code, and their length."""
    rows = np.full(codes.size, NOT_THERE, np.int32)
    for length, places in _groups(codes):
        rows[places] = answer(codes[places] - POWERS[length], length)
    return rows


def _find(table: ExactTable | PrefixTable, codes: Codes) -> Rows:
    if isinstance(table, DictTable):
        return _find_sorted(_column(table.codes), _column(table.rows), codes)
    if isinstance(table, LadderTable):
        return _find(table.exact, codes)
    return _by_length(codes, lambda numbers, length: _find_numbers(table, numbers, length))


def _find_numbers(table: ExactTable | PrefixTable, numbers: NDArray[np.int64], length: int) -> Rows:
    """Find numbers of one length."""
    if isinstance(table, MixedTable):
        part = table.part_of[length]
        return _find(table.parts[part], numbers + POWERS[length]) if part >= 0 else _none(numbers)
    if isinstance(table, FlatTable):
        return _flat(table, numbers) if length == table.width else _none(numbers)
    if isinstance(table, BucketTable):
        return _buckets(table, numbers) if length == table.width else _none(numbers)
    if isinstance(table, FlatPrefixTable):
        if length < table.width:
            return _find(table.shorter, numbers + POWERS[length])
        return np.maximum(_flat(table, numbers), -1) if length == table.width else _none(numbers)
    if isinstance(table, TrieTable):
        return _trie(table.cells, numbers, length, whole=True)
    raise TypeError(f"{type(table).__name__} is not a table this module knows")


def _longest(table: PrefixTable, codes: Codes) -> Rows:
    if isinstance(table, LadderTable):
        return _ladder(table, codes)
    return _by_length(codes, lambda numbers, length: _longest_numbers(table, numbers, length))


def _longest_numbers(table: PrefixTable, numbers: NDArray[np.int64], length: int) -> Rows:
    """Find the longest entries of numbers of one length."""
    if isinstance(table, FlatPrefixTable):
        if length < table.width:
            return _longest(table.shorter, numbers + POWERS[length])
        heads = numbers if length == table.width else numbers // POWERS[length - table.width]
        return _pushed(_flat(table, heads))
    if isinstance(table, TrieTable):
        return _trie(table.cells, numbers, length, whole=False)
    raise TypeError(f"{type(table).__name__} is not a table this module knows")


def _ladder(table: LadderTable, codes: Codes) -> Rows:
    rows = _none(codes)
    for total, places in _groups(codes):
        group = rows[places]
        numbers = codes[places] - POWERS[total]
        for length in table.lengths:
            if 0 < length <= total:
                open_ = np.flatnonzero(group < 0)
                heads = numbers[open_] // POWERS[total - length] + POWERS[length]
                group[open_] = _find(table.exact, heads)
        rows[places] = group
    return rows


def _none(column: NDArray[np.int64]) -> Rows:
    return np.full(column.size, NOT_THERE, np.int32)


def _pushed(values: Rows) -> Rows:
    """Give the rows of cells, of entries that end here and of those pushed down alike."""
    return np.maximum(values, -2 - values)


def _find_sorted(codes: NDArray[np.signedinteger], rows: NDArray[np.signedinteger], wanted: Codes) -> Rows:
    if not codes.size:
        return _none(wanted)
    at = np.searchsorted(codes, wanted)
    np.minimum(at, codes.size - 1, out=at)
    return np.where(codes[at] == wanted, rows[at], NOT_THERE).astype(np.int32, copy=False)


def _flat(table: FlatTable | FlatPrefixTable, numbers: NDArray[np.int64]) -> Rows:
    """Read the cells of numbers that have exactly the table's width."""
    cells = _column(table.cells)
    _, upper, lower = flat_split(table.width, table.stride)
    values: Rows = cells.take(numbers // upper)
    deep = np.flatnonzero(values <= POINTER)
    if deep.size:
        rest = numbers[deep] % upper
        second = cells.take(POINTER - values[deep] + rest // lower)
        deeper = np.flatnonzero(second <= POINTER)  # none of stride 4
        if deeper.size:
            second[deeper] = cells.take(POINTER - second[deeper] + rest[deeper] % 100)
        values[deep] = second
    return values


def _buckets(table: BucketTable, numbers: NDArray[np.int64]) -> Rows:
    """Bisect all buckets at once; every step halves what is left of each."""
    starts, tails, rows = _column(table.starts), _column(table.tails), _column(table.rows)
    if not rows.size:
        return _none(numbers)
    heads = numbers // table.span
    wanted = (numbers % table.span).astype(tails.dtype)
    low = starts.take(heads)
    end = starts.take(heads + 1)
    left = end - low
    for _ in range(int(left.max(initial=0)).bit_length()):
        half = left >> 1
        middle = low + half
        right = tails.take(middle, mode="clip") < wanted
        low = np.where(right, middle + 1, low)
        left = np.where(right, left - half - 1, half)
    np.minimum(low, rows.size - 1, out=low)
    hit = (tails.take(low) == wanted) & (low < end)  # one that ran past its bucket is not there
    return np.where(hit, rows.take(low), NOT_THERE).astype(np.int32, copy=False)


def _trie(view: memoryview, numbers: NDArray[np.int64], length: int, *, whole: bool) -> Rows:
    """Walk a trie digit by digit with the numbers that are still inside it."""
    cells = _column(view)
    rows = _none(numbers)
    inside = np.arange(numbers.size)
    nodes = np.zeros(numbers.size, np.int64)
    for depth in range(1, length + 1):
        digit = numbers[inside] // POWERS[length - depth] % 10
        values = cells.take(nodes + digit)
        leaf = values > POINTER
        if depth == length or not whole:
            rows[inside[leaf]] = values[leaf]
        inside = inside[~leaf]
        nodes = POINTER - values[~leaf].astype(np.int64)
    rows[inside] = cells.take(nodes + (TRIE_NODE - 1))
    return np.maximum(rows, -1) if whole else _pushed(rows)
