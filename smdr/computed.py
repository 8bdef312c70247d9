"""Columns of a report that other packages compute: entry points of group `ain.report_columns`.

Each is a callable without arguments that gives a column: `name` (a word that no column of the store has), `reads` (the columns it
looks at) and `of(row)`, the text of a call's cell or None. It sees the columns it reads and no others.

Source: A-250; [0193].
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Protocol

import msgspec

from ain_scp.reports.report import Report
from ain_scp.reports.source import RequestError, Value
from ain_scp.terms.foreign import RAISED, said

GROUP = "ain.report_columns"


class ComputedColumn(Protocol):
    """A column of another package."""

    @property
    def name(self) -> str:
        """What `--field` calls it."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of the store that it looks at."""

    def of(self, row: Mapping[str, Value], /) -> str | None:
        """The cell of a call; None = empty."""


def computed(fields: Sequence[str], known: Sequence[str]) -> dict[str, ComputedColumn]:
    """The registered columns among `fields` that the store does not know; RequestError names one that cannot be used."""
    wanted = set(fields) - set(known)
    found: dict[str, ComputedColumn] = {}
    for entry in entry_points(group=GROUP) if wanted else ():
        if entry.name not in wanted:
            continue
        try:
            column: ComputedColumn = entry.load()()
            strange = set(column.reads) - set(known)
        except RAISED as fault:  # a plug-in is foreign: what it raises refuses the report that asks for it
            raise RequestError(f"column {entry.name} ({entry.value}): {said(fault)}") from None
        if strange:
            raise RequestError(
                f"column {entry.name} ({entry.value}) reads unknown columns: {', '.join(sorted(strange))}"
            )
        found[entry.name] = column
    return found


def with_computed(report: Report, fields: Sequence[str], columns: Mapping[str, ComputedColumn]) -> Report:
    """A report with the columns asked for, in their order; RequestError for a column that raises."""
    rows = []
    for row in report.rows:
        cells = dict(zip(report.columns, row, strict=True))
        rows.append(tuple(_cell(columns.get(name), name, cells) for name in fields))
    return msgspec.structs.replace(report, columns=tuple(fields), rows=tuple(rows))


def _cell(column: ComputedColumn | None, name: str, cells: Mapping[str, Value]) -> Value:
    if column is None:
        return cells[name]
    try:
        made: object = column.of({one: cells[one] for one in column.reads})
        return None if made is None else str(made)
    except RAISED as fault:  # as above
        raise RequestError(f"column {name}: {said(fault)}") from None
