"""ANSI MTP level 3 as M3UA carries it: point codes and the routing label.

A point code is 24 bits, written N-C-M (network, cluster, member; each 0-255) and kept as one int with the network in
the high octet. M3UA sends it big-endian, an ANSI SCCP address little-endian (member first); this module does both so
that no other module has to remember which.

Source: T1.111.4 clause 2, RFC 4666 clause 3.3.1, D-001.
"""

from enum import IntEnum

from msgspec import Struct

MAX_POINT_CODE = 0xFF_FFFF
_PARTS = 3


class ServiceIndicator(IntEnum):
    """The user of MTP a message is for. Source: T1.111.4 clause 14.2.1."""

    SNM = 0
    SNT = 1
    SCCP = 3
    ISUP = 5


class NetworkIndicator(IntEnum):
    """Which network a point code belongs to. Source: T1.111.4 clause 14.2.2."""

    INTERNATIONAL = 0
    SPARE = 1
    NATIONAL = 2
    NATIONAL_SPARE = 3


class RoutingLabel(Struct, frozen=True):
    """What MTP routes on: from, to and the signalling link selection (0-255). Source: T1.111.4 clause 2.2."""

    opc: int
    dpc: int
    sls: int

    def reversed(self) -> "RoutingLabel":
        """Return the label of an answer: the two point codes change places, the link selection stays."""
        return RoutingLabel(self.dpc, self.opc, self.sls)


def parse_point_code(text: str) -> int:
    """Read `N-C-M` as an int of 24 bits.

    Raises ValueError, with the text and what is wrong, for anything but three decimal numbers from 0 to 255.
    Source: T1.111.4 clause 2.2.1.
    """
    parts = text.split("-")
    if len(parts) != _PARTS:
        raise ValueError(f"point code {text[:20]!r}: three numbers network-cluster-member are needed")
    value = 0
    for name, part in zip(("network", "cluster", "member"), parts, strict=True):
        if not (part.isascii() and part.isdecimal() and len(part) <= _PARTS and int(part) <= 0xFF):
            raise ValueError(f"point code {text[:20]!r}: {name} must be 0 to 255")
        value = value << 8 | int(part)
    return value


def format_point_code(point_code: int) -> str:
    """Write an int of 24 bits as `N-C-M`; ValueError outside 0 to 0xFFFFFF. Source: T1.111.4 clause 2.2.1."""
    if not 0 <= point_code <= MAX_POINT_CODE:
        raise ValueError(f"point code {point_code}: outside 24 bits")
    return f"{point_code >> 16}-{point_code >> 8 & 0xFF}-{point_code & 0xFF}"
