"""A call that has ended, counted: its own discount, its plan's and group's totals, summaries, exemplary plans, band minutes.

`counted` prices a call as its plan says; `effect` says what that changes, as transfers and facts for the record that posts the
call; `done` takes it over once the record is made. A repeated or refused record changes nothing here.

Source: charging.md 10.1 to 10.4; B2-003, B5-001, B5-008, B6-003, B7-006.
"""

from typing import Final, final

import msgspec

from ain_scp.billing.ledger.machine import MOST_MOVED, Ledger
from ain_scp.billing.ledger.record import Fact, Transfer, customer
from ain_scp.billing.plans.discounts import Discounts, less
from ain_scp.billing.plans.exemplary import grown, kept, kind_of, moments, shadow, shadow_step
from ain_scp.billing.plans.totals import Entry, Step, Totals
from ain_scp.billing.rating.rate import finest, reckon
from ain_scp.billing.rating.row import Reckoned, place
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.billing.summaries.accumulate import gather
from ain_scp.billing.summaries.parameters import Counted
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.terms.dialed import EMERGENCY_NUMBER
from ain_scp.terms.units import DAY_MS

LATE: Final = "discount of the period before"
"""What a bill calls the discount that a period still earned after its bill was closed."""


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """An adjustment that is on no bill yet: the ledger's record, its reason, micros (above 0: a credit)."""

    sequence: int
    why: str
    amount: int


class Effect(msgspec.Struct, frozen=True):
    """What a call changes besides its own charge; `adjusted` by account in micros, below 0 where a discount was given."""

    transfers: tuple[Transfer, ...] = ()
    facts: tuple[Fact, ...] = ()
    adjusted: dict[str, int] = {}
    entries: tuple[Entry, ...] = ()
    bill_due: bool = False


_encode: Final = msgspec.msgpack.Encoder().encode
_pending: Final = msgspec.msgpack.Decoder(Pending)


def pending_kind(account: str) -> str:
    """The kind of fact that keeps an account's adjustments until its next bill."""
    return f"adj/{account}"


def pending_fact(account: str, name: str, pending: Pending) -> Fact:
    """An adjustment, to be kept until the next bill."""
    return Fact(pending_kind(account), name, _encode(pending))


def decode_pending(octets: bytes) -> Pending:
    """An adjustment from its octets."""
    return _pending.decode(octets)


