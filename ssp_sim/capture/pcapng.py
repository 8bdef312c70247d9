"""The newer capture file: sections of blocks, each section with its octet order and its interfaces.

Source: draft-ietf-opsawg-pcapng.
"""

import struct
from collections.abc import Callable, Iterator
from math import gcd
from typing import Final, TypeVar

from ain_scp.ssp_sim.capture.frame import CaptureFault, Limits
from ain_scp.ssp_sim.capture.octet_source import OctetSource
from ain_scp.ssp_sim.capture.pcap import Packet
from ain_scp.terms.units import SECOND_NS

SECTION_HEADER: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE: Final = 1
_OBSOLETE_PACKET: Final = 2
_SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6
_SECTION: Final = 0x0A0D0D0A
_IF_TSRESOL: Final = 9
_IF_TSOFFSET: Final = 14
_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
Taken = TypeVar("Taken")


class Interface:
    """One interface of a section: link type, longest packet kept, and how its time stamps count.

    A stamp is `units * numerator // denominator + offset_ns` nanoseconds.
    """

    __slots__ = ("denominator", "link_type", "numerator", "offset_ns", "snap_length")

    def __init__(self, link_type: int, snap_length: int) -> None:
        self.link_type = link_type
        self.snap_length = snap_length
        self.numerator = 1000
        self.denominator = 1
        self.offset_ns = 0

    def time_ns(self, high: int, low: int) -> int:
        """Return the time of a stamp's two halves."""
        return (high << 32 | low) * self.numerator // self.denominator + self.offset_ns


class Section:
    """What the blocks of a section need to be read: its octet order and its interfaces."""

    __slots__ = ("enhanced", "interfaces", "order", "pair", "word")

    def __init__(self, order: str) -> None:
        self.order = order
        self.word = struct.Struct(order + "I")
        self.pair = struct.Struct(order + "II")
        self.enhanced = struct.Struct(order + "IIIIII")
        self.interfaces: list[Interface] = []


def packets(source: OctetSource, limits: Limits) -> Iterator[Packet]:
    """Give the packets of all sections, in file order; raises as `walk` does."""
    return walk(source, limits, enhanced_run)


def walk(
    source: OctetSource,
    limits: Limits,
    enhanced: Callable[[Section, OctetSource, Limits], Iterator[Taken]],
) -> Iterator[Packet | Taken]:
    """Go from block to block; `enhanced` takes the enhanced packet blocks that come next, as many as it likes.

    Raises `CaptureFault` for a block that contradicts itself or names an interface that is not there; a last block that
    is cut ends the packets and stands in `source.truncation`.
    """
    section = Section("<")
    while source.need(12):
        yield from enhanced(section, source, limits)
        if not source.need(12):
            break
        offset = source.offset
        if source.buffer[source.position : source.position + 4] == SECTION_HEADER:
            section = Section(_order(source, offset))
        kind, total = section.pair.unpack_from(source.buffer, source.position)
        if total < 12 or total % 4 or total > limits.block_octets:
            raise CaptureFault(offset, f"a block claims a length of {total} octets")
        if not source.need(total):
            source.end("the last block", total)
            return
        start = source.position
        end = start + total - 4
        if section.pair.unpack_from(source.buffer, end - 4)[1] != total:
            raise CaptureFault(source.base + end, "a block's two lengths differ")
        if kind == ENHANCED_PACKET:
            yield _enhanced(section, source.buffer, start, end, offset, limits)
        elif kind == _SIMPLE_PACKET:
            yield _simple(section, source.buffer, start, end, offset, limits)
        elif kind == _OBSOLETE_PACKET:
            yield _obsolete(section, source.buffer, start, end, offset, limits)
        elif kind == _INTERFACE:
            _add_interface(section, source.buffer[start + 8 : end], offset, limits)
        elif kind == _SECTION and total < 28:
            raise CaptureFault(offset, "a section header block is too short")
        source.position = end + 4
    source.end("the last block", 12)


