"""The lines of a batch, judged before anything is stored: a registered enterprise may be wrong, too.

Source: C-012, C-014.
"""

import base64
import binascii
import hashlib
import io
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from operator import methodcaller
from typing import Final, NamedTuple

import msgspec

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.collector.batching import LayoutInBatch, Line
from ain_scp.tickets.envelope.content import Content, ContentError
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.parsing import parse


class AnyLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a batch: a ticket (`Line`), or a layout where `layout` says its name (`LayoutInBatch`)."""

    q: int
    s: str = ""
    t: int = 0
    c: str | int = 0
    l: str = ""  # noqa: E741 - the form's own letter
    d: str = ""
    r: str | None = None
    b: str | None = None
    e: int = 0
    layout: str | None = None
    digest: str = ""
    toml: str = ""


class Kind(msgspec.Struct, frozen=True):
    """Whether a line of a batch is a layout."""

    layout: str | None = None


class _Ticket(Line, frozen=True, omit_defaults=True, gc=False):
    """A line that is a ticket, unless it names a layout."""

    layout: str | None = None


class Checked(NamedTuple):
    """A line that may be stored. `layout`: the mark of the layout that it is; "" for the ticket of this sequence."""

    sequence: int
    layout: str


_bare: Final = methodcaller("rstrip", b"\n")
_ticket_of: Final = msgspec.json.Decoder(_Ticket).decode
_layout_of: Final = msgspec.json.Decoder(LayoutInBatch).decode
LONGEST_LINE: Final = 65_400
"""Octets; a record of the journal has a little around it."""
_LAST_MS: Final = 253_402_300_799_000
"""Receipts have four digits of a year."""
_MOST: Final = 1 << 63


def lines_in(body: bytes) -> Iterator[bytes]:
    """The lines of a body, one at a time: all of them beside the body would take its memory again."""
    return map(_bare, io.BytesIO(body))


def check_lines(content: Content, known: AbstractSet[str] | None) -> list[Checked]:
    """The lines, read once. ContentError unless each is a ticket in order or a layout that can be read, and known by then.

    `known`: marks (16 digits) of the layouts that the store has sent before; None while batches before are missing.
    """
    header, marks = content.header, set(known or ())
    tickets, last = 0, header.first - 1
    checked: list[Checked] = []
    for number, octets in enumerate(lines_in(content.body), 1):
        try:
            line = _read(octets)
            if isinstance(line, LayoutInBatch):
                marks.add(_layout(line))
                checked.append(Checked(0, line.digest[:16]))
                continue
        except (msgspec.DecodeError, RecursionError, ValueError) as fault:
            raise ContentError(f"body: line {number}: {fault}") from fault
        if not last < line.q <= header.last:
            raise ContentError(f"body: line {number}: out of order")
        if known is not None and line.d not in marks:
            raise ContentError(f"body: line {number}: of a layout that was not sent")
        tickets, last = tickets + 1, line.q
        checked.append(Checked(last, ""))
    if tickets != header.tickets or last != header.last:
        raise ContentError("body: other tickets than the header says")
    return checked


def _read(octets: bytes) -> Line | LayoutInBatch:
    if len(octets) > LONGEST_LINE:
        raise ValueError(f"{len(octets)} octets, a line has at most {LONGEST_LINE}")
    try:
        line = _ticket_of(octets)
    except msgspec.ValidationError:
        if msgspec.json.decode(octets, type=Kind).layout is None:
            raise
        return _layout_of(octets)
    if line.layout is not None:
        return _layout_of(octets)
    if not (0 <= line.t <= _LAST_MS and 0 <= line.e < _MOST):
        raise ValueError("a receipt or a place in a file that cannot be")
    line_octets(line)
    return line


def _layout(line: LayoutInBatch) -> str:
    if hashlib.sha256(line.toml.encode()).hexdigest() != line.digest:
        raise ValueError("a layout with another digest than its own")
    try:
        parse(line.toml, f"{line.layout}.toml", shipped)
    except ProvisioningError as fault:
        raise ValueError(f"a layout that cannot be read: {fault.problems[0].text}") from fault
    return line.digest[:16]


def line_octets(line: Line | AnyLine) -> bytes:
    """What was printed; ValueError when it is neither text nor base64."""
    if line.r is not None:
        return line.r.encode()
    try:
        return base64.b64decode(line.b or "", validate=True)
    except binascii.Error as fault:
        raise ValueError("octets that are no base64") from fault
