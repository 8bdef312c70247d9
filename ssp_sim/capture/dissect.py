"""From the frames of a capture to the messages of MTP users: point codes, SCCP addresses, TCAP or ISUP octets.

Source: D-006; RFC 4666 3.3.1, T1.111.4 2.2, T1.112.3, T1.112.4 4.1.1.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import ProtocolData
from ain_scp.signaling.mtp3 import ServiceIndicator
from ain_scp.signaling.sccp.segmentation import Reassembly, ReassemblyLimits, ReassemblyOutcome
from ain_scp.ssp_sim.capture.frame import Frame

_ANSI_LABEL: Final = 8  # service information octet, DPC, OPC, SLS
_MAX_FAULTS: Final = 100
_MAX_REASONS: Final = 200
_KINDS: Final[dict[type, str]] = {
    sccp.UnitData: "UDT",
    sccp.UnitDataService: "UDTS",
    sccp.ExtendedUnitData: "XUDT",
    sccp.ExtendedUnitDataService: "XUDTS",
    sccp.LongUnitData: "LUDT",
    sccp.LongUnitDataService: "LUDTS",
}


class Message(msgspec.Struct, frozen=True):
    """One message of an MTP user.

    `payload` is the SCCP user's data (TCAP; whole, if it came in segments) when `si` is SCCP, else everything after the
    routing label (ISUP, network management). `kind` is UDT, UDTS, XUDT or XUDTS, empty without SCCP; `return_cause` is
    that of a message sent back. `frame` is the one that brought or completed the message.

    Source: RFC 4666 3.3.1, T1.112.3 3.
    """

    frame: Frame
    opc: int
    dpc: int
    si: int
    sls: int
    called: sccp.Address | None
    calling: sccp.Address | None
    payload: bytes
    kind: str = ""
    return_cause: int | None = None


class Dissector:
    """Takes frames one by one and gives the message each holds or completes.

    `left_out` counts what gave none, by reason: M3UA management, SCCP segments that wait, and what could not be read,
    each under the layer's own sentence (the codecs have a fixed few). `faults` keeps the first 100 unreadable frames
    with their error, for a report. Segments wait within the bounds of `ReassemblyLimits`, in capture time.

    Source: D-006.
    """

    def __init__(self, limits: ReassemblyLimits | None = None) -> None:
        self._segments = Reassembly(limits)
        self.left_out: dict[str, int] = {}
        self.faults: list[tuple[Frame, DecodeError]] = []

    def receive(self, frame: Frame) -> Message | None:
        """Return the message of a frame, None when it holds none; never raises for what a frame holds."""
        try:
            data = _mtp3(frame.octets) if frame.is_mtp3 else m3ua.decode(frame.octets).protocol_data
            if data is None:
                self._leave_out("M3UA management")
                return None
            if data.si != ServiceIndicator.SCCP:
                return Message(frame, data.opc, data.dpc, data.si, data.sls, None, None, data.payload)
            return self._sccp(frame, data)
        except DecodeError as error:
            if len(self.faults) < _MAX_FAULTS:
                self.faults.append((frame, error))
            self._leave_out(f"{error.source}: {error.reason}")
        return None

    def messages(self, frames: Iterable[Frame]) -> Iterator[Message]:
        """Give the messages of all frames, in order."""
        for frame in frames:
            message = self.receive(frame)
            if message is not None:
                yield message

    def _sccp(self, frame: Frame, data: ProtocolData) -> Message | None:
        unit = sccp.decode(data.payload)
        kind = _KINDS[type(unit)]
        cause: int | None = None
        if isinstance(unit, sccp.UnitDataService | sccp.ExtendedUnitDataService):
            cause = unit.return_cause
        elif isinstance(unit, sccp.ExtendedUnitData):
            whole = self._segments.receive(unit, data.opc, frame.time_ns)
            if isinstance(whole, ReassemblyOutcome):
                self._leave_out(f"SCCP segment: {whole.name.lower().replace('_', ' ')}")
                return None
            unit = whole
        return Message(
            frame, data.opc, data.dpc, data.si, data.sls, unit.called, unit.calling, unit.data, kind, cause
        )

    def _leave_out(self, reason: str) -> None:
        if reason not in self.left_out and len(self.left_out) >= _MAX_REASONS:
            reason = "other reasons"
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def _mtp3(octets: bytes) -> ProtocolData:
    """Read an ANSI MTP3 message as if M3UA had brought it: SIO, DPC and OPC (member first), SLS, user's octets."""
    if len(octets) < _ANSI_LABEL:
        raise DecodeError(len(octets), "mtp3", "routing label is cut short")
    service = octets[0]
    dpc = int.from_bytes(octets[1:4], "little")
    opc = int.from_bytes(octets[4:7], "little")
    return ProtocolData(
        opc, dpc, service & 0x0F, service >> 6, service >> 4 & 3, octets[7], octets[_ANSI_LABEL:]
    )
