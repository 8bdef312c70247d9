"""M3UA: the messages of RFC 4666 and the machines of an ASP and of a signalling gateway.

Source: RFC 4666, D-001.
"""

from ain_scp.signaling.m3ua.message import data, decode, encode
from ain_scp.signaling.m3ua.numbers import ErrorCode, MessageKind, TrafficMode
from ain_scp.signaling.m3ua.structs import AffectedPointCode, InvalidMessageError, Message, ProtocolData

__all__ = [
    "AffectedPointCode",
    "ErrorCode",
    "InvalidMessageError",
    "Message",
    "MessageKind",
    "ProtocolData",
    "TrafficMode",
    "data",
    "decode",
    "encode",
]
