"""ISUP parameter values as octets: numbers, redirection information, cause.

Errors of the peer are DecodeError with the offset within the message; ours are ValueError.
Limit: 32 digits a number.

Source: T1.113.3 clauses 3.6-3.10, 3.22, 3.25, 3.26.
"""

from enum import IntEnum

from ain_scp.signaling.bcd import digits_of, octets_of
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.isup.structs import Number, RedirectionInformation, Release, TransitNetwork

MAX_DIGITS = 32
MIN_CAUSE_OCTETS = 2
NATIONAL_CARRIER = 0x22  # national network identification, four digits


class NumberLayout(IntEnum):
    """Which bits the second octet of a number has: a mask of presentation (0x0C) and screening (0x03)."""

    PLAN_ONLY = 0x00
    PRESENTATION = 0x0C
    PRESENTATION_AND_SCREENING = 0x0F


def decode_number(octets: bytes, offset: int, layout: NumberLayout) -> Number:
    """Read a number: odd/even and nature, plan and indicators, digits. Source: T1.113.3 clause 3.6."""
    if len(octets) < 2:
        raise DecodeError(offset + len(octets), "isup", "number is cut short")
    digits = digits_of(octets[2:])
    if octets[0] & 0x80:
        if not digits:
            raise DecodeError(offset, "isup", "odd number without digits")
        digits = digits[:-1]
    if len(digits) > MAX_DIGITS:
        raise DecodeError(offset + 2, "isup", "number has too many digits")
    bits = octets[1] & layout
    return Number(digits, octets[0] & 0x7F, octets[1] >> 4 & 0x07, bits >> 2, bits & 0x03)


def encode_number(number: Number, layout: NumberLayout) -> bytes:
    """Return the octets of a number; ValueError for a value out of its range or without room in this parameter."""
    if len(number.digits) > MAX_DIGITS:
        raise ValueError(f"ISUP number: more than {MAX_DIGITS} digits")
    bits = _bits(number.presentation, 3, "presentation") << 2 | _bits(number.screening, 3, "screening")
    if bits & ~layout:
        raise ValueError("ISUP number: presentation or screening has no room in this parameter")
    odd = 0x80 if len(number.digits) % 2 else 0
    first = odd | _bits(number.nature_of_address, 0x7F, "nature of address")
    second = _bits(number.numbering_plan, 7, "numbering plan") << 4 | bits
    return bytes((first, second)) + octets_of(number.digits)


def decode_redirection(octets: bytes, offset: int) -> RedirectionInformation:
    """Read two octets: indicator and original reason, count and reason. Source: T1.113.3 clause 3.26."""
    if len(octets) != 2:
        raise DecodeError(offset, "isup", "redirection information must have two octets")
    return RedirectionInformation(octets[0] >> 4, octets[1] >> 4, octets[1] & 0x07, octets[0] & 0x07)


def encode_redirection(value: RedirectionInformation) -> bytes:
    """Return two octets; ValueError for a value out of its range. Source: T1.113.3 clause 3.26."""
    first = _bits(value.original_reason, 15, "original reason") << 4 | _bits(value.indicator, 7, "indicator")
    second = _bits(value.reason, 15, "reason") << 4 | _bits(value.count, 7, "redirection count")
    return bytes((first, second))


def decode_cause(octets: bytes, offset: int) -> tuple[int, int, int, bytes]:
    """Read (cause, location, coding standard, diagnostics). Source: T1.113.3 clause 3.7."""
    if len(octets) < MIN_CAUSE_OCTETS:
        raise DecodeError(offset + len(octets), "isup", "cause is cut short")
    if not octets[0] & 0x80 or not octets[1] & 0x80:
        raise DecodeError(offset, "isup", "cause with an extension octet is not supported")
    return octets[1] & 0x7F, octets[0] & 0x0F, octets[0] >> 5 & 0x03, octets[2:]


def encode_cause(release: Release) -> bytes:
    """Return the cause indicators of a release; ValueError for a value out of its range. Source: T1.113.3 3.7."""
    coding = _bits(release.coding_standard, 3, "coding standard") << 5
    first = 0x80 | coding | _bits(release.location, 15, "location")
    return bytes((first, 0x80 | _bits(release.cause, 0x7F, "cause"))) + release.diagnostics


def decode_octet(octets: bytes, offset: int) -> int:
    """Read a parameter of exactly one octet."""
    if len(octets) != 1:
        raise DecodeError(offset, "isup", "parameter must have one octet")
    return octets[0]


def decode_two_octets(octets: bytes, offset: int) -> int:
    """Read a parameter of exactly two octets, the first one high."""
    if len(octets) != 2:
        raise DecodeError(offset, "isup", "parameter must have two octets")
    return octets[0] << 8 | octets[1]


def decode_jurisdiction(octets: bytes, offset: int) -> str:
    """Read a parameter of three octets, six digits (jurisdiction). Source: T1.113.3 clause 3.23A."""
    if len(octets) != 3:
        raise DecodeError(offset, "isup", "jurisdiction must have three octets")
    return digits_of(octets)


def encode_jurisdiction(digits: str) -> bytes:
    """Return six digits as three octets; ValueError for another length. Source: T1.113.3 clause 3.23A."""
    if len(digits) != 6:
        raise ValueError("ISUP: a jurisdiction has six digits")
    return octets_of(digits)


def is_national_carrier(octets: bytes, size: int) -> bool:
    """Return whether a carrier parameter has the national form with four digits. Source: T1.113.3 clause 3.31."""
    return len(octets) == size and octets[0] == NATIONAL_CARRIER


def decode_transit_network(octets: bytes) -> TransitNetwork:
    """Read a transit network selection of the national form (four octets). Source: T1.113.3 clause 3.31."""
    return TransitNetwork(digits_of(octets[1:3]), octets[3] >> 4)


def encode_transit_network(value: TransitNetwork) -> bytes:
    """Return four octets; ValueError for other than four digits or a circuit code over 15."""
    return encode_carrier(value.carrier) + bytes((_bits(value.circuit_code, 15, "circuit code") << 4,))


def encode_carrier(digits: str) -> bytes:
    """Return the three octets of a carrier identification; ValueError for other than four digits."""
    if len(digits) != 4:
        raise ValueError("ISUP: a carrier has four digits")
    return bytes((NATIONAL_CARRIER,)) + octets_of(digits)


def _bits(value: int, highest: int, name: str) -> int:
    if not 0 <= value <= highest:
        raise ValueError(f"ISUP: {name} {value} is outside 0 to {highest}")
    return value
