"""ANSI SCCP, connectionless: addresses, UDT/UDTS/XUDT/XUDTS, management, segmentation and routing.

Source: T1.112, D-001.
"""

from signaling.sccp.address import Address, GlobalTitle
from signaling.sccp.message import (
    ExtendedUnitData,
    ExtendedUnitDataService,
    ReturnCause,
    SccpMessage,
    Segmentation,
    UnitData,
    UnitDataService,
    UnknownMessageTypeError,
    decode,
    encode,
)

__all__ = [
    "Address",
    "ExtendedUnitData",
    "ExtendedUnitDataService",
    "GlobalTitle",
    "ReturnCause",
    "SccpMessage",
    "Segmentation",
    "UnitData",
    "UnitDataService",
    "UnknownMessageTypeError",
    "decode",
    "encode",
]
