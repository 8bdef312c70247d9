"""The journal gives contiguous numbers, acknowledges only what is durable, rotates, recovers, and refuses in time.

Source: reliability.md section 9, D1-D4.
"""

import errno

import pytest

from ain_scp.journal.faults import JournalBusy, JournalFault
from ain_scp.journal.reader import JournalReader, read_directory
from ain_scp.journal.segment import RECORD_OCTETS
from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import ModelStorage, PlannedFault


def contents(storage):
    return {entry.sequence: entry.payload for entry in read_directory(storage)}


def test_appended_records_are_not_durable_before_the_commit(storage, opened):
    """Source: the acknowledgement rule of reliability.md section 5."""
    assert opened.append(b"one") == 1
    assert opened.durable == 0
    assert contents(storage) == {}
    assert opened.commit(0) == 1
    assert contents(storage) == {1: b"one"}


def test_numbers_go_on_after_a_clean_end_and_after_a_crash(storage, opened, small_limits, fill):
    first = fill(opened, 7)
    opened.close(1)
    again = Journal.open(storage, 2, small_limits)
    second = fill(again, 5)
    storage.crash()
    third = Journal.open(storage, 3, small_limits)
    assert third.durable == 12
    assert third.append(b"x") == 13
    assert contents(storage) == first | second
    assert third.recovery.cut_octets == 0


def test_an_unacknowledged_record_may_be_lost_but_never_its_predecessors(storage, opened, small_limits):
    opened.append(b"safe")
    opened.commit(0)
    opened.append(b"not committed")
    storage.crash()
    assert Journal.open(storage, 0, small_limits).durable == 1


def test_segments_rotate_by_size_and_follow_each_other(storage, opened, fill):
    acknowledged = fill(opened, 60)
    assert len(opened.segments) > 3
    for before, after in zip(opened.segments, opened.segments[1:], strict=False):
        assert after.first == before.last + 1
    assert contents(storage) == acknowledged


def test_segments_rotate_by_the_time_passed_in(opened, small_limits):
    opened.append(b"a")
    opened.commit(0)
    assert not opened.rotate_if_due(small_limits.segment_ms - 1)
    assert opened.rotate_if_due(small_limits.segment_ms)
    assert [segment.last for segment in opened.segments] == [1]


def test_an_empty_segment_does_not_rotate(opened, small_limits):
    assert not opened.rotate_if_due(10 * small_limits.segment_ms)
    assert opened.segments == []


def test_opening_again_and_again_leaves_no_trace(storage, small_limits):
    for now in range(5):
        Journal.open(storage, now, small_limits).close(now)
    assert contents(storage) == {}
    assert storage.names() == ["00000000000000000001.segment", "head"]


def test_a_group_can_be_written_while_the_next_one_fills(storage, opened):
    opened.append(b"1")
    group = opened.take()
    opened.append(b"2")
    assert opened.write(group, 0) == 1
    assert opened.commit(0) == 2
    assert contents(storage) == {1: b"1", 2: b"2"}


def test_groups_cannot_be_written_out_of_order(opened):
    opened.append(b"1")
    opened.take()
    opened.append(b"2")
    with pytest.raises(ValueError, match="does not follow"):
        opened.write(opened.take(), 0)


@pytest.mark.parametrize("octets", [b"", b"x" * 4097])
def test_records_of_impossible_length_are_refused(opened, octets):
    with pytest.raises(ValueError, match="octets"):
        opened.append(octets)


def test_too_many_waiting_records_ask_for_a_commit(opened, small_limits):
    for _ in range(small_limits.pending_records):
        opened.append(b"x")
    with pytest.raises(JournalBusy):
        opened.append(b"x")
    opened.commit(0)
    assert opened.append(b"x") == small_limits.pending_records + 1


def test_records_accepted_together_are_those_accepted_one_by_one(storage, opened, small_limits):
    assert opened.append_all([]) == 0
    assert opened.append_all([b"one", b"two"]) == 2
    assert opened.append(b"three") == opened.last == 3
    opened.commit(0)
    assert [one.payload for one in JournalReader(opened, 0).read(10)] == [b"one", b"two", b"three"]


def test_of_too_many_records_the_first_are_accepted(opened, small_limits):
    """By number, and by octets."""
    many = [b"%d" % one for one in range(small_limits.pending_records + 5)]
    assert opened.append_all(many) == small_limits.pending_records == opened.pending
    assert opened.append_all([b"more"]) == 0
    opened.commit(0)
    large = [b"x" * small_limits.record_octets] * 100
    taken = opened.append_all(large)
    assert 0 < taken < 100
    assert (taken + 1) * (small_limits.record_octets + RECORD_OCTETS) > small_limits.pending_octets


