"""AMA records survive in the journal under their numbers and are exported once, whatever fails on the way.

Source: A-225; reliability.md section 9, D7.
"""

import contextlib

import pytest

from ain_scp.billing.ama.baf import Office, read_baf
from ain_scp.billing.ama.journaled import AmaJournal
from ain_scp.billing.ama.record import AmaFormatError
from ain_scp.billing.ama.text import read_csv, read_json_lines
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import ModelStorage, PlannedFault

LIMITS = Limits(segment_octets=2000, low_octets=0, floor_octets=0)
READERS = {
    "baf": read_baf,
    "jsonl": lambda octets: read_json_lines(octets.splitlines(keepends=True)),
    "csv": lambda octets: read_csv(octets.splitlines(keepends=True)),
}


@pytest.mark.parametrize("form", READERS)
def test_every_record_is_exported_under_its_number(many, form):
    ama = AmaJournal(Journal.open(ModelStorage(), 0, LIMITS))
    numbers = [ama.record(item.record) for item in many]
    ama.commit(0)
    received = []
    while export := ama.export("billing", form, Office(), most=20):
        found = READERS[form](export.octets)
        assert (found.trailer.first, found.trailer.last) == (export.first, export.last)
        received += found.records
        ama.accepted("billing", export)
    assert [item.sequence for item in received] == numbers
    assert [item.record for item in received] == [item.record for item in many]


def test_a_file_comes_again_until_it_is_accepted(record):
    ama = AmaJournal(Journal.open(ModelStorage(), 0, LIMITS))
    ama.record(record())
    ama.commit(0)
    first = ama.export("billing", "baf", Office())
    assert ama.export("billing", "baf", Office()) == first
    ama.accepted("billing", first)
    assert ama.export("billing", "baf", Office()) is None
    assert ama.export("CLEC7", "baf", Office()).octets == first.octets


def test_a_record_no_file_could_hold_is_refused_before_it_has_a_number(record):
    ama = AmaJournal(Journal.open(ModelStorage(), 0, LIMITS))
    with pytest.raises(AmaFormatError):
        ama.record(record(ama_slp_id="1"))
    assert ama.record(record()) == 1


@pytest.mark.parametrize(
    "payload",
    [b"nonsense", b'{"call_id":"x","calling_number":"a","called_number":"2","start_ms":1,"end_ms":1}'],
)
def test_what_is_no_ama_record_in_the_journal_is_a_fault(payload):
    journal = Journal.open(ModelStorage(), 0, LIMITS)
    journal.append(payload)
    journal.commit(0)
    with pytest.raises(JournalFault, match="record 1 is no"):
        AmaJournal(journal).read(0, 9)


@pytest.mark.parametrize("operation", ["create", "append", "sync", "rename", "sync_directory"])
def test_acknowledged_records_are_exported_once_whatever_fails(operation, record):
    """The n-th disk operation fails and power is lost; the receiver sees each acknowledged record once, in order."""
    fired = 0
    for nth in range(1, 200):
        storage = ModelStorage()
        storage.plan(PlannedFault(operation, nth))
        acknowledged, received = [], []
        with contextlib.suppress(JournalFault):
            record_and_send(storage, record, acknowledged, received)
        reached = storage.done[operation] >= nth
        storage.plan(None)
        storage.crash(keep=nth % 60)
        send(AmaJournal(Journal.open(storage, 0, LIMITS)), received)
        sequences = [item.sequence for item in received]
        assert sequences == list(range(1, len(sequences) + 1))
        assert {item.record.call_id for item in received} >= set(acknowledged)
        if not reached:
            break
        fired += 1
    assert fired >= 5


def record_and_send(storage, record, acknowledged, received):
    """Ten groups of calls, exported after every third."""
    journal = Journal.open(storage, 0, LIMITS)
    try:
        ama = AmaJournal(journal)
        for group in range(10):
            names = [f"{group}.{number}" for number in range(group % 3 + 1)]
            for name in names:
                ama.record(record(call_id=name))
            ama.commit(0)
            acknowledged += names
            if group % 3 == 2:
                send(ama, received)
        journal.close(0)
    finally:
        journal.abandon()


def send(ama, received):
    """Export to a receiver that keeps what is new by number, as an importer does."""
    while export := ama.export("billing", "baf", Office(), most=4):
        last = received[-1].sequence if received else 0
        received += [item for item in read_baf(export.octets).records if item.sequence > last]
        ama.accepted("billing", export)
