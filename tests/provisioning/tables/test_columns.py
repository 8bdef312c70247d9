"""The quick reader of number files: equal to the csv module on plain files, silent about all others."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.tables.columns import EMPTY_CODE, NO_WORD, ColumnFile, Digits, Words, read_columns
from ain_scp.provisioning.tables.digits import code

TABLES = ("OCS_LA", "OCS_EAST", "OCS_WEST", "A-1.b")
TYPES = ("CENTREX", "PBX", "TO")
STATIONS = {
    "table": Words(TABLES),
    "number": Digits((3, 7, 10, 18)),
    "type": Words(TYPES, blank=True),
    "extension": Digits(blank=True),
}
GOOD = "table,number,type,extension\nOCS_LA,9258341234,CENTREX,1234\nA-1.b,911,,\nOCS_EAST,9258341235,TO,00\n"


def slow(text, expected):
    """Read a file with the csv module and check each cell by itself; None when a row or cell is not legal."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    columns = {name: [] for name in expected}
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            return None
        cells = dict(zip(rows[0], row, strict=True))
        for name, kind in expected.items():
            cell = cells.get(name, "")
            legal = (
                cell in kind.known
                if isinstance(kind, Words)
                else cell.isascii() and cell.isdigit() and len(cell) in kind.lengths
            )
            if not legal and not (cell == "" and kind.blank):
                return None
            empty = NO_WORD if isinstance(kind, Words) else EMPTY_CODE
            value = (
                kind.known.index(cell) if cell and isinstance(kind, Words) else code(cell) if cell else empty
            )
            columns[name].append(value)
    return columns


def quick(tmp_path, text, expected=STATIONS, **options):
    """Write a file as it stands and read it with the quick reader."""
    path = tmp_path / "numbers.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return read_columns(path, expected, **options)


def lists(read):
    """Give columns as lists."""
    return {name: column.tolist() for name, column in read.columns.items()}


@st.composite
def plain_files(draw):
    """Draw a legal file: any column order, optional columns left out or not, any number of rows."""
    names = draw(
        st.permutations(
            ["table", "number", *draw(st.lists(st.sampled_from(["type", "extension"]), unique=True))]
        )
    )
    digits = st.text("0123456789", min_size=1, max_size=18)
    cells = {
        "table": st.sampled_from(TABLES),
        "number": digits.filter(lambda text: len(text) in (3, 7, 10, 18))
        | st.sampled_from(["911", "0" * 18, "9" * 18]),
        "type": st.sampled_from(["", *TYPES]),
        "extension": st.just("") | digits,
    }
    rows = draw(st.lists(st.tuples(*[cells[name] for name in names]), max_size=12))
    text = "\n".join(",".join(row) for row in [names, *rows])
    return text + ("\n" if not rows else draw(st.sampled_from(["\n", ""])))


@given(text=plain_files(), block=st.integers(1, 200))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_plain_file_is_read_as_the_csv_module_reads_it(tmp_path_factory, text, block):
    """Every legal file is read, wherever the blocks fall, and each cell has the value of the csv module's cell."""
    read = quick(tmp_path_factory.getbasetemp(), text, block=block)
    assert read is not None
    assert lists(read) == slow(text, STATIONS)
    assert read.lines.tolist() == list(range(2, read.rows + 2))


