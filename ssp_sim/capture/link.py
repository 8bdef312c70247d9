"""Link layers: where the network layer starts in a captured packet, by link type.

Source: https://www.tcpdump.org/linktypes.html, IEEE 802.1Q, Q.703 2.2 and its annex A.
"""

from typing import Final

from ain_scp.ssp_sim.capture.frame import Cause

ETHERNET: Final = 1
RAW_IP: Final = 101
LINUX_SLL: Final = 113
MTP2_WITH_PHDR: Final = 139
MTP2: Final = 140
MTP3: Final = 141
IPV4: Final = 228
IPV6: Final = 229
LINUX_SLL2: Final = 276

LINK_TYPES: Final = frozenset(
    {ETHERNET, RAW_IP, LINUX_SLL, MTP2_WITH_PHDR, MTP2, MTP3, IPV4, IPV6, LINUX_SLL2}
)

VLAN_TAGS: Final = (0x8100, 0x88A8, 0x9100)
_MAX_VLAN_TAGS: Final = 4  # two in practice (QinQ); Linux itself stops at eight
_IP_ETHERTYPES: Final = frozenset({0x0800, 0x86DD})
_MIN_MTP3: Final = 5  # service information octet and the shortest routing label (ITU); ANSI needs eight


def network_offset(link_type: int, packet: bytes) -> int | Cause:
    """Return the octet at which IP starts, or why there is none; the link type must be one that carries IP."""
    if link_type == ETHERNET:
        return _after_ethertype(packet, 12)
    if link_type == LINUX_SLL:
        return _after_ethertype(packet, 14)
    if link_type == LINUX_SLL2:
        return _after_sll2(packet)
    return 0


def _after_sll2(packet: bytes) -> int | Cause:
    if len(packet) < 20:
        return Cause.LINK_SHORT
    ethertype = int.from_bytes(packet[0:2], "big")
    if ethertype in _IP_ETHERTYPES:
        return 20
    return _after_ethertype(packet, 22) if ethertype in VLAN_TAGS else Cause.NOT_IP


def _after_ethertype(packet: bytes, at: int) -> int | Cause:
    for _ in range(_MAX_VLAN_TAGS + 1):
        if len(packet) < at + 2:
            return Cause.LINK_SHORT
        ethertype = int.from_bytes(packet[at : at + 2], "big")
        if ethertype in _IP_ETHERTYPES:
            return at + 2
        if ethertype not in VLAN_TAGS:
            return Cause.NOT_IP
        at += 4
    return Cause.NOT_IP


def mtp3_octets(link_type: int, packet: bytes) -> bytes | Cause:
    """Return the MTP3 message (from the service information octet) of an MTP2 or MTP3 packet, or why there is none.

    An MTP2 length indicator under 63 cuts what follows it (check bits); 63 means "63 or more" and cuts nothing. Whether
    the extended sequence numbers of annex A are used stands in the pseudo header, and taken as "no" without it.

    Source: Q.703 2.3.3, A.2.
    """
    if link_type == MTP3:
        return packet if len(packet) >= _MIN_MTP3 else Cause.MTP_MALFORMED
    start = 0
    annex_a = False
    if link_type == MTP2_WITH_PHDR:
        if len(packet) < 4:
            return Cause.MTP_MALFORMED
        start, annex_a = 4, packet[1] == 1
    return _signal_unit(packet, start + 4, 0x1FF) if annex_a else _signal_unit(packet, start + 2, 0x3F)


def _signal_unit(packet: bytes, at: int, mask: int) -> bytes | Cause:
    """Read the length indicator at `at` (two octets, least significant first, with annex A) and what it announces."""
    width = 1 if mask == 0x3F else 2
    if len(packet) < at + width:
        return Cause.MTP_MALFORMED
    length = int.from_bytes(packet[at : at + width], "little") & mask
    body = packet[at + width :]
    if length <= 2:
        return Cause.MTP2_FILL_IN
    if length < mask or width == 2:
        if len(body) < length:
            return Cause.MTP_MALFORMED
        body = body[:length]
    return body if len(body) >= _MIN_MTP3 else Cause.MTP_MALFORMED
