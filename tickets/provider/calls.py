"""Calls out of an enterprise's journal: a function of the stored tickets alone, so a rebuild gives the same at any hour.

Source: C-003, C-014.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.call import Call, Event, Heading, Quarantined, Record
from ain_scp.tickets.collector.batching import Line
from ain_scp.tickets.layout.joins import Group, Joiner
from ain_scp.tickets.layout.library import by_mark, shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.repeats import Repeats
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.trial import Counts
from ain_scp.tickets.provider.book import Closed, Kept
from ain_scp.tickets.provider.lines import line_octets
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
    """Everything an enterprise's tickets came to.

    A batch counts once it is closed; `discarded` ones (store:number) never do, `released` lines (store:sequence) do though they
    are repeated. `instead`: layouts by name that were corrected here. `stores`: how many have delivered. A line of the same file that a second one read again (a collector restored from a
    backup, or renewed) is repeated.
    """

    def __init__(
        self,
        records: Iterable[tuple[int, Kept | Closed]],
        site: Site,
        stores: int = 1,
        discarded: Container[str] = (),
        released: Container[str] = (),
        instead: Mapping[str, Layout] = MappingProxyType({}),
    ) -> None:
        self._site, self._released, self._instead = site, released, instead
        self.repeated: list[Unread] = []
        self._read_by: dict[tuple[str, str, int], str] | None = {} if stores > 1 else None
        self._sources: dict[tuple[str, str], _Source] = {}
        self._layouts: dict[str, Layout] = dict(by_mark())
        self._groups: list[tuple[Group, str, str]] = []
        self.quarantined: list[Unread] = []
        self.counts = Counts()
        batch: list[Kept] = []
        for _sequence, one in records:
            if isinstance(one, Kept):
                batch.append(one)
                continue
            for kept in batch:
                if kept.store == one.closed:
                    self._take(kept, out=f"{one.closed}:{one.number}" in discarded)
            batch = []

    @property
    def layouts_used(self) -> dict[str, str]:
        """Digests of the layouts that lines were read with, by name; of one that changed, the newest."""
        return {one.layout.name: one.layout.digest for one in self._sources.values()}

    def __iter__(self) -> Iterator[Found]:
        for group, store, source in self._groups:
            yield Found(group.call, store, source)

    def _take(self, kept: Kept, *, out: bool) -> None:
        kind = msgspec.json.decode(kept.line, type=Kind)
        if kind.layout is not None:
            self._layouts[kind.digest[:16]] = parse(kind.toml, f"{kind.layout}.toml", shipped)
            return
        if out:
            return
        line = msgspec.json.decode(kept.line, type=Line)
        self._read(kept, line, line_octets(line))

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
            case record if self._repeated(kept.store, line, source, record, octets, received):
                counts.repeated += 1
                self.repeated.append(Unread(kept.store, line.q, line.s, "REPEATED", None))
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

    def _repeated(
        self, store: str, line: Line, source: _Source, record: Record, octets: bytes, received: int
    ) -> bool:
        has_key = bool(source.layout.duplicate)
        before = self._read_before(store, line)
        again = source.repeats.seen(record, has_key, octets, received, str(line.c))
        return (before or again) and f"{store}:{line.q}" not in self._released

    def _read_before(self, store: str, line: Line) -> bool:
        """Whether another store had this line of this file before."""
        if self._read_by is None or not line.e:
            return False
        return self._read_by.setdefault((line.s, str(line.c), line.e), store) != store

    def _source(self, store: str, line: Line) -> _Source:
        layout = self._instead.get(line.l) or self._layouts[line.d]
        found = self._sources.get((store, line.s))
        if found is None or found.layout.digest != layout.digest:
            found = self._sources[store, line.s] = _Source(layout, self._site)
        return found
