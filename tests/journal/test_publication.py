"""Batches reach the receiver at least once, its records exactly once, whatever the connection does.

Source: A-242, reliability.md section 5 (sequence numbers, acknowledged position).
"""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.publication import Publication, Receiver
from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import ModelStorage

LIMITS = Limits(segment_octets=500, low_octets=0, floor_octets=0)


def journal_with(count):
    storage = ModelStorage()
    journal = Journal.open(storage, 0, LIMITS, identity=bytes(range(16)))
    for number in range(1, count + 1):
        journal.append(b'{"n":%d}' % number)
    journal.commit(0)
    return storage, journal


def test_a_batch_tells_stream_journal_and_numbers():
    _, journal = journal_with(3)
    batch = Publication(journal, "smdr").next_batch()
    assert msgspec.json.decode(batch.payload) == {
        "stream": "smdr",
        "journal": "000102030405060708090a0b0c0d0e0f",
        "first": 1,
        "last": 3,
        "records": [{"sequence": n, "record": {"n": n}} for n in (1, 2, 3)],
    }


def test_payloads_that_are_no_json_travel_as_base64():
    _, journal = journal_with(0)
    journal.append(b"\x00\xff")
    journal.commit(0)
    batch = Publication(journal, "ama").next_batch()
    assert msgspec.json.decode(batch.payload)["records"] == [{"sequence": 1, "record": {"base64": "AP8="}}]


def test_the_position_moves_only_over_confirmed_batches_without_a_gap():
    _, journal = journal_with(9)
    publication = Publication(journal, "smdr", records=3)
    batches = [publication.next_batch() for _ in range(3)]
    assert publication.next_batch() is None
    assert publication.confirmed(batches[1].last) == 0
    assert publication.confirmed(batches[0].last) == 6
    assert publication.confirmed(batches[1].last) == 6
    assert (publication.position, publication.waiting) == (6, 3)


def test_unconfirmed_batches_are_bounded():
    _, journal = journal_with(9)
    publication = Publication(journal, "smdr", records=1, in_flight=2)
    assert publication.next_batch()
    assert publication.next_batch()
    assert publication.next_batch() is None
    publication.confirmed(1)
    assert publication.next_batch().first == 3


def test_batches_are_bounded_in_octets_and_lose_no_record():
    _, journal = journal_with(5)
    publication = Publication(journal, "smdr", octets=16)
    assert [publication.next_batch().last for _ in range(3)] == [2, 4, 5]


def test_nothing_unsent_is_retired():
    _, journal = journal_with(60)
    Publication(journal, "smdr")
    journal.acknowledge("host", 60)
    assert journal.retire(1 << 40) == []


def test_after_a_restart_everything_behind_the_position_comes_again():
    storage, journal = journal_with(9)
    publication = Publication(journal, "smdr", records=4)
    receiver = Receiver("smdr")
    first = publication.next_batch()
    second = publication.next_batch()
    seen = receiver.receive(first.payload) + receiver.receive(second.payload)
    publication.confirmed(first.last)
    storage.crash()
    again = Publication(Journal.open(storage, 0, LIMITS), "smdr", records=5)
    repeat = again.next_batch()
    assert repeat.first == 5
    seen += receiver.receive(repeat.payload)
    assert [record.sequence for record in seen] == list(range(1, 10))
    assert receiver.repeated == 4


WRONG = [
    b"",
    b"{}",
    b"[1]",
    b"\xff",
    b"[" * 100_000,
    b'{"stream":"smdr","journal":"x","first":1,"last":2,"records":[{"sequence":1,"record":1}]}',
    b'{"stream":"smdr","journal":"x","first":1,"last":0,"records":[]}',
    b'{"stream":"other","journal":"x","first":1,"last":1,"records":[{"sequence":1,"record":1}]}',
]


@pytest.mark.parametrize("payload", WRONG)
def test_what_is_no_batch_of_this_stream_is_refused(payload):
    with pytest.raises(JournalFault):
        Receiver("smdr").receive(payload)


def test_a_gap_is_refused_not_skipped():
    _, journal = journal_with(6)
    publication = Publication(journal, "smdr", records=2)
    batches = [publication.next_batch() for _ in range(3)]
    receiver = Receiver("smdr")
    receiver.receive(batches[0].payload)
    with pytest.raises(JournalFault, match="3 is missing"):
        receiver.receive(batches[2].payload)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(["append", "send", "confirm", "confirm_last", "lose", "restart", "drop"]),
        min_size=1,
        max_size=60,
    )
)
def test_any_history_of_sending_and_losing_delivers_each_record_once(steps):
    storage, journal = journal_with(0)
    publication = Publication(journal, "smdr", records=2, in_flight=3)
    receiver = Receiver("smdr")
    delivered, unconfirmed, count = [], [], 0
    for step in [*steps, "lose", *["append"] * 3]:
        if step == "append":
            count += 1
            journal.append(b"%d" % count)
            journal.commit(0)
        elif step in {"send", "drop"} and (batch := publication.next_batch()):
            if step == "drop":
                publication.lost()
                unconfirmed.clear()
            else:
                delivered += receiver.receive(batch.payload)
                unconfirmed.append(batch.last)
        elif step.startswith("confirm") and unconfirmed:
            publication.confirmed(unconfirmed.pop(-1 if step == "confirm_last" else 0))
        elif step == "lose":
            publication.lost()
            unconfirmed.clear()
        elif step == "restart":
            storage.crash()
            journal = Journal.open(storage, 0, LIMITS)
            publication = Publication(journal, "smdr", records=2, in_flight=3)
            unconfirmed.clear()
    while batch := publication.next_batch():
        delivered += receiver.receive(batch.payload)
        publication.confirmed(batch.last)
    assert [int(bytes(record.record)) for record in delivered] == list(range(1, count + 1))
    assert publication.waiting == 0
