"""A report and its printed forms: table, CSV, JSON; the HTML page is in `ain_scp.reports.page`.

Source: A-250; [0193].
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ain_scp.reports.source import Kind, Plan, Value
from ain_scp.terms.safe_text import printable, to_cell

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose


class Report(msgspec.Struct, frozen=True):
    """Column names, rows in order, totals by measure; `truncated` when more rows fit than were asked for.

    The totals are over everything that fits the request, whether or not its rows are shown; `words` name them.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: dict[str, int]
    words: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def sums(self) -> str:
        """The totals as people read them: `3 calls, 1 completed, 540 s`; `1 call`."""
        return ", ".join(
            f"{value} {word[:-1] if value == 1 and word[1:].endswith('s') else word}"
            for value, word in zip(self.totals.values(), self.words, strict=True)
        )


def build(plan: Plan, rows: list[tuple[Value, ...]], totals: tuple[int, ...]) -> Report:
    """Make a report from an engine's raw values: milliseconds become ISO 8601 times, whole seconds, days.

    Engines return one row more than asked for when there are more.
    """
    measures = plan.source.measures
    names, kinds = tuple(column.name for column in plan.columns), [column.kind for column in plan.columns]
    cuts: list[str] = list(kinds)
    if plan.dimensions:
        names = (
            *(dimension.name for dimension in plan.dimensions),
            *(measure.name for measure in measures),
        )
        cuts = [
            *(dimension.cut for dimension in plan.dimensions),
            *(measure.kind for measure in measures),
        ]
    shown = tuple(
        tuple(_shown(value, kind) for value, kind in zip(row, cuts, strict=True)) for row in rows[: plan.most]
    )
    sums = {
        measure.name: _measured(value, measure.kind) for measure, value in zip(measures, totals, strict=True)
    }
    words = tuple(measure.word for measure in measures)
    return Report(names, shown, sums, words, truncated=len(rows) > plan.most)


def _measured(value: int, kind: Kind) -> int:
    return value // 1000 if kind == "seconds" else value


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


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """RFC 4180 with LF line ends: header row, then the rows; an empty cell is absent, no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else to_cell(value) for value in row] for row in rows)
    return out.getvalue()


def as_csv(report: Report) -> str:
    """The report as CSV, without its totals."""
    return csv_text(report.columns, report.rows)


def as_json(report: Report) -> str:
    """One object: `rows` as objects by column name, `totals`, `truncated`."""
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    whole = {"rows": rows, "totals": report.totals, "truncated": report.truncated}
    return msgspec.json.encode(whole).decode()


def as_table(report: Report) -> str:
    """Columns of plain text with a line of totals; what a terminal would act on is shown as an escape."""
    cells = [
        report.columns,
        *[tuple("" if value is None else printable(str(value)) for value in row) for row in report.rows],
    ]
    widths = [max(len(row[at]) for row in cells) for at in range(len(report.columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, report.sums + (" (rows cut)" if report.truncated else ""), ""])
