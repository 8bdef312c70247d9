"""The innermost part of the short way in the style that compiles best: native integers, octets read in place, no objects.

Compiled it answers the plain calls in a fraction of the time of `path`; interpreted it would be slower than `path`, so it is
used only when it is an extension. It knows less: plain calls of callers whose rules ask neither time nor chance, access
codes of one digit, flat tables, answers and SMDR lines of the usual form. For anything else it returns None, and `path`
takes the message. It learns nothing itself: `path` tells it.

Tables are copies as `bytes`, which is what the compiler reads without a call.

Source: performance.md sections 2, 3 and 7 (compiled column), mypyc native integers.
"""

from typing import Any, Final, final

from librt.strings import (
    BytesWriter,
    read_i16_be,
    read_i32_le,
    read_i64_le,
    write_i16_be,
    write_i32_be,
    write_i32_le,
)
from mypy_extensions import i16, i32, i64

from provisioning.tables.lookup import DictTable, ExactTable, MixedTable
from scp.fast.called import CLASS_SHIFT, CODE_MASK
from scp.fast.path import CROOKED, PLAIN, Door, Kind, cells_of
from scp.fast.shapes import Shape
from scp.fast.template import Lines, Template

LARGEST: Final = 512
MOST_SHAPES: Final = 16
POINTER: Final = -536870912
NOTHING: Final = -1000000000
MOST_HEADS: Final = 1 << 16
MOST_REPLIES: Final = 1 << 16
MOST_ANSWERS: Final = 1 << 16
REPLY_SHIFT: Final = 24

