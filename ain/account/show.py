"""What an account holds: as a table, JSON or CSV.

Source: charging.md 9.1, 9.3.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import click
import msgspec

from ain_scp.ain.account.books import Books, engine_of, tables_of, troubles
from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.features import balance_of, records_of
from ain_scp.billing.ledger.export import postings, row_of, time_text
from ain_scp.billing.ledger.record import customer
from ain_scp.reports.report import csv_text
from ain_scp.reports.text import table

Form = Literal["table", "json", "csv"]
Row = dict[str, str | int | bool | None]

LIST_COLUMNS = ("account", "posted", "reserved", "accrued", "usable", "used", "cos", "open_calls")


def engine_as_it_lies(books: Books) -> Engine:
    """The engine over the ledger as of its last record; nothing is changed on disk."""
    return engine_of(tables_of(books), books.read())


def accounts(books: Books) -> list[Row]:
    """Every account that pays for itself."""
    return [
        {name: getattr(balance_of(desk, row.account), name) for name in LIST_COLUMNS}
        for desk in [engine_as_it_lies(part).desk for part in books.parts()]
        for row in desk.charging.rows.accounts
        if not row.pays
    ]


def account(books: Books, name: str) -> dict[str, object]:
    """One account with its reservations and its limits."""
    books = books.of(name)
    desk = engine_as_it_lies(books).desk
    paying = known(desk, name)
    held = [
        {
            "reservation": reservation,
            "call": one.link,
            "amount": desk.text(one.amount),
            "expires": time_text(one.expires_ms),
        }
        for reservation, one in desk.ledger.reservations.items()
        if one.account == customer(paying)
    ]
    limits = [
        {
            "rank": row.rank,
            "measure": row.measure,
            "limit": desk.text(row.limit),
            "threshold": desk.text(row.threshold),
            "cos": row.cos,
        }
        for row in desk.charging.limits.get(paying, ())
    ]
    return {**msgspec.to_builtins(balance_of(desk, paying)), "reservations": held, "limits": limits}


def calls(books: Books, name: str, *, open_only: bool) -> list[Row]:
    """The calls of an account, or of every member of a group: those that are open, then those that have ended."""
    desk = engine_as_it_lies(books.of(name)).desk
    names = members(desk, name)
    rows: list[Row] = [
        {
            "account": one,
            "call": call.id,
            "from": call.calling,
            "called": call.called,
            "state": str(call.state),
            "start": time_text((call.answered_ms or call.authorized_ms) + call.offset_ms),
            "duration_ms": desk.elapsed(call),
            "charge": desk.text(desk.part(call, one, desk.elapsed(call))),
        }
        for one in names
        for call in desk.calls_of(one)
    ]
    if open_only:
        return rows
    return rows + [
        {
            "account": one,
            "call": record.call,
            "from": record.calling,
            "called": record.called,
            "state": "ENDED",
            "start": time_text(record.start_ms),
            "duration_ms": record.duration_ms,
            "charge": desk.text(record.charge),
        }
        for one in names
        for record in records_of(desk, one)
    ]


def ledger(books: Books, name: str) -> list[Row]:
    """The transfers of an account, from the journal."""
    books = books.of(name)
    desk = engine_as_it_lies(books).desk
    whose = customer(known(desk, name))
    with troubles(books.root):
        return [
            {**row_of(posting, desk.charging.currency, desk.charging.digits)}
            for posting in postings(books.kept())
            if whose in (posting.transfer.source, posting.transfer.target)
        ]


def known(desk: Desk, name: str) -> str:
    """The account that pays for an account; exit 2 for an unknown one."""
    paying = desk.payer(name)
    if paying is None:
        raise Trouble(f"{name}: no such account")
    return paying


def members(desk: Desk, name: str) -> list[str]:
    """The accounts a name stands for: itself, or the members of a group on the ledger's last day."""
    if name not in desk.charging.accounts and name in desk.charging.groups:
        names = {row.account for row in desk.charging.rows.members if row.group == name}
        return sorted(one for one in names if desk.charging.group_at(one, desk.today) == name)
    return [known(desk, name)]


def write(what: str, rows: Sequence[Row], form: Form, columns: Iterable[str] = ()) -> None:
    """Rows on stdout; JSON is one object, in which they stand under what they are."""
    if form == "json":
        write_json({what: rows})
        return
    names = list(rows[0] if rows else columns)
    if form == "csv":
        click.echo(csv_text(names, ([row[name] for name in names] for row in rows)), nl=False)
        return
    if not rows:
        click.echo("none")
        return
    cells = [["" if row[name] is None else str(row[name]) for name in names] for row in rows]
    for line in table(names, cells):
        click.echo(line)
