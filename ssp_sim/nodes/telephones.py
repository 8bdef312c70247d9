"""The telephones of a run: people who go off hook, dial, answer and hang up as their call plans say.

Source: A-011 to A-017, A-020, A-021; interfaces.md section 3; [0045], [0062].
"""

from collections.abc import Callable
from typing import Final

from ain_scp.ssp_sim.kernel import Event, Kernel
from ain_scp.ssp_sim.nodes.call_plan import CallPlan, Habits
from ain_scp.ssp_sim.nodes.collection import COMPLETE, completeness
from ain_scp.ssp_sim.nodes.events import LineKind, LineSignal
from ain_scp.ssp_sim.nodes.handset import Handset
from ain_scp.ssp_sim.nodes.numbering import NumberingPlan
from ain_scp.ssp_sim.record import CallRecord, Display, FacilitySeized, WireMessage
from ain_scp.terms.dialed import emergency_sent, take_code
from ain_scp.terms.triggers import beginning
from ain_scp.terms.units import MS_NS, SECOND_NS

_SETS_UP: Final = beginning("SET_UP")
LONGEST_EXTENSION: Final = 5
"""Digits a PBX completes by itself when no access code came before them."""


class LiveCall:
    """A call in progress: its plan, its record, and what the telephones still have to do.

    `through` is the switch without AIN that the caller's line is wired to ([0052]); `transactions` are those opened for it.
    `handset` is the caller's telephone once something was downloaded to it.
    """

    __slots__ = (
        "access",
        "announced",
        "answered",
        "facilities",
        "handset",
        "messages",
        "over",
        "plan",
        "presented",
        "prompts",
        "record",
        "through",
        "tone_wait",
        "transactions",
    )

    def __init__(self, plan: CallPlan, access: str, through: str = "") -> None:
        self.plan = plan
        self.access = access
        self.through = through
        self.transactions: list[int] = []
        self.record = CallRecord(plan.id, plan.calling, _as_dialed(plan), plan.at_ns)
        self.facilities: dict[str, FacilitySeized] = {}
        self.messages: list[WireMessage] = []
        self.announced = ""
        self.handset: Handset | None = None
        self.presented = ""
        self.answered = False
        self.prompts = 0
        self.over = False
        self.tone_wait: Event | None = None


def _as_dialed(plan: CallPlan) -> str:
    return plan.dialed if plan.access_code is None else f"{plan.access_code} {plan.dialed}"


LINE_NAMES: Final[dict[LineKind, str]] = {
    "OFF_HOOK": "OffHook",
    "DIGITS": "Digits",
    "END_OF_DIALING": "EndOfDialing",
    "SETUP": "Setup",
    "ON_HOOK": "OnHook",
    "ANSWER": "Answer",
    "DIAL_TONE": "DialTone",
    "SECOND_DIAL_TONE": "SecondDialTone",
    "RINGING": "Ringing",
    "RINGBACK": "Ringback",
    "CONNECTED": "Connected",
    "BUSY_TONE": "BusyTone",
    "REORDER": "Reorder",
    "ANNOUNCEMENT": "Announcement",
    "DISPLAY": "Display",
    "RELEASED": "Released",
}
"""What each telephone signal is called in a record."""


