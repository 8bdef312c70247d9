"""Calls out of an enterprise's journal: a function of the stored tickets alone, so a rebuild gives the same at any hour.

A batch counts once it is closed. What came of it is kept in `calls.db`; the next turn continues after it.

Source: C-003, C-014.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.call import Call, Event, Heading, Quarantined, Record
from ain_scp.tickets.layout.joins import Group, Joiner, Key
from ain_scp.tickets.layout.library import by_mark, shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.reading import Reader, Shown
from ain_scp.tickets.layout.repeats import KEY_S, LINE_S
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.trial import Counts
from ain_scp.tickets.profile.charges import Price
from ain_scp.tickets.provider.book import Closed, Kept
from ain_scp.tickets.provider.database import CallRow, Database, Waiting, marks
from ain_scp.tickets.provider.lines import AnyLine, line_octets
from ain_scp.tickets.site import Site

TURN: Final = 5_000
"""Tickets of a transaction, about: it ends with a batch."""
KINDS: Final = ("headings", "events", "quarantined", "repeated", "tickets")
_HEADING, _EVENT, _QUARANTINED, _REPEATED, _TICKET = range(len(KINDS))
Records = Callable[[int], Iterator[tuple[int, Kept | Closed]]]
"""An enterprise's stored records after a position."""


class Unread(NamedTuple):
    """A ticket in quarantine, or a repeated one."""

    store: str
    sequence: int
    source: str
    reason: str
    field: str | None


class Basis(NamedTuple):
    """What lines are read and priced with. `digests` name the versions of it; `instead`: layouts corrected here, by name.

    `discarded` batches (store:number) count nothing, `released` lines (store:sequence) count though they are repeated.
    """

    site: Site
    price: Price = lambda _call: 0
    digests: Mapping[str, str] = MappingProxyType({})
    instead: Mapping[str, Layout] = MappingProxyType({})
    discarded: Container[str] = ()
    released: Container[str] = ()


class _State(msgspec.Struct, frozen=True):
    """What a source has shown by a checkpoint."""

    store: str
    source: str
    shown: Shown
    latest: int


class _Made:
    """A call of this turn: its row's number, its records, the positions of the first and the last. `last` 0: none came."""

    __slots__ = ("first", "group", "last", "number", "source")

    def __init__(self, number: int, group: Group, source: "_Source", first: int, last: int = 0) -> None:
        self.number, self.group, self.source, self.first, self.last = number, group, source, first, last


class _Source:
    """What one source of one store has shown so far; the groups that wait for records are looked up in the database."""

    def __init__(self, layout: Layout, site: Site, names: tuple[str, str], kept: "_Turn") -> None:
        self.layout, self.names, self._kept = layout, names, kept
        self.reader, self.joiner = Reader(layout, site, live=True), Joiner(layout.join, self)
        self.version = kept.version(layout)

    def get(self, key: Key) -> Group | None:
        """The group of a key, of this turn or from the database."""
        return self._kept.waiting(self.names + key, self)

    def __setitem__(self, key: Key, group: Group) -> None:
        self._kept.waits[self.names + key] = group

    def __delitem__(self, key: Key) -> None:
        self._kept.waits[self.names + key] = None


class _Turn:
    """What is not written yet."""

    def __init__(self, database: Database, basis: Basis) -> None:
        self._database, self._basis = database, basis
        self.waits: dict[Key, Group | None] = {}
        self._awaits = database.awaits
        self.made: dict[int, _Made] = {}
        self.outcomes: list[tuple[int, int]] = []
        self.unread: list[tuple[object, ...]] = []
        self._next = database.next_call
        self._zone = basis.site.zone_for("")

    def version(self, layout: Layout) -> int:
        """The number of what a layout's lines are read with now."""
        digests = {**self._basis.digests, f"layout {layout.name}": layout.digest}
        return self._database.version(msgspec.json.encode(digests).decode())

    def waiting(self, key: Key, source: _Source) -> Group | None:
        """A group that a record may join."""
        if key in self.waits:
            return self.waits[key]
        found = self._database.waiting(marks("join", *key)) if self._awaits else None
        if found is None:
            return None
        group = Group(source.layout.join, found.records[0], found.received, is_open=found.is_open)
        group.records[1:] = found.records[1:]
        self.waits[key] = group
        self.made[id(group)] = _Made(found.call, group, source, found.first)
        return group

    def add(self, group: Group, source: _Source, position: int, *, new: bool) -> None:
        """A record's call."""
        if new:
            self.made[id(group)] = _Made(self._next, group, source, position, position)
            self._next += 1
        else:
            self.made[id(group)].last = position

    def write(self) -> None:
        """Rows for all of it."""
        database = self._database
        database.put_outcomes(self.outcomes)
        database.put_unread(self.unread)
        database.put_calls(self._row(one) for one in self.made.values() if one.last)
        if self._awaits:
            database.drop_waiting(
                marks("join", *key)[0] for key, group in self.waits.items() if group is None
            )
        database.put_waiting(
            self._waiting(key, group) for key, group in self.waits.items() if group is not None
        )
        self._awaits = database.awaits
        self.waits, self.made, self.outcomes, self.unread = {}, {}, [], []

    def _waiting(self, key: Key, group: Group) -> tuple[int, Waiting]:
        at, mark = marks("join", *key)
        made = self.made[id(group)]
        return at, Waiting(mark, made.number, made.first, group.open, group.received, group.records)

    def _row(self, made: _Made) -> CallRow:
        call, names = made.group.call, made.source.names
        cents = self._basis.price(call)
        local = self._zone.local_s(call.start)
        return CallRow(made.number, made.first, made.last, *names, made.source.version, local, cents, call)


