"""Octets of any layer as a tree of names and meanings: M3UA, MTP3, SCCP, TCAP with AIN, ISUP.

What cannot be read raises DecodeError with the offset in the octets of its layer; inside a readable envelope it is shown
as a line, with its octets, so that a capture is never hidden by one message.

Source: D-006; RFC 4666 3, T1.112.3, T1.113.3, T1.114.3, ain-wire sections 1-3.
"""

from typing import Final

import msgspec

from ain_scp.signaling import isup, m3ua, sccp
from ain_scp.signaling.ain.describe import Line, describe
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.mtp3 import ServiceIndicator, format_point_code
from ain_scp.signaling.tcap import PackageType, decode_package
from ain_scp.ssp_sim.capture.m3ua_form import looks_like_m3ua

FORMS: Final = ("m3ua", "sccp", "tcap", "isup")
_SCCP_TYPES: Final = frozenset({0x09, 0x0A, 0x11, 0x12})
_PACKAGES: Final = frozenset(int(kind) for kind in PackageType)


def form_of(octets: bytes) -> str:
    """Which layer octets begin with, by their form; what fits none is taken for ISUP, whose head is any octets."""
    if looks_like_m3ua(octets) or octets[:2] == b"\x01\x00":
        return "m3ua"
    if octets[:1] and octets[0] in _PACKAGES:
        return "tcap"
    if octets[:1] and octets[0] in _SCCP_TYPES and _is_sccp(octets):
        return "sccp"
    return "isup"


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
        return sccp_tree(octets)
    return describe(decode_package(octets)) if form == "tcap" else isup_tree(octets)


def _m3ua(octets: bytes) -> Line:
    message = m3ua.decode(octets)
    data = message.protocol_data
    if data is None:
        return Line(f"M3UA {_kind(message.kind)}", octets.hex())
    return Line(
        "M3UA DATA", "", (label_line(data.opc, data.dpc, data.si, data.sls), user_tree(data.si, data.payload))
    )


def _kind(kind: int) -> str:
    try:
        return MessageKind(kind).name
    except ValueError:
        return f"message kind {kind:#06x}"


def label_line(opc: int, dpc: int, si: int, sls: int) -> Line:
    """The routing label in one line."""
    return Line("MTP3", f"{format_point_code(opc)} to {format_point_code(dpc)}, SI {si}, SLS {sls}")


def user_tree(si: int, payload: bytes) -> Line:
    """The message of an MTP user; what cannot be read is kept as octets with the reason."""
    try:
        if si == ServiceIndicator.SCCP:
            return sccp_tree(payload)
        if si == ServiceIndicator.ISUP:
            return isup_tree(payload)
    except DecodeError as fault:
        return Line("unreadable", f"{fault} | {payload.hex()}")
    return Line(f"MTP user {si}", payload.hex())


def sccp_tree(octets: bytes) -> Line:
    """An SCCP message with its TCAP package; a segment of a long message keeps its octets."""
    unit = sccp.decode(octets)
    lines = [Line("called", address_text(unit.called)), Line("calling", address_text(unit.calling))]
    if isinstance(unit, sccp.UnitDataService | sccp.ExtendedUnitDataService):
        lines.append(Line("return cause", str(unit.return_cause)))
    segmented = isinstance(unit, sccp.ExtendedUnitData) and unit.segmentation is not None
    lines.append(Line("segment", unit.data.hex()) if segmented else tcap_tree(unit.data))
    return Line("SCCP", type(unit).__name__, tuple(lines))


def tcap_tree(octets: bytes) -> Line:
    """A TCAP package, or its octets and why they are none."""
    try:
        return describe(decode_package(octets))
    except DecodeError as fault:
        return Line("unreadable", f"{fault} | {octets.hex()}")


def address_text(address: sccp.Address) -> str:
    """An SCCP address for people."""
    parts = []
    if address.point_code is not None:
        parts.append(format_point_code(address.point_code))
    if address.ssn is not None:
        parts.append(f"SSN {address.ssn}")
    title = getattr(address, "global_title", None)
    if title is not None:
        parts.append(f"global title {title}")
    return ", ".join(parts) or "empty"


def isup_tree(octets: bytes) -> Line:
    """An ISUP message, field by field."""
    message = isup.decode(octets)
    lines = tuple(
        _field(name, getattr(message, name))
        for name in message.__struct_fields__
        if _told(getattr(message, name))
    )
    return Line("ISUP", type(message).__name__, lines)


def _told(value: object) -> bool:
    return value is not None and value not in ((), b"")


def _field(name: str, value: object) -> Line:
    if isinstance(value, msgspec.Struct):
        inside = tuple(
            _field(one, getattr(value, one)) for one in value.__struct_fields__ if _told(getattr(value, one))
        )
        return Line(name, "", inside)
    if isinstance(value, tuple):
        inside = tuple(
            Line(f"parameter {one[0]:02X}", bytes(one[1]).hex())
            if isinstance(one, tuple) and len(one) >= 2 and isinstance(one[1], bytes)
            else Line("", str(one))
            for one in value
        )
        return Line(name, "", inside)
    return Line(name, value.hex() if isinstance(value, bytes) else str(value))
