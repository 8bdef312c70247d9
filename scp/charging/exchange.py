"""One charged call over AIN: what the node says to its switch, from the query to the last report.

    authorize -> (warning) -> (set-up message) -> AnalyzeRoute and RequestReportBCMEvent with a timeout timer
    oAnswer   -> the clock starts; another timer when another price applies now
    timeout   -> one more period and Continue, or the warning and Continue with what is left, or Disconnect

The switch holds the timer. It counts from the answer, and a later one from the end of the one before, so what is said on the
way costs no time. A switch without the timeout event is minded by the node's own timer instead, and is sent Disconnect unasked.
How long the call was comes with TerminationNotification (`script.py`).

The timeout event, its timer's unit, ConnectToResource in this place and the answer to its clearing are wider than AIN 0.1 and
unconfirmed in detail.

Source: charging.md 6.1; decisions 11, 14, 15.
"""

from typing import Final, Literal

import msgspec

from ain_scp.billing.charging.engine import TimerLine
from ain_scp.billing.charging.events import Answer as Answered
from ain_scp.billing.charging.events import More, Release
from ain_scp.billing.charging.port import Grant, Greeting, Result, denial
from ain_scp.billing.charging.results import Extended, TimerWarn
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.conversation import (
    Answer,
    DialogueInput,
    Drop,
    Finish,
    Instruction,
    Play,
    Proceed,
    Report,
    Speak,
    Wait,
    Watch,
)
from ain_scp.signaling.ain.structures import EventDetectionPoint
from ain_scp.terms.decision import Decision
from ain_scp.terms.units import MS_NS, SECOND_MS
from ain_scp.terms.vocabulary import Cause

_D: Final = EventDetectionPoint
NOTIFIED: Final = frozenset({
    _D.O_ANSWER,
    _D.O_ABANDON,
    _D.O_NO_ANSWER,
    _D.O_CALLED_PARTY_BUSY,
    _D.NETWORK_BUSY,
    _D.O_DISCONNECT,
})  # fmt: skip
STOPS: Final = frozenset({_D.TIMEOUT})
EARLY_MS: Final = 200
"""How much before the end of what is paid for a node cuts a call by its own timer: Disconnect takes time on its way."""
LONGEST_MS: Final = 0xFFFF * 1000
"""The longest timeout timer."""
CUT: Final = b'{"cut":true}'
_LEFT: Final = (DialogueInput.CLOSE, DialogueInput.PEER_ENDED, DialogueInput.ABORT)

Phase = Literal["asked", "playing", "set up", "talking", "speaking", "over"]


