"""ANSI ISUP messages of a basic call, as octets and as records.

A message is the circuit (14 bits, low octet first), its type, then what the type says. Types without a record come back
as OtherMessage. Carried by MTP3 or M3UA with service indicator 5.

Source: T1.113.3 clauses 1-4, A-143.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from ain_scp.signaling.bcd import digits_of
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.isup import values
from ain_scp.signaling.isup.frame import MAX_OCTETS, join, split
from ain_scp.signaling.isup.numbers import MessageType, Parameter
from ain_scp.signaling.isup.structs import (
    AddressComplete,
    Answer,
    CallProgress,
    GenericAddress,
    InitialAddress,
    IsupMessage,
    Number,
    OtherMessage,
    Release,
    ReleaseComplete,
    TransitNetwork,
)
from ain_scp.signaling.isup.values import NumberLayout

MAX_CIC = 0x3FFF
_T = TypeVar("_T")
_Optional = list[tuple[int, bytes, int]]

# parameter -> (field of InitialAddress, layout): the numbers an IAM may carry in its optional part.
_NUMBERS: dict[int, tuple[str, NumberLayout]] = {
    Parameter.CALLING_PARTY_NUMBER: ("calling_party_number", NumberLayout.PRESENTATION_AND_SCREENING),
    Parameter.CHARGE_NUMBER: ("charge_number", NumberLayout.PLAN_ONLY),
    Parameter.ORIGINAL_CALLED_NUMBER: ("original_called_number", NumberLayout.PRESENTATION),
    Parameter.REDIRECTING_NUMBER: ("redirecting_number", NumberLayout.PRESENTATION),
}


MESSAGE_TYPES: Final = frozenset((
    0x01, 0x04, 0x05, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x0E, *range(0x10, 0x1C), 0x24, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D,
    0x2E, 0x2F, 0x33, 0xE9, 0xEA, 0xEB, 0xEC, 0xED,
))  # fmt: skip
"""Every message type code of T1.113.3 as far as it is known here (unconfirmed beyond those that are read)."""


def decode(octets: bytes) -> IsupMessage:
    """Read one ISUP message.

    Raises DecodeError for a message cut short or over 272 octets, pointers that do not fit, a parameter of a wrong
    length or given twice. Source: T1.113.3 clauses 1 and 4.
    """
    size = len(octets)
    if size < 3:
        raise DecodeError(size, "isup", "header is cut short")
    if size > MAX_OCTETS:
        raise DecodeError(MAX_OCTETS, "isup", "message is too long")
    cic = (octets[1] << 8 | octets[0]) & MAX_CIC
    kind = octets[2]
    if kind == MessageType.IAM:
        return _decode_iam(cic, octets)
    if kind == MessageType.ACM:
        _, optional = split(octets, 5, 0)
        return AddressComplete(cic, octets[3] << 8 | octets[4], _rest(optional))
    if kind == MessageType.ANM:
        return _decode_anm(cic, octets)
    if kind == MessageType.CPG:
        _, optional = split(octets, 4, 0)
        return CallProgress(cic, octets[3] & 0x7F, bool(octets[3] & 0x80), _rest(optional))
    if kind == MessageType.REL:
        parts, optional = split(octets, 3, 1)
        cause, location, coding, diagnostics = values.decode_cause(*parts[0])
        return Release(cic, cause, location, coding, diagnostics, _rest(optional))
    if kind == MessageType.RLC:
        if octets[3:] not in {b"", b"\x00"}:
            raise DecodeError(3, "isup", "release complete has no parameters")
        return ReleaseComplete(cic)
    return OtherMessage(cic, kind, octets[3:])


def encode(message: IsupMessage) -> bytes:
    """Return the octets of a message; ValueError for a value out of its range. Source: T1.113.3 clauses 1 and 4."""
    if isinstance(message, InitialAddress):
        return _encode_iam(message)
    unknown = list(message.unknown) if not isinstance(message, ReleaseComplete | OtherMessage) else []
    if isinstance(message, AddressComplete):
        return join(
            _head(message.cic, MessageType.ACM) + _word(message.backward_call_indicators), [], unknown
        )
    if isinstance(message, Answer):
        if message.backward_call_indicators is not None:
            unknown.insert(0, (Parameter.BACKWARD_CALL_INDICATORS, _word(message.backward_call_indicators)))
        return join(_head(message.cic, MessageType.ANM), [], unknown)
    if isinstance(message, CallProgress):
        restricted = 0x80 if message.presentation_restricted else 0
        if not 0 <= message.event <= 0x7F:
            raise ValueError(f"ISUP: event {message.event} is outside 0 to 127")
        return join(_head(message.cic, MessageType.CPG) + bytes((restricted | message.event,)), [], unknown)
    if isinstance(message, Release):
        return join(_head(message.cic, MessageType.REL), [values.encode_cause(message)], unknown)
    if isinstance(message, ReleaseComplete):
        return _head(message.cic, MessageType.RLC)
    octets = _head(message.cic, message.message_type) + message.octets
    if len(octets) > MAX_OCTETS:
        raise ValueError(f"ISUP message of {len(octets)} octets is too long")
    return octets


def _decode_iam(cic: int, octets: bytes) -> InitialAddress:
    parts, optional = split(octets, 7, 2)
    user_service, called = parts
    if len(user_service[0]) < 2:
        raise DecodeError(user_service[1], "isup", "user service information is cut short")
    numbers: dict[str, Number] = {}
    others: dict[int, tuple[bytes, int]] = {}
    unknown: list[tuple[int, bytes]] = []
    transit: TransitNetwork | None = None
    carrier: str | None = None
    generic: GenericAddress | None = None
    for name, value, offset in optional:
        if name == Parameter.TRANSIT_NETWORK_SELECTION and values.is_national_carrier(value, 4):
            _once(transit is not None, offset)
            transit = values.decode_transit_network(value)
        elif name == Parameter.GENERIC_ADDRESS and generic is None and len(value) > 3:
            generic = _decode_generic(value, offset)
        elif name == Parameter.CARRIER_IDENTIFICATION and values.is_national_carrier(value, 3):
            _once(carrier is not None, offset)
            carrier = digits_of(value[1:])
        elif name in _NUMBERS:
            field, layout = _NUMBERS[name]
            _once(field in numbers, offset)
            numbers[field] = values.decode_number(value, offset, layout)
        elif name in _SINGLE:
            _once(name in others, offset)
            others[name] = (value, offset)
        else:
            unknown.append((name, value))
    return InitialAddress(
        cic,
        values.decode_number(*called, NumberLayout.PLAN_ONLY),
        nature_of_connection=octets[3],
        forward_call_indicators=octets[4] << 8 | octets[5],
        calling_party_category=octets[6],
        user_service_information=user_service[0],
        redirection_information=_found(values.decode_redirection, others, Parameter.REDIRECTION_INFORMATION),
        originating_line_information=_found(
            values.decode_octet, others, Parameter.ORIGINATING_LINE_INFORMATION
        ),
        jurisdiction=_found(values.decode_jurisdiction, others, Parameter.JURISDICTION),
        generic_address=generic,
        hop_counter=_found(values.decode_octet, others, Parameter.HOP_COUNTER),
        transit_network_selection=transit,
        carrier_identification=carrier,
        unknown=tuple(unknown),
        calling_party_number=numbers.get("calling_party_number"),
        charge_number=numbers.get("charge_number"),
        original_called_number=numbers.get("original_called_number"),
        redirecting_number=numbers.get("redirecting_number"),
    )


def _encode_iam(message: InitialAddress) -> bytes:
    head = _head(message.cic, MessageType.IAM)
    head += bytes((message.nature_of_connection,)) + _word(message.forward_call_indicators)
    head += bytes((message.calling_party_category,))
    optional: list[tuple[int, bytes]] = []
    for name, (field, layout) in _NUMBERS.items():
        number: Number | None = getattr(message, field)
        if number is not None:
            optional.append((name, values.encode_number(number, layout)))
    if message.redirection_information is not None:
        redirection = values.encode_redirection(message.redirection_information)
        optional.append((Parameter.REDIRECTION_INFORMATION, redirection))
    if message.originating_line_information is not None:
        optional.append(
            (Parameter.ORIGINATING_LINE_INFORMATION, bytes((message.originating_line_information,)))
        )
    if message.jurisdiction is not None:
        optional.append((Parameter.JURISDICTION, values.encode_jurisdiction(message.jurisdiction)))
    if message.generic_address is not None:
        optional.append((Parameter.GENERIC_ADDRESS, _encode_generic(message.generic_address)))
    if message.hop_counter is not None:
        optional.append((Parameter.HOP_COUNTER, bytes((message.hop_counter,))))
    if message.transit_network_selection is not None:
        transit = values.encode_transit_network(message.transit_network_selection)
        optional.append((Parameter.TRANSIT_NETWORK_SELECTION, transit))
    if message.carrier_identification is not None:
        carrier = values.encode_carrier(message.carrier_identification)
        optional.append((Parameter.CARRIER_IDENTIFICATION, carrier))
    optional.extend(message.unknown)
    called = values.encode_number(message.called_party_number, NumberLayout.PLAN_ONLY)
    return join(head, [message.user_service_information, called], optional)


def _decode_generic(octets: bytes, offset: int) -> GenericAddress:
    """Read type, then a number as a called party's; a second generic address of a message is kept as it is."""
    number = values.decode_number(octets[1:], offset + 1, NumberLayout.PLAN_ONLY)
    return GenericAddress(number.digits, octets[0], number.nature_of_address, number.numbering_plan)


