"""Which bill is meant, and making it: closed ones are read, others previewed or made on the opened ledger.

Source: charging.md 9.1, 10.2.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from ain_scp.ain.account.books import Books, wall_ms
from ain_scp.ain.account.change import changing
from ain_scp.ain.account.show import engine_as_it_lies
from ain_scp.ain.faults import Trouble
from ain_scp.billing.bills.bill import Stored, kind_of
from ain_scp.billing.bills.lines import Order
from ain_scp.billing.bills.recurring import CUSTOMER, Span
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.features import records_of
from ain_scp.billing.charging.lines import LineFault, Moment, moment_of
from ain_scp.billing.ledger.durable import UNAVAILABLE, DurableLedger
from ain_scp.terms.localtime import day_text, from_date
from ain_scp.terms.units import DAY_MS

FIRST, LAST = 1970, 2200
"""Years in which a period may begin, and the first in which none does."""
_REASONS: Final = {
    "AMOUNT": "it comes to more than a ledger can hold; look at --counts and recurring.csv",
    "PERIOD_CLOSED": "that period is closed, and no bill was made for it in these days",
    "PERIOD_OPEN": "another member of its group or plan has calls in the period before: make that bill first",
    UNAVAILABLE: "the ledger can keep nothing more: make room on its disk, then run this again",
    "CLOCK_BACK": "the ledger's last record is later; give a later --at",
}


class Wanted(msgspec.Struct, frozen=True):
    """What the command line asks for. `period` as YYYY-MM, "" = the one that is open; `at` as ISO time."""

    period: str = ""
    at: str | None = None
    preview: bool = False
    untaxed: bool = False
    counts: Mapping[str, int] = {}


def owner_of(desk: Desk, account: str | None, customer: str | None) -> str:
    """The owner of a bill; exit 2 for an unknown one."""
    if customer is not None:
        if customer not in desk.snapshot.customer_named:
            raise Trouble(f"{customer}: no such customer; known: {', '.join(desk.snapshot.customer_named)}")
        return f"{CUSTOMER}{customer}"
    paying = desk.payer(account or "")
    if paying is None:
        raise Trouble(f"{account}: no such account")
    return paying


def order_of(desk: Desk, owner: str, wanted: Wanted) -> Order:
    """The days of the bill: a month from the owner's bill day on, by default that of the open period."""
    day = desk.charging.options.bill_day
    if not owner.startswith(CUSTOMER):
        day = desk.row(owner).bill_day
    start = _month(wanted.period, day) if wanted.period else _open(desk, owner, day)
    if not FIRST <= start.year < LAST:
        raise Trouble(f"--period: {start:%Y-%m} is not between {FIRST} and {LAST - 1}")
    following = (start.replace(day=1) + dt.timedelta(days=32)).replace(day=day)
    span = Span(from_date(start), from_date(following))
    return Order(owner, span, wanted.preview, wanted.untaxed, wanted.counts)


def _month(period: str, day: int) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{period}-{day:02d}")
    except ValueError:
        raise Trouble(f"--period: {ascii(period)[:20]} is no month; write 2001-01") from None


def _open(desk: Desk, owner: str, day: int) -> dt.date:
    """The first day of the open period; of one that never closed, by its first call."""
    begun = "" if owner.startswith(CUSTOMER) else desk.counting.period(owner)
    if begun:
        return dt.date.fromisoformat(begun)
    starts = [] if owner.startswith(CUSTOMER) else [one.start_ms // DAY_MS for one in records_of(desk, owner)]
    first = dt.date.fromisoformat(day_text(min(starts, default=desk.today)))
    if first.day >= day:
        return first.replace(day=day)
    return (first.replace(day=1) - dt.timedelta(days=1)).replace(day=day)


class Session:
    """An engine with its bills, at the moment they are made."""

    def __init__(self, engine: Engine, books: Books, wanted: Wanted) -> None:
        self.engine = engine
        self._books = books
        self._wanted = wanted

    def owners(self) -> list[str]:
        """Accounts that pay for themselves, but for those that began after the period that is asked for."""
        desk = self.engine.desk
        return [
            row.account
            for row in desk.charging.rows.accounts
            if not row.pays and not self._began_later(row.account)
        ]

    def _began_later(self, owner: str) -> bool:
        """Whether an account that never had a bill began in a later period."""
        desk = self.engine.desk
        begun = desk.counting.period(owner)
        if not begun or desk.ledger.facts.get(kind_of(owner)):
            return False
        return day_text(order_of(desk, owner, self._wanted).span.to) <= begun

    @property
    def stopped(self) -> bool:
        """Whether the ledger can keep nothing more, whoever is billed: its disk is full, or its journal has failed."""
        ledger = self.engine.desk.ledger
        return isinstance(ledger, DurableLedger) and ledger.journal.state not in ("OPEN", "LOW")

    def keep(self) -> None:
        """Make what was closed durable."""
        ledger = self.engine.desk.ledger
        if isinstance(ledger, DurableLedger):
            ledger.commit(max(wall_ms(), ledger.now_ms))

    def bill(self, owner: str) -> Stored:
        """The bill of an owner; one that is closed is read."""
        desk = self.engine.desk
        order = order_of(desk, owner, self._wanted)
        known = self.engine.bills.closed(owner, day_text(order.span.to))
        if known is not None:
            return known
        moment = self._moment(order)
        closes = (moment.at_ms + moment.offset_ms) // DAY_MS >= order.span.to
        reason = self.engine.bills.obstacle(owner, day_text(order.span.to), closes=closes)
        if not reason and not self.engine.arrive(moment.at_ms, moment.offset_ms):
            reason = "CLOCK_BACK"
        made = reason or self.engine.bills.make(order)
        if isinstance(made, str):
            raise Trouble(f"{owner}: {_REASONS.get(made, made)}")
        return made

    def _moment(self, order: Order) -> Moment:
        """The moment of the bill: now, or where events stand, but with those the end of the period."""
        desk = self.engine.desk
        if self._wanted.at is None:
            at_ms = max(desk.now_ms, order.span.to * DAY_MS) if self._books.virtual else wall_ms()
            return Moment(at_ms, 0, zoned=False)
        try:
            return moment_of(self._wanted.at)
        except LineFault as fault:
            raise Trouble(str(fault).replace("at:", "--at:", 1)) from None


@contextmanager
def session(books: Books, wanted: Wanted, owners: list[str] | None = None) -> Iterator[Session]:
    """A session on the ledger: as it lies where nothing is changed, else opened."""
    lying = engine_as_it_lies(books)
    found = Session(lying, books, wanted)
    if wanted.preview or (owners is not None and all(_is_closed(lying, one, wanted) for one in owners)):
        yield found
        return
    with changing(books) as engine:
        yield Session(engine, books, wanted)


def _is_closed(engine: Engine, owner: str, wanted: Wanted) -> bool:
    order = order_of(engine.desk, owner, wanted)
    return engine.bills.closed(owner, day_text(order.span.to)) is not None


def numbered(books: Books, owner: str, number: str) -> Stored:
    """A bill by its number; exit 2 when there is none."""
    found = engine_as_it_lies(books).bills.bills(owner)
    for stored in found:
        if stored.bill.number == number:
            return stored
    known = ", ".join(stored.bill.number for stored in found) or "none yet"
    raise Trouble(f"{owner}: no bill {number}; its bills: {known}")
