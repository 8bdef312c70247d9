"""The lines of a batch, judged before anything is stored: a registered enterprise may be wrong, too.

Source: C-012, C-014.
"""

import base64
import binascii
import hashlib
from collections.abc import Set as AbstractSet

import msgspec

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.collector.batching import LayoutInBatch, Line
from ain_scp.tickets.envelope.content import Content, ContentError
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.parsing import parse


class AnyLine(msgspec.Struct, frozen=True):
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


def check_lines(content: Content, known: AbstractSet[str] | None) -> None:
    """ContentError unless every line is a ticket in order or a layout that can be read, and each layout is known by then.

    `known`: marks (16 digits) of the layouts that the store has sent before; None while batches before are missing.
    """
    header, marks = content.header, set(known or ())
    tickets, last = 0, header.first - 1
    for number, text in enumerate(content.body.splitlines(), 1):
        try:
            if msgspec.json.decode(text, type=Kind).layout is not None:
                marks.add(_layout(msgspec.json.decode(text, type=LayoutInBatch)))
                continue
            line = msgspec.json.decode(text, type=Line)
            line_octets(line)
        except (msgspec.DecodeError, RecursionError, ValueError) as fault:
            raise ContentError(f"body: line {number}: {fault}") from fault
        if not last < line.q <= header.last:
            raise ContentError(f"body: line {number}: out of order")
        if known is not None and line.d not in marks:
            raise ContentError(f"body: line {number}: of a layout that was not sent")
        tickets, last = tickets + 1, line.q
    if tickets != header.tickets or last != header.last:
        raise ContentError("body: other tickets than the header says")


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
