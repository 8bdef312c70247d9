"""M3UA parameters: tag, length, value, padding; read in any order, written in one.

Limits: 64 parameters, 128 routing contexts, 512 affected point codes; values have exactly the length the RFC gives.
Errors carry the code of ERR. The tables below hold one row per tag.

Source: RFC 4666 clauses 3.2-3.8.
"""

from collections.abc import Callable
from struct import Struct as Layout
from typing import Any, Final

from ain_scp.signaling.m3ua.numbers import ErrorCode, MessageKind, Tag
from ain_scp.signaling.m3ua.structs import (
    AffectedPointCode,
    DeregistrationResult,
    InvalidMessageError,
    Message,
    ProtocolData,
    RegistrationResult,
    RoutingKey,
)
from ain_scp.signaling.mtp3 import MAX_POINT_CODE

MAX_PARAMETERS = 64
MAX_ROUTING_CONTEXTS = 128
MAX_AFFECTED_POINT_CODES = 512
PROTOCOL_DATA_OCTETS = 12
MAX_VALUE_OCTETS = 65_520
_TAG_AND_LENGTH = Layout(">HH")
_WORD = Layout(">I")
_LABEL = Layout(">IIBBBB")
_Raw = tuple[int, bytes, int]


def split(octets: bytes, start: int, end: int, limit: int) -> list[_Raw]:
    """Return (tag, value, offset) of each parameter; every step goes at least four octets forward."""
    parameters: list[tuple[int, bytes, int]] = []
    position = start
    while position < end:
        if position + 4 > end:
            raise InvalidMessageError(
                position, "parameter header is cut short", ErrorCode.PARAMETER_FIELD_ERROR
            )
        tag, length = _TAG_AND_LENGTH.unpack_from(octets, position)
        if length < 4 or position + length > end:
            raise InvalidMessageError(
                position + 2, "parameter length is wrong", ErrorCode.PARAMETER_FIELD_ERROR
            )
        if len(parameters) >= limit:
            raise InvalidMessageError(position, "too many parameters", ErrorCode.PARAMETER_FIELD_ERROR)
        parameters.append((tag, octets[position + 4 : position + length], position))
        position += (length + 3) & ~3
    return parameters


def read_protocol_data(value: bytes, offset: int) -> ProtocolData:
    """Read OPC, DPC, SI, NI, MP, SLS and the user's octets. Source: RFC 4666 clause 3.3.1."""
    if len(value) < PROTOCOL_DATA_OCTETS:
        raise InvalidMessageError(offset, "protocol data is cut short", ErrorCode.PARAMETER_FIELD_ERROR)
    opc, dpc, si, ni, mp, sls = _LABEL.unpack_from(value)
    if opc > MAX_POINT_CODE or dpc > MAX_POINT_CODE:
        raise InvalidMessageError(offset, "point code is over 24 bits", ErrorCode.INVALID_PARAMETER_VALUE)
    return ProtocolData(opc, dpc, si, ni, mp, sls, value[PROTOCOL_DATA_OCTETS:])


def read_word(value: bytes, offset: int) -> int:
    """Read a parameter of exactly four octets."""
    if len(value) != 4:
        raise InvalidMessageError(offset, "parameter must have four octets", ErrorCode.PARAMETER_FIELD_ERROR)
    (word,) = _WORD.unpack(value)
    return int(word)


def read_words(value: bytes, offset: int, limit: int) -> tuple[int, ...]:
    """Read a list of one to `limit` words."""
    if len(value) % 4 or not 4 <= len(value) <= 4 * limit:
        raise InvalidMessageError(offset, "list of words has a wrong length", ErrorCode.PARAMETER_FIELD_ERROR)
    return tuple(int(item[0]) for item in _WORD.iter_unpack(value))


def _pair(value: bytes, offset: int) -> tuple[int, int]:
    word = read_word(value, offset)
    return word >> 16, word & 0xFFFF


def _affected(value: bytes, offset: int) -> tuple[AffectedPointCode, ...]:
    words = read_words(value, offset, MAX_AFFECTED_POINT_CODES)
    return tuple(AffectedPointCode(word & 0xFF_FFFF, word >> 24) for word in words)


def _inner(value: bytes, offset: int) -> dict[int, tuple[bytes, int]]:
    """Read the parameters inside a parameter; each at most once."""
    found: dict[int, tuple[bytes, int]] = {}
    for tag, inner, at in split(value, 0, len(value), MAX_PARAMETERS):
        if tag in found:
            raise InvalidMessageError(
                offset + at, "parameter is given twice", ErrorCode.PARAMETER_FIELD_ERROR
            )
        found[tag] = (inner, offset + at)
    return found


