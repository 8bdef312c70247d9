"""An engine inside the switches: the monitor's door, answered at once. It holds the timers itself.

Source: charging.md 5.4 (switch: Figs. 2b, 3b, 4b, 5b), 6.2.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.billing.charging import events
from ain_scp.billing.charging.engine import TimerLine
from ain_scp.billing.charging.port import CallTerms, DirectPort, Grant, Reply, Report, denial
from ain_scp.billing.charging.results import Answered, Extended, TimerEnded, TimerWarn, Warned
from ain_scp.billing.ledger.export import time_text
from ain_scp.ssp_sim.kernel import Event, Kernel
from ain_scp.terms.units import MS_NS

LAST_NS: Final = MS_NS - 1
"""Timers of a millisecond come after everything else of it."""

Terms = Callable[[str, str], CallTerms]
"""What is agreed about a call: by its id and calling number."""


class InSwitch:
    """The engine of a network's switches; `terms` gives a call its name and what is agreed about it."""

    holds_timers = True

    def __init__(self, port: DirectPort, kernel: Kernel, terms: Terms) -> None:
        self.port = port
        self.warn: Callable[[str, int], None] = _nobody
        self.cut: Callable[[str, int, int], None] = _nobody
        self._kernel = kernel
        self._terms = terms
        self._timer: Event | None = None
        self._names: dict[str, str] = {}
        self._talking: dict[str, int] = {}

    def minds(self, report: Report) -> bool:
        """Whether a call is charged: its number asks for money, and somebody's account pays."""
        return minded(self.port, self._terms(report.call, report.calling), report)

    def ask(self, report: Report, then: Callable[[Reply, int], None]) -> None:
        """Have the engine do what a report says."""
        terms = self._terms(report.call, report.calling)
        self._names[terms.call] = report.call
        if report.kind == "answer":
            self._talking[terms.call] = report.now
        if self.port.down and report.kind != "authorize":
            self._without(report, terms.call, then)
            return
        asked = request_of(self.port, terms, report)
        result = self.port.ask(asked, report.now // MS_NS)
        if report.kind == "release":
            self._talking.pop(terms.call, None)
        then(reply_of(self.port, report, terms.call, result.said.reason, result.said.body), report.now)
        self._heed(result.timers, report.now)
        self.set_timer()

    def _without(self, report: Report, call: str, then: Callable[[Reply, int], None]) -> None:
        """The engine is dead: a call that is up continues with what is paid for."""
        if report.kind == "release":
            self._talking.pop(call, None)
        standing = self.port.standing(call)
        then(Reply(granted_ms=None if standing is None else standing.granted_ms), report.now)
        self._paid_only(report.now)

    def set_timer(self) -> None:
        """Wake when the engine wants to be."""
        if self._timer is not None:
            self._timer.cancel()
        due = self.port.engine.next_call_timer()
        self._timer = None if due is None else self._kernel.schedule(due * MS_NS + LAST_NS, self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = self._kernel.now
        if self.port.down:
            self._paid_only(now)
            return
        self._heed(self.port.handle_timer(now // MS_NS), now)
        self.set_timer()

    def _paid_only(self, now: int) -> None:
        """The engine is dead: what is paid for is talked, no more."""
        if self._timer is not None:
            self._timer.cancel()
        ends = []
        for call, answered in list(self._talking.items()):
            standing = self.port.standing(call)
            if standing is None or standing.granted_ms is None:
                continue
            end = answered + standing.granted_ms * MS_NS
            if end <= now:
                self.cut(self._names[call], standing.granted_ms, now)
            else:
                ends.append(end)
        self._timer = self._kernel.schedule(min(ends), self._wake) if ends else None

    def _heed(self, timers: tuple[TimerLine, ...], now: int) -> None:
        """Warn and cut."""
        for line in timers:
            if line.event == "warn":
                warned = msgspec.json.decode(line.body, type=TimerWarn)
                spoken = self.port.announcement(self.port.account_of(warned.call), warned.message)
                if spoken is not None:
                    self.warn(self._names.get(warned.call, ""), spoken)
            elif line.event in ("cut", "unanswered"):
                ended = msgspec.json.decode(line.body, type=TimerEnded)
                self.cut(self._names.pop(ended.call, ""), ended.duration_ms, now)


def minded(port: DirectPort, terms: CallTerms, report: Report) -> bool:
    """Whether a call is charged."""
    if report.called and not port.asks(report.called):
        return False
    return port.charged(terms, report.calling, report.called, report.now // MS_NS)


def request_of(port: DirectPort, terms: CallTerms, report: Report) -> events.AnyEvent:
    """The request that a report of a switch makes."""
    at = time_text(report.now // MS_NS)
    if report.kind == "off_hook":
        return events.OffHook(at=at, from_=report.calling)
    if report.kind == "authorize":
        return port.request(terms, at, report.calling, report.called)
    if report.kind == "answer":
        return events.Answer(at=at, call=terms.call)
    if report.kind == "more":
        return events.More(at=at, call=terms.call, number=report.number, used_ms=report.talked_ms)
    return events.Release(at=at, call=terms.call, duration_ms=report.talked_ms)


def reply_of(port: DirectPort, report: Report, call: str, reason: str, body: bytes) -> Reply:
    """What a switch hears of a result. A dead charge processor says nothing about balances, and calls continue."""
    if report.kind == "off_hook":
        message = msgspec.json.decode(body, type=Warned).message if not reason else None
        return Reply(
            announcement=port.announcement(port.line_account(report.calling, report.now // MS_NS), message)
        )
    if report.kind == "release":
        return Reply(ok=not reason)
    if reason:
        spoken = port.cause(denial(reason)) if report.kind == "authorize" else None
        return Reply(ok=False, announcement=spoken)
    if report.kind == "authorize":
        granted = msgspec.json.decode(body, type=Grant).granted_ms
        found = None if port.standing(call) is None else port.greeting(call, report.calling, report.called)
        return Reply(granted_ms=granted, greeting=found)
    if report.kind == "answer" or b'"cut"' in body:
        standing = port.standing(call)
        cut = bool(msgspec.json.decode(body, type=Answered).cut)
        return Reply(granted_ms=None if standing is None else standing.granted_ms, cut=cut)
    extended = msgspec.json.decode(body, type=Extended)
    return Reply(granted_ms=extended.granted_ms, final=extended.final)


def _nobody(*_told: object) -> None:
    return
