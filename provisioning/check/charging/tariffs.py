"""Zones, tariffs and periods, row by row; `tariff_rules` looks at whole tariffs.

Source: charging design 3.3, 8.4 to 8.6; CH-01, CH-08, CH-10, CH-11, CH-13, CH-25.
"""

import re

from ain_scp.provisioning.check.charging.cells import Cells, Pairs, cells_of
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.rows_charging import (
    READY_MADE_ZONES,
    BandAt,
    Increment,
    PeriodRow,
    TariffRow,
    ZoneRow,
)
from ain_scp.provisioning.tables.tariffs import key_of
from ain_scp.terms.digits import MAX_NUMBER, is_number
from ain_scp.terms.money import CENT, MICROS
from ain_scp.terms.units import DAY_S

ZONES = (("zone", "prefix"), ())
TARIFFS = (
    ("tariff", "effective", "origin", "destination", "cos", "band", "meter"),
    (
        "feature", "connect", "first_units", "first_price", "next_units", "next_price", "increment", "minimum",
        "maximum", "band_at", "round_to",
    ),
)  # fmt: skip
PERIODS = (("tariff", "destination", "initial_s", "secondary_s"), ())

INCREMENTS: tuple[Increment, ...] = ("up", "down", "exact")
BANDS_AT: tuple[BandAt, ...] = ("start", "increment")
MS = "ms"
"""The meter of talk time; its units are milliseconds."""

_LENGTH = re.compile(r"(\d{1,12})(s|ms|MB)?", re.ASCII)
_SCALES = {"s": 1000, "ms": 1, "MB": 1_000_000, None: 1}


def read_zones(files: Files) -> Pairs[ZoneRow]:
    """Read `zones.csv`."""
    found: dict[str, ZoneRow] = {}
    pairs: Pairs[ZoneRow] = []
    for cells in cells_of(files, "zones.csv", ZONES):
        row = ZoneRow(cells.word("zone"), cells.required("prefix"), cells.where)
        if row.prefix and not is_number(row.prefix.removeprefix("+"), 1, MAX_NUMBER):
            text = f"prefix {shown(row.prefix)} is not digits, or + and digits (at most {MAX_NUMBER})"
            cells.error("prefix", text, "row")
            continue
        if row.zone in READY_MADE_ZONES:
            cells.error("zone", f"{row.zone} is a ready-made zone", "CH-13")
        first = found.setdefault(row.prefix, row)
        if first is not row:
            both = f"in zone {first.zone} (line {first.where.line}) and in zone {row.zone}"
            cells.error("prefix", f"prefix {row.prefix} is {both}", "CH-13")
        pairs.append((cells, row))
    return pairs


def read_tariffs(files: Files) -> Pairs[TariffRow]:
    """Read `tariffs.csv`."""
    pairs: Pairs[TariffRow] = []
    first: dict[tuple[object, ...], TariffRow] = {}
    for cells in cells_of(files, "tariffs.csv", TARIFFS):
        row = _tariff(cells)
        earlier = first.setdefault((row.tariff, key_of(row), row.effective), row)
        if earlier is not row:
            text = f"tariff {row.tariff}: the same key and effective date as tariffs.csv:{earlier.where.line}"
            cells.error("effective", text, "CH-08")
        pairs.append((cells, row))
    return pairs


def _tariff(cells: Cells) -> TariffRow:
    meter = cells.word("meter")
    first_units, next_units = _length(cells, "first_units", meter), _length(cells, "next_units", meter)
    minimum, maximum = cells.money("minimum"), cells.money("maximum")
    _check_increments(cells)
    if minimum is not None and maximum is not None and minimum > maximum:
        cells.error(
            "maximum", f"maximum {cells.get('maximum')} is below minimum {cells.get('minimum')}", "row"
        )
    return TariffRow(
        tariff=cells.word("tariff"),
        effective=cells.date("effective"),
        origin=cells.word_or_any("origin"),
        destination=cells.word_or_any("destination"),
        cos=cells.word_or_any("cos"),
        band=cells.word_or_any("band"),
        meter=meter,
        feature=cells.word_or_none("feature"),
        connect=cells.money("connect") or 0,
        first_units=first_units,
        first_price=cells.money("first_price") or 0,
        next_units=next_units,
        next_price=cells.money("next_price") or 0,
        increment=cells.choice("increment", INCREMENTS, "up"),
        minimum=minimum,
        maximum=maximum,
        band_at=cells.choice("band_at", BANDS_AT, "start"),
        round_to=_round_to(cells),
        where=cells.where,
    )


def _length(cells: Cells, column: str, meter: str) -> int:
    """Read the length of an increment; 0 when there is none."""
    text = cells.get(column)
    if text in ("", "0"):
        return 0
    match = _LENGTH.fullmatch(text)
    if match is None or (match[2] in ("s", "ms")) is not (meter == MS):
        known = "60s or 1500ms" if meter == MS else "1 or 1MB"
        cells.error(column, f"{column} {shown(text)} is no length of meter {meter}: write {known}", "CH-10")
        return 0
    return int(match[1]) * _SCALES[match[2]]


def _check_increments(cells: Cells) -> None:
    """A price belongs to a length; a further increment has one."""
    if cells.get("next_price") and not cells.get("next_units"):
        cells.error("next_units", "next_units is missing but next_price is given", "CH-10")
    if cells.get("next_units").strip("smMB0") == "" and cells.get("next_units"):
        cells.error("next_units", f"next_units {cells.get('next_units')}: an increment has a length", "CH-10")
    if cells.get("first_price") and cells.get("first_units").strip("smMB0") == "":
        cells.error("first_price", "first_price without first_units", "CH-10")


def _round_to(cells: Cells) -> int:
    unit = cells.money("round_to")
    if unit is None:
        return CENT
    if unit == 0 or MICROS % unit:
        text = f"round_to {cells.get('round_to')} does not divide the currency unit"
        cells.error("round_to", text, "CH-11")
        return CENT
    return unit


def read_periods(files: Files) -> Pairs[PeriodRow]:
    """Read `periods.csv`."""
    return [
        (
            cells,
            PeriodRow(
                cells.word_or_any("tariff"),
                cells.word_or_any("destination"),
                cells.whole("initial_s", 1, DAY_S, "CH-25"),
                cells.whole("secondary_s", 1, DAY_S, "CH-25"),
                cells.where,
            ),
        )
        for cells in cells_of(files, "periods.csv", PERIODS)
    ]