class Exchange:
    """The script of one charged call. `timed` says that its switch reports timeouts, `echo` is the echo data of its end.

    All lengths count from the answer: `told_ms` is how long the call had been up when the last timer ended, `due_ms` how long
    it will have been when the present one does.
    """

    def __init__(
        self,
        charger: Charger,
        call: str,
        decision: Decision,
        echo: bytes,
        first: Result,
        greeting: Greeting,
        *,
        timed: bool,
    ) -> None:
        self.call = call
        self._charger = charger
        self._port = charger.port
        self._decision = decision
        self._echo = echo
        self._timed = timed
        self._first = first
        self._greeting = greeting
        self._to_play: list[Play] = []
        self._phase: Phase = "asked"
        self._number = 0
        self._granted: int | None = None
        self._final = False
        self._told_ms = 0
        self._due_ms = 0
        self._answered = 0
        self._began = 0

    def begin(self, now: int) -> "Exchange":
        """Note when the call was asked about."""
        self._began = now
        return self

    # The script's verbs

    def start(self) -> Instruction:
        """Deny the call, or let it be set up, after what has to be said first."""
        said = self._first.said
        if not said.ok:
            self._phase = "over"
            return Answer(refused(self._decision, denial(said.reason)))
        standing = self._port.standing(self.call)
        if standing is None:  # let go on without the charge processor; its record will charge it
            self._phase = "over"
            return Answer(self._decision)
        self._granted = standing.granted_ms
        granted = msgspec.json.decode(said.body, type=Grant)
        spoken = self._port.announcement(granted.account, granted.message)
        if spoken is not None:
            self._to_play.append(Play(spoken))
        greeting = self._greeting
        if greeting.announcement is not None:
            self._to_play.append(Play(greeting.announcement, greeting.contents.encode()))
        return self._set_up(self._began)

    def resume(self, report: Report) -> Instruction | None:
        """Do what a report asks for."""
        if report.input in _LEFT:
            self._left(report.now)
            return None
        if self._phase == "playing":
            return self._set_up(report.now)
        if self._phase == "speaking" and report.input is not DialogueInput.EVENT:
            self._phase = "talking"
            return self._go_on(report.now, waits=True)
        if report.input is DialogueInput.TIMEOUT:
            return self._silence(report.now)
        if report.operation == "oAnswer" and self._phase == "set up":
            return self._answer(report.now)
        if report.operation == "timeout":
            return self._period(report.now)
        return Wait(report.now + self._charger.patience_ns)

    def _left(self, now: int) -> None:
        """The switch has ended the dialogue. Unless the call was routed its end will not be reported."""
        if self._phase in ("asked", "playing"):
            self._charger.ask(Release(at="", call=self.call), now)
        self._phase = "over"

    # Set-up and answer

    def _set_up(self, now: int) -> Instruction:
        """Say what is to be said first, one thing after the other; then route."""
        if self._to_play:
            self._phase = "playing"
            return self._to_play.pop(0)
        return self._route(now)

    def _route(self, now: int) -> Instruction:
        self._phase = "set up"
        self._due_ms = self._ask_ms()
        watch = self._watch(now + self._charger.setup_ns)
        return msgspec.structs.replace(watch, echo=self._echo, charged=True, display=self._greeting.display)

    def _answer(self, now: int) -> Instruction:
        """The clock starts. What was granted may be another length now, and then the switch gets another timer."""
        result = self._charger.ask(Answered(at="", call=self.call), now)
        standing = self._port.standing(self.call)
        if not result.said.ok or result.said.body == CUT or standing is None:
            self._phase = "over"
            return Drop()
        self._phase, self._answered = "talking", now
        told, self._granted = self._timer_s(), standing.granted_ms
        self._due_ms = self._ask_ms()
        if self._timed and self._timer_s() != told:
            return Proceed(self._watch(now), waits=False)
        return Wait(self._until(now))

    # Periods

    def _silence(self, now: int) -> Instruction:
        """Nothing has come for long: of a switch without timeouts a period is over, of another one the dialogue is."""
        if self._timed or self._phase != "talking":
            self._phase = "over"
            return Finish()
        return self._period(now)

    def _period(self, now: int) -> Instruction:
        """The timer has ended: ask for what comes next, as often as less than the lead is paid for."""
        if self._phase == "set up":  # the report of the answer was lost
            dropped = self._answer(now)
            if isinstance(dropped, Drop):
                return dropped
        spoken: int | None = None
        self._told_ms = max(self._told_ms, self._due_ms)
        self._refresh()
        while self._granted is not None and (self._final or self._ask_ms() <= self._told_ms):
            result = self._more(now)
            if result.said.body == CUT:
                return self._drop()
            spoken = self._spoken(result.timers) or spoken
            if not self._take(result):
                break
        self._due_ms = self._end_ms() if self._final else self._ask_ms()
        if self._final and self._due_ms <= self._told_ms:
            return self._drop()
        if spoken is not None:
            self._phase = "speaking"
            return Speak(spoken)
        return self._go_on(now, waits=True)

    def _refresh(self) -> None:
        """Money may have come free since the last request."""
        standing = self._port.standing(self.call)
        if standing is not None:
            self._granted, self._final = standing.granted_ms, standing.final

    def _more(self, now: int) -> Result:
        self._number += 1
        return self._charger.ask(More(at="", call=self.call, number=self._number, used_ms=self._told_ms), now)

    def _take(self, result: Result) -> bool:
        """Take an answer; whether to look further. Without one what is granted is all there is."""
        if not result.said.ok:
            self._final = True
            return False
        extended = msgspec.json.decode(result.said.body, type=Extended)
        self._granted, self._final = extended.granted_ms, extended.final
        return not self._final

    def _spoken(self, timers: tuple[TimerLine, ...]) -> int | None:
        """The announcement of the last warning of this call that timers have caused."""
        found: int | None = None
        for line in timers:
            if line.event == "warn":
                warned = msgspec.json.decode(line.body, type=TimerWarn)
                if warned.call == self.call:
                    account = self._port.account_of(self.call)
                    found = self._port.announcement(account, warned.message) or found
        return found

    def _go_on(self, now: int, *, waits: bool) -> Instruction:
        """Let the call go on to the end of the next timer."""
        return Proceed(self._watch(now), waits) if self._timed else Wait(self._until(now))

    def _drop(self) -> Instruction:
        self._phase = "over"
        return Drop()

    # Timers

    def _ask_ms(self) -> int:
        """When the next period is to be asked for, in whole seconds of the call; a call without a bound is only looked at."""
        if self._granted is None:
            return self._told_ms + LONGEST_MS
        wanted = self._granted - self._port.lead_ms
        return min(max(0, wanted) // SECOND_MS * SECOND_MS, self._told_ms + LONGEST_MS)

    def _end_ms(self) -> int:
        """When what is granted ends, in whole seconds of the call: never into an increment that is not paid for."""
        granted = self._granted or 0
        up = self._port.rounds_up(self.call)
        whole = granted // SECOND_MS if up else -(-granted // SECOND_MS)
        return min(whole * SECOND_MS, self._told_ms + LONGEST_MS)

    def _timer_s(self) -> int | None:
        return None if self._granted is None else (self._due_ms - self._told_ms) // SECOND_MS

    def _watch(self, now: int) -> Watch:
        """What the switch is to report; of a call without a bound no timeout."""
        timer = self._timer_s() if self._timed else None
        request = STOPS if timer is not None else frozenset()
        return Watch(request, NOTIFIED, timeout_s=timer, until=self._until(now))

    def _until(self, now: int) -> int:
        """How long silence means nothing: of a switch without timeouts to the end of the present timer."""
        left = self._due_ms - self._told_ms
        if self._timed or self._granted is None or self._phase == "set up":
            return now + left * MS_NS + self._charger.patience_ns
        early = EARLY_MS if self._final else 0
        return self._answered + (self._due_ms - early) * MS_NS


def refused(decision: Decision, cause: str) -> Decision:
    """The decision of a call that was to be routed, refused with an announcement."""
    return decision.refused(_cause(cause))


def _cause(cause: str) -> Cause:
    """A cause of charging: those beyond the dialing plan's are open words."""
    return cause  # type: ignore[return-value]
