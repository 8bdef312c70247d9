"""The lines of a bill, each with its reasons: which rows, totals and records made it.

Source: charging.md 9.3, 10.1, 10.2; B1-005, B1-096, B3-013, B6-009, A-232, A-239.
"""

from collections.abc import Iterable, Mapping
from typing import final

import msgspec

from ain_scp.billing.bills.bill import KINDS
from ain_scp.billing.bills.recurring import CUSTOMER, Drawn, Span, at, items
from ain_scp.billing.bills.tab import Tab
from ain_scp.billing.charging.counting import decode_pending, pending_kind
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.session import CallRecord, decode_record
from ain_scp.billing.plans.totals import Entry, PoolKey
from ain_scp.billing.rating.row import place
from ain_scp.provisioning.rows_charging import TaxRow
from ain_scp.terms.money import CENT, MICROS, percent_of, percent_text, round_half_up


class Order(msgspec.Struct, frozen=True):
    """What bill is wanted: of an account or a `customer:NAME`, of which days; `counts` are triggering numbers by kind."""

    owner: str
    span: Span
    preview: bool = False
    untaxed: bool = False
    counts: Mapping[str, int] = {}


@final
class Lines:
    """The lines of a desk's bills."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of(self, order: Order, tab: Tab, *, closes: bool) -> list[Drawn]:
        """The lines of a bill in their order; those that come to nothing are left out, but for recurring ones."""
        found: list[Drawn] = []
        if not order.owner.startswith(CUSTOMER):
            found += self._usage(order.owner, tab)
            found += self._discount(order.owner, tab)
        if closes:
            found += items(self._desk, order.owner, order.span, order.counts)
        if not order.owner.startswith(CUSTOMER):
            found += self._shortfall(order.owner, order.span) if closes else []
            found += self._adjustments(order.owner)
        if not order.untaxed:
            day = order.span.last if closes else self._desk.today
            found += self._taxes(found, day)
        total = sum(line.amount for line in found)
        rest = round_half_up(total, CENT) - total
        if rest:
            reason = f"the lines above come to {self._desk.text(total)}; half up to the cent"
            found.append(Drawn("ROUNDING", "rounding", 1, rest, (reason,)))
        return [line for line in found if line.amount or line.kind == "RECURRING"]

    def _usage(self, account: str, tab: Tab) -> list[Drawn]:
        calls, others = calls_of(self._desk, account, tab)
        amount = self._desk.money(account).used - tab.used
        listed = sum(call.charge for call in (*calls, *others))
        reasons = [f"{len(calls)} in the calls list come to {self._desk.text(sum(c.charge for c in calls))}"]
        if others:
            text_ = self._desk.text(sum(call.charge for call in others))
            reasons.append(f"{len(others)} priced by a contract come to {text_}")
        if amount != listed:
            reasons.append(
                f"octets, units, events, calls settled by others: {self._desk.text(amount - listed)}"
            )
        return [Drawn("USAGE", "usage", len(calls), amount, tuple(reasons))]

    def _discount(self, account: str, tab: Tab) -> list[Drawn]:
        counting = self._desk.counting
        entries = counting.open_entries(account)
        given = sum(entry.discount for entry in entries) - tab.discount
        reasons = [reason for entry in entries if entry.discount for reason in self._why_discount(entry)]
        if tab.discount:
            reasons.append(f"less {self._desk.text(tab.discount)} on earlier bills of the period")
        return [Drawn("DISCOUNT", "threshold", 1, -given, tuple(reasons))]

    def _why_discount(self, entry: Entry) -> list[str]:
        discounts, text_ = self._desk.counting.discounts, self._desk.text
        percent = discounts.percent(entry, entry, entry)
        found = []
        for row, plan in discounts.rows(entry.plan, entry.group):
            key = discounts.pool(row, plan, entry) if row.kind == "THRESHOLD" else None
            if key is not None and row.measure and row.retroactive and row.percent == percent:
                total = self._desk.counting.totals.total(key, row.measure)
                reached = (
                    text_(row.reaches) if row.measure == "CHARGES" else f"{row.reaches // MICROS} minutes"
                )
                now = text_(total) if row.measure == "CHARGES" else f"{total // MICROS} minutes"
                found.append(f"{at(row.where)}: {_pool(key)} reaches {reached} with {now}")
        found += [
            f"{percent_text(percent)} % of {text_(gross)} is {text_(percent_of(gross, percent, CENT))}"
            + (f", less {text_(entry.given[own])} given with the calls" if entry.given.get(own) else "")
            for own, gross in sorted(entry.gross.items())
            if own < percent and gross
        ]
        return found

    def _shortfall(self, account: str, span: Span) -> list[Drawn]:
        """Minutes of a commitment that were not used, at the price of a minute of the band the plan names."""
        desk = self._desk
        terms = desk.applied(None, account)
        plan = desk.charging.plans.get(terms.plan)
        if plan is None or not plan.minimum_minutes:
            return []
        used = sum(entry.minutes for entry in desk.counting.open_entries(account) if entry.plan == plan.name)
        missing = plan.minimum_minutes - used
        tariff = desk.charging.tariffs.get(plan.tariff or terms.tariff)
        row = (
            None
            if tariff is None
            else tariff.row("ms", "", "", "", terms.cos, plan.shortfall_band, span.last)
        )
        if missing <= 0 or row is None or not row.next_units:
            return []
        amount = round_half_up(missing * row.next_price * 60_000, row.round_to, row.next_units)
        reasons = (
            f"{at(plan.where)}: {plan.minimum_minutes} minutes agreed, {used} used",
            f"{place(row)}: a minute of {plan.shortfall_band} at {desk.text(row.next_price * 60_000 // row.next_units)}",
        )
        return [Drawn("SHORTFALL", plan.shortfall_band, missing, amount, reasons)]

    def _adjustments(self, account: str) -> list[Drawn]:
        kept = self._desk.ledger.facts.get(pending_kind(account), {})
        found = sorted((decode_pending(octets) for octets in kept.values()), key=lambda one: one.sequence)
        return [
            Drawn("ADJUSTMENT", one.why, 1, -one.amount, (f"record {one.sequence} of the ledger",))
            for one in found
        ]

    def _taxes(self, lines: Iterable[Drawn], day: int) -> list[Drawn]:
        sums = dict.fromkeys(KINDS, 0)
        for line in lines:
            sums[line.kind] += line.amount
        usage = sums["USAGE"] + sums["DISCOUNT"] + sums["SHORTFALL"]
        base = {"USAGE": usage, "RECURRING": sums["RECURRING"], "ALL": usage + sums["RECURRING"]}
        found = []
        for row in self._taxes_on(day):
            reason = f"{at(row.where)}: {percent_text(row.percent)} % of {self._desk.text(base[row.on])} ({row.on.lower()})"
            found.append(Drawn("TAX", row.tax, 1, percent_of(base[row.on], row.percent, CENT), (reason,)))
        return found

    def _taxes_on(self, day: int) -> list[TaxRow]:
        """Each tax at its version of a day, in the order in which the file names the taxes."""
        found: dict[str, TaxRow | None] = {}
        for row in self._desk.charging.rows.taxes:
            known = found.setdefault(row.tax, None)
            if row.effective <= day and (known is None or row.effective >= known.effective):
                found[row.tax] = row
        return [row for row in found.values() if row is not None]


def calls_of(desk: Desk, account: str, tab: Tab) -> tuple[list[CallRecord], list[CallRecord]]:
    """The records since the last bill in the order in which calls ended: without a flag, and with one."""
    kept = desk.ledger.facts.get(f"cdr/{account}", {})
    found = sorted((decode_record(octets) for octets in kept.values()), key=lambda one: one.sequence)
    fresh = [one for one in found if one.sequence > tab.sequence]
    return [one for one in fresh if not one.flag], [one for one in fresh if one.flag]


def _pool(key: PoolKey) -> str:
    return f"{key.kind.lower()} {key.name}"
