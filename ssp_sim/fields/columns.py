"""Fields of many messages of a capture at once: messages of one form are rows of one array, their lines are cut from it.

A block's messages are sorted by length and form; one comparison under the form's mask tells all messages of a form, and the
digits of all go to their places in the lines together. What has no form, a digit above 9 or few companions is read one by
one by `FieldReader`, which also learns the forms. Both ways give the same lines.

Source: performance.md section 2 (known shapes, columns), D-006.
"""

import importlib.util
import struct
from typing import TYPE_CHECKING, Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.ssp_sim.capture.columns import Block
from ain_scp.ssp_sim.capture.dissect import Dissector
from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, Frame, Transport
from ain_scp.ssp_sim.capture.runs import Longs, windows
from ain_scp.ssp_sim.fields.fields import FieldReader, Form, Silent, package_fields

if TYPE_CHECKING:
    from ain_scp.ssp_sim.fields.scan import Scan

Octets = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LEAST_ROWS: Final = 16
"""Fewer messages of one form are read one by one."""
ROUNDS: Final = 16
"""How many forms of one length are looked for in a block before the rest is read one by one."""
_EARLIEST, _LATEST = 10**18, 2**63 - 1  # seconds of ten digits
_TIME: Final = 22  # tab, ten digits, point, nine digits, tab
_TRANSACTION: Final = 8


def _pairs(high_first: bool) -> list[int]:
    """Two hexadecimal characters of each octet as one little-endian number, in the order wanted."""
    made = (f"{octet:02X}" if high_first else f"{octet:02X}"[::-1] for octet in range(256))
    return [int.from_bytes(pair.encode(), "little") for pair in made]


_HEX_FIRST: Final = 256
_PAIRS: Final = np.array(_pairs(high_first=False) + _pairs(high_first=True), "<u2")
_NO_DIGIT: Final = 0x40  # set in letters, clear in digits
_FOURS: Final = np.array([int.from_bytes(b"%04d" % number, "little") for number in range(10_000)], "<u4")


class Part(NamedTuple):
    """What varies in a line: what stands before it, its first octet, how many characters, hexadecimal octets or digits."""

    before: bytes
    octet: int
    characters: int
    hexadecimal: bool