class Calls:
    """What an enterprise's tickets came to, kept in a database and brought up to date by `update`."""

    def __init__(self, database: Database, basis: Basis) -> None:
        self.database, self._basis = database, basis
        self._turn = _Turn(database, basis)
        self._sources: dict[tuple[str, str], _Source] = {}
        self._layouts: dict[str, Layout] = dict(by_mark())
        self._states: dict[tuple[str, str], _State] = {}
        self._watches_files = False
        for (text,) in database.select("select value from meta where key like 'layout %'"):
            self._add_layout(text)
        self._restore(database.last_checkpoint(database.position)[1])

    def _restore(self, states: bytes) -> None:
        found = msgspec.msgpack.decode(states, type=list[_State]) if states else []
        self._sources, self._states = {}, {(one.store, one.source): one for one in found}

    # what there is

    def __iter__(self) -> Iterator[CallRow]:
        return self.database.calls()

    @property
    def counts(self) -> Counts:
        """Lines by what they are; their sum is the lines."""
        rows = self.database.select("select kind, count(*) from outcome group by kind")
        found = {KINDS[kind]: count for kind, count in rows}
        calls = self.database.whole("select count(*) from call")
        return Counts(**found, lines=sum(found.values()), calls=calls)

    def unread(self, kind: str) -> list[Unread]:
        """Lines that are `quarantined` or `repeated`, in the order of their arrival."""
        rows = self.database.select(
            "select store, sequence, source, reason, field from unread where kind = ? order by position",
            (kind,),
        )
        return [Unread(*row) for row in rows]

    @property
    def versions(self) -> dict[str, list[str]]:
        """Digests of what calls were read and priced with, by what they are of; several where it changed."""
        found: dict[str, list[str]] = {}
        rows = self.database.select(
            "select digests from version where id in (select distinct version from call) order by id"
        )
        for (text,) in rows:
            for name, digest in msgspec.json.decode(text, type=dict[str, str]).items():
                if digest not in found.setdefault(name, []):
                    found[name].append(digest)
        return found

    # bringing up to date

    def update(self, records: Records, stores: int = 1) -> None:
        """Take in the batches closed since the last time. `stores`: how many have delivered."""
        if stores > 1:
            self._watch_files(records)
        batch: list[tuple[int, Kept]] = []
        taken = closed = 0
        for position, one in records(self.database.position):
            if isinstance(one, Kept):
                batch.append((position, one))
                continue
            taken, closed = taken + 1 + len(batch), position
            self._close(one, batch)
            batch = []
            if taken >= TURN:
                self._end_turn(closed)
                taken = 0
        if taken:
            self._end_turn(closed)

    def _close(self, closed: Closed, batch: list[tuple[int, Kept]]) -> None:
        """Read the lines of a closed batch."""
        before = [
            (at, Kept(closed.closed, t, msgspec.Raw(line)))
            for at, t, line in self.database.take_orphans(closed.closed)
        ]
        out = f"{closed.closed}:{closed.number}" in self._basis.discarded
        self.database.put_orphans(
            (at, kept.store, kept.t, bytes(kept.line)) for at, kept in batch if kept.store != closed.closed
        )
        for at, kept in (*before, *batch):
            if kept.store == closed.closed:
                self._take(at, kept, out=out)

    def _end_turn(self, position: int) -> None:
        self._turn.write()
        states = {key: one for key, one in self._states.items() if key not in self._sources}
        for key, source in self._sources.items():
            states[key] = _State(*key, source.reader.shown, source.joiner.latest)
        self.database.checkpoint(position, msgspec.msgpack.encode(list(states.values())))
        self.database.commit()

    def _add_layout(self, text: str) -> None:
        found = parse(text, "a layout that came with tickets", shipped)
        self._layouts[found.digest[:16]] = found

    def _watch_files(self, records: Records) -> None:
        """A second store has delivered: note which lines of files the first one had."""
        self._watches_files = True
        if self.database.kept("files"):
            return
        for position, one in records(0):
            if position > self.database.position:
                break
            if isinstance(one, Kept):
                line = msgspec.json.decode(one.line, type=AnyLine)
                if line.layout is None:
                    self._read_before(one.store, line, position)
        self.database.keep("files", "watched")

    # lines

    def _take(self, position: int, kept: Kept, *, out: bool) -> None:
        line = msgspec.json.decode(kept.line, type=AnyLine)
        if line.layout is not None:
            if line.digest[:16] not in self._layouts:
                self._add_layout(line.toml)
                self.database.keep(f"layout {line.digest}", line.toml)
            return
        if not out:
            self._read(position, kept, line, line_octets(line))

    def _read(self, position: int, kept: Kept, line: AnyLine, octets: bytes) -> None:
        turn, source = self._turn, self._source(kept.store, line)
        late = line.t > kept.t + DAY_MS
        received = (kept.t if late else line.t) // 1000
        outcome = source.reader.read(octets, received, line.q)
        if outcome is None:
            return
        source.joiner.passed(received)
        match outcome:
            case Heading():
                kind = _HEADING
            case Event():
                kind = _EVENT
            case Quarantined(reason, field):
                kind = _QUARANTINED
                turn.unread.append((position, kept.store, line.q, line.s, KINDS[kind], reason, field))
            case record if self._repeated(kept.store, line, source, record, octets, received, position):
                kind = _REPEATED
                turn.unread.append((position, kept.store, line.q, line.s, KINDS[kind], "REPEATED", None))
            case record:
                kind = _TICKET
                group, new = source.joiner.add(_noted(record) if late else record, received)
                turn.add(group, source, position, new=new)
        turn.outcomes.append((position, kind))

    def _repeated(
        self,
        store: str,
        line: AnyLine,
        source: _Source,
        record: Record,
        octets: bytes,
        received: int,
        position: int,
    ) -> bool:
        before = self._watches_files and self._read_before(store, line, position)
        again = self._printed_before(source, record, octets, received, str(line.c), position)
        return (before or again) and f"{store}:{line.q}" not in self._basis.released

    def _printed_before(
        self, source: _Source, record: Record, octets: bytes, received: int, origin: str, position: int
    ) -> bool:
        """By the layout's key within 400 days, else the identical line of another connection or file within 7 days."""
        if source.layout.duplicate:
            if record.repeat is None:
                return False
            key, here = marks("key", *source.names, *record.repeat), 0
        else:
            key, here = marks("line", *source.names, "", octets=octets), marks(origin)[0]
        known = self.database.first_seen(key, received, here, position)
        if known is None:
            return False
        near = received - known[0] <= (KEY_S if source.layout.duplicate else LINE_S)
        if near and (source.layout.duplicate or known[1] != here):
            return True
        self.database.see_again(key, received, here, position)
        return False

    def _read_before(self, store: str, line: AnyLine, position: int) -> bool:
        """Whether another store had this line of this file before."""
        if not line.e:
            return False
        here = marks(store)[0]
        known = self.database.first_seen(marks("file", line.s, str(line.c), str(line.e)), 0, here, position)
        return known is not None and known[1] != here

    def _source(self, store: str, line: AnyLine) -> _Source:
        key = store, line.s
        found = self._sources.get(key)
        layout = self._basis.instead.get(line.l) or self._layouts[line.d]
        if found is None or found.layout is not layout:
            found = self._sources[key] = _Source(layout, self._basis.site, key, self._turn)
            state = self._states.pop(key, None)
            if state is not None:
                found.reader.go_on(state.shown)
                found.joiner.latest = state.latest
        return found

    # again

    def read_again(self, records: Records, since: int, stores: int = 1) -> None:
        """Read the lines from a position on once more, and those of whole joins that reach over it."""
        first = self.database.whole_joins(since)
        self.database.forget_from(first)
        at, states = self.database.last_checkpoint(first - 1)
        self._turn = _Turn(self.database, self._basis)
        self._restore(states)
        for position, one in records(at):
            if position >= first:
                break
            if isinstance(one, Kept):
                self._look_at(one)
        self._end_turn(first - 1)
        self.update(records, stores)

    def _look_at(self, kept: Kept) -> None:
        """A line that is not read again, for what it says about later ones."""
        line = msgspec.json.decode(kept.line, type=AnyLine)
        if line.layout is None:
            source = self._source(kept.store, line)
            received = (kept.t if line.t > kept.t + DAY_MS else line.t) // 1000
            source.reader.glance(line_octets(line), received)
            source.joiner.passed(received)


def _noted(record: Record) -> Record:
    call: Call = record.call
    noted = msgspec.structs.replace(call, notes=(*call.notes, "RECEIPT_CORRECTED"))
    return msgspec.structs.replace(record, call=noted)
