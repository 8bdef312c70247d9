"""Tables as flat memory: written once, mapped read-only by any number of processes, never unpickled.

A table becomes one named segment, and one more for each table it is made of (`NAME/shorter`, `NAME/0` ...). A segment is

    octets 0-7    "AINTABLE"              8-9    byte order mark 0x0102, in the order of the writer
    10 version    11 kind                 12     width (digits)      13    stride, or head digits of buckets
    14-15         zero                    16-23  entries
    24-47         items in each of three columns (64 bits each)
    48-50         octets per item of each column                     51    zero
    52-55         CRC-32 of all columns   56-59  zero                60-63 CRC-32 of octets 0-59

and then its columns, each beginning at a multiple of 64 octets from the start of the segment. A writer that wants the
columns aligned in memory puts segments at multiples of 64. Everything but the text is in the writer's byte order.

Anything unexpected raises TableFault. The columns' checksum is compared unless `verify` is false; then a flipped bit
inside a column is not noticed.

Source: D-003; CRC-32 as in zlib (ISO 3309).
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from mmap import mmap
from typing import Final

from ain_scp.provisioning.tables.digits import MAX_DIGITS, POWERS
from ain_scp.provisioning.tables.lookup import (
    FLAT_WIDTH_LIMIT,
    BucketTable,
    DictTable,
    ExactTable,
    FlatTable,
    MixedTable,
    flat_split,
)
from ain_scp.provisioning.tables.prefix import TRIE_NODE, FlatPrefixTable, LadderTable, PrefixTable, TrieTable

ALIGNMENT: Final = 64
VERSION: Final = 1

_MAGIC: Final = b"AINTABLE"
_ORDER: Final = 0x0102
_HEADER: Final = struct.Struct("=8sHBBBBHQQQQBBBBIII")
_DICT, _FLAT, _BUCKETS, _MIXED, _LADDER, _FLAT_PREFIX, _TRIE = range(1, 8)

Segment = tuple[str, bytes]
Memory = bytes | bytearray | memoryview | mmap
Table = ExactTable | PrefixTable


class TableFault(Exception):
    """A segment that is missing, cut short, altered or of another version; `name` is the segment's.

    Source: D-012.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"table segment {self.name!r}: {self.reason}"


def to_segments(table: Table, name: str = "table") -> list[Segment]:
    """Give the table as named segments; the first is `name` itself.

    Source: D-003.
    """
    if isinstance(table, DictTable):
        return [(name, _segment(_DICT, table.entries, [table.codes, table.rows]))]
    if isinstance(table, FlatTable):
        return [(name, _segment(_FLAT, table.entries, [table.cells], table.width, table.stride))]
    if isinstance(table, BucketTable):
        columns = [table.starts, table.tails, table.rows]
        return [(name, _segment(_BUCKETS, table.entries, columns, table.width, table.head_digits))]
    if isinstance(table, MixedTable):
        part_of = memoryview(struct.pack(f"={MAX_DIGITS + 1}b", *table.part_of)).cast("b")
        parts = [
            segment for at, part in enumerate(table.parts) for segment in to_segments(part, f"{name}/{at}")
        ]
        return [(name, _segment(_MIXED, table.entries, [part_of])), *parts]
    if isinstance(table, LadderTable):
        lengths = memoryview(struct.pack(f"={len(table.lengths)}b", *table.lengths)).cast("b")
        return [
            (name, _segment(_LADDER, table.entries, [lengths])),
            *to_segments(table.exact, f"{name}/exact"),
        ]
    if isinstance(table, FlatPrefixTable):
        first = (name, _segment(_FLAT_PREFIX, table.entries, [table.cells], table.width, table.stride))
        return [first, *to_segments(table.shorter, f"{name}/shorter")]
    if isinstance(table, TrieTable):
        return [(name, _segment(_TRIE, table.entries, [table.cells]))]
    raise TypeError(f"{type(table).__name__} has no segment form")


