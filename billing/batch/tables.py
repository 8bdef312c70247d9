"""The charging tables of a snapshot, compiled for columns: lines by number and date, rows and bands by dense index.

A number is an int64: 1 and its digits, below 0 for one written with `+`. What is looked up for the first time is asked of the
same functions that price a single call; what they said is kept in a table and taken from there.

Source: charging.md 3.2, 5.1, section 12.
"""

from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.billing.plans.discounts import Discounts
from ain_scp.billing.plans.totals import Totals, root_of
from ain_scp.billing.rating.applied import applied
from ain_scp.billing.rating.places import OTHER, zone_of
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import ANY, READY_MADE_ZONES, DiscountRow, LineRow, TariffRow
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.provisioning.tables.bands import BandScheme
from ain_scp.provisioning.tables.digits import code, digits_of, is_digits
from ain_scp.terms.units import DAY_MS

Ints = NDArray[np.int64]
DAYS: Final = 100_000
"""More days than any date has: number * DAYS + day sorts by number, then by date."""
PREFIX: Final = 6
REST: Final = 4
MOST_SUBSCRIBERS: Final = 100_000_000
"""Places in blocks of exchanges; a plan whose numbers lie in more exchanges than that is searched."""
SEVERAL: Final = -3
UNKNOWN: Final = -2
MISSING: Final = -1
WEEK: Final = 8 * 1440


def coded(number: str) -> int:
    """A number as batches write it; 0 for what is no number."""
    if number.startswith("+"):
        return -code(number[1:]) if is_digits(number[1:]) else 0
    return code(number) if is_digits(number) else 0


def written(number: int) -> str:
    """A number of a batch as text; "" for what was no number."""
    if not number:
        return ""
    return f"+{digits_of(-number)}" if number < 0 else digits_of(number)


