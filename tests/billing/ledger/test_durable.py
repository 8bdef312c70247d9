"""A ledger in a journal: acknowledged is durable, nothing else is said, and the files alone bring it back.

Source: charging.md 4.3, 11.1 (I5, I6, I7).
"""

import pytest

from ain_scp.billing.ledger import snapshot, verbs
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.durable import open_ledger
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Code, Hold, RecordFault, Terms, Transfer, customer, decode, encode
from ain_scp.billing.ledger.recover import Follower, recover
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Limits
from kit.model_storage import OPERATIONS, ModelStorage, PlannedFault

A = customer("A")
SMALL = Limits(segment_octets=1500, low_octets=2000, floor_octets=500)


def pay(ledger, key, amount=7, now=1):
    return verbs.transfer(ledger, key, (Transfer("cash:payments", A, amount, Code.DEPOSIT),), now)


def work(ledger, first, count, said):
    """Payments, reservations and commits, a group for every third; `said` gets the keys whose answer left."""
    for number in range(first, first + count):
        verbs.reserve(ledger, f"r{number}", A, 2, number + 50, number)
        verbs.commit(ledger, f"c{number}", f"r{number}", 1, number)
        if pay(ledger, f"p{number}", now=number).reason == "":
            ledger.hold(lambda number=number: said.append(number))
        if number % 3 == 0:
            ledger.commit(number)


def test_an_answer_leaves_when_its_record_is_durable(durable):
    left = []
    pay(durable, "p")
    durable.hold(lambda: left.append("p"))
    assert left == []
    durable.commit(1)
    assert left == ["p"]


def test_an_answer_that_only_reads_waits_for_what_it_saw(durable):
    """With nothing open it leaves at once; behind a payment that is not durable it waits."""
    left = []
    durable.hold(lambda: left.append("at once"))
    pay(durable, "p")
    durable.hold(lambda: left.append("behind"))
    assert left == ["at once"]
    durable.commit(1)
    assert left == ["at once", "behind"]


def test_no_held_answer_leaves_when_the_journal_fails(durable, storage):
    """And nothing more is decided until the directory is opened again; what was not durable never was."""
    left = []
    pay(durable, "p")
    durable.hold(lambda: left.append("p"))
    storage.plan(PlannedFault("sync", 1))
    with pytest.raises(JournalFault):
        durable.commit(1)
    assert (left, list(durable.held)) == ([], [])
    assert pay(durable, "q").reason == "UNAVAILABLE"
    durable.journal.abandon()
    storage.crash()
    again = open_ledger(storage, 2, limits=SMALL)
    assert again.accounts[A].posted == 10_000_000
    assert not pay(again, "p", now=2).repeated


def test_a_restart_keeps_answers_reservations_and_facts(durable, storage):
    verbs.reserve(durable, "r", A, 3, 99, 1, "call")
    pay(durable, "p")
    durable.close(1)
    again = open_ledger(storage, 2, limits=SMALL)
    assert digest(again) == digest(durable)
    assert pay(again, "p", now=2).repeated
    assert pay(again, "p", 8, now=2).reason == "KEY_REUSED"
    assert again.reservations["r"].link == "call"
    assert len(verbs.expire(again, 99)) == 1


@pytest.mark.parametrize(("itself", "reason"), [(True, ""), (False, "UNAVAILABLE")])
def test_a_full_group_is_refused_or_written_by_who_may_wait(storage, itself, reason):
    ledger = open_ledger(storage, 0, limits=Limits(pending_records=5))
    ledger.commits_itself = itself
    verbs.open_account(ledger, A, Terms("USD"), 0)
    said = [pay(ledger, f"p{number}").reason for number in range(8)]
    assert said[-1] == reason


def test_low_space_refuses_grants_and_lets_calls_end(storage):
    """The reserve between the two watermarks is for what ends a call."""
    ledger = open_ledger(storage, 0, limits=Limits(low_octets=2000, floor_octets=100))
    verbs.open_account(ledger, A, Terms("USD"), 0, 1000)
    verbs.reserve(ledger, "r", A, 10, 99, 1)
    ledger.commit(1)
    storage.capacity = storage.used() + 1900
    ledger.journal.check_space()
    assert verbs.reserve(ledger, "s", A, 10, 99, 1).reason == "DISK_LOW"
    assert verbs.commit(ledger, "c", "r", 10, 1).reason == ""
    ledger.commit(1)
    storage.capacity = 1 << 40
    ledger.journal.check_space()
    assert verbs.reserve(ledger, "s", A, 10, 99, 1).reason == ""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whichever_operation_fails_nothing_acknowledged_is_lost_or_doubled(operation):
    """The n-th of every kind, once and for good, on the way to, during and after; then power is lost."""
    for nth in range(1, 40):
        for lasting in (False, True):
            assert_kept(PlannedFault(operation, nth, lasting=lasting))


