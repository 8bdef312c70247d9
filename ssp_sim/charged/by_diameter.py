"""The monitor's door to an application CPU: credit-control requests over a link of its own, answers when they come.

A request that stays unanswered is sent again once, marked as repeated, and then given up (Tx): a call that is up continues with what is
paid for, one that is being set up is made or not as its account says (decision 15). Time used is reported in started seconds.

Source: RFC 8506 sections 5, 13; charging.md 5.4, 6.3.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.billing.charging.port import CallTerms, Greeting, Reply, Report, denial
from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.faults import SUCCESS, TOO_BUSY
from ain_scp.signaling.diameter.message import RETRANSMITTED, Message, decode, encode
from ain_scp.ssp_sim.charged.described import described
from ain_scp.ssp_sim.charged.in_switch import Terms, minded
from ain_scp.ssp_sim.charged.run_port import RunPort
from ain_scp.ssp_sim.kernel import Event, Kernel
from ain_scp.ssp_sim.recorder import Beside
from ain_scp.terms.units import MS_NS, SECOND_NS

TX_NS: Final = 1 * SECOND_NS
"""How long an answer is waited for."""
HOST: Final = "switch.ain-scp"
REALM: Final = "ain-scp"

Carry = Callable[[Beside, Callable[[bytes, int], None]], None]
"""Carries a message, and hands it over where it arrives."""


Server = Callable[[Message, int], Message]
"""The application CPU: answers a request at an instant (ns)."""


class Asked:
    """A request on its way; `used_s` is what was reported by it and all before."""

    __slots__ = ("octets", "repeated", "report", "then", "timer")

    def __init__(self, report: Report, then: Callable[[Reply, int], None], octets: bytes) -> None:
        self.report = report
        self.then = then
        self.octets = octets
        self.repeated = False
        self.timer: Event | None = None


class ByDiameter:
    """The application CPU of a network's switches, as their monitor sees it."""

    holds_timers = False

    def __init__(
        self,
        port: RunPort,
        kernel: Kernel,
        terms: Terms,
        server: Server,
        carry: Carry,
    ) -> None:
        """`port` says which lines are charged, as the switches know."""
        self.warn: Callable[[str, int], None] = _nobody
        self.cut: Callable[[str, int, int], None] = _nobody
        self._port = port
        self._kernel = kernel
        self._terms = terms
        self._server = server
        self._carry = carry
        self._waiting: dict[int, Asked] = {}
        self._numbers: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._without_end: set[str] = set()
        self._next = 0
        self._timer: Event | None = None

    def minds(self, report: Report) -> bool:
        """Whether a call is charged."""
        return minded(self._port, self._terms(report.call, report.calling), report)

    def ask(self, report: Report, then: Callable[[Reply, int], None]) -> None:
        """Send a request; `then` is called with the answer, or with none."""
        terms = self._terms(report.call, report.calling)
        if report.call in self._without_end:
            then(Reply(), report.now)
            return
        self._next += 1
        message = cc.request_message(self._request(report, terms), self._next, self._next)
        asked = self._waiting[self._next] = Asked(report, then, encode(message))
        self._send(self._next, asked)

    def _send(self, number: int, asked: Asked) -> None:
        asked.timer = self._kernel.schedule(self._kernel.now + TX_NS, lambda: self._unanswered(number))
        self._carry(described(asked.report, asked.octets), self._serve)

    def _request(self, report: Report, terms: CallTerms) -> cc.CreditRequest:
        call, kinds = report.call, {"authorize": cc.INITIAL, "release": cc.TERMINATION, "off_hook": cc.EVENT}
        kind = kinds.get(report.kind, cc.UPDATE)
        number = 0 if kind in (cc.INITIAL, cc.EVENT) else self._numbers.get(call, 0) + 1
        self._numbers[call] = number
        used: int | None = None
        if report.kind in ("more", "release"):
            total = -(-report.talked_ms // 1000)
            used, self._used[call] = total - self._used.get(call, 0), total
        return cc.CreditRequest(
            terms.call if kind != cc.EVENT else f"{terms.call}/off-hook",
            kind,
            number,
            report.calling,
            report.called,
            used,
            requested=report.kind in ("authorize", "more"),
            action=cc.CHECK_BALANCE if kind == cc.EVENT else None,
            origin_host=HOST,
            origin_realm=REALM,
            parameters=_parameters(terms) if kind == cc.INITIAL else (),
        )

    def _serve(self, octets: bytes, now: int) -> None:
        """The application CPU takes a request; dead, it says nothing."""
        if self._port.down:
            return
        message = decode(octets)
        answer = encode(self._server(message, now))
        self._set_timer()
        asked = self._waiting.get(message.hop_by_hop)
        if asked is not None:
            self._carry(described(asked.report, answer), self._answered)

    def _set_timer(self) -> None:
        """Wake when reservations that are not settled go back."""
        if self._timer is not None:
            self._timer.cancel()
        due = self._port.next_timer()
        self._timer = None if due is None else self._kernel.schedule(due * MS_NS + MS_NS, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._port.handle_timer(self._kernel.now // MS_NS)
        self._set_timer()

    def _answered(self, octets: bytes, now: int) -> None:
        message = decode(octets)
        asked = self._waiting.pop(message.hop_by_hop, None)
        if asked is None:
            return
        if asked.timer is not None:
            asked.timer.cancel()
        asked.then(self._reply(asked.report, ca.read_answer(message), now), now)

    def _reply(self, report: Report, given: ca.CreditAnswer, now: int) -> Reply:
        """What the monitor gets; grants count from the answer of the call, as it counts them."""
        if given.result != SUCCESS:
            dead = given.result == TOO_BUSY and report.kind != "authorize"
            return Reply(ok=False, cut=not dead, final=True, announcement=given.announcement)
        if given.granted_s is None:
            return Reply(announcement=given.announcement)
        granted = given.granted_s + self._used.get(report.call, 0)
        spoken = given.announcement if report.kind in ("off_hook", "more") else None
        greeting = self._greeting(report, given, now) if report.kind == "authorize" else None
        return Reply(granted_ms=granted * 1000, final=given.final, announcement=spoken, greeting=greeting)

    def _greeting(self, report: Report, given: ca.CreditAnswer, now: int) -> Greeting:
        """What goes out with the set-up; a message that took too long is not played (B5-010)."""
        longest = self._port.engine.desk.charging.options.message_ms * MS_NS
        if given.setup is None or now - report.now > longest:
            self._port.unheard(self._terms(report.call, report.calling).call)
            return Greeting(display=given.download)
        return Greeting(*given.setup, display=given.download)

    def _unanswered(self, number: int) -> None:
        """Tx is over: once more, then without."""
        asked = self._waiting.get(number)
        if asked is None:
            return
        if not asked.repeated:
            asked.repeated = True
            message = decode(asked.octets)
            flags = message.flags | RETRANSMITTED
            asked.octets = encode(msgspec.structs.replace(message, flags=flags))
            self._send(number, asked)
            return
        del self._waiting[number]
        asked.then(self._without(asked.report), self._kernel.now)

    def _without(self, report: Report) -> Reply:
        """No answer came. A call that was let go on without has no bound and is charged by its record."""
        if report.kind == "off_hook":
            return Reply()
        if report.kind == "authorize":
            opened = self._port.fails_open(report.calling, report.now // MS_NS)
            if opened:
                self._without_end.add(report.call)
                return Reply()
            self._port.missed(self._terms(report.call, report.calling).call)
            return Reply(ok=False, announcement=self._port.cause(denial("UNAVAILABLE")))
        return Reply(ok=report.kind == "answer", granted_ms=None, final=True)


def _parameters(terms: CallTerms) -> tuple[tuple[int, str], ...]:
    """What is agreed about a call, where it is more than usual."""
    found = [(cc.DOWNLOAD, "handset"), *((cc.FEATURE, feature) for feature in terms.features)]
    if terms.payer != "calling":
        found.append((cc.PAYER, terms.payer))
    if terms.share:
        found.append((cc.SHARE, terms.share))
    if terms.home:
        found += [(cc.HOME, terms.home), (cc.SWITCH, terms.switch)]
    if terms.pin is not None:
        found.append((cc.PIN, terms.pin))
    return tuple(found)


def _nobody(*_told: object) -> None:
    return
