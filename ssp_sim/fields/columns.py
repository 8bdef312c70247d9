"""Fields of many messages of a capture at once: messages of one form are rows of one array, their lines are cut from it.

A block's messages are sorted by length and form; one comparison under the form's mask finds all messages of a form, and the
digits of all go to their places in the lines together. What has no form, a digit above 9 or few companions is read one by
one by `FieldReader`, which also learns the forms. Both ways give the same lines.

Source: performance.md section 2 (known shapes, columns), D-006.
"""

import importlib.util
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.ssp_sim.capture.columns import Block
from ain_scp.ssp_sim.capture.dissect import Dissector
from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, Frame, Transport
from ain_scp.ssp_sim.capture.runs import Longs, windows
from ain_scp.ssp_sim.fields.fields import FieldReader, Form, Silent, package_fields, words_for

if TYPE_CHECKING:
    from ain_scp.ssp_sim.fields.scan import Scan

Octets = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LEAST_ROWS: Final = 16
"""Fewer messages of one form are read one by one."""
ROUNDS: Final = 16
"""How many forms of one length are looked for in a block before the rest is read one by one."""
_TIME: Final = 12  # tab, seconds, point, nine digits, tab: so many beside the seconds
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
    """What varies in a line: what stands before it, its first octet, how many characters, hexadecimal octets or digits.

    `told`: the words for a connect time instead.
    """

    before: bytes
    octet: int
    characters: int
    hexadecimal: bool
    told: bool = False


def parts_of(form: Form, told: int = 0) -> tuple[list[Part], bytes]:
    """The line of any message of a form, from the transaction ID to the line feed: what varies, and the end.

    `told`: of how many characters its connect time is.
    """
    varying: dict[int, tuple[int, int, bool] | tuple[int, int, bool, bool]] = {}
    varying |= {place: (start // 2, stop - start, False) for place, start, stop in form.digits}
    varying |= {place: (start, 2 * (stop - start), True) for place, start, stop in form.echo}
    varying |= {place: (start, told, False, True) for place, start, _ in form.times}
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

    `line` is that of any message of the form, `pieces` are (place in it, first and last character of those that vary),
    `told` the place of the words for a connect time.
    """

    __slots__ = ("kinds", "letters", "line", "octets", "pieces", "told")

    def __init__(self, form: Form, told: int) -> None:
        octets: list[int] = []
        kinds: list[int] = []
        letters: list[int] = []
        self.pieces: list[tuple[int, int, int]] = []
        self.line = b""
        self.told = 0
        parts, end = parts_of(form, told)
        for before, octet, count, hexadecimal, words in parts:
            self.line += before
            if words:
                self.told = len(self.line)
                self.line += bytes(count)
                continue
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

    def lines(self, rows: Octets, words: Octets, width: int) -> tuple[Octets, Mask]:
        """The lines of messages of this form, `width` octets free before each, and which hold a digit above 9.

        `words` are those for the connect time of each, none where it has none.
        """
        characters = _PAIRS.take(rows.take(self.octets, axis=1) + self.kinds)
        bad = np.asarray((characters & self.letters).any(axis=1), np.bool_)
        single = characters.view(np.uint8)
        made = np.empty((len(rows), width + len(self.line)), np.uint8)
        made[:, width:] = np.frombuffer(self.line, np.uint8)
        for at, first, last in self.pieces:
            made[:, width + at : width + at + last - first] = single[:, first:last]
        made[:, width + self.told : width + self.told + words.shape[1]] = words
        return made, bad


def told_times(form: Form, rows: Octets) -> Iterator[tuple[Mask, Octets]]:
    """Which messages have words of one length for their connect time, and the words of each."""
    _, start, stop = form.times[0]
    octets = np.zeros((len(rows), 8), np.uint8)
    octets[:, 8 - (stop - start) :] = rows[:, start:stop]
    times, which = np.unique(octets.view(">i8")[:, 0], return_inverse=True)
    words = [words_for(time.to_bytes(stop - start, "big")).encode() for time in times.tolist()]
    lengths = np.array([len(one) for one in words])
    longest = int(lengths.max(initial=0))
    table = np.array(words, f"S{longest}").view(np.uint8).reshape(-1, longest)
    for length in np.unique(lengths).tolist():
        some = lengths[which] == length
        yield some, table[which[some], :length]


@final
class ColumnFields:
    """Turns the blocks and frames of a capture into lines of fields, in order.

    A line: packet, time in seconds, transaction, operations, parameters, as `FieldReader` gives them; none for what
    carries no TCAP package. `dissector` joins SCCP segments and counts what could not be read; `unread` counts what SCCP
    brought and is no TCAP package.
    """

    def __init__(self) -> None:
        self._reader = FieldReader()
        self._columns: dict[tuple[Form, int], ColumnForm] = {}
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
        while chosen.size >= LEAST_ROWS and rounds < ROUNDS and lines.seconds:
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
        """Messages of one form, those with equally long words for their connect time together."""
        if not form.times:
            self._alike(block, lines, form, chosen, rows, np.empty((len(rows), 0), np.uint8))
            return
        if len(form.times) > 1:
            self._one_by_one(block, lines, chosen)
            return
        for some, words in told_times(form, rows):
            self._alike(block, lines, form, chosen[some], rows[some], words)

    def _alike(
        self, block: Block, lines: "_Lines", form: Form, chosen: Longs, rows: Octets, words: Octets
    ) -> None:
        """Messages whose lines have one length but for the packet number: those of equally long numbers together."""
        key = form, words.shape[1]
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = ColumnForm(*key)
        numbers = block.number[chosen]
        for digits in range(len(str(numbers[0])), len(str(numbers[-1])) + 1):
            of_width = (numbers >= 10 ** (digits - 1)) & (numbers < 10**digits)
            some = chosen[of_width]
            made, bad = column.lines(rows[of_width], words[of_width], digits + _TIME + lines.seconds)
            if bad.any():
                self._one_by_one(block, lines, some[bad])
                some, made = some[~bad], made[~bad]
            _put(made, 0, digits, block.number[some])
            _put_time(made, digits, lines.seconds, block.time_ns[some])
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
    """Make a form known to the compiled scan."""
    from ain_scp.ssp_sim.fields.scan import ScanForm

    if isinstance(form, Silent):
        scan.add(size, ScanForm(form.mask.to_bytes(size, "big"), form.want.to_bytes(size, "big"), [], b""))
        return
    parts, end = parts_of(form)
    places = b"".join(
        struct.pack("<qqq", part.octet, part.characters, 2 if part.told else part.hexadecimal)
        for part in parts
    )
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

    `seconds`: how many digits the seconds of all its times have; 0 when it is not one number, and then arrays write none. `rare`: messages without a line so far.
    """

    def __init__(self, block: Block) -> None:
        self.rare: list[int] = []
        first, last = (str(int(at) // 1_000_000_000) for at in (block.time_ns.min(), block.time_ns.max()))
        self.seconds = len(first) if len(first) == len(last) and first[0] != "-" else 0
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


def _put_time(made: Octets, at: int, width: int, time_ns: Longs) -> None:
    """Write times in seconds of `width` digits, between tabs, from column `at` on."""
    seconds = time_ns // 1_000_000_000
    point = at + 1 + width
    made[:, at] = made[:, point + 10] = ord("\t")
    made[:, point] = ord(".")
    _put(made, at + 1, width, seconds)
    _put(made, point + 1, 9, time_ns - seconds * 1_000_000_000)
