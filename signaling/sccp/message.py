"""The six connectionless ANSI SCCP messages as octets and as records.

UDT 0x09, UDTS 0x0A: type, class or cause, three pointers, three parts. XUDT 0x11, XUDTS 0x12: type, class or cause,
hop counter, four pointers (the last 0 without optional part), the parts. A pointer counts from its own octet. Every
part is a length octet and its value; the parts must cover the rest of the message exactly, so that no octet belongs
to two parts or to none. The optional part must end with 0x00 in the last octet. Unknown optional parameters are kept.
LUDT 0x13, LUDTS 0x14: as XUDT, but pointers and the data's length have two octets, the least significant first, and a
pointer counts from its second octet.
Limits: an address at most 255 octets, data 0 to 255 octets (3,952 in LUDT), 8 optional parameters.

Source: T1.112.3 clauses 3 and 4, Q.713 clauses 2.3, 4.20, 4.21 (LUDT; as tshark reads them), [0046], D-001.
"""

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.sccp.address import decode_address, encode_address
from ain_scp.signaling.sccp.structs import (
    MAX_HOP_COUNTER,
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    LongUnitData,
    LongUnitDataService,
    SccpMessage,
    Segmentation,
    UnitData,
    UnitDataService,
)

UDT = 0x09
UDTS = 0x0A
XUDT = 0x11
XUDTS = 0x12
LUDT = 0x13
LUDTS = 0x14
RETURN_ON_ERROR = 0x80
MAX_DATA = 255
MAX_XUDT_DATA = 254
MAX_LUDT_DATA = 3952
MAX_OPTIONAL_PARAMETERS = 8
_SEGMENTATION = 0x10
_SEGMENTATION_OCTETS = 4
_END_OF_OPTIONAL = 0x00
_UDT_POINTERS = 2
_XUDT_POINTERS = 3
_DATA_PART, _OPTIONAL_PART = 2, 3


class UnknownMessageTypeError(DecodeError):
    """The message type is none of this codec's; the receiver ignores and counts it. Source: T1.112.4 clause 5."""


def decode(octets: bytes) -> SccpMessage:
    """Read one SCCP message.

    Raises DecodeError for a pointer out of range, overlapping or unused octets, a part cut short, a protocol class
    that is not connectionless, an address of another network; UnknownMessageTypeError (a DecodeError) for the rest.
    Source: T1.112.3 clauses 3 and 4.
    """
    kind = octets[0] if octets else -1
    if kind == UDT:
        called, calling, data = _unit_data_parts(octets)
        protocol_class, return_on_error = _protocol_class(octets[1])
        return UnitData(called, calling, data, protocol_class, return_on_error)
    if kind == UDTS:
        called, calling, data = _unit_data_parts(octets)
        return UnitDataService(called, calling, data, octets[1])
    if kind == XUDT:
        called, calling, data, hops, segmentation, unknown = _extended_parts(octets)
        protocol_class, return_on_error = _protocol_class(octets[1])
        return ExtendedUnitData(
            called, calling, data, protocol_class, return_on_error, hops, segmentation, unknown
        )
    if kind == XUDTS:
        called, calling, data, hops, segmentation, unknown = _extended_parts(octets)
        return ExtendedUnitDataService(called, calling, data, octets[1], hops, segmentation, unknown)
    if kind == LUDT:
        called, calling, data, hops, segmentation, unknown = _extended_parts(octets, 2)
        protocol_class, return_on_error = _protocol_class(octets[1])
        return LongUnitData(
            called, calling, data, protocol_class, return_on_error, hops, segmentation, unknown
        )
    if kind == LUDTS:
        called, calling, data, hops, segmentation, unknown = _extended_parts(octets, 2)
        return LongUnitDataService(called, calling, data, octets[1], hops, segmentation, unknown)
    if kind < 0:
        raise DecodeError(0, "sccp", "message is empty")
    raise UnknownMessageTypeError(0, "sccp", "message type is not known")


def encode(message: SccpMessage) -> bytes:
    """Return the octets of a message; ValueError for data that does not fit or a value out of range. Source: T1.112.3."""
    if isinstance(message, UnitData):
        return _join(bytes((UDT, _class_octet(message.protocol_class, message.return_on_error))), message)
    if isinstance(message, UnitDataService):
        return _join(bytes((UDTS, message.return_cause)), message)
    if not 0 <= message.hop_counter <= MAX_HOP_COUNTER:
        raise ValueError(f"SCCP hop counter {message.hop_counter} out of range")
    if isinstance(message, ExtendedUnitData):
        second = _class_octet(message.protocol_class, message.return_on_error)
        kind = LUDT if isinstance(message, LongUnitData) else XUDT
        return _join_extended(bytes((kind, second, message.hop_counter)), message)
    kind = LUDTS if isinstance(message, LongUnitDataService) else XUDTS
    return _join_extended(bytes((kind, message.return_cause, message.hop_counter)), message)


