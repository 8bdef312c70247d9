"""Batches: the tickets after a sequence as JSON lines, with the layouts that a chain has not carried yet.

The same tickets and layouts give the same octets, so a batch made again after a restart has the digest of the first.

Source: C-015, C-017.
"""

from collections.abc import Container, Mapping
from typing import Final, NamedTuple

import msgspec

from ain_scp.tickets.collector.store import LayoutLine, Store, Ticket
from ain_scp.tickets.layout.schema import Layout


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A ticket in a batch. `l` and `d` are its layout's name and the first 16 digits of its digest.

    `c` is the connection's number, or the file; then `e` is where the line ended in it.
    """

    q: int
    s: str
    t: int
    c: str | int
    l: str  # noqa: E741 - the form's own letter
    d: str
    r: str | None = None
    b: str | None = None
    e: int = 0


class LayoutInBatch(msgspec.Struct, frozen=True):
    """A layout in a batch, before the first ticket that uses it. `q` is the sequence of that ticket."""

    q: int
    layout: str
    digest: str
    toml: str


class Lines(NamedTuple):
    """What goes into a batch. `complete`: a limit was reached, so it need not wait for its age.

    `layouts` are the digests of those that it carries, `sources` the digest of each source's layout.
    """

    first: int
    last: int
    tickets: int
    body: bytes
    layouts: tuple[str, ...]
    oldest_ms: int
    complete: bool
    sources: dict[str, str]


_encode: Final = msgspec.json.Encoder().encode


class Undecided(Exception):
    """The next ticket's source (the text) has no layout: it is kept and not sent, and what follows it waits."""


def gather(
    store: Store,
    after: int,
    layouts: Mapping[str, Layout],
    carried: Container[str],
    most_tickets: int,
    most_octets: int,
    until: int = 1 << 62,
) -> Lines | None:
    """The next tickets after a sequence, or those up to `until` again; None when there is none. Raises Undecided."""
    rows: list[bytes] = []
    new: dict[str, None] = {}
    sources: dict[str, str] = {}
    first = last = tickets = octets = oldest = 0
    for sequence, one in store.records(after):
        if sequence > until or tickets >= most_tickets or octets >= most_octets:
            break
        if isinstance(one, LayoutLine):
            continue
        layout = layouts.get(one.s)
        if layout is None:
            if not tickets:
                raise Undecided(one.s)
            break
        if layout.digest not in carried and layout.digest not in new:
            new[layout.digest] = None
            rows.append(_encode(LayoutInBatch(sequence, layout.name, layout.digest, layout.text)))
        sources[one.s] = layout.digest
        rows.append(_encode(_line(sequence, one, layout)))
        first, last, oldest = first or sequence, sequence, oldest or one.t
        tickets += 1
        octets += len(rows[-1])
    if not tickets:
        return None
    complete = tickets >= most_tickets or octets >= most_octets
    rows.append(b"")
    return Lines(first, last, tickets, b"\n".join(rows), tuple(new), oldest, complete, sources)


def _line(sequence: int, ticket: Ticket, layout: Layout) -> Line:
    origin, end = (ticket.o, 0) if isinstance(ticket.o, int) else ticket.o
    return Line(
        sequence, ticket.s, ticket.t, origin, layout.name, layout.digest[:16], ticket.r, ticket.b, end
    )
