"""Ledger directories for commands: opened for writing or read as they lie, one line for each problem.

```
DIR/ledger.toml             which data set the accounts are of, whose clock counts, how many partitions there are (1)
DIR/charging/0/             the journal of partition 0
DIR/snapshots/0/            snapshots of its follower
DIR/placement.csv           account,partition; of a ledger with several partitions
```

Source: charging.md 4.3, 9.1.
"""

import csv
import json
import os
import secrets
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from ain_scp.ain.dataset import open_program
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.words import counted
from ain_scp.billing.charging.engine import At, Engine
from ain_scp.billing.charging.partition import part_of
from ain_scp.billing.ledger import recover, snapshot
from ain_scp.billing.ledger.durable import DurableLedger, open_ledger
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import RecordFault
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import Entry, read_directory
from ain_scp.journal.segment import SUFFIX
from ain_scp.journal.writer import Limits
from ain_scp.provisioning.snapshot import Snapshot

IN_USE: Final = "another process has this ledger open: stop it, or let it do this; a server takes bills, as other events, over --http"
_NEXT: Final = {
    "LOCKED": f"; {IN_USE}",
    "DISK_FULL": "; make room on its disk, then run this again: what was kept is kept",
}
_NOTE: Final = "ledger.toml"
_PLACES: Final = "placement.csv"


