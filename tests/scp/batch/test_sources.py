"""Files of call attempts: every row is read once, in any division, or counted as one that cannot be asked."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.scp.batch import cells, sources
from ain_scp.scp.batch.attempts import draws
from ain_scp.scp.batch.sources import CsvSource, SourceFault, open_source
from ain_scp.terms.localtime import parse, text

HEAD = "calling_party,access_code,dialed,bearer,time\n"


def write(tmp_path, lines, head=HEAD, end="\n"):
    path = tmp_path / "calls.csv"
    path.write_bytes((head + end.join(lines) + (end if lines else "")).encode())
    return path


def read(path, start=0, stop=None):
    """Every query of a piece as (place, calling, dialed, access code, bearer, time), and the rows passed over."""
    found, invalid = [], 0
    for one in CsvSource(path).chunks(start, stop, 0):
        invalid += one.invalid
        for row, place in enumerate(one.places.tolist()):
            query = one.attempts.query(row)
            found.append(
                (place, query.calling_party, query.dialed, query.access_code, query.bearer, text(query.time))
            )
    return found, invalid


ROWS = [
    ("9258341234,7,9212000,SPEECH,2001-01-17T10:00:00", ("9258341234", "9212000", "7", "SPEECH")),
    ("9258341234,,911,,2001-01-17 10:00:00", ("9258341234", "911", None, "SPEECH")),
    ("9258341234,9,*72,FAX,2001-01-17T10:00:00", ("9258341234", "*72", "9", "FAX")),
    (",9,911,FAX,2001-01-17T10:00:00", (None, "911", "9", "FAX")),
    ("925834,9,911,FAX,2001-01-17T10:00:00", ("925834", "911", "9", "FAX")),
    ("9258341234,12,,UDI_64,2001-01-17T10:00:00", ("9258341234", "", "12", "UDI_64")),
    ('"9258341234","9","911","FAX","2001-01-17T10:00:00"', ("9258341234", "911", "9", "FAX")),
    (f"9258341234,9,{'9' * 40},FAX,2001-01-17T10:00:00", ("9258341234", "9" * 40, "9", "FAX")),
]


@pytest.mark.parametrize(("line", "expected"), ROWS)
def test_a_row_is_read_as_its_query(tmp_path, line, expected):
    found, invalid = read(write(tmp_path, [line]))
    assert invalid == 0
    assert [one[1:5] for one in found] == [expected]
    assert found[0][5] == "2001-01-17T10:00:00"


@pytest.mark.parametrize(
    "line",
    [
        "9258341234,7,9212000,SPEECH,2001-02-30T10:00:00",
        "9258341234,7,9212000,SPEECH,2001-02-28T24:00:00",
        "9258341234,7,9212000,SPEECH,yesterday",
        "9258341234,7,9212000,SPEECH,",
        "9258341234,7,9212000,SPEAK,2001-01-17T10:00:00",
        "9258341234,7,9212000,SPEECH",
        "9258341234,7,9212000,SPEECH,2001-01-17T10:00:00,more",
    ],
)
def test_a_row_that_cannot_be_asked_is_passed_over_and_counted(tmp_path, line):
    good = ROWS[0][0]
    found, invalid = read(write(tmp_path, [good, line, good]))
    assert (len(found), invalid) == (2, 1)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(
    st.lists(st.sampled_from([row for row, _ in ROWS]), max_size=30),
    st.lists(st.integers(0, 2000), max_size=5),
)
def test_pieces_hold_every_row_once_wherever_they_are_cut(tmp_path_factory, lines, cuts):
    path = write(tmp_path_factory.mktemp("cut"), lines)
    whole, _ = read(path)
    assert len(whole) == len(lines)
    edges = [0, *sorted(set(cuts)), None]
    parts = []
    for start, stop in itertools.pairwise(edges):
        parts += read(path, start, stop)[0]
    assert parts == whole


def test_small_blocks_give_the_same_rows(tmp_path, monkeypatch):
    path = write(tmp_path, [row for row, _ in ROWS] * 40)
    whole = read(path)
    monkeypatch.setattr(sources, "BLOCK", 64)
    assert read(path) == whole


def test_windows_line_ends_and_a_missing_last_one(tmp_path):
    lines = [ROWS[0][0], ROWS[1][0]]
    crlf = read(write(tmp_path, lines, HEAD.replace("\n", "\r\n"), "\r\n"))[0]
    (tmp_path / "calls.csv").write_text(HEAD + "\n".join(lines))
    assert [one[1:] for one in crlf] == [one[1:] for one in read(tmp_path / "calls.csv")[0]]


@pytest.mark.parametrize(
    ("octets", "told"),
    [(b"", "no column"), (b"calling_party,time\n", "dialed"), (b"dialed,dialed,calling_party,time\n", "twice"), (b"\xff\xfe\n", "UTF-16 text"), (b"a;b;c\n", "columns are separated by ';'")],
)  # fmt: skip
def test_a_file_without_the_columns_is_refused(tmp_path, octets, told):
    (tmp_path / "x.csv").write_bytes(octets)
    with pytest.raises(SourceFault, match=told):
        open_source(tmp_path / "x.csv")


def test_parquet_gives_the_rows_of_the_csv_or_one_clear_line(tmp_path):
    pytest.importorskip("pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "calling_party": ["9258341234", "9258341235"],
            "dialed": ["9212000", "*72"],
            "access_code": ["7", "9"],
            "time": ["2001-01-17T10:00:00", "2001-01-18T10:00:00"],
            "else": [1, 2],
        }
    )
    parquet.write_table(table, tmp_path / "calls.parquet", row_group_size=1)
    source = open_source(tmp_path / "calls.parquet")
    rows = [
        one.attempts.query(row).dialed
        for piece in source.pieces()
        for one in source.chunks(piece.start, piece.stop, 0)
        for row in range(len(one.places))
    ]
    assert rows == ["9212000", "*72"]
    (tmp_path / "broken.parquet").write_bytes(b"PAR1nonsense")
    with pytest.raises(SourceFault, match=r"broken\.parquet"):
        open_source(tmp_path / "broken.parquet")


def test_times_are_those_of_the_calendar():
    stamps = ["1970-01-01T00:00:00", "2000-02-29T23:59:59", "1999-12-31T12:34:56", "2100-03-01T00:00:00"]
    octets = np.frombuffer(("\n".join(stamps) + "\n").encode(), np.uint8)
    (column,) = cells.split(octets, 1)
    seconds, odd = cells.times(column)
    assert seconds.tolist() == [parse(stamp) for stamp in stamps]
    assert not odd.any()


def test_a_draw_depends_on_seed_and_place_only_and_is_even():
    places = np.arange(100_000)
    first = draws(7, places)
    assert (first == np.concatenate([draws(7, places[:10]), draws(7, places[10:])])).all()
    assert (first != draws(8, places)).mean() > 0.99
    shares = np.bincount(first // 1000, minlength=10) / len(places)
    assert abs(shares - 0.1).max() < 0.01