_PAIRS: Final = bytes(
    (octet & 15) * 10 + (octet >> 4) if octet & 15 < 10 and octet >> 4 < 10 else 255 for octet in range(256)
)
"""Two digits, the low nibble first; 255 for what is no digit."""
_OCTETS: Final = bytes((pair % 10) << 4 | pair // 10 for pair in range(100))
_DECIMAL: Final = b"".join(b"%02d" % pair for pair in range(100))
_HEX: Final = b"".join(b"%02X" % octet for octet in range(256))
_DIGITS: Final = b"".join(b"%X%X" % (octet & 15, octet >> 4) for octet in range(256))
"""Two characters of a pair of digits, of an octet, and of an octet of digits. Octets are written from tables, as many at
a time as there are: the compiler knows an element of `bytes` to be an octet, a native integer it does not."""


@final
class CoreTable:
    """A table of numbers of one length: 32-bit cells as octets when it is flat with nodes of four digits, else a dict."""

    def __init__(self, cells: bytes, rows: dict[int, int]) -> None:
        self.cells: bytes = cells
        self.rows = rows
        self.flat: bool = len(cells) > 0

    def find(self, number: i64) -> i64:
        """What the table says about a number; negative when it is not there."""
        if not self.flat:
            row = self.rows.get(number)
            return -1 if row is None else row
        value: i64 = i64(read_i32_le(self.cells, number // 10000 * 4))
        if value <= POINTER:
            value = i64(read_i32_le(self.cells, (POINTER - value + number % 10000) * 4))
        return value


@final
class CoreShape:
    """A shape with its mask and wanted octets."""

    def __init__(self, shape: Shape, size: int, reply: int) -> None:
        self.mask: bytes = shape.mask.to_bytes(size, "big")
        self.want: bytes = shape.want.to_bytes(size, "big")
        self.origin: bytes = shape.origin
        self.key: i64 = shape.bearer << 16 | reply
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
class CoreDoor:
    """What one class of callers reaches by one access code."""

    def __init__(
        self, door: Door, mdp7: CoreTable, mdp10: CoreTable, numbers: CoreTable, by_row: bytes
    ) -> None:
        self.by_mdp: bool = door.mdp is not None
        self.mdp7 = mdp7
        self.mdp10 = mdp10
        self.by_row: bytes = by_row
        self.numbers = numbers
        self.answers: dict[int, CoreAnswer] = {}
        """By class of the number called, bearer, and where the query came from."""
        self._heads = door.heads
        self._known: dict[int, int] = {}

    def plain(self, head: i64) -> i64:
        """The class of a number that stands nowhere, by its first six digits; NOTHING when that is not known."""
        known = self._known.get(head)
        if known is not None:
            return known
        told = self._heads.get(f"{head:06d}", CROOKED)
        if told == CROOKED:
            return NOTHING
        if told != PLAIN and len(self._known) < MOST_HEADS:
            self._known[head] = told
        return told


@final
class CoreAnswer:
    """An answer and its SMDR lines, their constants alone.

    `routed`: calling, called and echo holes follow the component ID; a refusal ends there and has two lines. `swapped`: in
    the line the time stands before the called number, which is the original one of a call to an ASF-RTL host.
    """

    def __init__(self, template: Template, lines: Lines) -> None:
        constants: list[bytes] = template.parts[::2]
        words: list[bytes] = [part.encode() for part in lines.parts[::2]]
        self.routed: bool = template.calling_part > 0
        self.swapped: bool = lines.called_part > lines.start_part
        self.refused: bool = lines.end_part > 0
        while len(constants) < 8:
            constants.append(b"")
        while len(words) < 7:
            words.append(b"")
        self.c0, self.c1, self.c2, self.c3 = constants[0], constants[1], constants[2], constants[3]
        self.c4, self.c5, self.c6, self.c7 = constants[4], constants[5], constants[6], constants[7]
        self.w0, self.w1, self.w2, self.w3 = words[0], words[1], words[2], words[3]
        self.w4, self.w5, self.w6 = words[4], words[5], words[6]


def is_usual(template: Template, lines: Lines) -> bool:
    """Whether an answer and its lines have a form that is filled here: a routed call, or one refused."""
    holes = (template.calling_part, template.called_part, template.second_ids_part, template.echo_part)
    places = (lines.called_part, lines.start_part, lines.second_identifier_part, lines.end_part)
    if holes == (7, 9, 11, 13):
        return places in {(5, 7, 0, 0), (7, 5, 0, 0)}
    return holes == (0, 0, 0, 0) and places == (5, 7, 9, 11)


@final
class Core:
    """The innermost part over one snapshot. `echo` is the last echo number used, `answered` since `begin`."""

    def __init__(self, callers: CoreTable, classes: int, node_id: int) -> None:
        self._callers = callers
        self._shapes: list[list[CoreShape]] = [[] for _ in range(LARGEST)]
        self._doors: list[CoreDoor | None] = [None] * (classes * 16)
        self._base: i64 = node_id << 40
        self._answer = BytesWriter()
        self._lines = BytesWriter()
        self._time = b""
        self._now: object = 0
        self._young: dict[bytes, Any] = {}
        self._old: dict[bytes, Any] = {}
        self._tables: dict[tuple[int, int], CoreTable] = {}
        self._rows: dict[int, bytes] = {}
        self._answers: dict[tuple[int, int], CoreAnswer] = {}
        self._kept: list[tuple[Template, Lines]] = []
        self._replies: dict[bytes, int] = {}
        self.echo: int = 0
        self.answered: int = 0

    def begin(
        self, young: dict[bytes, Any], old: dict[bytes, Any], now: object, time: str, echo: int
    ) -> None:
        """Begin a batch."""
        self._young = young
        self._old = old
        self._now = now
        self._time = time.encode()
        self.echo = echo
        self.answered = 0

    def take_lines(self) -> str:
        """Return and forget the SMDR lines written, without a line end at the end; empty when there are none."""
        if not len(self._lines):
            return ""
        text = self._lines.getvalue()
        self._lines.truncate(0)
        return text[:-1].decode()

    def run(self, datagrams: list[bytes], start: int, answers: list[bytes | None]) -> int:
        """Answer messages from `start` on while they are plain calls; how many."""
        at: i64 = start
        end: i64 = len(datagrams)
        while at < end:
            answer = self.answer(datagrams[at])
            if answer is None:
                break
            answers.append(answer)
            at += 1
        return int(at) - start

    def answer(self, octets: bytes) -> bytes | None:
        """The answer to one message, or None when this is no plain call."""
        size: i64 = len(octets)
        if size >= LARGEST:
            return None
        found: CoreShape | None = None
        for one in self._shapes[size]:
            if _same(octets, one.mask, one.want, size):
                found = one
                break
        if found is None:
            return None
        shape = found
        calling = _number(octets, shape.calling_at, 5)
        if calling < 0:
            return None
        index = self._callers.find(calling)
        if index < 0:
            return None
        access: i64 = octets[shape.access_at]
        door = self._doors[index * 16 + (access & 15)]
        if door is None:
            return None
        dialed: i64
        called: i64
        called_class: i64
        at = shape.dialed_at
        packed: i64 = -1
        if shape.dialed_digits == 7:
            if not door.by_mdp:
                return None
            dialed = _number(octets, at, 3)
            last: i64 = octets[at + 3]
            last = last & 15
            if dialed < 0 or last > 9 or dialed // 100000 == 1:
                return None
            row = door.mdp7.find(dialed * 10 + last)
            if row < 0:
                return None
            packed = read_i64_le(door.by_row, row * 8)
            called_class = packed >> CLASS_SHIFT
            called = (packed & CODE_MASK) - 10000000000
        else:
            called = _number(octets, at, 5)
            if called < 0 or called // 1000000000 == 1:
                return None
            row = -1
            if door.by_mdp:
                row = door.mdp10.find(called)
            if row >= 0:
                packed = read_i64_le(door.by_row, row * 8)
                called_class = packed >> CLASS_SHIFT
                called = (packed & CODE_MASK) - 10000000000
            else:
                plain = door.plain(called // 10000)
                if plain == NOTHING:
                    return None
                called_class = door.numbers.find(called)
                if called_class < 0:
                    called_class = plain
        if called_class < 0:
            return None
        answer = door.answers.get(called_class << REPLY_SHIFT | shape.key)
        if answer is None:
            return None
        at = shape.transaction_at
        asked = shape.origin + octets[at : at + 4]
        if asked in self._young or asked in self._old:
            return None
        self.echo += 1
        self.answered += 1
        self._sample(answer, octets, shape.calling_at, called)
        made = self._fill(answer, octets, shape, called)
        self._young[asked] = (self._now, hash(octets[shape.package_at : shape.package_end]), made)
        return made

    def _fill(self, answer: CoreAnswer, octets: bytes, shape: CoreShape, called: i64) -> bytes:
        writer = self._answer
        writer.truncate(0)
        writer.write(answer.c0)
        writer.append(octets[shape.sls_at])
        writer.write(answer.c1)
        write_i32_le(writer, read_i32_le(octets, shape.transaction_at))
        writer.write(answer.c2)
        writer.append(octets[shape.ids_at])
        writer.write(answer.c3)
        if not answer.routed:
            return writer.getvalue()
        at = shape.calling_at
        write_i32_le(writer, read_i32_le(octets, at))
        writer.append(octets[at + 4])
        writer.write(answer.c4)
        writer.append(_OCTETS[called // 100000000])
        writer.append(_OCTETS[called // 1000000 % 100])
        writer.append(_OCTETS[called // 10000 % 100])
        writer.append(_OCTETS[called // 100 % 100])
        writer.append(_OCTETS[called % 100])
        writer.write(answer.c5)
        writer.append(octets[shape.ids_at])
        writer.write(answer.c6)
        echo: i64 = self._base + self.echo
        high: i64 = echo >> 32
        if high >= 1 << 15:
            high -= 1 << 16
        low: i64 = echo & 0xFFFFFFFF
        if low >= 1 << 31:
            low -= 1 << 32
        write_i16_be(writer, i16(high))
        write_i32_be(writer, i32(low))
        writer.write(answer.c7)
        return writer.getvalue()

    def _sample(self, answer: CoreAnswer, octets: bytes, at: i64, called: i64) -> None:
        writer = self._lines
        echo: i64 = self._base + self.echo
        writer.write(answer.w0)
        _write_identifier(writer, echo)
        writer.write(answer.w1)
        end: i64 = at + 5
        while at < end:
            octet: i64 = octets[at]
            write_i16_be(writer, read_i16_be(_DIGITS, octet * 2))
            at += 1
        writer.write(answer.w2)
        if answer.swapped:
            writer.write(self._time)
            writer.write(answer.w3)
            _write_number(writer, called)
        else:
            _write_number(writer, called)
            writer.write(answer.w3)
            writer.write(self._time)
        writer.write(answer.w4)
        if answer.refused:
            _write_identifier(writer, echo)
            writer.write(answer.w5)
            writer.write(self._time)
            writer.write(answer.w6)
        writer.write(b"\n")

    def learn(
        self,
        index: int,
        access: str,
        door: Door,
        key: int,
        shape: Shape,
        size: int,
        kind: Kind,
        template: Template,
    ) -> None:
        """Take what was learned, if it is of the usual form."""
        lines = kind.lines
        if lines is None or not is_usual(template, lines):
            return
        if len(access) != 1 or not access.isdigit():
            return
        place = index * 16 + int(access)
        core_door = self._doors[place]
        if core_door is None:
            numbers = self._table(door.numbers, 10)
            mdp7 = numbers if door.mdp is None else self._table(door.mdp, 7)
            mdp10 = numbers if door.mdp is None else self._table(door.mdp, 10)
            if numbers is None or mdp7 is None or mdp10 is None:
                return
            by_row = self._rows.setdefault(id(door.by_row), door.by_row.tobytes())
            core_door = self._doors[place] = CoreDoor(door, mdp7, mdp10, numbers, by_row)
        both = (id(template), id(lines))  # the path keeps one of each
        answer = self._answers.get(both)
        reply = self._replies.get(shape.reply, len(self._replies))
        if reply >= MOST_REPLIES or (answer is None and len(self._answers) >= MOST_ANSWERS):
            return
        self._replies[shape.reply] = reply
        if answer is None:
            answer = self._answers[both] = CoreAnswer(template, lines)
            self._kept.append((template, lines))
        if len(core_door.answers) >= MOST_ANSWERS:
            core_door.answers.clear()
        core_door.answers[key << 16 | reply] = answer
        self._learn_shape(shape, size, reply)

    def _table(self, table: ExactTable, width: int) -> CoreTable | None:
        """The form of a table that is read here, one copy however many doors share it."""
        known = self._tables.get((id(table), width))
        if known is None:
            made = core_table(table, width)
            if made is None:
                return None
            known = self._tables[id(table), width] = made
        return known

    def _learn_shape(self, shape: Shape, size: int, reply: int) -> None:
        usual = 8 <= size < LARGEST and shape.ids_end - shape.ids_at == 1
        if not usual or shape.access_end - shape.access_from != 1 or shape.dialed_digits not in {7, 10}:
            return
        known = self._shapes[size]
        want = shape.want.to_bytes(size, "big")
        if len(known) < MOST_SHAPES and all(one.want != want for one in known):
            known.append(CoreShape(shape, size, reply))


def make_core(callers: ExactTable, classes: int, node_id: int) -> Core | None:
    """The innermost part for a snapshot's callers; None when their table cannot be read here."""
    table = core_table(callers, 10)
    return None if table is None else Core(table, classes, node_id)


def core_table(table: ExactTable, width: int) -> CoreTable | None:
    """The numbers of this many digits of a table; None for a representation that is not known here."""
    if isinstance(table, MixedTable):
        part = table.part_of[width]
        return CoreTable(b"", {}) if part < 0 else core_table(table.parts[part], width)
    if isinstance(table, DictTable):
        base = 10**width
        columns = zip(table.codes.tolist(), table.rows.tolist(), strict=True)
        return CoreTable(b"", {code - base: row for code, row in columns if base <= code < 2 * base})
    cells = cells_of(table, width)
    return None if cells is None else CoreTable(cells.tobytes(), {})


def _same(octets: bytes, mask: bytes, want: bytes, size: i64) -> bool:
    """Whether the octets under the mask are the wanted ones; eight at a time, the last eight perhaps partly twice."""
    at: i64 = 0
    last: i64 = size - 8
    while at < last:
        if read_i64_le(octets, at) & read_i64_le(mask, at) != read_i64_le(want, at):
            return False
        at += 8
    return read_i64_le(octets, last) & read_i64_le(mask, last) == read_i64_le(want, last)


def _write_identifier(writer: BytesWriter, echo: i64) -> None:
    """Twelve hexadecimal digits."""
    shift: i64 = 40
    while shift >= 0:
        write_i16_be(writer, read_i16_be(_HEX, (echo >> shift & 255) * 2))
        shift -= 8


def _write_number(writer: BytesWriter, number: i64) -> None:
    """Ten decimal digits; a division by a constant is a multiplication."""
    write_i16_be(writer, read_i16_be(_DECIMAL, number // 100000000 * 2))
    write_i16_be(writer, read_i16_be(_DECIMAL, number // 1000000 % 100 * 2))
    write_i16_be(writer, read_i16_be(_DECIMAL, number // 10000 % 100 * 2))
    write_i16_be(writer, read_i16_be(_DECIMAL, number // 100 % 100 * 2))
    write_i16_be(writer, read_i16_be(_DECIMAL, number % 100 * 2))


def _number(octets: bytes, at: i64, count: i64) -> i64:
    """The number in some octets of digits; -1 when one is none."""
    number: i64 = 0
    end: i64 = at + count
    while at < end:
        octet: i64 = octets[at]
        pair: i64 = _PAIRS[octet]
        if pair == 255:
            return -1
        number = number * 100 + pair
        at += 1
    return number
