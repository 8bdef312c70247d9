"""Lines of fields in the style that compiles best: native integers, octets read in place, lines written in one go.

Compiled it takes the blocks of a capture instead of `columns`' arrays; interpreted it would be slower and is not
used. It learns nothing itself: what has no form here goes to `other`, which gives its line and may add a form.

Source: performance.md sections 2 and 7 (replay, compiled column), mypyc native integers.
"""

from collections.abc import Callable
from typing import Final, final

from librt.strings import BytesWriter, read_i16_le, read_i32_le, read_i64_le, write_i16_le, write_i64_le
from mypy_extensions import i64

from ain_scp.terms.units import SECOND_NS

LONGEST: Final = 1024
MOST_FORMS: Final = 32
"""How many forms of one length are tried; the last one found is tried first."""

_SIXES: Final = 0x0606060606060606
_TENS: Final = 0x1010101010101010
_ZEROS: Final = 0x3030303030303030
_NIBBLES: Final = 0x0F0F0F0F0F0F0F0F
_PAIRS: Final = b"".join(b"%02d" % pair for pair in range(100))
_HEX: Final = b"".join(b"%02X" % octet for octet in range(256))
_DIGITS: Final = b"".join(
    b"%d%d" % (octet & 15, octet >> 4) if octet & 15 < 10 and octet >> 4 < 10 else b"\0\0"
    for octet in range(256)
)
"""Two digits, the low nibble first; zeros for what are none."""
_LOW: Final = b"".join(b"%d" % (octet & 15) if octet & 15 < 10 else b"\0" for octet in range(256))


@final
class ScanForm:
    """A form of message: under `mask` its octets are `want`, and its line is constants with digits between.

    `constants[k]` comes before part k, the last one after all; `parts` holds, as 64-bit integers, first octet, number of
    characters and 1 for octets in hexadecimal, 2 for a connect time, 0 for digits. Without constants a message has no line.
    """

    def __init__(self, mask: bytes, want: bytes, constants: list[bytes], parts: bytes) -> None:
        room = -len(mask) % 8
        self.mask: bytes = mask + bytes(room)
        self.want: bytes = want + bytes(room)
        self.constants = constants
        self.parts: bytes = parts
        self.count: i64 = len(constants) - 1
        self.size: i64 = len(self.mask)

    def matches(self, buffer: bytes, at: i64) -> bool:
        """Whether a message is of this form; `size` octets must be there."""
        mask, want = self.mask, self.want
        place: i64 = 0
        while place < self.size:
            if (read_i64_le(buffer, at + place) & read_i64_le(mask, place)) != read_i64_le(want, place):
                return False
            place += 8
        return True

    def write(self, buffer: bytes, at: i64, out: BytesWriter) -> bool:
        """Write the rest of the line from the transaction ID on; False when a digit is above 9."""
        constants, parts = self.constants, self.parts
        part: i64 = 0
        while part < self.count:
            out.write(constants[part])
            first = at + read_i64_le(parts, part * 24)
            left = read_i64_le(parts, part * 24 + 8)
            kind = read_i64_le(parts, part * 24 + 16)
            if kind == 2:
                if not _told(buffer, first, out):
                    return False
            elif kind == 1:
                while left > 0:
                    write_i16_le(out, read_i16_le(_HEX, i64(buffer[first]) * 2))
                    first += 1
                    left -= 2
            elif not _digits(buffer, first, left, out):
                return False
            part += 1
        out.write(constants[part])
        return True


def _digits(buffer: bytes, at: i64, left: i64, out: BytesWriter) -> bool:
    """Write digits, two an octet, the low nibble first; False when one is above 9."""
    while left >= 8:
        spread = i64(read_i32_le(buffer, at)) & 0xFFFFFFFF
        spread = (spread | spread << 16) & 0x0000FFFF0000FFFF
        spread = (spread | spread << 8) & 0x00FF00FF00FF00FF
        spread = (spread | spread << 4) & _NIBBLES
        if (spread + _SIXES) & _TENS:
            return False
        write_i64_le(out, spread | _ZEROS)
        at += 4
        left -= 8
    while left >= 2:
        pair = read_i16_le(_DIGITS, i64(buffer[at]) * 2)
        if pair == 0:
            return False
        write_i16_le(out, pair)
        at += 1
        left -= 2
    if left:
        digit = _LOW[i64(buffer[at])]
        if digit == 0:
            return False
        out.append(digit)
    return True


