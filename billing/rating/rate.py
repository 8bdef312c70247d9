"""`rate`: what a usage costs. Total: every usage gives a charge or a named refusal, never an exception.

The price is a function of the whole usage, in closed form for each band it passes: it does not matter how often it was
computed before.

Source: charging design 3.2 to 3.4; B1-007, B1-094, B1-096, A-227, A-228.
"""

from ain_scp.billing.rating.row import Part, Reckoned, further
from ain_scp.billing.rating.usage import Charge, Refusal, Usage
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import TariffRow
from ain_scp.provisioning.tables.bands import BandScheme
from ain_scp.provisioning.tables.tariffs import Tariff
from ain_scp.terms.money import CENT
from ain_scp.terms.units import DAY_MS


def rate(charging: Charging, usage: Usage) -> Charge | Refusal:
    """Give the charge with its lines."""
    found = reckon(charging, usage)
    if isinstance(found, str):
        return found
    lines = tuple(line for one in found for line in one.lines())
    amount = sum(line.amount for line in lines)
    return Charge(charging.currency, amount, amount, lines, finest(found))


def amount(charging: Charging, usage: Usage) -> int | Refusal:
    """Give what the charge amounts to in micros, without its lines."""
    found = reckon(charging, usage)
    return found if isinstance(found, str) else sum([one.amount() for one in found])


def finest(found: list[Reckoned]) -> int:
    """Give the finest unit that the rows are rounded to."""
    return min((one.row.round_to for one in found), default=CENT)


def reckon(charging: Charging, usage: Usage) -> list[Reckoned] | Refusal:
    """Find the rows that apply, each meter's own and then its features', and count their increments."""
    tariff = charging.tariffs.get(usage.tariff)
    if tariff is None:
        return "NO_TARIFF"
    features: tuple[str, ...] = ("",)
    if usage.features:
        features += tuple(one for one in dict.fromkeys(usage.features) if one in tariff.features)
    found: list[Reckoned] = []
    for meter, units in usage.meters:
        for feature in features:
            row = row_at(tariff, usage, meter, feature, usage.start_ms)
            if row is not None:
                parts = _parts(tariff, usage, row, units)
                if parts is None:
                    return "NO_ROW"
                found.append(Reckoned(row, units, parts))
            elif not feature:
                return "NO_ROW"
    return found


def row_at(tariff: Tariff, usage: Usage, meter: str, feature: str, moment_ms: int) -> TariffRow | None:
    """Give the row for the band of a moment; its version is that of the usage's first day (A-227)."""
    band = tariff.scheme.band(moment_ms) if tariff.scheme is not None else ""
    day = usage.start_ms // DAY_MS
    return tariff.row(meter, feature, usage.origin, usage.destination, usage.cos, band, day)


def _parts(tariff: Tariff, usage: Usage, row: TariffRow, units: int) -> list[Part] | None:
    """Count the further increments; None when a later band has no row."""
    if row.band_at == "start" or tariff.scheme is None:
        return further(row, units)
    return _by_band(tariff, tariff.scheme, usage, row, units)


def _by_band(
    tariff: Tariff, scheme: BandScheme, usage: Usage, row: TariffRow, units: int
) -> list[Part] | None:
    """Count the increments of each band that begin in it; one that has begun is never cut by a boundary."""
    parts: list[Part] = []
    at = row.first_units
    while at < units:
        moment = usage.start_ms + at
        current = row_at(tariff, usage, row.meter, row.feature, moment)
        if current is None:
            return None
        length = current.next_units
        if not length:
            break  # the checks of the data set let no such row through
        end = min(units, scheme.until(moment) - usage.start_ms)
        count = -(-(end - at) // length)
        at += count * length
        rest = 0
        if at > units and row.increment != "up":
            count -= 1
            rest = units - (at - length) if row.increment == "exact" else 0
        if parts and parts[-1][0] is current:
            count += parts.pop()[1]
        parts.append((current, count, rest))
    return parts
