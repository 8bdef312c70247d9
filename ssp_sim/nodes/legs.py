"""The legs of the calls of one switch: circuits held and given back, tones and signals towards either party, timers.

Source: A-143, A-175 to A-179; T1.113.4; [0128]-[0130].
"""

from collections.abc import Callable

from ain_scp.ssp_sim.kernel import Timers
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.events import (
    CAUSE_BUSY,
    CAUSE_NORMAL,
    HEEDED,
    LineEvent,
    LineKind,
    LineSignal,
    NodeEvent,
    TrunkKind,
    TrunkSignal,
)
from ain_scp.ssp_sim.nodes.numbering import NumberingPlan
from ain_scp.ssp_sim.nodes.patchboard import Patchboard
from ain_scp.ssp_sim.nodes.routing import SwitchRoutes
from ain_scp.ssp_sim.nodes.switch_settings import SwitchAnnouncements, SwitchTimers
from ain_scp.ssp_sim.nodes.trunks import Choice, Circuit, TrunkGroup
from ain_scp.ssp_sim.nodes.usage import UsageWriter


class Legs:
    """What call control works with. `send` signals on a circuit, `emit` reports to the run, `write_usage` takes records.

    `ask`, `cleared`, `report` and `ended` are the service switching function's, put in place by it: stop a call and query;
    the announcement of a conversation was played or digits were collected; a call passed a detection point (True: it stops
    there until an instruction comes); a call is over. `authorize` and `talking` are those of who charges calls at the switch: before
    a call of a line here is routed (True: it waits, and is routed again), and when it was answered.
    """

    def __init__(
        self,
        name: str,
        routes: SwitchRoutes,
        plan: NumberingPlan,
        board: Patchboard,
        timers: Timers,
        durations: SwitchTimers,
        announcements: SwitchAnnouncements,
        send: Callable[[TrunkSignal], None],
        emit: Callable[[NodeEvent], None],
        write_usage: UsageWriter | None,
    ) -> None:
        self.name = name
        self.routes = routes
        self.plan = plan
        self.board = board
        self.timers = timers
        self.durations = durations
        self.announcements = announcements
        self.send = send
        self.emit = emit
        self.ask: Callable[[Call, DetectionPoint, int], bool] = _never
        self.cleared: Callable[[Call, int], None] = _nothing
        self.report: Callable[[Call, DetectionPoint, int], bool] = _never
        self.ended: Callable[[Call, int], None] = _nothing
        self.authorize: Callable[[Call, tuple[Choice, ...], int], bool] = _free
        self.talking: Callable[[Call, int], None] | None = None
        self.over: Callable[[Call, int], None] | None = None
        self.off_hook: Callable[[Call, Callable[[Call, int], None], int], bool] = _no_message
        self.write_usage = write_usage
        self.watched = True
        """False: nothing is recorded, so what is only to be seen (`Noted`, tones that telephones pass over) need not be told."""
        self.by_id: dict[str, Call] = {}
        self.ringing: dict[tuple[str, str], Call] = {}
        self.by_circuit: dict[Circuit, Call] = {}
        self.groups: dict[Circuit, TrunkGroup] = {}

    def backward(self, call: Call, kind: TrunkKind) -> None:
        """Pass progress to the caller's side: a line hears it, a circuit signals it (address complete only once)."""
        if call.origin is None:
            if kind == "ALERTING":
                self.line(call, "RINGBACK")
            elif kind == "ANSWER":
                self.line(call, "CONNECTED")
            return
        if kind in {"ALERTING", "ACCEPTED"}:
            if call.origin.signaling == "MF" or call.alerted_back:
                return  # ringing on an MF trunk is heard, not signalled
            if call.accepted_back and kind == "ACCEPTED":
                return
            call.alerted_back = kind == "ALERTING"
            kind = "PROGRESS" if call.accepted_back else kind
            call.accepted_back = True
        self.send(TrunkSignal(kind, call.origin))

    def release_back(self, call: Call, cause: int) -> None:
        """Release towards the caller: a circuit with the cause, a line with the tone that fits it."""
        if call.origin is not None:
            self.by_circuit.pop(call.origin, None)
            self.send(TrunkSignal("RELEASE", call.origin, cause=cause))
        elif cause == CAUSE_BUSY:
            self.line(call, "BUSY_TONE")
        elif cause != CAUSE_NORMAL and call.announced is None:
            self.line(call, "REORDER")
        else:
            self.line(call, "RELEASED")

    def release_ahead(self, call: Call, cause: int) -> None:
        """Release towards the called party, whether circuit or ringing line."""
        if call.target is not None:
            self.by_circuit.pop(call.target, None)
            self.send(TrunkSignal("RELEASE", call.target, cause=cause))
            call.target = None
        elif call.ringing and self.watched:
            self.emit(LineEvent(LineSignal("RELEASED", call.id, call.called)))
        call.ringing = False

    def release_circuit(self, circuit: Circuit) -> None:
        """Give a circuit back to the group it was seized from, if it was seized here."""
        group = self.groups.pop(circuit, None)
        if group is not None:
            group.release(circuit)
            self.board.free(circuit)

    def line(
        self,
        call: Call,
        kind: LineKind,
        announcement: int | None = None,
        *,
        collects: bool = False,
        text: str = "",
    ) -> None:
        """Give the caller's line a tone, an announcement (perhaps asking for digits), a text to show, or its end."""
        if not self.watched and kind not in HEEDED:
            return
        line = call.line.number if call.line is not None else call.calling or ""
        self.emit(
            LineEvent(
                LineSignal(kind, call.id, line, announcement=announcement, collects=collects, text=text)
            )
        )

    def stop_ringing(self, call: Call) -> None:
        """Forget that a line here rings for a call."""
        if self.ringing.get((call.id, call.called)) is call:
            del self.ringing[call.id, call.called]

    def start(self, call: Call, duration: int, expired: Callable[[Call, int], None]) -> None:
        """Start the call's timer, stopping the one before."""
        timer = call.timer
        if timer is not None:
            timer.action = timer.about = None
        call.timer = self.timers.start(duration, expired, call)


def _never(_call: Call, _point: DetectionPoint, _now: int) -> bool:
    return False


def _free(_call: Call, _choices: tuple[Choice, ...], _now: int) -> bool:
    return False


def _no_message(_call: Call, _then: Callable[[Call, int], None], _now: int) -> bool:
    return False


def _nothing(_call: Call, _now: int) -> None:
    return
