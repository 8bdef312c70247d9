"""What a transaction of `calls.db` has gathered and not written yet: outcomes of lines, calls and the records that wait for more.

Source: C-003, C-014.
"""

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from ain_scp.tickets.call import Call, Record
from ain_scp.tickets.layout.joins import Group, Joiner, Key
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.profile.charges import Price
from ain_scp.tickets.provider.database import Cells, Database, Waiting, cells_of, marks
from ain_scp.tickets.provider.seen import Mark, near
from ain_scp.tickets.site import Site


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


class Made:
    """A call of this turn: its row's number, its records, the positions of the first and the last. `last` 0: none came."""

    __slots__ = ("first", "group", "last", "number", "source")

    def __init__(self, number: int, group: Group, source: "Source", first: int, last: int = 0) -> None:
        self.number, self.group, self.source, self.first, self.last = number, group, source, first, last


class Source:
    """What one source of one store has shown so far; the groups that wait for records are looked up in the database.

    `mark` is that of the layout which its last line came with.
    """

    def __init__(self, layout: Layout, site: Site, names: tuple[str, str], kept: "Turn") -> None:
        self.layout, self.names, self._kept = layout, names, kept
        self.reader, self.joiner = Reader(layout, site, live=True), Joiner(layout.join, self)
        self.version = kept.version(layout)
        self.mark = ""
        self._mark = "\0".join(("key" if layout.duplicate else "line", *names, ""))

    def key(self, record: Record, octets: bytes) -> tuple[Mark, ...]:
        """What a record would be known by if it were printed again: the layout's key, or the line."""
        if not self.layout.duplicate:
            return (near(record.day, marks(self._mark, octets=octets)),)
        if record.repeat is None:
            return ()
        return (near(record.day, marks(self._mark + "\0".join(record.repeat))),)

    def get(self, key: Key) -> Group | None:
        """The group of a key, of this turn or from the database."""
        kept = self._kept
        return kept.waiting(self.names + key, self) if kept.awaits or kept.waits else None

    def __setitem__(self, key: Key, group: Group) -> None:
        self._kept.waits[self.names + key] = group

    def __delitem__(self, key: Key) -> None:
        self._kept.waits[self.names + key] = None


class Turn:
    """What is not written yet."""

    def __init__(self, database: Database, basis: Basis) -> None:
        self._database, self._basis = database, basis
        self.waits: dict[Key, Group | None] = {}
        self.awaits = database.awaits
        self.alone: list[Cells] = []
        self.made: dict[int, Made] = {}
        self.outcomes: list[tuple[int, int]] = []
        self.unread: list[tuple[object, ...]] = []
        self._next = database.next_call
        self._zone = basis.site.zone_for("")

    def version(self, layout: Layout) -> int:
        """The number of what a layout's lines are read with now."""
        digests = {**self._basis.digests, f"layout {layout.name}": layout.digest}
        return self._database.version(msgspec.json.encode(digests).decode())

    def waiting(self, key: Key, source: Source) -> Group | None:
        """A group that a record may join."""
        if key in self.waits:
            return self.waits[key]
        found = self._database.waiting(marks("join", *key)) if self.awaits else None
        if found is None:
            return None
        group = Group(source.layout.join, found.records[0], found.received, is_open=found.is_open)
        group.records[1:] = found.records[1:]
        self.waits[key] = group
        self.made[id(group)] = Made(found.call, group, source, found.first)
        return group

    def add_alone(self, call: Call, source: Source, position: int) -> None:
        """The call of one record that no other joins."""
        self.alone.append(self._row(self._next, position, position, source, call))
        self._next += 1

    def add(self, group: Group, source: Source, position: int, *, new: bool) -> None:
        """A record's call."""
        if new:
            self.made[id(group)] = Made(self._next, group, source, position, position)
            self._next += 1
        else:
            self.made[id(group)].last = position

    def write(self) -> None:
        """Rows for all of it."""
        database = self._database
        database.put_outcomes(self.outcomes)
        database.put_unread(self.unread)
        database.put_calls(self.alone)
        database.put_calls(
            self._row(one.number, one.first, one.last, one.source, one.group.call)
            for one in self.made.values()
            if one.last
        )
        if self.awaits:
            database.drop_waiting(
                marks("join", *key)[0] for key, group in self.waits.items() if group is None
            )
        database.put_waiting(
            self._waiting(key, group) for key, group in self.waits.items() if group is not None
        )
        self.awaits = database.awaits
        self.waits, self.made, self.alone, self.outcomes, self.unread = {}, {}, [], [], []

    def _waiting(self, key: Key, group: Group) -> tuple[int, Waiting]:
        at, mark = marks("join", *key)
        made = self.made[id(group)]
        return at, Waiting(mark, made.number, made.first, group.open, group.received, group.records)

    def _row(self, number: int, first: int, last: int, source: Source, call: Call) -> Cells:
        local, cents = self._zone.local_s(call.start), self._basis.price(call)
        return cells_of((number, first, last, *source.names, source.version, local, cents), call)
