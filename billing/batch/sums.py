"""Pieces added up, and what accounts owe for them: thresholds are applied from totals, by the functions of real time.

A piece's sums are by payer and own percentage. Records whose own price depends on the calls before them (a threshold without
retroactive effect) are kept in their order and priced when all pieces are there; a record counts as come when it was answered.

Source: charging.md 10.1, section 12; I11.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.billing.batch.columns import Rated, Rater, Records
from ain_scp.billing.batch.summing import Summed, Summing, Sums, together
from ain_scp.billing.batch.tables import Ints, Tables
from ain_scp.billing.plans.discounts import Discounts, less, threshold_discount
from ain_scp.billing.plans.totals import Entry, Step, Totals, added
from ain_scp.terms.units import MINUTE_MS

GROSS: Final = 0
GIVEN: Final = 1
MINUTES: Final = 2
CALLS: Final = 3


class PieceSums(NamedTuple):
    """The sums of one piece. `by_percent`: own percentage -> four rows (gross, given, minutes, calls) by payer.

    `ordered` are records to be priced in order: payer, answer, gross, band's percentage, minutes, unit of rounding, calling, called
    number. `summed` are the summaries of the others.
    """

    by_percent: dict[int, Ints]
    rows: Ints
    ordered: Ints
    records: int
    unknown: int
    unpriced: int
    summed: tuple[Sums, ...] = ()


class Owed(msgspec.Struct, frozen=True):
    """What one account, plan and group came to. Micros: `gross` before discounts, `given` with the calls, `discount` later."""

    account: str
    plan: str
    group: str
    calls: int
    minutes: int
    gross: int
    given: int
    discount: int

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.gross - self.given - self.discount


class Month(msgspec.Struct, frozen=True):
    """A month: what is owed, what each tariff row made (records, gross), records without account and without price, summaries."""

    owed: tuple[Owed, ...]
    rows: dict[str, tuple[int, int]]
    records: int
    unknown: int
    unpriced: int
    summaries: tuple[Summed, ...] = ()

    @property
    def total(self) -> int:
        """All accounts together."""
        return sum(one.total for one in self.owed)


def sums_of(
    rater: Rater, records: Records, ordered: NDArray[np.bool_], summing: Summing | None = None
) -> tuple[PieceSums, Rated]:
    """Rate a piece and add it up, with the summaries where they are asked for."""
    rated = rater.rate(records)
    bad = rated.row < 0
    out = bad
    kept = np.zeros(0, np.int64)
    if ordered.any():
        late = ordered[rated.payer] & ~bad
        kept, out = np.flatnonzero(late), bad | late
    payer = np.where(out, -1, rated.payer) if out.any() else rated.payer
    unknown = int(np.count_nonzero(rated.payer < 0))
    sums = PieceSums(
        _by_percent(rated, payer, len(rater.tables.lines.payers)),
        _by_row(rated, len(rater.tables.rows)),
        _in_order(rater, rated, records, kept),
        len(bad),
        unknown,
        int(np.count_nonzero(bad)) - unknown,
        () if summing is None else summing.add(records, payer, rated.minutes, rated.charge),
    )
    return sums, rated


def _by_percent(rated: Rated, payer: Ints, payers: int) -> dict[int, Ints]:
    """The sums of each own percentage; payer -1 is no account, and goes to a place that is cut off."""
    with_own = np.flatnonzero(rated.percent)
    if not len(with_own):
        return {0: _added(rated, payer, None, payers)}
    found = {0: _added(rated, np.where(rated.percent == 0, payer, -1), None, payers)}
    own = rated.percent[with_own]
    for percent in np.unique(own):
        found[int(percent)] = _added(rated, payer, with_own[own == percent], payers)
    return found


def _added(rated: Rated, payer: Ints, at: Ints | None, payers: int) -> Ints:
    sums = np.zeros((4, payers + 1), np.int64)
    whole = (payer, rated.gross, rated.charge, rated.minutes)
    whose, gross, charge, minutes = whole if at is None else (column[at] for column in whole)
    np.add.at(sums[GROSS], whose, gross)
    if at is not None:
        np.add.at(sums[GIVEN], whose, gross - charge)
    np.add.at(sums[MINUTES], whose, minutes)
    sums[CALLS] = np.bincount(whose + 1, minlength=payers + 1)[np.r_[1 : payers + 1, 0]]
    return np.ascontiguousarray(sums[:, :payers])


def _by_row(rated: Rated, rows: int) -> Ints:
    """Records and gross of each tariff row."""
    sums = np.zeros((2, rows + 1), np.int64)
    np.add.at(sums[1], rated.row, rated.gross)
    sums[0] = np.bincount(rated.row + 1, minlength=rows + 1)[np.r_[1 : rows + 1, 0]]
    return np.ascontiguousarray(sums[:, :rows])


def _in_order(rater: Rater, rated: Rated, records: Records, kept: Ints) -> Ints:
    """The records whose price depends on those before them."""
    units = np.asarray([row.round_to for row in rater.tables.rows], np.int64)
    return np.stack(
        [
            rated.payer[kept],
            records.start_ms[kept],
            rated.gross[kept],
            rated.percent[kept],
            rated.minutes[kept],
            units[rated.row[kept]],
            records.calling[kept],
            records.called[kept],
        ]
    )


def joined(one: PieceSums, more: PieceSums) -> PieceSums:
    """Two pieces as one, the second after the first."""
    by_percent = dict(one.by_percent)
    for percent, sums in more.by_percent.items():
        known = by_percent.get(percent)
        by_percent[percent] = sums if known is None else known + sums
    ordered = np.concatenate([one.ordered, more.ordered], axis=1) if more.ordered.size else one.ordered
    return PieceSums(
        by_percent,
        one.rows + more.rows,
        ordered,
        one.records + more.records,
        one.unknown + more.unknown,
        one.unpriced + more.unpriced,
        together(one.summed, more.summed),
    )


@final
class Owing:
    """What is owed for all pieces together."""

    def __init__(self, tables: Tables, whole: PieceSums | None, summing: Summing | None = None) -> None:
        self._tables = tables
        self._whole = whole
        self._summing = summing

    def month(self) -> Month:
        """Everything, with the discounts that follow from totals."""
        charging, whole = self._tables.charging, self._whole
        if whole is None:
            return Month((), {}, 0, 0, 0)
        totals = Totals(charging, {})
        facts: dict[str, dict[str, bytes]] = {}
        discounts = Discounts(charging, totals, facts)
        for entry in self._entries(whole):
            totals.put(entry)
        charges = self._price(whole, totals, discounts, facts)
        owed = tuple(_owed(discounts, entry) for entry in totals.entries.values() if entry.calls)
        rows = {
            f"{row.where.file.rpartition('/')[2]}:{row.where.line}": (int(count), int(gross))
            for row, count, gross in zip(self._tables.rows, *whole.rows, strict=True)
            if count
        }
        ordered = tuple(sorted(owed, key=lambda one: (one.account, one.plan, one.group)))
        summaries = self._summaries(whole, np.asarray(charges, np.int64))
        return Month(ordered, rows, whole.records, whole.unknown, whole.unpriced, summaries)

    def _summaries(self, whole: PieceSums, charges: Ints) -> tuple[Summed, ...]:
        """The summaries of all records, those that were priced in their order among them."""
        if self._summing is None:
            return ()
        payer, start_ms, _gross, _band, minutes, _unit, calling, called = whole.ordered
        late = Records(calling, called, start_ms, minutes * MINUTE_MS)
        return self._summing.entries((*whole.summed, *self._summing.add(late, payer, minutes, charges)))

    def _entries(self, whole: PieceSums) -> Iterable[Entry]:
        found: dict[str, Entry] = {}
        for percent, sums in sorted(whole.by_percent.items()):
            for payer in np.flatnonzero(sums[CALLS]):
                account, plan, group, *_ = self._tables.lines.payers[payer]
                fresh = Entry(account, plan, group, "")
                gross, given, minutes, calls = (int(value) for value in sums[:, payer])
                entry = found.get(fresh.name, fresh)
                found[fresh.name] = added(entry, Step(percent, gross, given, minutes, calls))
        return found.values()

    def _price(
        self, whole: PieceSums, totals: Totals, discounts: Discounts, facts: dict[str, dict[str, bytes]]
    ) -> list[int]:
        """Price in their order the records whose price depends on those before; what each costs."""
        charges = []
        for payer, start_ms, gross, band, minutes, unit, *_numbers in whole.ordered.T.tolist():
            account, plan, group, *_ = self._tables.lines.payers[payer]
            entry = totals.entry(account, plan, group, "")
            percent = max(band, discounts.own_percent(entry, start_ms))
            charges.append(less(gross, percent, unit))
            step = Step(percent, gross, gross - charges[-1], minutes, 1)
            change = discounts.change(entry, step, start_ms, lambda _account: "")
            for changed in change.entries:
                totals.put(changed)
            for fact in change.facts:
                if fact.value is None:
                    facts.get(fact.kind, {}).pop(fact.name, None)
                else:
                    facts.setdefault(fact.kind, {})[fact.name] = fact.value
        return charges


def _owed(discounts: Discounts, entry: Entry) -> Owed:
    percent = discounts.percent(entry, entry, entry)
    return Owed(
        entry.account,
        entry.plan,
        entry.group,
        entry.calls,
        entry.minutes,
        entry.charges,
        sum(entry.given.values()),
        threshold_discount(entry.gross, entry.given, percent),
    )
