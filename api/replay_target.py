"""A node in this process that answers a replay, and how packages travel to an SCP and back.

Source: D-006, ain-wire section 6.2 (M3UA over UDP), A-125 (the call's own time).
"""

import random
from typing import Final

from ain_scp.scp.answering import Decided
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import ServiceIndicator
from ain_scp.signaling.sccp.segmentation import segment
from ain_scp.ssp_sim.capture.dissect import Dissector, Message
from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, Frame, Transport
from ain_scp.ssp_sim.capture.portion import transaction
from ain_scp.ssp_sim.replay.meaning import Difference
from ain_scp.ssp_sim.world import stream
from ain_scp.terms.trace import Trace
from ain_scp.terms.units import SECOND_NS

NATIONAL: Final = 2
LINK: Final = "REPLAY"
HOUR_NS: Final = 3_600_000_000_000
MAX_UNIT_DATA: Final = 255
DRAWS: Final = 10_000

_STEPS: Final[dict[str, tuple[str, ...]]] = {
    "aMAslpID": ("s3006", "s3008", "s210"),
    "calledPartyID": ("s208", "s110", "s112"),
    "redirectingPartyID": ("s208", "s110", "s112"),
    "redirectionInformation": ("s208", "s210"),
}
_FACILITIES: Final = ("s2122", "s202", "s2120", "s208", "s200")


class Packer:
    """Puts TCAP packages into M3UA messages from a captured switch to one SCP, and reads what comes back."""

    def __init__(self, config: NodeConfig) -> None:
        self._config = config
        self._called = sccp.Address(config.ssn, config.point_code)
        self._dissector = Dissector()
        self._reference = 0
        self._frames = 0

    def pack(self, payload: bytes, message: Message) -> list[bytes]:
        """The M3UA messages of a package: one, or the segments of a long one."""
        calling = message.calling
        party = sccp.Address(calling.ssn if calling is not None else self._config.ssn, message.opc)
        units: tuple[sccp.SccpMessage, ...]
        if len(payload) <= MAX_UNIT_DATA:
            units = (sccp.UnitData(self._called, party, payload),)
        else:
            self._reference += 1
            units = segment(
                sccp.ExtendedUnitData(self._called, party, payload, 1), self._reference & 0xFFFFFF
            )
        config = self._config
        return [
            m3ua.data(
                message.opc,
                config.point_code,
                ServiceIndicator.SCCP,
                NATIONAL,
                0,
                message.sls,
                sccp.encode(unit),
                config.routing_context,
            )
            for unit in units
        ]

    def unpack(self, octets: bytes, now: int) -> bytes | None:
        """The TCAP package of an M3UA message; None when it holds none or a first segment."""
        self._frames += 1
        frame = Frame(self._frames, now, 0, NO_ENDPOINT, NO_ENDPOINT, Transport.UDP, octets)
        message = self._dissector.receive(frame)
        return None if message is None or message.called is None else message.payload


class InProcess:
    """A node in this process; every query is decided at the local time its capture gives it.

    `utc_offset_hours`: local time minus the capture's clock; None = captured times are local where each call began.

    What decided is asked of a second node, with the same draw, and only when an answer differs.
    """

    def __init__(self, program: Program, seed: int, utc_offset_hours: float | None = 0.0) -> None:
        self._config = NodeConfig()
        self._chance: random.Random = stream(seed, "percentage")
        self._draw = 0
        self._node = ScpNode(program, self._config, self._next)
        self._explaining = ScpNode(program, self._config, lambda: self._draw, record_decisions=True)
        self._packer = Packer(self._config)
        self._offset = round((utc_offset_hours or 0) * HOUR_NS)
        if utc_offset_hours is not None:
            program.times.ahead_s = self._offset // SECOND_NS
        self._last: tuple[list[bytes], int] = ([], 0)

    def ask(self, payload: bytes, message: Message) -> bytes | None:
        """Hand a package to the node."""
        now = message.frame.time_ns + self._offset
        octets = self._packer.pack(payload, message)
        self._last = (octets, now)
        return self._answer(self._hand(self._node, octets, now), payload, now)

    def tell(self, payload: bytes, message: Message) -> None:
        """Hand over a package that nothing answers."""
        now = message.frame.time_ns + self._offset
        self._hand(self._node, self._packer.pack(payload, message), now)

    def row(self, difference: Difference) -> str:
        """Which row decided, by the steps of the same query asked once more."""
        octets, now = self._last
        self._hand(self._explaining, octets, now)
        trace: Trace | None = None
        while (event := self._explaining.next_event()) is not None:
            if isinstance(event, Decided):
                trace = event.trace
        return "" if trace is None else deciding_row(trace, difference)

    def close(self) -> None:
        """Nothing to close."""

    def _hand(self, node: ScpNode, octets: list[bytes], now: int) -> list[bytes]:
        timer = node.next_timer()
        if timer is not None and timer <= now:
            node.handle_timer(now)
            node.octets_to_send()
        for one in octets:
            node.receive(one, LINK, now)
        node.samples()
        return [sent for _, sent in node.octets_to_send()]

    def _answer(self, sent: list[bytes], payload: bytes, now: int) -> bytes | None:
        answer: bytes | None = None
        for one in sent:
            found = self._packer.unpack(one, now)
            if found is not None and answer is None and belongs(found, payload):
                answer = found
        return answer

    def _next(self) -> int:
        self._draw = self._chance.randrange(DRAWS)
        return self._draw


def belongs(answer: bytes, payload: bytes) -> bool:
    """Whether a package answers the transaction of another; what cannot be read does not."""
    try:
        return transaction(answer).responding == transaction(payload).originating
    except DecodeError:
        return False


def deciding_row(trace: Trace, difference: Difference) -> str:
    """The row of the last step that decides a parameter, else of the last step that has a row."""
    name = difference.parameter
    steps = _STEPS.get(name, _FACILITIES if "runk" in name or "arrier" in name else ())
    for step in reversed(trace.steps):
        if step.row and step.step in steps:
            return f"{step.step} {step.row}"
    for step in reversed(trace.steps):
        if step.row:
            return f"{step.step} {step.row}"
    return ""
