"""Octets of any layer as a tree of names and meanings: M3UA, MTP3, SCCP, TCAP with AIN, ISUP.

What cannot be read raises DecodeError with the offset in the octets of its layer; inside a readable envelope it is shown
as a line, with its octets, so that a capture is never hidden by one message.

Source: A-178, D-006, D-007; RFC 4666 3, T1.112.3, T1.113.3, T1.114.3, ain-wire sections 1-3.
"""

from enum import IntEnum
from typing import Final

from ain_scp.signaling import isup, m3ua, sccp
from ain_scp.signaling.ain.describe import Line, describe
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.mtp3 import ServiceIndicator, format_point_code
from ain_scp.signaling.tcap import PackageType, decode_package
from ain_scp.ssp_sim.capture.m3ua_form import looks_like_m3ua
from ain_scp.ssp_sim.fields.isup_words import isup_lines
from ain_scp.ssp_sim.nodes.isup_door import NAMES
from ain_scp.ssp_sim.record import WireMessage

FORMS: Final = ("m3ua", "sccp", "tcap", "isup")
_SCCP_TYPES: Final = frozenset({0x09, 0x0A, 0x11, 0x12})
_PACKAGES: Final = frozenset(int(kind) for kind in PackageType)
_USERS: Final = {int(ServiceIndicator.SCCP): "SCCP", int(ServiceIndicator.ISUP): "ISUP"}


def form_of(octets: bytes) -> str:
    """Which layer octets begin with, by their form; DecodeError when they fit none."""
    if looks_like_m3ua(octets) or octets[:2] == b"\x01\x00":
        return "m3ua"
    if octets[:1] and octets[0] in _PACKAGES:
        return "tcap"
    if octets[:1] and octets[0] in _SCCP_TYPES and _is_sccp(octets):
        return "sccp"
    if len(octets) > 2 and octets[1] < 0x40 and octets[2] in isup.MESSAGE_TYPES:
        return "isup"
    raise DecodeError(
        0, "hex", "no M3UA, SCCP, TCAP or ISUP message by its form; --form says which it is meant to be"
    )


def _is_sccp(octets: bytes) -> bool:
    try:
        sccp.decode(octets)
    except DecodeError:
        return False
    return True


def tree_of(octets: bytes, form: str) -> Line:
    """The tree of octets of one form; raises DecodeError when they are none."""
    if form == "m3ua":
        return _m3ua(octets)
    if form == "sccp":
        return _sccp(octets)
    return describe(decode_package(octets)) if form == "tcap" else _isup(octets)


def message_tree(message: WireMessage) -> Line | None:
    """The tree of a message of a run; None when it has no octets. What cannot be read says so."""
    if not message.octets:
        return None
    try:
        return _m3ua(message.octets)
    except DecodeError as fault:
        return _unreadable(fault, message.octets)


def user_tree(si: int, payload: bytes) -> Line:
    """The message of an MTP user; what cannot be read is kept as octets with the reason."""
    try:
        if si == ServiceIndicator.SCCP:
            return _sccp(payload)
        if si == ServiceIndicator.ISUP:
            return _isup(payload)
    except DecodeError as fault:
        return _unreadable(fault, payload)
    return Line(f"MTP user {si}", payload.hex())


def tcap_tree(octets: bytes) -> Line:
    """A TCAP package, or its octets and why they are none."""
    try:
        return describe(decode_package(octets))
    except DecodeError as fault:
        return _unreadable(fault, octets)


def address_text(address: sccp.Address) -> str:
    """What an SCCP address holds."""
    title = address.global_title
    held = []
    if title is not None:
        held.append(
            f"global title: translation type {title.translation_type}, digits {title.digits}{_plan(title)}"
        )
    if address.point_code is not None:
        held.append(f"point code {format_point_code(address.point_code)}")
    if address.ssn:
        held.append(f"SSN {address.ssn}")
    return ", ".join(held) or "empty"


_PLANS: Final = {1: "E.164", 3: "X.121", 4: "F.69", 6: "E.212", 7: "E.214"}
"""Numbering plans of T1.112.3 clause 3.4.2.3."""


def _plan(title: sccp.GlobalTitle) -> str:
    """The numbering plan that a title may carry."""
    if title.numbering_plan is None:
        return ""
    name = _PLANS.get(title.numbering_plan)
    return f", numbering plan {title.numbering_plan}" + (f" ({name})" if name else "")


def _unreadable(fault: DecodeError, octets: bytes) -> Line:
    return Line("unreadable", f"{fault} | {octets.hex()}")


def _m3ua(octets: bytes) -> Line:
    message = m3ua.decode(octets)
    data = message.protocol_data
    if data is None:
        return Line("M3UA", _name(MessageKind, message.kind), (Line("octets", octets.hex()),))
    label = Line(
        "MTP3",
        f"{format_point_code(data.opc)} to {format_point_code(data.dpc)}",
        (
            Line("service indicator", f"{data.si} {_USERS.get(data.si, '')}".rstrip()),
            Line("network indicator", str(data.ni)),
            Line("SLS", str(data.sls)),
        ),
    )
    context = tuple(Line("routing context", str(one)) for one in message.routing_contexts)
    return Line("M3UA", "DATA", (*context, label, user_tree(data.si, data.payload)))


def _sccp(octets: bytes) -> Line:
    """An SCCP message with its TCAP package; a segment of a long message keeps its octets."""
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
        lines.append(tcap_tree(unit.data))
    return Line("SCCP", _words(type(unit).__name__), tuple(lines))


def _address(role: str, address: sccp.Address) -> Line:
    """An address in words: what it holds, and by what it is routed."""
    by = "subsystem number" if address.route_on_ssn else "global title"
    return Line(f"{role} address", address_text(address), (Line("routed by", by),))


def _isup(octets: bytes) -> Line:
    """An ISUP message, field by field."""
    message = isup.decode(octets)
    return Line("ISUP", NAMES.get(type(message), f"message {octets[2]:#04x}"), isup_lines(message))


def _name(names: type[IntEnum], number: int) -> str:
    try:
        return f"{number} {names(number).name.lower().replace('_', ' ')}"
    except ValueError:
        return str(number)


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
