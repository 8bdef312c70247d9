"""`calls.db`: what an enterprise's stored tickets came to, as SQLite beside its journal. The one module here that knows a database.

Nothing in it is the truth: deleted, it is built again from the journal, row for row. One transaction holds the rows of some
batches and the position in the journal up to which they count, so a killed reader continues where it was.

Source: C-003, C-014.
"""

import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.tickets.call import Call, Record, Segment

FORM: Final = 2
"""Of the tables; another one is built anew."""
_COLUMNS: Final = (
    "id", "first", "last", "store", "source", "version", "local", "cents", "direction", "extension", "calling", "called",
    "called_kind", "dialed", "trunk", "start", "end", "ring_s", "duration_s", "answered", "status", "account", "call_id",
    "attempts", "transferred_to", "answer", "notes", "lines", "segments",
)  # fmt: skip
_TABLES: Final = """
create table meta (key text primary key, value text not null) without rowid;
create table version (id integer primary key, digests text not null unique);
create table call (
    id integer primary key, first integer not null, last integer not null, store text not null, source text not null,
    version integer not null, local integer not null, cents integer, direction text not null, extension text, calling text,
    called text, called_kind text, dialed text, trunk text, start integer not null, end integer not null, ring_s integer,
    duration_s integer not null, answered integer not null, status text not null, account text, call_id text,
    attempts integer not null, transferred_to text, answer integer, notes text, lines text not null, segments text);
create table outcome (position integer primary key, kind integer not null);
create table unread (
    position integer primary key, store text not null, sequence integer not null, source text not null, kind text not null,
    reason text not null, field text);
create table seen (id integer primary key, mark integer not null, received integer not null, origin integer not null,
    position integer not null);
create table joining (id integer primary key, mark integer not null, call integer not null, first integer not null,
    records blob not null);
create table checkpoint (position integer primary key, states blob not null) without rowid;
create table orphan (position integer primary key, store text not null, t integer not null, line blob not null);
"""
_INSERT: Final = f"insert or replace into call values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - our own
CACHE_KIB: Final = 4_096
"""Of pages; sorting takes as much again."""
MOST_ASKED: Final = 500
Cells = tuple[object, ...]
"""A row of `call`."""
SeenRow = tuple[int, int, int, int]
"""The first that had a key: the key's check, receipt in UTC seconds, origin, position in the journal."""
_TWO: Final = struct.Struct(">QQ")


class CallRow(msgspec.Struct, frozen=True, gc=False):
    """A call with where it came from. `first` and `last` are positions in the journal, `local` seconds of the site's wall."""

    id: int
    first: int
    last: int
    store: str
    source: str
    version: int
    local: int
    cents: int | None
    call: Call


class Waiting(msgspec.Struct, frozen=True):
    """The records of a call that further ones may join: `mark` is the key's check, `first` the first record's position."""

    mark: int
    call: int
    first: int
    is_open: bool
    received: int
    records: list[Record]


