"""Recurring charges: which items a bill has, what is counted, and how much of a period an item was in effect.

Source: charging.md 8.9; B1-005, A-232, A-239.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ain_scp.billing.charging.desk import Desk
from ain_scp.provisioning.rows_charging import RecurringRow
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.provisioning.tables.digits import digits_of
from ain_scp.provisioning.where import Where
from ain_scp.terms.money import CENT, money_text, round_half_up

CUSTOMER: Final = "customer:"


class Drawn(msgspec.Struct, frozen=True):
    """A line before it is printed: micros instead of text, and its reasons, one sentence each."""

    kind: str
    text: str
    quantity: int
    amount: int
    reasons: tuple[str, ...]


class Span(msgspec.Struct, frozen=True):
    """The days of a period, as day numbers; `to` is the first day after."""

    start: int
    to: int

    @property
    def days(self) -> int:
        """How many days it has."""
        return self.to - self.start

    @property
    def last(self) -> int:
        """Its last day."""
        return self.to - 1


def items(desk: Desk, owner: str, span: Span, counts: Mapping[str, int]) -> list[Drawn]:
    """The recurring charges of an account, or of a `customer:NAME`, in file order; also those that count nothing."""
    found = []
    for row in desk.charging.rows.recurring:
        quantity = _quantity(desk, row, owner, span, counts)
        days = _days(row, span)
        if quantity is not None and days > 0:
            found.append(_drawn(row, quantity, days, span))
    return found


def _drawn(row: RecurringRow, quantity: int, days: int, span: Span) -> Drawn:
    whole = quantity * row.amount
    amount = round_half_up(whole * days, CENT, span.days) if row.prorate else whole
    reasons = [f"{at(row.where)}: {money_text(row.amount)} for each {row.per.lower()}: {quantity} counted"]
    if row.prorate:
        reasons.append(f"in effect on {days} of {span.days} days, half up to the cent")
    return Drawn("RECURRING", row.item, quantity, amount, tuple(reasons))


def _days(row: RecurringRow, span: Span) -> int:
    """Days of the period on which an item is in effect."""
    until = span.to if row.until is None else min(row.until, span.to)
    return until - max(row.effective, span.start)


def _quantity(desk: Desk, row: RecurringRow, owner: str, span: Span, counts: Mapping[str, int]) -> int | None:
    """What is counted for an owner; None when the item is not its own."""
    if row.owner.startswith(CUSTOMER) or owner.startswith(CUSTOMER):
        if row.owner != owner:
            return None
        return 1 if row.per == "ACCOUNT" else counts.get(row.per, triggering(desk.snapshot, owner, row.per))
    plan = row.owner.removeprefix("plan:") if row.owner.startswith("plan:") else None
    if plan is None and row.owner != owner:
        return None
    lines = desk.moves.lines_of(owner, span.last)
    if plan is None:
        return 1 if row.per == "ACCOUNT" else counts.get(row.per, len(lines) if row.per == "LINE" else 0)
    own = desk.applied(None, owner).plan == plan
    under = sum(desk.applied(line, owner).plan == plan for line in lines)
    if not own and not under:
        return None
    return 1 if row.per == "ACCOUNT" else counts.get(row.per, under if row.per == "LINE" else 0)


def triggering(snapshot: Snapshot, owner: str, per: str) -> int:
    """The triggering numbers of a customer by kind: CENTREX, PBX, or the RTL numbers it has."""
    customer = snapshot.customer_named.get(owner.removeprefix(CUSTOMER))
    if customer is None:
        return 0
    if per == "RTL":
        return len(customer.rtl)
    columns = snapshot.dataset.triggers
    return sum(
        _is_of(snapshot, customer, place, int(code), per) for place, code in enumerate(columns.numbers)
    )


def _is_of(snapshot: Snapshot, customer: Customer, place: int, code: int, per: str) -> bool:
    if snapshot.customer_of(place) is not customer or not snapshot.originates(place):
        return False
    station = customer.station(digits_of(code))
    return customer.class_of(station) == per


def at(where: Where) -> str:
    """A row as people look it up: `recurring.csv:4`."""
    return f"{where.file.rpartition('/')[2]}:{where.line}"