def enhanced_run(section: Section, source: OctetSource, limits: Limits) -> Iterator[Packet]:
    """Give the sound enhanced packet blocks that follow one another in the buffer; all else is left to the caller."""
    buffer, at, base = source.buffer, source.position, source.base
    unpack, word, interfaces = section.enhanced.unpack_from, section.word.unpack_from, section.interfaces
    size = len(buffer)
    longest_block, longest_packet = limits.block_octets, limits.record_octets
    while at + 32 <= size:
        kind, total, index, high, low, captured = unpack(buffer, at)
        end = at + total
        if (
            kind != ENHANCED_PACKET
            or total & 3
            or total < captured + 32
            or end > size
            or total > longest_block
            or captured > longest_packet
            or index >= len(interfaces)
            or word(buffer, end - 4)[0] != total
        ):
            break
        interface = interfaces[index]
        if interface.denominator == 1:
            time_ns = (high << 32 | low) * interface.numerator + interface.offset_ns
        else:
            time_ns = interface.time_ns(high, low)
        yield time_ns, base + at, interface.link_type, buffer, at + 28, at + 28 + captured
        at = end
    source.position = at


def _order(source: OctetSource, offset: int) -> str:
    mark = source.buffer[source.position + 8 : source.position + 12]
    order = _ORDERS.get(mark)
    if order is None:
        raise CaptureFault(offset + 8, "a section header has no octet order mark")
    return order


def _add_interface(section: Section, body: bytes, offset: int, limits: Limits) -> None:
    if len(body) < 8:
        raise CaptureFault(offset, "an interface description block is too short")
    if len(section.interfaces) >= limits.interfaces:
        raise CaptureFault(offset, f"a section has more than {limits.interfaces} interfaces")
    link_type, snap_length = struct.unpack_from(section.order + "H2xI", body)
    interface = Interface(link_type, snap_length)
    section.interfaces.append(interface)
    at = 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(section.order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if len(value) < length:
            raise CaptureFault(offset + 8 + at, "an interface option is longer than its block")
        if code == 0:
            return
        _apply_option(interface, section.order, code, value)
        at += 4 + ((length + 3) & ~3)


def _apply_option(interface: Interface, order: str, code: int, value: bytes) -> None:
    if code == _IF_TSRESOL and len(value) == 1:
        exponent = value[0] & 0x7F
        denominator = 1 << exponent if value[0] & 0x80 else 10**exponent
        common = gcd(SECOND_NS, denominator)
        interface.numerator = SECOND_NS // common
        interface.denominator = denominator // common
    elif code == _IF_TSOFFSET and len(value) == 8:
        interface.offset_ns = int(struct.unpack(order + "q", value)[0]) * SECOND_NS


def _interface(section: Section, index: int, offset: int) -> Interface:
    if index >= len(section.interfaces):
        raise CaptureFault(
            offset, f"a packet names interface {index}, its section has {len(section.interfaces)}"
        )
    return section.interfaces[index]


def _enhanced(section: Section, buffer: bytes, start: int, end: int, offset: int, limits: Limits) -> Packet:
    if end - start < 28:
        raise CaptureFault(offset, "a packet block is too short")
    _kind, _total, index, high, low, captured = section.enhanced.unpack_from(buffer, start)
    interface = _interface(section, index, offset)
    first = start + 28
    if captured > limits.record_octets or first + captured > end:
        raise CaptureFault(offset, f"a packet block claims {captured} octets")
    return interface.time_ns(high, low), offset, interface.link_type, buffer, first, first + captured


def _obsolete(section: Section, buffer: bytes, start: int, end: int, offset: int, limits: Limits) -> Packet:
    if end - start < 28:
        raise CaptureFault(offset, "a packet block is too short")
    index, _drops, high, low, captured = struct.unpack_from(section.order + "8xHHIII", buffer, start)
    interface = _interface(section, index, offset)
    first = start + 28
    if captured > limits.record_octets or first + captured > end:
        raise CaptureFault(offset, f"a packet block claims {captured} octets")
    return interface.time_ns(high, low), offset, interface.link_type, buffer, first, first + captured


def _simple(section: Section, buffer: bytes, start: int, end: int, offset: int, limits: Limits) -> Packet:
    """Read a packet without time (0): its length is the least of its original, its block's and the snapshot length."""
    if end - start < 12:
        raise CaptureFault(offset, "a packet block is too short")
    original = struct.unpack_from(section.order + "8xI", buffer, start)[0]
    interface = _interface(section, 0, offset)
    captured = min(original, end - start - 12)
    if interface.snap_length:
        captured = min(captured, interface.snap_length)
    if captured > limits.record_octets:
        raise CaptureFault(offset, f"a packet block claims {captured} octets")
    return 0, offset, interface.link_type, buffer, start + 12, start + 12 + captured