def test_an_impossible_record_among_others_is_refused_with_all_of_them(opened):
    with pytest.raises(ValueError, match="not 0"):
        opened.append_all([b"one", b"", b"three"])
    assert (opened.pending, opened.last) == (0, 0)


def test_a_second_writer_is_kept_out(storage, opened, small_limits):
    with pytest.raises(JournalFault) as caught:
        Journal.open(storage, 0, small_limits)
    assert caught.value.cause == "LOCKED"
    opened.close(0)
    Journal.open(storage, 0, small_limits)


def test_the_identity_stays(storage, small_limits):
    Journal.open(storage, 0, small_limits, identity=b"A" * 16).close(0)
    assert Journal.open(storage, 0, small_limits, identity=b"B" * 16).identity == b"A" * 16


# state after free space of so many octets: low watermark 2000, floor 500
SPACE = [
    (5000, "OPEN", True),
    (1999, "LOW", True),
    (500, "LOW", True),
    (499, "REFUSING", False),
    (0, "REFUSING", False),
]


@pytest.mark.parametrize(("free", "state", "accepts"), SPACE)
def test_the_watermarks_warn_and_then_refuse(small_limits, free, state, accepts):
    storage = ModelStorage(capacity=100_000)
    journal = Journal.open(storage, 0, small_limits)
    storage.capacity = storage.used() + free
    assert journal.check_space() == state
    assert bool(journal.alarm) == (state != "OPEN")
    if accepts:
        journal.append(b"x")
    else:
        with pytest.raises(JournalFault, match="DISK_LOW"):
            journal.append(b"x")
    storage.capacity = 100_000
    assert journal.check_space() == "OPEN"
    assert journal.append(b"y") > 0


def test_a_full_disk_fails_loses_nothing_and_resumes_when_opened_again(small_limits, fill):
    limits = Limits(segment_octets=400, low_octets=0, floor_octets=0, pending_octets=70_000)
    storage = ModelStorage(capacity=3000)
    journal = Journal.open(storage, 0, limits)
    acknowledged = {}

    def write_on():
        for _ in range(100):
            acknowledged.update(fill(journal, 3))

    with pytest.raises(JournalFault) as caught:
        write_on()
    assert caught.value.cause in {"DISK_FULL", "IO_ERROR"}
    with pytest.raises(JournalFault):
        journal.append(b"refused")
    journal.abandon()
    storage.capacity = 10_000
    again = Journal.open(storage, 1, limits)
    kept = contents(storage)
    assert {sequence: kept[sequence] for sequence in acknowledged} == acknowledged
    assert again.append(b"goes on") == again.durable + 1


def test_a_read_only_file_system_is_named_as_such(storage, opened, small_limits, fill):
    acknowledged = fill(opened, 5)
    opened.close(0)
    storage.read_only = True
    with pytest.raises(JournalFault) as caught:
        Journal.open(storage, 0, small_limits)
    assert caught.value.cause == "READ_ONLY"
    assert contents(storage) == acknowledged


def test_after_a_failed_sync_nothing_is_claimed_and_nothing_acknowledged_is_lost(
    storage, opened, small_limits
):
    """The octets of the failed group stay readable, yet would not survive: recovery must copy, not trust."""
    opened.append(b"good")
    opened.commit(0)
    opened.append(b"doubtful")
    storage.plan(PlannedFault("sync", 1))
    with pytest.raises(JournalFault) as caught:
        opened.commit(0)
    assert caught.value.cause == "SYNC_FAILED"
    with pytest.raises(JournalFault, match="SYNC_FAILED"):
        opened.commit(0)
    assert opened.durable == 1
    storage.plan(None)
    opened.abandon()
    again = Journal.open(storage, 0, small_limits)
    expected = contents(storage)
    number = again.append(b"after")
    again.commit(0)
    storage.crash()
    Journal.open(storage, 0, small_limits)
    assert contents(storage) == expected | {number: b"after"}


def test_the_model_itself_forgets_what_a_failed_sync_lost():
    """The test above means something only if a retried sync in this model really loses the octets."""
    storage = ModelStorage()
    file = storage.create("f")
    storage.sync_directory()
    file.append(b"abc")
    storage.plan(PlannedFault("sync", 1))
    with pytest.raises(OSError, match="EIO"):
        file.sync()
    assert storage.read("f", 0, 9) == b"abc"
    file.sync()
    storage.crash()
    assert storage.read("f", 0, 9) == bytes(3)


def test_a_failed_rotation_keeps_the_committed_group_and_stops(storage, opened, small_limits):
    storage.plan(PlannedFault("create", 1, errno.ENOSPC))
    opened.append(b"x" * small_limits.segment_octets)
    assert opened.commit(0) == 1
    with pytest.raises(JournalFault, match="DISK_FULL"):
        opened.append(b"y")
    opened.abandon()
    assert Journal.open(storage, 0, small_limits).durable == 1


