"""Charges and payments that are no running call: deposits, adjustments, purchases, usage, records, callCompletion.

A request with a key has one effect and one answer; the same key with other content is refused.

Source: charging.md 4.2, 9.2; B1-009, B1-104, B1-105, B1-107, B4-003, B4-004, A-230 to A-238.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.billing.charging.counting import Pending, pending_fact
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import (
    Adjust,
    CallCompletion,
    CallConnection,
    Deposit,
    Event,
    Purchase,
    Usage,
)
from ain_scp.billing.charging.pricing import CallPrice
from ain_scp.billing.charging.results import Charged, Connected, Said, Usable, body
from ain_scp.billing.ledger.decision import Check, Draft
from ain_scp.billing.ledger.keys import content_of
from ain_scp.billing.ledger.machine import Refusal
from ain_scp.billing.ledger.record import AccountChange, Code, Fact, Transfer, customer
from ain_scp.billing.rating import usage as rating
from ain_scp.billing.rating.applied import origin_of
from ain_scp.billing.rating.forms import UsageFault, units_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.rate import amount
from ain_scp.terms.money import parse_money
from ain_scp.terms.units import DAY_MS

NOT_CONTENT: Final = frozenset({"at", "key", "pin", "by"})
UNKNOWN: Final = Said("UNKNOWN_ACCOUNT")


class Money:
    """The one-off requests of a desk; `came_in(account)` hears of every payment and credit."""

    def __init__(self, desk: Desk, came_in: Callable[[str], None]) -> None:
        self._desk = desk
        self._came_in = came_in

    # In

    def deposit(self, asked: Deposit) -> Said:
        """A payment; it may extend how long the account is valid."""
        account, paid = self._desk.payer(asked.account), self._amount(asked.amount)
        if account is None or paid is None:
            return UNKNOWN if account is None else Said(Refusal.AMOUNT)
        until = _last_day(asked.valid_until)
        if until is None:
            return Said("DATE")
        name, terms = customer(account), self._desk.money(account).terms
        changes: tuple[AccountChange, ...] = ()
        if terms.valid_until_ms is not None and until > terms.valid_until_ms:
            changes = (AccountChange(name, msgspec.structs.replace(terms, valid_until_ms=until)),)
        moved = (Transfer("cash:payments", name, paid, Code.DEPOSIT, asked.by),) if paid else ()
        said, new = self._once(asked, asked.key, account, moved, changes=changes)
        if new:
            self._came_in(account)
        return said

    def adjust(self, asked: Adjust) -> Said:
        """A credit, or a later charge that is posted whatever the balance."""
        account, credit = self._desk.payer(asked.account), self._amount(asked.amount, signed=True)
        if account is None or credit is None:
            return UNKNOWN if account is None else Said(Refusal.AMOUNT)
        name = customer(account)
        ends = ("adjustment", name) if credit > 0 else (name, "adjustment")
        moved = (Transfer(*ends, abs(credit), Code.ADJUST, asked.why),) if credit else ()
        sequence = self._desk.ledger.sequence + 1
        noted = pending_fact(account, f"{sequence:012d}", Pending(sequence, asked.why, credit))
        said, new = self._once(asked, asked.key, account, moved, facts=(noted,) if credit else ())
        if new and credit > 0:
            self._came_in(account)
        return said

    # Out

    def purchase(self, asked: Purchase) -> Said:
        """The account as a card: with PIN when it has one, up to the credit limit."""
        desk, account, price = self._desk, self._desk.payer(asked.account), self._amount(asked.amount)
        if account is None or price is None:
            return UNKNOWN if account is None else Said(Refusal.AMOUNT)
        known = self._known(asked, asked.key)
        if known is not None:
            return known
        if desk.row(account).pin or asked.pin is not None:
            reason = desk.try_pin(account, asked.pin or "")
            if reason:
                return Said(reason)
        reason = self._in_order(account)
        if reason:
            return Said(reason)
        moved = (
            (Transfer(customer(account), "revenue:purchases", price, Code.PURCHASE, asked.by),)
            if price
            else ()
        )
        return self._once(asked, asked.key, account, moved, check="PURCHASE")[0]

    def usage(self, asked: Usage) -> Said:
        """Octets, units, events: refused when the account cannot pay."""
        desk, account = self._desk, self._desk.account_of(asked.account, asked.from_)
        if account is None:
            return UNKNOWN
        known = self._known(asked, asked.key)
        if known is not None:
            return known
        reason = self._in_order(account)
        if reason:
            return Said(reason)
        try:
            meters = tuple((name, units_of(name, value)) for name, value in asked.meters.items())
        except UsageFault:
            return Said("METERS")
        used = self._used(account, asked.from_, asked.called, meters, asked.features, asked.tariff)
        charge = amount(desk.charging, used)
        if isinstance(charge, str):
            return Said(charge)
        return self._charge(asked, asked.key, account, charge, "GRANT")

    def connection(self, asked: CallConnection) -> Said:
        """How long a call may last for what is available."""
        desk, account = self._desk, self._desk.account_of(asked.account, asked.from_)
        if account is None:
            return UNKNOWN
        if desk.is_free(asked.called):
            return Said("", body(Connected(None)))
        price = self._price(account, asked.from_, asked.called)
        if isinstance(price, str):
            return Said(price)
        return Said("", body(Connected(price.quote(desk.money(account).available))))

    def completion(self, asked: CallCompletion) -> Said:
        """A call has ended: posted whatever the balance."""
        account = self._desk.account_of(asked.account, asked.from_)
        if account is None:
            return UNKNOWN
        known = self._known(asked, asked.key)
        if known is not None:
            return known
        used = self._used(account, asked.from_, asked.called, ((rating.MS, asked.duration_ms),))
        charge = 0 if self._desk.is_free(asked.called) else amount(self._desk.charging, used)
        if isinstance(charge, str):
            return Said(charge)
        return self._charge(asked, asked.key, account, charge, "")

    def remaining(self, account: str, called: str, money: int) -> int | str | None:
        """How long a call would last for an amount; a string says why it has no price."""
        price = self._price(account, "", called)
        return price if isinstance(price, str) else price.quote(money)

    def _price(self, account: str, calling: str, called: str) -> CallPrice | str:
        desk = self._desk
        line = desk.line(calling) if calling else None
        origin = origin_of(desk.snapshot, calling, called, line) if calling else ""
        return desk.price(desk.applied(line, account), origin, zone_of(desk.snapshot, called, calling), ())

    def _used(
        self,
        account: str,
        calling: str,
        called: str,
        meters: rating.Meters,
        features: tuple[str, ...] = (),
        tariff: str = "",
    ) -> rating.Usage:
        desk = self._desk
        line = desk.line(calling) if calling else None
        found = desk.applied(line, account)
        origin = origin_of(desk.snapshot, calling, called, line) if calling else ""
        destination = zone_of(desk.snapshot, called, calling) if called else ""
        return rating.Usage(
            tariff or found.tariff, desk.local_ms, meters, origin, destination, found.cos, features
        )

    # Once

    def _in_order(self, account: str) -> str:
        if self._desk.money(account).terms.closed:
            return "CLOSED"
        return "EXPIRED" if self._desk.expired(account) else ""

    def _amount(self, text: str, *, signed: bool = False) -> int | None:
        try:
            return parse_money(text, signed=signed)
        except ValueError:
            return None

    def _known(self, asked: Event, key: str) -> Said | None:
        """The answer this request had before, or KEY_REUSED."""
        if not key:
            return None
        known = self._desk.ledger.repeat(f"key:{key}", request_content(asked))
        return None if known is None else Said(known.reason, known.answer or b"{}")

    def _charge(self, asked: Event, key: str, account: str, charge: int, check: Check) -> Said:
        moved = (Transfer(customer(account), "revenue:usage", charge, Code.USAGE),) if charge else ()

        def answer() -> bytes:
            return body(Charged(self._desk.text(charge), self._desk.text(self._desk.usable(account))))

        return self._once(asked, key, account, moved, check=check, answer=answer)[0]

    def _once(
        self,
        asked: Event,
        key: str,
        account: str,
        transfers: tuple[Transfer, ...],
        *,
        check: Check = "",
        changes: tuple[AccountChange, ...] = (),
        facts: tuple[Fact, ...] = (),
        answer: Callable[[], bytes] | None = None,
    ) -> tuple[Said, bool]:
        """Have it decided; the answer, and whether it was done now."""
        desk = self._desk
        draft = Draft(
            type(asked).__name__.lower(),
            desk.now_ms,
            f"key:{key}" if key else "",
            request_content(asked) if key else b"",
            check=check,
            offset_ms=desk.offset_ms,
            transfers=transfers,
            accounts=changes,
            facts=facts,
            answer=answer or (lambda: body(Usable(desk.text(desk.usable(account))))),
        )
        decision = desk.decide(draft)
        return Said(decision.reason, decision.answer or b"{}"), not decision.reason and not decision.repeated


def request_content(asked: Event) -> bytes:
    """The digest of a request: all its fields but those that may differ between two tellings of it."""
    fields = msgspec.structs.asdict(asked)
    return content_of(
        type(asked).__name__, *[(name, value) for name, value in fields.items() if name not in NOT_CONTENT]
    )


def _last_day(text: str) -> int | None:
    """The local instant at which a date ends; 0 for no date, None for what is none."""
    if not text:
        return 0
    try:
        return (dt.date.fromisoformat(text).toordinal() - dt.date(1970, 1, 1).toordinal() + 1) * DAY_MS
    except ValueError:
        return None
