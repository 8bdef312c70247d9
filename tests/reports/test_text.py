"""Tables: columns never run together, cells are cut only on a terminal, and what is left out is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.ain.words import counted
from ain_scp.reports.sheet import Part, Sheet
from ain_scp.reports.text import sheet_text, table

CELLS = st.text("abc-1", max_size=30)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1), st.integers(10, 120))
def test_a_line_is_never_wider_than_the_terminal_and_whole_in_a_pipe(rows, width):
    for row in table(("a", "b", "c"), rows, width=width)[: 1 + len(rows)]:
        assert len(row) <= width
    for row, line in zip(rows, table(("a", "b", "c"), rows)[1:], strict=True):
        assert line.split() == [cell for cell in row if cell]


def test_what_does_not_fit_is_named():
    lines = table(("call", "status", "facility"), [("C01", "COMPLETED", "PSTN > 0000-0174")], width=20)
    assert lines[1] == "C01   COMPLETED"
    assert lines[2].startswith("(not shown here: facility;")
    assert table(("n", "text"), [("1", "x" * 30)], numbers=(0,), width=20)[1] == "1  " + "x" * 16 + "…"


def test_no_name_shifts_a_table_or_adds_a_line():
    """Escapes are measured as they are shown, wherever a name stands; a line end in a name is one of them."""
    evil = "a\x1b[2J\u202e\n9"
    shown = "a\\u001b[2J\\u202e\\u000a9"
    said = sheet_text(
        Sheet(evil, ((evil, evil),), (Part(evil, ("", evil), ((evil, "1"), ("b", "22")), (1,), note=evil),))
    )
    wide = len(shown)
    assert said.splitlines() == [
        shown, "=" * wide, "", f"{shown}  {shown}", "", shown, "-" * wide, shown,
        f"{'':{wide}}  {shown}",
        f"{shown}  {'1':>{wide}}",
        f"{'b':{wide}}  {'22':>{wide}}",
    ]  # fmt: skip
    assert table(("n", evil), [("1", "2")], width=8)[-1].startswith(f"(not shown here: {shown};")


@pytest.mark.parametrize(("number", "words"), [(0, "0 calls"), (1, "1 call"), (12345, "12,345 calls")])
def test_numbers_agree_with_their_nouns(number, words):
    assert counted(number, "call") == words
