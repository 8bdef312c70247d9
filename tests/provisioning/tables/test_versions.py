"""Rows by key and date: the first key that matches and has a version; what is remembered has a bound."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.provisioning.tables import versions
from ain_scp.provisioning.tables.versions import Versions


class Dated(msgspec.Struct, frozen=True):
    effective: int
    key: tuple[str, str]
    line: int


WORDS = st.sampled_from(("*", "A", "B"))
ROWS = st.lists(
    st.builds(Dated, st.integers(0, 5), st.tuples(WORDS, WORDS), st.just(0)),
    max_size=8,
    unique_by=lambda row: (row.effective, row.key),
)


def first(rows, asked, day):
    """Search from the top, key by key."""
    for key in dict.fromkeys(row.key for row in rows):
        if all(mine in ("*", word) for mine, word in zip(key, asked, strict=True)):
            dates = [row for row in rows if row.key == key and row.effective <= day]
            if dates:
                return max(dates, key=lambda row: row.effective)
    return None


@given(
    ROWS,
    st.lists(
        st.tuples(st.tuples(st.sampled_from("ABX"), st.sampled_from("ABX")), st.integers(0, 6)), max_size=8
    ),
)
def test_the_row_is_that_of_a_search_from_the_top(rows, asked):
    table = Versions(rows, lambda row: row.key)
    for key, day in asked * 2:
        assert table.find(key, day) is first(rows, key, day)


def test_words_from_outside_fill_no_memory(monkeypatch):
    monkeypatch.setattr(versions, "MOST_REMEMBERED", 3)
    table = Versions([Dated(0, ("*", "*"), 1)], lambda row: row.key)
    for number in range(10):
        assert table.find((f"w{number}", "x" * 400 if number < 2 else "x"), 1).line == 1
    assert len(table._found) == 3
    assert all(len(key[1]) == 1 for key in table._found)
