"""M3UA messages as octets and as one flat record.

A message is a header of 8 octets (version 1, 0, class, type, length of the whole) and parameters of tag, length and
value, each padded to 4 octets. Parameters are read in any order; unknown tags are kept; those of the record are
written in one order that satisfies every message of the RFC (a receiver must take any order).
A final padding that the length does not count, or that is not there, is accepted (RFC 4666 clause 3.1.4).
Limits: 64 parameters, 128 routing contexts, 512 affected point codes, 65,532 octets.

Source: RFC 4666 clause 3, D-001.
"""

import struct
from struct import Struct as Layout

from ain_scp.signaling.m3ua.numbers import ErrorCode, MessageKind, Tag
from ain_scp.signaling.m3ua.parameters import (
    MAX_PARAMETERS,
    MAX_ROUTING_CONTEXTS,
    PROTOCOL_DATA_OCTETS,
    build,
    encode_parameters,
    read_protocol_data,
    read_word,
    read_words,
    split,
)
from ain_scp.signaling.m3ua.structs import InvalidMessageError, Message, ProtocolData

VERSION = 1
HEADER_OCTETS = 8
MAX_OCTETS = 65_532
_WORD = Layout(">I")
_HEADER = Layout(">BBBBI")
_DATA_LABEL = Layout(">HHIIBBBB")
_TAGGED_WORD = Layout(">HHI")
_DATA = MessageKind.DATA.value
_KINDS = frozenset(kind.value for kind in MessageKind)
_CLASSES = frozenset(kind.value >> 8 for kind in MessageKind)


def decode(octets: bytes) -> Message:
    """Read one M3UA message.

    Raises InvalidMessageError (a DecodeError with the code for ERR): version, class or type not supported, lengths
    that do not agree, a parameter twice, a value out of its range, a parameter the message cannot be without.
    Source: RFC 4666 clauses 3.1, 3.2 and 4.8 (error handling).
    """
    kind = read_kind(octets)
    parameters = split(octets, HEADER_OCTETS, _body_end(octets), MAX_PARAMETERS)
    if kind == _DATA:
        return _decode_data(parameters)
    return build(kind, parameters)


def encode(message: Message) -> bytes:
    """Return the octets of a message; ValueError for a value out of its range or over 65,532 octets."""
    body = encode_parameters(message)
    size = HEADER_OCTETS + len(body)
    if size > MAX_OCTETS or message.kind not in _KINDS:
        raise ValueError(f"M3UA message of kind {message.kind:#x} and {size} octets cannot be sent")
    return _HEADER.pack(VERSION, 0, message.kind >> 8, message.kind & 0xFF, size) + body


def data(
    opc: int,
    dpc: int,
    si: int,
    ni: int,
    mp: int,
    sls: int,
    payload: bytes,
    routing_context: int | None = None,
    network_appearance: int | None = None,
    correlation_id: int | None = None,
) -> bytes:
    """Return a DATA message without making records, for the busy path.

    Order 0200, 0006, 0210, 0013. ValueError for a value out of its range. Source: RFC 4666 clause 3.3.1.
    """
    if not (0 <= opc <= 0xFF_FFFF and 0 <= dpc <= 0xFF_FFFF and len(payload) <= MAX_OCTETS - 64):
        raise ValueError(f"M3UA DATA from {opc} to {dpc} with {len(payload)} octets cannot be sent")
    length = 4 + PROTOCOL_DATA_OCTETS + len(payload)
    padding = -length % 4
    before = b"" if network_appearance is None else _tagged_word(Tag.NETWORK_APPEARANCE, network_appearance)
    if routing_context is not None:
        before += _tagged_word(Tag.ROUTING_CONTEXT, routing_context)
    after = b"" if correlation_id is None else _tagged_word(Tag.CORRELATION_ID, correlation_id)
    size = HEADER_OCTETS + len(before) + length + padding + len(after)
    head = _HEADER.pack(VERSION, 0, 1, 1, size)
    try:
        label = _DATA_LABEL.pack(0x0210, length, opc, dpc, si, ni, mp, sls)
    except struct.error as error:
        raise ValueError("M3UA DATA: SI, NI, MP and SLS must be octets") from error
    return b"".join((head, before, label, payload, b"\x00" * padding, after))


def read_kind(octets: bytes) -> int:
    """Return class * 256 + type after checking version, reserved octet, class and type. Source: RFC 4666 3.1."""
    if len(octets) < HEADER_OCTETS:
        raise InvalidMessageError(len(octets), "header is cut short", ErrorCode.PROTOCOL_ERROR)
    if octets[0] != VERSION:
        raise InvalidMessageError(0, "version is not 1", ErrorCode.INVALID_VERSION)
    kind = octets[2] << 8 | octets[3]
    if kind in _KINDS:
        return kind
    if octets[2] not in _CLASSES:
        raise InvalidMessageError(2, "message class is not supported", ErrorCode.UNSUPPORTED_MESSAGE_CLASS)
    raise InvalidMessageError(3, "message type is not supported", ErrorCode.UNSUPPORTED_MESSAGE_TYPE)


def _body_end(octets: bytes) -> int:
    """Return where the parameters end, whether or not the length counts the last padding."""
    (length,) = _WORD.unpack_from(octets, 4)
    size = len(octets)
    if length == size and size <= MAX_OCTETS:
        return size
    if not HEADER_OCTETS <= length < size <= MAX_OCTETS or length + -length % 4 != size:
        raise InvalidMessageError(
            4, "length does not agree with the octets received", ErrorCode.PROTOCOL_ERROR
        )
    return int(length)


def _decode_data(parameters: list[tuple[int, bytes, int]]) -> Message:
    """Read the parameters of DATA, the message of the busy path."""
    protocol_data: ProtocolData | None = None
    contexts: tuple[int, ...] = ()
    appearance: int | None = None
    correlation: int | None = None
    seen = 0
    unknown: tuple[tuple[int, bytes], ...] = ()
    for tag, value, offset in parameters:
        if tag == 0x0210:
            bit, protocol_data = 1, read_protocol_data(value, offset)
        elif tag == 0x0006:
            bit, contexts = 2, read_words(value, offset, MAX_ROUTING_CONTEXTS)
        elif tag == 0x0200:
            bit, appearance = 4, read_word(value, offset)
        elif tag == 0x0013:
            bit, correlation = 8, read_word(value, offset)
        else:
            bit, unknown = 0, (*unknown, (tag, value))
        if seen & bit:
            raise InvalidMessageError(offset, "parameter is given twice", ErrorCode.PARAMETER_FIELD_ERROR)
        seen |= bit
    if protocol_data is None:
        raise InvalidMessageError(HEADER_OCTETS, "protocol data is missing", ErrorCode.MISSING_PARAMETER)
    return Message(_DATA, protocol_data, contexts, appearance, correlation, unknown=unknown)


def _tagged_word(tag: int, value: int) -> bytes:
    if not 0 <= value <= 0xFFFF_FFFF:
        raise ValueError(f"M3UA parameter {tag:#06x}: {value} is outside 32 bits")
    return _TAGGED_WORD.pack(tag, 8, value)
