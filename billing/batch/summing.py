"""Customer-defined summaries of a rated month, by columns: every call counts in the entry that real time counts it in.

An entry's place is one int64 of summary, payer and key; sums of places add up over pieces. Not here are SAVINGS, which need an
exemplary plan, and the approximate summaries by NUMBER with `keys`, which depend on the order of all calls.

Source: charging.md 10.2, section 12; B2-006, I12.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.billing.batch.columns import Records
from ain_scp.billing.batch.tables import Ints, Tables, coded, written
from ain_scp.billing.summaries.accumulate import SAVINGS
from ain_scp.billing.summaries.parameters import ALL, OTHER, owners_of
from ain_scp.provisioning.rows_charging import SummaryRow
from ain_scp.terms.localtime import day_text
from ain_scp.terms.units import DAY_MS

SPAN: Final = 1 << 20
"""Places of one summary of one payer: days, areas, zones and named numbers are all fewer."""
LOW: Final = SPAN >> 1
"""Where key 0 stands: numbers written with + are below it."""
NANP: Final = -1
DIRECT: Final = "DIRECT"
"""The type of every call of a batch."""


class Sums(NamedTuple):
    """Places in their order, each once, and what they come to."""

    places: Ints
    values: Ints


class Summed(NamedTuple):
    """One entry: minutes or calls, or micros where `money`."""

    account: str
    summary: str
    key: str
    value: int
    money: bool


def sums(places: Ints, values: Ints) -> Sums:
    """Add up the values of each place."""
    found, back = np.unique(places, return_inverse=True)
    total = np.zeros(len(found), np.int64)
    np.add.at(total, back.reshape(-1), values)
    return Sums(found, total)


def together(kept: tuple[Sums, ...], more: tuple[Sums, ...]) -> tuple[Sums, ...]:
    """Sums of pieces, those of like size added up: each entry is sorted a few times, however many pieces there are."""
    found = [*kept, *more]
    while len(found) > 1 and len(found[-1].places) * 2 >= len(found[-2].places):
        last, before = found.pop(), found.pop()
        found.append(
            sums(np.concatenate([before.places, last.places]), np.concatenate([before.values, last.values]))
        )
    return tuple(found)


@final
class Summing:
    """The summaries of one data set, and whose calls count in each: of one name the first that concerns a payer."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._payers = tables.lines.payers
        self._rows: list[tuple[SummaryRow, NDArray[np.bool_]]] = []
        free: dict[str, NDArray[np.bool_]] = {}
        for row in tables.charging.rows.summaries:
            left = free.setdefault(row.name, np.ones(len(self._payers), bool))
            own = left & np.asarray([row.owner in owners_of(*payer[:3]) for payer in self._payers], bool)
            free[row.name] = left & ~own
            if own.any() and row.of != SAVINGS and not row.keys:
                self._rows.append((row, own))
        states = {state for state in tables.snapshot.lata_state if state}
        self._states = [OTHER, *sorted(states)]
        plans = {payer[1] for payer in self._payers}
        self._plans = sorted(plans)
        at = {name: place for place, name in enumerate(self._plans)}
        self._plan = np.asarray([at[payer[1]] for payer in self._payers], np.int64)

    def add(self, records: Records, payer: Ints, minutes: Ints, charge: Ints) -> tuple[Sums, ...]:
        """What some calls come to; a payer below 0: none pays."""
        found: list[Sums] = []
        for place, (row, own) in enumerate(self._rows):
            at = np.flatnonzero(own[payer] & (payer >= 0))
            if not len(at):
                continue
            key = self._key(row, Records(*(column[at] for column in records)), payer[at])
            places = (place * len(self._payers) + payer[at]) * SPAN + key + LOW
            value = {"COST": charge, "MINUTES": minutes}.get(row.of)
            found.append(sums(places, np.ones(len(at), np.int64) if value is None else value[at]))
        return together((), tuple(found))

    def entries(self, kept: Sequence[Sums]) -> tuple[Summed, ...]:
        """The entries of accounts, sorted by account, summary and key."""
        found: dict[tuple[str, str, str, bool], int] = {}
        for one in kept:
            for place, value in zip(one.places.tolist(), one.values.tolist(), strict=True):
                whose, key = divmod(place, SPAN)
                summary, payer = divmod(whose, len(self._payers))
                row = self._rows[summary][0]
                entry = (self._payers[payer][0], row.name, self._text(row, key - LOW), row.of == "COST")
                found[entry] = found.get(entry, 0) + value
        return tuple(
            Summed(account, name, key, found[account, name, key, money], money)
            for account, name, key, money in sorted(found)
        )

    # Keys: an int64 for each `by`, and back

    def _key(self, row: SummaryRow, records: Records, payer: Ints) -> Ints:
        if row.by == "DAY":
            return records.start_ms // DAY_MS
        if row.by == "BAND":
            return self._tables.schemes[row.scheme].at(records.start_ms)
        if row.by == "PLAN":
            return self._plan[payer]
        if row.by == "NUMBER":
            return self._named(row, records.called)
        if row.by in ("AREA", "STATE", "CITY", "COUNTRY"):
            return self._placed(row.by, records)
        return np.zeros(len(payer), np.int64)

    @staticmethod
    def _named(row: SummaryRow, called: Ints) -> Ints:
        key = np.zeros(len(called), np.int64)
        for place, number in enumerate(row.numbers, start=1):
            key[called == coded(number)] = place
        return key

    def _placed(self, by: str, records: Records) -> Ints:
        """A key that the number called decides, with CITY and COUNTRY the calling one, too: each pair is asked once."""
        if by in ("AREA", "STATE"):
            beginnings, back = np.unique(self._tables.beginning(records.called), return_inverse=True)
            one = np.asarray(list(self._of_number(by, beginnings.tolist())), np.int64)
            return one[back.reshape(-1)]
        zone = self._tables.zones_of(records.calling, records.called, trunk=False)[1]
        if by == "CITY":
            return zone
        abroad = (records.called < 0) & ~_is_nanp(records.called)
        return np.where(abroad, zone, NANP)

    def _of_number(self, by: str, numbers: Iterable[int]) -> Iterable[int]:
        for number in numbers:
            digits = written(number)
            if by == "AREA":
                yield coded(digits[:3])
            else:
                state = self._tables.snapshot.area_of(digits.removeprefix("+1"))[1]
                yield self._states.index(state or OTHER)

    def _text(self, row: SummaryRow, key: int) -> str:
        if row.by == "DAY":
            return day_text(key)
        if row.by == "BAND":
            return self._tables.schemes[row.scheme].names[key]
        if row.by == "PLAN":
            return self._plans[key]
        if row.by == "NUMBER":
            return row.numbers[key - 1] if key else OTHER
        if row.by == "AREA":
            return written(key)
        if row.by == "STATE":
            return self._states[key]
        if row.by in ("CITY", "COUNTRY"):
            return "NANP" if key == NANP else self._tables.zones[key]
        return DIRECT if row.by == "TYPE" else ALL


def _is_nanp(called: Ints) -> NDArray[np.bool_]:
    """Which numbers written with + begin with country code 1: -11 and the rest of the digits."""
    front = -called
    while (front > 99).any():
        front = np.where(front > 99, front // 10, front)
    found: NDArray[np.bool_] = front == 11
    return found
