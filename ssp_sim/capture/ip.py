"""IPv4 and IPv6: headers, extension headers and fragment reassembly.

Checksums are not verified: a capture taken on the sending host often holds those the network card had yet to fill in.

Source: RFC 791, RFC 8200, RFC 5722.
"""

from typing import Final

import msgspec

from ain_scp.ssp_sim.capture.assembly import Pieces, Waiting
from ain_scp.ssp_sim.capture.frame import Cause, Counts, Limits

SCTP: Final = 132
UDP: Final = 17

_HOP_BY_HOP: Final = 0
_ROUTING: Final = 43
_FRAGMENT: Final = 44
_AUTHENTICATION: Final = 51
_DESTINATION: Final = 60
_EXTENSIONS: Final = frozenset({_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION})
_MAX_EXTENSIONS: Final = 8
_MAX_DATAGRAM: Final = 65_535


class Datagram(msgspec.Struct, frozen=True, gc=False):
    """The payload of one whole IP datagram: addresses as octets (4 or 16), protocol number, payload."""

    source: bytes
    destination: bytes
    protocol: int
    payload: bytes


class Reassembler:
    """Turns IP packets into whole datagrams, keeping fragments until their datagram is complete.

    `receive` returns a datagram, or None when the packet was a fragment that now waits, or the cause of its loss.

    Source: RFC 791 3.2, RFC 8200 4.5, RFC 5722 4 (overlapping fragments discard the datagram).
    """

    __slots__ = ("_counts", "_waiting", "kept")

    def __init__(self, limits: Limits, counts: Counts) -> None:
        self._counts = counts
        self.kept = 0
        self._waiting = Waiting(
            limits.datagrams,
            limits.datagram_pieces,
            limits.datagram_octets,
            limits.datagram_age_ns,
            counts,
            Cause.IP_FRAGMENT_LIMIT,
            Cause.IP_FRAGMENT_AGE,
        )

    def receive(self, packet: bytes, start: int, now_ns: int) -> Datagram | Cause | None:
        """Take the IP packet that starts at octet `start` of a captured packet."""
        if len(packet) <= start:
            return Cause.IP_MALFORMED
        version = packet[start] >> 4
        if version == 4:
            return self._receive_ipv4(packet, start, now_ns)
        if version == 6:
            return self._receive_ipv6(packet, start, now_ns)
        return Cause.IP_MALFORMED

    def close(self) -> None:
        """Count the fragments of datagrams that were never completed."""
        self._waiting.close()

    def _receive_ipv4(self, packet: bytes, start: int, now_ns: int) -> Datagram | Cause | None:
        header = (packet[start] & 0x0F) * 4
        if header < 20 or len(packet) < start + header:
            return Cause.IP_MALFORMED
        total = int.from_bytes(packet[start + 2 : start + 4], "big")
        if total == 0:  # segmentation offload: the card fills the length in
            total = len(packet) - start
        if total < header:
            return Cause.IP_MALFORMED
        if len(packet) < start + total:
            return Cause.IP_CUT
        protocol = packet[start + 9]
        source, destination = packet[start + 12 : start + 16], packet[start + 16 : start + 20]
        payload = packet[start + header : start + total]
        fragment = int.from_bytes(packet[start + 6 : start + 8], "big")
        if not fragment & 0x3FFF:
            return Datagram(source, destination, protocol, payload)
        key = (source, destination, protocol, packet[start + 4 : start + 6])
        return self._fragment(key, (fragment & 0x1FFF) * 8, bool(fragment & 0x2000), payload, now_ns)

    def _receive_ipv6(self, packet: bytes, start: int, now_ns: int) -> Datagram | Cause | None:
        if len(packet) < start + 40:
            return Cause.IP_MALFORMED
        end = start + 40 + int.from_bytes(packet[start + 4 : start + 6], "big")
        if len(packet) < end:
            return Cause.IP_CUT
        protocol, at = packet[start + 6], start + 40
        source, destination = packet[start + 8 : start + 24], packet[start + 24 : start + 40]
        for _ in range(_MAX_EXTENSIONS):
            if protocol not in _EXTENSIONS:
                return Datagram(source, destination, protocol, packet[at:end])
            if end < at + 8:
                return Cause.IP_MALFORMED
            following = packet[at]
            if protocol == _FRAGMENT:
                fragment = int.from_bytes(packet[at + 2 : at + 4], "big")
                if fragment & 0xFFF9:  # an offset or "more": not an atomic fragment (RFC 6946)
                    key = (source, destination, following, packet[at + 4 : at + 8])
                    return self._fragment(
                        key, fragment & 0xFFF8, bool(fragment & 1), packet[at + 8 : end], now_ns
                    )
                at += 8
            elif protocol == _AUTHENTICATION:
                at += (packet[at + 1] + 2) * 4
            else:
                at += (packet[at + 1] + 1) * 8
            if at > end:
                return Cause.IP_MALFORMED
            protocol = following
        return Cause.IP_MALFORMED

    def _fragment(
        self, key: tuple[bytes, bytes, int, bytes], offset: int, more: bool, payload: bytes, now_ns: int
    ) -> Datagram | Cause | None:
        if not payload or offset + len(payload) > _MAX_DATAGRAM or (more and len(payload) % 8):
            return Cause.IP_FRAGMENT_SIZE
        held = self._waiting.add(key, offset, (len(payload), payload), now_ns)
        if held is None:
            return None  # already counted
        if not more:
            held.total = offset + len(payload)
        if held.total < 0 or held.octets < held.total:
            self.kept += 1
            return None
        self._waiting.take(key)
        whole = _join(held)
        if whole is None:
            self._counts.skip(Cause.IP_OVERLAP, len(held.by_position))
            return None
        return _upper_layer(key, whole)


def _join(held: Pieces) -> bytes | None:
    """Put the pieces in order; None when they overlap or leave a hole, as hostile ones do."""
    parts: list[bytes] = []
    at = 0
    for position in sorted(held.by_position):
        if position != at:
            return None
        piece = held.by_position[position][1]
        parts.append(piece)
        at += len(piece)
    return b"".join(parts) if at == held.total else None


def _upper_layer(key: tuple[bytes, bytes, int, bytes], whole: bytes) -> Datagram | Cause:
    """Skip the IPv6 extension headers that were inside the fragmented part."""
    source, destination, protocol, _identification = key
    at = 0
    for _ in range(_MAX_EXTENSIONS):
        if protocol != _DESTINATION:
            break
        if len(whole) < at + 8:
            return Cause.IP_MALFORMED
        protocol, at = whole[at], at + (whole[at + 1] + 1) * 8
    return Datagram(source, destination, protocol, whole[at:]) if at <= len(whole) else Cause.IP_MALFORMED
