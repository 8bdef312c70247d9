"""The head file: segments that vanish are noticed at the next start, and a reserved number survives every crash.

Source: attacks 9 and 14; reliability.md section 9, D2.
"""

import errno
import itertools

import pytest

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.head import NAME, Head, read_head, write_head
from ain_scp.journal.segment import SUFFIX
from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import ModelStorage, PlannedFault

LIMITS = Limits(segment_octets=200, low_octets=0, floor_octets=0)


def written(storage, records=12, *, close=True):
    journal = Journal.open(storage, 0, LIMITS)
    for number in range(records):
        journal.append(b"record %d, long enough that three fill a segment" % number)
        journal.commit(0)
    if close:
        journal.close(0)
    else:
        journal.abandon()
    return [name for name in storage.names() if name.endswith(SUFFIX)]


@pytest.mark.parametrize("close", [True, False])
def test_any_set_of_segments_that_vanishes_is_refused_with_what_to_do(close):
    count = len(written(ModelStorage(), close=close))
    assert count >= 4
    for size in range(1, count + 1):
        for gone in itertools.combinations(range(count), size):
            storage = ModelStorage()
            names = written(storage, close=close)
            for number in gone:
                storage.remove(names[number])
            with pytest.raises(JournalFault, match="CORRUPT") as caught:
                Journal.open(storage, 1, LIMITS)
            assert "follow" in str(caught.value) or "from a copy" in str(caught.value)
            assert storage.names() == sorted({*names, NAME} - {names[number] for number in gone})


def test_what_was_retired_is_not_missed():
    storage = ModelStorage()
    written(storage)
    journal = Journal.open(storage, 1, LIMITS)
    journal.acknowledge("reader", 9)
    assert journal.retire(keep_after_ms=100)
    journal.close(1)
    again = Journal.open(storage, 2, LIMITS)
    assert again.durable == 12
    assert again.segments[0].first > 1


@pytest.mark.parametrize("operation", ["create", "append", "sync", "rename", "sync_directory", "remove"])
@pytest.mark.parametrize("nth", range(1, 40))
def test_a_crash_at_any_step_never_makes_the_head_promise_more_than_there_is(operation, nth):
    """A fault at the n-th operation, then the loss of power: the journal opens and has all it acknowledged."""
    storage = ModelStorage()
    acknowledged = 0
    journal = Journal.open(storage, 0, LIMITS)
    storage.plan(PlannedFault(operation, nth, errno.EIO, lasting=True))
    try:
        for _ in range(8):
            journal.append(b"x" * 80)
            acknowledged = journal.commit(0)
            journal.reserve(acknowledged + 5)
            journal.acknowledge("reader", max(acknowledged - 1, 0))
            journal.retire(keep_after_ms=100)
        journal.close(0)
    except JournalFault:
        journal.abandon()
    storage.plan(None)
    storage.crash()
    again = Journal.open(storage, 1, LIMITS)
    assert again.durable >= acknowledged


def test_a_reserved_number_is_there_after_a_crash():
    storage = ModelStorage()
    journal = Journal.open(storage, 0, LIMITS)
    assert journal.reserved == 0
    journal.reserve(1 << 40)
    storage.crash()
    assert Journal.open(storage, 1, LIMITS).reserved == 1 << 40


def test_a_directory_of_an_older_version_has_no_head_and_opens():
    storage = ModelStorage()
    written(storage)
    storage.remove(NAME)
    assert read_head(storage) == Head(oldest=0, newest=0, sealed=0, reserved=0)
    journal = Journal.open(storage, 1, LIMITS)
    assert journal.durable == 12
    journal.acknowledge("reader", 9)
    assert journal.retire(keep_after_ms=100)
    journal.close(1)
    storage.remove(NAME)
    assert Journal.open(storage, 2, LIMITS).durable == 12, "the first segments may be gone for good"


def test_a_bit_flipped_anywhere_in_the_head_is_refused():
    storage = ModelStorage()
    write_head(storage, Head(oldest=1, newest=7, sealed=6, reserved=99))
    octets = storage.read(NAME, 0, 64)
    for at in range(len(octets)):
        for bit in range(8):
            storage.overwrite(NAME, octets[:at] + bytes([octets[at] ^ 1 << bit]) + octets[at + 1 :])
            with pytest.raises(JournalFault, match="head is damaged"):
                read_head(storage)
    for length in range(len(octets)):
        storage.overwrite(NAME, octets[:length])
        with pytest.raises(JournalFault, match="head is damaged"):
            read_head(storage)
