"""Calls out of an enterprise's journal: a function of the stored tickets alone, so a rebuild gives the same at any hour.

A batch counts once it is closed. What came of it is kept in `calls.db`; the next turn continues after it.

Source: C-003, C-014.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.call import Call, Event, Heading, Outcome, Quarantined, Record
from ain_scp.tickets.layout.library import by_mark, shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.reading import Shown
from ain_scp.tickets.layout.repeats import KEY_S, LINE_S
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.trial import Counts
from ain_scp.tickets.provider.book import Closed, Kept
from ain_scp.tickets.provider.database import CallRow, Database, marks
from ain_scp.tickets.provider.lines import AnyLine, line_octets
from ain_scp.tickets.provider.seen import Mark, Seen
from ain_scp.tickets.provider.turn import Basis, Source, Turn

TURN: Final = 5_000
"""Tickets of a transaction, about: it ends with a batch."""
SLICE: Final = 500
"""Lines that are read before they are placed."""
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


class _State(msgspec.Struct, frozen=True):
    """What a source has shown by a checkpoint."""

    store: str
    source: str
    shown: Shown
    latest: int


class Calls:
    """What an enterprise's tickets came to, kept in a database and brought up to date by `update`."""

    def __init__(self, database: Database, basis: Basis) -> None:
        self.database, self._basis = database, basis
        self._turn, self._seen = Turn(database, basis), Seen(database)
        self._sources: dict[tuple[str, str], Source] = {}
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
        lines = [one for one in (*before, *batch) if one[1].store == closed.closed]
        if out:
            for _at, kept in lines:
                line = _line_of(kept.line)
                if line.layout is not None:
                    self._keep_layout(line)
            return
        for begin in range(0, len(lines), SLICE):
            self._take(lines[begin : begin + SLICE])

    def _end_turn(self, position: int) -> None:
        self._seen.write()
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
            line = _line_of(one.line) if isinstance(one, Kept) else None
            if isinstance(one, Kept) and line is not None and line.layout is None and line.e:
                key = _place_in_file(line)
                self._seen.look_up([key])
                self._read_before(one.store, key, position)
                if position % TURN == 0:
                    self._seen.write()
        self.database.keep("files", "watched")

    # lines

    def _take(self, lines: list[tuple[int, Kept]]) -> None:
        """Read some lines of a closed batch, look up what was printed before, then put each where it belongs."""
        found = [one for at, kept in lines if (one := self._read(at, kept)) is not None]
        self._seen.look_up(key for one in found for key in one.keys)
        for one in found:
            self._place(one)
        self._turn.write()

    def _read(self, position: int, kept: Kept) -> "_Line | None":
        line = _line_of(kept.line)
        if line.layout is not None:
            self._keep_layout(line)
            return None
        source, octets = self._source(kept.store, line), line_octets(line)
        late = line.t > kept.t + DAY_MS
        received = (kept.t if late else line.t) // 1000
        outcome = source.reader.read(octets, received, line.q)
        if outcome is None:
            return None
        keys: tuple[Mark, ...] = ()
        if isinstance(outcome, Record):
            if late:
                outcome = _noted(outcome)
            keys = source.key(outcome, octets)
            if self._watches_files and line.e:
                keys = (_place_in_file(line), *keys)
        return _Line(position, kept.store, line, source, outcome, received, keys)

    def _keep_layout(self, line: AnyLine) -> None:
        if line.digest[:16] not in self._layouts:
            self._add_layout(line.toml)
            self.database.keep(f"layout {line.digest}", line.toml)

    def _place(self, one: "_Line") -> None:
        position, store, line, source = one.position, one.store, one.line, one.source
        outcome, received = one.outcome, one.received
        turn = self._turn
        source.joiner.passed(received)
        match outcome:
            case Heading():
                kind = _HEADING
            case Event():
                kind = _EVENT
            case Quarantined(reason, field):
                kind = _QUARANTINED
                turn.unread.append((position, store, line.q, line.s, KINDS[kind], reason, field))
            case _ if self._repeated(one) and f"{store}:{line.q}" not in self._basis.released:
                kind = _REPEATED
                turn.unread.append((position, store, line.q, line.s, KINDS[kind], "REPEATED", None))
            case record:
                kind = _TICKET
                if source.joiner.is_alone(record):
                    turn.add_alone(record.call, source, position)
                else:
                    group, new = source.joiner.add(record, received)
                    turn.add(group, source, position, new=new)
        turn.outcomes.append((position, kind))

    def _repeated(self, one: "_Line") -> bool:
        """Another store had this line of this file, or it was printed before."""
        keys, before = one.keys, False
        if self._watches_files and one.line.e:
            before, keys = self._read_before(one.store, keys[0], one.position), keys[1:]
        for key in keys:
            before = self._printed_before(one, key) or before
        return before

    def _printed_before(self, one: "_Line", key: Mark) -> bool:
        """By the layout's key within 400 days, else the identical line of another connection or file within 7 days."""
        has_key = bool(one.source.layout.duplicate)
        here = 0 if has_key else _origin(str(one.line.c))
        known = self._seen.first(key, one.received, here, one.position)
        if known is None:
            return False
        _mark, received, origin, _position = known
        near = one.received - received <= (KEY_S if has_key else LINE_S)
        if near and (has_key or origin != here):
            return True
        self._seen.again(key, one.received, here, one.position)
        return False

    def _read_before(self, store: str, key: Mark, position: int) -> bool:
        """Whether another store had this line of this file before."""
        here = _origin(store)
        known = self._seen.first(key, 0, here, position)
        return known is not None and known[2] != here

    def _source(self, store: str, line: AnyLine) -> Source:
        key = store, line.s
        found = self._sources.get(key)
        if found is not None and found.mark == line.d:
            return found
        layout = self._basis.instead.get(line.l) or self._layouts[line.d]
        if found is None or found.layout is not layout:
            found = self._sources[key] = Source(layout, self._basis.site, key, self._turn)
            state = self._states.pop(key, None)
            if state is not None:
                found.reader.go_on(state.shown)
                found.joiner.latest = state.latest
        found.mark = line.d
        return found

    # again

    def read_again(self, records: Records, since: int, stores: int = 1) -> None:
        """Read the lines from a position on once more, and those of whole joins that reach over it."""
        first = self.database.whole_joins(since)
        self.database.forget_from(first)
        at, states = self.database.last_checkpoint(first - 1)
        self._turn, self._seen = Turn(self.database, self._basis), Seen(self.database)
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
        line = _line_of(kept.line)
        if line.layout is None:
            source = self._source(kept.store, line)
            received = (kept.t if line.t > kept.t + DAY_MS else line.t) // 1000
            source.reader.glance(line_octets(line), received)
            source.joiner.passed(received)


_line_of: Final = msgspec.json.Decoder(AnyLine).decode


class _Line(msgspec.Struct, frozen=True, gc=False):
    """A line that was read and has no place yet. `keys`: of its place in a file where two stores deliver, and of its record."""

    position: int
    store: str
    line: AnyLine
    source: Source
    outcome: Outcome
    received: int
    keys: tuple[Mark, ...]


@lru_cache(1024)
def _origin(name: str) -> int:
    """A number that stands for a file, a connection or a store."""
    return marks(name)[0]


def _place_in_file(line: AnyLine) -> Mark:
    return marks("file", line.s, str(line.c), str(line.e))


def _noted(record: Record) -> Record:
    call: Call = record.call
    noted = msgspec.structs.replace(call, notes=(*call.notes, "RECEIPT_CORRECTED"))
    return msgspec.structs.replace(record, call=noted)