def parts_of(form: Form) -> tuple[list[Part], bytes]:
    """The line of any message of a form, from the transaction ID to the line feed: what varies, and the end."""
    varying = {place: (start // 2, stop - start, False) for place, start, stop in form.digits}
    varying |= {place: (start, 2 * (stop - start), True) for place, start, stop in form.echo}
    parts = [Part(b"", form.transaction_at, _TRANSACTION, hexadecimal=True)] if form.transaction_at else []
    before = f"\t{form.operations}"
    for place, (name, text) in enumerate(zip(form.names, form.texts, strict=True)):
        before += f"\t{name}="
        if place in varying:
            parts.append(Part(before.encode(), *varying[place]))
            before = ""
        else:
            before += text
    return parts, f"{before}\n".encode()


def matches(form: Form | Silent, rows: Octets) -> Mask:
    """Which messages, one a row, are of a form."""
    size = rows.shape[1]
    mask = np.frombuffer(form.mask.to_bytes(size, "big"), np.uint8)
    want = np.frombuffer(form.want.to_bytes(size, "big"), f"V{size}")
    return np.asarray((rows & mask).view(f"V{size}")[:, 0] == want, np.bool_)


@final
class ColumnForm:
    """A form prepared for arrays: which octets vary, and where their characters stand in the line.

    `line` is that of any message of the form, `pieces` are (place in it, first and last character of those that vary).
    """

    __slots__ = ("kinds", "letters", "line", "octets", "pieces")

    def __init__(self, form: Form) -> None:
        octets: list[int] = []
        kinds: list[int] = []
        letters: list[int] = []
        self.pieces: list[tuple[int, int, int]] = []
        self.line = b""
        parts, end = parts_of(form)
        for before, octet, count, hexadecimal in parts:
            self.line += before
            self.pieces.append((len(self.line), 2 * len(octets), 2 * len(octets) + count))
            self.line += bytes(count)
            octets += range(octet, octet + (count + 1) // 2)
            whole, odd = divmod(count, 2)
            kinds += [_HEX_FIRST if hexadecimal else 0] * (whole + odd)
            letters += [0 if hexadecimal else _NO_DIGIT * 0x101] * whole
            letters += [0 if hexadecimal else _NO_DIGIT] * odd
        self.line += end
        self.octets = np.array(octets, np.int64)
        self.kinds = np.array(kinds, np.uint16)
        self.letters = np.array(letters, np.uint16)

    def lines(self, rows: Octets, width: int) -> tuple[Octets, Mask]:
        """The lines of messages of this form, `width` octets free before each, and which hold a digit above 9."""
        characters = _PAIRS.take(rows.take(self.octets, axis=1) + self.kinds)
        bad = np.asarray((characters & self.letters).any(axis=1), np.bool_)
        single = characters.view(np.uint8)
        made = np.empty((len(rows), width + len(self.line)), np.uint8)
        made[:, width:] = np.frombuffer(self.line, np.uint8)
        for at, first, last in self.pieces:
            made[:, width + at : width + at + last - first] = single[:, first:last]
        return made, bad


@final
class ColumnFields:
    """Turns the blocks and frames of a capture into lines of fields, in order.

    A line: packet, time in seconds, transaction, operations, parameters, as `FieldReader` gives them; none for what
    carries no TCAP package. `dissector` joins SCCP segments and counts what could not be read; `unread` counts what SCCP
    brought and is no TCAP package.
    """

    def __init__(self) -> None:
        self._reader = FieldReader()
        self._columns: dict[Form, ColumnForm] = {}
        self._scan = _compiled_scan(self)
        self._scanned: set[Form | Silent] = set()
        self.dissector = Dissector()
        self.unread = 0

    def frame(self, frame: Frame) -> bytes:
        """The line of one frame, or nothing."""
        found = None if frame.is_mtp3 else self._reader.line(frame.octets)
        if found is None:
            return self._rare(frame)
        return _line(frame.number, frame.time_ns, found) if found else b""

    def block(self, block: Block) -> bytes:
        """The lines of a block."""
        size = block.number.size
        if self._scan is not None:
            columns = np.concatenate((block.number, block.time_ns, block.at, block.length))
            return self._scan.lines(block.buffer, columns.tobytes(), size)
        lines = _Lines(block)
        order = np.argsort(block.length.astype(np.uint16), kind="stable")  # a radix sort
        lengths = block.length[order]
        edges = np.flatnonzero(np.diff(lengths)) + 1
        for first, last in zip((0, *edges.tolist()), (*edges.tolist(), size), strict=True):
            self._equals(block, lines, order[first:last], int(lengths[first]))
        for row in sorted(lines.rare):  # segments of one message are of several lengths
            frame = _frame(int(block.number[row]), int(block.time_ns[row]), _octets(block, row))
            lines.one(row, self._rare(frame))
        return lines.joined()

    def single(self, number: int, time_ns: int, octets: bytes) -> bytes:
        """The line of one message, whose form the compiled scan then knows."""
        line = self.frame(_frame(number, time_ns, octets))
        form = self._reader.known_form(octets)
        if form is not None and form not in self._scanned and self._scan is not None:
            self._scanned.add(form)
            _teach(self._scan, form, len(octets))
        return line

    def _rare(self, frame: Frame) -> bytes:
        """The line of a frame that is no whole package in an M3UA message."""
        message = self.dissector.receive(frame)
        if message is None or message.called is None:
            return b""
        fields = package_fields(message.payload)
        if fields is None:
            self.unread += 1
            return b""
        return _line(frame.number, frame.time_ns, fields.line)

    def _equals(self, block: Block, lines: "_Lines", chosen: Longs, length: int) -> None:
        """Messages of one length: form by form while many are left, then one by one."""
        rounds = 0
        rows: Octets | None = None
        while chosen.size >= LEAST_ROWS and rounds < ROUNDS and lines.columns:
            rounds += 1
            if rows is None:
                rows = windows(block.buffer, length)[block.at[chosen]].view(np.uint8).reshape(-1, length)
            form = self._reader.form(rows[0].tobytes())
            if form is None:
                self._one_by_one(block, lines, chosen[:1])
                chosen, rows = chosen[1:], rows[1:]
                continue
            same = matches(form, rows)
            if isinstance(form, Form):
                self._form(block, lines, form, chosen[same], rows[same])
            chosen, rows = chosen[~same], rows[~same]
        self._one_by_one(block, lines, chosen)

    def _form(self, block: Block, lines: "_Lines", form: Form, chosen: Longs, rows: Octets) -> None:
        """Messages of one form, those of equally long packet numbers together; connect times are read one by one."""
        if form.times:
            self._one_by_one(block, lines, chosen)
            return
        column = self._columns.get(form)
        if column is None:
            column = self._columns[form] = ColumnForm(form)
        numbers = block.number[chosen]
        for digits in range(len(str(numbers[0])), len(str(numbers[-1])) + 1):
            of_width = (numbers >= 10 ** (digits - 1)) & (numbers < 10**digits)
            some, their = (chosen, rows) if of_width.all() else (chosen[of_width], rows[of_width])
            made, bad = column.lines(their, digits + _TIME)
            if bad.any():
                self._one_by_one(block, lines, some[bad])
                some, made = some[~bad], made[~bad]
            _put(made, 0, digits, block.number[some])
            _put_time(made, digits, block.time_ns[some])
            lines.many(some, made)

    def _one_by_one(self, block: Block, lines: "_Lines", chosen: Longs) -> None:
        for row in chosen.tolist():
            found = self._reader.line(_octets(block, row))
            if found is None:
                lines.rare.append(row)
            elif found:
                lines.one(row, _line(int(block.number[row]), int(block.time_ns[row]), found))


def _compiled_scan(fields: ColumnFields) -> "Scan | None":
    """The compiled way, where it is compiled; elsewhere it would be slower than arrays."""
    spec = importlib.util.find_spec("ain_scp.ssp_sim.fields.scan")
    if spec is None or spec.origin is None or spec.origin.endswith(".py"):
        return None
    try:
        from ain_scp.ssp_sim.fields.scan import Scan
    except ImportError:  # compiled, but its run-time library is missing
        return None
    return Scan(fields.single)


def _teach(scan: "Scan", form: Form | Silent, size: int) -> None:
    """Make a form known to the compiled scan; it reads no connect times."""
    from ain_scp.ssp_sim.fields.scan import ScanForm

    if isinstance(form, Silent):
        scan.add(size, ScanForm(form.mask.to_bytes(size, "big"), form.want.to_bytes(size, "big"), [], b""))
        return
    if form.times:
        return
    parts, end = parts_of(form)
    places = b"".join(struct.pack("<qqq", part.octet, part.characters, part.hexadecimal) for part in parts)
    mask, want = form.mask.to_bytes(size, "big"), form.want.to_bytes(size, "big")
    scan.add(size, ScanForm(mask, want, [*(part.before for part in parts), end], places))


def _frame(number: int, time_ns: int, octets: bytes) -> Frame:
    return Frame(number, time_ns, 0, NO_ENDPOINT, NO_ENDPOINT, Transport.SCTP, octets)


def _octets(block: Block, row: int) -> bytes:
    at = int(block.at[row])
    return block.buffer[at : at + int(block.length[row])]


def _line(number: int, time_ns: int, fields: str) -> bytes:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{number}\t{seconds}.{rest:09d}\t{fields}\n".encode()


@final
class _Lines:
    """The lines of a block, made in any order, put together in the order of its messages.

    `columns`: whether the times are of the form that arrays write. `rare`: messages without a line so far.
    """

    def __init__(self, block: Block) -> None:
        self.rare: list[int] = []
        self.columns = bool((block.time_ns >= _EARLIEST).all())
        self._width = np.zeros(block.number.size, np.int64)
        self._many: list[tuple[Longs, Octets]] = []
        self._one: list[tuple[int, bytes]] = []

    def many(self, chosen: Longs, made: Octets) -> None:
        """Lines of one width."""
        self._width[chosen] = made.shape[1]
        self._many.append((chosen, made))

    def one(self, row: int, line: bytes) -> None:
        """The line of one message."""
        self._width[row] = len(line)
        self._one.append((row, line))

    def joined(self) -> bytes:
        """All lines."""
        ends = np.cumsum(self._width)
        first = ends - self._width
        text = bytearray(int(ends[-1]))
        for chosen, made in self._many:
            width = made.shape[1]
            pieces = np.ndarray((len(text) - width + 1,), f"V{width}", text, 0, (1,))
            pieces[first[chosen]] = made.view(f"V{width}")[:, 0]
        for row, line in self._one:
            text[first[row] : ends[row]] = line
        return bytes(text)


def _put(made: Octets, at: int, width: int, numbers: Longs) -> None:
    """Write numbers of `width` digits, leading zeros included, from column `at` on."""
    while width > 0:
        higher = numbers // 10_000
        fours = _FOURS.take(numbers - higher * 10_000).view(np.uint8).reshape(-1, 4)
        some = min(width, 4)
        made[:, at + width - some : at + width] = fours[:, 4 - some :]
        numbers = higher
        width -= some


def _put_time(made: Octets, at: int, time_ns: Longs) -> None:
    """Write times in seconds, between tabs, from column `at` on."""
    seconds = time_ns // 1_000_000_000
    made[:, at] = made[:, at + _TIME - 1] = ord("\t")
    made[:, at + 11] = ord(".")
    _put(made, at + 1, 10, seconds)
    _put(made, at + 12, 9, time_ns - seconds * 1_000_000_000)