class Books:
    """One partition of a ledger directory. `root` is its name in messages; `shared`: several nodes may have it open."""

    root: Path | str
    shared = False
    partition = 0

    def __init__(self, root: Path, partition: int = 0) -> None:
        self.root = self._directory = root
        self.partition = partition
        self.journal = DiskStorage(root / "charging" / str(partition))
        self.snapshots = DiskStorage(root / "snapshots" / str(partition))

    @property
    def exists(self) -> bool:
        """There is a journal."""
        return self.journal.directory.is_dir()

    @property
    def control(self) -> Path | None:
        """The socket over which a serving node takes orders about these accounts."""
        named = self._note().get("control")
        return Path(named) if isinstance(named, str) else self._directory / "control.sock"

    # Partitions

    @property
    def partitions(self) -> int:
        """How many there are; accounts never move between them, so the number stays."""
        found = self._note().get("partitions", 1) if (self._directory / _NOTE).exists() else 1
        return found if isinstance(found, int) else 1

    def parts(self) -> "list[Books]":
        """The books of every partition."""
        return (
            [self]
            if self.partitions == 1
            else [Books(self._directory, one) for one in range(self.partitions)]
        )

    def of(self, account: str) -> "Books":
        """The books of the partition an account lives in, or the members of a group; of an unknown one those of the first."""
        if self.partitions == 1:
            return self
        homes = self.placement()
        if account not in homes:
            charging = charged_snapshot(self.dataset()).charging
            rows = charging.rows.members if charging is not None else ()
            account = next((row.account for row in rows if row.group == account), account)
        return Books(self._directory, homes.get(account, 0))

    def placement(self) -> dict[str, int]:
        """The partition of each account."""
        place = self._directory / _PLACES
        try:
            with place.open(newline="", encoding="utf-8") as file:
                return {row["account"]: int(row["partition"]) for row in csv.DictReader(file)}
        except FileNotFoundError:
            return {}
        except OSError as fault:
            raise file_trouble(place, fault) from None
        except (ValueError, KeyError, TypeError) as fault:
            raise Trouble(f"{place}: expected account,partition: {fault}; restore it from a copy") from None

    def keep_placement(self, homes: Mapping[str, int]) -> None:
        """Note where accounts live, durably, before any of them is opened."""
        place, draft = self._directory / _PLACES, self._directory / f"{_PLACES}.draft"
        try:
            with draft.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([("account", "partition"), *homes.items()])
                file.flush()
                os.fsync(file.fileno())
            draft.replace(place)
        except OSError as fault:
            raise file_trouble(place, fault) from None

    def make(
        self, dataset: Path, clock: str = "virtual", control: Path | None = None, partitions: int = 1
    ) -> None:
        """Make the directory, or note where its data set lies now; its time is that of events (virtual), or the wall clock's."""
        if clock == "virtual" and self.partitions > 1:
            raise Trouble(
                f"{self.root}: is a server's, with {self.partitions} partitions; events are played into one: name another ledger"
            )
        if (self._directory / _NOTE).exists() and self.partitions != partitions:
            raise Trouble(
                f"{self.root}: has {counted(self.partitions, 'partition')}, and accounts do not move between them: write "
                f"partitions = {self.partitions} in {dataset}/charging/charging.toml, or name another ledger"
            )
        try:
            for part in ("charging", "snapshots"):
                (self._directory / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            for home in range(partitions):
                (self._directory / "snapshots" / str(home)).mkdir(mode=0o700, exist_ok=True)
            note = f'schema = 1\ndataset = {json.dumps(str(dataset.resolve()))}\nclock = "{clock}"\n'
            note += "" if control is None else f"control = {json.dumps(str(control.resolve()))}\n"
            note += "" if partitions == 1 else f"partitions = {partitions}\n"
            (self._directory / _NOTE).write_text(note, encoding="utf-8")
        except OSError as fault:
            raise file_trouble(self._directory, fault) from None

    def dataset(self) -> Path:
        """The data set the accounts are of."""
        return Path(str(self._note()["dataset"]))

    @property
    def virtual(self) -> bool:
        """Time is that of the events played into it, not the wall clock."""
        return self._note().get("clock") == "virtual"

    def _note(self) -> dict[str, object]:
        place = self._directory / _NOTE
        try:
            note = tomllib.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            hint = f"ain account apply DATASET --events FILE --dir {self.root} makes one"
            raise Trouble(f"{self.root}: no ledger directory ({hint})") from None
        except OSError as fault:
            raise file_trouble(place, fault) from None
        except (ValueError, RecursionError) as fault:
            raise Trouble(f"{place}: {fault}") from None
        if note.get("schema", 1) != 1:
            raise Trouble(f"{place}: schema {note['schema']} is of a later release; this one reads 1")
        if not isinstance(note.get("dataset"), str):
            raise Trouble(f'{place}: does not name the data set; write: dataset = "PATH"')
        return note

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """The records of the journal as they lie."""
        return read_directory(self.journal, after)

    @property
    def first(self) -> int:
        """The number of the oldest record that is kept; those before it were removed once a snapshot held them."""
        segments = [name for name in self.journal.names() if name.endswith(SUFFIX)]
        return int(segments[0].removesuffix(SUFFIX)) if segments else 1

    def kept(self) -> Iterator[Entry]:
        """Every record that is kept; a line on standard error says where they begin when that is not the first."""
        if self.first > 1:
            hint = "an archive (ain account follow --archive) has their transfers"
            click.echo(f"{self.root}: records before {self.first} are no longer kept; {hint}", err=True)
        return self.entries(self.first - 1)

    def read(self) -> Ledger:
        """The ledger as of its last record, without taking it from its owner."""
        with troubles(self.root):
            return recover.recover(self.journal, self.snapshots)

    @contextmanager
    def opened(self) -> Iterator[DurableLedger]:
        """The ledger for changes: everything decided inside is durable when this returns."""
        with troubles(self.root):
            limits = Limits(low_octets=16 << 20, floor_octets=4 << 20)
            ledger = open_ledger(self.journal, wall_ms(), self.snapshots, limits, secrets.token_bytes(16))
            ledger.commits_itself = True
            try:
                yield ledger
            finally:
                ledger.close(wall_ms())

    def snapshot_names(self) -> list[str]:
        """Names of the snapshots, newest first."""
        return snapshot.snapshots(self.snapshots)

    def snapshot(self, name: str) -> Ledger:
        """The ledger of a snapshot; RecordFault when it is not whole."""
        return snapshot.decode(self.snapshots.read(name, 0, self.snapshots.size(name)))

    def follower(self) -> recover.Follower:
        """A copy that keeps up, and writes snapshots."""
        return recover.Follower(self.journal, self.snapshots)


@contextmanager
def troubles(root: Path | str) -> Iterator[None]:
    """Faults of the journal and its records, as one line and exit 2."""
    try:
        yield
    except JournalFault as fault:
        raise Trouble(f"{root}: {fault}{_NEXT.get(fault.cause, '')}") from None
    except RecordFault as fault:
        raise Trouble(f"{root}: {fault}") from None
    except OSError as fault:
        raise file_trouble(Path(root), fault) from None


def wall_ms() -> int:
    """UTC, as a node's ledger counts it."""
    return time.time_ns() // 1_000_000


def charged_snapshot(dataset: Path) -> Snapshot:
    """The tables of a data set that charges."""
    snapshot = open_program(dataset).snapshot
    if snapshot.charging is None:
        raise Trouble(f"{dataset}: nothing is charged here; a data set that charges has a folder charging/")
    return snapshot


def tables_of(books: Books) -> Snapshot:
    """The tables of the data set a ledger is of, as its partition sees them."""
    snapshot = charged_snapshot(books.dataset())
    return snapshot if books.partitions == 1 else part_of(snapshot, books.placement(), books.partition)


def engine_of(
    snapshot: Snapshot,
    ledger: Ledger,
    *,
    trace: bool = False,
    at: At = "switch",
    now_ms: int = 0,
    own_timers: bool = True,
) -> Engine:
    """The engine over a ledger; one without a past begins at `now_ms`."""
    if snapshot.charging is None:
        raise ValueError("the data set does not charge")
    return Engine(
        snapshot, snapshot.charging, ledger, at=at, trace=trace, now_ms=now_ms, own_timers=own_timers
    )
