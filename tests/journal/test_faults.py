"""The n-th operation of every kind fails; power is lost after it; nothing acknowledged is gone, numbers stay contiguous.

Source: reliability.md section 9, D2 (iofault_sweep, power-loss model).
"""

import contextlib
import errno

import pytest

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import JournalReader, read_directory
from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import OPERATIONS, ModelStorage, PlannedFault

ACKNOWLEDGED = 8
LIMITS = Limits(segment_octets=200, segment_ms=10_000, low_octets=0, floor_octets=0)
KINDS = {
    "append": [(errno.EIO, -1), (errno.EIO, 5), (errno.ENOSPC, 30), (0, 7), (0, 0), (errno.EROFS, -1)],
    "sync": [(errno.EIO, -1), (errno.ENOSPC, -1)],
}
CASES = [
    (operation, number, short)
    for operation in OPERATIONS
    for number, short in KINDS.get(operation, [(errno.EIO, -1), (errno.EROFS, -1)])
]


def session(storage, acknowledged, payload, now, *, tidy):
    """Open, write groups with rotations, read, acknowledge, retire, end; note each acknowledgement when it is given."""
    journal = Journal.open(storage, now, LIMITS)
    try:
        for group in range(5):
            waiting = {}
            for _ in range(group % 4 + 1):
                octets = payload(journal.durable * 10 + len(waiting))
                waiting[journal.append(octets)] = octets
            journal.commit(now + group * 3000)
            acknowledged |= waiting
        reader = JournalReader(journal, max(journal.position("mqtt"), journal.durable - 9))
        assert reader.read(99)[-1].sequence == journal.durable
        journal.acknowledge("mqtt", min(ACKNOWLEDGED, journal.durable))
        journal.retire(1 << 40)
        if tidy:
            journal.close(now)
    finally:
        journal.abandon()


def workload(storage, acknowledged, payload):
    """A session that ends without closing, and one after it."""
    session(storage, acknowledged, payload, 0, tidy=False)
    session(storage, acknowledged, payload, 50_000, tidy=True)


def verify(storage, acknowledged, oldest):
    """Open without faults: acknowledged records are there once, under their numbers; numbering is contiguous."""
    again = Journal.open(storage, 60_000, LIMITS)
    entries = list(read_directory(storage))
    numbers = [entry.sequence for entry in entries]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
    kept = {entry.sequence: entry.payload for entry in entries}
    for sequence, octets in acknowledged.items():
        assert sequence < oldest or kept[sequence] == octets
    number = again.append(b"after")
    assert number == again.durable + 1
    again.commit(60_000)
    again.close(60_000)
    assert [entry.sequence for entry in read_directory(storage)][-1] == number


@pytest.mark.parametrize(("operation", "number", "short"), CASES)
@pytest.mark.parametrize("keep", [None, 0, 11, 1 << 20], ids=["no-crash", "crash", "torn", "all-kept"])
def test_every_nth_operation_may_fail(operation, number, short, keep, payload):
    """`keep` is how much of each unsynced tail survives the loss of power (None: the process goes on)."""
    fired = 0
    for nth in range(1, 200):
        storage = ModelStorage()
        storage.plan(PlannedFault(operation, nth, number, short))
        acknowledged = {}
        try:
            workload(storage, acknowledged, payload)
        except JournalFault as fault:
            assert fault.reason  # noqa: PT017 - the fault is one of two good ends, not the expected one
        reached = storage.done[operation] >= nth
        storage.plan(None)
        if keep is not None:
            storage.crash(keep)
        verify(storage, acknowledged, oldest=ACKNOWLEDGED + 1)
        if not reached:
            break
        fired += 1
    assert fired > 0


@pytest.mark.parametrize("operation", ["append", "sync", "create", "rename", "sync_directory"])
def test_a_lasting_fault_keeps_the_journal_shut_until_it_ends(operation, payload):
    storage = ModelStorage()
    acknowledged = {}
    workload(storage, acknowledged, payload)
    storage.plan(PlannedFault(operation, 1, errno.EIO, lasting=True))
    for _ in range(3):
        with pytest.raises(JournalFault):
            Journal.open(storage, 0, LIMITS)
    storage.plan(None)
    verify(storage, acknowledged, oldest=ACKNOWLEDGED + 1)


def test_power_may_go_at_any_moment_of_the_workload(payload):
    """The crash itself comes right after the n-th operation of any kind that changes the disk."""
    for operation in ("create", "append", "sync", "rename", "remove", "sync_directory"):
        for nth in range(1, 60):
            storage = ModelStorage()
            storage.plan(PlannedFault(operation, nth, errno.EIO, lasting=True))
            acknowledged = {}
            with contextlib.suppress(JournalFault):
                workload(storage, acknowledged, payload)
            storage.plan(None)
            for keep in (0, 1, 40):
                storage.crash(keep)
                verify(storage, acknowledged, oldest=ACKNOWLEDGED + 1)
