"""M3UA DATA messages read by their places, for the busy path of switches and signal transfer points.

Sound only for the one form these nodes send each other: protocol data first, or right after one routing context, and
nothing else. Any other message reads as None and takes the general decoder.

Source: RFC 4666 clause 3.3.1.
"""

from struct import Struct
from typing import Final

import msgspec

SLS_AFTER: Final = 15
"""Octets from the protocol data parameter to the SLS."""
SLS_AT: Final = 8 + SLS_AFTER
"""Where the SLS stands in a DATA message without routing context; ISUP's circuit number follows it."""
AFTER_CIRCUIT: Final = SLS_AT + 3

_HEAD: Final = Struct(">IIHHIIBBBB")
_LABEL: Final = Struct(">IIBBBB")
_CONTEXT: Final = b"\x00\x06\x00\x08"
_DATA: Final = 0x01000101
_BEFORE_PAYLOAD: Final = 16
_MAX_POINT_CODE: Final = 0xFF_FFFF


class TransferData(msgspec.Struct, frozen=True):
    """The routing label, the service indicator and the user's octets."""

    opc: int
    dpc: int
    si: int
    sls: int
    payload: bytes


def protocol_data_at(octets: bytes) -> int:
    """Return where protocol data begins in a message of the plain form, -1 when the general decoder must look."""
    if octets[:4] != b"\x01\x00\x01\x01" or int.from_bytes(octets[4:8], "big") != len(octets):
        return -1
    at = 16 if octets[8:12] == _CONTEXT else 8
    if octets[at : at + 2] != b"\x02\x10":
        return -1
    length = int.from_bytes(octets[at + 2 : at + 4], "big")
    return at if length >= _BEFORE_PAYLOAD and at + length + -length % 4 == len(octets) else -1


def read_data(octets: bytes) -> TransferData | None:
    """Read a DATA message of the plain form; None for every other one, right or wrong."""
    at = protocol_data_at(octets)
    if at < 0:
        return None
    opc, dpc, si, _ni, _mp, sls = _LABEL.unpack_from(octets, at + 4)
    if opc > _MAX_POINT_CODE or dpc > _MAX_POINT_CODE:
        return None
    length = int.from_bytes(octets[at + 2 : at + 4], "big")
    return TransferData(opc, dpc, si, sls, octets[at + _BEFORE_PAYLOAD : at + length])
