"""A map from integers to integers without objects, for the innermost part of the short way.

Open addressing: a key stands at its own place or at the first free one after it, so a look-up reads one or two neighbouring
cells. Nothing is ever taken out but all at once.

Source: performance.md section 7 (small tables), mypyc native integers.
"""

from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

NOTHING: Final = -1000000000
"""Instead of a value: the key is not there."""

_FREE: Final = -1
_LEAST: Final = 16
_FACTOR: Final = 1640531527
"""2**32 over the golden ratio, below 2**31: a product of two such numbers is a native integer."""


def cells(count: i64, value: i64) -> vec[i64]:
    """So many cells of one value."""
    made = vec[i64](capacity=count)
    at: i64 = 0
    while at < count:
        made = append(made, value)
        at += 1
    return made


@final
class IntMap:
    """Keys are 0 or greater; values are any integers but NOTHING."""

    def __init__(self) -> None:
        self._size: i64 = _LEAST
        self._used: i64 = 0
        self._cells: vec[i64] = cells(2 * _LEAST, _FREE)

    def __len__(self) -> int:
        return self._used

    def get(self, key: i64) -> i64:
        """The value of a key, or NOTHING."""
        table = self._cells
        last = self._size - 1
        at = _place(key, last)
        while True:
            there = table[2 * at]
            if there == key:
                return table[2 * at + 1]
            if there == _FREE:
                return NOTHING
            at = (at + 1) & last

    def put(self, key: i64, value: i64) -> None:
        """Set the value of a key."""
        if 2 * (self._used + 1) > self._size:
            self._grow()
        at = self._free(key)
        table = self._cells
        if table[2 * at] == _FREE:
            table[2 * at] = key
            self._used += 1
        table[2 * at + 1] = value

    def clear(self) -> None:
        """Forget all keys."""
        self._size = _LEAST
        self._used = 0
        self._cells = cells(2 * _LEAST, _FREE)

    def _free(self, key: i64) -> i64:
        """Where a key stands or would stand."""
        table = self._cells
        last = self._size - 1
        at = _place(key, last)
        while table[2 * at] != _FREE and table[2 * at] != key:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        before, size = self._cells, self._size
        self._size = 2 * size
        self._cells = cells(4 * size, _FREE)
        table = self._cells
        at: i64 = 0
        while at < size:
            key = before[2 * at]
            if key != _FREE:
                to = self._free(key)
                table[2 * to] = key
                table[2 * to + 1] = before[2 * at + 1]
            at += 1


def _place(key: i64, last: i64) -> i64:
    mixed: i64 = (key ^ key >> 31) & 0x7FFFFFFF
    return (mixed * _FACTOR >> 16) & last