def _told(buffer: bytes, at: i64, out: BytesWriter) -> bool:
    """Write the words for a connect time; False when it is of another layout."""
    number: i64 = 0
    place: i64 = 0
    while place < 10:
        octet: i64 = buffer[at + place // 2]
        digit = octet >> 4 if place & 1 else octet & 15
        if digit > 9:
            return False
        number = number * 10 + digit
        place += 1
    seconds = number // 100 % 100
    if number >= 1_000_000_000 or number % 10 != 0 or seconds > 59:
        return False
    out.write(b"%d min %d.%d s" % (number // 10_000, seconds, number // 10 % 10))
    return True


@final
class Scan:
    """Writes the lines of blocks. `other` gives the line of a message without form here: number, time, octets."""

    def __init__(self, other: Callable[[int, int, bytes], bytes]) -> None:
        self._other = other
        self._forms: list[list[ScanForm]] = [[] for _ in range(LONGEST + 1)]
        self._seconds: i64 = -1
        self._before = b""
        self._hundreds: i64 = -1
        self._leading = b""

    def add(self, length: int, form: ScanForm) -> None:
        """Know a form of messages of this length."""
        if length <= LONGEST and len(self._forms[length]) < MOST_FORMS:
            self._forms[length].append(form)

    def lines(self, buffer: bytes, columns: bytes, count: i64) -> bytes:
        """The lines of `count` messages; `columns` holds number, time in ns, first octet and length, one after another."""
        out = BytesWriter()
        size: i64 = len(buffer)
        row: i64 = 0
        while row < count:
            number = read_i64_le(columns, row * 8)
            time_ns = read_i64_le(columns, (count + row) * 8)
            at = read_i64_le(columns, (2 * count + row) * 8)
            length = read_i64_le(columns, (3 * count + row) * 8)
            if not self._known(buffer, size, at, length, number, time_ns, out):
                out.write(self._other(number, time_ns, buffer[at : at + length]))
            row += 1
        return out.getvalue()

    def _known(
        self, buffer: bytes, size: i64, at: i64, length: i64, number: i64, time_ns: i64, out: BytesWriter
    ) -> bool:
        """Write the line of a message if it is of a form known here."""
        if length > LONGEST or time_ns < 0 or number < 0:
            return False
        forms = self._forms[length]
        place: i64 = 0
        while place < len(forms):
            form = forms[place]
            if at + form.size <= size and form.matches(buffer, at):
                if place:
                    forms[place] = forms[place - 1]
                    forms[place - 1] = form
                if form.count < 0:
                    return True
                begun = len(out)
                self._number(number, out)
                self._time(time_ns, out)
                if form.write(buffer, at, out):
                    return True
                out.truncate(begun)
                return False
            place += 1
        return False

    def _number(self, number: i64, out: BytesWriter) -> None:
        """Write a packet number."""
        if number < 100:
            out.write(b"%d" % number)
            return
        hundreds = number // 100
        if hundreds != self._hundreds:
            self._hundreds = hundreds
            self._leading = b"%d" % hundreds
        out.write(self._leading)
        _pair(number - hundreds * 100, out)

    def _time(self, time_ns: i64, out: BytesWriter) -> None:
        """Write a time in seconds between tabs."""
        seconds = time_ns // SECOND_NS
        rest = time_ns - seconds * SECOND_NS
        if seconds != self._seconds:
            self._seconds = seconds
            self._before = b"\t%d." % seconds
        out.write(self._before)
        high = rest // 100_000
        low = rest - high * 100_000
        _pair(high // 100, out)
        _pair(high % 100, out)
        out.append(_PAIRS[(low // 10_000) * 2 + 1])
        low %= 10_000
        _pair(low // 100, out)
        _pair(low % 100, out)
        out.append(9)


def _pair(number: i64, out: BytesWriter) -> None:
    write_i16_le(out, read_i16_le(_PAIRS, number * 2))
