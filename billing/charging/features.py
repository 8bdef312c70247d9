"""What a subscriber asks for besides calls: off-hook warning, prepaid access, display, phone lock, one number, fax list.

Source: charging.md 9.2; B1-023, B1-081, B1-090, B1-100 to B1-102.
"""

from typing import Final

from ain_scp.billing.bills.tab import tab_of
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import Access, Balance, Display, Fax, Lock, OffHook, Route
from ain_scp.billing.charging.money import UNKNOWN, Money
from ain_scp.billing.charging.results import (
    BalanceNow,
    CallEntry,
    Faxed,
    InForce,
    Remaining,
    Routed,
    Said,
    Usable,
    Warned,
    body,
)
from ain_scp.billing.charging.session import CallRecord, decode_record
from ain_scp.billing.ledger.record import Fact

DEVICES: Final = {"SPEECH": "VOICE", "FAX": "FAX", "MODEM_56": "COMPUTER", "UDI_64": "COMPUTER"}
"""The kind of device that takes a call of a bearer."""


class Features:
    """The subscriber's requests at a desk."""

    def __init__(self, desk: Desk, money: Money) -> None:
        self._desk = desk
        self._money = money

    def off_hook(self, asked: OffHook) -> Said:
        """CWMR: the warning before anything is dialed."""
        account = self._desk.account_of("", asked.from_)
        if account is None:
            return UNKNOWN
        usable = self._desk.text(self._desk.usable(account))
        return Said("", body(Warned(self._desk.warning(account), usable)))

    def access(self, asked: Access) -> Said:
        """Prepaid access: a dial tone for the right PIN and an account in good standing."""
        desk, account = self._desk, self._desk.account_of("", asked.home)
        if account is None:
            return UNKNOWN
        reason = desk.try_pin(account, asked.pin)
        if not reason and desk.expired(account):
            reason = "EXPIRED"
        if not reason and desk.money(account).available <= 0:
            reason = "INSUFFICIENT"
        return Said(reason) if reason else Said("", body(Usable(desk.text(desk.usable(account)))))

    def display(self, asked: Display) -> Said:
        """How long the balance would last."""
        desk, account = self._desk, self._desk.payer(asked.account)
        if account is None:
            return UNKNOWN
        usable = desk.usable(account)
        remaining = (
            None if desk.is_free(asked.called) else self._money.remaining(account, asked.called, usable)
        )
        if isinstance(remaining, str):
            return Said(remaining)
        return Said("", body(Remaining(remaining, desk.text(usable))))

    def route(self, asked: Route) -> Said:
        """The device the subscriber named for this kind of call; the number itself without one."""
        row = self._desk.charging.devices.get((asked.number, DEVICES.get(asked.bearer, "")))
        return Said("", body(Routed(row.to if row is not None else asked.number)))

    def fax(self, asked: Fax) -> Said:
        """The calls since the last bill that cost something; when they come depends on how many faxes wait."""
        desk, account = self._desk, self._desk.account_of("", asked.from_)
        if account is None:
            return UNKNOWN
        reason = desk.try_pin(account, asked.pin)
        if reason:
            return Said(reason)
        options = desk.charging.options
        waiting = max(asked.queue, 0)
        when = "within 24 hours"
        if waiting < options.fax_hour_below:
            when = "now" if waiting < options.fax_now_below else "within 1 hour"
        billed = tab_of(desk.ledger.facts, account).sequence
        calls = tuple(
            CallEntry(one.call, one.called, one.duration_ms, desk.text(one.charge))
            for one in records_of(desk, account)
            if one.charge and one.sequence > billed
        )
        return Said("", body(Faxed(when, calls)))

    def lock(self, asked: Lock) -> Said:
        """The phone lock, by PIN; the class that is in force afterwards."""
        desk, account = self._desk, self._desk.account_of("", asked.from_)
        if account is None:
            return UNKNOWN
        reason = desk.try_pin(account, asked.pin)
        if reason:
            return Said(reason)
        return self.set_lock(account, asked.cos)

    def set_lock(self, account: str, cos: str | None) -> Said:
        """Hold an account to a class, or open it; UNKNOWN_COS for a class the data set does not name."""
        desk = self._desk
        if cos and not any(row.cos == cos for row in desk.charging.rows.cos):
            return Said("UNKNOWN_COS")
        desk.keep("lock", (Fact("lock", account, cos.encode() if cos else None),))
        return Said("", body(InForce(desk.cos_in_force(account))))

    def balance(self, asked: Balance) -> Said:
        """The account as it stands, shown as its `charge_at` says."""
        account = self._desk.payer(asked.account)
        return UNKNOWN if account is None else Said("", body(balance_of(self._desk, account)))


def balance_of(desk: Desk, account: str) -> BalanceNow:
    """One account as it stands now."""
    money, text = desk.money(account), desk.text
    before = desk.row(account).charge_at == "BEFORE"
    return BalanceNow(
        account=account,
        currency=money.terms.currency,
        posted=text(money.posted - (money.reserved if before else 0)),
        reserved=text(0 if before else money.reserved),
        accrued=text(desk.accrued(account)),
        credit_limit=text(money.terms.credit_limit),
        overrun=text(money.terms.overrun),
        usable=text(desk.usable(account)),
        used=text(money.used),
        cos=desk.cos_in_force(account),
        locked=desk.locked_out(account),
        open_calls=len(desk.calls_of(account)),
        sequence=desk.ledger.sequence,
    )


def records_of(desk: Desk, account: str) -> list[CallRecord]:
    """The detail use records that are kept of an account, in the order in which calls ended."""
    kept = desk.ledger.facts.get(f"cdr/{account}", {})
    return sorted((decode_record(octets) for octets in kept.values()), key=lambda one: one.sequence)
