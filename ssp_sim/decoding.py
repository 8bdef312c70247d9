"""What one message of a run holds, down to every parameter: for the report and for people.

Source: A-178, D-007.
"""

from signaling import m3ua, sccp
from signaling.ain.describe import Line, describe
from signaling.errors import DecodeError
from signaling.mtp3 import format_point_code
from signaling.tcap import decode_package
from ssp_sim.record import WireMessage


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
        return Line("M3UA", f"message kind {decoded.kind:#06x}", ())
    label = f"{format_point_code(data.opc)} to {format_point_code(data.dpc)}, SI {data.si}, SLS {data.sls}"
    inner = _sccp(data.payload) if data.si == 3 else Line("ISUP", data.payload.hex(), ())
    return Line("M3UA DATA", label, (inner,))


def _sccp(octets: bytes) -> Line:
    unit = sccp.decode(octets)
    name = type(unit).__name__
    addresses = (Line("called", str(unit.called), ()), Line("calling", str(unit.calling), ()))
    if not isinstance(unit, sccp.UnitData):
        return Line("SCCP", name, addresses)
    return Line("SCCP", name, (*addresses, describe(decode_package(unit.data))))
