"""A report and its printed forms: table, CSV, JSON; the HTML page is in `ain_scp.smdr.page`.

Source: A-250; [0193].
"""

import csv
import datetime as dt
import io
from typing import Final

import msgspec

from ain_scp.smdr.request import MEASURES, Plan
from ain_scp.terms.safe_text import to_cell

Value = str | int | None
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose


class Totals(msgspec.Struct, frozen=True):
    """Sums over all calls that fit the request, whether or not their rows are shown."""

    calls: int
    completed: int
    duration_s: int


class Report(msgspec.Struct, frozen=True):
    """Column names, rows in order, totals; `truncated` when more rows fit than were asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: Totals
    truncated: bool = False


def build(plan: Plan, rows: list[tuple[Value, ...]], totals: tuple[int, int, int]) -> Report:
    """Make a report from an engine's raw values: milliseconds become ISO 8601 times, whole seconds, days.

    Engines return one row more than asked for when there are more.
    """
    if plan.dimensions:
        names = (*(dimension.name for dimension in plan.dimensions), *MEASURES)
        kinds = (*(dimension.cut for dimension in plan.dimensions), "number", "number", "seconds")
    else:
        names = tuple(column.name for column in plan.columns)
        kinds = tuple(column.kind for column in plan.columns)
    shown = tuple(
        tuple(_shown(value, kind) for value, kind in zip(row, kinds, strict=True))
        for row in rows[: plan.most]
    )
    sums = Totals(calls=totals[0], completed=totals[1], duration_s=totals[2] // 1000)
    return Report(columns=names, rows=shown, totals=sums, truncated=len(rows) > plan.most)


def _shown(value: Value, kind: str) -> Value:
    if value is None or isinstance(value, str):
        return value
    if kind == "time":
        return iso_time(value)
    if kind == "seconds":
        return value // 1000
    if kind == "day":
        return (_EPOCH + dt.timedelta(days=value)).date().isoformat()
    return f"{value:02d}:00" if kind == "hour" else value


def iso_time(time_ms: int) -> str:
    """ISO 8601 local time, with milliseconds only when there are any."""
    moment = _EPOCH + dt.timedelta(milliseconds=time_ms)
    return moment.isoformat(timespec="milliseconds" if time_ms % 1000 else "seconds")


def as_csv(report: Report) -> str:
    """RFC 4180 with LF line ends: header row, then the rows; an empty cell is absent, no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(report.columns)
    writer.writerows(["" if value is None else to_cell(value) for value in row] for row in report.rows)
    return out.getvalue()


def as_json(report: Report) -> str:
    """One object: `rows` as objects by column name, `totals`, `truncated`."""
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    whole = {"rows": rows, "totals": report.totals, "truncated": report.truncated}
    return msgspec.json.encode(whole).decode()


def as_table(report: Report) -> str:
    """Columns of plain text with a line of totals."""
    cells = [
        report.columns,
        *[tuple("" if value is None else str(value) for value in row) for row in report.rows],
    ]
    widths = [max(len(row[at]) for row in cells) for at in range(len(report.columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    sums = report.totals
    tail = f"{sums.calls} calls, {sums.completed} completed, {sums.duration_s} s"
    return "\n".join([*lines, tail + (" (rows cut)" if report.truncated else ""), ""])
