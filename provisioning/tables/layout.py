"""Lays entries out as the cells of flat tables and tries and as the columns of bucket tables, a whole column at a time.

Entries come as a mapping from a length to two parallel arrays: numbers (int64, ascending, without the leading 1 of the
code) and rows (int32). Nothing here loops over entries; the loops are over lengths and levels.

Source: D-003; `lookup` says what a cell means.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.digits import POWERS
from ain_scp.provisioning.tables.lookup import POINTER, flat_split
from ain_scp.provisioning.tables.prefix import TRIE_NODE

Entries = Mapping[int, tuple[NDArray[np.int64], NDArray[np.int32]]]
Cells = NDArray[np.int32]

CELL_LIMIT = -POINTER
BUCKET_AIM = 4


def level_ends(width: int, stride: int) -> list[int]:
    """Give the number of digits read after each level of a flat table.

    Source: D-003.
    """
    return list(range(flat_split(width, stride)[0], width + 1, stride))


def heads(entries: Entries, digits: int) -> NDArray[np.int64]:
    """Give the distinct first digits, in ascending order, of all entries longer than `digits`.

    Source: D-003.
    """
    found = [
        _distinct(numbers // POWERS[length - digits])
        for length, (numbers, _) in entries.items()
        if length > digits
    ]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def _distinct(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    if not ascending.size:
        return ascending
    first = np.empty(ascending.size, np.bool_)
    first[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending[first]


def flat_cell_count(entries: Entries, width: int, stride: int) -> int:
    """Give the number of cells a flat table of these entries would have, without building it.

    Source: D-003.
    """
    ends = level_ends(width, stride)
    return POWERS[ends[0]] + POWERS[stride] * sum(heads(entries, end).size for end in ends[:-1])


def trie_cell_count(entries: Entries) -> int:
    """Give the number of cells a trie of these entries would have, without building it.

    Source: D-003.
    """
    return TRIE_NODE * max(1, sum(heads(entries, end).size for end in range(max(entries, default=0))))


def flat_cells(entries: Entries, width: int, stride: int) -> Cells:
    """Lay out a flat table: top array, then the nodes of each level below, prefixes pushed down to them.

    Source: D-003, A-054.
    """
    ends, size = level_ends(width, stride), POWERS[stride]
    cells = np.full(flat_cell_count(entries, width, stride), -1, np.int32)
    start, above, base = 0, np.zeros(1, np.int64), 0
    for end in ends:
        _paint(cells, entries, (start, end, width), above, base)
        below = heads(entries, end) if end < width else np.empty(0, np.int64)
        if not below.size:
            break
        slots = _slots(above, base, below, end - start)
        base_below = base + above.size * POWERS[end - start]
        nodes = cells[base_below : base_below + below.size * size].reshape(-1, size)
        nodes[:] = cells[slots][:, None]
        cells[slots] = (POINTER - base_below) - size * np.arange(below.size)
        start, above, base = end, below, base_below
    return cells


def _slots(above: NDArray[np.int64], base: int, numbers: NDArray[np.int64], digits: int) -> NDArray[np.int64]:
    """Give the cell of each number in the level that reads its last `digits` digits; `above` are the level's nodes."""
    size = POWERS[digits]
    slots: NDArray[np.int64] = base + np.searchsorted(above, numbers // size) * size + numbers % size
    return slots


def _paint(
    cells: Cells, entries: Entries, level: tuple[int, int, int], above: NDArray[np.int64], base: int
) -> None:
    """Write the entries that end within one level, short ones first, so that a longer one covers what it refines."""
    start, end, width = level
    for length in sorted(entries):
        if start < length <= end:
            numbers, rows = entries[length]
            span = POWERS[end - length]
            values = rows if length == width else -2 - rows
            slots = _slots(above, base, numbers * span, end - start)
            if span <= numbers.size:
                for offset in range(span):
                    cells[slots + offset] = values
            else:
                cells[slots[:, None] + np.arange(span)] = values[:, None]


def trie_cells(entries: Entries) -> Cells:
    """Lay out a trie, level by level; a node's eleventh cell is what a number that ends there gets.

    Source: D-003, A-054.
    """
    cells = np.full(trie_cell_count(entries), -1, np.int32)
    above, base = np.zeros(1, np.int64), 0
    for depth in range(1, max(entries, default=0) + 1):
        if depth in entries:
            numbers, rows = entries[depth]
            cells[_trie_slots(above, base, numbers)] = rows
        below = heads(entries, depth)
        slots = _trie_slots(above, base, below)
        base_below = base + above.size * TRIE_NODE
        nodes = cells[base_below : base_below + below.size * TRIE_NODE].reshape(-1, TRIE_NODE)
        own = cells[slots]
        nodes[:] = np.where(own >= 0, -2 - own, own)[:, None]
        nodes[:, TRIE_NODE - 1] = own
        cells[slots] = (POINTER - base_below) - TRIE_NODE * np.arange(below.size)
        above, base = below, base_below
    return cells


def _trie_slots(above: NDArray[np.int64], base: int, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    slots: NDArray[np.int64] = base + np.searchsorted(above, numbers // 10) * TRIE_NODE + numbers % 10
    return slots


def bucket_columns(
    numbers: NDArray[np.int64], width: int, head_digits: int
) -> tuple[NDArray[np.int32], NDArray[np.int16] | NDArray[np.int32] | NDArray[np.int64]]:
    """Give where each bucket starts, and what is left of each number after its head, as narrow as it fits.

    Source: D-003.
    """
    span = POWERS[width - head_digits]
    edges = np.arange(POWERS[head_digits] + 1, dtype=np.int64) * span
    starts = np.searchsorted(numbers, edges).astype(np.int32)
    tails = numbers % span
    if span <= 1 << 15:
        return starts, tails.astype(np.int16)
    if span <= 1 << 31:
        return starts, tails.astype(np.int32)
    return starts, tails


def head_digits_for(count: int, width: int) -> int:
    """Give the number of leading digits that makes buckets of four entries or a little more, if evenly scattered.

    Source: D-003.
    """
    digits = 0
    while digits < min(width, 8) and POWERS[digits + 1] * BUCKET_AIM <= count:
        digits += 1
    return digits
