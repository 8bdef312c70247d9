"""The Diameter door (Ro/Gy): a credit-control request becomes requests of the charging door, its result an answer.

| request | here |
|---|---|
| INITIAL | authorize (or a remote call) |
| UPDATE that reports nothing | the called party has answered |
| UPDATE | one more period; what is reported as used is kept in the session |
| TERMINATION | the end; the sum of what was reported is how long the call was |
| EVENT | debit (money, units, octets), refund, balance, price |

A repeated request has the same session and number, T flag or not, and gets the stored answer. A peer whose Origin-State-Id
has grown has forgotten its sessions: they are released but for what they reported. Time is whole seconds, a grant never reaches
into a started increment that is not paid for.

Source: RFC 8506, TS 32.299; charging.md 6.3.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ain_scp.billing.charging import events
from ain_scp.billing.charging.engine import TimerLine
from ain_scp.billing.charging.port import CallTerms, DirectPort, Grant, Result
from ain_scp.billing.charging.pricing import CallPrice
from ain_scp.billing.charging.results import Charged, Ended, Extended, TimerWarn
from ain_scp.billing.ledger.durable import DISK_LOW, UNAVAILABLE
from ain_scp.billing.rating.applied import origin_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.charging.exchange import CUT
from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter import faults
from ain_scp.signaling.diameter.faults import DiameterFault
from ain_scp.signaling.diameter.message import Message, answer, check_known, refusal
from ain_scp.terms.money import MOST, money_text, parse_money
from ain_scp.terms.units import DAY_S, SECOND_MS

MICRO_EXPONENT: Final = -6
MOST_HOSTS: Final = 1024
"""Hosts whose state ids are remembered; the one heard least lately makes room."""
RESULTS: Final[dict[str, int]] = {
    "INSUFFICIENT": faults.CREDIT_LIMIT_REACHED,
    "COS": faults.END_USER_SERVICE_DENIED,
    "LOCKED": faults.END_USER_SERVICE_DENIED,
    "PIN": faults.END_USER_SERVICE_DENIED,
    "CLOSED": faults.END_USER_SERVICE_DENIED,
    "EXPIRED": faults.END_USER_SERVICE_DENIED,
    "TOO_MANY_CALLS": faults.END_USER_SERVICE_DENIED,
    "NOT_COMPLIED": faults.END_USER_SERVICE_DENIED,
    "NOT_CAPABLE": faults.END_USER_SERVICE_DENIED,
    "UNKNOWN_ACCOUNT": faults.USER_UNKNOWN,
    "UNKNOWN_SHARE": faults.USER_UNKNOWN,
    "NO_TARIFF": faults.RATING_FAILED,
    "NO_ROW": faults.RATING_FAILED,
    "AMOUNT": faults.INVALID_AVP_VALUE,
    "METERS": faults.INVALID_AVP_VALUE,
    "UNKNOWN_SESSION": faults.UNKNOWN_SESSION,
    UNAVAILABLE: faults.TOO_BUSY,
    DISK_LOW: faults.TOO_BUSY,
}
"""Result codes by deny reason; any other reason is 5012, unable to comply."""


class Refused(Exception):
    """A request that is answered with a result code and a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class States:
    """The Origin-State-Id of each host as it was last told."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def has_grown(self, host: str, state: int) -> bool:
        """Note what a host tells; whether it was another, smaller one before."""
        before = self._known.pop(host, None)
        self._known[host] = state
        if len(self._known) > MOST_HOSTS:
            del self._known[next(iter(self._known))]
        return before is not None and state > before


class DiameterDoor:
    """Answers credit-control requests; `host` and `realm` are our own names."""

    def __init__(self, charger: Charger, host: str, realm: str) -> None:
        self._charger = charger
        self._port: DirectPort = charger.port
        self._host = host
        self._realm = realm
        self._states = States()
        self._kinds: dict[int, Callable[[cc.CreditRequest, int], ca.CreditAnswer]] = {
            cc.INITIAL: self._initial,
            cc.UPDATE: self._update,
            cc.TERMINATION: self._termination,
            cc.EVENT: self._event,
        }

    def answer(self, message: Message, now: int) -> Message:
        """Serve a CCR; whatever is wrong with it is its answer."""
        try:
            check_known(message.avps)
            asked = cc.check_used(cc.read_request(message))
        except DiameterFault as fault:
            return refusal(message, self._host, self._realm, fault)
        self._port.enter()
        self._note_restart(asked)
        try:
            given = self._kinds[asked.kind](asked, now)
        except Refused as why:
            result = RESULTS.get(why.reason, faults.UNABLE_TO_COMPLY)
            given = ca.CreditAnswer(result, message=why.reason, announcement=self._denied(asked, why.reason))
        return answer(message, self._host, self._realm, given.result, *ca.answer_avps(asked, given))

    def _denied(self, asked: cc.CreditRequest, reason: str) -> int | None:
        from ain_scp.billing.charging.port import denial

        return self._port.cause(denial(reason)) if asked.kind == cc.INITIAL else None

    def _note_restart(self, asked: cc.CreditRequest) -> None:
        """A state id that has grown: the sessions that this host began before are gone."""
        host, state = asked.origin_host, asked.state_id
        if state is None:
            return
        if self._states.has_grown(host, state):
            self.forget(host, asked.session)

    def forget(self, host: str, session: str) -> None:
        """Release the sessions that a host has begun, but for one."""
        for name in list(self._port.engine.desk.open_calls):
            if name.startswith(f"{host};") and name != session:
                self._port.engine.running.abandon(name)

    def _ask(self, request: events.AnyEvent, now: int) -> Result:
        result = self._charger.ask(request, now)
        if not result.said.ok:
            raise Refused(result.said.reason)
        return result

    # Sessions

    def _initial(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        terms = terms_of(asked)
        request = self._port.request(terms, self._charger.text(now), asked.calling, asked.called)
        result = self._ask(request, now)
        granted = msgspec.json.decode(result.said.body, type=Grant)
        local_ms = self._charger.clock(now).local_ms
        greeting = self._port.greeting(asked.session, asked.calling, asked.called)
        given = self._grant(
            asked.session,
            granted.granted_ms,
            0,
            continues=self._port.fails_open(asked.calling, local_ms),
            announcement=self._port.announcement(granted.account, granted.message),
        )
        return msgspec.structs.replace(
            given,
            setup=None if greeting.announcement is None else (greeting.announcement, greeting.contents),
            download=greeting.display if asked.parameter(cc.DOWNLOAD) is not None else "",
        )

    def _update(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        standing = self._port.standing(asked.session)
        if standing is not None and not standing.running:
            if self._ask(events.Answer(at="", call=asked.session), now).said.body == CUT:
                raise Refused("INSUFFICIENT")
            standing = self._port.standing(asked.session)
        if asked.used_s is None and standing is not None:
            return self._grant(asked.session, standing.granted_ms, standing.used_ms, final=standing.final)
        again = standing is not None and asked.number == standing.number
        before = 0 if standing is None else standing.used_ms
        used_ms = before if again else before + (asked.used_s or 0) * SECOND_MS
        more = events.More(at="", call=asked.session, number=asked.number, used_ms=used_ms)
        result = self._ask(more, now)
        if result.said.body == CUT:
            raise Refused("INSUFFICIENT")
        extended = msgspec.json.decode(result.said.body, type=Extended)
        if extended.final and extended.granted_ms is not None and extended.granted_ms <= used_ms:
            raise Refused("INSUFFICIENT")
        spoken = self._spoken(asked.session, result.timers)
        return self._grant(
            asked.session, extended.granted_ms, used_ms, final=extended.final, announcement=spoken
        )

    def _termination(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        standing = self._port.standing(asked.session)
        used_ms = (0 if standing is None else standing.used_ms) + (asked.used_s or 0) * SECOND_MS
        if standing is not None and not standing.running and used_ms:
            self._ask(events.Answer(at="", call=asked.session), now)
        result = self._ask(events.Release(at="", call=asked.session, duration_ms=used_ms), now)
        ended = msgspec.json.decode(result.said.body, type=Ended)
        return ca.CreditAnswer(faults.SUCCESS, cost=self._money(parse_money(ended.charge, signed=True)))

    def _grant(
        self,
        session: str,
        granted_ms: int | None,
        used_ms: int,
        *,
        final: bool = False,
        continues: bool | None = None,
        announcement: int | None = None,
    ) -> ca.CreditAnswer:
        """What is left of a grant, from the report that is answered; without a bound a day."""
        left_s = DAY_S
        if granted_ms is not None:
            left_ms = max(0, granted_ms - used_ms)
            up = self._port.rounds_up(session)
            left_s = left_ms // SECOND_MS if up else -(-left_ms // SECOND_MS)
        validity = left_s + self._port.engine.desk.charging.options.validity_s
        return ca.CreditAnswer(
            faults.SUCCESS,
            left_s,
            timed=True,
            final=final,
            validity_s=validity,
            continues=continues,
            announcement=announcement,
        )

    def _spoken(self, call: str, timers: tuple[TimerLine, ...]) -> int | None:
        found: int | None = None
        for line in timers:
            if line.event == "warn":
                warned = msgspec.json.decode(line.body, type=TimerWarn)
                if warned.call == call:
                    spoken = self._port.announcement(self._port.account_of(call), warned.message)
                    found = found if spoken is None else spoken
        return found

    # One-off requests

    def _event(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        kinds: dict[int, Callable[[cc.CreditRequest, int], ca.CreditAnswer]] = {
            cc.DIRECT_DEBITING: self._debit,
            cc.REFUND_ACCOUNT: self._refund,
            cc.CHECK_BALANCE: self._check,
            cc.PRICE_ENQUIRY: self._price,
        }
        serve = kinds.get(-1 if asked.action is None else asked.action)
        if serve is None:
            raise Refused("ACTION")
        return serve(asked, now)

    def _account(self, asked: cc.CreditRequest, now: int) -> str:
        account = self._port.line_account(asked.calling, self._charger.clock(now).local_ms)
        account = account or self._port.engine.desk.payer(asked.calling)
        if account is None:
            raise Refused("UNKNOWN_ACCOUNT")
        return account

    def _debit(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        account, at, key = self._account(asked, now), self._charger.text(now), _key(asked)
        if asked.money is not None:
            pin = asked.parameter(cc.PIN)
            amount = self._amount(asked.money)
            self._ask(events.Purchase(at=at, account=account, amount=amount, pin=pin, key=key), now)
            return ca.CreditAnswer(faults.SUCCESS, money=asked.money, cost=asked.money)
        meters: dict[str, Any] = {}
        if asked.units is not None:
            meters["unit"] = asked.units
        if asked.octets is not None:
            meters["octets"] = asked.octets
        if not meters:
            raise Refused("METERS")
        usage = events.Usage(at=at, account=account, meters=meters, called=asked.called, key=key)
        charged = msgspec.json.decode(self._ask(usage, now).said.body, type=Charged)
        return ca.CreditAnswer(faults.SUCCESS, cost=self._money(parse_money(charged.charge, signed=True)))

    def _refund(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        if asked.money is None:
            raise Refused("AMOUNT")
        account, at = self._account(asked, now), self._charger.text(now)
        amount = self._amount(asked.money)
        self._ask(events.Adjust(at=at, account=account, amount=amount, why="refund", key=_key(asked)), now)
        return ca.CreditAnswer(faults.SUCCESS, money=asked.money)

    def _check(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        """Whether the money suffices (without an amount: whether there is any), and the warning on the balance."""
        account, at = self._account(asked, now), self._charger.text(now)
        self._ask(events.Balance(at=at, account=account), now)
        available = self._port.engine.desk.money(account).available
        wanted = 1 if asked.money is None else parse_money(self._amount(asked.money))
        message = self._port.engine.desk.warning(account)
        spoken = self._port.announcement(account, message)
        return ca.CreditAnswer(faults.SUCCESS, balance_ok=available >= wanted, announcement=spoken)

    def _price(self, asked: cc.CreditRequest, now: int) -> ca.CreditAnswer:
        """What a call of some seconds (a minute) costs, that begins now."""
        desk, account = self._port.engine.desk, self._account(asked, now)
        self._ask(events.Balance(at=self._charger.text(now), account=account), now)
        line = desk.line(asked.calling)
        found = desk.applied(line, account)
        origin = origin_of(desk.snapshot, asked.calling, asked.called, line)
        price = desk.price(found, origin, zone_of(desk.snapshot, asked.called, asked.calling), ())
        if not isinstance(price, CallPrice):
            raise Refused(price)
        seconds = 60 if asked.asked_s is None else asked.asked_s
        return ca.CreditAnswer(faults.SUCCESS, cost=self._money(price.charge(seconds * SECOND_MS)))

    # Money

    def _money(self, micros: int) -> cc.Money:
        """An exact decimal, as short as it can be."""
        digits, exponent = micros, MICRO_EXPONENT
        while exponent < 0 and digits % 10 == 0:
            digits, exponent = digits // 10, exponent + 1
        return cc.Money(digits, exponent, cc.ISO_4217.get(self._port.engine.desk.charging.currency, 0))

    def _amount(self, money: cc.Money) -> str:
        """Decimal text; refused when it is below 0, too much, finer than a micro, or of another currency."""
        shift = money.exponent - MICRO_EXPONENT
        own = cc.ISO_4217.get(self._port.engine.desk.charging.currency, 0)
        if money.digits < 0 or not 0 <= shift <= 18 or money.currency not in (0, own):
            raise Refused("AMOUNT")
        micros = money.digits * 10**shift
        if micros > MOST:
            raise Refused("AMOUNT")
        return money_text(micros, self._port.engine.desk.charging.digits)


def terms_of(asked: cc.CreditRequest) -> CallTerms:
    """What is agreed about a session's call, from the parameters of its first request."""
    features = tuple(value for kind, value in asked.parameters if kind == cc.FEATURE)
    return CallTerms(
        asked.session,
        payer=asked.parameter(cc.PAYER) or "calling",
        share=asked.parameter(cc.SHARE) or "",
        pin=asked.parameter(cc.PIN),
        features=features,
        home=asked.parameter(cc.HOME) or "",
        switch=asked.parameter(cc.SWITCH) or "",
        application_cpu=True,
    )


def _key(asked: cc.CreditRequest) -> str:
    return f"{asked.session}/{asked.number}"