class Telephones:
    """All telephones. `say` takes a call, the switch and the signal; `inside` ends a call that no switch ever sees."""

    def __init__(
        self,
        kernel: Kernel,
        plan: NumberingPlan,
        habits: Habits,
        say: Callable[[LiveCall, str, LineSignal], None],
        inside: Callable[[LiveCall], None],
    ) -> None:
        self._kernel = kernel
        self._plan = plan
        self._habits = habits
        self._send = say
        self._inside = inside
        self._first = kernel.lane(habits.dials_after, self._dial_first)
        self._number = kernel.lane(habits.dials_after, self._dial_number)
        self._keys = kernel.lane(habits.dials_after, self._key)

    def off_hook(self, live: LiveCall) -> None:
        """Begin a call: go off hook, or set it up at once from a PRI."""
        plan = live.plan
        line = self._plan.line(plan.calling)
        group = self._plan.pbx_groups.get(plan.trunk_group) if plan.trunk_group is not None else None
        by_pri = (group is not None and group.kind == "PRI") or (
            line is not None and line.trigger in _SETS_UP
        )
        code, digits = plan.access_code, plan.dialed
        if by_pri and code is None and not emergency_sent(None, digits):
            if group is None or group.sends_access_code:
                code, digits = take_code(digits, line.access_codes if line is not None else ())
            if len(plan.dialed) <= LONGEST_EXTENSION and not emergency_sent(code, digits):
                self._inside(live)
                return
        if plan.abandon_after_s is not None:
            at = plan.at_ns + round(plan.abandon_after_s * SECOND_NS)
            self._kernel.put_at(at, self._abandon, live)
        if by_pri:
            self._say(live, "SETUP", digits=digits, access_code=code)
        else:
            self._say(live, "OFF_HOOK")

    def hear(self, live: LiveCall, switch: str, signal: LineSignal) -> None:
        """React to what a switch gives a telephone of this call."""
        kind, habits = signal.kind, self._habits
        if kind == "DIAL_TONE":
            self._first.put(live)
        elif kind == "SECOND_DIAL_TONE" and live.plan.access_code is not None:
            if live.tone_wait is not None:
                live.tone_wait.cancel()
            self._number.put(live)
        elif kind == "RINGING" and live.plan.answered:
            ring = live.plan.ring_ns if live.plan.ring_ns is not None else habits.answers_after
            self._kernel.put_at(self._kernel.now + ring, self._answer, (live, switch, signal.line))
        elif kind == "ANNOUNCEMENT" and signal.collects and live.prompts < len(live.plan.keys):
            keys = live.plan.keys[live.prompts]
            live.prompts += 1
            self._keys.put((live, keys))
        elif kind == "DISPLAY":
            if live.handset is None:
                live.handset = Handset(program=live.plan.handset)
            live.handset.receive(signal.text)

    def _key(self, keying: tuple[LiveCall, str]) -> None:
        live, keys = keying
        if not live.over:
            self._say(live, "DIGITS", digits=keys)

    def talk(self, live: LiveCall) -> None:
        """Let the caller hang up when the conversation has lasted as planned; a handset counts by itself."""
        if live.handset is not None:
            live.handset.answered(self._kernel.now // MS_NS)
        self._kernel.put_at(self._kernel.now + round(live.plan.duration_s * SECOND_NS), self._hang_up, live)

    def put_down(self, live: LiveCall) -> None:
        """The call is over: what stands on the display of the caller's telephone stays in the record."""
        handset, now_ms = live.handset, self._kernel.now // MS_NS
        if handset is None:
            return
        handset.ended(now_ms)
        shown = handset.shown(now_ms)
        live.record.display = Display(
            handset.text,
            handset.kept is not None,
            handset.received,
            None if shown is None else shown.duration_ms,
            None if shown is None else shown.cost,
            None if shown is None else shown.total,
        )

    def _say(
        self,
        live: LiveCall,
        kind: LineKind,
        digits: str = "",
        access_code: str | None = None,
        at: str = "",
        line: str = "",
    ) -> None:
        """Send one signal: the caller's to the caller's switch, or the called party's to the switch `at`."""
        plan = live.plan
        number = line or plan.calling
        signal = LineSignal(kind, plan.id, number, digits, access_code, plan.bearer, plan.trunk_group)
        self._send(live, at or live.access, signal)

    def _dial_first(self, live: LiveCall) -> None:
        if live.over:
            return
        if live.plan.access_code is None:
            self._dial_number(live)
            return
        live.tone_wait = self._kernel.start(self._habits.waits_for_tone, self._no_tone, live)
        self._say(live, "DIGITS", digits=live.plan.access_code)

    def _no_tone(self, live: LiveCall, _now: int) -> None:
        self._dial_number(live)

    def _dial_number(self, live: LiveCall) -> None:
        if live.over:
            return
        dialed = live.plan.dialed
        if dialed:
            self._say(live, "DIGITS", digits=dialed)
        if self._habits.sends_end and not live.over and completeness(dialed) is not COMPLETE:
            self._say(live, "END_OF_DIALING")

    def _answer(self, answering: tuple[LiveCall, str, str]) -> None:
        live, switch, line = answering
        if not live.over:
            self._say(live, "ANSWER", at=switch, line=line)

    def _hang_up(self, live: LiveCall) -> None:
        if not live.over:
            self._say(live, "ON_HOOK")

    def _abandon(self, live: LiveCall) -> None:
        if not live.over and not live.answered:
            self._say(live, "ON_HOOK")
