"""A piece of records rated by columns: account and plan, places, bands, rows, charges in closed form, own discounts.

Everything is int64; a charge is the one that `rating.rate` gives call by call, to the micro. Calls whose increments fall into
several bands are few, and are asked of that function one by one.

Source: charging.md section 12; I8, I12.
"""

from typing import Final, NamedTuple, final

import numpy as np

from ain_scp.billing.batch.tables import MISSING, UNKNOWN, Ints, Tables
from ain_scp.billing.rating.rate import amount
from ain_scp.billing.rating.row import Reckoned, further
from ain_scp.billing.rating.row import place as named
from ain_scp.billing.rating.usage import MS, Usage
from ain_scp.provisioning.rows_charging import TariffRow
from ain_scp.terms.money import MICROS, WHOLE, percent_of
from ain_scp.terms.units import DAY_MS, MINUTE_MS

MOST: Final = 2**61
"""Twice this still fits a column."""
PIECE: Final = 262_144
"""Records of a piece."""
_FEW: Final = 32_768
"""Rows whose places fit 16 bits, which sort quickest."""


class ChargeFault(ValueError):
    """A charge that no column holds; the text names the row."""


class Records(NamedTuple):
    """Columns of call records: numbers (1 and the digits, below 0 with `+`), local time of the answer, length; in ms."""

    calling: Ints
    called: Ints
    start_ms: Ints
    duration_ms: Ints


class Rated(NamedTuple):
    """What each record came to: payer (MISSING: unknown number), row (MISSING: no price), gross, charge (micros), percent, minutes."""

    payer: Ints
    row: Ints
    gross: Ints
    charge: Ints
    percent: Ints
    minutes: Ints


def _simple(row: TariffRow) -> bool:
    """Whether a row is a price for each started minute and nothing else."""
    return (
        row.increment == "up"
        and row.next_units == MINUTE_MS
        and not (row.connect or row.first_units or row.minimum)
        and row.maximum is None
        and row.next_price % row.round_to == 0
        and row.band_at == "start"
        and row.next_price < MICROS * MICROS
    )


def _largest(row: TariffRow, used: Ints) -> int:
    """A bound of what comes up while the longest of some lengths is charged."""
    count = int(used.max(initial=0)) // (row.next_units or 1) + 1
    total = row.connect + row.first_price + max(row.minimum or 0, count * row.next_price) + row.round_to
    return total * (row.next_units if row.increment == "exact" and row.next_units else 1)