def test_retirement_waits_for_every_consumer_and_for_age(storage, opened, fill):
    fill(opened, 60, now=100)
    last = opened.segments[-1].last
    assert opened.retire(1000) == []
    opened.acknowledge("mqtt", last)
    opened.acknowledge("host", opened.segments[0].last)
    assert opened.retire(100) == []
    assert opened.retire(101) == ["00000000000000000001.segment"]
    opened.acknowledge("host", last)
    opened.retire(101)
    assert len(opened.segments) == 1
    with pytest.raises(JournalFault, match="no longer kept"):
        JournalReader(opened, 1).read(1)
    assert JournalReader(opened, 0).read(1)[0].sequence == opened.segments[0].first


def test_positions_survive_and_only_go_up(storage, opened, small_limits, fill):
    fill(opened, 9)
    opened.acknowledge("mqtt", 4)
    with pytest.raises(ValueError, match="not between"):
        opened.acknowledge("mqtt", 3)
    with pytest.raises(ValueError, match="not between"):
        opened.acknowledge("mqtt", 10)
    with pytest.raises(ValueError, match="letters"):
        opened.acknowledge("../etc", 3)
    storage.crash()
    assert Journal.open(storage, 0, small_limits).position("mqtt") == 4


def test_a_journal_shorter_than_what_was_acknowledged_is_refused(storage, opened, small_limits, fill):
    fill(opened, 3)
    opened.acknowledge("mqtt", 3)
    name = "00000000000000000001.segment"
    storage.crash()
    storage.overwrite(name, storage.read(name, 0, 60))
    with pytest.raises(JournalFault, match="says 3, but the journal ends at 0"):
        Journal.open(storage, 0, small_limits)


def test_a_missing_segment_is_refused(storage, opened, small_limits, fill):
    fill(opened, 40)
    opened.close(0)
    storage.remove(opened.segments[1].name)
    with pytest.raises(JournalFault, match="does not follow"):
        Journal.open(storage, 0, small_limits)
    with pytest.raises(JournalFault, match="does not follow"):
        contents(storage)


@pytest.mark.parametrize(
    "wrong",
    [
        {"record_octets": 0},
        {"record_octets": 1 << 21},
        {"pending_octets": 10},
        {"low_octets": 1, "floor_octets": 2},
    ],
)
def test_limits_that_contradict_each_other_are_refused(wrong):
    with pytest.raises(ValueError, match="octets"):
        Limits(**wrong)


# state: what each verb answers ("ok", or the cause of its refusal)
STATES = {
    "OPEN": {"append": "ok", "commit": "ok", "acknowledge": "ok", "retire": "ok", "close": "ok"},
    "LOW": {"append": "ok", "commit": "ok", "acknowledge": "ok", "retire": "ok", "close": "ok"},
    "REFUSING": {"append": "DISK_LOW", "commit": "ok", "acknowledge": "ok", "retire": "ok", "close": "ok"},
    "FAILED": {
        "append": "SYNC_FAILED",
        "commit": "SYNC_FAILED",
        "acknowledge": "SYNC_FAILED",
        "retire": "SYNC_FAILED",
        "close": "ok",
    },
    "CLOSED": {
        "append": "CLOSED",
        "commit": "CLOSED",
        "acknowledge": "CLOSED",
        "retire": "CLOSED",
        "close": "ok",
    },
}
VERBS = {
    "append": lambda journal: journal.append(b"x"),
    "commit": lambda journal: journal.commit(1),
    "acknowledge": lambda journal: journal.acknowledge("mqtt", 1),
    "retire": lambda journal: journal.retire(1),
    "close": lambda journal: journal.close(1),
}


def journal_in(state, limits):
    """A journal with one durable record, brought into a state."""
    storage = ModelStorage(capacity=100_000)
    journal = Journal.open(storage, 0, limits)
    journal.append(b"first")
    journal.commit(0)
    if state == "FAILED":
        journal.append(b"second")
        storage.plan(PlannedFault("sync", 1))
        with pytest.raises(JournalFault):
            journal.commit(0)
        storage.plan(None)
    elif state == "CLOSED":
        journal.close(0)
    elif state != "OPEN":
        storage.capacity = storage.used() + (1000 if state == "LOW" else 400)
        journal.check_space()
    assert journal.state == state
    return journal


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_in_every_state(small_limits, state, verb):
    journal = journal_in(state, small_limits)
    expected = STATES[state][verb]
    if expected == "ok":
        VERBS[verb](journal)
    else:
        with pytest.raises(JournalFault) as caught:
            VERBS[verb](journal)
        assert caught.value.cause == expected
    assert journal.durable == 1
