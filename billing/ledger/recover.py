"""Bringing a ledger back: the newest whole snapshot, then the records behind it, by the code that made them.

Nothing is rated again: a record says what became of the money. Also the follower of a running ledger, which is a warm
standby, writes the snapshots, and checks the serving process: every so many records that one notes its checksum.

Source: charging.md 4.3 (Recovery, Snapshots), I6, I7.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ain_scp.billing.ledger import snapshot
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Record, RecordFault, decode
from ain_scp.journal.reader import Entry, read_directory
from ain_scp.journal.storage import Storage

DIGEST_KIND: Final = "digest"
DIGEST_EVERY: Final = 100_000


def digest_record(ledger: Ledger) -> Record:
    """The record in which a serving ledger notes its checksum."""
    note = b"%d" % ledger.checksum
    return Record(1, DIGEST_KIND, ledger.now_ms, "", b"", 0, "", note)


def replay(
    ledger: Ledger, entries: Iterable[Entry], apply: Callable[[Record], object] | None = None
) -> list[str]:
    """Apply records, by `apply` where it is given; return the checksums that differ.

    RecordFault for a record that does not follow or fit.
    """
    apply = apply or ledger.apply
    differences: list[str] = []
    for entry in entries:
        if entry.sequence != ledger.sequence + 1:
            raise RecordFault(f"record {entry.sequence} stands where {ledger.sequence + 1} belongs")
        record = decode(entry.payload)
        if record.kind == DIGEST_KIND and record.answer != b"%d" % ledger.checksum:
            differences.append(
                f"record {entry.sequence}: the checksum noted there differs from the replayed one"
            )
        apply(record)
    return differences


def recover(journal: Storage, snapshots: Storage | None = None) -> Ledger:
    """The ledger of a journal's directory as of its last readable record; RecordFault, JournalFault."""
    ledger = None
    if snapshots is not None:
        ledger, _ = snapshot.newest(snapshots)
    ledger = ledger or Ledger()
    replay(ledger, read_directory(journal, ledger.sequence))
    return ledger


class Follower:
    """A copy of a running ledger, fed from its files, of records that are proven durable only."""

    def __init__(self, journal: Storage, snapshots: Storage) -> None:
        found, self.alarms = snapshot.newest(snapshots)
        self.ledger = found or Ledger()
        self.written = self.ledger.sequence
        self.apply: Callable[[Record], object] = self.ledger.apply
        """Applies each record; who wants to see more of them puts something else here."""
        self._journal = journal
        self._snapshots = snapshots

    def step(self) -> int:
        """Take what is new; return how many records that were."""
        before = self.ledger.sequence
        self.alarms += replay(self.ledger, read_directory(self._journal, before, proven=True), self.apply)
        return self.ledger.sequence - before

    def write(self) -> str:
        """Write a snapshot when there is something new; return its name, "" otherwise."""
        if self.ledger.sequence == self.written:
            return ""
        self.written = self.ledger.sequence
        return snapshot.write(self.ledger, self._snapshots)

    def close(self) -> None:
        """Nothing is open between two steps."""
