"""ANSI ISUP of a basic call: IAM, ACM, ANM, CPG, REL, RLC.

Source: T1.113, A-143.
"""

from ain_scp.signaling.isup.message import MESSAGE_TYPES, decode, encode
from ain_scp.signaling.isup.numbers import (
    CallingPartyCategory,
    Cause,
    Event,
    MessageType,
    NatureOfAddress,
    Presentation,
    Screening,
)
from ain_scp.signaling.isup.structs import (
    AddressComplete,
    Answer,
    CallProgress,
    GenericAddress,
    InitialAddress,
    IsupMessage,
    Number,
    OtherMessage,
    RedirectionInformation,
    Release,
    ReleaseComplete,
    TransitNetwork,
)

__all__ = [
    "MESSAGE_TYPES",
    "AddressComplete",
    "Answer",
    "CallProgress",
    "CallingPartyCategory",
    "Cause",
    "Event",
    "GenericAddress",
    "InitialAddress",
    "IsupMessage",
    "MessageType",
    "NatureOfAddress",
    "Number",
    "OtherMessage",
    "Presentation",
    "RedirectionInformation",
    "Release",
    "ReleaseComplete",
    "Screening",
    "TransitNetwork",
    "decode",
    "encode",
]
