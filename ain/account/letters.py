"""The dead letters of a ledger, and the schema of its lines.

Source: charging.md 9.1 (events, schema), 9.3.
"""

import inspect

import msgspec

from ain_scp.ain.account.books import Books, troubles
from ain_scp.ain.account.show import Row
from ain_scp.billing.charging import events, results
from ain_scp.billing.ledger.export import postings, time_text
from ain_scp.billing.ledger.record import Code
from ain_scp.terms.money import money_text


def waiting(books: Books) -> list[Row]:
    """Suspense, unsettled reservations and write-offs, each a row."""
    return [row for part in books.parts() for row in _waiting(part)]


def _waiting(books: Books) -> list[Row]:
    facts = books.read().facts
    rows: list[Row] = []
    for name, octets in facts.get("suspense", {}).items():
        asked = msgspec.json.decode(octets, type=events.Record)
        rows.append(_row("SUSPENSE", name, asked.answer or asked.at, f"{asked.from_} to {asked.called}"))
    for name, octets in facts.get("unsettled", {}).items():
        at_ms, amount = octets.split()
        rows.append(_row("UNSETTLED", name, time_text(int(at_ms)), money_text(int(amount))))
    with troubles(books.root):
        rows += [
            _row(
                "WRITE_OFF",
                posting.transfer.link,
                time_text(posting.at_ms),
                money_text(posting.transfer.amount),
            )
            for posting in postings(books.kept())
            if posting.transfer.code == Code.WRITE_OFF
        ]
    return rows


def _row(kind: str, name: str, at: str, about: str) -> Row:
    return {"kind": kind, "name": name, "at": at, "about": about}


def schemas() -> dict[str, object]:
    """One JSON schema for event lines and the results of `charging`."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(results, inspect.isclass)
        if issubclass(kind, msgspec.Struct)
        and kind.__module__ == results.__name__
        and kind is not results.Said
    ]
    (event, *_), components = msgspec.json.schema_components(
        [events.AnyEvent, *kinds], ref_template="#/$defs/{name}"
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "event": event, "$defs": components}
