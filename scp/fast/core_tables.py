"""What the innermost part reads: numbers, tables of numbers, shapes, as native integers and octets.

Tables are copies as `bytes`, which is what the compiler reads without a call.

Source: performance.md sections 2, 3 and 7 (compiled column), mypyc native integers.
"""

from typing import Final, final

from librt.strings import read_i16_le, read_i32_le, read_i64_le
from mypy_extensions import i64

from ain_scp.provisioning.tables.lookup import (
    POINTER,
    BucketTable,
    DictTable,
    ExactTable,
    FlatTable,
    MixedTable,
)
from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.int_map import NOTHING, IntMap
from ain_scp.scp.fast.kinds import CROOKED, PLAIN, Door, cells_of
from ain_scp.scp.fast.notes import Note
from ain_scp.scp.fast.shapes import BY_DIALING, Shape

MOST_HEADS: Final = 1 << 16
MOST_MAPPED: Final = 1 << 21
"""Numbers of a table that is no flat one; a million of them take 32 to 64 MB as a map."""
_NONE: Final = 255
"""Instead of a value of one octet: the number is not there."""

_PAIRS: Final = bytes(
    (octet & 15) * 10 + (octet >> 4) if octet & 15 < 10 and octet >> 4 < 10 else 255 for octet in range(256)
)
"""Two digits, the low nibble first; 255 for what is no digit."""


