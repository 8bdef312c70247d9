"""Writes simulated signaling as a capture that standard tools open: pcap or pcapng, SCTP or plain UDP inside.

In `sctp` framing every M3UA message becomes one DATA chunk of an association between its two endpoints, whatever
really carried it: tshark 4.0 decodes that down to AIN without an option for M3UA. `udp` framing keeps the true form of a
simulation over UDP, which tshark needs a Lua line for.

Source: D-007; ain-wire 5.5; RFC 9260 3.3.1; draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
"""

import struct
from ipaddress import ip_address
from typing import Final, Literal, Protocol

from ain_scp.ssp_sim.capture.crc32c import crc32c
from ain_scp.ssp_sim.capture.frame import Endpoint
from ain_scp.ssp_sim.capture.link import IPV4, IPV6

FileFormat = Literal["pcap", "pcap-ns", "pcapng"]
Framing = Literal["sctp", "udp"]

M3UA_PAYLOAD: Final = 3
DIAMETER_PAYLOAD: Final = 46
"""SCTP payload protocol identifiers (RFC 4666, RFC 6733)."""
_SNAP_LENGTH: Final = 262_144
_APPLICATION: Final = b"ain-scp"
_SCTP: Final = 132
_UDP: Final = 17
_TTL: Final = 64
_MAX_MESSAGE: Final = 65_484  # 65,535 less IPv4 header, SCTP headers and padding
_MAX_COMMENT: Final = 65_535
_MAX_SECONDS: Final = 0xFFFFFFFF
_TAG_STEP: Final = 0x9E3779B1  # odd, so that every direction's verification tag differs from the others'


class Writable(Protocol):
    """What a capture is written to."""

    def write(self, octets: bytes, /) -> object:
        """Write all octets."""


class _Direction:
    """One direction of a flow: addresses, ports and what SCTP and IP count along it."""

    __slots__ = (
        "destination",
        "identification",
        "interface",
        "ports",
        "sequence",
        "source",
        "tag",
        "tsn",
        "version",
    )

    def __init__(self, source: Endpoint, destination: Endpoint, interface: int, tag: int) -> None:
        first, second = ip_address(source.address), ip_address(destination.address)
        if first.version != second.version:
            raise ValueError(f"{source} and {destination} are of different IP versions")
        self.version = first.version
        self.source = first.packed
        self.destination = second.packed
        self.ports = struct.pack(">HH", source.port, destination.port)
        self.interface = interface
        self.tag = tag
        self.tsn = 1
        self.sequence = [0, 0]  # by stream: 0 management, 1 DATA
        self.identification = 0


class CaptureWriter:
    """Writes one capture file, packet by packet, onto a stream that the caller opened and closes.

    `pcap` stamps microseconds (rounded down), `pcap-ns` and `pcapng` nanoseconds; only `pcapng` keeps comments, link
    names and IPv6. The header is written at once, so that a capture without a call is a valid file.

    Raises `ValueError` for times before 1970 or after what the format holds, for a message over the size of an IP
    packet, for endpoints without an IP address, and after `close`.

    Source: D-007.
    """

    def __init__(self, stream: Writable, format: FileFormat = "pcap", framing: Framing = "sctp") -> None:  # noqa: A002 (the word of the option it serves)
        if format not in ("pcap", "pcap-ns", "pcapng"):
            raise ValueError(f"no capture format {format!r}")
        if framing not in ("sctp", "udp"):
            raise ValueError(f"no framing {framing!r}")
        self._stream = stream
        self._format = format
        self._framing = framing
        self._directions: dict[tuple[Endpoint, Endpoint], _Direction] = {}
        self._interfaces = 0
        self._closed = False
        self.packets = 0
        self._stream.write(_section_header() if format == "pcapng" else _file_header(format))

    def write(
        self,
        time_ns: int,
        source: Endpoint,
        destination: Endpoint,
        m3ua_octets: bytes,
        comment: str = "",
        link: str = "",
        payload: int = M3UA_PAYLOAD,
    ) -> None:
        """Write one M3UA message sent at `time_ns` (since 1970), or in `sctp` framing one of another payload protocol.

        `comment` (a call's id) goes with the packet, `link` names the flow's interface when it is first seen; formats
        other than pcapng have no place for either.
        """
        if self._closed:
            raise ValueError("the capture is closed")
        if time_ns < 0 or time_ns // 1_000_000_000 > _MAX_SECONDS:
            raise ValueError(f"{time_ns} ns is no time a capture can hold")
        if len(m3ua_octets) > _MAX_MESSAGE:
            raise ValueError(f"a message of {len(m3ua_octets)} octets does not fit an IP packet")
        way = self._direction(source, destination, link)
        packet = self._packet(way, m3ua_octets, payload)
        if self._format == "pcapng":
            self._stream.write(_packet_block(way.interface, time_ns, packet, comment))
        else:
            self._stream.write(_record(time_ns, packet, 1 if self._format == "pcap-ns" else 1000))
        self.packets += 1

    def close(self) -> None:
        """End the capture; the stream stays open and is the caller's."""
        self._closed = True

    def _direction(self, source: Endpoint, destination: Endpoint, link: str) -> _Direction:
        way = self._directions.get((source, destination))
        if way is not None:
            return way
        tag = len(self._directions) + 1
        way = _Direction(source, destination, self._interfaces, tag * _TAG_STEP & 0xFFFFFFFF)
        back = _Direction(destination, source, self._interfaces, (tag + 1) * _TAG_STEP & 0xFFFFFFFF)
        if way.version == 6 and self._format != "pcapng":
            raise ValueError("IPv6 endpoints need the format pcapng")
        self._directions[source, destination] = way
        self._directions.setdefault((destination, source), back)
        self._interfaces += 1
        if self._format == "pcapng":
            name = link or f"{source} - {destination}"
            self._stream.write(_interface_block(IPV4 if way.version == 4 else IPV6, name))
        return way

    @property
    def framing(self) -> Framing:
        """What stands below M3UA."""
        return self._framing

    def _packet(self, way: _Direction, m3ua_octets: bytes, payload: int) -> bytes:
        if self._framing == "sctp":
            return _ip(way, _SCTP, _sctp(way, m3ua_octets, payload))
        return _ip(way, _UDP, _udp(way, m3ua_octets))