def _encode_generic(address: GenericAddress) -> bytes:
    number = Number(address.digits, address.nature_of_address, address.numbering_plan)
    return bytes((address.kind,)) + values.encode_number(number, NumberLayout.PLAN_ONLY)


def _decode_anm(cic: int, octets: bytes) -> Answer:
    _, optional = split(octets, 3, 0)
    indicators: int | None = None
    unknown: list[tuple[int, bytes]] = []
    for name, value, offset in optional:
        if name == Parameter.BACKWARD_CALL_INDICATORS:
            _once(indicators is not None, offset)
            indicators = values.decode_two_octets(value, offset)
        else:
            unknown.append((name, value))
    return Answer(cic, indicators, tuple(unknown))


_SINGLE = frozenset(
    {
        Parameter.REDIRECTION_INFORMATION,
        Parameter.ORIGINATING_LINE_INFORMATION,
        Parameter.JURISDICTION,
        Parameter.HOP_COUNTER,
    }
)


def _found(reader: Callable[[bytes, int], _T], others: dict[int, tuple[bytes, int]], name: int) -> _T | None:
    return reader(*others[name]) if name in others else None


def _once(twice: bool, offset: int) -> None:
    if twice:
        raise DecodeError(offset, "isup", "parameter is given twice")


def _rest(optional: _Optional) -> tuple[tuple[int, bytes], ...]:
    return tuple((name, value) for name, value, _ in optional)


def _head(cic: int, message_type: int) -> bytes:
    if not 0 <= cic <= MAX_CIC:
        raise ValueError(f"ISUP: circuit {cic} is outside 0 to {MAX_CIC}")
    return bytes((cic & 0xFF, cic >> 8, message_type))


def _word(value: int) -> bytes:
    if not 0 <= value <= 0xFFFF:
        raise ValueError(f"ISUP: indicators {value} are outside two octets")
    return value.to_bytes(2, "big")
