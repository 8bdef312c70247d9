"""A ledger whose records go into a journal, and answers that leave when their record is durable.

The state changes in memory at `decide`, so later decisions of the same group see it. Its caller takes groups and
writes them (`commit`, or `journal.take` and `journal.write` in a thread, then `settle`). An answer that only reads
waits as well, for the last record it saw.

When the journal fails no held answer leaves and nothing more is decided (UNAVAILABLE): open the directory again. While
disk space is low nothing more is granted (DISK_LOW), but what ends a call is still kept, in the reserve between the
journal's two watermarks.

Source: charging.md 4.3, decisions 6 and 7; I5, I7.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from ain_scp.billing.ledger import recover, snapshot
from ain_scp.billing.ledger.decision import Decision, Draft
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Record, encode
from ain_scp.journal.faults import JournalBusy, JournalFault
from ain_scp.journal.reader import read_directory
from ain_scp.journal.storage import Storage
from ain_scp.journal.writer import Group, Journal, Limits, State

Send = Callable[[], None]
UNAVAILABLE: Final = "UNAVAILABLE"
DISK_LOW: Final = "DISK_LOW"


class Log(Protocol):
    """What a ledger needs of the journal it writes: `ain_scp.journal.writer.Journal`, or a place in a log that nodes share."""

    limits: Limits
    durable: int
    state: State
    fault: JournalFault | None

    @property
    def pending(self) -> int:
        """How much waits for a commit."""

    def append(self, payload: bytes) -> int:
        """Take a record; its number."""

    def take(self) -> Group | None:
        """Close the group for writing; None when there is nothing to do."""

    def write(self, group: Group, now_ms: int) -> int:
        """Make a taken group durable; the last durable number."""

    def commit(self, now_ms: int) -> int:
        """Take and write."""

    def close(self, now_ms: int) -> None:
        """Write and end."""

    def abandon(self) -> None:
        """End without writing."""

    def rotate_if_due(self, now_ms: int) -> bool:
        """What is due by the clock."""

    def check_space(self) -> State:
        """Whether there is room."""


class DurableLedger(Ledger):
    """One owner of one partition's accounts; make it with `open_ledger`."""

    journal: Log

    def __init__(self) -> None:
        super().__init__()
        self.digest_every = recover.DIGEST_EVERY
        self.held: deque[tuple[int, Send]] = deque()
        self.commits_itself = False
        """Whether a full group is written at once, by a process that may wait for the disk."""
        self.entered_here: Callable[[], None] | None = None
        """Called when this node keeps others from deciding: its groups must be written now."""

    def decide(self, draft: Draft) -> Decision:
        """As any ledger decides, and the record waits in the journal's group; see the rules above for refusals."""
        journal = self.journal
        full = journal.pending >= journal.limits.pending_records - 1
        if full and self.commits_itself:
            self.commit(draft.at_ms)
            full = False
        state = journal.state
        if full or state not in ("OPEN", "LOW"):
            return Decision(None, UNAVAILABLE, b"")
        if state == "LOW" and draft.check:
            return Decision(None, DISK_LOW, b"")
        decision = super().decide(draft)
        if decision.record is not None:
            self._append(decision.record)
            if self.sequence % self.digest_every == 0:
                self._append_digest()
        return decision

    @property
    def failed(self) -> bool:
        """Whether the journal has failed or is closed: then memory may be ahead of the disk."""
        return self.journal.state in ("FAILED", "CLOSED")

    def hold(self, send: Send) -> None:
        """Do `send` when everything decided so far is durable; never, when the journal fails first."""
        if self.sequence <= self.journal.durable:
            send()
        else:
            self.held.append((self.sequence, send))

    def commit(self, now_ms: int) -> None:
        """Write the group and let its answers go; JournalFault when it could not be made durable."""
        try:
            self.journal.commit(now_ms)
        finally:
            self.settle()

    def settle(self) -> None:
        """Let answers go whose records are durable; forget them all when the journal has failed."""
        while self.held and self.held[0][0] <= self.journal.durable:
            self.held.popleft()[1]()
        if self.journal.state == "FAILED":
            self.held.clear()

    def close(self, now_ms: int) -> None:
        """Write, answer, seal."""
        try:
            self.journal.close(now_ms)
        finally:
            self.settle()

    def _append(self, record: Record) -> None:
        """Hand a record over; a journal that refuses now has failed, because memory is ahead of it."""
        try:
            self.journal.append(encode(record))
        except (JournalFault, JournalBusy, ValueError) as fault:
            self.journal.state = "FAILED"
            self.journal.fault = (
                fault if isinstance(fault, JournalFault) else JournalFault("IO_ERROR", str(fault))
            )

    def _append_digest(self) -> None:
        record = recover.digest_record(self)
        self._remember(record)
        self._append(record)


def open_ledger(
    storage: Storage,
    now_ms: int,
    snapshots: Storage | None = None,
    limits: Limits | None = None,
    identity: bytes = bytes(16),
) -> DurableLedger:
    """Open or begin a ledger in a directory, recovered to its last durable record.

    JournalFault LOCKED when another process owns it; RecordFault when the records do not make a ledger.
    """
    journal = Journal.open(storage, now_ms, limits, identity)
    try:
        found = snapshot.newest(snapshots)[0] if snapshots is not None else None
        ledger = DurableLedger()
        if found is not None:
            adopt(ledger, found)
        recover.replay(ledger, read_directory(storage, ledger.sequence))
    except BaseException:
        journal.abandon()
        raise
    ledger.journal = journal
    return ledger


def adopt(ledger: Ledger, other: Ledger) -> None:
    """Take over the whole state of another ledger."""
    for name in ("sequence", "now_ms", "accounts", "system", "reservations", "facts", "keys"):
        setattr(ledger, name, getattr(other, name))
    ledger.restore()
