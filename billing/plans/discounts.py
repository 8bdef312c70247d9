"""Discounts of plans: the one a call is priced with, and those that follow from a total that was reached.

A call's own percentage is the larger of its band's and of a threshold without retroactive effect that was reached when it
began. A retroactive threshold gives each entry `sum over p < T of half_up(T * G_p) - D_p`, at least 0, with T the largest
percentage reached by the account's and its group's plans (never the sum of both); what is posted is the difference to what
was posted before. So a threshold costs the entries of its pool, never its calls.

A pool of many accounts is not adjusted in the record that crosses: that record marks the pool (LAZY), and from then on what
an account is still owed follows from the totals (`owed`) and is posted when the account is next touched, at the latest
before its bill. Totals keep what forgotten entries came to, so nothing that is owed changes when a member's bill is closed.

Source: charging.md 3.3, 10.1; B1-006, B6-005 to B6-011, B7-006, B7-007, BAMB-9, BAMB-11.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, final

import msgspec

from ain_scp.billing.ledger.record import Code, Fact, Transfer, customer
from ain_scp.billing.plans.totals import (
    DROPPED,
    SEPARATOR,
    Entry,
    Measure,
    PoolKey,
    Step,
    Totals,
    added,
    fact_of,
)
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import DiscountRow, Pool
from ain_scp.terms.money import CENT, MICROS, WHOLE, percent_of

REACHED: Final = "reached"
"""The kind of fact that keeps when a pool reached a threshold without retroactive effect, as local time in ms."""
LAZY: Final = "lazy"
"""The kind of fact that marks a pool whose accounts are adjusted when they are next touched."""
LAZY_FROM: Final = 1000
"""So many accounts of crossed pools are not adjusted in one record."""
MEASURES: Final[tuple[Measure, ...]] = ("CHARGES", "MINUTES")


def less(gross: int, percent: int, round_to: int) -> int:
    """The price of a call less its own percentage: the price is rounded, half up, once; what is given is the difference."""
    return percent_of(gross, WHOLE - percent, round_to) if percent else gross


def threshold_discount(gross: Mapping[int, int], given: Mapping[int, int], percent: int) -> int:
    """What a reached percentage takes off calls that add up to `gross` and were given less; never below 0."""
    lower = [own for own in gross if own < percent]
    return max(0, sum(percent_of(gross[own], percent, CENT) - given.get(own, 0) for own in lower))


class Change(msgspec.Struct, frozen=True):
    """What one call does to plans: entries as they become, transfers, facts, and by account what was adjusted (<= 0: given).

    `late` are adjustments of periods whose bill is closed.
    """

    entries: tuple[Entry, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    facts: tuple[Fact, ...] = ()
    adjusted: dict[str, int] = {}
    late: dict[str, int] = {}


@final
class Discounts:
    """The plans' discounts over the totals of a ledger and the facts it keeps."""

    def __init__(self, charging: Charging, totals: Totals, facts: Mapping[str, Mapping[str, bytes]]) -> None:
        self._charging = charging
        self._totals = totals
        self._facts = facts
        self.lazy_from = LAZY_FROM
        self._points = _points(charging)
        self._rows: dict[tuple[str, str], tuple[tuple[DiscountRow, str], ...]] = {}
        self._groups = self._looking()

    def _looking(self) -> dict[str, list[str]]:
        """The groups that look at the pool of a plan without being in it, by the plan: their own plan has such thresholds."""
        found: dict[str, list[str]] = {}
        for group in self._charging.groups:
            for kind, plan in sorted(self.shared("", group)):
                if kind == "PLAN":
                    found.setdefault(plan, []).append(group)
        return found

    def rows(self, plan: str, group: str) -> tuple[tuple[DiscountRow, str], ...]:
        """The discounts that calls of a plan and a group have, each with the plan it stands in."""
        plans = plan, self._group_plan(group) if group else ""
        known = self._rows.get(plans)
        if known is None:
            known = self._rows[plans] = tuple(self._rows_of(plans))
        return known

    def _rows_of(self, plans: tuple[str, str]) -> Iterator[tuple[DiscountRow, str]]:
        for name in plans:
            own = self._charging.plans.get(name)
            if own is None:
                continue
            for row in own.discounts:
                yield row, name
            common = self._charging.plans.get(own.pool_with)
            for row in () if common is None else common.discounts:
                if row.kind == "THRESHOLD":
                    yield row, own.pool_with

    def _group_plan(self, group: str) -> str:
        row = self._charging.groups.get(group)
        return "" if row is None else row.plan

    def pool(self, row: DiscountRow, plan: str, entry: Entry) -> PoolKey | None:
        """The pool a threshold of a plan looks at; None for an entry that is in none."""
        if row.pool == "ACCOUNT":
            return PoolKey("ACCOUNT", entry.account, entry.period)
        if row.pool == "GROUP":
            return PoolKey("GROUP", entry.group, entry.period) if entry.group else None
        own = self._charging.plans[plan]
        return PoolKey("PLAN", own.pool_with or plan, entry.period)

    def shared(self, plan: str, group: str) -> set[tuple[str, str]]:
        """The pools of several accounts that a threshold of a plan or a group looks at, by kind and name."""
        found = set()
        for row, name in self.rows(plan, group):
            if row.kind == "THRESHOLD" and row.pool == "PLAN":
                found.add(("PLAN", self._charging.plans[name].pool_with or name))
            elif row.kind == "THRESHOLD" and row.pool == "GROUP" and group:
                found.add(("GROUP", group))
        return found

    # The call itself

    def own_percent(self, entry: Entry, start_ms: int) -> int:
        """The percentage a call of an entry that begins at a local moment is priced with."""
        found = 0
        for row, plan in self.rows(entry.plan, entry.group):
            if row.percent > found and (
                self._in_band(row, start_ms)
                if row.kind == "BAND"
                else not row.retroactive and self._was_reached(row, self.pool(row, plan, entry), start_ms)
            ):
                found = row.percent
        return found

    def _in_band(self, row: DiscountRow, start_ms: int) -> bool:
        return self._charging.scheme_of_band[row.band].band(start_ms) == row.band

    def _was_reached(self, row: DiscountRow, key: PoolKey | None, start_ms: int) -> bool:
        if key is None or not row.measure:
            return False
        at = self._facts.get(REACHED, {}).get(_reached_name(key, row.measure, row.reaches))
        return at is not None and int(at) <= start_ms

    # Totals

    def percent(self, entry: Entry, before: Entry, after: Entry) -> int:
        """The largest retroactive percentage that an entry's plans reach once `before` has become `after`."""
        found = 0
        for row, plan in self.rows(entry.plan, entry.group):
            if row.kind != "THRESHOLD" or not row.measure or not row.retroactive or row.percent <= found:
                continue
            key = self.pool(row, plan, entry)
            if key is not None and self._total(key, row.measure, before, after) >= row.reaches:
                found = row.percent
        return found

    def _total(self, key: PoolKey, measure: Measure, before: Entry, after: Entry) -> int:
        total = self._totals.total(key, measure)
        if before is not after and key in self._totals.pools_of(after):
            total += after.total(measure) - before.total(measure)
        return total

    def change(self, before: Entry, step: Step, local_ms: int, open_period: Callable[[str], str]) -> Change:
        """What one call does: its entry grows, and every entry whose discount is another now is adjusted."""
        after = added(before, step)
        crossed: list[PoolKey] = []
        facts: list[Fact] = []
        for key in self._totals.pools_of(after):
            for measure in MEASURES:
                more = step.gross if measure == "CHARGES" else step.minutes * MICROS
                if not more or not self._reaches(key, measure):
                    continue
                low = self._totals.total(key, measure)
                high = low + more
                points = self._between(key, measure, low, high)
                facts += [self._moment(key, measure, point, local_ms, up=high > low) for point in points]
                if points and key not in crossed:
                    crossed.append(key)
        if not crossed:
            more = self._more(after, before, after)
            return self._posted([(after, more)], facts, open_period)
        unit = [*crossed, *self._beside(crossed)]
        affected = {after.name: after}
        if self._totals.many(unit, after.account, self.lazy_from):
            facts += [Fact(LAZY, key.mark, b"") for key in crossed]
        else:
            affected |= {
                entry.name: after if entry.name == after.name else entry
                for entry in self._totals.members(unit)
            }
        found = [(entry, self._more(entry, before, after)) for entry in affected.values()]
        return self._posted(
            [(entry, more) for entry, more in found if more or entry is after], facts, open_period
        )

    def owed(self, entry: Entry) -> int:
        """What is still to be taken off an entry of a pool that is adjusted lazily; below 0: to be charged again."""
        lazy = self._facts.get(LAZY)
        if not lazy or not any(key.mark in lazy for key in self._seen(entry)):
            return 0
        return self._more(entry, entry, entry)

    def settled(self, entries: Iterable[Entry], open_period: Callable[[str], str]) -> Change | None:
        """What adjusts some entries to what they are owed; None when nothing does."""
        found = [(entry, more) for entry in entries if (more := self.owed(entry))]
        return self._posted(found, [], open_period) if found else None

    def _more(self, entry: Entry, before: Entry, after: Entry) -> int:
        """By how much an entry's discount is larger once `before` has become `after` than what was posted."""
        percent = self.percent(entry, before, after)
        return (threshold_discount(entry.gross, entry.given, percent) if percent else 0) - entry.discount

    def _posted(
        self, found: list[tuple[Entry, int]], facts: list[Fact], open_period: Callable[[str], str]
    ) -> Change:
        entries = tuple(
            [
                msgspec.structs.replace(entry, discount=entry.discount + more) if more else entry
                for entry, more in found
            ]
        )
        moved: list[Transfer] = []
        late: dict[str, int] = {}
        adjusted: dict[str, int] = {}
        for entry, more in found:
            if more:
                moved.append(self._transfer(entry, more))
                adjusted[entry.account] = adjusted.get(entry.account, 0) - more
                if entry.period != open_period(entry.account):
                    late[entry.account] = late.get(entry.account, 0) - more
        adjusted = {account: amount for account, amount in adjusted.items() if amount}
        return Change(entries, tuple(moved), (*facts, *map(fact_of, entries)), adjusted, late)

    def _seen(self, entry: Entry) -> Iterator[PoolKey]:
        """The pools that an entry's thresholds look at."""
        for row, plan in self.rows(entry.plan, entry.group):
            key = self.pool(row, plan, entry) if row.kind == "THRESHOLD" else None
            if key is not None:
                yield key

    def _beside(self, crossed: list[PoolKey]) -> Iterator[PoolKey]:
        """The groups whose plan looks at a plan's pool: their calls may be of other plans."""
        for key in crossed:
            if key.kind == "PLAN":
                yield from (PoolKey("GROUP", group, key.period) for group in self._groups.get(key.name, ()))

    def left_behind(self, gone: Iterable[Entry]) -> Iterable[Fact]:
        """Facts that keep what entries about to be forgotten add to the totals of pools with thresholds."""
        return self._totals.left_behind(gone, self._watched, self._looked_at)

    def _looked_at(self, key: PoolKey) -> bool:
        """Whether entries that are not of a pool look at it: those of groups whose plan does."""
        return any(map(self._totals.has, self._beside([key])))

    def _watched(self, key: PoolKey) -> bool:
        return any(self._reaches(key, measure) for measure in MEASURES)

    def _reaches(self, key: PoolKey, measure: Measure) -> list[int]:
        """The thresholds of a pool, ascending."""
        return self._points.get((key.kind, key.name if key.kind == "PLAN" else "", measure), [])

    def _between(self, key: PoolKey, measure: Measure, one: int, other: int) -> list[int]:
        """The thresholds that lie above the smaller of two totals and are reached by the larger."""
        points = self._reaches(key, measure)
        low, high = sorted((one, other))
        return points[bisect_right(points, low) : bisect_right(points, high)]

    def _moment(self, key: PoolKey, measure: Measure, point: int, local_ms: int, *, up: bool) -> Fact:
        return Fact(REACHED, _reached_name(key, measure, point), b"%d" % local_ms if up else None)

    def _transfer(self, entry: Entry, more: int) -> Transfer:
        plan = entry.plan
        if not any(row.kind == "THRESHOLD" for row, name in self.rows(plan, "") if name):
            plan = self._group_plan(entry.group) or plan
        ends = (f"discount:{plan}", customer(entry.account))
        return Transfer(*(ends if more > 0 else ends[::-1]), abs(more), Code.DISCOUNT, entry.period)

    def forget(self, keys: list[PoolKey]) -> list[Fact]:
        """Facts that forget what was kept of pools that are empty now, and that nobody looks at."""
        found = []
        for key in dict.fromkeys(other for one in keys for other in (one, *self._looking_at(one))):
            if self._totals.has(key) or self._looked_at(key):
                continue
            names = [name for measure in MEASURES for name in self._names(key, measure)]
            kept = dict.fromkeys([*self._found.get(key.mark, ()), *names])
            found += [(REACHED, name) for name in kept]
            found += [(DROPPED, key.mark), (LAZY, key.mark)]
        return [Fact(kind, name, None) for kind, name in found if name in self._facts.get(kind, {})]

    def _looking_at(self, key: PoolKey) -> list[PoolKey]:
        """The pools of plans that a group looks at."""
        shared = sorted(self.shared("", key.name)) if key.kind == "GROUP" else []
        return [PoolKey("PLAN", name, key.period) for kind, name in shared if kind == "PLAN"]

    def _names(self, key: PoolKey, measure: Measure) -> list[str]:
        return [_reached_name(key, measure, point) for point in self._reaches(key, measure)]

    @cached_property
    def _found(self) -> dict[str, list[str]]:
        """The names of moments by pool as they were found: thresholds may have been others then."""
        found: dict[str, list[str]] = {}
        for name in self._facts.get(REACHED, {}):
            found.setdefault(name.rsplit(SEPARATOR, 2)[0], []).append(name)
        return found


def _reached_name(key: PoolKey, measure: Measure, reaches: int) -> str:
    return SEPARATOR.join((key.mark, measure, str(reaches)))


def _points(charging: Charging) -> dict[tuple[Pool, str, Measure], list[int]]:
    """The thresholds by kind of pool, measure, and for pools of plans the plan; in ascending order."""
    found: dict[tuple[Pool, str, Measure], set[int]] = {}
    for plan in charging.rows.plans:
        for row in plan.discounts:
            if row.kind == "THRESHOLD" and row.measure:
                name = (plan.pool_with or plan.name) if row.pool == "PLAN" else ""
                found.setdefault((row.pool, name, row.measure), set()).add(row.reaches)
    return {key: sorted(points) for key, points in found.items()}