def marks(*parts: str, octets: bytes = b"") -> tuple[int, int]:
    """Two numbers of 63 bits that stand for a key: the place of its row, and a check of it."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    high, low = _TWO.unpack(hashlib.blake2b(text + octets, digest_size=16).digest())
    return high >> 1, low >> 1


class Database:
    """The tables of one enterprise. A file that is none, of another form or journal, or ahead of it, is begun anew.

    `durable`: the journal's last record. Without a file it is kept in memory. `journal` None: it is read as it stands, beside
    the process that has the journal.
    """

    def __init__(self, file: Path | None = None, journal: str | None = "", durable: int = 1 << 62) -> None:
        self._file = file
        self._connection = self._open()
        known = self._value("form") == str(FORM) and self._value("journal") == journal
        if journal is not None and (not known or self.position > durable):
            self._connection.close()
            self._remove()
            self._connection = self._open()
            self._connection.executescript(_TABLES)
            self.keep("form", str(FORM))
            self.keep("journal", journal)
            self.keep("position", "0")
            self._connection.commit()
        self._connection.execute(f"pragma cache_size = -{CACHE_KIB}")

    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            connection = sqlite3.connect(":memory:")
        else:
            self._file.touch(mode=0o600, exist_ok=True)
            connection = sqlite3.connect(self._file, timeout=30)
            with suppress(sqlite3.DatabaseError):  # what is no database is found out next
                connection.execute("pragma journal_mode = wal")  # readers beside a running provider
        return connection

    def _remove(self) -> None:
        for end in ("", "-wal", "-shm") if self._file is not None else ():
            Path(f"{self._file}{end}").unlink(missing_ok=True)

    def _value(self, key: str) -> str:
        try:
            found = self._connection.execute("select value from meta where key = ?", (key,)).fetchone()
        except sqlite3.DatabaseError:
            return ""
        return str(found[0]) if found else ""

    def close(self) -> None:
        """Let go of the file; what was not committed is gone."""
        self._connection.close()

    def commit(self) -> None:
        """End the transaction."""
        self._connection.commit()

    def select(self, statement: str, values: Iterable[object] = ()) -> Iterator[Any]:
        """Rows of a statement of ours."""
        return iter(self._connection.execute(statement, tuple(values)))

    def keep(self, key: str, value: str) -> None:
        """A word about the whole."""
        self._connection.execute("insert or replace into meta values (?, ?)", (key, value))

    def kept(self, key: str) -> str:
        """What was kept, or ""."""
        return self._value(key)

    @property
    def position(self) -> int:
        """The journal's record up to which everything counts."""
        return int(self._value("position") or 0)

    def whole(self, statement: str, values: Iterable[object] = ()) -> int:
        """The one number that a statement gives; 0 for none."""
        found = self._connection.execute(statement, tuple(values)).fetchone()
        return int(found[0] or 0) if found else 0

    # rows

    def put_outcomes(self, rows: list[tuple[int, int]]) -> None:
        """What each line is, by its position."""
        self._connection.executemany("insert into outcome values (?, ?)", rows)

    def put_unread(self, rows: list[tuple[object, ...]]) -> None:
        """Lines in quarantine, and repeated ones."""
        self._connection.executemany("insert into unread values (?, ?, ?, ?, ?, ?, ?)", rows)

    def put_calls(self, rows: Iterable[Cells]) -> None:
        """Calls, new ones and those that gained a record."""
        self._connection.executemany(_INSERT, rows)

    def calls(self, where: str = "", values: Iterable[object] = ()) -> Iterator[CallRow]:
        """Calls in the order of their first lines."""
        names = ", ".join(_COLUMNS)
        rows = self._connection.execute(f"select {names} from call {where} order by id", tuple(values))  # noqa: S608 - our own
        return map(_call_row, rows)

    def version(self, digests: str) -> int:
        """The number of what a row was read with."""
        self._connection.execute("insert or ignore into version (digests) values (?)", (digests,))
        return self.whole("select id from version where digests = ?", (digests,))

    @property
    def next_call(self) -> int:
        """The number of the next call."""
        return self.whole("select max(id) from call") + 1

    # repeats

    def seen(self, places: Sequence[int]) -> Iterator[tuple[int, SeenRow]]:
        """Those of some places of keys that are taken, each with who took it."""
        for begin in range(0, len(places), MOST_ASKED):
            some = places[begin : begin + MOST_ASKED]
            statement = f"select * from seen where id in ({','.join('?' * len(some))})"  # noqa: S608 - question marks
            for at, *row in self._connection.execute(statement, some):
                yield at, tuple(row)

    def put_seen(self, rows: Iterable[tuple[int, SeenRow]]) -> None:
        """Take places."""
        self._connection.executemany(
            "insert or replace into seen values (?, ?, ?, ?, ?)", ((at, *row) for at, row in rows)
        )

    # joins

    @property
    def awaits(self) -> bool:
        """Whether there are records that further ones may join."""
        return bool(self.whole("select exists (select 1 from joining)"))

    def waiting(self, key: tuple[int, int]) -> Waiting | None:
        """The records of a key that further ones may join."""
        found = self._connection.execute("select records from joining where id = ?", (key[0],)).fetchone()
        waiting = None if found is None else msgspec.msgpack.decode(found[0], type=Waiting)
        return waiting if waiting is not None and waiting.mark == key[1] else None

    def put_waiting(self, rows: Iterable[tuple[int, Waiting]]) -> None:
        """Keep them."""
        self._connection.executemany(
            "insert or replace into joining values (?, ?, ?, ?, ?)",
            ((at, one.mark, one.call, one.first, msgspec.msgpack.encode(one)) for at, one in rows),
        )

    def drop_waiting(self, places: Iterable[int]) -> None:
        """These are complete."""
        self._connection.executemany("delete from joining where id = ?", ((at,) for at in places))

    # positions

    def put_orphans(self, rows: Iterable[tuple[int, str, int, bytes]]) -> None:
        """Lines whose batch is not closed yet, though one after them is."""
        self._connection.executemany("insert or replace into orphan values (?, ?, ?, ?)", rows)

    def take_orphans(self, store: str) -> list[tuple[int, int, bytes]]:
        """Position, arrival and line of those of a store whose batch is closed now."""
        rows = list(
            self._connection.execute(
                "select position, t, line from orphan where store = ? order by position", (store,)
            )
        )
        if rows:
            self._connection.execute("delete from orphan where store = ?", (store,))
        return rows

    def checkpoint(self, position: int, states: bytes) -> None:
        """Everything up to a position counts; `states` is what the sources had shown by then."""
        self._connection.execute("insert or replace into checkpoint values (?, ?)", (position, states))
        self.keep("position", str(position))

    def last_checkpoint(self, before: int) -> tuple[int, bytes]:
        """The last one at or before a position; 0 and nothing without one."""
        found = self._connection.execute(
            "select position, states from checkpoint where position <= ? order by position desc", (before,)
        ).fetchone()
        return (found[0], found[1]) if found else (0, b"")

    def contents(self) -> Iterator[tuple[object, ...]]:
        """Everything that a rebuild must give again: calls with the digests they rest on, lines and what they are."""
        names = ", ".join(name for name in _COLUMNS if name != "version")
        yield from self._connection.execute(
            f"select digests, {names} from call join version on version.id = call.version order by call.id".replace(  # noqa: S608 - our own
                " id,", " call.id,"
            )
        )
        yield from self._connection.execute("select * from outcome order by position")
        yield from self._connection.execute("select * from unread order by position")

    def whole_joins(self, position: int) -> int:
        """A position, or the one before it where the first call begins that reaches over it."""
        while True:
            first = self.whole(
                "select min(first) from call where first < ? and last >= ?", (position, position)
            )
            if not first:
                return position
            position = first

    def forget_from(self, position: int) -> None:
        """Take out what came of the lines from a position on."""
        for table, column in (("outcome", "position"), ("unread", "position"), ("seen", "position"), ("call", "first"),
                              ("joining", "first"), ("orphan", "position")):  # fmt: skip
            self._connection.execute(f"delete from {table} where {column} >= ?", (position,))  # noqa: S608 - our own names
        self._connection.execute("delete from checkpoint where position >= ?", (position,))


