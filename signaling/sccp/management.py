"""SCCP management: the six octets that say whether a subsystem can be used.

Format identifier, affected subsystem number, affected point code (member, cluster, network), multiplicity. They travel
as data of a UDT between the subsystems numbered 1.

Source: T1.112.3 clause 5, T1.112.4 clause 5, [0046].
"""

from enum import IntEnum

from msgspec import Struct

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import MAX_POINT_CODE
from ain_scp.signaling.sccp.structs import Address, UnitData

SCMG_SSN = 1
_OCTETS = 6


class ManagementKind(IntEnum):
    """Format identifiers of SCMG messages. Source: T1.112.3 clause 5.1."""

    SSA = 1
    SSP = 2
    SST = 3
    SOR = 4
    SOG = 5
    SBR = 0xFD
    SNR = 0xFE
    SRT = 0xFF


class Management(Struct, frozen=True):
    """One SCMG message: what (`kind`, a ManagementKind or any octet) is said of which subsystem where."""

    kind: int
    affected_ssn: int
    affected_point_code: int
    multiplicity: int = 0


def decode_management(octets: bytes) -> Management:
    """Read six octets; DecodeError for another length (unknown kinds are kept). Source: T1.112.3 clause 5.1."""
    if len(octets) != _OCTETS:
        raise DecodeError(min(len(octets), _OCTETS), "sccp", "management message must have six octets")
    return Management(octets[0], octets[1], int.from_bytes(octets[2:5], "little"), octets[5])


def encode_management(message: Management) -> bytes:
    """Return six octets; ValueError for a value out of its range. Source: T1.112.3 clause 5.1."""
    if not 0 <= message.affected_point_code <= MAX_POINT_CODE:
        raise ValueError(f"SCMG: point code {message.affected_point_code} out of range")
    point_code = message.affected_point_code.to_bytes(3, "little")
    return bytes((message.kind, message.affected_ssn)) + point_code + bytes((message.multiplicity,))


def management_unit_data(message: Management, to: int, from_: int) -> UnitData:
    """Return the UDT that carries `message` between two point codes. Source: T1.112.4 clause 5."""
    return UnitData(Address(SCMG_SSN, to), Address(SCMG_SSN, from_), encode_management(message))