@final
class CoreTable:
    """A table of numbers of one length: in two steps when it is flat with nodes of four digits, else a map.

    `top` says where the node of the digits before the last four begins; a node has a value for each of the last four digits,
    in as few octets (`width`: 1, 2 or 4; 8 for looked up values) as the largest value needs: what is small stays in the processor's cache.
    """

    def __init__(self, top: bytes, nodes: bytes, width: int, rows: IntMap) -> None:
        self.top: bytes = top
        self.nodes: bytes = nodes
        self.width: i64 = width
        self.rows = rows

    def find(self, number: i64) -> i64:
        """What the table says about a number; negative when it is not there, NOTHING where values are looked up."""
        width = self.width
        if width == 0:
            return self.rows.get(number)
        start: i64 = i64(read_i32_le(self.top, number // 10000 * 4))
        if start < 0:
            return NOTHING
        at = start + number % 10000
        if width == 1:
            value: i64 = self.nodes[at]
            return NOTHING if value == _NONE else value
        if width == 8:
            return read_i64_le(self.nodes, at * 8)
        if width == 4:
            return i64(read_i32_le(self.nodes, at * 4))
        return i64(read_i16_le(self.nodes, at * 2))


def core_table(table: ExactTable, width: int, values: memoryview | None = None) -> CoreTable | None:
    """The numbers of this many digits of a table; None for a representation that is not known here.

    What a number leads to is its row, or what `values` (int64) says about its row.
    """
    rows = IntMap()
    if isinstance(table, MixedTable):
        part = table.part_of[width]
        return CoreTable(b"", b"", 0, rows) if part < 0 else core_table(table.parts[part], width, values)
    if isinstance(table, DictTable):
        base = 10**width
        for code, row in zip(table.codes.tolist(), table.rows.tolist(), strict=True):
            if base <= code < 2 * base:
                rows.put(code - base, row if values is None else values[row])
        return CoreTable(b"", b"", 0, rows)
    if isinstance(table, BucketTable | FlatTable) and table.width != width:
        return CoreTable(b"", b"", 0, rows)
    if isinstance(table, BucketTable):
        return _from_buckets(table, values)
    cells = cells_of(table, width)
    return None if cells is None else _in_two_steps(cells, 10 ** (width - 4), values)


def _from_buckets(table: BucketTable, values: memoryview | None) -> CoreTable | None:
    """Scattered numbers as a map, which is larger than buckets but found in one step; None when there are too many."""
    import numpy as np

    if table.entries > MOST_MAPPED:
        return None
    starts = np.asarray(table.starts).astype(np.int64)
    counts = starts[1:] - starts[:-1]
    numbers = np.repeat(np.arange(len(counts)), counts) * table.span + np.asarray(table.tails)
    found = np.asarray(table.rows).astype(np.int64)
    if values is not None:
        found = np.frombuffer(values, np.int64)[found]
    rows = IntMap()
    for number, row in zip(numbers.tolist(), found.tolist(), strict=True):
        rows.put(number, row)
    return CoreTable(b"", b"", 0, rows)


def _in_two_steps(cells: memoryview, tops: int, values: memoryview | None) -> CoreTable:
    import numpy as np

    whole = np.frombuffer(cells, np.int32)
    top, nodes = whole[:tops], whole[tops:]
    starts = np.where(top <= POINTER, POINTER - top - tops, -1).astype("<i4")
    if values is None:
        found = np.where(nodes >= 0, nodes, -1)
        largest = int(found.max(initial=0))
        width = 1 if largest < _NONE else 2 if largest < 1 << 15 else 4
    else:
        found = np.where(nodes >= 0, np.frombuffer(values, np.int64)[np.maximum(nodes, 0)], NOTHING)
        width = 8
    return CoreTable(starts.tobytes(), found.astype(f"<i{width}").tobytes(), width, IntMap())


@final
class CoreDoor:
    """What one class of callers reaches by one access code."""

    def __init__(self, door: Door, mdp7: CoreTable, mdp10: CoreTable, numbers: CoreTable) -> None:
        """The numbers of an MDP lead to what `CalledNumbers.by_row` says, all others to their class."""
        self.by_mdp: bool = door.mdp is not None
        self.mdp7 = mdp7
        self.mdp10 = mdp10
        self.numbers = numbers
        self.answers = IntMap()
        """By class of the number called, bearer, and where the query came from."""
        self.abroad = IntMap()
        self.exact = IntMap()
        """Class by digits dialed and bearer, for what no table leads to; `abroad`: by digits named as international ones."""
        self._heads = door.heads
        self._known = IntMap()

    def plain(self, head: i64, listed: bool) -> i64:
        """The class of a number that stands nowhere, by its first six digits; NOTHING when they do not simply name it.

        For a listed number only the latter is asked: PLAIN, which means that no class is known yet, is good enough.
        """
        known = self._known.get(head)
        if known >= 0 or (listed and known == PLAIN):
            return known
        told = self._heads.get(f"{int(head):06d}", CROOKED)
        if told == CROOKED:
            return NOTHING
        if len(self._known) < MOST_HEADS:
            self._known.put(head, told)
        return told


@final
class CoreShape:
    """A shape with its mask and wanted octets."""

    def __init__(self, shape: Shape, size: int) -> None:
        self.mask: bytes = shape.mask.to_bytes(size, "big")
        self.want: bytes = shape.want.to_bytes(size, "big")
        self.opc_at: i64 = shape.opc_at
        self.from_at: i64 = shape.from_at
        self.key: i64 = shape.bearer << 16 | shape.ids
        self.bearer: i64 = shape.bearer
        self.plain: bool = shape.plain
        self.named: bool = shape.who != BY_DIALING
        self.named_digits: i64 = shape.access_end - shape.access_from
        self.transaction_at: i64 = shape.transaction_at
        self.calling_at: i64 = shape.calling_at
        self.access_at: i64 = shape.access_from // 2
        self.dialed_at: i64 = shape.dialed_from // 2
        self.dialed_digits: i64 = shape.dialed_digits
        self.sls_at: i64 = shape.sls_at
        self.ids_at: i64 = shape.ids_at
        self.package_at: i64 = shape.package_at
        self.package_end: i64 = shape.package_end


@final
class CoreNote:
    """A kind of notification with its mask and wanted octets."""

    def __init__(self, note: Note, size: int) -> None:
        self.mask: bytes = note.mask.to_bytes(size, "big")
        self.want: bytes = note.want.to_bytes(size, "big")
        self.opc_at: i64 = note.opc_at
        self.from_at: i64 = note.from_at
        self.echo_at: i64 = note.echo_at
        self.connect_at: i64 = note.connect_at
        words = note.connected if note.connect_at else note.never
        self.before: bytes = words[0].encode()
        self.ended: bytes = words[1].encode()
        self.connected: bytes = words[2].encode()
        self.after: bytes = words[-1].encode()

    def tenths(self, octets: bytes) -> i64:
        """The connect time; NOTHING for another layout, or when there is none."""
        at = self.connect_at
        if at == 0:
            return NOTHING
        minutes = number_of(octets, at, 6)
        seconds, rest = number_of(octets, at + 3, 2), number_of(octets, at + 4, 2)
        if minutes < 0 or minutes >= 100000 or seconds < 0 or seconds >= 60 or rest < 0 or rest % 10 != 0:
            return NOTHING
        return (minutes * 60 + seconds) * 10 + rest // 10


@final
class CoreBack:
    """A way back, with the five octets of the calling address that it is for."""

    def __init__(self, back: Back, calling: bytes) -> None:
        self.head: bytes = back.head
        self.address: bytes = back.address
        self.key: i64 = back.key
        self._first: i64 = i64(read_i32_le(calling, 0))
        self._last: i64 = calling[4]

    def is_for(self, octets: bytes, at: i64) -> bool:
        """Whether the calling address that stands there is the one."""
        last: i64 = octets[at + 4]
        return i64(read_i32_le(octets, at)) == self._first and last == self._last


def same(octets: bytes, mask: bytes, want: bytes, size: i64) -> bool:
    """Whether the octets under the mask are the wanted ones; eight at a time, the last eight perhaps partly twice."""
    at: i64 = 0
    last: i64 = size - 8
    while at < last:
        if read_i64_le(octets, at) & read_i64_le(mask, at) != read_i64_le(want, at):
            return False
        at += 8
    return read_i64_le(octets, last) & read_i64_le(mask, last) == read_i64_le(want, last)


def number_of(octets: bytes, at: i64, digits: i64) -> i64:
    """The number in some digits, two in an octet, the low nibble first; negative when one of them is no digit."""
    number: i64 = 0
    end: i64 = at + digits // 2
    while at < end:
        octet: i64 = octets[at]
        pair: i64 = _PAIRS[octet]
        if pair == 255:
            return NOTHING
        number = number * 100 + pair
        at += 1
    if digits & 1:
        last: i64 = octets[at]
        last = last & 15
        number = NOTHING if last > 9 else number * 10 + last
    return number