@given(
    text=plain_files(),
    changes=st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(list('",\n\r #0aX\x00é\t+-;')), st.booleans()),
        max_size=3,
    ),
    block=st.integers(1, 200),
)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_changed_file_is_read_alike_or_not_at_all(tmp_path_factory, text, changes, block):
    """Whatever is put into a file, the quick reader never gives a cell that the csv module does not give."""
    for place, character, insert in changes:
        at = place % (len(text) + 1)
        text = text[:at] + character + text[at + (0 if insert else 1) :]
    read = quick(tmp_path_factory.getbasetemp(), text, block=block)
    if read is not None:
        assert lists(read) == slow(text, STATIONS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("OCS_LA", '"OCS_LA"'),
        ("OCS_LA", "OCS_LAX"),
        ("OCS_LA", "OCS_LB"),
        ("OCS_LA", ""),
        ("OCS_LA", " OCS_LA"),
        ("OCS_LA", "#OCS_LA"),
        ("OCS_LA", "W" * 70),
        ("9258341234", "925834123A"),
        ("9258341234", "９258341234"),
        ("9258341234", "92583412"),
        ("9258341234", "+258341234"),
        ("9258341234", "925834:234"),
        ("9258341234", "925834/234"),
        ("1234\n", "1" * 19 + "\n"),
        ("1234\n", "1234 \n"),
        ("\n", "\r\n"),
        ("1234\n", "1234\n\n"),
        ("1234\n", "1234\n# moved\n"),
        ("1234\n", "1234,\n"),
        (",1234\n", "\n"),
        ("00\n", "00\n\n"),
        ("00\n", "00\x00"),
        ("table", "\ufefftable"),
        ("table", "tables"),
        ("type", "table"),
        ("table,number", "table,numbér"),
        ("extension\n", "extension,note\n"),
        ("table,number,type,extension", "# stations\ntable,number,type,extension"),
    ],
)
def test_anything_unusual_is_left_to_the_careful_reader(tmp_path, old, new):
    """One unusual octet is enough for the answer None."""
    assert quick(tmp_path, GOOD) is not None
    assert quick(tmp_path, GOOD.replace(old, new, 1)) is None


def test_values_of_a_small_file(tmp_path):
    """Codes keep leading zeros, words are positions, an empty cell is 1 or -1, row 0 stands on line 2."""
    assert lists(quick(tmp_path, GOOD)) == {
        "table": [0, 3, 1],
        "number": [19258341234, 1911, 19258341235],
        "type": [0, -1, 2],
        "extension": [11234, 1, 100],
    }
    assert quick(tmp_path, GOOD).lines.tolist() == [2, 3, 4]


def test_a_column_left_out_is_empty_throughout(tmp_path):
    """Only a column whose cells may be empty may be left out."""
    read = quick(tmp_path, "number,table\n911,OCS_LA\n")
    assert lists(read) == {"number": [1911], "table": [0], "type": [-1], "extension": [1]}
    assert quick(tmp_path, "number\n911\n") is None


def test_a_header_alone_is_an_empty_table(tmp_path):
    """No rows, every expected column there and empty."""
    read = quick(tmp_path, "table,number\n")
    assert isinstance(read, ColumnFile)
    assert read.rows == 0
    assert all(column.tolist() == [] for column in read.columns.values())


def test_a_blank_line_is_no_empty_cell(tmp_path):
    """In a file of one column that may be empty, an empty line is still unusual."""
    assert quick(tmp_path, "extension\n12\n\n13\n", {"extension": Digits(blank=True)}) is None


@pytest.mark.parametrize(
    "text", ["", "\n", "number", "x" * 200_000, "number\n" + "1" * 200_000, "number,number\n1,1\n"]
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text):
    """Empty files, endless lines and headers that repeat a name are None."""
    assert quick(tmp_path, text, {"number": Digits()}) is None


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """A missing file and a directory are None."""
    assert read_columns(tmp_path / "absent.csv", STATIONS) is None
    assert read_columns(tmp_path, STATIONS) is None


def test_a_large_file_in_many_blocks(tmp_path):
    """50,000 rows in blocks of 4 KiB: every number and every word where it belongs."""
    rows = [(f"{9_250_000_000 + 37 * at}", TABLES[at % 4], TYPES[at % 3]) for at in range(50_000)]
    read = quick(tmp_path, "number,table,type\n" + "".join(",".join(row) + "\n" for row in rows), block=4096)
    assert read.columns["number"].tolist() == [int("1" + row[0]) for row in rows]
    assert read.columns["table"].tolist() == [at % 4 for at in range(50_000)]
    assert read.columns["type"].tolist() == [at % 3 for at in range(50_000)]
    assert read.columns["extension"].tolist() == [1] * 50_000
