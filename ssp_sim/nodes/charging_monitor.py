"""The charging monitor of a switch: the calls of its lines that are charged by an engine in it, or by an application CPU.

    off hook   -> the warning on the balance, before dial tone
    a route    -> may this call be made? the call waits; denied, its announcement is played and it ends; granted, the message
                  at set-up is, and the telephone is given what it may show
    answer     -> the clock starts; the next period is asked for before the one that is paid for ends
    refused    -> a warning into the call, and its end at exactly the paid time
    the end    -> how long the parties talked

It sees the interface of charging (`Processor`) and nothing else. A processor that holds the timers itself says when to warn
and cut; else they are the switch's. Emergency calls never ask.

Source: charging.md 5.4, 6.2; B1-030 to B1-064; decisions 11, 14, 15.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

from ain_scp.billing.charging.port import Greeting, Processor, Reply, Report
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_control import CallControl
from ain_scp.ssp_sim.nodes.trunks import Choice
from ain_scp.terms.dialed import EMERGENCY_NUMBER, emergency_digits
from ain_scp.terms.units import MS_NS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL

Phase = Literal["asking", "denied", "greeting", "granted", "talking", "over"]
Then = Callable[[Call, int], None]
Answered = Callable[[Reply, int], None]


class Charged:
    """One call that is charged: where it stands, what is granted (ms of talk, None: no bound), the number of its requests."""

    __slots__ = ("call", "choices", "control", "final", "granted_ms", "number", "phase", "waits")

    def __init__(self, control: CallControl, call: Call, choices: tuple[Choice, ...]) -> None:
        self.control = control
        self.call = call
        self.choices = choices
        self.phase: Phase = "asking"
        self.waits = False
        self.granted_ms: int | None = None
        self.final = False
        self.number = 0


class Monitor:
    """The monitors of all switches of a network, which share one processor. `lead_ms` as the data set says."""

    def __init__(self, processor: Processor, lead_ms: int) -> None:
        self._processor = processor
        self._lead_ms = lead_ms
        self._calls: dict[str, Charged] = {}
        processor.warn = self._warned
        processor.cut = self._cut

    def attach(self, control: CallControl) -> None:
        """Mind the lines of a switch."""
        control.off_hook = partial(self._off_hook, control)
        control.authorize = partial(self._authorize, control)
        control.talking = self._talking
        control.over = self._over

    def _ask(self, control: CallControl, report: Report, then: Answered) -> None:
        """Report; an answer that comes later is taken in the switch's own turn."""
        asking = True

        def take(reply: Reply, now: int) -> None:
            if asking:
                then(reply, now)
            else:
                _at_switch(control, lambda: then(reply, now))

        self._processor.ask(report, take)
        asking = False

    # Off hook

    def _off_hook(self, control: CallControl, call: Call, then: Then, now: int) -> bool:
        """Whether dial tone waits for a warning."""
        report = Report("off_hook", call.id, call.calling or "", "", now, switch=control.name)
        if not self._processor.minds(report):
            return False
        self._ask(control, report, partial(self._off_hook_warning, control, call, then))
        return True

    @staticmethod
    def _off_hook_warning(control: CallControl, call: Call, then: Then, reply: Reply, now: int) -> None:
        if call.id not in control.by_id:
            return
        if reply.announcement is None:
            then(call, now)
            return
        control.line(call, "ANNOUNCEMENT", announcement=reply.announcement)
        control.start(call, control.durations.announcement, then)

    # Set-up

    def _authorize(self, control: CallControl, call: Call, choices: tuple[Choice, ...], now: int) -> bool:
        """Whether a call waits before it is routed, or is denied."""
        if call.charge is not None:
            return False
        called = _called_text(call)
        report = Report("authorize", call.id, call.calling or "", called, now, switch=control.name)
        if _is_emergency(call, called) or not self._processor.minds(report):
            return False
        charged = call.charge = self._calls[call.id] = Charged(control, call, choices)
        self._ask(control, report, partial(self._authorized, charged))
        charged.waits = charged.phase in ("asking", "greeting")
        return charged.phase != "granted"

    def _authorized(self, charged: Charged, reply: Reply, now: int) -> None:
        call, control = charged.call, charged.control
        if charged.phase != "asking":
            return  # the caller has left meanwhile
        if not reply.ok:
            charged.phase = "denied"
            self._calls.pop(call.id, None)
            control.announce(call, reply.announcement or control.announcements.default_treatment, "")
            return
        charged.granted_ms = reply.granted_ms
        greeting = reply.greeting or Greeting()
        if greeting.display:
            control.line(call, "DISPLAY", text=greeting.display)
        if greeting.announcement is None:
            self._let_go(charged, now)
            return
        charged.phase, charged.waits = "greeting", True
        control.line(call, "ANNOUNCEMENT", announcement=greeting.announcement, text=greeting.contents)
        control.start(call, control.durations.announcement, lambda _call, then: self._let_go(charged, then))

    @staticmethod
    def _let_go(charged: Charged, now: int) -> None:
        """Route a call that was granted, or that has heard its message."""
        charged.phase = "granted"
        if charged.waits:
            charged.control.route(charged.call, charged.choices, now)

    # The conversation

    def _talking(self, call: Call, now: int) -> None:
        charged = call.charge
        if isinstance(charged, Charged) and charged.phase == "granted":
            charged.phase = "talking"
            self._ask(charged.control, self._report(charged, "answer", now), partial(self._answered, charged))

    def _answered(self, charged: Charged, reply: Reply, now: int) -> None:
        if charged.phase != "talking":
            return
        if reply.cut or not reply.ok:
            self._end(charged, now)
            return
        charged.granted_ms = reply.granted_ms
        self._next_period(charged)

    def _next_period(self, charged: Charged) -> None:
        """Start the timer of the next request, or of the end."""
        if charged.granted_ms is None or self._processor.holds_timers:
            return
        call = charged.call
        ask_ms = charged.granted_ms if charged.final else max(0, charged.granted_ms - self._lead_ms)
        due = (call.answered_ns or 0) + ask_ms * MS_NS
        action = self._paid_time_over if charged.final else self._ask_more
        call.stop_talk_timer()
        call.talk_timer = charged.control.timers.schedule(due, partial(action, charged, due))

    def _ask_more(self, charged: Charged, due: int) -> None:
        charged.number += 1
        report = self._report(charged, "more", due)
        self._ask(charged.control, report, partial(self._extended, charged))

    def _extended(self, charged: Charged, reply: Reply, now: int) -> None:
        """More is paid for; or it is not, and then what is granted is all there is. Without an answer that counts, too."""
        if charged.phase != "talking":
            return
        if reply.cut:
            self._end(charged, now)
            return
        charged.final = reply.final or not reply.ok
        if reply.ok:
            charged.granted_ms = reply.granted_ms
        if reply.announcement is not None:
            charged.control.speak(charged.call, reply.announcement)
        self._next_period(charged)

    def _paid_time_over(self, charged: Charged, due: int) -> None:
        """Ask once more, as money may have come free; the conversation is over meanwhile if none has."""
        charged.final = False
        charged.number += 1
        report = self._report(charged, "more", due)
        self._ask(charged.control, report, partial(self._at_the_end, charged, due))

    def _at_the_end(self, charged: Charged, due: int, reply: Reply, now: int) -> None:
        if charged.phase != "talking":
            return
        if reply.ok and not reply.cut and not reply.final:
            self._extended(charged, reply, now)
            return
        charged.call.timed_from_ns = due
        self._end(charged, now)

    def _warned(self, call: str, announcement: int) -> None:
        """The processor has a warning spoken."""
        charged = self._calls.get(call)
        if charged is not None and charged.phase == "talking":
            _at_switch(charged.control, lambda: self._speak(charged, announcement))

    def _cut(self, call: str, talked_ms: int, now: int) -> None:
        """The processor has a call end, that lasted so long; one that was never answered ends as unanswered."""
        charged = self._calls.get(call)
        if charged is None:
            return
        if charged.phase == "talking":
            charged.call.timed_from_ns = (charged.call.answered_ns or now) + talked_ms * MS_NS
        _at_switch(charged.control, lambda: self._end(charged, now))

    @staticmethod
    def _speak(charged: Charged, announcement: int) -> None:
        if charged.phase == "talking":
            charged.control.speak(charged.call, announcement)

    def _end(self, charged: Charged, now: int) -> None:
        if charged.call.active:
            charged.control.cut(charged.call, now)

    # The end

    def _over(self, call: Call, now: int) -> None:
        """Report how long the parties talked."""
        charged = call.charge
        if not isinstance(charged, Charged) or charged.phase in ("over", "denied"):
            return
        charged.phase = "over"
        self._calls.pop(call.id, None)
        self._ask(charged.control, self._report(charged, "release", now), _nothing)

    @staticmethod
    def _report(charged: Charged, kind: Literal["answer", "more", "release"], now: int) -> Report:
        call = charged.call
        over = now if call.ended_ns is None else call.ended_ns
        talked = 0 if call.answered_ns is None else (over - call.answered_ns) // MS_NS
        return Report(
            kind,
            call.id,
            call.calling or "",
            _called_text(call),
            now,
            number=charged.number,
            talked_ms=talked,
            switch=charged.control.name,
        )


def _at_switch(control: CallControl, action: Callable[[], None]) -> None:
    """Do something now, and have the switch send what comes of it."""
    control.timers.schedule(control.timers.now, action)


def _nothing(_reply: Reply, _now: int) -> None:
    return


def _called_text(call: Call) -> str:
    """The number the caller meant: national digits, or + and international ones."""
    number, nature = call.called, call.called_non
    if call.redirecting is not None:
        number, nature = call.redirecting, call.redirecting_non
    return f"+{number}" if nature == NON_INTERNATIONAL else number


def _is_emergency(call: Call, called: str) -> bool:
    return EMERGENCY_NUMBER in (called, emergency_digits(call.access_code, call.digits))
