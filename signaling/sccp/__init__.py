"""ANSI SCCP, connectionless: addresses, UDT/UDTS/XUDT/XUDTS/LUDT/LUDTS, management, segmentation and routing.

Source: T1.112, D-001.
"""

from ain_scp.signaling.sccp.message import UnknownMessageTypeError, decode, encode
from ain_scp.signaling.sccp.structs import (
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    GlobalTitle,
    LongUnitData,
    LongUnitDataService,
    ReturnCause,
    SccpMessage,
    Segmentation,
    UnitData,
    UnitDataService,
)

__all__ = [
    "Address",
    "ExtendedUnitData",
    "ExtendedUnitDataService",
    "GlobalTitle",
    "LongUnitData",
    "LongUnitDataService",
    "ReturnCause",
    "SccpMessage",
    "Segmentation",
    "UnitData",
    "UnitDataService",
    "UnknownMessageTypeError",
    "decode",
    "encode",
]
