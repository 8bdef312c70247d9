"""Whole tariffs: a price for everybody in every band, no row in vain, bands that can follow each other.

Source: charging design 3.2, 3.3, 8.5, 8.6; CH-05, CH-06, CH-07, CH-09, CH-25, CH-32.
"""

import itertools
from collections import defaultdict

from ain_scp.provisioning.check.charging.cells import Cells, Pairs
from ain_scp.provisioning.check.charging.tariffs import MS
from ain_scp.provisioning.rows_charging import ANY, BandRow, PeriodRow, TariffRow
from ain_scp.provisioning.tables.tariffs import key_of
from ain_scp.terms.localtime import day_text

MeterRows = dict[tuple[str, str], Pairs[TariffRow]]
"""The rows of one tariff by meter and feature."""


def check_tariffs(tariffs: Pairs[TariffRow], bands: Pairs[BandRow]) -> None:
    """Check each tariff as a whole."""
    by_name: dict[str, Pairs[TariffRow]] = defaultdict(list)
    for cells, row in tariffs:
        if row.tariff:
            by_name[row.tariff].append((cells, row))
    scheme_of = {band.band: band.scheme for _, band in reversed(bands)}
    bands_of: dict[str, list[str]] = defaultdict(list)
    for _, band in bands:
        if band.band not in bands_of[band.scheme]:
            bands_of[band.scheme].append(band.band)
    earliest = min((row.effective for _, row in tariffs if row.effective), default=0)
    for name, pairs in by_name.items():
        schemes = _schemes(name, pairs, scheme_of)
        used = bands_of[schemes[0]] if schemes else []
        _check_meters(name, pairs, used)
        _warn_shadowed(pairs)
        _warn_late(name, pairs, used or [ANY], earliest)


def _schemes(name: str, pairs: Pairs[TariffRow], scheme_of: dict[str, str]) -> list[str]:
    found: list[str] = []
    for cells, row in pairs:
        scheme = scheme_of.get(row.band)
        if scheme is not None and scheme not in found:
            found.append(scheme)
            if len(found) == 2:
                cells.error(
                    "band", f"tariff {name} uses bands of two schemes, {found[0]} and {scheme}", "CH-05"
                )
    return found


def _check_meters(name: str, pairs: Pairs[TariffRow], bands: list[str]) -> None:
    meters: MeterRows = defaultdict(list)
    for cells, row in pairs:
        meters[row.meter, row.feature].append((cells, row))
    for (meter, feature), own in meters.items():
        if not feature:
            _check_gap(name, meter, own, bands or [ANY])
        _check_band_at(name, meter, own)


def _check_gap(name: str, meter: str, pairs: Pairs[TariffRow], bands: list[str]) -> None:
    """Each band ends in a row for everybody: an error for talk time, a warning for other meters."""
    closed = {row.band for _, row in pairs if (row.origin, row.destination, row.cos) == (ANY, ANY, ANY)}
    open_bands = [] if ANY in closed else [band for band in bands if band not in closed]
    if not open_bands:
        return
    cells = pairs[-1][0]
    where = "" if open_bands == [ANY] else f", band {open_bands[0]}"
    text = f"tariff {name}, meter {meter}{where}: no row for a destination not named; end with *"
    (cells.error if meter == MS else cells.warn)("destination", text, "CH-06")


def _check_band_at(name: str, meter: str, pairs: Pairs[TariffRow]) -> None:
    """Increments priced by the band they begin in: every row can take over from every other."""
    chosen = next((row for _, row in pairs if row.band_at == "increment"), None)
    if chosen is None:
        return
    head = f"tariff {name}, meter {meter}: band_at increment, but"
    for cells, row in pairs:
        here = f"the {row.band} row" if row.band != ANY else "a row"
        if meter != MS:
            cells.error("band_at", f"{head} only the meter ms runs with time", "CH-32")
        elif row.band_at != "increment":
            cells.error("band_at", f"{head} {here} has band_at {row.band_at}", "CH-32")
        elif not cells.get("next_units"):
            cells.error("next_units", f"{head} {here} has no next_units", "CH-32")
        elif row.increment != chosen.increment:
            cells.error(
                "increment", f"{head} {here} has increment {row.increment}, not {chosen.increment}", "CH-32"
            )


def _warn_shadowed(pairs: Pairs[TariffRow]) -> None:
    """A row is never reached when a key that begins above its own matches all it does, from a date that is not later.

    A key stands where its first row does, whatever the order of its versions.
    """
    versions: dict[tuple[str, ...], list[TariffRow]] = defaultdict(list)
    for _, row in sorted(pairs, key=lambda pair: pair[1].where.line):
        versions[key_of(row)].append(row)
    place = {key: number for number, key in enumerate(versions)}
    oldest = {key: min(rows, key=lambda row: row.effective) for key, rows in versions.items()}
    for cells, row in pairs:
        own = feature, meter, *fields = key_of(row)
        for wider in itertools.product(*((field, ANY) for field in fields)):
            above = oldest.get((feature, meter, *wider))
            if above is not None and place[key_of(above)] < place[own] and above.effective <= row.effective:
                text = f"never reached: tariffs.csv:{above.where.line} matches everything this row does"
                cells.warn("destination", text, "CH-07")
                break


def _warn_late(name: str, pairs: Pairs[TariffRow], bands: list[str], earliest: int) -> None:
    """The rows for everybody begin later than the oldest tariff does."""
    closing = [
        (cells, row)
        for cells, row in pairs
        if row.meter == MS and not row.feature and (row.origin, row.destination, row.cos) == (ANY, ANY, ANY)
    ]
    begins = []
    for band in bands:
        dates = [(row.effective, cells) for cells, row in closing if row.band in (ANY, band)]
        if dates:
            begins.append(min(dates, key=lambda pair: pair[0]))
    if begins:
        latest, cells = max(begins, key=lambda pair: pair[0])
        if latest > earliest > 0:
            text = f"tariff {name} has no version in effect before {day_text(latest)}; calls before that have no price"
            cells.warn("effective", text, "CH-09")


def warn_periods(periods: Pairs[PeriodRow], tariffs: Pairs[TariffRow]) -> None:
    """A secondary period that is no multiple of the increment pays for a started one each time (CH-25)."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for _, tariff in tariffs:
        if tariff.meter == MS and not tariff.feature and tariff.next_units and tariff.increment == "up":
            lengths[tariff.tariff].add(tariff.next_units)
    decided: set[tuple[str, str]] = set()
    for cells, row in periods:
        for name in lengths if row.tariff == ANY else [row.tariff]:
            if (name, ANY) in decided or (name, row.destination) in decided:
                continue
            for length in sorted(lengths.get(name, ())):
                if row.secondary_s * 1000 % length:
                    _warn_period(cells, row.secondary_s, length)
            decided.add((name, row.destination))


def _warn_period(cells: Cells, secondary_s: int, length_ms: int) -> None:
    length = f"{length_ms}ms" if length_ms % 1000 else f"{length_ms // 1000}s"
    text = f"secondary_s {secondary_s} is not a multiple of the tariff's increment {length}"
    cells.warn("secondary_s", f"{text}: every request would pay for a started increment", "CH-25")