@final
class Lines:
    """Whose a number is on a date: account, plan, group, tariff and class, each combination once (a "payer")."""

    def __init__(self, charging: Charging) -> None:
        self.payers: list[tuple[str, str, str, str, str, bool]] = []
        found: dict[tuple[str, str, str, str, str, bool], int] = {}
        keys, values = [], []
        for number, rows in charging.lines.items():
            key = coded(number)
            for row in rows if key else ():
                for day, payer in _periods(charging, row):
                    keys.append(key * DAYS + day)
                    values.append(found.setdefault(payer, len(found)))
        self.payers = list(found)
        order = np.argsort(np.asarray(keys, np.int64), kind="stable")
        self._keys = np.asarray(keys, np.int64)[order]
        self._values = np.asarray(values, np.int64)[order]
        self._offsets = -np.arange(10**PREFIX, dtype=np.int64) * 10**REST
        self._subscribers, self._since = self._blocks()
        self._several = bool((self._subscribers == SEVERAL).any())

    def _blocks(self) -> tuple[NDArray[np.int32], int]:
        """Payers by the last four digits, a block for each exchange; SEVERAL where it depends on the date.

        Also the first day on which all that stand there are in effect. No blocks when they would take too much room. A national
        number and the offset of its exchange are its place; exchanges without numbers share the first block, which is empty.
        """
        numbers, days = np.divmod(self._keys, DAYS)
        national = (numbers >= 10**10) & (numbers < 2 * 10**10)
        exchanges = np.unique(numbers[national] // 10**REST % 10**PREFIX)
        if len(exchanges) * 10**REST > MOST_SUBSCRIBERS:
            return np.full(10**REST, SEVERAL, np.int32), 0
        self._offsets[exchanges] += np.arange(1, len(exchanges) + 1) * 10**REST
        blocks = np.full((len(exchanges) + 1) * 10**REST, MISSING, np.int32)
        places = self._places(numbers[national] - 10**10)
        blocks[places] = self._values[national]
        one, count = np.unique(places, return_counts=True)
        blocks[one[count > 1]] = SEVERAL
        return blocks, int(days.max(initial=0))

    def _places(self, national: Ints) -> Ints:
        """Where national numbers stand in the blocks."""
        places: Ints = national + self._offsets[national // 10**REST]
        return places

    def find(self, calling: Ints, day: Ints) -> Ints:
        """The payer of each record; MISSING for an unknown number."""
        number = calling - 10**10
        others = number.view(np.uint64) >= 10**10  # what is below 0 is far above
        outside = others.any()
        if outside:
            number[others] = 0
        found = self._subscribers[self._places(number)].astype(np.int64)
        if not outside and not self._several and self._since and day.min(initial=self._since) >= self._since:
            return found
        sought = np.flatnonzero((found == SEVERAL) | others | (day < self._since) | (self._since == 0))
        if len(sought):
            found[sought] = self._search(calling[sought], day[sought])
        return found

    def _search(self, calling: Ints, day: Ints) -> Ints:
        """The same by searching among all rows, for what depends on the date and for other numbers."""
        if not len(self._keys):
            return np.full(len(calling), MISSING, np.int64)
        place = np.searchsorted(self._keys, calling * DAYS + day, side="right") - 1
        known = (place >= 0) & (self._keys[place] // DAYS == calling)
        return np.where(known, self._values[place], MISSING)


def _periods(charging: Charging, row: LineRow) -> list[tuple[int, tuple[str, str, str, str, str, bool]]]:
    """A line's payers by first day: they change with the groups its account is in."""
    terms = applied(charging, row)
    members = charging.members.get(terms.account, ())
    days = {row.effective, *(day for one in members for day in (one.effective, one.until) if day is not None)}
    return [
        (
            day,
            (
                terms.account,
                terms.plan,
                charging.group_at(terms.account, day),
                terms.tariff,
                terms.cos,
                row.kind == "TRUNK",
            ),
        )
        for day in sorted(days)
        if day >= row.effective
    ]


@final
class Bands:
    """The bands of one scheme by minute of the week, holidays an eighth day."""

    def __init__(self, scheme: BandScheme | None, holidays: frozenset[int]) -> None:
        self.names: tuple[str, ...] = ("",) if scheme is None else scheme.bands
        self._holidays = np.asarray(sorted(holidays), np.int64)
        self._of = np.zeros(WEEK, np.int16)
        self._until = np.full(WEEK, 1440, np.int64)
        if scheme is not None:
            index = {name: place for place, name in enumerate(self.names)}
            for kind, day in enumerate(_sample_days(holidays)):
                for minute in range(1440):
                    at = day * DAY_MS + minute * 60_000
                    self._of[kind * 1440 + minute] = index[scheme.band(at)]
                    self._until[kind * 1440 + minute] = (scheme.until(at) - day * DAY_MS) // 60_000

    def _place(self, start_ms: Ints) -> tuple[Ints, Ints]:
        day = start_ms // DAY_MS
        first, last = (int(day.min()), int(day.max())) if len(day) else (0, 0)
        few = last - first < DAYS
        begun = self._kinds(np.arange(first, last + 1))[day - first] if few else self._kinds(day)
        return begun + (start_ms - day * DAY_MS) // 60_000, day

    def _kinds(self, day: Ints) -> Ints:
        """Where the minutes of days begin: Monday first, a holiday the eighth."""
        kind: Ints = np.where(np.isin(day, self._holidays), 7, (day + 3) % 7) * 1440
        return kind

    def at(self, start_ms: Ints) -> Ints:
        """The band of each moment, as a place in `names`."""
        if len(self.names) == 1:
            return np.zeros(len(start_ms), np.int64)
        return self._of[self._place(start_ms)[0]].astype(np.int64)

    def until(self, start_ms: Ints) -> Ints:
        """The moment at which each moment's band may change."""
        place, day = self._place(start_ms)
        return day * DAY_MS + self._until[place] * 60_000


def _sample_days(holidays: frozenset[int]) -> list[int]:
    """A day of each kind, Monday first; the holiday is one of the calendar, or none is ever asked for."""
    monday = 4  # 1970-01-05
    days = []
    for kind in range(7):
        day = monday + kind
        while day in holidays:
            day += 7
        days.append(day)
    return [*days, min(holidays, default=monday)]


@final
class Tables:
    """Everything a piece of records is rated by."""

    def __init__(self, snapshot: Snapshot, charging: Charging) -> None:
        self.snapshot = snapshot
        self.charging = charging
        self.lines = Lines(charging)
        holidays = frozenset(row.date for row in charging.rows.holidays)
        self.schemes = {name: Bands(scheme, holidays) for name, scheme in charging.schemes.items()}
        self.plain = Bands(None, frozenset())
        self.tariffs = list(charging.tariffs)
        self.rows: list[TariffRow] = list(charging.rows.tariffs)
        self._row_at = {id(row): place for place, row in enumerate(self.rows)}
        self._dates = sorted({row.effective for row in self.rows})
        self.dates = np.asarray(self._dates, np.int64)
        self.zones = [*dict.fromkeys([OTHER, *(row.zone for row in charging.rows.zones), *READY_MADE_ZONES])]
        self._zone_at = {name: place for place, name in enumerate(self.zones)}
        self.placed = {
            name: any(row.origin != ANY or row.destination != ANY for row in self.rows if row.tariff == name)
            for name in self.tariffs
        }
        self._found: dict[tuple[int, int, int, int, int, int], int] = {}
        self._zones: dict[tuple[int, int, bool], tuple[int, int]] = {}
        self._digits = max((len(row.prefix.lstrip("+")) for row in charging.rows.zones), default=0)
        self.discounts = Discounts(charging, Totals(charging, {}), {})

    def bands_of(self, tariff: str) -> Bands:
        """The bands of a tariff."""
        scheme = self.charging.tariffs[tariff].scheme
        return self.plain if scheme is None else self.schemes[scheme.name]

    def zones_of(self, calling: Ints, called: Ints, *, trunk: bool) -> tuple[Ints, Ints]:
        """Origin and destination of each record, as places in `zones`: by pairs of beginnings, each asked once."""
        ours, theirs = self.beginning(calling), self.beginning(called)
        pairs, back = np.unique(np.stack([ours, theirs]), axis=1, return_inverse=True)
        found = np.asarray([self._zone_pair(int(one), int(other), trunk) for one, other in pairs.T], np.int64)
        found = found.reshape(-1, 2)[back.reshape(-1)]
        return found[:, 0], found[:, 1]

    def beginning(self, numbers: Ints) -> Ints:
        """Numbers of ten digits cut after what can decide a zone; others whole."""
        cut = 10 ** max(10 - max(PREFIX, self._digits), 0)
        national = (numbers >= 10**10) & (numbers < 2 * 10**10)
        return np.where(national, numbers // cut * cut, numbers)

    def _zone_pair(self, calling: int, called: int, trunk: bool) -> tuple[int, int]:
        key = (calling, called, trunk)
        known = self._zones.get(key)
        if known is None:
            ours, theirs = written(calling), written(called)
            origin = OTHER if trunk else zone_of(self.snapshot, ours, theirs)
            known = self._zones[key] = (
                self._zone(origin),
                self._zone(zone_of(self.snapshot, theirs, ours)),
            )
        return known

    def _zone(self, name: str) -> int:
        return self._zone_at[name]

    def row(self, tariff: str, origin: int, destination: int, cos: str, band: str, version: int) -> int:
        """The row for places, class, band and version of the dates; MISSING when none applies."""
        day = self._dates[version] if version >= 0 else -1
        found = self.charging.tariffs[tariff].row(
            "ms", "", self.zones[origin], self.zones[destination], cos, band, day
        )
        return MISSING if found is None else self._row_at[id(found)]

    def own_bands(self, plan: str, group: str) -> list[DiscountRow]:
        """The BAND discounts of calls of a plan and a group."""
        return [row for row, _ in self.discounts.rows(plan, group) if row.kind == "BAND"]

    def ordered(self) -> NDArray[np.bool_]:
        """Which payers' prices depend on the calls before: those in a pool with a threshold without retroactive effect."""
        pools: set[tuple[str, str]] = set()
        for _, plan, group, *_rest in self.lines.payers:
            for row, name in self.discounts.rows(plan, group):
                if row.kind == "THRESHOLD" and not row.retroactive:
                    pools.add((row.pool, name if row.pool == "PLAN" else ""))
        accounts = self._accounts_in_order()
        found = [
            self._concerned(payer[0], payer[1], payer[2], pools, accounts) for payer in self.lines.payers
        ]
        return np.asarray(found, bool)

    def _concerned(
        self, account: str, plan: str, group: str, pools: set[tuple[str, str]], accounts: frozenset[str]
    ) -> bool:
        """Whether an entry is in a pool of one of these kinds; on the safe side for accounts and groups."""
        roots = {root_of(self.charging, name) for kind, name in pools if kind == "PLAN"}
        kinds = {kind for kind, _ in pools}
        return (
            ("ACCOUNT" in kinds and account in accounts)
            or root_of(self.charging, plan) in roots
            or ("GROUP" in kinds and bool(group))
        )

    def _accounts_in_order(self) -> frozenset[str]:
        return frozenset(
            payer[0]
            for payer in self.lines.payers
            if any(
                row.kind == "THRESHOLD" and not row.retroactive and row.pool == "ACCOUNT"
                for row, _ in self.discounts.rows(payer[1], payer[2])
            )
        )
