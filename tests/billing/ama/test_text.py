"""JSON lines and CSV hold a record exactly; a file that is not whole, or not in order, is refused.

Source: A-225; reliability.md D7.
"""

import csv
import io
import json

import pytest

from ain_scp.billing.ama.record import AmaFormatError, SequencedAma
from ain_scp.billing.ama.text import (
    COLUMNS,
    decode_json,
    encode_json,
    read_csv,
    read_json_lines,
    write_csv,
    write_json_lines,
)

FORMS = [(write_json_lines, read_json_lines), (write_csv, read_csv)]
both = pytest.mark.parametrize(("write", "read"), FORMS, ids=["json", "csv"])


@both
def test_every_kind_of_record_comes_back_as_it_was(many, write, read):
    found = read(list(write(many)))
    assert found.records == tuple(many)
    assert (found.trailer.first, found.trailer.last, found.trailer.count) == (41, 40 + len(many), len(many))


@both
def test_an_empty_file_has_a_trailer(write, read):
    assert read(list(write([]))).trailer.count == 0


@both
def test_a_file_cut_at_any_octet_is_refused(many, write, read):
    octets = b"".join(write(many[:4]))
    for length in range(len(octets)):
        with pytest.raises(AmaFormatError):
            read(octets[:length].splitlines(keepends=True))


@both
@pytest.mark.parametrize(
    "rearrange",
    [
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [*lines[:3], lines[2], *lines[3:]],
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines, lines[2]],
    ],
    ids=["missing", "repeated", "swapped", "two trailers", "behind the trailer"],
)
def test_a_line_missing_repeated_or_out_of_order_is_refused(many, write, read, rearrange):
    lines = list(write(many))
    with pytest.raises(AmaFormatError):
        read(rearrange(lines))


@both
def test_a_changed_digit_is_found_by_the_trailer(many, write, read):
    lines = list(write(many))
    lines[1] = lines[1].replace(b"9258341234", b"9258341235")
    with pytest.raises(AmaFormatError):
        read(lines)


@both
def test_a_gap_is_refused_when_written(many, write, read):
    with pytest.raises(AmaFormatError, match="does not follow"):
        list(write([many[0], many[2]]))


@both
def test_a_record_no_file_may_hold_is_refused_when_written(record, write, read):
    with pytest.raises(AmaFormatError):
        list(write([SequencedAma(1, record(calling_number="x"))]))


def test_csv_is_what_other_software_reads(many):
    """Python's own reader stands for it: header names, digit strings with their zeros, empty for absent."""
    text = b"".join(write_csv(many)).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["ama_slp_id"] == "760833001"
    assert rows[1]["ama_slp_id"] == ""
    assert rows[-1]["sequence"] == "#trailer"
    assert {row["called_number"] for row in rows} >= {"0012"}


def test_csv_columns_may_stand_in_any_order(record):
    """The trailer covers the lines as written, so a reordered file is written with its own trailer."""
    import zlib

    columns = ["ama_slp_id", *[name for name in COLUMNS if name != "ama_slp_id"]]
    values = {"sequence": 1, **{name: getattr(record(), name) for name in COLUMNS[1:]}}
    line = ",".join("" if values[name] is None else str(values[name]) for name in columns).encode() + b"\n"
    lines = [",".join(columns).encode() + b"\n", line, b"#trailer,1,1,1,%d\n" % zlib.crc32(line)]
    assert read_csv(lines).records == (SequencedAma(1, record()),)


def test_json_is_what_other_software_reads(record):
    assert json.loads(encode_json(record(ama_slp_id=None, answer_ms=None, duration_ms=0), 5)) == {
        "sequence": 5,
        "call_id": "C05",
        "customer_group": "GOLDEN",
        "calling_number": "9258341234",
        "called_number": "4159212000",
        "original_called_number": None,
        "start_ms": 979_725_600_000,
        "answer_ms": None,
        "end_ms": 979_725_784_321,
        "duration_ms": 0,
        "bearer": "SPEECH",
        "calling_class": "CENTREX",
        "facility": "PSTN",
        "facility_id": None,
        "jurisdiction": "INTRALATA",
        "ama_slp_id": None,
    }


WRONG = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"[" * 3000,
    b'{"sequence":1,"call_id":"x","calling_number":"1","called_number":"2","start_ms":1,"end_ms":2,"extra":1}',
    b'{"sequence":1,"call_id":"x","calling_number":1,"called_number":"2","start_ms":1,"end_ms":2}',
    b'{"sequence":0,"call_id":"x","calling_number":"1","called_number":"2","start_ms":1,"end_ms":2}',
    b'{"sequence":1,"call_id":"x","calling_number":"1","called_number":"2","start_ms":1.5,"end_ms":2}',
    b'{"sequence":1,"call_id":"x","calling_number":"1","called_number":"2","start_ms":1,"end_ms":2,"facility":"AIR"}',
]


@pytest.mark.parametrize("octets", WRONG)
def test_what_is_no_record_is_refused_with_its_line(octets):
    with pytest.raises(AmaFormatError) as caught:
        decode_json(octets, 7)
    assert caught.value.offset == 7


CSV_WRONG = [
    [b"a,b,c\n"],
    [b"\n"],
    [b"\xff\n"],
    [b'"open\n'],
    [b"x" * 5000 + b"\n"],
    [",".join(COLUMNS).encode() + b"\n", b"1,2\n"],
    [",".join(COLUMNS).encode() + b"\n", b"#trailer,a,b,c,d\n"],
    [",".join(COLUMNS).encode() + b"\n", b"#trailer,0,0,0\n"],
]


@pytest.mark.parametrize("lines", CSV_WRONG)
def test_what_is_no_csv_file_is_refused(lines):
    with pytest.raises(AmaFormatError):
        read_csv(lines)


@pytest.mark.parametrize("text", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "'=1", "%0"])
def test_a_csv_file_may_be_opened_in_a_spreadsheet(record, text):
    """What would be a formula stands as text, and is read back as it was."""
    written = b"".join(write_csv([SequencedAma(sequence=1, record=record(call_id=text))]))
    (row,) = list(csv.DictReader(io.StringIO(written.decode())))[:1]
    assert row["call_id"] == "'" + text
    assert read_csv(written.splitlines(keepends=True)).records[0].record.call_id == text
