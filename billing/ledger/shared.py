"""A ledger of several nodes: one log of records in a store that all reach, and in each node the machine that reads it.

```
enter()            become the only node that decides; apply what others decided since; the first request of a group does it
decide(draft)      as any ledger, on a state that nobody else can change now
commit()           the group's records in one transaction, durable when it returns; another node may enter a little before
```
Rules
1. Nothing is decided outside: a node that has not entered, or cannot, refuses (UNAVAILABLE).
2. Every node applies the same records in the same order by the same code, so all come to the same state, keys included.
3. What others decided may be seen before it is durable; an answer that has seen it waits, as for a record of one's own.
4. A node whose group could not be made durable, or may not have been, knows no more what stands: it is FAILED, lets no
   answer of the group leave, and is opened again from the store.

Source: charging.md 4.4, decision 9; I2, I5, I7.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Protocol, final

from ain_scp.billing.ledger.decision import Decision, Draft
from ain_scp.billing.ledger.durable import UNAVAILABLE, DurableLedger, adopt
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Record, RecordFault, decode
from ain_scp.billing.ledger.recover import DIGEST_KIND, replay
from ain_scp.journal.faults import JournalBusy, JournalFault
from ain_scp.journal.reader import Entry
from ain_scp.journal.writer import Group, Limits, State

GROUP: Final = 2_000
"""How many records a command gathers before it lets other nodes in between."""


class Store(Protocol):
    """Where the log lies; each of these may raise JournalFault, and a store that has raised one is dead."""

    def enter(self, after: int) -> Sequence[bytes]:
        """Keep every other node from deciding, then give the records behind number `after`, which may not be durable yet.

        Waits for a `write` or `leave` of this node that is under way in another thread.
        """

    def write(self, first: int, payloads: Sequence[bytes]) -> None:
        """Make records durable, all or none, the first under number `first`, and all before them; others may enter."""

    def leave(self, *, synced: bool) -> None:
        """Let others enter; nothing was decided. `synced`: what `enter` gave is durable when this returns."""

    def records(self, after: int) -> Iterator[Entry]:
        """The durable records behind number `after`, without keeping anybody out."""

    def close(self) -> None:
        """Let go of everything; never raises."""


@final
class SharedJournal:
    """A node's place in the log, with the verbs of a journal of its own: append, take, write, commit."""

    def __init__(self, store: Store, last: int, limits: Limits | None = None) -> None:
        self.store = store
        self.limits = limits or Limits()
        self.durable = last
        self.state: State = "OPEN"
        self.fault: JournalFault | None = None
        self.entered = False
        self._pending: list[bytes] = []
        self._taken: list[bytes] = []
        self._first = last + 1

    @property
    def pending(self) -> int:
        """Records that wait for a commit; 1 as well while nothing does but others are kept out."""
        return len(self._pending) or int(self.entered)

    def enter(self) -> Sequence[bytes]:
        """Keep others out; what they decided since. JournalFault, and FAILED, when that cannot be done."""
        try:
            found = self.store.enter(self._first - 1)
        except JournalFault as fault:
            raise self._failed(fault) from None
        self.entered = True
        self._first += len(found)
        return found

    def append(self, payload: bytes) -> int:
        """Take a record into the group; its number. JournalFault when nobody is kept out, JournalBusy for too many."""
        if not self.entered or self.state != "OPEN":
            raise JournalFault("CLOSED", "the ledger is not entered")
        if len(self._pending) >= self.limits.pending_records:
            raise JournalBusy(f"{len(self._pending)} records wait for a commit")
        self._pending.append(payload)
        return self._first + len(self._pending) - 1

    def take(self) -> Group | None:
        """Close the group for writing; None when nobody is kept out. An empty group only lets others in."""
        if not self.entered:
            return None
        self._taken, self._pending, self.entered = self._pending, [], False
        group = Group(first=self._first, last=self._first + len(self._taken) - 1, octets=b"")
        self._first = group.last + 1
        return group

    def write(self, group: Group, now_ms: int) -> int:  # noqa: ARG002 - the store knows no time
        """Make the taken group durable; the last durable number. JournalFault: perhaps it is, perhaps it is not."""
        if self.state != "OPEN":
            raise self.fault or JournalFault("CLOSED", "the ledger is closed")
        payloads, self._taken = self._taken, []
        try:
            if payloads:
                self.store.write(group.first, payloads)
            else:
                self.store.leave(synced=group.last > self.durable)
        except JournalFault as fault:
            raise self._failed(fault) from None
        self.durable = max(self.durable, group.last)
        return self.durable

    def commit(self, now_ms: int) -> int:
        """Make everything decided durable and let others in."""
        group = self.take()
        if group is not None:
            return self.write(group, now_ms)
        if self.state != "OPEN":
            raise self.fault or JournalFault("CLOSED", "the ledger is closed")
        return self.durable

    def close(self, now_ms: int) -> None:
        """Write, and let go of the store."""
        try:
            self.commit(now_ms)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the store as it is."""
        self.state, self.entered = ("FAILED" if self.fault else "CLOSED"), False
        self.store.close()

    def rotate_if_due(self, now_ms: int) -> bool:  # noqa: ARG002 - the verb of a journal in files
        """Nothing: the store keeps one log."""
        return False

    def check_space(self) -> State:
        """The state: the store looks after its own space, and says so when it cannot write."""
        return self.state

    def _failed(self, fault: JournalFault) -> JournalFault:
        self.state, self.fault, self.entered = "FAILED", fault, False
        return fault


@final
class SharedLedger(DurableLedger):
    """One node's machine over a log that other nodes write as well; make it with `open_shared`."""

    log: SharedJournal
    """The ledger's journal, with the verbs that only a shared one has."""

    def enter(self) -> Sequence[Record]:
        """Become the only one who decides, as the rules above say; what others decided since, applied here already.

        () when this node has entered, and when it cannot: then the journal is FAILED.
        """
        journal = self.log
        if self.commits_itself and journal.pending >= GROUP:
            self.commit(self.now_ms)
        if journal.entered or journal.state != "OPEN":
            return ()
        try:
            found = [self._learned(payload) for payload in journal.enter()]
        except JournalFault:
            return ()
        except RecordFault as fault:
            journal.fault = JournalFault("CORRUPT", str(fault))
            journal.abandon()
            return ()
        finally:
            self.settle()
        if self.entered_here is not None:
            self.entered_here()
        return found

    def _learned(self, payload: bytes) -> Record:
        record = decode(payload)
        if record.kind == DIGEST_KIND and record.answer != b"%d" % self.checksum:
            raise RecordFault(f"record {self.sequence + 1}: another node's state differs from this one's")
        self.apply(record)
        return record

    def decide(self, draft: Draft) -> Decision:
        """As a durable ledger decides, once this node has entered; UNAVAILABLE before."""
        if not self.log.entered:
            return Decision(None, UNAVAILABLE, b"")
        return super().decide(draft)


def open_shared(store: Store, snapshot: Ledger | None = None, limits: Limits | None = None) -> SharedLedger:
    """The ledger of a store as of its last record, from a snapshot on when there is one; JournalFault, RecordFault."""
    ledger = SharedLedger()
    if snapshot is not None:
        adopt(ledger, snapshot)
    differences = replay(ledger, store.records(ledger.sequence))
    if differences:
        raise RecordFault(differences[0])
    ledger.journal = ledger.log = SharedJournal(store, ledger.sequence, limits)
    return ledger