def _unit_data_parts(octets: bytes) -> tuple[Address, Address, bytes]:
    """Follow the three pointers of UDT and UDTS; the usual order without gaps takes the short way."""
    size = len(octets)
    if size < 5:
        raise DecodeError(size, "sccp", "pointers are missing")
    if octets[2] == 3 and size > 5:
        calling_at = 6 + octets[5]
        data_at = calling_at + 1 + octets[calling_at] if calling_at < size else size
        in_order = octets[3] == calling_at - 3 and octets[4] == data_at - 4
        if in_order and data_at < size and data_at + 1 + octets[data_at] == size:
            called = octets[6:calling_at]
            calling = octets[calling_at + 1 : data_at]
            return _address(called, 6), _address(calling, calling_at + 1), octets[data_at + 1 :]
    parts = _parts(octets, _UDT_POINTERS, 3)
    return _address(*parts[0]), _address(*parts[1]), parts[2][0]


def _extended_parts(
    octets: bytes, width: int = 1
) -> tuple[Address, Address, bytes, int, Segmentation | None, tuple[tuple[int, bytes], ...]]:
    """Follow the four pointers of XUDT and XUDTS (of one octet) or LUDT and LUDTS (of two)."""
    if len(octets) < 3 + 4 * width:
        raise DecodeError(len(octets), "sccp", "pointers are missing")
    if octets[2] > MAX_HOP_COUNTER:
        raise DecodeError(2, "sccp", "hop counter is over 15")
    parts = _parts(octets, _XUDT_POINTERS, 4, width)
    segmentation, unknown = _optional(*parts[3]) if len(parts) > 3 else (None, ())
    return _address(*parts[0]), _address(*parts[1]), parts[2][0], octets[2], segmentation, unknown


def _parts(octets: bytes, first_pointer: int, pointers: int, width: int = 1) -> list[tuple[bytes, int]]:
    """Return (value, offset) of each part after checking that the parts cover the message exactly once.

    `width` is the octets of a pointer, and of the length of the data.
    """
    size = len(octets)
    parts: list[tuple[bytes, int]] = []
    spans: list[tuple[int, int]] = []
    for index in range(pointers):
        at = first_pointer + index * width
        optional = index == _OPTIONAL_PART
        pointer = int.from_bytes(octets[at : at + width], "little")
        if optional and pointer == 0:
            break
        start = at + width - 1 + pointer
        if pointer == 0 or start >= size:
            raise DecodeError(at, "sccp", "pointer is out of range")
        value = start if optional else start + (width if index == _DATA_PART else 1)
        end = size if optional else value + int.from_bytes(octets[start:value], "little")
        if end > size:
            raise DecodeError(start, "sccp", "part is longer than the message")
        parts.append((octets[value:end], value))
        spans.append((start, end))
    expected = first_pointer + pointers * width
    for start, end in sorted(spans):
        if start != expected:
            reason = "parts overlap" if start < expected else "octets belong to no part"
            raise DecodeError(min(start, expected), "sccp", reason)
        expected = end
    if expected != size:
        raise DecodeError(expected, "sccp", "octets belong to no part")
    return parts


def _address(octets: bytes, offset: int) -> Address:
    """Decode an address and count its errors from the start of the message."""
    try:
        return decode_address(octets)
    except DecodeError as error:
        raise DecodeError(offset + error.offset, "sccp", error.reason) from None