def _segment(
    kind: int, entries: int, columns: Sequence[memoryview], width: int = 0, stride: int = 0
) -> bytes:
    padded = [_pad(column.tobytes()) for column in columns]
    payload = b"".join(padded)
    counts = [len(column) for column in columns] + [0] * (3 - len(columns))
    sizes = [column.itemsize for column in columns] + [0] * (3 - len(columns))
    checked = _HEADER.pack(
        _MAGIC,
        _ORDER,
        VERSION,
        kind,
        width,
        stride,
        0,
        entries,
        *counts,
        *sizes,
        0,
        zlib.crc32(payload),
        0,
        0,
    )[:60]
    return b"".join((checked, struct.pack("=I", zlib.crc32(checked)), payload))


def _pad(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % ALIGNMENT)


class _Opened:
    """A segment whose header was checked; its columns still are the given memory."""

    def __init__(self, name: str, memory: memoryview, *, verify: bool) -> None:
        if len(memory) < _HEADER.size:
            raise TableFault(name, f"{len(memory)} octets are less than a header")
        magic, order, version, self.kind, self.width, self.stride, _, self.entries, *rest = (
            _HEADER.unpack_from(memory)
        )
        if magic != _MAGIC:
            raise TableFault(name, "is not a table")
        if order != _ORDER:
            raise TableFault(name, "was written on a machine of the other byte order")
        if zlib.crc32(memory[:60]) != rest[-1]:
            raise TableFault(name, "the header does not match its checksum")
        if version != VERSION:
            raise TableFault(name, f"is of version {version}, not {VERSION}")
        self.name = name
        self.counts, self.sizes = tuple(rest[:3]), tuple(rest[3:6])
        self.require(all(size in (0, 1, 2, 4, 8) for size in self.sizes))
        self.columns = self._cut(memory)
        if verify and zlib.crc32(memory[_HEADER.size : self.end]) != rest[7]:
            raise TableFault(name, "the columns do not match their checksum")

    def _cut(self, memory: memoryview) -> list[memoryview]:
        columns: list[memoryview] = []
        self.end = _HEADER.size
        for count, size in zip(self.counts, self.sizes, strict=True):
            if size == 0:
                break
            octets = count * size
            if self.end + octets + -octets % ALIGNMENT > len(memory):
                raise TableFault(self.name, f"is cut short at {len(memory)} octets")
            columns.append(
                _typed(memory[self.end : self.end + octets], size) if count else _typed(bytes(size), size)[:0]
            )
            self.end += octets + -octets % ALIGNMENT
        return columns

    def require(self, legal: bool) -> None:
        """Raise TableFault when the sizes in the header contradict one another."""
        if not legal:
            raise TableFault(self.name, f"a table of kind {self.kind} cannot have these sizes")


def _typed(octets: bytes | memoryview, size: int) -> memoryview:
    """Give octets as integers of 1, 2, 4 or 8 octets; others do not occur after a checked header."""
    memory = memoryview(octets)
    if size == 4:
        return memory.cast("i")
    if size == 8:
        return memory.cast("q")
    return memory.cast("h" if size == 2 else "b")


def from_segments(segments: Mapping[str, Memory], name: str = "table", *, verify: bool = True) -> Table:
    """Give the table that was written as `name`; flat, bucket and trie columns are used where they lie, without a copy.

    A table keeps its memory open: a mapping cannot be closed before the last table made of it is gone. Raises TableFault for anything that is not exactly what `to_segments` gave.

    Source: D-003.
    """
    if name not in segments:
        raise TableFault(name, "is missing")
    opened = _Opened(name, memoryview(segments[name]).cast("B").toreadonly(), verify=verify)
    if opened.kind in (_DICT, _FLAT, _BUCKETS, _TRIE):
        return _simple(opened)
    if opened.kind == _MIXED:
        return _mixed(opened, segments, verify=verify)
    if opened.kind == _LADDER:
        return _ladder(opened, segments, verify=verify)
    if opened.kind == _FLAT_PREFIX:
        cells = _flat_cells(opened)
        shorter = from_segments(segments, f"{name}/shorter", verify=verify)
        if not isinstance(shorter, LadderTable):
            raise TableFault(name, "its shorter entries are of the wrong kind")
        return FlatPrefixTable(cells, opened.width, opened.stride, opened.entries, shorter)
    raise TableFault(name, f"is of the unknown kind {opened.kind}")