def charged(row: TariffRow, used: Ints) -> Ints:
    """What one row makes of many lengths: connect, increments, bounds, rounding; nothing for a length of 0."""
    if _largest(row, used) > MOST:
        exact = [Reckoned(row, units, further(row, units)).amount() for units in used.tolist()]
        if max(exact) > MOST:
            raise ChargeFault(
                f"{named(row)}: a charge of {max(exact) // MICROS} is more than columns can hold"
            )
        return np.asarray(exact, np.int64)
    fixed, scale = row.connect, 1
    total = np.full(len(used), fixed, np.int64)
    beyond = np.maximum(used - row.first_units, 0)
    if row.first_units:
        total += row.first_price * (used >= row.first_units) if row.increment == "down" else row.first_price
    if row.next_units and row.increment == "exact":
        scale = row.next_units
        total = total * scale + beyond * row.next_price
    elif row.next_units:
        count = -(-beyond // row.next_units) if row.increment == "up" else beyond // row.next_units
        total += count * row.next_price
    if row.minimum is not None:
        total = np.maximum(total, row.minimum * scale)
    if row.maximum is not None:
        total = np.minimum(total, row.maximum * scale)
    step = row.round_to * scale
    amounts: Ints = (2 * total + step) // (2 * step) * row.round_to
    amounts[used == 0] = 0
    return amounts


@final
class Rater:
    """Rates pieces by one data set's tables."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._free = np.asarray(
            [int(f"1{number}") for number in (*tables.charging.free_numbers, "911")], np.int64
        )
        self._by_payer = self._payers()
        self._round_to = np.asarray([row.round_to for row in tables.rows], np.int64)
        self._by_band = np.asarray([row.band_at == "increment" for row in tables.rows], bool)
        self._row_of, self._since = self._plain()
        self._all_since = int(self._since.max())
        self._has_several = self._row_of < 0
        self._has_several[-1] = False  # the unknown payer
        simple = [_simple(row) for row in tables.rows]
        self._a_minute = np.asarray(
            [row.next_price * one for row, one in zip(tables.rows, simple, strict=True)] + [0], np.int64
        )
        self._general = np.asarray([not one for one in simple] + [False], bool)
        kinds = [bool(tables.own_bands(*kind)) for kind in self._kinds]
        self._banded = np.asarray([kinds[kind] for kind in self._by_payer["kind"]] + [False], bool)
        self._dense: dict[int, Ints] = {}

    def _payers(self) -> dict[str, Ints]:
        """What each payer's records are rated by, as columns."""
        payers, tables = self.tables.lines.payers, self.tables
        known = {name: place for place, name in enumerate(tables.tariffs)}
        classes: dict[str, int] = {}
        tariff = [known.get(payer[3], MISSING) for payer in payers]
        cos = [classes.setdefault(payer[4], len(classes)) for payer in payers]
        self._cos = list(classes)
        kinds: dict[tuple[str, str], int] = {}
        kind = [kinds.setdefault((payer[1], payer[2]), len(kinds)) for payer in payers]
        self._kinds = list(kinds)
        columns = {"tariff": tariff, "cos": cos, "kind": kind, "trunk": [int(payer[5]) for payer in payers]}
        return {name: np.asarray(values, np.int64) for name, values in columns.items()}

    def _plain(self) -> tuple[Ints, Ints]:
        """For payers whose tariff has one row for all their calls: that row, and the first day it is in effect."""
        known: dict[tuple[str, str], tuple[int, int]] = {}
        found = []
        for payer in self.tables.lines.payers:
            key = (payer[3], payer[4])
            if key not in known:
                known[key] = self._only_row(*key)
            found.append(known[key])
        found.append((MISSING, 0))
        rows, since = zip(*found, strict=True)
        return np.asarray(rows, np.int64), np.asarray(since, np.int64)

    def _only_row(self, tariff: str, cos: str) -> tuple[int, int]:
        tables = self.tables
        own = [row for row in tables.rows if row.tariff == tariff]
        if len(own) != 1 or own[0].meter != MS or own[0].feature or tables.placed[tariff]:
            return MISSING, 0
        if tables.charging.tariffs[tariff].scheme is not None:
            return MISSING, 0
        return tables.row(tariff, 0, 0, cos, "", len(tables.dates) - 1), own[0].effective

    def rate(self, records: Records) -> Rated:
        """Rate a piece."""
        day = records.start_ms // DAY_MS
        payer = self.tables.lines.find(records.calling, day)
        row = self._row_of[payer]
        if day.min(initial=self._all_since) < self._all_since:
            row = np.where(day >= self._since[payer], row, MISSING)
        minutes = (records.duration_ms + (MINUTE_MS - 1)) // MINUTE_MS
        others = np.flatnonzero(self._has_several[payer])
        if len(others):
            self._others(row, payer, records, others)
        gross = self._charges(row, records, minutes, payer)
        for number in self._free:
            gross[records.called == number] = 0
        percent = self._percent(payer, records.start_ms)
        return Rated(payer, row, gross, self._less(gross, percent, row), percent, minutes)

    def _others(self, row: Ints, payer: Ints, records: Records, others: Ints) -> None:
        """Find the rows of records whose tariff has several."""
        tariff = self._by_payer["tariff"][payer[others]]
        for place in np.flatnonzero(np.bincount(tariff + 1)[1:]):
            at = others[tariff == place]
            row[at] = self._rows(int(place), payer[at], records, at)

    def _charges(self, row: Ints, records: Records, minutes: Ints, payer: Ints) -> Ints:
        """The charge of each record; of rows with nothing but a price for a started minute at once."""
        gross: Ints = minutes * self._a_minute[row]
        rest = np.flatnonzero(self._general[row])
        if len(rest):
            gross[rest] = self._gross(row[rest], Records(*(column[rest] for column in records)), payer[rest])
        return gross

    # Rows

    def _rows(self, tariff: int, payer: Ints, records: Records, at: Ints) -> Ints:
        """The row of some records of one tariff, from a table that fills as combinations are met."""
        tables, name = self.tables, self.tables.tariffs[tariff]
        bands, start_ms = tables.bands_of(name), records.start_ms[at]
        version: Ints | int = len(tables.dates)
        if int(start_ms.min()) < int(tables.dates[-1]) * DAY_MS:
            version = np.searchsorted(tables.dates, start_ms // DAY_MS, side="right")
        origin = destination = np.zeros(len(payer), np.int64)
        if tables.placed[name]:
            trunk = self._by_payer["trunk"][payer].astype(bool)
            origin, destination = tables.zones_of(records.calling[at], records.called[at], trunk=False)
            origin = np.where(trunk, 0, origin)
        zones, sizes = len(tables.zones), (len(self._cos), len(bands.names), len(tables.dates) + 1)
        key = ((origin * zones + destination) * sizes[0] + self._by_payer["cos"][payer]) * sizes[1]
        key = (key + bands.at(start_ms)) * sizes[2] + version
        dense = self._dense.get(tariff)
        if dense is None:
            size = (zones * zones if tables.placed[name] else 1) * sizes[0] * sizes[1] * sizes[2]
            dense = self._dense[tariff] = np.full(size, UNKNOWN, np.int64)
        found = dense[key]
        for one in np.unique(key[found == UNKNOWN]):
            rest, day = divmod(int(one), sizes[2])
            rest, band = divmod(rest, sizes[1])
            rest, cos = divmod(rest, sizes[0])
            dense[one] = tables.row(
                name, rest // zones, rest % zones, self._cos[cos], bands.names[band], day - 1
            )
        rows: Ints = dense[key]
        return rows

    # Charges

    def _gross(self, row: Ints, records: Records, payer: Ints) -> Ints:
        """The charge of each record by its row, row by row: whole columns are divided by one number each."""
        order = np.argsort(row.astype(np.int16) if len(self.tables.rows) < _FEW else row, kind="stable")
        used = records.duration_ms[order]
        ends = np.cumsum(np.bincount(row, minlength=len(self.tables.rows)))
        charges = np.empty(len(row), np.int64)
        start = 0
        for place in np.flatnonzero(np.diff(ends, prepend=0)):
            stop = int(ends[place])
            charges[start:stop] = charged(self.tables.rows[place], used[start:stop])
            start = stop
        gross = np.empty(len(row), np.int64)
        gross[order] = charges
        for at in self._crossing(row, records, np.flatnonzero(self._by_band[row])):
            gross[at] = self._one(int(row[at]), records, int(at), int(payer[at]))
        return gross

    def _crossing(self, row: Ints, records: Records, places: Ints) -> Ints:
        """Of some records those that last beyond the band of their start."""
        found = np.zeros(len(places), bool)
        names = np.asarray([self.tables.tariffs.index(one.tariff) for one in self.tables.rows], np.int64)
        tariffs = names[row[places]]
        for tariff in np.unique(tariffs):
            at = np.flatnonzero(tariffs == tariff)
            bands = self.tables.bands_of(self.tables.tariffs[tariff])
            start = records.start_ms[places[at]]
            found[at] = start + records.duration_ms[places[at]] > bands.until(start)
        return places[found]

    def _one(self, row: int, records: Records, place: int, payer: int) -> int:
        """A call whose increments may fall into several bands."""
        tables, about = self.tables, self.tables.lines.payers[payer]
        name = tables.rows[row].tariff
        origin = destination = 0
        if tables.placed[name]:
            one = slice(place, place + 1)
            both = tables.zones_of(records.calling[one], records.called[one], trunk=about[5])
            origin, destination = int(both[0][0]), int(both[1][0])
        usage = Usage(
            name,
            int(records.start_ms[place]),
            ((MS, int(records.duration_ms[place])),),
            tables.zones[origin],
            tables.zones[destination],
            about[4],
        )
        found = amount(tables.charging, usage)
        return 0 if isinstance(found, str) else found

    # Own discounts

    def _percent(self, payer: Ints, start_ms: Ints) -> Ints:
        """The percentage of each record's band; thresholds that depend on order are applied where records are added up."""
        percent = np.zeros(len(payer), np.int64)
        banded = np.flatnonzero(self._banded[payer])
        kinds = self._by_payer["kind"][payer[banded]]
        for place in np.flatnonzero(np.bincount(kinds)):
            rows = self.tables.own_bands(*self._kinds[place])
            at = banded[kinds == place]
            for row in rows:
                bands = self.tables.schemes[self.tables.charging.scheme_of_band[row.band].name]
                holds = bands.at(start_ms[at]) == bands.names.index(row.band)
                percent[at[holds]] = np.maximum(percent[at[holds]], row.percent)
        return percent

    def _less(self, gross: Ints, percent: Ints, row: Ints) -> Ints:
        """Gross less the own percentage, as `discounts.less`: the price is rounded, half up, once."""
        at = np.flatnonzero(percent)
        if not len(at):
            return gross
        charge = gross.copy()
        round_to = self._round_to[row[at]]
        step = round_to * WHOLE
        if int(gross[at].max()) > MOST // WHOLE:
            kept = zip(gross[at].tolist(), percent[at].tolist(), round_to.tolist(), strict=True)
            charge[at] = [percent_of(one, WHOLE - own, unit) for one, own, unit in kept]
            return charge
        charge[at] = (2 * gross[at] * (WHOLE - percent[at]) + step) // (2 * step) * round_to
        return charge
