"""The price of one call as a function of its length, and the lengths at which it is asked for more money.

Source: charging.md 3.3, 5.1 (Periods), 5.2.
"""

from typing import Final, final

import msgspec

from ain_scp.billing.rating.quote import quote
from ain_scp.billing.rating.rate import amount, reckon, row_at
from ain_scp.billing.rating.row import Reckoned
from ain_scp.billing.rating.usage import FULL_DAY_MS, MS, Refusal, Usage, with_duration
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import TariffRow

MOST_PRICES: Final = 4096
"""Prices remembered at a desk; then all are forgotten."""
KEPT: Final = 64
"""Charges remembered a call: the same few lengths are asked for again and again."""


@final
class CallPrice:
    """What a call costs; make it with `price_of`. Lengths in ms, charges in micros."""

    __slots__ = ("_charges", "_charging", "_found", "_last", "day", "periods", "row", "usage")

    def __init__(self, charging: Charging, usage: Usage, row: TariffRow, day: int) -> None:
        self._charging = charging
        self.usage = usage
        self.row = row
        self.day = day
        self.periods = periods_of(charging, usage, row)
        self._charges: dict[int, int] = {0: 0}
        self._found: dict[int, list[Reckoned]] = {}
        self._last = 0

    @property
    def by_increment(self) -> bool:
        """Something of it depends on the moment at which an increment begins."""
        found = reckon(self._charging, self.usage)
        return isinstance(found, str) or any(one.row.band_at == "increment" for one in found)

    @property
    def free(self) -> bool:
        """24 hours cost nothing."""
        return self.day == 0

    def charge(self, duration_ms: int) -> int:
        """The charge of the call so far."""
        known = self._charges.get(duration_ms)
        if known is None:
            # The checks of a data set prove that no band is without a row; should one be, the price stands still.
            found = self.reckoned(duration_ms)
            known = self._last if isinstance(found, str) else sum([one.amount() for one in found])
            if len(self._charges) >= KEPT:
                self._charges = {0: 0}
            self._charges[duration_ms] = known
            self._last = max(self._last, known)
        return known

    def reckoned(self, duration_ms: int) -> list[Reckoned] | Refusal:
        """The rows that make the charge of a length, and their increments."""
        known = self._found.get(duration_ms)
        if known is not None:
            return known
        found = reckon(self._charging, with_duration(self.usage, duration_ms))
        if not isinstance(found, str):
            if len(self._found) >= KEPT:
                self._found.clear()
            self._found[duration_ms] = found
        return found

    def quote(self, money: int) -> int | None:
        """The longest call that costs at most `money`; None: no bound below 24 hours."""
        found = quote(self._charging, self.usage, money)
        return 0 if isinstance(found, str) else found

    def next_end(self, begin_ms: int) -> int | None:
        """The end of the increment that begins at `begin_ms`; None when nothing further is counted."""
        row = self.row
        if begin_ms < row.first_units:
            return row.first_units
        if row.band_at == "increment":
            tariff = self._charging.tariffs[self.usage.tariff]
            row = row_at(tariff, self.usage, MS, "", self.usage.start_ms + begin_ms) or row
        return begin_ms + row.next_units if row.next_units else None

    def increments(self, duration_ms: int) -> int:
        """How many increments have begun (`up`) or ended (`down`, `exact`) in a call of that length; at least 1."""
        count, end = 0, self.next_end(0)
        while end is not None and end < duration_ms:
            count, end = count + 1, self.next_end(end)
        return count + 1


def price_of(charging: Charging, usage: Usage) -> CallPrice | Refusal:
    """The price of a call that begins at `usage.start_ms`, or why it has none."""
    day = amount(charging, with_duration(usage, FULL_DAY_MS))
    if isinstance(day, str):
        return day
    row = row_at(charging.tariffs[usage.tariff], usage, MS, "", usage.start_ms)
    if row is None:
        return "NO_ROW"
    return CallPrice(charging, usage, row, day)


@final
class Prices:
    """Prices of calls, one for all that cost the same.

    Where no increment looks at its own band, a price depends on tariff, places, class, features, date and the band of the
    start alone.
    """

    __slots__ = ("_charging", "_known")

    def __init__(self, charging: Charging) -> None:
        self._charging = charging
        self._known: dict[tuple[object, ...], CallPrice] = {}

    def of(self, usage: Usage) -> CallPrice | Refusal:
        """The price of a call that begins at `usage.start_ms`, or why it has none."""
        tariff = self._charging.tariffs.get(usage.tariff)
        if tariff is None:
            return "NO_TARIFF"
        band = "" if tariff.scheme is None else tariff.scheme.band(usage.start_ms)
        day = usage.start_ms // FULL_DAY_MS
        key = (usage.tariff, usage.origin, usage.destination, usage.cos, usage.features, band, day)
        known = self._known.get(key)
        if known is not None:
            return known
        made = price_of(self._charging, usage)
        if isinstance(made, CallPrice) and not made.by_increment:
            if len(self._known) >= MOST_PRICES:
                self._known.clear()
            self._known[key] = made
        return made


class Periods(msgspec.Struct, frozen=True):
    """How much is granted at first and at each later request, in ms."""

    initial_ms: int
    secondary_ms: int


def periods_of(charging: Charging, usage: Usage, row: TariffRow) -> Periods:
    """The row of `periods.csv`, else the increments of the row that applies."""
    found = charging.period(usage.tariff, usage.destination)
    if found is not None:
        return Periods(found.initial_s * 1000, found.secondary_s * 1000)
    return Periods(row.first_units or row.next_units or FULL_DAY_MS, row.next_units or FULL_DAY_MS)
