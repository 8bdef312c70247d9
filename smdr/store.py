"""The embedded store: front end and host on SQLite. The one module of this room that knows a database.

Durable at commit (WAL, synchronous FULL). One writer per file; not for network file systems. Each class takes a
connection, so a test may pass one in memory; `connect` opens a file.

Source: A-247 to A-250; libraries.md section 6a; reliability.md section 5.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ain_scp.reports.source import Plan, Value
from ain_scp.reports.sql import rows_statement, totals_statement
from ain_scp.smdr.front_end import Change
from ain_scp.smdr.record import SmdrRecord
from ain_scp.smdr.sample import AttemptSample, CompletionSample, Sample, decode, encode, time_of

_COLUMNS: Final = tuple(SmdrRecord.__struct_fields__)
_NAMES: Final = ", ".join(_COLUMNS)
_MARKS: Final = ", ".join("?" * len(_COLUMNS))
_TYPES: Final = """
    identifier text not null, scp text not null, customer_group text not null, calling_party_id text not null,
    called_party_id text not null, original_called_party_id text, status text not null, start_ms integer not null,
    connect_ms integer, end_ms integer not null, duration_ms integer not null, source_records integer not null
"""
_FRONT_END_SCHEMA: Final = f"""
create table if not exists half (
    scp text not null, identifier text not null, kind text not null, happened_ms integer not null, line blob not null,
    primary key (scp, identifier, kind)) without rowid;
create table if not exists read_range (
    journal text not null, first integer not null, last integer not null, primary key (journal, first)) without rowid;
create table if not exists record (
    change integer primary key autoincrement, {_TYPES}, unique (scp, identifier));
"""
_HOST_SCHEMA: Final = f"""
create table if not exists smdr_call (
    {_TYPES}, destination text not null as (coalesce(original_called_party_id, called_party_id)) stored,
    primary key (scp, identifier)) without rowid;
