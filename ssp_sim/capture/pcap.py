"""The classic capture file: one header, then records; either octet order, micro- or nanoseconds.

Source: draft-ietf-opsawg-pcap.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from ain_scp.ssp_sim.capture.frame import CaptureFault, Limits
from ain_scp.ssp_sim.capture.link import LINK_TYPES
from ain_scp.ssp_sim.capture.octet_source import OctetSource

# time in ns, file offset of the record, link type, buffer, start and end of the packet in it
Packet = tuple[int, int, int, bytes, int, int]

FILE_HEADER: Final = 24
_RECORD_HEADER: Final = 16
MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}


class Opened(NamedTuple):
    """What the file header holds: octet order, unit of the time's fraction, link type."""

    big: bool
    unit_ns: int
    link_type: int
    header: struct.Struct


def open_classic(source: OctetSource) -> Opened:
    """Take the file header of a classic capture whose magic number is next in `source`.

    Raises `CaptureFault` for a header cut short and a link type that is not read.
    """
    if not source.need(FILE_HEADER):
        raise CaptureFault(0, f"the file header is cut: {len(source.buffer)} of {FILE_HEADER} octets")
    order, unit_ns = MAGICS[source.buffer[:4]]
    major, link_field = struct.unpack_from(order + "4xH14xI", source.buffer, 0)
    link_type = link_field & 0xFFFF  # above: the length of the frame check sequence
    if major != 2:
        raise CaptureFault(4, f"version {major} of the capture format is not read")
    if link_type not in LINK_TYPES:
        raise CaptureFault(20, f"link type {link_type} is not read")
    source.position = FILE_HEADER
    return Opened(order == ">", unit_ns, link_type, struct.Struct(order + "IIII"))


def packets(source: OctetSource, limits: Limits) -> Iterator[Packet]:
    """Return the packets of a classic capture whose magic number is next in `source`.

    Raises `CaptureFault` as `open_classic` does, and for a record longer than any packet; a last record that is cut ends
    the packets and stands in `source.truncation`.
    """
    return _records(source, open_classic(source), limits.record_octets)


def _records(source: OctetSource, opened: Opened, longest: int) -> Iterator[Packet]:
    unpack, unit_ns, link_type = opened.header.unpack_from, opened.unit_ns, opened.link_type
    while source.need(_RECORD_HEADER):
        buffer, at, base = source.buffer, source.position, source.base
        last = len(buffer) - _RECORD_HEADER
        while at <= last:
            seconds, fraction, captured, _original = unpack(buffer, at)
            start = at + _RECORD_HEADER
            end = start + captured
            if end > len(buffer):
                break
            if captured > longest:
                raise _too_long(base + at, captured, longest)
            yield seconds * 1_000_000_000 + fraction * unit_ns, base + at, link_type, buffer, start, end
            at = end
        source.position = at
        if not more(source, opened, longest):
            return
    source.end("the last record", _RECORD_HEADER)


def more(source: OctetSource, opened: Opened, longest: int) -> bool:
    """Make the next record available when its header is; False when the capture ends within it, which is noted.

    Raises `CaptureFault` for a record longer than any packet.
    """
    if len(source.buffer) - source.position < _RECORD_HEADER:
        return True
    captured = opened.header.unpack_from(source.buffer, source.position)[2]
    if captured > longest:
        raise _too_long(source.offset, captured, longest)
    if source.need(_RECORD_HEADER + captured):
        return True
    source.end("the last record", _RECORD_HEADER + captured)
    return False


def _too_long(offset: int, captured: int, longest: int) -> CaptureFault:
    return CaptureFault(offset, f"a record claims {captured} octets, more than the limit of {longest}")
