"""Bands and holidays: every minute of every day of a scheme is in exactly one band.

Source: charging design 8.2, 8.3; CH-02, CH-03, CH-04.
"""

import re
from collections.abc import Iterable

from ain_scp.provisioning.check.charging.cells import Cells, Pairs, cells_of
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.rows_charging import BandRow, Holiday

BANDS = (("scheme", "band", "days", "from", "to"), ())
HOLIDAYS = (("date",), ("name",))

DAY_MINUTES = 1440
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "a holiday")
_DAYS = "1234567H"
_TIME = re.compile(r"(\d\d):(\d\d)", re.ASCII)


def read_bands(files: Files) -> Pairs[BandRow]:
    """Read `bands.csv` and check that each scheme covers the week once."""
    good: Pairs[BandRow] = []
    crossing: Pairs[BandRow] = []
    for cells in cells_of(files, "bands.csv", BANDS):
        row = BandRow(
            cells.word("scheme"),
            cells.word("band"),
            _days(cells),
            _minute(cells, "from"),
            _minute(cells, "to"),
            cells.where,
        )
        if row.start < row.end:
            good.append((cells, row))
        elif row.start > row.end > 0:
            text = f"from {cells.get('from')} to {cells.get('to')} crosses midnight: write two rows"
            cells.error("from", text, "CH-04")
            crossing.append((cells, row))
        else:
            more = "; the end of a day is 24:00" if cells.get("to") == "00:00" else ""
            cells.error("to", f"to {shown(cells.get('to'))} is not after from{more}", "row")
    _check_owner([*good, *crossing])
    schemes = {row.scheme: cells for cells, row in reversed([*good, *crossing])}
    for scheme, first in schemes.items():
        _check_week(scheme, first, [pair for pair in good if pair[1].scheme == scheme])
    return good


def _check_owner(pairs: Pairs[BandRow]) -> None:
    """A band name belongs to one scheme."""
    scheme_of: dict[str, BandRow] = {}
    for cells, row in pairs:
        first = scheme_of.setdefault(row.band, row)
        if first.scheme != row.scheme:
            cells.error(
                "band",
                f"band {row.band} is one of scheme {first.scheme} (line {first.where.line})",
                "duplicate",
            )


def _check_week(scheme: str, first: Cells, pairs: Pairs[BandRow]) -> None:
    gaps = []
    days = _DAYS if any("H" in row.days for _, row in pairs) else _DAYS[:7]
    for place, day in enumerate(days):
        ordered = sorted((pair for pair in pairs if day in pair[1].days), key=lambda pair: pair[1].start)
        gaps += [f"{_NAMES[place]} {_clock(a)}-{_clock(b)}" for a, b in _gaps(row for _, row in ordered)]
        _check_overlaps(scheme, _NAMES[place], ordered)
    if gaps:
        more = f" (and {len(gaps) - 1} more gaps)" if len(gaps) > 1 else ""
        first.error("scheme", f"scheme {scheme}: {gaps[0]} is in no band{more}", "CH-02")


def _gaps(ordered: Iterable[BandRow]) -> list[tuple[int, int]]:
    found, covered = [], 0
    for row in ordered:
        if row.start > covered:
            found.append((covered, row.start))
        covered = max(covered, row.end)
    return [*found, (covered, DAY_MINUTES)] if covered < DAY_MINUTES else found


def _check_overlaps(scheme: str, day: str, ordered: Pairs[BandRow]) -> None:
    widest: BandRow | None = None
    for cells, row in ordered:
        if widest is not None and row.start < widest.end:
            common = f"{_clock(row.start)}-{_clock(min(row.end, widest.end))}"
            text = f"scheme {scheme}: band {row.band} overlaps band {widest.band} on {day} {common}"
            cells.error("from", f"{text} (bands.csv:{widest.where.line})", "CH-03")
        if widest is None or row.end > widest.end:
            widest = row


def _days(cells: Cells) -> str:
    text = cells.required("days")
    if text and (not set(text) <= set(_DAYS) or len(set(text)) < len(text)):
        cells.error("days", f"days {shown(text)}: digits 1 to 7 (Monday first) and H, each once", "row")
        return ""
    return text


def _minute(cells: Cells, column: str) -> int:
    """Read a time of day as minutes, 24:00 included."""
    text = cells.required(column)
    match = _TIME.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        if text:
            cells.error(column, f"{column} {shown(text)} is not a time 00:00 to 24:00", "row")
        return 0
    return minutes


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_holidays(files: Files) -> tuple[Holiday, ...]:
    """Read `holidays.csv`."""
    found: dict[int, Holiday] = {}
    for cells in cells_of(files, "holidays.csv", HOLIDAYS):
        date = cells.date("date")
        if date in found:
            cells.error(
                "date", f"{cells.get('date')} is already in line {found[date].where.line}", "duplicate"
            )
        elif date:
            found[date] = Holiday(date, cells.get("name"), cells.where)
    return tuple(found.values())