def exact_from_segments(
    segments: Mapping[str, Memory], name: str = "table", *, verify: bool = True
) -> ExactTable:
    """Give a table of complete numbers, as `from_segments` does; TableFault when it is one of prefixes.

    Source: D-003.
    """
    table = from_segments(segments, name, verify=verify)
    if not isinstance(table, ExactTable):
        raise TableFault(name, "is a table of prefixes, not of complete numbers")
    return table


def prefix_from_segments(
    segments: Mapping[str, Memory], name: str = "table", *, verify: bool = True
) -> PrefixTable:
    """Give a table of prefixes, as `from_segments` does; TableFault when it is one of complete numbers.

    Source: D-003.
    """
    table = from_segments(segments, name, verify=verify)
    if not isinstance(table, PrefixTable):
        raise TableFault(name, "is a table of complete numbers, not of prefixes")
    return table


def _simple(opened: _Opened) -> Table:
    counts, sizes, entries, width = opened.counts, opened.sizes, opened.entries, opened.width
    if opened.kind == _DICT:
        opened.require(counts == (entries, entries, 0) and sizes == (8, 4, 0))
        return DictTable(*opened.columns)
    if opened.kind == _FLAT:
        return FlatTable(_flat_cells(opened), width, opened.stride, entries)
    if opened.kind == _TRIE:
        opened.require(counts[0] >= TRIE_NODE and counts[0] % TRIE_NODE == 0 and sizes == (4, 0, 0))
        return TrieTable(opened.columns[0], entries)
    head_digits = opened.stride
    opened.require(0 < width <= MAX_DIGITS and head_digits <= width)
    opened.require(counts == (POWERS[head_digits] + 1, entries, entries))
    opened.require(sizes[0] == sizes[2] == 4 and sizes[1] in (2, 4, 8))
    starts, tails, rows = opened.columns
    return BucketTable(starts, tails, rows, width, head_digits)


def _flat_cells(opened: _Opened) -> memoryview:
    opened.require(0 < opened.width <= FLAT_WIDTH_LIMIT and opened.sizes == (4, 0, 0))
    opened.require(opened.stride in (2, 4))
    below = opened.counts[0] - POWERS[flat_split(opened.width, opened.stride)[0]]
    opened.require(below >= 0 and below % POWERS[opened.stride] == 0)
    return opened.columns[0]


def _mixed(opened: _Opened, segments: Mapping[str, Memory], *, verify: bool) -> MixedTable:
    opened.require(opened.counts[0] == MAX_DIGITS + 1 and opened.sizes == (1, 0, 0))
    part_of = opened.columns[0].tolist()
    opened.require(min(part_of) >= -1 and max(part_of) <= MAX_DIGITS)
    parts = [
        exact_from_segments(segments, f"{opened.name}/{at}", verify=verify) for at in range(max(part_of) + 1)
    ]
    if any(isinstance(part, MixedTable) for part in parts):
        raise TableFault(opened.name, "a part is itself made of parts")
    table = MixedTable(parts, part_of)
    opened.require(table.entries == opened.entries)
    return table


def _ladder(opened: _Opened, segments: Mapping[str, Memory], *, verify: bool) -> LadderTable:
    opened.require(opened.counts[0] <= MAX_DIGITS and opened.sizes == (1, 0, 0))
    lengths = tuple(opened.columns[0].tolist())
    opened.require(all(0 < length <= MAX_DIGITS for length in lengths))
    table = LadderTable(exact_from_segments(segments, f"{opened.name}/exact", verify=verify), lengths)
    opened.require(table.entries == opened.entries)
    return table
