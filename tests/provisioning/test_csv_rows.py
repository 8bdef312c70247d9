"""The row reader reads what RFC 4180 says, and knows where each cell stands.

Source: RFC 4180; interfaces.md section 2.
"""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.check.findings import Findings, hint, shown
from ain_scp.provisioning.csv_rows import Table, is_word, read_table, spelled

TEXT = st.text(st.sampled_from('ab,"\n #é'), max_size=4)


def table_of(text: str, columns: tuple[str, ...], findings: Findings) -> Table:
    table = read_table("t.csv", text, columns, (), findings)
    assert table is not None, findings.problems()
    return table


@settings(derandomize=True, deadline=None, max_examples=120)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example([("", "", "")], "\n", True)
def test_it_reads_what_the_standard_library_writes(
    rows: list[tuple[str, str, str]], line_feed: str, end: bool
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=line_feed, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    text = out.getvalue() if end else out.getvalue().removesuffix(line_feed)
    findings = Findings()
    table = table_of(text, ("a", "b", "c"), findings)
    found = list(table.rows())
    assert not findings.problems()
    assert [(row.get("a"), row.get("b"), row.get("c")) for row in found] == rows
    lines = text.split("\n")
    for row in found:
        for name in "abc":
            line, column = row.place(name)
            assert lines[line - 1][column - 1] == '"'


@settings(derandomize=True, deadline=None, max_examples=120)
@given(st.lists(st.tuples(*[st.text(st.sampled_from("ab1 é"), max_size=4)] * 3), max_size=6))
def test_plain_cells_stand_where_they_are_written(rows: list[tuple[str, str, str]]) -> None:
    text = 'c,a,b\n# remark, with "quote\n' + "".join(",".join(row) + "\n" for row in rows)
    lines = text.split("\n")
    found = list(table_of(text, ("a", "b", "c"), Findings()).rows())
    assert [(row.get("c"), row.get("a"), row.get("b")) for row in found] == rows
    for row in found:
        for name in "abc":
            line, column = row.place(name)
            assert lines[line - 1][column - 1 :].startswith(row.get(name))


def test_a_left_out_column_is_empty() -> None:
    table = read_table("t.csv", "a\n1\n", ("a",), ("b",), Findings())
    assert table is not None
    (row,) = table.rows()
    assert row.get("b") == ""


def test_comments_and_blank_lines_are_no_rows_but_count_as_lines() -> None:
    text = "# one\n\na\n# two\n1\n\n2"
    assert [(row.line, row.get("a")) for row in table_of(text, ("a",), Findings()).rows()] == [
        (5, "1"),
        (7, "2"),
    ]


def test_a_quoted_cell_that_starts_like_a_comment_is_a_row() -> None:
    assert [row.get("a") for row in table_of('a\n"#1"\n', ("a",), Findings()).rows()] == ["#1"]


def test_reading_goes_on_after_each_broken_row() -> None:
    findings = Findings()
    text = 'a,b\n"1,2\n3,4\n5,"6"7\n8,9"\n10\n11,12\n'
    assert [row.get("a") for row in table_of(text, ("a", "b"), findings).rows()] == ["3", "11"]
    assert [(one.line, one.column) for one in findings.problems()] == [(4, 4), (4, 6), (5, 4), (6, 1)]


@pytest.mark.parametrize(
    ("word", "good"), [("GOLDEN", True), ("a.b-c_1", True), ("", False), ("-a", False), ("a b", False), ("x" * 65, False), ("é", False)]
)  # fmt: skip
def test_what_may_be_a_name(word: str, good: bool) -> None:
    assert is_word(word) is good


def test_messages_are_short_and_printable() -> None:
    assert shown("x\n" * 1000) == "'" + "x\\n" * 13 + "..."
    assert len(shown(["x"] * 1000)) < 45
    assert spelled((10, 7)) == "7 or 10"
    assert spelled(range(1, 16)) == "1 to 15"
    assert hint("SSP2OO4", ["SSP2004", "ETN2016"]) == ", did you mean SSP2004?"
    assert hint("zzz", ["SSP2004"]) == ""


def test_the_example_is_read_as_the_standard_library_reads_it(golden: Path) -> None:
    for file in golden.rglob("*.csv"):
        text = file.read_text(encoding="utf-8")
        header, *rows = csv.reader(io.StringIO(text))
        table = table_of(text, tuple(header), Findings())
        assert [[row.get(name) for name in header] for row in table.rows()] == rows
