"""The ring of samples: a reader takes whole samples only, counts what it missed, and no file, however wrong, ends a process."""

import os
import stat
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.journal.ring import CUT, HEAD, QUERY, SLOT, SLOTS, RingFault, RingReader, RingWriter, exchange_of

START = 1_700_000_000_000_000_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scp.tap"


def written(path, *batches, worker=0):
    ring = RingWriter(path, worker, START, 200)
    for queries, answers in batches:
        ring.write(START + 1, "udp://127.0.0.1:5", queries, answers)
        ring.tell()
    return ring


def test_what_was_written_is_read_in_order_with_its_link(path):
    ring = written(path, ([b"q1", b"q2"], [b"a1"]), ([b""], [b"late"]), worker=3)
    head, found = RingReader(path, behind=True).read()
    assert (head.worker, head.start_ns, head.written, head.rate) == (3, START, 3, 200)
    assert [(one.number, one.query, one.answer) for one in found] == [
        (1, b"q1", b"a1"),
        (2, b"q2", b""),
        (3, b"", b"late"),
    ]
    assert {one.link for one in found} == {"udp://127.0.0.1:5"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ring.close()
    assert not path.exists()


def test_a_reader_begins_now_or_with_what_is_still_there(path):
    ring = written(path, ([b"old"], [b""]))
    late = RingReader(path)
    assert late.read()[1] == []
    ring.write(START, "x", [b"new"], [b"a"])
    ring.tell()
    assert [one.query for one in late.read()[1]] == [b"new"]
    assert late.lost == 0


def test_long_messages_are_cut_and_marked_and_many_links_lose_their_names(path):
    ring = written(path)
    for number in range(70):
        ring.write(START, f"link {number}", [bytes(QUERY + 1)], [bytes(QUERY)])
    ring.tell()
    _, found = RingReader(path, behind=True).read()
    assert all(one.cut and len(one.query) == len(one.answer) == QUERY for one in found)
    assert [one.link for one in found] == [f"link {number}" for number in range(60)] + [""] * 10
    assert CUT == 1


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 3000), st.booleans()), max_size=12))
def test_a_reader_that_is_lapped_counts_what_it_missed(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("ring") / "tap"
    ring, reader, read, total = RingWriter(path, 0, START, 1), RingReader(path, behind=True), 0, 0
    for many, looks in [*steps, (0, True)]:
        ring.write(START, "x", [struct.pack("<I", total + place) for place in range(many)], [])
        ring.tell()
        total += many
        if looks:
            found = reader.read()[1]
            assert [struct.unpack("<I", one.query)[0] + 1 for one in found] == [one.number for one in found]
            read += len(found)
    assert read + reader.lost == total
    ring.close()


def test_half_a_slot_is_never_taken_for_a_whole_one(path):
    written(path, ([b"query"], [b"answer"]))
    slot = path.read_bytes()[HEAD : HEAD + SLOT]
    assert exchange_of(slot, 1, ("x",)).answer == b"answer"
    for at in (*range(39), *range(SLOT - 12, SLOT)):
        torn = slot[:at] + bytes([slot[at] ^ 0x55]) + slot[at + 1 :]
        assert exchange_of(torn, 1, ("x",)) is None, at
    assert exchange_of(slot[:-1], 1, ()) is None
    assert exchange_of(slot, 1 + SLOTS, ()) is None


@pytest.mark.parametrize(
    "octets", [b"", b"AINTAP01", bytes(HEAD), b"AINTAP99".ljust(HEAD, b"\0"), b"AINTAP01" + b"\xff" * HEAD]
)
def test_what_is_no_ring_is_refused_by_name(path, octets):
    path.write_bytes(octets)
    with pytest.raises(RingFault, match="tap"):
        RingReader(path).read()


def test_a_ring_that_is_cut_or_gone_costs_samples_and_no_process(path):
    ring = written(path, ([b"q"] * 10, [b"a"] * 10))
    reader = RingReader(path, behind=True)
    os.truncate(path, HEAD + 3 * SLOT)
    assert [one.number for one in reader.read()[1]] == [1, 2, 3]
    assert reader.lost == 7
    os.truncate(path, 0)
    ring.write(START, "x", [b"q"], [b"a"])  # the writer goes on
    with pytest.raises(RingFault):
        reader.read()
    path.unlink()
    with pytest.raises(RingFault, match="No such file"):
        reader.read()


def test_a_server_that_starts_again_is_read_from_its_start(path):
    written(path, ([b"first"], []))
    reader = RingReader(path)
    reader.read()
    written(path, ([b"second"], []))
    assert [one.query for one in reader.read()[1]] == [b"second"]


def test_nothing_but_a_ring_is_replaced(path, tmp_path):
    path.write_text("precious")
    with pytest.raises(RingFault, match="is no tap"):
        RingWriter(path, 0, START, 1)
    assert path.read_text() == "precious"
    link = tmp_path / "link.tap"
    link.symlink_to(path)
    with pytest.raises(RingFault, match="is no tap"):
        RingWriter(link, 0, START, 1)
    with pytest.raises(RingFault, match="is no tap"):
        RingWriter(tmp_path, 0, START, 1)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.tap", "scp.tap"]
    written(path.with_name("other"))
    written(path.with_name("other"))