def _sctp(way: _Direction, m3ua_octets: bytes, payload: int) -> bytes:
    """One DATA chunk; transfer messages on stream 1, management on stream 0 (RFC 4666 1.4.7)."""
    stream = 1 if payload == M3UA_PAYLOAD and m3ua_octets[2:3] == b"\x01" else 0
    sequence = way.sequence[stream]
    way.sequence[stream] = (sequence + 1) & 0xFFFF
    tsn, way.tsn = way.tsn, (way.tsn + 1) & 0xFFFFFFFF
    chunk = (
        struct.pack(">BBHIHHI", 0, 3, 16 + len(m3ua_octets), tsn, stream, sequence, payload)
        + m3ua_octets
        + bytes(-len(m3ua_octets) % 4)
    )
    header = way.ports + struct.pack(">I", way.tag)
    check = crc32c(header + bytes(4) + chunk)
    return header + struct.pack("<I", check) + chunk


def _udp(way: _Direction, m3ua_octets: bytes) -> bytes:
    length = 8 + len(m3ua_octets)
    pseudo = way.source + way.destination + struct.pack(">II", length, _UDP)
    header = way.ports + struct.pack(">HH", length, 0)
    check = _internet_checksum(pseudo + header + m3ua_octets) or 0xFFFF
    return header[:6] + struct.pack(">H", check) + m3ua_octets


def _ip(way: _Direction, protocol: int, payload: bytes) -> bytes:
    if way.version == 6:
        fixed = struct.pack(">IHBB", 6 << 28, len(payload), protocol, _TTL)
        return fixed + way.source + way.destination + payload
    way.identification = (way.identification + 1) & 0xFFFF
    header = struct.pack(
        ">BBHHHBBH", 0x45, 0, 20 + len(payload), way.identification, 0x4000, _TTL, protocol, 0
    )
    header += way.source + way.destination
    return header[:10] + struct.pack(">H", _internet_checksum(header)) + header[12:] + payload


def _internet_checksum(octets: bytes) -> int:
    """Return the one's complement sum of 16-bit words (RFC 1071)."""
    even = octets + bytes(len(octets) % 2)
    total: int = sum(struct.unpack(f">{len(even) // 2}H", even))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _file_header(file_format: FileFormat) -> bytes:
    magic = 0xA1B23C4D if file_format == "pcap-ns" else 0xA1B2C3D4
    return struct.pack("<IHHiIII", magic, 2, 4, 0, 0, _SNAP_LENGTH, IPV4)


def _record(time_ns: int, packet: bytes, unit_ns: int) -> bytes:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds, rest // unit_ns, len(packet), len(packet)) + packet


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _section_header() -> bytes:
    options = _option(4, _APPLICATION) + _option(0, b"")
    return _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def _interface_block(link_type: int, name: str) -> bytes:
    options = (
        _option(2, _text(name)) + _option(9, b"\x09") + _option(0, b"")
    )  # if_name, if_tsresol: nanoseconds
    return _block(1, struct.pack("<HHI", link_type, 0, _SNAP_LENGTH) + options)


def _packet_block(interface: int, time_ns: int, packet: bytes, comment: str) -> bytes:
    fixed = struct.pack("<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(packet), len(packet))
    options = _option(1, _text(comment)) + _option(0, b"") if comment else b""
    return _block(6, fixed + packet + bytes(-len(packet) % 4) + options)


def _text(text: str) -> bytes:
    """UTF-8, cut to what an option holds without splitting a character."""
    octets = text.encode("utf-8", "replace")
    return octets if len(octets) <= _MAX_COMMENT else octets[:_MAX_COMMENT].decode("utf-8", "ignore").encode()
