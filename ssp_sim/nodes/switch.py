"""A switch of the simulated network: end office, ASF-RTL host, ETN node, gateway, point of presence.

They differ in data only: make, AIN equipment, numbers, trunk groups. The verbs are those of every node; telephones and
MF trunks come in by `receive_line` and `receive_trunk`.

Source: [0038], [0045], [0089]-[0093], A-006; house.md section 2.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final, TypeVar

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import ServiceIndicator
from ain_scp.signaling.sccp import ExtendedUnitData, UnitData, UnitDataService
from ain_scp.signaling.sccp.segmentation import Reassembly, ReassemblyOutcome
from ain_scp.ssp_sim.kernel import Event, Kernel, Timers
from ain_scp.ssp_sim.nodes.call_control import CallControl
from ain_scp.ssp_sim.nodes.data_message import TransferData, read_data
from ain_scp.ssp_sim.nodes.events import LineSignal, NodeEvent, TrunkSignal
from ain_scp.ssp_sim.nodes.numbering import NumberingPlan
from ain_scp.ssp_sim.nodes.origination import Origination
from ain_scp.ssp_sim.nodes.patchboard import Patchboard
from ain_scp.ssp_sim.nodes.routing import SwitchRoutes
from ain_scp.ssp_sim.nodes.service_switching import ServiceSwitching
from ain_scp.ssp_sim.nodes.signalling_link import SignallingLink
from ain_scp.ssp_sim.nodes.switch_data import SwitchData
from ain_scp.ssp_sim.nodes.trunk_side import TrunkSide
from ain_scp.ssp_sim.nodes.usage import UsageWriter

S = TypeVar("S")
_SERVICE: Final = 20
_ISUP: Final = bytes((ServiceIndicator.ISUP,))
"""Where the service indicator stands in a DATA message without routing context."""


class Switch:
    """One switch, without I/O. With `timers` from the network it is in, its own `next_timer` is never due."""

    def __init__(
        self,
        data: SwitchData,
        routes: SwitchRoutes,
        plan: NumberingPlan,
        board: Patchboard,
        write_usage: UsageWriter | None = None,
        timers: Timers | None = None,
    ) -> None:
        self.data = data
        self.routes = routes
        self._own = data.point_codes[data.name]
        self.out: list[tuple[str, bytes]] = []
        self.events: deque[NodeEvent] = deque()
        self._timers: Timers = timers if timers is not None else Kernel()
        self._alone = timers is None
        self._reassembly = Reassembly()
        self._forgetting: Event | None = None
        self._counters: Counter[str] = Counter()
        self._received = 0
        self.sent = 0
        self._trunks = TrunkSide(
            data.name,
            data.point_codes,
            self.out.append,
            self.events.append,
            self._timers,
            data.timers,
        )
        self.control = CallControl(
            data.name,
            routes,
            plan,
            board,
            self._timers,
            data.timers,
            data.announcements,
            self._trunks.send,
            self.events.append,
            write_usage,
        )
        self.control.number_triggers = data.number_triggers
        self._trunks.deliver = self.control.trunk
        origination = Origination(self.control, data.kind, data.detection, equipped=data.equipped)
        self.receive_line: Callable[[LineSignal, int], None] = self._timed(origination.line)
        """Take one signal of a telephone or PBX."""
        self.receive_trunk: Callable[[TrunkSignal, int], None] = self._timed(self._trunks.receive)
        """Take one signal of an MF trunk."""
        self.switching: ServiceSwitching | None = None
        if data.equipped and data.stp:
            link = SignallingLink(self._own, data.ssn, data.stp_point_code, self._to_stp)
            self.switching = ServiceSwitching(self.control, data.lata, data.scp, data.first_transaction, link)
            self.switching.answers_to_lose = data.answers_to_lose

    @property
    def counters(self) -> Counter[str]:
        """What became of the messages."""
        return self._counters + Counter(received=self._received, sent=self.sent)

    # --- the verbs --------------------------------------------------------------------------------------------------

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one M3UA message from the adjacent node `link`; its point code says who sent it."""
        del link
        if self._alone:
            self._timers.reach(now)
        self._received += 1
        if octets[_SERVICE : _SERVICE + 1] == _ISUP:
            if self._trunks.receive_known(octets, now):
                return
        elif self.switching is not None:
            if self.switching.answers_to_lose and self.switching.loses():
                return
            if self.switching.receive_known(octets, now):
                return
        self._receive(octets, now)

    def _receive(self, octets: bytes, now: int) -> None:
        """Take a message not seen before."""
        data = read_data(octets) or self._decoded(octets)
        if data is None:
            return
        if data.dpc != self._own:
            self._counters["dropped_dpc"] += 1
        elif data.si == ServiceIndicator.ISUP:
            self._trunks.receive_isup(data, octets, now)
        elif data.si == ServiceIndicator.SCCP and self.switching is not None:
            self._sccp(self.switching, data, octets, now)
        else:
            self._counters["dropped_service_indicator"] += 1

    def _decoded(self, octets: bytes) -> TransferData | None:
        """Decode a message that is not of the plain form; None when it is wrong or not for a user."""
        try:
            data = m3ua.decode(octets).protocol_data
        except DecodeError:
            self._counters["dropped_m3ua"] += 1
            return None
        if data is None:
            self._counters["management"] += 1
            return None
        return TransferData(data.opc, data.dpc, data.si, data.sls, data.payload)

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: adjacent node and M3UA octets, in order."""
        out = self.out.copy()
        self.out.clear()
        self.sent += len(out)
        return out

    def next_event(self) -> NodeEvent | None:
        """Return the next event, or None."""
        return self.events.popleft() if self.events else None

    def next_timer(self) -> int | None:
        """Return when `handle_timer` must be called, or None."""
        return self._timers.next_at()

    def handle_timer(self, now: int) -> None:
        """Let every timer due by `now` expire."""
        self._timers.run_until(now)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _timed(self, take: Callable[[S, int], None]) -> Callable[[S, int], None]:
        """Return what takes a signal when the switch knows the time: a switch by itself learns it with each signal."""
        if not self._alone:
            return take

        def learning(signal: S, now: int) -> None:
            self._timers.reach(now)
            take(signal, now)

        return learning

    def _sccp(self, switching: ServiceSwitching, data: TransferData, octets: bytes, now: int) -> None:
        try:
            message = sccp.decode(data.payload)
        except DecodeError:
            self._counters["dropped_sccp"] += 1
            return
        if isinstance(message, ExtendedUnitData):
            whole = self._whole(message, data.opc, now)
            if whole is None:
                return
            message, octets = whole, b""
        if message.called.ssn not in {self.data.ssn, 0}:
            self._counters["dropped_ssn"] += 1
        elif isinstance(message, UnitData):
            switching.receive(message.data, message.calling, now, octets)
        elif isinstance(message, UnitDataService):
            switching.returned(message.data, now)
        else:
            self._counters["dropped_sccp_type"] += 1

    def _whole(self, message: ExtendedUnitData, opc: int, now: int) -> UnitData | None:
        """Put the segments of a long message together; None until the last one is there."""
        if message.segmentation is not None:
            whole = self._reassembly.receive(message, opc, now)
            self._forget_old_segments()
            if isinstance(whole, ReassemblyOutcome):
                self._counters[f"reassembly_{whole.name.lower()}"] += 1
                return None
            self._counters["reassembled"] += 1
            message = whole
        return UnitData(message.called, message.calling, message.data)

    def _forget_old_segments(self) -> None:
        """Wake when the oldest unfinished message is too old."""
        if self._forgetting is not None:
            self._forgetting.cancel()
        due = self._reassembly.next_timer()
        self._forgetting = None if due is None else self._timers.schedule(due, self._too_old)

    def _too_old(self) -> None:
        self._counters["reassembly_too_old"] += self._reassembly.handle_timer(self._timers.now)
        self._forget_old_segments()

    def _to_stp(self, octets: bytes) -> None:
        self.out.append((self.data.stp, octets))