def _inner_word(found: dict[int, tuple[bytes, int]], tag: int, offset: int) -> int:
    if tag not in found:
        raise InvalidMessageError(offset, "inner parameter is missing", ErrorCode.MISSING_PARAMETER)
    return read_word(*found[tag])


def _routing_key(value: bytes, offset: int) -> RoutingKey:
    found = _inner(value, offset)
    own = _inner_word(found, Tag.LOCAL_ROUTING_KEY_ID, offset)
    rest = tuple((tag, inner) for tag, (inner, _) in found.items() if tag != Tag.LOCAL_ROUTING_KEY_ID)
    return RoutingKey(own, rest)


def _registration_result(value: bytes, offset: int) -> RegistrationResult:
    found = _inner(value, offset)
    return RegistrationResult(
        _inner_word(found, Tag.LOCAL_ROUTING_KEY_ID, offset),
        _inner_word(found, Tag.REGISTRATION_STATUS, offset),
        _inner_word(found, Tag.ROUTING_CONTEXT, offset),
    )


def _deregistration_result(value: bytes, offset: int) -> DeregistrationResult:
    found = _inner(value, offset)
    return DeregistrationResult(
        _inner_word(found, Tag.ROUTING_CONTEXT, offset), _inner_word(found, Tag.DEREGISTRATION_STATUS, offset)
    )


def _text(value: bytes, offset: int) -> bytes:
    del offset
    return value


def _routing_contexts(value: bytes, offset: int) -> tuple[int, ...]:
    return read_words(value, offset, MAX_ROUTING_CONTEXTS)


def _word(value: int) -> bytes:
    if not 0 <= value <= 0xFFFF_FFFF:
        raise ValueError(f"M3UA parameter: {value} is outside 32 bits")
    return _WORD.pack(value)


def _words(values: tuple[int, ...]) -> bytes:
    return b"".join(_word(value) for value in values)


def _pair_octets(pair: tuple[int, int]) -> bytes:
    if not (0 <= pair[0] <= 0xFFFF and 0 <= pair[1] <= 0xFFFF):
        raise ValueError(f"M3UA parameter: {pair} is outside 16 bits")
    return _TAG_AND_LENGTH.pack(pair[0], pair[1])


def _protocol_data_octets(value: ProtocolData) -> bytes:
    if not (0 <= value.opc <= MAX_POINT_CODE and 0 <= value.dpc <= MAX_POINT_CODE):
        raise ValueError(f"M3UA protocol data from {value.opc} to {value.dpc}: point codes have 24 bits")
    octets = bytes((value.si, value.ni, value.mp, value.sls))
    return _word(value.opc) + _word(value.dpc) + octets + value.payload


def _affected_octets(values: tuple[AffectedPointCode, ...]) -> bytes:
    if not all(0 <= value.point_code <= MAX_POINT_CODE for value in values):
        raise ValueError("M3UA affected point code: point codes have 24 bits")
    return _words(tuple(value.mask << 24 | value.point_code for value in values))


def _routing_key_octets(value: RoutingKey) -> bytes:
    inner = b"".join(_padded(tag, octets) for tag, octets in value.parameters)
    return _padded(Tag.LOCAL_ROUTING_KEY_ID, _word(value.local_routing_key_id)) + inner


def _registration_octets(value: RegistrationResult) -> bytes:
    rows = (
        (Tag.LOCAL_ROUTING_KEY_ID, value.local_routing_key_id),
        (Tag.REGISTRATION_STATUS, value.status),
        (Tag.ROUTING_CONTEXT, value.routing_context),
    )
    return b"".join(_padded(tag, _word(word)) for tag, word in rows)


def _deregistration_octets(value: DeregistrationResult) -> bytes:
    rows = ((Tag.ROUTING_CONTEXT, value.routing_context), (Tag.DEREGISTRATION_STATUS, value.status))
    return b"".join(_padded(tag, _word(word)) for tag, word in rows)


def _padded(tag: int, value: bytes) -> bytes:
    """Return tag, length, value and padding to four octets; the length is without the padding."""
    if len(value) > MAX_VALUE_OCTETS:
        raise ValueError(f"M3UA parameter {tag:#06x} of {len(value)} octets is too long")
    return _TAG_AND_LENGTH.pack(tag, len(value) + 4) + value + b"\x00" * (-len(value) % 4)


_Value = (
    int
    | bytes
    | tuple[int, int]
    | tuple[int, ...]
    | tuple[AffectedPointCode, ...]
    | ProtocolData
    | RoutingKey
    | RegistrationResult
    | DeregistrationResult
)

