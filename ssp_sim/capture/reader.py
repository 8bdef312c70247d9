"""Reads a capture: file format, link, network and transport layers off, M3UA and MTP3 messages out.

The common packet (Ethernet or raw IP, IPv4 without options, one whole DATA chunk with M3UA) takes a fast path of one
`struct` call; every other packet, and every duplicate, takes the general path. Both give the same frames.

Source: D-006, D-007; RFC 4666, RFC 6951, RFC 9260.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from ain_scp.ssp_sim.capture import link, pcap, pcapng
from ain_scp.ssp_sim.capture.frame import (
    M3UA_PORT,
    NO_ENDPOINT,
    SCTP_UDP_PORT,
    CaptureFault,
    Cause,
    Counts,
    Endpoint,
    Frame,
    Limits,
    Transport,
    endpoint,
)
from ain_scp.ssp_sim.capture.ip import SCTP, UDP, Datagram, Reassembler
from ain_scp.ssp_sim.capture.m3ua_form import has_m3ua_header, looks_like_m3ua
from ain_scp.ssp_sim.capture.octet_source import OctetSource, Readable
from ain_scp.ssp_sim.capture.sctp import Receiver

# ethertype, version, header length | total length | fragment, TTL, protocol | addresses, ports, tag | chunk | TSN | PPID
_LAYOUT: Final = "IH2xI2x16s4xII4xI"
_FAST_ETHERNET: Final = struct.Struct(">12x" + _LAYOUT)
_FAST_RAW: Final = struct.Struct(">" + _LAYOUT.replace("I", "H", 1))
_MAX_ENDPOINTS: Final = 8192
_Carried = tuple[Endpoint, Endpoint, Transport, bytes]
_MTP_LINKS: Final = frozenset({link.MTP2, link.MTP2_WITH_PHDR, link.MTP3})


class CaptureReader:
    """Iterates over the `Frame`s of one capture, once, in file order.

    Raises `CaptureFault` (and nothing else of its own) where the file cannot be read on; all frames before it are
    delivered first. A last record that is merely cut, as by a killed tcpdump, ends the iteration and stands in
    `truncation`. `counts` grows during the iteration and is final after it. `m3ua_ports` are UDP ports on which M3UA is
    taken with less proof; `fast=False` forces the general path.

    Source: D-006.
    """

    def __init__(
        self,
        stream: Readable,
        *,
        limits: Limits | None = None,
        m3ua_ports: frozenset[int] = frozenset({M3UA_PORT}),
        fast: bool = True,
    ) -> None:
        self._limits = limits if limits is not None else Limits()
        self._source = OctetSource(stream)
        self._m3ua_ports = m3ua_ports
        self._fast = fast
        self.counts = Counts()
        self._ip = Reassembler(self._limits, self.counts)
        self._sctp = Receiver(self._limits, self.counts)
        self._endpoints: dict[bytes, tuple[Endpoint, Endpoint]] = {}

    @property
    def truncation(self) -> CaptureFault | None:
        """Where and how the file ends within its last record, if it does."""
        return self._source.truncation

    def __iter__(self) -> Iterator[Frame]:
        packets = self._packets()
        frames = self._frames(packets) if self._fast else self._general_frames(packets)
        return self._closing(frames)

    def _closing(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        try:
            yield from frames
        finally:
            self._close()

    def _close(self) -> None:
        self._ip.close()
        self._sctp.close()
        if self._source.truncation is not None:
            self.counts.skip(Cause.TRUNCATED)

    def _packets(self) -> Iterator[pcap.Packet]:
        if self._newer():
            return pcapng.packets(self._source, self._limits)
        return pcap.packets(self._source, self._limits)

    def _newer(self) -> bool:
        """Whether the file is of the newer format, not of the classic one."""
        source = self._source
        if not source.need(4):
            raise CaptureFault(0, "no capture: fewer than four octets")
        magic = source.buffer[:4]
        if magic in pcap.MAGICS or magic == pcapng.SECTION_HEADER:
            return magic == pcapng.SECTION_HEADER
        if magic[:2] == b"\x1f\x8b":
            raise CaptureFault(0, "a gzip file: decompress it first")
        raise CaptureFault(0, "not a pcap or pcapng file")

    def _general_frames(self, packets: Iterator[pcap.Packet]) -> Iterator[Frame]:
        for number, packet in enumerate(packets, 1):
            yield from self._general(number, packet)

    def _frames(self, packets: Iterable[pcap.Packet], number: int = 0) -> Iterator[Frame]:
        """Give frames by the fast path where it fits; kept in one loop, since a call costs as much as a header.

        `number` is that of the packet before the first.
        """
        counts, flows = self.counts, self._sctp.flows
        current = flows.current
        ethernet, raw = _FAST_ETHERNET.unpack_from, _FAST_RAW.unpack_from
        sctp, sctp_protocol = Transport.SCTP, SCTP
        ethernet_type, raw_types = link.ETHERNET, frozenset({link.IPV4, link.RAW_IP})
        ethernet_least, raw_least = _FAST_ETHERNET.size, _FAST_RAW.size
        for packet in packets:
            number += 1
            time_ns, offset, link_type, buffer, start, end = packet
            if link_type == ethernet_type:
                if end - start < ethernet_least:
                    yield from self._general(number, packet)
                    continue
                first, total, fragment, addresses, chunk, tsn, ppid = ethernet(buffer, start)
                first ^= 0x08000000
                start += 14
            elif link_type in raw_types and end - start >= raw_least:
                first, total, fragment, addresses, chunk, tsn, ppid = raw(buffer, start)
            else:
                yield from self._general(number, packet)
                continue
            length = chunk & 0xFFFF
            flow = current.get(addresses)
            if (
                ppid != 3
                or chunk >> 16 != 3  # DATA, first and last fragment
                or fragment & 0x3FFF00FF != sctp_protocol
                or first >> 8 != 0x45
                or (length + 35) & ~3 != total  # 32: IPv4 header without options, SCTP common header
                or length <= 16
                or start + total > end
                or flow is None
                or tsn in flow.tsns
                or tsn in flow.older
                or flow.low <= tsn <= flow.high
                or flows.room <= 0
                or time_ns >= flows.renew_at_ns
            ):
                yield from self._general(number, packet)
                continue
            octets = buffer[start + 48 : start + 32 + length]
            flow.tsns[tsn] = hash(octets)
            flows.room -= 1
            counts.frames += 1
            yield Frame(number, time_ns, offset, flow.source, flow.destination, sctp, octets)

    def _general(self, number: int, packet: pcap.Packet) -> list[Frame]:
        """Take any packet and settle its one fate in the counts."""
        time_ns, offset, link_type, buffer, start, end = packet
        octets = buffer[start:end]
        counts = self.counts
        kept = self._kept
        frames = [
            Frame(number, time_ns, offset, source, destination, transport, message)
            for source, destination, transport, message in self._messages(link_type, octets, time_ns)
        ]
        counts.frames += len(frames)
        if frames:
            counts.shared += len(frames) - 1
        elif self._kept > kept:
            counts.kept += 1
        else:
            counts.dropped += 1
        return frames

    @property
    def _kept(self) -> int:
        return self._ip.kept + self._sctp.kept

    def _messages(self, link_type: int, packet: bytes, now_ns: int) -> list[_Carried]:
        if link_type in _MTP_LINKS:
            octets = link.mtp3_octets(link_type, packet)
            if isinstance(octets, Cause):
                return self._skip(octets)
            transport = Transport.MTP3 if link_type == link.MTP3 else Transport.MTP2
            return [(NO_ENDPOINT, NO_ENDPOINT, transport, octets)]
        if link_type not in link.LINK_TYPES:
            return self._skip(Cause.LINK_TYPE)
        at = link.network_offset(link_type, packet)
        if isinstance(at, Cause):
            return self._skip(at)
        datagram = self._ip.receive(packet, at, now_ns)
        if datagram is None:
            return []  # kept, or counted by the reassembler
        if isinstance(datagram, Cause):
            return self._skip(datagram)
        if datagram.protocol == SCTP:
            return self._sctp_messages(datagram, datagram.payload, Transport.SCTP, now_ns)
        if datagram.protocol == UDP:
            return self._udp_messages(datagram, now_ns)
        return self._skip(Cause.IP_PROTOCOL)

    def _skip(self, cause: Cause) -> list[_Carried]:
        self.counts.skip(cause)
        return []

    def _sctp_messages(
        self, datagram: Datagram, packet: bytes, transport: Transport, now_ns: int
    ) -> list[_Carried]:
        messages: list[bytes] = []
        flow = self._sctp.receive(datagram.source + datagram.destination, packet, now_ns, messages)
        if flow is None:
            return []
        return [(flow.source, flow.destination, transport, message) for message in messages]

    def _udp_messages(self, datagram: Datagram, now_ns: int) -> list[_Carried]:
        payload = datagram.payload
        length = int.from_bytes(payload[4:6], "big")
        if len(payload) < 8 or not 8 <= length <= len(payload):
            return self._skip(Cause.UDP_MALFORMED)
        octets = payload[8:length]
        source, destination = self._ends(datagram.source + datagram.destination + payload[:4])
        ports = {source.port, destination.port}
        if SCTP_UDP_PORT in ports and not looks_like_m3ua(octets):
            return self._sctp_messages(datagram, octets, Transport.SCTP_UDP, now_ns)
        if looks_like_m3ua(octets) or (ports & self._m3ua_ports and has_m3ua_header(octets)):
            return [(source, destination, Transport.UDP, octets)]
        return self._skip(Cause.UDP_OTHER)

    def _ends(self, key: bytes) -> tuple[Endpoint, Endpoint]:
        ends = self._endpoints.get(key)
        if ends is None:
            if len(self._endpoints) >= _MAX_ENDPOINTS:
                self._endpoints.clear()
            size = (len(key) - 4) // 2
            source = endpoint(key[:size], key[-4:-2])
            ends = self._endpoints[key] = (source, endpoint(key[size : 2 * size], key[-2:]))
        return ends
