"""Ledgers in PostgreSQL for commands: `postgresql://USER@HOST/DATABASE` where a ledger directory is named.

A command enters the ledger as a node does, so it may change what nodes serve, and needs no control socket.

Source: charging.md 4.4.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from ain_scp.ain.account.books import Books, troubles
from ain_scp.ain.account.place import Place
from ain_scp.ain.faults import Trouble
from ain_scp.billing.ledger.durable import DurableLedger
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.recover import Follower, replay
from ain_scp.billing.ledger.shared import SharedLedger, open_shared
from ain_scp.journal.reader import Entry
from ain_scp.scp.edges.charging.postgres import PostgresAbsent, PostgresStore, shown


def books_of(place: Place) -> Books:
    """The books at a place."""
    return SharedBooks(place) if isinstance(place, str) else Books(place)


@final
class SharedBooks(Books):
    """One ledger in a database."""

    shared = True

    def __init__(self, address: str) -> None:
        self.address = address
        self.root = shown(address)

    @contextmanager
    def store(self) -> Iterator[PostgresStore]:
        """A connection; Trouble when there is none to be had."""
        with troubles(self.root):
            store = connected(self.address)
            try:
                yield store
            finally:
                store.close()

    @property
    def exists(self) -> bool:
        """There is a ledger in the database."""
        with self.store() as store:
            return store.made

    @property
    def control(self) -> Path | None:
        """None: anyone who reaches the database may change the ledger, so there is no node to ask."""
        return None

    @property
    def partitions(self) -> int:
        """1: every node knows all accounts, and one decides at a time."""
        return 1

    def make(
        self,
        dataset: Path,
        clock: str = "virtual",
        control: Path | None = None,  # noqa: ARG002
        partitions: int = 1,  # noqa: ARG002
    ) -> None:
        """Make the tables, or migrate them, and note where the data set lies now and whose clock counts."""
        with self.store() as store:
            store.make(str(dataset.resolve()), clock)

    def _note(self) -> dict[str, object]:
        with self.store() as store:
            if not store.made:
                hint = f"ain serve DATASET --charging {self.root} makes one"
                raise Trouble(f"{self.root}: no ledger in this database ({hint})")
            dataset, clock = store.note()
        return {"dataset": dataset, "clock": clock}

    @property
    def first(self) -> int:
        """1: a database keeps its whole log."""
        return 1

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The records of the log."""
        with self.store() as store:
            yield from store.records(after)

    def read(self) -> Ledger:
        """The ledger as of its last record."""
        with self.store() as store:
            ledger = store.newest()[0] or Ledger()
            replay(ledger, store.records(ledger.sequence))
            return ledger

    @contextmanager
    def opened(self) -> Iterator[DurableLedger]:
        """The ledger for changes: everything decided inside is durable when this returns."""
        with troubles(self.root):
            ledger = opened(self.address)
            try:
                yield ledger
                ledger.close(ledger.now_ms)
            finally:
                ledger.journal.abandon()

    def snapshot_names(self) -> list[str]:
        """Names of the snapshots, newest first."""
        with self.store() as store:
            return store.snapshots()

    def snapshot(self, name: str) -> Ledger:
        """The ledger of a snapshot."""
        with self.store() as store:
            return store.snapshot(name)

    def follower(self) -> Follower:
        """A copy that keeps up, and writes snapshots into the database."""
        with troubles(self.root):
            return SharedFollower(connected(self.address))


@final
class SharedFollower(Follower):
    """A copy of a ledger in a database."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        found, self.alarms = store.newest()
        self.ledger = found or Ledger()
        self.written = self.ledger.sequence
        self.apply = self.ledger.apply

    def step(self) -> int:
        """Take what is new; return how many records that were."""
        before = self.ledger.sequence
        self.alarms += replay(self.ledger, self._store.records(before), self.apply)
        return self.ledger.sequence - before

    def write(self) -> str:
        """Write a snapshot when there is something new; return its name, "" otherwise."""
        if self.ledger.sequence == self.written:
            return ""
        self.written = self.ledger.sequence
        return self._store.keep(self.ledger)

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()


def connected(address: str) -> PostgresStore:
    """A connection; Trouble when the extra is missing."""
    try:
        return PostgresStore(address)
    except PostgresAbsent as absent:
        raise Trouble(str(absent)) from None


def opened(address: str) -> SharedLedger:
    """The ledger of a database, from its newest snapshot on; it writes full groups itself. JournalFault, RecordFault."""
    store = connected(address)
    try:
        ledger = open_shared(store, store.newest()[0])
    except BaseException:
        store.close()
        raise
    ledger.commits_itself = True
    return ledger
