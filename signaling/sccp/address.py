"""ANSI SCCP addresses: subsystem number, point code and global title.

Layout: indicator octet (0x80 national, 0x40 route on SSN, 0x3C global title indicator, 0x02 point code present, 0x01
SSN present), then SSN, point code (member, cluster, network), global title, in that order; ITU has the reverse.
Limits: an address is at most 255 octets, a global title at most 32 digits. A global title without encoding scheme
(indicator 2) has no odd/even mark: an odd digit is filled with 0xF, and a last 0xF is taken as filler (unconfirmed).

Source: T1.112.3 clause 3.4, D-001.
"""

from functools import lru_cache

from ain_scp.signaling.bcd import digits_of, octets_of
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import MAX_POINT_CODE
from ain_scp.signaling.sccp.structs import GT_TYPE_ONLY, GT_WITH_PLAN, Address, GlobalTitle

NATIONAL = 0x80
ROUTE_ON_SSN = 0x40
POINT_CODE_PRESENT = 0x02
SSN_PRESENT = 0x01
BCD_ODD = 1
BCD_EVEN = 2
MAX_DIGITS = 32
MAX_OCTETS = 255
DIGITS = frozenset("0123456789*#ADEF")
_MEMO = (
    1024  # addresses of neighbours repeat in every message; bounded, so a flood of new ones costs only misses
)


@lru_cache(maxsize=_MEMO)
def encode_address(address: Address) -> bytes:
    """Return the address without its length octet; ValueError for a value out of its range. Source: T1.112.3 3.4."""
    indicator = (NATIONAL if address.national else 0) | (ROUTE_ON_SSN if address.route_on_ssn else 0)
    value = b""
    if address.ssn is not None:
        indicator |= SSN_PRESENT
        value += address.ssn.to_bytes(1, "big") if 0 <= address.ssn <= 0xFF else _refuse("SSN", address.ssn)
    if address.point_code is not None:
        if not 0 <= address.point_code <= MAX_POINT_CODE:
            _refuse("point code", address.point_code)
        indicator |= POINT_CODE_PRESENT
        value += address.point_code.to_bytes(3, "little")
    if address.global_title is not None:
        indicator |= address.global_title.indicator << 2
        value += _encode_global_title(address.global_title)
    return bytes((indicator,)) + value


@lru_cache(maxsize=_MEMO)
def decode_address(octets: bytes) -> Address:
    """Read one address, all octets used; DecodeError otherwise. Source: T1.112.3 clause 3.4."""
    if not octets:
        raise DecodeError(0, "sccp", "address has no indicator")
    indicator = octets[0]
    position = 1
    ssn: int | None = None
    point_code: int | None = None
    if indicator & SSN_PRESENT:
        if len(octets) <= position:
            raise DecodeError(position, "sccp", "subsystem number is missing")
        ssn = octets[position]
        position += 1
    if indicator & POINT_CODE_PRESENT:
        if len(octets) < position + 3:
            raise DecodeError(len(octets), "sccp", "point code is cut short")
        point_code = int.from_bytes(octets[position : position + 3], "little")
        position += 3
    title = _decode_global_title(indicator >> 2 & 0x0F, octets, position)
    return Address(ssn, point_code, title, bool(indicator & ROUTE_ON_SSN), bool(indicator & NATIONAL))


def _encode_global_title(title: GlobalTitle) -> bytes:
    if not 0 <= title.translation_type <= 0xFF:
        _refuse("translation type", title.translation_type)
    if len(title.digits) > MAX_DIGITS or not DIGITS.issuperset(title.digits):
        raise ValueError(f"SCCP address: global title digits must be at most {MAX_DIGITS} of 0-9 * # A D E F")
    odd = len(title.digits) % 2
    if title.numbering_plan is None:
        return bytes((title.translation_type,)) + octets_of(title.digits + "F" * odd)
    if not 0 <= title.numbering_plan <= 0x0F:
        _refuse("numbering plan", title.numbering_plan)
    scheme = BCD_ODD if odd else BCD_EVEN
    return bytes((title.translation_type, title.numbering_plan << 4 | scheme)) + octets_of(
        title.digits + "0" * odd
    )


def _decode_global_title(indicator: int, octets: bytes, position: int) -> GlobalTitle | None:
    if indicator == 0:
        if position != len(octets):
            raise DecodeError(position, "sccp", "octets after the end of the address")
        return None
    if indicator not in {GT_WITH_PLAN, GT_TYPE_ONLY}:
        raise DecodeError(0, "sccp", "global title indicator is not of this network")
    start = position + (2 if indicator == GT_WITH_PLAN else 1)
    if start > len(octets):
        raise DecodeError(len(octets), "sccp", "global title is cut short")
    if len(octets) - start > MAX_DIGITS // 2:
        raise DecodeError(start, "sccp", "global title has too many digits")
    digits = digits_of(octets[start:])
    if indicator == GT_TYPE_ONLY:
        return GlobalTitle(octets[position], digits.removesuffix("F"))
    plan, scheme = octets[position + 1] >> 4, octets[position + 1] & 0x0F
    if scheme not in {BCD_ODD, BCD_EVEN} or (scheme == BCD_ODD and not digits):
        raise DecodeError(position + 1, "sccp", "encoding scheme is not BCD")
    return GlobalTitle(octets[position], digits[:-1] if scheme == BCD_ODD else digits, plan)


def _refuse(name: str, value: int) -> bytes:
    """Raise for our own value out of range (never for the peer's)."""
    raise ValueError(f"SCCP address: {name} {value} out of range")
