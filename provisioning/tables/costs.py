"""What a minute by each carrier costs, and in which order a rule with `by = "cost"` tries its carriers.

The prices of carrier 0222 stand in the tariff named CIC0222 of `charging/`, in rows for any origin and class of service. Compared is what a call of one minute costs, to the zone
of the number called, in the band of its moment. Carriers that cost the same keep the order of the rule; one without a price comes last.
The orders of a rule are laid out by zone, by days with equal tariffs, and by window of the day, so that a call compares no
prices.

Source: A-111 (primary, alternate, second alternate), A-128; charging design 3.2, 8.3 to 8.5.
"""

import itertools
from collections.abc import Collection
from typing import Final, final

from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.options import Order, Orders
from ain_scp.provisioning.rows_charging import READY_MADE_ZONES, TariffRow
from ain_scp.provisioning.tables.tariffs import Tariff
from ain_scp.terms.cost_days import KINDS, WEEK, CostCalendar, CostDays
from ain_scp.terms.money import money_text
from ain_scp.terms.questions import MINUTES, Question, TimeIs
from ain_scp.terms.units import MINUTE_MS

METER: Final = "ms"
PREFIX: Final = "CIC"

Window = tuple[int, int, tuple[str, ...], str]
"""Minutes from and to, carriers, prices."""


def priced(tariffs: Collection[str], carrier: str) -> bool:
    """Whether a tariff of these names has the prices of a carrier."""
    return PREFIX + carrier in tariffs


def minute_price(row: TariffRow) -> int:
    """What a call of one minute costs by a row, in millionths."""
    left = MINUTE_MS
    price = row.connect
    if row.first_units:
        price += row.first_price
        left = max(left - row.first_units, 0)
    if row.next_units:
        if row.increment == "exact":
            price += (row.next_price * left + row.next_units // 2) // row.next_units
        else:
            up = row.next_units - 1 if row.increment == "up" else 0
            price += row.next_price * ((left + up) // row.next_units)
    if row.minimum is not None:
        price = max(price, row.minimum)
    return price if row.maximum is None else min(price, row.maximum)


@final
class CostBook:
    """The tariffs of carriers, and the calendar that they share."""

    def __init__(self, charging: Charging) -> None:
        self._tariffs = {name: one for name, one in charging.tariffs.items() if name.startswith(PREFIX)}
        rows = [row for row in charging.rows.tariffs if row.tariff in self._tariffs]
        self._dates = sorted({row.effective for row in rows})
        self._calendar = CostCalendar(self._dates, frozenset(row.date for row in charging.rows.holidays))
        self._zones = (*dict.fromkeys(row.zone for row in charging.rows.zones), *READY_MADE_ZONES)
        self._digits = charging.digits

    def orders(self, carriers: tuple[str, ...]) -> Orders:
        """The orders of a rule's carriers."""
        return {zone: self._of_zone(carriers, zone) for zone in self._zones}

    def _of_zone(self, carriers: tuple[str, ...], zone: str) -> tuple[Order, ...]:
        groups: dict[tuple[Window, ...], list[int]] = {}
        for cell in range(self._calendar.cells()):
            groups.setdefault(self._windows(carriers, zone, cell), []).append(cell)
        found = []
        for windows, cells in groups.items():
            days: tuple[Question, ...] = (CostDays(cells, self._calendar),) if len(groups) > 1 else ()
            for start, end, order, text in windows:
                whole = (start, end) == (0, MINUTES)
                found.append(Order(days if whole else (*days, TimeIs((start, end))), order, text))
        return tuple(found)

    def _windows(self, carriers: tuple[str, ...], zone: str, cell: int) -> tuple[Window, ...]:
        """The windows of a day of a cell, neighbours that are alike joined."""
        edges = {0, MINUTES}
        for carrier in carriers:
            tariff = self._tariffs.get(PREFIX + carrier)
            if tariff is not None and tariff.scheme is not None:
                edges.update(tariff.scheme.starts_on(*_kind(cell)))
        cuts = sorted(edges)
        found: list[Window] = []
        for start, end in itertools.pairwise(cuts):
            prices = [self._price(carrier, zone, cell, start) for carrier in carriers]
            at = sorted(range(len(carriers)), key=lambda one: (prices[one] is None, prices[one] or 0, one))
            text = ", ".join(f"{carriers[one]} {self._text(prices[one])}" for one in at)
            order = tuple(carriers[one] for one in at)
            if found and found[-1][2:] == (order, text):
                found[-1] = (found[-1][0], end, order, text)
            else:
                found.append((start, end, order, text))
        return tuple(found)

    def _price(self, carrier: str, zone: str, cell: int, minute: int) -> int | None:
        tariff: Tariff | None = self._tariffs.get(PREFIX + carrier)
        if tariff is None:
            return None
        band = "" if tariff.scheme is None else tariff.scheme.band_on(*_kind(cell), minute)
        interval = cell // KINDS
        day = self._dates[interval - 1] if interval else self._dates[0] - 1
        row = tariff.row(METER, "", "", zone, "", band, day)
        return None if row is None else minute_price(row)

    def _text(self, price: int | None) -> str:
        return "without a price" if price is None else money_text(price, self._digits)


def _kind(cell: int) -> tuple[int, bool]:
    """Day of the week of a cell, Monday = 0, and whether it is a holiday."""
    kind = cell % KINDS
    return kind % WEEK, kind >= WEEK
