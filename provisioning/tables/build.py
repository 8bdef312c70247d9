"""Compiles columns of numbers into the table that suits them: few entries, dense plans, scattered numbers, any lengths.

The choice, in order
- complete numbers: a dict up to DICT_LIMIT entries; else each length by itself, flat where that costs at most
  FLAT_OCTETS per entry or no more than the largest dict, buckets otherwise; lengths with few entries share one dict;
- a flat table has stride 4 (one read less) where that costs at most PAGE_EXCESS times the octets of stride 2;
- prefixes: flat where it is small or dense, else a ladder over a dict when the entries are few, else a trie within
  TRIE_OCTETS per entry, else a ladder over the table of complete numbers.

So no input makes a table explode: whatever the numbers, the last choice costs at most some 16 octets per entry.

Source: D-003, A-054, A-055, A-069, A-092..A-094, A-132.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ain_scp.provisioning.tables.digits import MAX_DIGITS, POWERS, digits_of, is_digits
from ain_scp.provisioning.tables.layout import (
    CELL_LIMIT,
    Entries,
    bucket_columns,
    flat_cell_count,
    flat_cells,
    head_digits_for,
    trie_cell_count,
    trie_cells,
)
from ain_scp.provisioning.tables.lookup import (
    FLAT_WIDTH_LIMIT,
    ROW_LIMIT,
    BucketTable,
    DictTable,
    ExactTable,
    FlatTable,
    MixedTable,
)
from ain_scp.provisioning.tables.prefix import FlatPrefixTable, LadderTable, PrefixTable, TrieTable

DICT_LIMIT = 50_000
DICT_OCTETS = 128 * DICT_LIMIT
FEW = 1_000
FLAT_OCTETS = 24
PAGE_EXCESS = 1.25
TRIE_OCTETS = 64
SMALL_OCTETS = 1 << 20
LADDER_LENGTHS = 4

EXACT_REPRESENTATIONS = ("dict", "flat", "buckets", "mixed")
PREFIX_REPRESENTATIONS = ("dict", "flat", "trie", "ladder")

Codes = NDArray[np.int64]
Rows = NDArray[np.int32]


def codes_of(digits: Sequence[str]) -> Codes:
    """Give the integer codes of many digit strings.

    Raises ValueError naming the first that is not a digit string, by value and position (0-based).

    Source: D-003.
    """
    for position, text in enumerate(digits):
        if not is_digits(text):
            raise ValueError(f"number {position}: {text[:40]!r} is not a string of 1 to {MAX_DIGITS} digits")
    return np.fromiter(map(int, map("1".__add__, digits)), np.int64, len(digits))


def lengths_of(codes: Codes) -> NDArray[np.int64]:
    """Give the number of digits each code stands for, 0 for an integer that is no code.

    Source: D-003.
    """
    lengths = np.searchsorted(np.asarray(POWERS), codes, side="right") - 1
    legal = (lengths > 0) & (codes < 2 * np.asarray(POWERS)[lengths])
    return np.where(legal, lengths, 0)


def compile_exact(
    codes: Codes | Sequence[str], rows: ArrayLike | None = None, *, representation: str | None = None
) -> ExactTable:
    """Compile numbers that match only when complete; `rows` are their row numbers (0, 1, 2 ... when left out).

    Raises ValueError for a code that is none, a row out of range, a number listed twice, or a representation that
    cannot hold the numbers ("flat" and "buckets" hold one length; flat at most 11 digits).

    Source: D-003, A-092..A-094.
    """
    columns = _checked(codes, rows)
    if representation is None:
        return _chosen_exact(*columns)
    if representation == "dict":
        return _dict_table(*columns)
    if representation == "mixed":
        return _mixed_table(*columns)
    if representation in EXACT_REPRESENTATIONS:
        entries = _by_length(*columns)
        if len(entries) > 1:
            raise ValueError(
                f"a {representation} table holds numbers of one length, not of {sorted(entries)}"
            )
        width, (numbers, rows_) = next(iter(entries.items()), (1, (columns[0], columns[1])))
        return (
            _flat_table(numbers, rows_, width)
            if representation == "flat"
            else _bucket_table(numbers, rows_, width)
        )
    raise ValueError(f"{representation!r} is none of {EXACT_REPRESENTATIONS}")


def compile_prefix(
    codes: Codes | Sequence[str], rows: ArrayLike | None = None, *, representation: str | None = None
) -> PrefixTable:
    """Compile numbers and prefixes of which the longest decides; `rows` are their row numbers (0, 1, 2 ... by default).

    Raises ValueError for a code that is none, a row out of range, a number listed twice, or a representation that
    cannot hold the numbers (flat: at most 11 digits).

    Source: D-003, A-054, A-132.
    """
    columns = _checked(codes, rows)
    entries = _by_length(*columns)
    chosen = representation if representation is not None else _chosen_prefix(entries)
    if chosen == "dict":
        return _ladder(_dict_table(*columns), entries)
    if chosen == "ladder":
        return _ladder(_mixed_table(*columns), entries)
    if chosen == "trie":
        return _trie_table(entries)
    if chosen == "flat":
        return _flat_prefix_table(entries)
    raise ValueError(f"{representation!r} is none of {PREFIX_REPRESENTATIONS}")


def _checked(codes: Codes | Sequence[str], rows: ArrayLike | None) -> tuple[Codes, Rows]:
    """Give codes and rows in ascending order of the codes, or raise ValueError for what is wrong with them."""
    column = _integers(codes) if isinstance(codes, np.ndarray) else codes_of(codes)
    numbers = np.arange(column.size) if rows is None else _integers(np.asarray(rows))
    if column.ndim != 1 or numbers.shape != column.shape:
        raise ValueError(f"{column.shape} codes do not go with {numbers.shape} rows")
    lengths = lengths_of(column)
    if not lengths.all():
        raise ValueError(f"{column[lengths == 0][0]} is not the code of a digit string")
    wrong = (numbers < 0) | (numbers >= ROW_LIMIT)
    if wrong.any():
        raise ValueError(
            f"row {numbers[wrong][0]} of {digits_of(int(column[wrong][0]))} is outside 0..{ROW_LIMIT - 1}"
        )
    if np.any(column[1:] < column[:-1]):
        order = np.argsort(column, kind="stable")
        column, numbers = column[order], numbers[order]
    twice = np.flatnonzero(column[1:] == column[:-1])
    if twice.size:
        at = int(twice[0])
        raise ValueError(
            f"{digits_of(int(column[at]))} is listed twice, in rows {numbers[at]} and {numbers[at + 1]}"
        )
    return np.ascontiguousarray(column), numbers.astype(np.int32)


def _integers(column: NDArray[np.generic]) -> Codes:
    """Give a column as int64; an empty list counts as a column of integers."""
    if column.size and column.dtype.kind not in "iu":
        raise ValueError(f"a column of {column.dtype} is not a column of integers")
    return column.astype(np.int64, copy=False)


def _by_length(codes: Codes, rows: Rows) -> Entries:
    edges = np.searchsorted(codes, np.asarray(POWERS))
    bounds = [*edges.tolist(), codes.size]
    return {
        length: (
            codes[bounds[length] : bounds[length + 1]] - POWERS[length],
            rows[bounds[length] : bounds[length + 1]],
        )
        for length in range(1, MAX_DIGITS + 1)
        if bounds[length + 1] > bounds[length]
    }


def _view(column: NDArray[np.generic]) -> memoryview:
    return np.ascontiguousarray(column).data.toreadonly()


def _dict_table(codes: Codes, rows: Rows) -> DictTable:
    return DictTable(_view(codes.copy()), _view(rows))  # the codes may still be the caller's own array


def _flat_table(numbers: NDArray[np.int64], rows: Rows, width: int) -> FlatTable:
    entries = {width: (numbers, rows)}
    stride = _stride(entries, width)
    return FlatTable(_view(flat_cells(entries, width, stride)), width, stride, numbers.size)


def _stride(entries: Entries, width: int) -> int:
    """Give the stride that suits the entries, or raise ValueError when no flat table holds them."""
    if width > FLAT_WIDTH_LIMIT:
        raise ValueError(f"a flat table holds at most {FLAT_WIDTH_LIMIT} digits, not {width}")
    nodes, pages = flat_cell_count(entries, width, 2), flat_cell_count(entries, width, 4)
    if min(nodes, pages) > CELL_LIMIT:
        raise ValueError(f"a flat table holds at most {CELL_LIMIT} cells")
    if pages <= min(PAGE_EXCESS * nodes, CELL_LIMIT):
        return 4
    return 2


def _bucket_table(numbers: NDArray[np.int64], rows: Rows, width: int) -> BucketTable:
    head_digits = head_digits_for(numbers.size, width)
    starts, tails = bucket_columns(numbers, width, head_digits)
    return BucketTable(_view(starts), _view(tails), _view(rows), width, head_digits)


def _chosen_exact(codes: Codes, rows: Rows) -> ExactTable:
    if codes.size <= DICT_LIMIT:
        return _dict_table(codes, rows)
    entries = _by_length(codes, rows)
    if len(entries) > 1:
        return _mixed_table(codes, rows)
    width, (numbers, _) = next(iter(entries.items()))
    return _one_length(numbers, rows, width)


def _one_length(numbers: NDArray[np.int64], rows: Rows, width: int) -> ExactTable:
    if width <= FLAT_WIDTH_LIMIT:
        cells = flat_cell_count({width: (numbers, rows)}, width, 2)
        if cells <= CELL_LIMIT and cells * 4 <= max(FLAT_OCTETS * numbers.size, DICT_OCTETS):
            return _flat_table(numbers, rows, width)
    return _bucket_table(numbers, rows, width)


def _mixed_table(codes: Codes, rows: Rows) -> MixedTable:
    entries = _by_length(codes, rows)
    few = [length for length, (numbers, _) in entries.items() if numbers.size <= FEW]
    parts: list[ExactTable] = []
    part_of = [-1] * (MAX_DIGITS + 1)
    if few:
        parts.append(
            _dict_table(
                np.concatenate([entries[length][0] + POWERS[length] for length in few]),
                np.concatenate([entries[length][1] for length in few]),
            )
        )
    for length, (numbers, rows_) in entries.items():
        part_of[length] = 0 if length in few else len(parts)
        if length not in few:
            parts.append(_one_length(numbers, rows_, length))
    return MixedTable(parts, part_of)


def _ladder(exact: ExactTable, entries: Entries) -> LadderTable:
    return LadderTable(exact, tuple(sorted(entries, reverse=True)))


def _trie_table(entries: Entries) -> TrieTable:
    if trie_cell_count(entries) > CELL_LIMIT:
        raise ValueError(f"a trie holds at most {CELL_LIMIT} cells")
    return TrieTable(_view(trie_cells(entries)), _count(entries))


def _flat_prefix_table(entries: Entries) -> FlatPrefixTable:
    width = max(entries, default=1)
    stride = _stride(entries, width)
    shorter = {length: columns for length, columns in entries.items() if length < width}
    codes = [numbers + POWERS[length] for length, (numbers, _) in shorter.items()]
    exact = _chosen_exact(
        np.concatenate(codes) if codes else np.empty(0, np.int64),
        np.concatenate([rows for _, rows in shorter.values()]) if codes else np.empty(0, np.int32),
    )
    cells = _view(flat_cells(entries, width, stride))
    return FlatPrefixTable(cells, width, stride, _count(entries), _ladder(exact, shorter))


def _count(entries: Entries) -> int:
    return sum(numbers.size for numbers, _ in entries.values())


def _chosen_prefix(entries: Entries) -> str:
    count, width = _count(entries), max(entries, default=1)
    if count and width <= FLAT_WIDTH_LIMIT:
        octets = 4 * flat_cell_count(entries, width, 2)
        if octets <= max(SMALL_OCTETS, FLAT_OCTETS * count):
            return "flat"
    if count <= DICT_LIMIT and len(entries) <= LADDER_LENGTHS:
        return "dict"
    if 4 * trie_cell_count(entries) <= min(max(SMALL_OCTETS, TRIE_OCTETS * count), 4 * CELL_LIMIT):
        return "trie"
    return "dict" if count <= DICT_LIMIT else "ladder"
