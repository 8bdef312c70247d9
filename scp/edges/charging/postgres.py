"""The ledger's log in PostgreSQL: several nodes on one set of accounts.

```
ain_ledger.head       one row: the number of the last record, which data set the accounts are of, whose clock counts
ain_ledger.record     number, octets: one row for each decision, as a record of the journal
ain_ledger.snapshot   name, octets: whole states, written by `ain account follow`
ain_ledger.version    which of the migrations below have been made
```
A group of decisions is one transaction: `SELECT ... FOR UPDATE` of the head row before anything is looked at, the records that
others wrote since, then the new records and the head. The commit lets the next node in before the disk has it, and what the
node waits for then is a commit of `synchronous_commit` at least `on` behind it: the log of the database is one, so whatever is
durable is so with all before it, and several nodes share a sync. Two nodes can not
write the same number, because it is the primary key, whatever became of a lock. A node that stands still with the lock is
thrown out by the server after `IDLE_MS`.

Needs psycopg 3 (extra `postgres`). One object belongs to one process; `write` and `leave` may be called from another thread
than `enter`.

Source: charging.md 4.3, 4.4, decision 9.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, final

from ain_scp.billing.ledger import snapshot
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import RecordFault
from ain_scp.billing.ledger.snapshot import decode
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import Entry

PATIENCE_S: Final = 5
"""How long a node waits for another one's group, and for a server that does not answer."""
IDLE_MS: Final = 3_000
CHUNK: Final = 10_000
MIGRATIONS: Final = (
    """
    create table ain_ledger.head (
        one boolean primary key default true check (one),
        last bigint not null default 0,
        dataset text not null,
        clock text not null
    );
    create table ain_ledger.record (number bigint primary key, octets bytea not null);
    create table ain_ledger.snapshot (name text primary key, octets bytea not null);
    """,
)
_MAKE_LOCK: Final = 760_833
_SYNC: Final = "select pg_logical_emit_message(true, 'ain', '')"
"""A transaction that changes nothing and is written to the log: when it is durable, so is all before it."""
_WEAK: Final = ("off", "local", "remote_write")


class PostgresAbsent(Exception):
    """The extra is not installed; its text says how to get it."""


def driver() -> Any:
    """psycopg; PostgresAbsent when the extra is missing."""
    try:
        import psycopg
    except ImportError:
        raise PostgresAbsent(
            "a ledger in PostgreSQL needs the extra: pip install 'ain-scp[postgres]'"
        ) from None
    logging.getLogger("psycopg").setLevel(
        logging.CRITICAL
    )  # what it warns of is raised besides, and named then
    return psycopg


def shown(address: str) -> str:
    """An address without its password and options, for messages."""
    scheme, _, rest = address.partition("://")
    rest, _, _ = rest.partition("?")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{place}"