def cells_of(place: tuple[int, int, int, str, str, int, int, int | None], call: Call) -> Cells:
    """The row of a call. `place`: what `CallRow` has before it."""
    parts, notes, lines = call.segments, call.notes, call.lines
    first = parts[0]
    alone = len(parts) == 1 and first.extension == call.extension and first.duration_s == call.duration_s
    return (
        *place, call.direction, call.extension, call.calling, call.called, call.called_kind, call.dialed, call.trunk, call.start, call.end,
        call.ring_s, call.duration_s, call.answered, call.status, call.account, call.call_id, call.attempts,
        call.transferred_to, call.answer, " ".join(notes) if notes else None,
        str(lines[0]) if len(lines) == 1 else " ".join(map(str, lines)),
        None if alone else msgspec.json.encode(parts).decode(),
    )  # fmt: skip


def _call_row(cells: Any) -> CallRow:
    (
        number, first, last, store, source, version, local, cents, direction, extension, calling, called, called_kind, dialed,
        trunk, start, end, ring_s, duration_s, answered, status, account, call_id, attempts, transferred_to, answer, notes,
        lines, segments,
    ) = cells  # fmt: skip
    parts: tuple[Segment, ...] = (Segment(extension, duration_s),)
    if segments is not None:
        parts = msgspec.json.decode(segments, type=tuple[Segment, ...])
    call = Call(
        direction, extension, calling, called, called_kind, dialed, trunk, start, end, ring_s, duration_s, bool(answered), status,
        account, call_id, tuple((notes or "").split()), tuple(map(int, lines.split())), parts, attempts, transferred_to, answer,
    )  # fmt: skip
    return CallRow(number, first, last, store, source, version, local, cents, call)
