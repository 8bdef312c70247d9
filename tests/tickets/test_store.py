"""The store is read on from where it was read before (C-005, C-015)."""

from ain_scp.journal import reader
from ain_scp.journal.writer import Journal
from ain_scp.tickets.collector.batching import gather
from ain_scp.tickets.collector.store import Store
from ain_scp.tickets.layout.library import shipped
from kit.model_storage import ModelStorage

TICKETS, BATCH = 6000, 200


def test_batches_are_gathered_without_reading_a_segment_from_its_start_each_time(monkeypatch):
    store = Store(Journal.open(ModelStorage(), 0))
    layout = shipped("keyvalue")
    for number in range(TICKETS):
        assert store.add("pbx", [(b"line %d" % number, ("file", number))], number) == 1
    store.journal.commit(0)
    read = 0
    decode, decode_run = reader.decode_record, reader.decode_run

    def counted(octets, offset):
        nonlocal read
        read += 1
        return decode(octets, offset)

    def counted_run(octets, offset, most):
        nonlocal read
        found = decode_run(octets, offset, most)
        read += len(found)
        return found

    monkeypatch.setattr(reader, "decode_record", counted)
    monkeypatch.setattr(reader, "decode_run", counted_run)
    last = 0
    while (lines := gather(store, last, {"pbx": layout}, (), BATCH, 1 << 30)) is not None:
        assert (lines.first, lines.tickets) == (last + 1, BATCH)
        last = lines.last
    assert last == TICKETS
    assert read < 6 * TICKETS  # chunks are read whole, and from their own beginnings
