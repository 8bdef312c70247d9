"""A bill made of totals, detail use records and rows; closing it is one record of the ledger.

A bill whose day is `to` or later closes the period; one before is an interim bill: usage, discounts, adjustments and taxes
since the last one. A closed bill is never made again: asked for once more it is read from the ledger, octet for octet.

Source: charging.md 9.3, 10.1, 10.2; B1-005, B1-096, B2-008, B3-013, B6-009, A-232, A-239.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final, final

from ain_scp.billing.bills import bill as forms
from ain_scp.billing.bills.lines import Lines, Order, calls_of
from ain_scp.billing.bills.recurring import CUSTOMER, Drawn, Span
from ain_scp.billing.bills.tab import Tab, tab_fact, tab_of
from ain_scp.billing.charging.counting import pending_kind
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import MakeBill
from ain_scp.billing.charging.inquiries import Inquiries
from ain_scp.billing.charging.money import UNKNOWN
from ain_scp.billing.charging.results import Said
from ain_scp.billing.charging.session import CallRecord, decode_record
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.machine import MOST_MOVED
from ain_scp.billing.ledger.record import AccountChange, Code, Fact, Transfer, customer
from ain_scp.billing.plans.exemplary import kind_of as shadow_kind
from ain_scp.billing.plans.totals import ENTRY, Entry, PoolKey
from ain_scp.billing.summaries.accumulate import restarted
from ain_scp.terms.localtime import day_text, from_date, text
from ain_scp.terms.money import percent_text

_CODES: Final = {"RECURRING": Code.RECURRING, "SHORTFALL": Code.RECURRING, "TAX": Code.TAX}


@final
class Maker:
    """The bills of a desk."""

    def __init__(self, desk: Desk, inquiries: Inquiries) -> None:
        self._desk = desk
        self._inquiries = inquiries
        self._lines = Lines(desk)

    def make(self, order: Order) -> forms.Stored | str:
        """Make a bill and, unless it is a preview, post and keep it; a string says why there is none."""
        desk = self._desk
        closes = desk.today >= order.span.to
        to = day_text(order.span.to)
        if closes and not order.preview:
            known = self.closed(order.owner, to)
            if known is not None:
                return known
        reason = self.obstacle(order.owner, to, closes=closes)
        if reason:
            return reason
        if not order.owner.startswith(CUSTOMER):
            desk.settle(order.owner)
        return self._made(order, closes=closes)

    def obstacle(self, owner: str, to: str, *, closes: bool) -> str:
        """Why no bill of the period that ends before a date can be made, whatever the time; "" when one can."""
        if owner.startswith(CUSTOMER):
            return ""
        begun = self._desk.counting.period(owner)
        if begun >= to:
            return "PERIOD_CLOSED"
        return "PERIOD_OPEN" if closes and self._others_open(owner, begun) else ""

    def bill(self, asked: MakeBill) -> Said:
        """Answer a request for a bill."""
        order = self.order(asked)
        made = order if isinstance(order, str) else self.make(order)
        return Said(made) if isinstance(made, str) else Said("", forms.as_json(made.bill))

    def order(self, asked: MakeBill) -> Order | str:
        """What is asked for; a string says what is wrong with it."""
        desk = self._desk
        try:
            span = Span(*(from_date(dt.date.fromisoformat(day)) for day in (asked.from_, asked.to)))
        except ValueError:
            return "DATE"
        if span.days <= 0:
            return "DATE"
        if asked.customer:
            if asked.customer not in desk.snapshot.customer_named or asked.account:
                return "UNKNOWN_CUSTOMER"
            owner = f"{CUSTOMER}{asked.customer}"
        else:
            owner = desk.payer(asked.account) or ""
        if not owner:
            return UNKNOWN.reason
        return Order(owner, span, asked.preview, asked.untaxed, asked.counts)

    def closed(self, owner: str, to: str) -> forms.Stored | None:
        """The bill that closed the period ending before a date; None when there is none."""
        for octets in self._desk.ledger.facts.get(forms.kind_of(owner), {}).values():
            found = forms.decode(octets)
            if found.bill.closes and found.bill.period.to == to:
                return found
        return None

    def bills(self, owner: str) -> list[forms.Stored]:
        """Every bill an owner has had, in order."""
        kept = self._desk.ledger.facts.get(forms.kind_of(owner), {})
        return [forms.decode(kept[number]) for number in sorted(kept)]

    def _others_open(self, account: str, begun: str) -> bool:
        """Whether another member of a pool has calls in a period before this account's: two are kept, no more."""
        counting = self._desk.counting
        behind = list(counting.totals.behind(begun, counting.period))
        if not behind:
            return False
        pools = self._desk.pools_of(account)
        return any(pools & counting.discounts.shared(plan, group) for plan, group in behind)

    # Making

    def _made(self, order: Order, *, closes: bool) -> forms.Stored | str:
        desk = self._desk
        tab = tab_of(desk.ledger.facts, order.owner)
        lines = self._lines.of(order, tab, closes=closes)
        if any(abs(line.amount) > MOST_MOVED for line in lines):
            return "AMOUNT"
        stored = self._stored(order, tab, lines, closes=closes)
        if order.preview:
            return stored
        draft = Draft(
            "bill",
            desk.now_ms,
            transfers=tuple(self._transfers(order.owner, stored.bill.number, lines)),
            accounts=self._period(order, closes=closes),
            facts=tuple(self._facts(order, tab, stored, lines, closes=closes)),
        )
        decision = desk.decide(draft)
        if decision.record is None:
            return decision.reason
        if closes:
            self._retire(order.owner)
        return stored

    def _call(self, record: CallRecord) -> forms.BillCall:
        desk = self._desk
        return forms.BillCall(
            at=text(record.start_ms // 1000),
            from_=record.calling,
            called=record.called,
            duration_ms=record.duration_ms,
            type=record.kind,
            plan=record.plan,
            group=record.group,
            destination=record.destination,
            gross=desk.text(record.gross or record.charge),
            percent=percent_text(record.percent),
            charge=desk.text(record.charge),
            rows=record.rows,
            flag=record.flag,
            call=record.call,
        )

    # Groups

    def _groups(self, account: str) -> tuple[forms.GroupShares, ...]:
        """The groups this account's calls of the open period were made in, with every member's share of that period."""
        counting = self._desk.counting
        period = counting.period(account)
        names = {entry.group: None for entry in counting.open_entries(account) if entry.group}
        return tuple(self._group(name, period) for name in names)

    def _group(self, group: str, period: str) -> forms.GroupShares:
        desk = self._desk
        entries = [
            entry for entry in desk.counting.totals.members([PoolKey("GROUP", group, period)]) if entry.calls
        ]
        members = [
            self._share(account, [entry for entry in entries if entry.account == account])
            for account in sorted({entry.account for entry in entries})
        ]
        row = desk.charging.groups.get(group)
        gross, actual = sum(entry.charges for entry in entries), self._actual(entries)
        return forms.GroupShares(
            group,
            "" if row is None else row.spoken,
            tuple(members),
            desk.text(gross),
            desk.text(actual - gross),
            desk.text(actual),
        )

    def _share(self, account: str, entries: list[Entry]) -> forms.Share:
        gross, actual = sum(entry.charges for entry in entries), self._actual(entries)
        calls, minutes = sum(entry.calls for entry in entries), sum(entry.minutes for entry in entries)
        text_ = self._desk.text
        return forms.Share(account, calls, minutes, text_(gross), text_(actual - gross), text_(actual))

    def _actual(self, entries: list[Entry]) -> int:
        return sum(map(self._desk.counting.actual, entries))

    # The record

    def _stored(self, order: Order, tab: Tab, lines: list[Drawn], *, closes: bool) -> forms.Stored:
        desk, owner = self._desk, order.owner
        sums = {kind: sum(line.amount for line in lines if line.kind == kind) for kind in forms.KINDS}
        total = sum(sums.values())
        of_account = not owner.startswith(CUSTOMER)
        calls, others = calls_of(desk, owner, tab) if of_account else ([], [])
        made = forms.Bill(
            account=owner if of_account else None,
            name=desk.row(owner).name if of_account else owner.removeprefix(CUSTOMER),
            number=f"{owner.removeprefix(CUSTOMER)}-{tab.bills + 1:04d}",
            issued=day_text(desk.today),
            period=forms.BillPeriod(day_text(order.span.start), day_text(order.span.to)),
            currency=desk.charging.currency,
            closes=closes,
            lines=tuple(
                forms.BillLine(line.kind, line.text, line.quantity, desk.text(line.amount)) for line in lines
            ),
            totals=forms.BillTotals(
                **{kind.lower(): desk.text(sums[kind]) for kind in forms.KINDS}, total=desk.text(total)
            ),
            calls=tuple(map(self._call, calls)),
            others=tuple(map(self._call, others)),
            summaries=self._inquiries.all_summaries(owner) if of_account else {},
            groups=self._groups(owner) if of_account else (),
            balance=self._balance(owner, tab, lines, total),
            ledger=forms.BillLedger(tab.sequence + 1, desk.ledger.sequence + 1),
        )
        return forms.Stored(made, tuple(line.reasons for line in lines))

    def _balance(self, owner: str, tab: Tab, lines: list[Drawn], total: int) -> forms.BillBalance:
        desk = self._desk
        if owner.startswith(CUSTOMER):
            return forms.BillBalance(desk.text(0), desk.text(0), desk.text(-total))
        after = desk.money(owner).posted - _posted_now(lines)
        return forms.BillBalance(
            desk.text(tab.posted), desk.text(after - tab.posted + total), desk.text(after)
        )

    def _transfers(self, owner: str, number: str, lines: list[Drawn]) -> Iterable[Transfer]:
        """What the bill itself posts; usage, discounts and adjustments were posted when they came about."""
        name = f"clearing:{owner}" if owner.startswith(CUSTOMER) else customer(owner)
        for line in lines:
            code = _CODES.get(line.kind, Code.ADJUST if line.kind == "ROUNDING" else None)
            if code is None or not line.amount:
                continue
            other = {"TAX": f"tax:{line.text}", "ROUNDING": "adjustment"}.get(line.kind, "revenue:recurring")
            ends = (name, other) if line.amount > 0 else (other, name)
            yield Transfer(*ends, abs(line.amount), code, number)

    def _period(self, order: Order, *, closes: bool) -> tuple[AccountChange, ...]:
        if not closes or order.owner.startswith(CUSTOMER):
            return ()
        return (AccountChange(customer(order.owner), None, day_text(order.span.to)),)

    def _facts(
        self, order: Order, tab: Tab, stored: forms.Stored, lines: list[Drawn], *, closes: bool
    ) -> Iterable[Fact]:
        """The bill, and what restarts with it."""
        desk, owner, facts = self._desk, order.owner, self._desk.ledger.facts
        sequence = desk.ledger.sequence + 1
        bills = tab.bills + 1
        yield Fact(forms.kind_of(owner), f"{bills:06d}", forms.encode(stored))
        if owner.startswith(CUSTOMER):
            yield tab_fact(
                owner, Tab(bills=bills, sequence=sequence, closed=sequence if closes else tab.closed)
            )
            return
        money = desk.money(owner)
        posted = money.posted - _posted_now(lines)
        given = sum(entry.discount for entry in desk.counting.open_entries(owner))
        yield tab_fact(
            owner,
            Tab(
                used=0 if closes else money.used,
                discount=0 if closes else given,
                posted=posted,
                bills=bills,
                sequence=sequence,
                closed=sequence if closes else tab.closed,
            ),
        )
        plan, group = desk.applied(None, owner).plan, desk.charging.group_at(owner, desk.today)
        yield from restarted(desk.charging, facts, owner, plan, group, closes=closes)
        yield from (Fact(pending_kind(owner), name, None) for name in facts.get(pending_kind(owner), {}))
        if closes:
            for kind in (shadow_kind(owner), f"grade/{owner}"):
                yield from (Fact(kind, name, None) for name in facts.get(kind, {}))
            yield from self._old(owner, tab)

    def _old(self, owner: str, tab: Tab) -> Iterable[Fact]:
        """Facts that forget totals and records of the period before the one that closes now."""
        counting, facts = self._desk.counting, self._desk.ledger.facts
        begun = counting.period(owner)
        gone = [entry for entry in counting.totals.of_account(owner) if entry.period < begun]
        yield from (Fact(ENTRY, entry.name, None) for entry in gone)
        yield from counting.discounts.left_behind(gone)
        for name, octets in facts.get(f"cdr/{owner}", {}).items():
            if decode_record(octets).sequence <= tab.closed:
                yield Fact(f"cdr/{owner}", name, None)

    def _retire(self, owner: str) -> None:
        """Totals that the ledger has forgotten are forgotten here."""
        counting, desk = self._desk.counting, self._desk
        kept = desk.ledger.facts.get(ENTRY, {})
        gone = [entry for entry in counting.totals.of_account(owner) if entry.name not in kept]
        empty = [key for entry in gone for key in counting.totals.drop(entry)]
        forgotten = counting.discounts.forget(empty)
        if forgotten:
            desk.keep("forget", tuple(forgotten))


def _posted_now(lines: Iterable[Drawn]) -> int:
    """What a bill posts itself."""
    return sum(line.amount for line in lines if line.kind in _CODES or line.kind == "ROUNDING")
