"""One tariff row and a number of units: what it comes to, and the lines that say how.

    connect        once, when anything is used
    first          one increment of `first_units`; `up` and `exact`: when it is begun, `down`: when it is finished
    next           increments of `next_units`; `up`: begun, `down`: finished, `exact`: in proportion
    bounds         minimum and maximum of all these
    rounding       once, half up, to `round_to`

A fraction is kept as a numerator over the length of the increment it is a part of: nothing is rounded before the end.

Source: charging design 3.3; B1-020, B1-093 to B1-096.
"""

from typing import final

from ain_scp.billing.rating.usage import MS, Line
from ain_scp.provisioning.rows_charging import TariffRow
from ain_scp.terms.money import round_half_up

Part = tuple[TariffRow, int, int]
"""Further increments of one row: the row, how many are charged whole, and units charged in proportion (`exact`)."""


@final
class Reckoned:
    """A row, the units used, and the further increments by the rows whose bands they begin in."""

    __slots__ = ("parts", "row", "units")

    def __init__(self, row: TariffRow, units: int, parts: list[Part]) -> None:
        self.row = row
        self.units = units
        self.parts = parts

    def amount(self) -> int:
        """Give the row's amount in micros, bounded and rounded."""
        row = self.row
        if self.units == 0:
            return 0
        total, divisor = self._exact()
        if divisor == 1 and row.minimum is row.maximum is None and total % row.round_to == 0:
            return total
        if row.minimum is not None and total < row.minimum * divisor:
            total = row.minimum * divisor
        if row.maximum is not None and total > row.maximum * divisor:
            total = row.maximum * divisor
        return round_half_up(total, row.round_to, divisor)

    def _exact(self) -> tuple[int, int]:
        """Add connect and increments: micros as numerator and divisor."""
        whole = self.row.connect + (self.row.first_price if self._has_first() else 0)
        rest, divisor = 0, 1
        for row, count, units in self.parts:
            whole += count * row.next_price
            if units:
                rest, divisor = units * row.next_price, row.next_units
        return whole * divisor + rest, divisor

    def _has_first(self) -> bool:
        row = self.row
        return row.first_units > 0 and (row.increment != "down" or self.units >= row.first_units)

    def lines(self) -> list[Line]:
        """Give the lines of the row; they add up to `amount`."""
        if self.units == 0:
            return []
        row, where = self.row, place(self.row)
        lines = []
        if row.connect:
            lines.append(Line(where, "connect", 1, "", row.connect, row.connect))
        if self._has_first():
            unit = length_text(row.meter, row.first_units)
            lines.append(Line(where, "first", 1, unit, row.first_price, row.first_price))
        for part in self.parts:
            lines += _part_lines(part)
        return lines + self._closing(sum(line.amount for line in lines))

    def _closing(self, added: int) -> list[Line]:
        """Give what the bounds and the rounding add or take away."""
        row, where, lines = self.row, place(self.row), []
        for what, bound in (("minimum", row.minimum), ("maximum", row.maximum)):
            if bound is not None and (added < bound if what == "minimum" else added > bound):
                lines.append(Line(where, what, 1, "", bound, bound - added))
                added = bound
        rest = self.amount() - added
        if rest:
            lines.append(Line(where, "rounding", 1, "", row.round_to, rest))
        return lines


def further(row: TariffRow, units: int) -> list[Part]:
    """Count the increments after the first, all of the same row."""
    beyond = units - row.first_units
    length = row.next_units
    if beyond <= 0 or not length:
        return []
    if row.increment == "up":
        return [(row, -(-beyond // length), 0)]
    count, rest = divmod(beyond, length)
    return [(row, count, rest if row.increment == "exact" else 0)]


def _part_lines(part: Part) -> list[Line]:
    row, count, units = part
    where, length = place(row), length_text(row.meter, row.next_units)
    if row.increment != "exact":
        return [Line(where, "next", count, length, row.next_price, count * row.next_price)] if count else []
    used = count * row.next_units + units
    amount = round_half_up(used * row.next_price, 1, row.next_units)
    unit = f"{MS if row.meter == MS else row.meter} of {length}"
    return [Line(where, "next", used, unit, row.next_price, amount)] if used else []


def place(row: TariffRow) -> str:
    """Name a row as charges do: `tariffs.csv:7`."""
    return f"{row.where.file.rpartition('/')[2]}:{row.where.line}"


def length_text(meter: str, units: int) -> str:
    """Write the length of an increment as the tables do: 60s, 1500ms, 1MB, 1."""
    if meter == MS:
        return f"{units}ms" if units % 1000 else f"{units // 1000}s"
    return f"{units}" if units % 1_000_000 or not units else f"{units // 1_000_000}MB"