@final
class PostgresStore:
    """A connection to the log; a fault closes it, and every later call says the same fault."""

    def __init__(self, address: str) -> None:
        """Connect; PostgresAbsent, JournalFault UNREACHABLE."""
        self.address = address
        self.fault: JournalFault | None = None
        self._psycopg = driver()
        self._turn = threading.Lock()
        try:
            self._connection: Any = self._psycopg.connect(
                address,
                autocommit=True,
                connect_timeout=PATIENCE_S,
                tcp_user_timeout=PATIENCE_S * 1000,
                application_name="ain",
                options=f"-c idle_in_transaction_session_timeout={IDLE_MS} -c lock_timeout={PATIENCE_S}s",
            )
        except self._psycopg.Error as fault:
            raise JournalFault("UNREACHABLE", _text(fault)) from None
        self._weak()

    def _weak(self) -> None:
        """Have commits wait for the disk, whatever the server's default; a server that never syncs is refused."""
        fsync, level = self._rows("select current_setting('fsync'), current_setting('synchronous_commit')")[0]
        if fsync != "on":
            self.close()
            raise JournalFault(
                "SYNC_FAILED", "the server runs with fsync = off, so nothing it acknowledges is kept"
            )
        if level in _WEAK:
            self._rows("set synchronous_commit = on")

    # The log, as several nodes write it

    def enter(self, after: int) -> Sequence[bytes]:
        """Lock the head row, then read the records after `after`, in one round trip."""
        if not self._turn.acquire(timeout=2 * PATIENCE_S):
            raise self._failed("a group of this node is still being written")
        try:
            self._live()
            cursor = self._connection.execute(
                "begin; set local synchronous_commit = off; select last from ain_ledger.head for update; "  # noqa: S608 - after is a number
                f"select octets from ain_ledger.record where number > {after:d} order by number"
            )
            cursor.nextset()
            cursor.nextset()
            rows = cursor.fetchall()
            if not rows:
                raise self._failed("there is no ledger here any more")
            cursor.nextset()
            found = [octets for (octets,) in cursor]
            if rows[0][0] != after + len(found):
                raise self._failed(
                    f"its last record is {rows[0][0]}, and this node knows {after + len(found)}"
                )
        except self._psycopg.Error as fault:
            self._turn.release()
            raise self._failed(_text(fault)) from None
        except JournalFault:
            self._turn.release()
            raise
        return found

    def write(self, first: int, payloads: Sequence[bytes]) -> None:
        """Insert the records, move the head, commit, wait for the disk: one round trip. A fault may leave either."""
        try:
            self._live()
            with self._connection.pipeline():
                self._connection.execute(
                    "insert into ain_ledger.record select %s + place - 1, octets"
                    " from unnest(%s::bytea[]) with ordinality as given (octets, place)",
                    (first, list(payloads)),
                )
                self._connection.execute("update ain_ledger.head set last = %s", (first + len(payloads) - 1,))
                done = self._connection.execute("commit")
                self._connection.execute(_SYNC)
            if done.statusmessage != "COMMIT":
                raise self._failed(f"the group was not committed: {done.statusmessage}")
        except self._psycopg.Error as fault:
            raise self._failed(_text(fault)) from None
        finally:
            self._turn.release()

    def leave(self, *, synced: bool) -> None:
        """End the transaction that decided nothing; `synced`: wait until what it has seen is on the disk."""
        try:
            self._live()
            self._connection.execute("rollback")
            if synced:
                self._connection.execute(_SYNC)
        except self._psycopg.Error as fault:
            raise self._failed(_text(fault)) from None
        finally:
            self._turn.release()

    def records(self, after: int) -> Iterator[Entry]:
        """The durable records after a number, some thousand at a time."""
        while True:
            rows = self._rows(
                "select number, octets from ain_ledger.record where number > %s order by number limit %s",
                after,
                CHUNK,
            )
            if rows:
                self._rows(_SYNC)
            for number, octets in rows:
                yield Entry(number, octets)
            if len(rows) < CHUNK:
                return
            after = rows[-1][0]

    def close(self) -> None:
        """Close the connection: a transaction that is open is rolled back by the server."""
        self.fault = self.fault or JournalFault("CLOSED", "the connection to PostgreSQL is closed")
        self._connection.close()

    # Making, noting

    @property
    def made(self) -> bool:
        """The tables are there, and of a version this release reads; RecordFault for a later one."""
        if self._rows("select to_regclass('ain_ledger.version')")[0][0] is None:
            return False
        version = self._rows("select coalesce(max(number), 0) from ain_ledger.version")[0][0]
        if version > len(MIGRATIONS):
            raise RecordFault(f"its tables are of version {version}; this release reads {len(MIGRATIONS)}")
        return bool(version == len(MIGRATIONS) and self._rows("select 1 from ain_ledger.head"))

    def make(self, dataset: str, clock: str) -> None:
        """Make or migrate the tables, and note the data set; of several nodes that do this at once one does it."""
        with self._faults(), self._connection.transaction():
            self._connection.execute("select pg_advisory_xact_lock(%s)", (_MAKE_LOCK,))
            self._connection.execute("create schema if not exists ain_ledger")
            self._connection.execute(
                "create table if not exists ain_ledger.version"
                " (number int primary key, made timestamptz not null default now())"
            )
            cursor = self._connection.execute("select coalesce(max(number), 0) from ain_ledger.version")
            known = cursor.fetchone()[0]
            if known > len(MIGRATIONS):
                raise RecordFault(f"its tables are of version {known}; this release reads {len(MIGRATIONS)}")
            for number, statements in enumerate(MIGRATIONS[known:], known + 1):
                self._connection.execute(statements)
                self._connection.execute("insert into ain_ledger.version values (%s)", (number,))
            self._connection.execute(
                "insert into ain_ledger.head (dataset, clock) values (%s, %s)"
                " on conflict (one) do update set dataset = excluded.dataset, clock = excluded.clock",
                (dataset, clock),
            )

    def note(self) -> tuple[str, str]:
        """Which data set the accounts are of, and whose clock counts."""
        dataset, clock = self._rows("select dataset, clock from ain_ledger.head")[0]
        return dataset, clock

    # Snapshots

    def snapshots(self) -> list[str]:
        """Names of the snapshots, newest first."""
        return [name for (name,) in self._rows("select name from ain_ledger.snapshot order by name desc")]

    def snapshot(self, name: str) -> Ledger:
        """The ledger of a snapshot; RecordFault when it is not whole."""
        return decode(self._rows("select octets from ain_ledger.snapshot where name = %s", name)[0][0])

    def newest(self) -> tuple[Ledger | None, list[str]]:
        """The newest whole snapshot, None without one; what was wrong with newer ones."""
        damaged: list[str] = []
        for name in self.snapshots():
            try:
                return self.snapshot(name), damaged
            except (RecordFault, ValueError, TypeError, RecursionError) as fault:
                damaged.append(f"{name}: {fault}")
        return None, damaged

    def keep(self, ledger: Ledger, keep: int = 2) -> str:
        """Store a snapshot and remove all but the newest `keep`; its name."""
        name = snapshot.name_of(ledger.sequence)
        octets = snapshot.encode(ledger)  # before the transaction: who idles in one for long is thrown out
        with self._faults(), self._connection.transaction():
            self._connection.execute(
                "insert into ain_ledger.snapshot values (%s, %s) on conflict (name) do nothing",
                (name, octets),
            )
            self._connection.execute(
                "delete from ain_ledger.snapshot where name not in"
                " (select name from ain_ledger.snapshot order by name desc limit %s)",
                (keep,),
            )
        return name

    # Faults

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._faults():
            cursor = self._connection.execute(statement, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """What the driver raises inside, as a fault of the journal."""
        self._live()
        try:
            yield
        except self._psycopg.Error as fault:
            raise self._failed(_text(fault)) from None

    def _live(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _failed(self, reason: str) -> JournalFault:
        """The first fault is kept, and the connection closed: what it was in the middle of is for the server to end."""
        self.fault = self.fault or JournalFault("UNREACHABLE", reason)
        self._connection.close()
        return self.fault


def _text(fault: Exception) -> str:
    """The first line of what the driver says, without the address, which may hold a password."""
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return f"PostgreSQL: {lines[0]}"
