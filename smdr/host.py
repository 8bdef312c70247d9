"""The host: imports SMDR records once, however often they are sent, and answers report requests.

Source: A-249 to A-254; [0192], [0193].
"""

from typing import Protocol

import msgspec

from ain_scp.figures.bars import Chart
from ain_scp.reports.page import as_html
from ain_scp.reports.report import Report, as_csv, as_json, as_table, build
from ain_scp.reports.source import QueryEngine
from ain_scp.smdr.computed import computed, with_computed
from ain_scp.smdr.front_end import Change
from ain_scp.smdr.request import CALLS, COLUMNS, ReportRequest, plan


class HostStore(QueryEngine, Protocol):
    """Where the host keeps calls, and the engine that answers plans."""

    def import_changes(self, source: str, changes: list[Change]) -> int:
        """Import what is new, in one step; return how many records were written."""

    def position(self, source: str) -> int:
        """Last change number imported from a front end."""

    def record_count(self) -> int:
        """How many calls are kept."""


class ChangeSource(Protocol):
    """Who has changes to import: a front end."""

    def changes(self, after: int, most: int = 1000) -> list[Change]:
        """What changed after a change number."""


class Host:
    """One host processor over one store."""

    def __init__(self, store: HostStore) -> None:
        self._store = store

    def pull(self, source: str, front_end: ChangeSource) -> int:
        """Import everything a front end has that is new; return how many records were written."""
        written = 0
        while changes := front_end.changes(self._store.position(source)):
            written += self._store.import_changes(source, changes)
        return written

    def record_count(self) -> int:
        """How many calls the host keeps."""
        return self._store.record_count()

    def report(self, request: ReportRequest, entitled: str | None) -> Report:
        """Answer a request of somebody entitled to one customer group (None: the operator); RequestError when not so."""
        known = [column.name for column in COLUMNS]
        asked = [CALLS.aliases.get(name, name) for name in request.fields]
        columns = {} if request.group_by else computed(asked, known)
        if not columns:
            return answer(self._store, request, entitled)
        read = [name for column in columns.values() for name in column.reads]
        stored = dict.fromkeys([*(name for name in asked if name not in columns), *read]) or known[:1]
        found = answer(self._store, msgspec.structs.replace(request, fields=tuple(stored)), entitled)
        return with_computed(found, asked, columns)

    def charts(self, request: ReportRequest, entitled: str | None) -> tuple[Chart, ...]:
        """Calls by day, by hour of the day and by outcome, for the same request."""
        charts = []
        for dimension, title in (
            ("day", "Calls by day"),
            ("hour", "Calls by hour"),
            ("outcome", "Calls by outcome"),
        ):
            grouped = msgspec.structs.replace(request, group_by=(dimension,), most=1000)
            rows = self.report(grouped, entitled).rows
            labels = tuple(str(row[0]) for row in rows)
            charts.append(Chart(title, labels, tuple(int(row[1] or 0) for row in rows)))
        return tuple(charts)

    def printed(self, request: ReportRequest, entitled: str | None) -> str:
        """Answer a request in the form it asks for."""
        report = self.report(request, entitled)
        if request.form == "csv":
            return as_csv(report)
        if request.form == "json":
            return as_json(report)
        if request.form == "html":
            customer = entitled or request.customer or "all customers"
            return as_html(f"Virtual SMDR, {customer}", report, self.charts(request, entitled))
        return as_table(report)


def answer(engine: QueryEngine, request: ReportRequest, entitled: str | None) -> Report:
    """Check a request against what its sender is entitled to and have an engine answer it (A-254)."""
    checked = plan(request, entitled)
    return build(checked, engine.rows(checked), engine.totals(checked))
