"""A reader sees every durable record once, in order, from any position, across segments, while writing goes on."""

import pytest

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import JournalReader, read_directory
from kit.model_storage import PlannedFault


def test_reading_from_every_position_gives_the_rest(opened, fill):
    acknowledged = fill(opened, 40)
    for after in range(41):
        entries = JournalReader(opened, after).read(100)
        assert [entry.sequence for entry in entries] == list(range(after + 1, 41))
        assert all(entry.payload == acknowledged[entry.sequence] for entry in entries)


def test_a_reader_that_begins_near_where_another_has_been_reads_the_same(opened, fill):
    acknowledged = fill(opened, 40)
    first, places = JournalReader(opened, 0), []
    assert first.place is None
    while first.read(3):
        places.append(first.place)
    assert len({place.name for place in places}) > 1
    for near in places:
        for after in range(40):
            entries = JournalReader(opened, after, near).read(100)
            assert {one.sequence: one.payload for one in entries} == {
                sequence: payload for sequence, payload in acknowledged.items() if sequence > after
            }


def test_a_place_in_a_segment_that_is_no_longer_kept_counts_nothing(opened, fill):
    fill(opened, 40)
    reader = JournalReader(opened, 0)
    reader.read(1)
    opened.acknowledge("all", opened.durable)
    opened.retire(1 << 62)
    kept = opened.segments[0].first if opened.segments else opened.active_segment()[1]
    assert kept > reader.place.sequence
    with pytest.raises(JournalFault, match="no longer kept"):
        JournalReader(opened, 1, reader.place).read(1)
    assert [one.sequence for one in JournalReader(opened, kept - 1, reader.place).read(1)] in ([kept], [])


@pytest.mark.parametrize("most", [1, 2, 7])
def test_a_reader_follows_the_writer_through_rotations(opened, fill, most):
    reader = JournalReader(opened, 0)
    seen = []
    acknowledged = {}
    for _ in range(12):
        acknowledged |= fill(opened, 5)
        while entries := reader.read(most):
            seen += entries
    assert {entry.sequence: entry.payload for entry in seen} == acknowledged
    assert [entry.sequence for entry in seen] == sorted(acknowledged)


def test_a_reader_never_shows_what_is_not_durable(opened):
    reader = JournalReader(opened, 0)
    opened.append(b"not yet")
    assert reader.read(9) == []
    opened.commit(0)
    assert [entry.payload for entry in reader.read(9)] == [b"not yet"]


def test_a_record_longer_than_a_chunk_is_read(storage):
    from ain_scp.journal.writer import Journal, Limits

    limits = Limits(record_octets=600_000, segment_octets=1 << 20, low_octets=0, floor_octets=0)
    journal = Journal.open(storage, 0, limits)
    for octets in (b"a" * 100, b"b" * 600_000, b"c" * 300_000):
        journal.append(octets)
    journal.commit(0)
    assert [len(entry.payload) for entry in JournalReader(journal, 0).read(9)] == [100, 600_000, 300_000]


def test_a_failing_read_is_a_fault_not_a_wrong_record(storage, opened, fill):
    fill(opened, 3)
    storage.plan(PlannedFault("read", 1))
    with pytest.raises(JournalFault, match="IO_ERROR"):
        JournalReader(opened, 0).read(1)


def test_a_damaged_durable_record_is_a_fault(storage, opened):
    opened.append(b"abcdef")
    opened.commit(0)
    name, _, octets = opened.active_segment()
    content = storage.read(name, 0, octets)
    storage.overwrite(name, content.replace(b"abc", b"abX"))
    with pytest.raises(JournalFault, match="checksum"):
        JournalReader(opened, 0).read(1)


def test_the_directory_reader_starts_behind_a_position(storage, opened, fill):
    fill(opened, 20)
    assert [entry.sequence for entry in read_directory(storage, after=17)] == [18, 19, 20]
