"""BAF holds a record exactly, reads back what it wrote, and takes nothing that is torn, missing or contradictory.

Source: A-225; ain_scp.billing.ama.baf_layout.
"""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.billing.ama.baf import BafWriter, Office, decode_record, encode_record, read_baf, write_baf
from ain_scp.billing.ama.baf_layout import (
    BLOCK_HEADER,
    MAX_BLOCK_OCTETS,
    MODULES,
    STRUCTURES,
    TRAILER,
    octets_of,
)
from ain_scp.billing.ama.packed import pack, unpack
from ain_scp.billing.ama.record import AmaFormatError, AmaRecord

OFFICE = Office(
    sensor_type="118", sensor_id="0012345", recording_office_type="118", recording_office_id="0067890"
)


def test_each_kind_of_record_comes_back_as_it_was(any_record):
    octets = encode_record(any_record, 77, OFFICE)
    item, end = decode_record(octets)
    assert (item.sequence, item.record, end) == (77, any_record, len(octets))


def test_each_kind_of_record_is_refused_when_cut_at_any_octet(any_record):
    octets = encode_record(any_record, 77, OFFICE)
    for length in range(len(octets)):
        with pytest.raises(AmaFormatError):
            decode_record(octets[:length])


def test_the_structure_of_the_printed_record_is_ours_digit_for_digit():
    """The printout in OL-3351-01 gives field order, table numbers and digits of structure 40625: rebuild it."""
    printed = (
        "aa 40625c 110c 118c 0012345c 118c 0067890c 00713c 00000c 0000000c 0c 0c 0c 000c 703c 7654321c 0c 00804c"
        " 7654321c 1611272c 000000021c 00000c 00713c 1611260c 000000020c 010c 38004c 1c 0c 3c"
    )
    octets = bytes.fromhex(printed.replace(" ", ""))
    values, end = unpack(STRUCTURES[625], octets, 0)
    assert end == len(octets) == octets_of(STRUCTURES[625])
    assert values["originating_npa"] == "703"
    assert values["elapsed_time"] == "000000021"
    assert [field.table for field in STRUCTURES[625]] == [
        0,
        0,
        *range(1, 20),
        57,
        6,
        18,
        19,
        58,
        83,
        59,
        85,
        60,
    ]
    assert pack(STRUCTURES[625], values) == octets


def test_a_flagged_call_is_structure_220_with_its_nine_digits(record):
    """A-225: AMA of C05 has 760833001; AMA of C14 has none."""
    flagged = encode_record(record(), 1, OFFICE)
    assert flagged[4:8].hex() == "aa40220c"
    assert bytes.fromhex("760833001c") in flagged
    plain = encode_record(record(ama_slp_id=None), 1, OFFICE)
    assert plain[4:8].hex() == "aa40001c"
    assert bytes.fromhex("760833001c") not in plain


def test_connect_and_elapsed_time_are_tenths_as_printed(record):
    octets = encode_record(record(answer_ms=979_725_600_000 + 59_990, duration_ms=125_678), 1, OFFICE)
    values, _ = unpack(STRUCTURES[220], octets, 4)
    assert values["connect_date"] == "10117"
    assert values["connect_time"] == "1000599"
    assert values["elapsed_time"] == "000002056"
    assert values["called_party_off_hook"] == "0"


def test_the_descriptor_word_counts_itself(record):
    octets = encode_record(record(), 1, OFFICE)
    assert octets[:4] == len(octets).to_bytes(2, "big") + b"\0\0"


def test_every_line_of_the_table_says_what_it_rests_on():
    rows = [*STRUCTURES.values(), *MODULES.values(), BLOCK_HEADER, TRAILER]
    for field in (field for row in rows for field in row):
        assert field.meaning
        assert field.octets * 2 - 1 in (field.digits, field.digits + 1) or field.digits == 0
    assert {field.basis for row in rows for field in row} >= {"PRINT", "CISCO", "VIEW", "TOC", "unconfirmed"}


def test_a_file_is_blocks_of_bounded_length_with_numbers_and_a_trailer(many):
    octets = write_baf(many, OFFICE, first_block=8)
    assert read_baf(octets).records == tuple(many)
    at, blocks = 0, []
    while at < len(octets):
        length = int.from_bytes(octets[at : at + 2], "big")
        assert length <= MAX_BLOCK_OCTETS
        blocks.append(int(unpack(BLOCK_HEADER, octets, at + 4)[0]["block_sequence"]))
        at += length
    assert blocks == list(range(8, 8 + len(blocks)))
    assert len(blocks) > 5


def test_block_numbers_go_round(record):
    writer = BafWriter(OFFICE, first_block=9_999_999)
    octets = writer.add(record(), 1) + writer.finish()
    assert [item.sequence for item in read_baf(octets).records] == [1]


def test_an_empty_file_has_a_trailer_alone():
    assert read_baf(write_baf([], OFFICE)).trailer.count == 0


def test_a_file_cut_at_any_octet_is_refused(many):
    octets = write_baf(many[:9], OFFICE)
    for length in range(len(octets)):
        with pytest.raises(AmaFormatError):
            read_baf(octets[:length])


def test_a_file_with_any_bit_changed_is_refused_or_says_the_same(many):
    """The trailer's CRC covers the records; the block headers and the trailer are checked against them."""
    octets = write_baf(many[:4], OFFICE)
    for at in range(len(octets)):
        changed = octets[:at] + bytes([octets[at] ^ (1 << at % 8)]) + octets[at + 1 :]
        try:
            found = read_baf(changed)
        except AmaFormatError:
            continue
        assert found.records == tuple(many[:4])


