"""The file's end cut at every octet, and every octet of its last page flipped: a prefix, or a refusal; never wrong data.

Source: reliability.md section 9, D3 (torn_tail).
"""

import pytest

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import read_directory
from ain_scp.journal.segment import (
    HEADER_OCTETS,
    Header,
    Trailer,
    decode_header,
    decode_record,
    decode_trailer,
    encode_header,
    encode_record,
    encode_trailer,
    records_of,
    scan,
)
from ain_scp.journal.writer import Journal, Limits
from kit.model_storage import ModelStorage

LIMITS = Limits(segment_octets=1 << 20, low_octets=0, floor_octets=0)
NAME = "00000000000000000001.segment"


def written(groups, seal):
    """Write groups of records; return the storage, the payloads, and the file's octets."""
    storage = ModelStorage()
    journal = Journal.open(storage, 0, LIMITS)
    payloads = []
    for size in groups:
        for _ in range(size):
            payloads.append(b'{"record": %d}' % len(payloads))
            journal.append(payloads[-1])
        journal.commit(0)
    if seal:
        journal.close(0)
    else:
        journal.abandon()
    return storage, payloads, storage.read(NAME, 0, 1 << 20)


def holding(files):
    """A storage with these files, all durable."""
    storage = ModelStorage()
    for name, octets in files.items():
        storage.create(name)
        storage.overwrite(name, octets)
    storage.sync_directory()
    return storage


def outcome(storage):
    """Open and read: the payloads kept and the recovery's report, or None when it was refused."""
    try:
        journal = Journal.open(storage, 0, LIMITS)
    except JournalFault as fault:
        return None if fault.cause == "CORRUPT" and fault.reason else fault
    kept = [entry.payload for entry in read_directory(storage)]
    journal.abandon()
    return kept, journal.recovery


@pytest.mark.parametrize("seal", [False, True])
def test_a_tail_torn_at_any_octet_leaves_the_whole_records_before_it(seal):
    """Once the journal was closed in order, its head says how many records there were: fewer are refused."""
    storage, payloads, octets = written([2, 1, 3], seal)
    head = storage.read("head", 0, 64)
    for length in range(HEADER_OCTETS, len(octets) + 1):
        storage = holding({NAME: octets[:length], "head": head})
        whole = scan(octets[:length], 1)
        result = outcome(storage)
        if seal and whole.last < len(payloads):
            assert result is None
            assert storage.read(NAME, 0, 1 << 20) == octets[:length], (
                "what is refused is left as it was found"
            )
            continue
        assert result is not None
        kept, recovery = result
        assert kept == payloads[: len(kept)]
        assert len(kept) == whole.last
        assert recovery.cut_octets == length - whole.end or whole.trailer is not None
        assert bool(recovery.reason) == bool(recovery.cut_octets)


def test_the_quick_walk_stops_where_the_record_by_record_walk_stops():
    """Opening walks without making records; reading makes them: both must see the same end, whatever is wrong."""
    _, _, octets = written([2, 3], seal=False)
    for at in range(HEADER_OCTETS, len(octets)):
        for mask in (1, 0x80):
            changed = octets[:at] + bytes([octets[at] ^ mask]) + octets[at + 1 :]
            slow = list(records_of(changed, 1))
            assert scan(changed, 1).last == len(slow)
            assert scan(changed[:at], 1).last == len(list(records_of(changed[:at], 1)))


def test_a_bit_flipped_anywhere_in_a_header_is_refused():
    """Also in the time of creation, which nothing but the checksum guards."""
    _, _, octets = written([1], seal=False)
    for at in range(HEADER_OCTETS):
        for bit in range(8):
            flipped = octets[:at] + bytes([octets[at] ^ 1 << bit]) + octets[at + 1 : HEADER_OCTETS]
            with pytest.raises(JournalFault, match="CORRUPT"):
                decode_header(flipped)


def test_a_header_cut_short_is_refused():
    storage, _, octets = written([1], seal=False)
    for length in range(HEADER_OCTETS):
        storage.overwrite(NAME, octets[:length])
        assert outcome(storage) is None


@pytest.mark.parametrize("seal", [False, True])
@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_flipped_octet_gives_a_reported_prefix_or_a_refusal(seal, mask):
    """Damage before the last group is proven by what follows it and refused; in the last group it is cut and reported."""
    _, payloads, octets = written([4, 3], seal)
    fourth = scan(octets[: octets.rfind(b"AJR1")], 1)
    assert fourth.last == 6
    refused = 0
    for at in range(len(octets)):
        storage = ModelStorage()
        storage.create(NAME)
        storage.overwrite(NAME, octets[:at] + bytes([octets[at] ^ mask]) + octets[at + 1 :])
        storage.sync_directory()
        result = outcome(storage)
        if result is None:
            refused += 1
            continue
        kept, recovery = result
        assert kept == payloads[: len(kept)]
        assert len(kept) == len(payloads) or recovery.cut_octets > 0
        assert len(kept) >= 4, "a record of an earlier group was dropped in silence"
    assert refused > HEADER_OCTETS


def test_damage_in_the_middle_of_a_sealed_segment_is_found_by_reading():
    storage, _, octets = written([4, 3], seal=True)
    at = octets.index(b'"record": 2')
    storage.overwrite(NAME, octets[:at] + b"X" + octets[at + 1 :])
    with pytest.raises(JournalFault, match="readable to record 2, sealed with 7"):
        list(read_directory(storage))


def test_a_stale_record_of_another_number_is_not_taken():
    """Old octets left on the medium are good records of another time: their number gives them away."""
    octets = encode_header(Header(identity=bytes(16), first=5, created_ms=0))
    octets += encode_record(b"five", 5, 0) + encode_record(b"two", 2, 0)
    found = scan(octets, 5)
    assert found.last == 5
    assert found.problem == "record 2 stands where 6 belongs"


ROWS = [
    (encode_header(Header(identity=b"i" * 16, first=9, created_ms=-3)), decode_header),
    (encode_record(b"payload", 9, 2), lambda octets: decode_record(octets, 0)),
    (
        encode_trailer(Trailer(first=1, last=9, count=9, body_octets=77, sealed_ms=5, checksum=6)),
        decode_trailer,
    ),
]


@pytest.mark.parametrize(("octets", "decode"), ROWS)
def test_each_part_is_refused_when_truncated_at_any_octet(octets, decode):
    whole = decode(octets)
    assert whole is not None
    assert not isinstance(whole, str)
    for length in range(len(octets)):
        try:
            cut = decode(octets[:length])
        except JournalFault:
            continue
        assert cut is None or isinstance(cut, str)


def test_a_version_of_tomorrow_is_refused_by_name():
    octets = bytearray(encode_header(Header(identity=bytes(16), first=1, created_ms=0)))
    import zlib

    octets[9] = 2
    octets[-4:] = zlib.crc32(bytes(octets[:-4])).to_bytes(4, "big")
    with pytest.raises(JournalFault, match="segment of version 2; this release reads version 1"):
        decode_header(bytes(octets))