def assert_kept(fault):
    storage, said = ModelStorage(), []
    ledger = open_ledger(storage, 0, limits=SMALL)
    verbs.open_account(ledger, A, Terms("USD"), 0, 1000)
    ledger.commit(0)
    storage.plan(fault)
    try:
        work(ledger, 1, 24, said)
        ledger.close(30)
    except (JournalFault, OSError):
        ledger.journal.abandon()
    storage.plan(None)
    storage.crash(13)
    again = open_ledger(storage, 40, limits=SMALL)
    assert problems(again) == []
    for number in said:
        assert pay(again, f"p{number}", now=40).repeated, (fault, number)
        assert verbs.commit(again, f"c{number}", f"r{number}", 1, 40).repeated
    paid = sum(f"p{number}" in again.keys.kept for number in range(1, 25))
    used = sum(f"c{number}" in again.keys.kept for number in range(1, 25))
    assert again.accounts[A].posted == 1000 + 7 * paid - used


def test_a_torn_tail_of_any_length_is_cut(storage):
    """Whatever of an unacknowledged group reached the disk: whole records of it may stand, none is torn."""
    for keep in range(0, 400, 7):
        kept = ModelStorage()
        ledger = open_ledger(kept, 0, limits=Limits())
        verbs.open_account(ledger, A, Terms("USD"), 0, 1000)
        ledger.commit(0)
        pay(ledger, "p")
        pay(ledger, "q")
        group = ledger.journal.take()
        kept._seen[ledger.journal.active_segment()[0]].seen += group.octets
        kept.crash(keep)
        again = open_ledger(kept, 1, limits=Limits())
        assert again.accounts[A].posted in (1000, 1007, 1014)
        assert problems(again) == []


def test_a_snapshot_is_complete_by_itself(durable, storage):
    """Recovery from it and the records behind it is the same ledger as recovery from the first record."""
    snapshots, said = ModelStorage(), []
    work(durable, 1, 9, said)
    snapshot.write(durable, snapshots)
    work(durable, 10, 9, said)
    durable.commit(20)
    assert digest(recover(storage, snapshots)) == digest(recover(storage)) == digest(durable)


def test_of_two_snapshots_a_damaged_newer_one_is_passed_over(durable, storage):
    snapshots = ModelStorage()
    for number in range(1, 4):
        pay(durable, f"p{number}", now=number)
        snapshot.write(durable, snapshots)
    assert len(snapshots.names()) == 2
    newest = snapshot.snapshots(snapshots)[0]
    whole = snapshots.read(newest, 0, 1 << 20)
    durable.commit(4)
    for damaged in (whole[:-1], whole[:40], b"", whole[:50] + b"\x00" + whole[51:]):
        snapshots.overwrite(newest, damaged)
        assert digest(recover(storage, snapshots)) == digest(durable)
        assert len(snapshot.newest(snapshots)[1]) == 1


def test_a_follower_takes_only_what_is_proven_durable(durable, storage):
    """The last group of a segment that is still written may not have been synced: it waits for the next."""
    follower = Follower(storage, ModelStorage())
    pay(durable, "p")
    durable.commit(1)
    follower.step()
    assert follower.ledger.sequence == durable.sequence - 1
    pay(durable, "q")
    durable.commit(1)
    follower.step()
    assert follower.ledger.sequence == durable.sequence - 1
    durable.close(2)
    assert follower.step() == 1
    assert digest(follower.ledger) == digest(durable)


def test_a_follower_begins_at_its_snapshot_and_notices_another_state(durable, storage):
    """The serving process notes its checksum; a copy that differs is an alarm."""
    snapshots, said = ModelStorage(), []
    durable.digest_every = 10
    work(durable, 1, 12, said)
    durable.commit(13)
    first = Follower(storage, snapshots)
    first.step()
    assert first.write()
    assert first.write() == ""
    assert first.alarms == []
    second = Follower(storage, snapshots)
    assert second.ledger.sequence == first.ledger.sequence
    second.ledger.accounts[A].posted += 1
    second.ledger.restore()
    work(durable, 13, 12, said)
    durable.close(26)
    second.step()
    assert "checksum" in second.alarms[0]


def test_records_that_do_not_fit_are_refused_by_name(durable):
    decision = durable.decide(Draft("x", 1, holds=(Hold("r", A, 1, 9),)))
    with pytest.raises(RecordFault, match="names"):
        Ledger().apply(decision.record)
    with pytest.raises(RecordFault, match="no ledger record"):
        decode(b"\xc1")
    with pytest.raises(RecordFault, match="version 9"):
        decode(encode(decision.record).replace(b"\x9c\x01", b"\x9c\x09", 1))
