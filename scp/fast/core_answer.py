"""An answer and its SMDR lines as the innermost part writes them: constants, and what stands between them.

Source: performance.md sections 2 and 7 (encoding by template and patch, compiled column), A-240..A-244.
"""

from typing import Final, final

from librt.strings import (
    BytesWriter,
    read_i16_be,
    read_i32_le,
    write_i16_be,
    write_i32_be,
    write_i32_le,
)
from mypy_extensions import i16, i32, i64

from ain_scp.scp.fast.core_tables import CoreBack, CoreNote, CoreShape
from ain_scp.scp.fast.tally import Tally
from ain_scp.scp.fast.template import Lines, Template
from ain_scp.signaling.shapes.holes import SWAP

_OCTETS: Final = bytes((pair % 10) << 4 | pair // 10 for pair in range(100))
_DECIMAL: Final = b"".join(b"%02d" % pair for pair in range(100))
_HEX: Final = b"".join(b"%02X" % octet for octet in range(256))
_DIGITS: Final = b"".join(b"%X%X" % (octet & 15, octet >> 4) for octet in range(256))
"""Two characters of a pair of digits, of an octet, and of an octet of digits. Octets are written from tables, as many at
a time as there are: the compiler knows an element of `bytes` to be an octet, a native integer it does not."""


@final
class CoreAnswer:
    """An answer and its lines.

    `routed`: a hole for the calling number follows the component ID, and one for the called number if the answer has it
    (`named`); a refusal ends there and has two lines.
    `echoed`: a second component with echo data follows, and lines are written. `swapped`: in the line the time stands before
    the called number, which is the original one of a call to an ASF-RTL host. `fixed`: the called number is always the same
    one, and of any length.
    """

    def __init__(self, template: Template, lines: Lines | None, called: str | None, tally: Tally) -> None:
        """`called`: the number, when it is always the same."""
        self.tally = tally
        always = called or ""
        constants: list[bytes] = template.parts[::2]
        words: list[bytes] = [] if lines is None else [part.encode() for part in lines.parts[::2]]
        self.routed: bool = template.calling_part > 0
        self.echoed: bool = template.echo_part > 0
        self.sampled: bool = lines is not None
        self.swapped: bool = lines is not None and lines.called_part > lines.start_part
        self.refused: bool = lines is not None and lines.end_part > 0
        self.fixed: bool = called is not None
        self.named: bool = template.called_part > 0
        self.octets: bytes = (
            b""
            if template.called_part == 0
            else bytes.fromhex(always if len(always) & 1 == 0 else always + "0").translate(SWAP)
        )
        self.digits: bytes = always.encode()
        while len(constants) < 9:
            constants.append(b"")
        while len(words) < 7:
            words.append(b"")
        self.c0, self.c1, self.c2, self.c3 = constants[0], constants[1], constants[2], constants[3]
        self.c4, self.c5, self.c6, self.c7 = constants[4], constants[5], constants[6], constants[7]
        self.c8 = constants[8]
        self.w0, self.w1, self.w2, self.w3 = words[0], words[1], words[2], words[3]
        self.w4, self.w5, self.w6 = words[4], words[5], words[6]

    def fill(
        self, writer: BytesWriter, octets: bytes, shape: CoreShape, back: CoreBack, called: i64, echo: i64
    ) -> bytes:
        """The answer to a query of this shape, by this way back."""
        writer.truncate(0)
        writer.write(self.c0)
        writer.write(back.head)
        writer.append(octets[shape.sls_at])
        writer.write(self.c1)
        writer.write(back.address)
        writer.write(self.c2)
        write_i32_le(writer, read_i32_le(octets, shape.transaction_at))
        writer.write(self.c3)
        writer.append(octets[shape.ids_at])
        writer.write(self.c4)
        if not self.routed:
            return writer.getvalue()
        at = shape.calling_at
        write_i32_le(writer, read_i32_le(octets, at))
        writer.append(octets[at + 4])
        writer.write(self.c5)
        if self.fixed:
            writer.write(self.octets)
        elif self.named:
            write_digits(writer, called)
        writer.write(self.c6)
        if self.echoed:
            writer.append(octets[shape.ids_at])
            writer.write(self.c7)
            high: i64 = echo >> 32
            if high >= 1 << 15:
                high -= 1 << 16
            low: i64 = echo & 0xFFFFFFFF
            if low >= 1 << 31:
                low -= 1 << 32
            write_i16_be(writer, i16(high))
            write_i32_be(writer, i32(low))
            writer.write(self.c8)
        return writer.getvalue()

    def write_lines(
        self, writer: BytesWriter, octets: bytes, at: i64, called: i64, echo: i64, time: bytes
    ) -> None:
        """Write the lines of a call; the calling number stands in five octets from `at` on."""
        writer.write(self.w0)
        _write_identifier(writer, echo)
        writer.write(self.w1)
        end: i64 = at + 5
        while at < end:
            octet: i64 = octets[at]
            write_i16_be(writer, read_i16_be(_DIGITS, octet * 2))
            at += 1
        writer.write(self.w2)
        if self.swapped:
            writer.write(time)
            writer.write(self.w3)
            self._write_called(writer, called)
        else:
            self._write_called(writer, called)
            writer.write(self.w3)
            writer.write(time)
        writer.write(self.w4)
        if self.refused:
            _write_identifier(writer, echo)
            writer.write(self.w5)
            writer.write(time)
            writer.write(self.w6)
        writer.write(b"\n")

    def _write_called(self, writer: BytesWriter, number: i64) -> None:
        """The number called; a division by a constant is a multiplication."""
        if self.fixed:
            writer.write(self.digits)
            return
        write_i16_be(writer, read_i16_be(_DECIMAL, number // 100000000 * 2))
        write_i16_be(writer, read_i16_be(_DECIMAL, number // 1000000 % 100 * 2))
        write_i16_be(writer, read_i16_be(_DECIMAL, number // 10000 % 100 * 2))
        write_i16_be(writer, read_i16_be(_DECIMAL, number // 100 % 100 * 2))
        write_i16_be(writer, read_i16_be(_DECIMAL, number % 100 * 2))


def write_digits(writer: BytesWriter, number: i64) -> None:
    """Write a number of ten digits in five octets."""
    writer.append(_OCTETS[number // 100000000])
    writer.append(_OCTETS[number // 1000000 % 100])
    writer.append(_OCTETS[number // 10000 % 100])
    writer.append(_OCTETS[number // 100 % 100])
    writer.append(_OCTETS[number % 100])


def write_note(
    writer: BytesWriter, note: CoreNote, octets: bytes, end: i64, time: bytes, tenths: i64
) -> None:
    """Write the line of a call's completion; `time` is `end` in text, local milliseconds."""
    writer.write(note.before)
    at = note.echo_at
    stop = at + 6
    while at < stop:
        octet: i64 = octets[at]
        write_i16_be(writer, read_i16_be(_HEX, octet * 2))
        at += 1
    writer.write(note.ended)
    writer.write(time)
    if note.connect_at > 0:
        writer.write(note.connected)
        writer.write(str(int(end - tenths * 100)).encode())
    writer.write(note.after)
    writer.write(b"\n")


def is_usual(template: Template, lines: Lines | None) -> bool:
    """Whether an answer and its lines have a form that is filled here: a routed call, or one refused."""
    calling, called = template.calling_part, template.called_part
    after = (template.second_ids_part, template.echo_part)
    refused = (calling, called, *after) == (0, 0, 0, 0)
    routed = calling == 9 and called in {0, 11}
    if lines is None:
        return refused or (routed and after == (0, 0))
    places = (lines.called_part, lines.start_part, lines.second_identifier_part, lines.end_part)
    if refused:
        return places == (5, 7, 9, 11)
    first = 13 if called else 11
    return routed and after == (first, first + 2) and places in {(5, 7, 0, 0), (7, 5, 0, 0)}


def _write_identifier(writer: BytesWriter, echo: i64) -> None:
    """Twelve hexadecimal digits."""
    shift: i64 = 40
    while shift >= 0:
        write_i16_be(writer, read_i16_be(_HEX, (echo >> shift & 255) * 2))
        shift -= 8
