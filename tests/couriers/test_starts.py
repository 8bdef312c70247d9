"""A store or a provider's book of many tickets starts from what was written down when it ended, and only if it is of this journal (C-015)."""

import os

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.provider_run import ProviderRun
from ain_scp.tickets.collector import store
from ain_scp.tickets.provider import book

from .test_pair import Pair


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A pair that writes down what ten records come to."""
    monkeypatch.setattr(store, "WORTH", 10)
    monkeypatch.setattr(book, "WORTH", 10)
    found = Pair(tmp_path)
    found.write(*range(30))
    found.collect()
    found.receive()
    found.collect()
    return found


def read_at_start(two, monkeypatch):
    """How many records each side reads when it starts; what they know then."""
    counts = {}
    for module, name in ((store.Store, "store"), (book.Book, "book")):
        records = module.records

        def counted(self, after, records=records, name=name):
            for one in records(self, after):
                counts[name] = counts.get(name, 0) + 1
                yield one

        monkeypatch.setattr(module, "records", counted)
    collector = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    provider = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    kept, owner = collector.store, provider.registered["ACME"].book
    known = (
        kept.last,
        kept.files,
        kept.layouts,
        owner._accepted,
        owner._last,
        owner._layouts,
        owner._sealed_to,
    )
    collector.close()
    provider.close()
    monkeypatch.undo()
    return counts, known


def files_of(two):
    return (
        two.root / "ACME" / "store" / "tickets" / store.KEPT,
        two.root / "TELCO" / "data" / "ACME" / "journal" / book.KEPT,
    )


def test_what_was_written_down_is_what_reading_everything_gives(two, monkeypatch):
    short, known = read_at_start(two, monkeypatch)
    for file in files_of(two):
        file.unlink()
    long, whole = read_at_start(two, monkeypatch)
    assert known == whole
    assert short == {}
    assert (long["store"], long["book"]) == (31, 41)
    two.write(30, 31)
    two.collect()
    two.receive()
    two.collect()
    assert two.received() == list(range(32))


@pytest.mark.parametrize("how", ["of another journal", "ahead of it", "no JSON"])
def test_what_was_written_down_of_another_journal_counts_for_nothing(two, monkeypatch, how):
    for file in files_of(two):
        octets = file.read_bytes()
        match how:
            case "of another journal":
                octets = octets.replace(b'"number":10', b'"number":11').replace(b"k29", b"k28")
            case "ahead of it":
                octets = octets.replace(b'{"position":', b'{"position":9')
            case _:
                octets = octets[:-1]
        file.write_bytes(octets)
    counts, _known = read_at_start(two, monkeypatch)
    assert (counts["store"], counts["book"]) == (31, 41)
    assert two.collect().stored == 0
    assert two.received() == list(range(30))


def test_a_restored_journal_with_a_newer_note_beside_it_reads_its_files_from_where_it_stands(
    two, monkeypatch
):
    """The note speaks of records that are gone: lines after the journal's own last ticket are read again."""
    kept = files_of(two)[0]
    newer = kept.read_bytes()
    place = kept.parent
    before = {file.name: file.read_bytes() for file in place.iterdir() if file != kept}
    two.write(*range(30, 50))
    two.collect()
    newer = kept.read_bytes()
    for file in place.iterdir():
        file.unlink()
    for name, octets in before.items():
        (place / name).write_bytes(octets)
    kept.write_bytes(newer)
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    run.read_sources()
    assert run.result.stored == 20
    run.close()
