"""Attribute-value pairs: octets with a code, a vendor and flags; typed when they are read, kept when they are unknown.

A pair is padded to four octets on the wire and its length does not count the padding. A grouped pair's data are pairs.

Source: RFC 6733 sections 4.1 to 4.4.
"""

import struct
from collections.abc import Iterable
from typing import Final

import msgspec

from ain_scp.signaling.diameter.faults import AVP_LENGTH, DiameterFault

VENDOR: Final = 0x80
MANDATORY: Final = 0x40
PROTECTED: Final = 0x20
_HEAD: Final = struct.Struct(">II")
_VENDOR_HEAD: Final = struct.Struct(">III")
_U32: Final = struct.Struct(">I")
_U64: Final = struct.Struct(">Q")
_I64: Final = struct.Struct(">q")
_PADS: Final = (b"", b"\0\0\0", b"\0\0", b"\0")
MOST_NESTED: Final = 8
"""Groups within groups that are read; deeper ones are somebody's joke."""


class Avp(msgspec.Struct, frozen=True, gc=False):
    """One pair. `vendor` 0 is the IETF; `flags` are the octet's, without the vendor bit."""

    code: int
    data: bytes
    vendor: int = 0
    flags: int = MANDATORY

    @property
    def mandatory(self) -> bool:
        """A receiver that does not know it must refuse the message."""
        return bool(self.flags & MANDATORY)

    @property
    def key(self) -> tuple[int, int]:
        """Vendor and code."""
        return self.vendor, self.code

    def u32(self) -> int:
        """An unsigned or enumerated value; DiameterFault 5014 when it has not four octets."""
        return int(_U32.unpack(self._of(4))[0])

    def u64(self) -> int:
        """An unsigned value of eight octets."""
        return int(_U64.unpack(self._of(8))[0])

    def i64(self) -> int:
        """A signed value of eight octets."""
        return int(_I64.unpack(self._of(8))[0])

    def text(self) -> str:
        """UTF-8 text; what is none is replaced."""
        return self.data.decode("utf-8", "replace")

    def group(self) -> tuple["Avp", ...]:
        """The pairs of a grouped one."""
        return decode_avps(self.data)

    def _of(self, length: int) -> bytes:
        if len(self.data) != length:
            raise DiameterFault(AVP_LENGTH, f"AVP {self.code}: {len(self.data)} octets, not {length}", self)
        return self.data


def u32(code: int, value: int, vendor: int = 0, flags: int = MANDATORY) -> Avp:
    """An unsigned or enumerated pair."""
    return Avp(code, _U32.pack(value), vendor, flags)


def u64(code: int, value: int, vendor: int = 0, flags: int = MANDATORY) -> Avp:
    """An unsigned pair of eight octets."""
    return Avp(code, _U64.pack(value), vendor, flags)


def i64(code: int, value: int, vendor: int = 0, flags: int = MANDATORY) -> Avp:
    """A signed pair of eight octets."""
    return Avp(code, _I64.pack(value), vendor, flags)


def text(code: int, value: str, vendor: int = 0, flags: int = MANDATORY) -> Avp:
    """A text or identity pair."""
    return Avp(code, value.encode(), vendor, flags)


def group(code: int, *parts: Avp, vendor: int = 0, flags: int = MANDATORY) -> Avp:
    """A grouped pair."""
    return Avp(code, encode_avps(parts), vendor, flags)


def encode_avps(avps: Iterable[Avp]) -> bytes:
    """The octets of pairs, padded."""
    parts = []
    for avp in avps:
        data = avp.data
        if avp.vendor:
            length = 12 + len(data)
            parts.append(_VENDOR_HEAD.pack(avp.code, (avp.flags | VENDOR) << 24 | length, avp.vendor))
        else:
            length = 8 + len(data)
            parts.append(_HEAD.pack(avp.code, avp.flags << 24 | length))
        parts.append(data)
        parts.append(_PADS[length & 3])
    return b"".join(parts)


def decode_avps(octets: bytes, start: int = 0) -> tuple[Avp, ...]:
    """Read pairs to the end; DiameterFault 5014 for a length that does not fit."""
    found = []
    end = len(octets)
    while start < end:
        if end - start < 8:
            raise DiameterFault(AVP_LENGTH, f"{end - start} octets are no AVP")
        code, rest = _HEAD.unpack_from(octets, start)
        length, flags = rest & 0xFFFFFF, rest >> 24
        head, vendor = 8, 0
        if flags & VENDOR:
            head = 12
            vendor = int.from_bytes(octets[start + 8 : start + 12], "big")
        if length < head or start + length > end:
            raise DiameterFault(
                AVP_LENGTH, f"AVP {code}: length {length} does not fit", Avp(code, b"", vendor)
            )
        found.append(Avp(code, octets[start + head : start + length], vendor, flags & ~VENDOR))
        start += length + (-length & 3)
    return tuple(found)


def find(avps: Iterable[Avp], code: int, vendor: int = 0) -> Avp | None:
    """The first pair of a code."""
    return next((avp for avp in avps if avp.code == code and avp.vendor == vendor), None)


def all_of(avps: Iterable[Avp], code: int, vendor: int = 0) -> list[Avp]:
    """Every pair of a code."""
    return [avp for avp in avps if avp.code == code and avp.vendor == vendor]