# tag -> (field of Message, reader, writer). The order of the rows is the order on the wire: status and codes before what they
# are about, NA before RC before PC, texts last; it satisfies the order every message of the RFC is drawn in.
TABLE: Final[dict[int, tuple[str, Callable[[bytes, int], _Value], Callable[[Any], bytes]]]] = {
    Tag.ERROR_CODE: ("error_code", read_word, _word),
    Tag.STATUS: ("status", _pair, _pair_octets),
    Tag.ASP_IDENTIFIER: ("asp_identifier", read_word, _word),
    Tag.TRAFFIC_MODE: ("traffic_mode", read_word, _word),
    Tag.NETWORK_APPEARANCE: ("network_appearance", read_word, _word),
    Tag.ROUTING_CONTEXT: ("routing_contexts", _routing_contexts, _words),
    Tag.PROTOCOL_DATA: ("protocol_data", read_protocol_data, _protocol_data_octets),
    Tag.CORRELATION_ID: ("correlation_id", read_word, _word),
    Tag.AFFECTED_POINT_CODE: ("affected_point_codes", _affected, _affected_octets),
    Tag.USER_CAUSE: ("user_cause", _pair, _pair_octets),
    Tag.CONCERNED_DESTINATION: ("concerned_destination", read_word, _word),
    Tag.CONGESTION: ("congestion_level", read_word, _word),
    Tag.HEARTBEAT: ("heartbeat", _text, bytes),
    Tag.ROUTING_KEY: ("routing_keys", _routing_key, _routing_key_octets),
    Tag.REGISTRATION_RESULT: ("registration_results", _registration_result, _registration_octets),
    Tag.DEREGISTRATION_RESULT: ("deregistration_results", _deregistration_result, _deregistration_octets),
    Tag.DIAGNOSTIC: ("diagnostic", _text, bytes),
    Tag.INFO_STRING: ("info_string", _text, bytes),
}
_REPEATED = frozenset({Tag.ROUTING_KEY, Tag.REGISTRATION_RESULT, Tag.DEREGISTRATION_RESULT})

# kind -> parameters it cannot be without. Source: RFC 4666 clauses 3.3-3.8.
MANDATORY: Final[dict[int, tuple[Tag, ...]]] = {
    MessageKind.ERR: (Tag.ERROR_CODE,),
    MessageKind.NTFY: (Tag.STATUS,),
    MessageKind.DATA: (Tag.PROTOCOL_DATA,),
    MessageKind.DUNA: (Tag.AFFECTED_POINT_CODE,),
    MessageKind.DAVA: (Tag.AFFECTED_POINT_CODE,),
    MessageKind.DAUD: (Tag.AFFECTED_POINT_CODE,),
    MessageKind.SCON: (Tag.AFFECTED_POINT_CODE,),
    MessageKind.DUPU: (Tag.AFFECTED_POINT_CODE, Tag.USER_CAUSE),
    MessageKind.DRST: (Tag.AFFECTED_POINT_CODE,),
    MessageKind.REG_REQ: (Tag.ROUTING_KEY,),
    MessageKind.REG_RSP: (Tag.REGISTRATION_RESULT,),
    MessageKind.DEREG_REQ: (Tag.ROUTING_CONTEXT,),
    MessageKind.DEREG_RSP: (Tag.DEREGISTRATION_RESULT,),
}


def build(kind: int, parameters: list[_Raw]) -> Message:
    """Make the record of any message but DATA; InvalidMessageError for a repeated, wrong or missing parameter."""
    fields: dict[str, _Value] = {}
    lists: dict[str, list[_Value]] = {}
    unknown: list[tuple[int, bytes]] = []
    for tag, value, offset in parameters:
        row = TABLE.get(tag)
        if row is None:
            unknown.append((tag, value))
            continue
        name, reader, _ = row
        if tag in _REPEATED:
            lists.setdefault(name, []).append(reader(value, offset))
        elif name in fields:
            raise InvalidMessageError(offset, "parameter is given twice", ErrorCode.PARAMETER_FIELD_ERROR)
        else:
            fields[name] = reader(value, offset)
    for tag in MANDATORY.get(kind, ()):
        if TABLE[tag][0] not in fields and TABLE[tag][0] not in lists:
            raise InvalidMessageError(8, "a mandatory parameter is missing", ErrorCode.MISSING_PARAMETER)
    merged: dict[str, _Value | tuple[_Value, ...]] = {**fields}
    merged.update({name: tuple(values) for name, values in lists.items()})
    return Message(kind, unknown=tuple(unknown), **merged)  # type: ignore[arg-type]  # TABLE gives each its type


def encode_parameters(message: Message) -> bytes:
    """Return all parameters of a message, padded; ValueError for a value out of its range."""
    parts: list[bytes] = []
    for tag, (name, _, writer) in TABLE.items():
        value = getattr(message, name)
        if value is None or value == ():
            continue
        items = value if tag in _REPEATED else (value,)
        parts.extend(_padded(tag, writer(item)) for item in items)
    parts.extend(_padded(tag, octets) for tag, octets in message.unknown)
    return b"".join(parts)
