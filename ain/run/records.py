"""Record directories for commands: a run fills one, the record commands open its journals, one line per problem.

A run's directory is the same octet for octet when the run is repeated: simulated time, and journal identities made of the
scenario's seed and the owner's name.

Source: A-225, A-240 to A-246, A-264; formats in docs/records.md.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.words import counted
from ain_scp.billing.ama.record import AmaFormatError
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import Entry, read_directory
from ain_scp.journal.writer import Journal, Limits
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.sample_journal import SampleJournal, ScpKind
from ain_scp.scp.service_logic.program import Program
from ain_scp.smdr.sample import Sample
from ain_scp.ssp_sim.nodes.usage import UsageRecord
from ain_scp.ssp_sim.usage_journal import UsageJournal
from ain_scp.terms.units import MS_NS

RUN_LIMITS = Limits(low_octets=16 << 20, floor_octets=4 << 20)
"""A run ends by itself; it need not stop as early as a server that must end its calls in order."""


class RunRecords:
    """The record keeper of a run: one journal for the SCP, one for each switch that makes a record.

    `program` must be asked before the first usage record (the run's data set may be overridden by its scenario).
    JournalFault when the disk does not take what it must.
    """

    def __init__(self, directory: RecordDirectory, scp: str, seed: str, start_ms: int, kind: ScpKind) -> None:
        self.root = directory.root
        self._directory = directory
        self._seed = seed
        self._now_ms = start_ms
        self.snapshot: Snapshot | None = None
        self.refused = 0
        self._usage: dict[str, UsageJournal] = {}
        self._samples = SampleJournal(self._open(directory.samples(scp), scp), kind)

    def samples(self, samples: list[Sample], now_ns: int) -> None:
        """Take the SCP's samples."""
        self._now_ms = max(self._now_ms, now_ns // MS_NS)
        self._samples.take(samples, self._now_ms)

    def usage(self, usage: UsageRecord) -> None:
        """Take a switch's usage record; one that no AMA file could hold is counted."""
        self._now_ms = max(self._now_ms, usage.end_ns // MS_NS)
        try:
            self._of(usage.switch).take(usage)
        except AmaFormatError:
            self.refused += 1

    def program(self, dataset: DataSet) -> Program:
        """The run's program, whose tables the switches' records are made with."""
        from ain_scp.ssp_sim.lab import default_program

        program = default_program(dataset)
        self.snapshot = program.snapshot
        return program

    def finish(self) -> None:
        """Make everything durable, seal the journals, report on stderr what could not be kept."""
        for journal in self._journals():
            journal.close(self._now_ms)
        for problem in self.problems():
            click.echo(f"records: {problem}", err=True)

    def counts(self) -> tuple[int, int]:
        """Samples and AMA records on disk."""
        usage = sum(one.journal.durable for one in self._usage.values())
        return self._samples.journal.durable, usage

    def problems(self) -> list[str]:
        """What could not be kept, in words."""
        found = []
        if self._samples.form.refused:
            found.append(
                f"{counted(self._samples.form.refused, 'sample')} refused: {self._samples.form.problem}"
            )
        if self.refused:
            found.append(f"{counted(self.refused, 'usage record')} refused: no AMA file could hold them")
        return found

    def _journals(self) -> list[Journal]:
        return [self._samples.journal, *(one.journal for one in self._usage.values())]

    def _of(self, switch: str) -> UsageJournal:
        found = self._usage.get(switch)
        if found is None:
            if self.snapshot is None:
                raise ValueError("a usage record before the data set is known")
            journal = self._open(self._directory.usage(switch), switch)
            found = self._usage[switch] = UsageJournal(journal, self.snapshot)
        return found

    def _open(self, storage: DiskStorage, name: str) -> Journal:
        identity = hashlib.sha256(f"{self._seed}/{name}".encode()).digest()[:16]
        return Journal.open(storage, self._now_ms, RUN_LIMITS, identity)


def run_records(root: Path, seed: str, start_ms: int, kind: ScpKind) -> RunRecords:
    """The keeper for a run into a new or empty directory; UsageError otherwise: records of two runs must not mix."""
    directory = RecordDirectory(root)
    if directory.scps() or directory.switches():
        raise click.UsageError(f"{root}: holds the records of another run; name a new directory")
    try:
        directory.prepare()
        return RunRecords(directory, "SCP", seed, start_ms, kind)
    except OSError as fault:
        raise file_trouble(root, fault) from None
    except JournalFault as fault:
        raise Trouble(f"{root}: {fault}") from None


def opened(root: Path) -> RecordDirectory:
    """A record directory that is there; UsageError otherwise."""
    directory = RecordDirectory(root)
    if not directory.journals():
        raise click.UsageError(f"{root}: no record directory (ain run SCENARIO --records {root} makes one)")
    return directory


def now_ms() -> int:
    """Local wall clock time in milliseconds, as journals and samples count it."""
    return time.time_ns() // MS_NS + time.localtime().tm_gmtoff * 1000


@contextmanager
def journal_of(storage: DiskStorage) -> Iterator[Journal]:
    """Open a journal for a command and close it; a fault is one line and exit 2."""
    try:
        journal = Journal.open(
            storage, now_ms(), Limits(low_octets=0, floor_octets=0), secrets.token_bytes(16)
        )
    except JournalFault as fault:
        hint = "; its server has it open and can do this itself" if fault.cause == "LOCKED" else ""
        raise Trouble(f"{storage.directory}: {fault}{hint}") from None
    try:
        yield journal
    except JournalFault as fault:
        raise Trouble(f"{storage.directory}: {fault}") from None
    finally:
        if journal.state == "FAILED":
            journal.abandon()
        else:
            journal.close(now_ms())


def payloads(storage: DiskStorage) -> list[Entry]:
    """Everything a journal's files hold, without opening it for writing; a fault is one line and exit 2."""
    try:
        return list(read_directory(storage))
    except JournalFault as fault:
        raise Trouble(f"{storage.directory}: {fault}") from None