@final
class Counting:
    """The plans, summaries and shadows of one ledger."""

    def __init__(self, snapshot: Snapshot, charging: Charging, ledger: Ledger) -> None:
        self._snapshot = snapshot
        self._charging = charging
        self._ledger = ledger
        self.totals = Totals(charging, ledger.facts)
        self.discounts = Discounts(charging, self.totals, ledger.facts)
        self._exemplary: dict[tuple[str, ...], tuple[str, ...]] = {}

    def period(self, account: str) -> str:
        """The first day of an account's open period; "" while it is the one in which the account began."""
        return self._ledger.accounts[customer(account)].period

    def open_entries(self, account: str) -> list[Entry]:
        """The totals of an account's open period."""
        return self.totals.of_account(account, self.period(account))

    def discount(self, entry: Entry) -> int:
        """The threshold discount of an entry: what was posted, and what is still owed in a pool that is adjusted lazily."""
        return entry.discount + self.discounts.owed(entry)

    def actual(self, entry: Entry) -> int:
        """What the calls of an entry come to with all discounts."""
        return entry.actual - self.discounts.owed(entry)

    def settlement(self, account: str) -> Effect | None:
        """What an account is still owed by pools that are adjusted lazily, as transfers and facts; None when nothing is."""
        change = self.discounts.settled(self.totals.of_account(account), self.period)
        if change is None:
            return None
        return Effect(
            change.transfers, change.facts + self._late(change.late), change.adjusted, change.entries
        )

    # Pricing

    def counted(
        self,
        account: str,
        plan: str,
        usage: Usage,
        numbers: tuple[str, str],
        kind: str,
        *,
        gross: int | None = None,
        percent: int | None = None,
        reckoned: list[Reckoned] | str | None = None,
    ) -> Counted | str:
        """A call priced by its plan; a string says why it has no price. `numbers` are calling and called.

        `gross`, `percent` and `reckoned` (the rows that apply) are given where they are known already.
        """
        found = reckon(self._charging, usage) if reckoned is None else reckoned
        if isinstance(found, str):
            if gross is None:
                return found
            found = []
        if gross is None:
            gross = sum(one.amount() for one in found)
            if gross > MOST_MOVED:
                return "AMOUNT"
        group = self._charging.group_at(account, usage.start_ms // DAY_MS)
        if percent is None:
            entry = self.totals.entry(account, plan, group, self.period(account))
            percent = self.discounts.own_percent(entry, usage.start_ms)
        round_to = finest(found)
        return Counted(
            account=account,
            plan=plan,
            group=group,
            calling=numbers[0],
            called=numbers[1],
            origin=usage.origin,
            destination=usage.destination,
            tariff=usage.tariff,
            cos=usage.cos,
            features=usage.features,
            start_ms=usage.start_ms,
            duration_ms=dict(usage.meters)[MS],
            kind=kind,
            gross=gross,
            charge=less(gross, percent, round_to),
            percent=percent,
            round_to=round_to,
            rows=_rows(found) if gross else "",
        )

    # Counting

    def effect(self, call: Counted | None, local_ms: int, before: Counted | None = None) -> Effect:
        """What a call changes; with `before` it was counted already and only what is different now is.

        None instead of a call: it counts no longer.
        """
        one = call or before
        if one is None:
            return Effect()
        entry = self.totals.entry(one.account, one.plan, one.group, self.period(one.account))
        step = _difference(_whole(call), _whole(before)) or Step(0, 0, 0, 0, 0)
        change = self.discounts.change(entry, step, local_ms, self.period)
        facts = change.facts + self._late(change.late)
        gathered = gather(self._snapshot, self._charging, self._ledger.facts, call, before)
        facts += gathered.facts + self._shadows(one, call, before, local_ms) + self._grades(one, call, before)
        return Effect(change.transfers, facts, change.adjusted, change.entries, gathered.bill_due)

    def done(self, effect: Effect) -> None:
        """The record with the effect was made."""
        for entry in effect.entries:
            self.totals.put(entry)

    def _late(self, late: dict[str, int]) -> tuple[Fact, ...]:
        found = []
        for account, amount in late.items():
            octets = self._ledger.facts.get(pending_kind(account), {}).get("late")
            known = Pending(self._ledger.sequence + 1, LATE, 0) if octets is None else decode_pending(octets)
            now = msgspec.structs.replace(known, amount=known.amount - amount)
            found.append(pending_fact(account, "late", now))
        return tuple(found)

    # Exemplary plans

    def exemplary(self, account: str, plan: str) -> Entry:
        """The shadow of a plan in an account's open period."""
        return shadow(account, plan, self._ledger.facts.get(kind_of(account), {}).get(plan))

    def _shadows(
        self, one: Counted, call: Counted | None, before: Counted | None, local_ms: int
    ) -> tuple[Fact, ...]:
        """Every exemplary plan of the call's plan, and of its account's; `one` is the call as it is, or was."""
        charging, kind = self._charging, kind_of(one.account)
        names = self._exemplary_of(charging.accounts[one.account].plan, one.plan)
        if not names:
            return ()
        free = one.called == EMERGENCY_NUMBER or one.called in charging.free_numbers
        marks = self._ledger.facts.get(kind, {})

        def step_of(counted: Counted | None, entry: Entry, percent: int | None = None) -> Step | None:
            if counted is None:
                return None
            used = _usage(counted)
            return shadow_step(charging, entry, used, counted.minutes, marks, free=free, percent=percent)

        found: list[Fact] = []
        for name in names:
            entry = self.exemplary(one.account, name)
            now = step_of(call, entry)
            step = _difference(now, step_of(before, entry, None if now is None else now.percent))
            if step is not None:
                after = grown(charging, entry, step)
                found.append(Fact(kind, name, kept(after)))
                found += moments(charging, entry, after, local_ms)
        return tuple(found)

    def _exemplary_of(self, *plans: str) -> tuple[str, ...]:
        """The exemplary plans of an account's plan and a call's, each once."""
        known = self._exemplary.get(plans)
        if known is None:
            rows = [self._charging.plans[name] for name in plans if name in self._charging.plans]
            known = tuple(dict.fromkeys(name for row in rows for name in row.exemplary))
            self._exemplary[plans] = known
        return known

    # Grades of service

    def grade(self, account: str, band: str) -> tuple[int, int]:
        """Started minutes and cost (micros) of a band in an account's open period."""
        octets = self._ledger.facts.get(f"grade/{account}", {}).get(band, b"0 0")
        minutes, cost = octets.split()
        return int(minutes), int(cost)

    def _grades(self, one: Counted, call: Counted | None, before: Counted | None) -> tuple[Fact, ...]:
        tariff = self._charging.tariffs.get(one.tariff)
        if tariff is None or tariff.scheme is None:
            return ()
        band = tariff.scheme.band(one.start_ms)
        minutes, cost = self.grade(one.account, band)
        for counted, sign in ((call, 1), (before, -1)):
            if counted is not None:
                minutes += sign * counted.minutes
                cost += sign * counted.charge
        return (Fact(f"grade/{one.account}", band, b"%d %d" % (minutes, cost)),)


def _difference(now: Step | None, was: Step | None) -> Step | None:
    """What is added: a step, or what differs from what it was before."""
    if was is None:
        return now
    return _less(Step(was.percent, 0, 0, 0, 0) if now is None else now, was)


def _whole(call: Counted | None) -> Step | None:
    return None if call is None else Step(call.percent, call.gross, call.gross - call.charge, call.minutes, 1)


def _less(step: Step, was: Step) -> Step:
    return Step(
        step.percent,
        step.gross - was.gross,
        step.given - was.given,
        step.minutes - was.minutes,
        step.calls - was.calls,
    )


def _usage(call: Counted) -> Usage:
    return Usage(
        call.tariff,
        call.start_ms,
        ((MS, call.duration_ms),),
        call.origin,
        call.destination,
        call.cos,
        call.features,
    )


def _rows(found: list[Reckoned]) -> str:
    """The tariff rows that made a price, as `tariffs.csv:4 tariffs.csv:9`."""
    rows = {place(row): None for one in found for row in (one.row, *(part[0] for part in one.parts))}
    return " ".join(rows)