def _optional(octets: bytes, offset: int) -> tuple[Segmentation | None, tuple[tuple[int, bytes], ...]]:
    """Read the optional part: name, length, value ... 0x00; each step consumes at least two octets."""
    segmentation: Segmentation | None = None
    unknown: list[tuple[int, bytes]] = []
    position = 0
    while position < len(octets) and octets[position] != _END_OF_OPTIONAL:
        end = position + 2 + octets[position + 1] if position + 1 < len(octets) else len(octets) + 1
        if end > len(octets):
            raise DecodeError(offset + position, "sccp", "optional parameter is longer than the message")
        value = octets[position + 2 : end]
        if octets[position] == _SEGMENTATION:
            if segmentation is not None:
                raise DecodeError(offset + position, "sccp", "segmentation is given twice")
            segmentation = _segmentation(value, offset + position)
        elif len(unknown) >= MAX_OPTIONAL_PARAMETERS:
            raise DecodeError(offset + position, "sccp", "too many optional parameters")
        else:
            unknown.append((octets[position], value))
        position = end
    if position != len(octets) - 1:
        reason = (
            "optional part has no end"
            if position >= len(octets)
            else "octets after the end of the optional part"
        )
        raise DecodeError(offset + position, "sccp", reason)
    return segmentation, tuple(unknown)


def _segmentation(value: bytes, offset: int) -> Segmentation:
    if len(value) != _SEGMENTATION_OCTETS:
        raise DecodeError(offset, "sccp", "segmentation must have four octets")
    flags = value[0]
    reference = int.from_bytes(value[1:4], "big")
    return Segmentation(bool(flags & 0x80), flags & 0x0F, reference, bool(flags & 0x40))


def _protocol_class(octet: int) -> tuple[int, bool]:
    if octet & 0x0F > 1:
        raise DecodeError(1, "sccp", "protocol class is not connectionless")
    return octet & 0x0F, octet & 0xF0 == RETURN_ON_ERROR


def _class_octet(protocol_class: int, return_on_error: bool) -> int:
    if protocol_class not in {0, 1}:
        raise ValueError(f"SCCP protocol class {protocol_class} is not connectionless")
    return protocol_class | (RETURN_ON_ERROR if return_on_error else 0)


def _join(head: bytes, message: UnitData | UnitDataService) -> bytes:
    called, calling, data = encode_address(message.called), encode_address(message.calling), message.data
    if len(data) > MAX_DATA:
        raise ValueError(f"SCCP data of {len(data)} octets does not fit in a UDT")
    to_calling, to_data = 3 + len(called), 3 + len(called) + len(calling)
    return b"".join(
        (
            head,
            bytes((3, to_calling, to_data, len(called))),
            called,
            bytes((len(calling),)),
            calling,
            bytes((len(data),)),
            data,
        )
    )


def _join_extended(head: bytes, message: ExtendedUnitData | ExtendedUnitDataService) -> bytes:
    called, calling, data = encode_address(message.called), encode_address(message.calling), message.data
    optional = _encode_optional(message.segmentation, message.unknown)
    if isinstance(message, LongUnitData | LongUnitDataService):
        return _join_long(head, called, calling, data, optional)
    to_optional = 4 + len(called) + len(calling) + len(data) if optional else 0
    if len(data) > MAX_XUDT_DATA or to_optional > 0xFF:
        raise ValueError(f"SCCP data of {len(data)} octets does not fit in an XUDT")
    pointers = bytes((4, 4 + len(called), 4 + len(called) + len(calling), to_optional))
    values = b"".join(bytes((len(value),)) + value for value in (called, calling, data))
    return head + pointers + values + optional


def _join_long(head: bytes, called: bytes, calling: bytes, data: bytes, optional: bytes) -> bytes:
    if len(data) > MAX_LUDT_DATA:
        raise ValueError(f"SCCP data of {len(data)} octets does not fit in an LUDT")
    to_calling = 7 - 2 + 1 + len(called)
    to_data = to_calling - 2 + 1 + len(calling)
    to_optional = to_data - 2 + 2 + len(data) if optional else 0
    pointers = b"".join(pointer.to_bytes(2, "little") for pointer in (7, to_calling, to_data, to_optional))
    addresses = bytes((len(called),)) + called + bytes((len(calling),)) + calling
    return head + pointers + addresses + len(data).to_bytes(2, "little") + data + optional


def _encode_optional(segmentation: Segmentation | None, unknown: tuple[tuple[int, bytes], ...]) -> bytes:
    octets = b""
    if segmentation is not None:
        if not 0 <= segmentation.remaining <= 0x0F:
            raise ValueError(f"SCCP segmentation: {segmentation.remaining} remaining segments do not fit")
        flags = segmentation.remaining
        flags |= (0x80 if segmentation.first else 0) | (0x40 if segmentation.in_sequence else 0)
        octets = bytes((_SEGMENTATION, 4, flags)) + segmentation.local_reference.to_bytes(3, "big")
    for name, value in unknown:
        octets += bytes((name, len(value))) + value
    return octets + b"\x00" if octets else b""