def blocks_of(octets):
    at, blocks = 0, []
    while at < len(octets):
        end = at + int.from_bytes(octets[at : at + 2], "big")
        blocks.append(octets[at:end])
        at = end
    return blocks


@pytest.mark.parametrize(
    "rearrange",
    [
        lambda blocks: [blocks[0], *blocks[2:]],
        lambda blocks: [blocks[0], blocks[0], *blocks[1:]],
        lambda blocks: [blocks[1], blocks[0], *blocks[2:]],
        lambda blocks: blocks[:-1],
        lambda blocks: [*blocks, blocks[-1]],
    ],
    ids=["missing", "repeated", "swapped", "no trailer", "two trailers"],
)
def test_a_block_missing_repeated_or_out_of_order_is_refused(many, rearrange):
    blocks = blocks_of(write_baf(many, OFFICE))
    with pytest.raises(AmaFormatError):
        read_baf(b"".join(rearrange(blocks)))


def test_a_record_that_contradicts_its_exact_values_is_refused(record):
    """Structure and module 901 tell times twice; whoever changes one and not the other is caught."""
    octets = encode_record(record(), 1, OFFICE)
    for old, new in (
        ("1000043c", "1000053c"),
        ("10117c", "10118c"),
        ("000003000c", "000003001c"),
        ("047c", "006c"),
    ):
        changed = octets.replace(bytes.fromhex(old), bytes.fromhex(new), 1)
        assert changed != octets
        with pytest.raises(AmaFormatError, match="contradict"):
            decode_record(changed)


def test_an_unknown_module_is_refused_by_number(record):
    octets = encode_record(record(), 1, OFFICE)
    with pytest.raises(AmaFormatError, match="module 999"):
        decode_record(octets.replace(bytes.fromhex("901c"), bytes.fromhex("999c")))


def test_an_unknown_structure_is_refused_by_number(record):
    octets = encode_record(record(), 1, OFFICE)
    with pytest.raises(AmaFormatError, match="structure code 40360"):
        decode_record(octets.replace(bytes.fromhex("40220c"), bytes.fromhex("40360c")))


WRONG = {
    "no call id": {"call_id": ""},
    "call id too long": {"call_id": "x" * 33},
    "call id with a blank": {"call_id": "a b"},
    "letters in a number": {"calling_number": "92583A"},
    "number too long": {"called_number": "1" * 16},
    "empty original": {"original_called_number": ""},
    "flag too short": {"ama_slp_id": "76083300"},
    "flag out of range": {"ama_slp_id": "900000000"},
    "flag zero": {"ama_slp_id": "000000000"},
    "before 1970": {"start_ms": -1},
    "negative duration": {"duration_ms": -1},
    "unanswered with duration": {"answer_ms": None},
    "bearer unknown": {"bearer": "SMOKE"},
    "digits of another script": {"calling_number": "٩٢٥"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
def test_a_record_no_file_may_hold_is_refused_when_written(record, changes):
    with pytest.raises(AmaFormatError):
        encode_record(record(**changes), 1, OFFICE)


@pytest.mark.parametrize("sequence", [0, -1, 100_000_000_000])
def test_impossible_sequence_numbers_are_refused(record, sequence):
    with pytest.raises(AmaFormatError):
        encode_record(record(), sequence, OFFICE)


def test_a_gap_in_the_numbers_is_refused_when_written(record):
    writer = BafWriter(OFFICE)
    writer.add(record(), 1)
    with pytest.raises(AmaFormatError, match="does not follow"):
        writer.add(record(), 3)


NUMBERS = st.text("0123456789", min_size=1, max_size=15)
TIMES = st.integers(0, 253_402_300_799_999)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.builds(
        AmaRecord,
        call_id=st.text("abcXYZ019-/.", min_size=1, max_size=32),
        customer_group=st.text("ABC", max_size=16),
        calling_number=NUMBERS,
        called_number=NUMBERS,
        original_called_number=st.none() | NUMBERS,
        start_ms=TIMES,
        answer_ms=TIMES,
        end_ms=TIMES,
        duration_ms=st.integers(0, 99_999_999_999),
        bearer=st.sampled_from(["SPEECH", "FAX", "UDI_64"]),
        calling_class=st.sampled_from(["CENTREX", "PBX", "TO", "OTHER"]),
        facility=st.sampled_from(["PSTN", "TRUNK", "CARRIER", "NONE"]),
        facility_id=st.none() | st.sampled_from(["0000-0174", "0288", "X"]),
        jurisdiction=st.sampled_from(["INTRALATA", "INTERLATA", "INTERNATIONAL", "TOLL_FREE", "UNKNOWN"]),
        ama_slp_id=st.none() | st.integers(1, 899_999_999).map(lambda n: f"{n:09d}"),
    ),
    st.integers(1, 99_999_999_999),
)
def test_any_record_comes_back_as_it_was(record, sequence):
    octets = encode_record(record, sequence, OFFICE)
    item, end = decode_record(octets)
    assert (item.record, item.sequence, end) == (record, sequence, len(octets))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.binary(max_size=600))
def test_octets_at_random_give_only_the_declared_error(octets):
    for prefix in (b"", len(octets[:500]).to_bytes(2, "big") + b"\0\0\xaa"):
        with pytest.raises(AmaFormatError):
            read_baf(prefix + octets)


def test_a_record_is_immutable(record):
    with pytest.raises(AttributeError):
        record().duration_ms = 1
    assert msgspec.structs.replace(record(), duration_ms=1).duration_ms == 1
