"""Rating once more, the slow way: every increment by itself, exact fractions, rows and bands searched from the top.

Written from the text of the requirements; it shares nothing with the room but the rows.
"""

import datetime as dt
import math
from fractions import Fraction

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
KEY = ("origin", "destination", "cos", "band", "meter", "feature")


def charge(rows, usage):
    """The whole charge in micros, or the word of the refusal."""
    if not any(row.tariff == usage.tariff for row in rows.tariffs):
        return "NO_TARIFF"
    total = 0
    for meter, units in usage.meters:
        for feature in ["", *sorted(set(usage.features))]:
            row = row_for(rows, usage, meter, feature, usage.start_ms)
            if row is None and not feature:
                return "NO_ROW"
            if row is not None:
                price = price_of(rows, usage, row, units)
                if price is None:
                    return "NO_ROW"
                total += price
    return total


def price_of(rows, usage, row, units):
    """One row: connect, the first increment, each further one by itself, bounds, one rounding."""
    if units == 0:
        return 0
    total = Fraction(row.connect)
    if row.first_units and (row.increment != "down" or units >= row.first_units):
        total += row.first_price
    at = row.first_units
    while at < units and row.next_units:
        by = row
        if row.band_at == "increment":
            by = row_for(rows, usage, row.meter, row.feature, usage.start_ms + at)
            if by is None:
                return None
        end = at + by.next_units
        if row.increment == "exact":
            total += Fraction(by.next_price * (min(end, units) - at), by.next_units)
        elif row.increment == "up" or end <= units:
            total += by.next_price
        at = end
    if row.minimum is not None:
        total = max(total, Fraction(row.minimum))
    if row.maximum is not None:
        total = min(total, Fraction(row.maximum))
    return math.floor(total / row.round_to + Fraction(1, 2)) * row.round_to


def row_for(rows, usage, meter, feature, moment_ms):
    """The first key in file order that matches and has a version on the day the usage begins; its latest such version."""
    asked = (usage.origin, usage.destination, usage.cos, band_of(rows, usage, moment_ms), meter, feature)
    day = (EPOCH + dt.timedelta(milliseconds=usage.start_ms)).date()
    keys = []
    for row in rows.tariffs:
        key = tuple(getattr(row, field) for field in KEY)
        if row.tariff == usage.tariff and key not in keys:
            keys.append(key)
    for key in keys:
        if any(mine not in ("*", other) for mine, other in zip(key, asked, strict=True)):
            continue
        versions = [
            row
            for row in rows.tariffs
            if row.tariff == usage.tariff
            and tuple(getattr(row, field) for field in KEY) == key
            and EPOCH.date() + dt.timedelta(days=row.effective) <= day
        ]
        if versions:
            return max(versions, key=lambda row: row.effective)
    return None


def band_of(rows, usage, moment_ms):
    """The band of the tariff's scheme in which a moment lies; nothing when the tariff has no bands."""
    used = {row.band for row in rows.tariffs if row.tariff == usage.tariff} - {"*"}
    schemes = {row.scheme for row in rows.bands if row.band in used}
    if not schemes:
        return ""
    (scheme,) = schemes
    moment = EPOCH + dt.timedelta(milliseconds=moment_ms)
    holidays = {EPOCH.date() + dt.timedelta(days=row.date) for row in rows.holidays}
    knows = any("H" in row.days for row in rows.bands if row.scheme == scheme)
    day = "H" if knows and moment.date() in holidays else str(moment.isoweekday())
    minute = moment.hour * 60 + moment.minute
    (band,) = [
        row.band
        for row in rows.bands
        if row.scheme == scheme and day in row.days and row.start <= minute < row.end
    ]
    return band


def longest(rows, usage, money, with_duration):
    """The longest duration that the money pays: every increment end of the main row is tried; None = a whole day."""
    day_ms = 86_400_000
    if charge(rows, with_duration(usage, day_ms)) <= money:
        return None
    row = row_for(rows, usage, "ms", "", usage.start_ms)
    if row.increment == "exact":
        ends = list(range(1000, day_ms + 1, 1000))
    else:
        ends, at = ([row.first_units] if row.first_units else []), row.first_units
        while at < day_ms and row.next_units:
            by = row_for(rows, usage, "ms", "", usage.start_ms + at) if row.band_at == "increment" else row
            at += by.next_units
            ends.append(at)
    best = 0
    for end in ends:
        if charge(rows, with_duration(usage, end)) > money:
            break
        best = end
    return best
