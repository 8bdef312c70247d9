"""What one message of a run holds, down to every parameter, in words: for the report and for people.

Source: A-178, D-007; RFC 4666 clause 3, T1.112.3, T1.113.3.
"""

from enum import IntEnum

from ain_scp.signaling import isup, m3ua, sccp
from ain_scp.signaling.ain.describe import Line, describe
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.mtp3 import ServiceIndicator, format_point_code
from ain_scp.signaling.tcap import decode_package
from ain_scp.ssp_sim.isup_words import isup_lines
from ain_scp.ssp_sim.nodes.isup_door import NAMES
from ain_scp.ssp_sim.record import WireMessage

_USERS = {int(ServiceIndicator.SCCP): "SCCP", int(ServiceIndicator.ISUP): "ISUP"}


def decode_message(message: WireMessage) -> Line | None:
    """The nested lines of a message; None when it has no octets. What cannot be read says so."""
    if not message.octets:
        return None
    try:
        return _m3ua(message.octets)
    except DecodeError as fault:
        return Line("unreadable", str(fault), ())


def _m3ua(octets: bytes) -> Line:
    decoded = m3ua.decode(octets)
    data = decoded.protocol_data
    if data is None:
        return Line("M3UA", _name(MessageKind, decoded.kind), ())
    label = Line(
        "MTP3",
        f"{format_point_code(data.opc)} to {format_point_code(data.dpc)}",
        (
            Line("service indicator", f"{data.si} {_USERS.get(data.si, '')}".rstrip()),
            Line("network indicator", str(data.ni)),
            Line("SLS", str(data.sls)),
        ),
    )
    context = tuple(Line("routing context", str(one)) for one in decoded.routing_contexts)
    return Line("M3UA", "DATA", (*context, label, _user(data.si, data.payload)))


def _user(si: int, payload: bytes) -> Line:
    """The message of an MTP user; what cannot be read keeps its octets and says why."""
    try:
        if si == ServiceIndicator.SCCP:
            return _sccp(payload)
        if si == ServiceIndicator.ISUP:
            return _isup(payload)
    except DecodeError as fault:
        return Line("unreadable", f"{fault}; {payload.hex()}")
    return Line(f"MTP user {si}", payload.hex())


def _isup(payload: bytes) -> Line:
    message = isup.decode(payload)
    return Line("ISUP", NAMES.get(type(message), f"message {payload[2]:#04x}"), isup_lines(message))


def _sccp(octets: bytes) -> Line:
    unit = sccp.decode(octets)
    lines = [_address("called", unit.called), _address("calling", unit.calling)]
    if isinstance(unit, sccp.UnitDataService | sccp.ExtendedUnitDataService):
        lines.append(Line("return cause", _name(sccp.ReturnCause, unit.return_cause)))
    else:
        lines.append(Line("return on error", "yes" if unit.return_on_error else "no"))
    if isinstance(unit, sccp.ExtendedUnitData) and unit.segmentation is not None:
        left = unit.segmentation.remaining
        lines.append(Line("segment", f"{left} more to come", (Line("octets", unit.data.hex()),)))
    elif unit.called.ssn == 1:
        lines.append(Line("SCCP management", unit.data.hex()))
    else:
        lines.append(describe(decode_package(unit.data)))
    return Line("SCCP", _words(type(unit).__name__), tuple(lines))


def _address(role: str, address: sccp.Address) -> Line:
    """An address in words: by what it is routed, then what it holds."""
    title = address.global_title
    held = []
    if title is not None:
        held.append(f"title {title.digits} (translation type {title.translation_type})")
    if address.point_code is not None:
        held.append(f"point code {format_point_code(address.point_code)}")
    if address.ssn:
        held.append(f"SSN {address.ssn}")
    by = "subsystem number" if address.route_on_ssn else "global title"
    return Line(f"{role} address", ", ".join(held) or "empty", (Line("routed by", by),))


def _name(names: type[IntEnum], number: int) -> str:
    try:
        return f"{number} {names(number).name.lower().replace('_', ' ')}"
    except ValueError:
        return str(number)


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