create index if not exists smdr_call_by_customer on smdr_call (customer_group, start_ms);
create table if not exists position (source text primary key, change integer not null) without rowid;
"""


def connect(path: Path | str) -> sqlite3.Connection:
    """Open a database file, durable at every commit; transactions are begun by hand."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a database file that is only read, also where its reader may not write; empty when there is no such file.

    SQLite wants to write beside a database in WAL mode even to read it. Where it may not and nothing waits in the log, the
    file is read as one that does not change.
    """
    if not path.exists():
        return sqlite3.connect(":memory:", isolation_level=None)
    log = path.with_name(path.name + "-wal")
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        connection.execute("select 1 from sqlite_master limit 1")
    except sqlite3.OperationalError:
        if log.exists() and log.stat().st_size:
            raise
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
    return connection


def _make(connection: sqlite3.Connection, schema: str) -> None:
    """Make the tables, unless the database is only read."""
    if not connection.execute("select 1 from sqlite_master limit 1").fetchone():
        connection.executescript(schema)


def _record_of(row: Iterable[object]) -> SmdrRecord:
    return SmdrRecord(**dict(zip(_COLUMNS, row, strict=True)))  # type: ignore[arg-type]  # SQLite columns carry no static type


def _values(record: SmdrRecord) -> list[object]:
    return [getattr(record, name) for name in _COLUMNS]


class SqliteFrontEnd:
    """A front end's store."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        _make(connection, _FRONT_END_SCHEMA)

    def begin(self) -> None:
        """Begin a step, keeping other writers out."""
        self._db.execute("begin immediate")

    def commit(self) -> None:
        """Make the step durable."""
        self._db.execute("commit")

    def rollback(self) -> None:
        """Undo the step."""
        self._db.execute("rollback")

    def read_ranges(self, journal: str) -> list[tuple[int, int]]:
        """Runs of sequence numbers read."""
        return list(
            self._db.execute(
                "select first, last from read_range where journal = ? order by first", (journal,)
            )
        )

    def set_read_ranges(self, journal: str, ranges: list[tuple[int, int]]) -> None:
        """Replace them."""
        self._db.execute("delete from read_range where journal = ?", (journal,))
        self._db.executemany(
            "insert into read_range values (?, ?, ?)", [(journal, first, last) for first, last in ranges]
        )

    def halves(self, scp: str, identifier: str) -> tuple[AttemptSample | None, CompletionSample | None]:
        """The halves held of one call."""
        rows = self._db.execute("select line from half where scp = ? and identifier = ?", (scp, identifier))
        return _pair(decode(line) for (line,) in rows)

    def put_half(self, sample: Sample) -> None:
        """Keep a half as its line."""
        kind = "attempt" if isinstance(sample, AttemptSample) else "completion"
        row = (sample.scp, sample.identifier, kind, time_of(sample), encode(sample))
        self._db.execute("insert into half values (?, ?, ?, ?, ?)", row)

    def put_record(self, record: SmdrRecord) -> None:
        """Keep a record under a new change number."""
        self._db.execute("delete from record where scp = ? and identifier = ?", record.key)
        self._db.execute(f"insert into record ({_NAMES}) values ({_MARKS})", _values(record))  # noqa: S608 - literal names

    def waiting(self, before_ms: int) -> list[tuple[AttemptSample | None, CompletionSample | None]]:
        """Single halves from before a time, without a record."""
        rows = self._db.execute(
            "select line from half where happened_ms < ? and not exists (select 1 from record"
            " where record.scp = half.scp and record.identifier = half.identifier) order by happened_ms, identifier",
            (before_ms,),
        ).fetchall()
        return [_pair([decode(line)]) for (line,) in rows]

    def purge(self, before_ms: int, imported: int) -> int:
        """Forget joined and imported calls from before a time."""
        old = "select scp, identifier from record where end_ms < ? and change <= ? and source_records = 2"
        self._db.execute(f"delete from half where (scp, identifier) in ({old})", (before_ms, imported))  # noqa: S608 - literal text
        found = self._db.execute(
            "delete from record where end_ms < ? and change <= ? and source_records = 2",
            (before_ms, imported),
        )
        return found.rowcount

    def changes(self, after: int, most: int) -> list[Change]:
        """Records by change number."""
        rows = self._db.execute(
            f"select change, {_NAMES} from record where change > ? order by change limit ?",  # noqa: S608 - literal names
            (after, most),
        )
        return [Change(row[0], _record_of(row[1:])) for row in rows]

    def record_count(self) -> int:
        """How many records are kept."""
        return int(self._db.execute("select count(*) from record").fetchone()[0])


def _pair(samples: Iterable[Sample]) -> tuple[AttemptSample | None, CompletionSample | None]:
    attempt: AttemptSample | None = None
    completion: CompletionSample | None = None
    for sample in samples:
        if isinstance(sample, AttemptSample):
            attempt = sample
        else:
            completion = sample
    return attempt, completion


class SqliteHost:
    """A host's store and its query engine."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        _make(connection, _HOST_SCHEMA)

    def import_changes(self, source: str, changes: list[Change]) -> int:
        """Write the changes not yet imported, and the position, in one transaction."""
        self._db.execute("begin immediate")
        try:
            after = self.position(source)
            fresh = [change for change in changes if change.number > after]
            self._db.executemany(
                f"insert or replace into smdr_call ({_NAMES}) values ({_MARKS})",  # noqa: S608 - literal names
                [_values(change.record) for change in fresh],
            )
            if fresh:
                last = max(change.number for change in fresh)
                self._db.execute("insert or replace into position values (?, ?)", (source, last))
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
        return len(fresh)

    def position(self, source: str) -> int:
        """Last change number imported from a front end; 0 when none."""
        row = self._db.execute("select change from position where source = ?", (source,)).fetchone()
        return int(row[0]) if row else 0

    def rows(self, plan: Plan) -> list[tuple[Value, ...]]:
        """Raw rows of a plan."""
        return self._db.execute(*rows_statement(plan)).fetchall()

    def totals(self, plan: Plan) -> tuple[int, ...]:
        """Sums over a plan's conditions."""
        return tuple(map(int, self._db.execute(*totals_statement(plan)).fetchone()))

    def record_count(self) -> int:
        """How many calls are kept."""
        return int(self._db.execute("select count(*) from smdr_call").fetchone()[0])
