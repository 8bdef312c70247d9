"""Calls out of an enterprise's journal: a function of the stored tickets alone, so a rebuild gives the same at any hour.

Source: C-003, C-014.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.call import Call, Event, Heading, Quarantined
from ain_scp.tickets.collector.batching import Line
from ain_scp.tickets.layout.joins import Group, Joiner
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.repeats import Repeats
from ain_scp.tickets.layout.schema import Layout, parse
from ain_scp.tickets.layout.trial import Counts
from ain_scp.tickets.provider.book import Closed, Kept
from ain_scp.tickets.site import Site


class Kind(msgspec.Struct, frozen=True):
    """Whether a line of a batch is a layout."""

    layout: str | None = None
    digest: str = ""
    toml: str = ""


class Unread(NamedTuple):
    """A ticket in quarantine."""

    store: str
    sequence: int
    source: str
    reason: str
    field: str | None


class Found(NamedTuple):
    """A call with where it came from; `call.lines` are sequences of `store`."""

    call: Call
    store: str
    source: str


class _Source:
    """What one source of one store has shown so far."""

    def __init__(self, layout: Layout, site: Site) -> None:
        self.layout = layout
        self.reader, self.joiner = Reader(layout, site, live=True), Joiner(layout.join)
        self.repeats = Repeats()


class Calls:
    """Everything an enterprise's tickets came to."""

    def __init__(self, records: Iterable[tuple[int, Kept | Closed]], site: Site) -> None:
        self._site = site
        self._sources: dict[tuple[str, str], _Source] = {}
        self._layouts: dict[str, Layout] = {}
        self._groups: list[tuple[Group, str, str]] = []
        self.quarantined: list[Unread] = []
        self.counts = Counts()
        for _sequence, one in records:
            if isinstance(one, Kept):
                self._take(one)

    def __iter__(self) -> Iterator[Found]:
        for group, store, source in self._groups:
            yield Found(group.call, store, source)

    def _take(self, kept: Kept) -> None:
        kind = msgspec.json.decode(kept.line, type=Kind)
        if kind.layout is not None:
            self._layouts[kind.digest[:16]] = parse(kind.toml, f"{kind.layout}.toml", shipped)
            return
        line = msgspec.json.decode(kept.line, type=Line)
        octets = line.r.encode() if line.r is not None else base64.b64decode(line.b or "")
        self._read(kept, line, octets)

    def _read(self, kept: Kept, line: Line, octets: bytes) -> None:
        counts, source = self.counts, self._source(kept.store, line)
        received = (line.t if line.t <= kept.t + DAY_MS else kept.t) // 1000
        outcome = source.reader.read(octets, received, line.q)
        if outcome is None:
            return
        counts.lines += 1
        source.joiner.passed(received)
        match outcome:
            case Heading():
                counts.headings += 1
            case Event():
                counts.events += 1
            case Quarantined(reason, field):
                counts.quarantined += 1
                self.quarantined.append(Unread(kept.store, line.q, line.s, reason, field))
            case record if source.repeats.seen(
                record, bool(source.layout.duplicate), octets, received, str(line.c)
            ):
                counts.repeated += 1
            case record:
                counts.tickets += 1
                if line.t > kept.t + DAY_MS:
                    call = record.call
                    noted = msgspec.structs.replace(call, notes=(*call.notes, "RECEIPT_CORRECTED"))
                    record = msgspec.structs.replace(record, call=noted)
                group, new = source.joiner.add(record, received)
                if new:
                    counts.calls += 1
                    self._groups.append((group, kept.store, line.s))

    def _source(self, store: str, line: Line) -> _Source:
        layout = self._layouts[line.d]
        found = self._sources.get((store, line.s))
        if found is None or found.layout.digest != layout.digest:
            found = self._sources[store, line.s] = _Source(layout, self._site)
        return found
