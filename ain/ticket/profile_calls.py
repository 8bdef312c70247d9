"""The calls that a profile adds up: what each cost, the tickets it rests on, and the octets that the PBX printed for them.

Source: C-003, C-009, C-018.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ain_scp.ain.ticket.books import Books
    from ain_scp.reports.report import Report
    from ain_scp.tickets.profile.grouped import Asked

COLUMNS: Final = ("start", "direction", "extension", "called", "seconds", "cost_cents", "store", "tickets")
Ticket = tuple[str, int]
"""Store and sequence."""


def calls_report(found: "Books", which: "Asked", digits: int, *, show: bool) -> "Report":
    """A row a call. `digits`: so many last ones of outside numbers are x; `show`: a column with the printed lines."""
    from ain_scp.reports.report import Report
    from ain_scp.tickets.profile.grouped import call_rows
    from ain_scp.tickets.profile.hiding import hidden

    tables = found.tables
    calls = list(call_rows(found.calls.database, which, tables.around, tables.site.name))
    lines = _printed(found.home, {(one.store, at) for one in calls for at in one.call.lines}) if show else {}
    rows = []
    for one in calls:
        call = one.call
        called = hidden(call.called, digits, tables.known.ours)
        start, tickets = tables.around.zone.text(call.start), " ".join(map(str, call.lines))
        row = (start, call.direction, call.extension, called, call.duration_s, one.cents, one.store, tickets)
        printed = " | ".join(lines.get((one.store, at), "") for at in call.lines)
        rows.append((*row, printed) if show else row)
    totals = {
        "calls": len(calls),
        "seconds": sum(one.call.duration_s for one in calls),
        "cost_cents": sum(one.cents or 0 for one in calls),
    }
    return Report((*COLUMNS, "printed") if show else COLUMNS, tuple(rows), totals, tuple(totals))


def _printed(home: Path, wanted: set[Ticket]) -> dict[Ticket, str]:
    """What the PBX printed for some tickets, out of the journal, also beside a running provider."""
    import msgspec

    from ain_scp.journal.disk import DiskStorage
    from ain_scp.journal.reader import read_directory
    from ain_scp.tickets.provider.book import Kept, record_of
    from ain_scp.tickets.provider.lines import AnyLine, line_octets

    found: dict[Ticket, str] = {}
    for entry in read_directory(DiskStorage(home / "journal"), proven=True):
        one = record_of(entry.payload)
        if isinstance(one, Kept):
            line = msgspec.json.decode(one.line, type=AnyLine)
            if line.layout is None and (one.store, line.q) in wanted:
                found[one.store, line.q] = line_octets(line).decode("utf-8", "backslashreplace")
    return found
