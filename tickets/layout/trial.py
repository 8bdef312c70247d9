"""A file read with a layout, as `ain ticket layout test` shows it: every line's outcome, calls joined.

Source: C-001, C-010.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ain_scp.tickets.call import Call, Event, Heading, Quarantined, Reason
from ain_scp.tickets.layout.joins import Group, Joiner
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.repeats import Repeats
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.site import Site

_ENDS: Final = (b"\r\n", b"\r")
_AROUND: Final = b"\0 \t\r\n"


class Shown(msgspec.Struct, frozen=True):
    """A line's outcome. `kind`: call, event, repeated or quarantine; `line` counts from 1."""

    kind: str
    line: int
    call: Call | None = None
    reason: Reason | None = None
    field: str | None = None


class Counts(msgspec.Struct):
    """Lines = tickets + events + headings + repeated + quarantined; calls are counted after joins."""

    lines: int = 0
    tickets: int = 0
    calls: int = 0
    events: int = 0
    headings: int = 0
    repeated: int = 0
    quarantined: int = 0


def lines_of(octets: bytes, layout: Layout) -> list[bytes]:
    """A file's lines: CR, LF or CR LF end one; a file that is one JSON object over several lines is one record."""
    if layout.kind == "json":
        whole = octets.strip(_AROUND)
        if _is_object(whole):
            return [whole.replace(b"\n", b" ").replace(b"\r", b" ")]
    for end in _ENDS:
        octets = octets.replace(end, b"\n")
    lines = octets.split(b"\n")
    return lines[:-1] if lines and not lines[-1] else lines


def _is_object(octets: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(octets), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def trial(lines: Iterable[bytes], layout: Layout, site: Site, received: int) -> tuple[list[Shown], Counts]:
    """Read a file's lines; a call stands at its first line."""
    reader, joiner, repeats = Reader(layout, site), Joiner(layout.join), Repeats()
    counts = Counts()
    shown: list[Shown | Group] = []
    for number, line in enumerate(lines, 1):
        outcome = reader.read(line, received, number)
        if outcome is None:
            continue
        counts.lines += 1
        match outcome:
            case Heading():
                counts.headings += 1
            case Event():
                counts.events += 1
                shown.append(Shown("event", number))
            case Quarantined(reason, field):
                counts.quarantined += 1
                shown.append(Shown("quarantine", number, None, reason, field))
            case record if repeats.seen(record, bool(layout.duplicate), line, received, ""):
                counts.repeated += 1
                shown.append(Shown("repeated", number))
            case record:
                counts.tickets += 1
                group, new = joiner.add(record)
                if new:
                    counts.calls += 1
                    shown.append(group)
    return list(_called(shown)), counts


def _called(shown: list[Shown | Group]) -> Iterator[Shown]:
    for one in shown:
        if isinstance(one, Group):
            call = one.call
            yield Shown("call", call.lines[0], call)
        else:
            yield one
