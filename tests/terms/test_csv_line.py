"""Lines of CSV are cut by RFC 4180, and what breaks it is not guessed."""

import pytest

from ain_scp.terms.csv_line import cells_of


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a,b", ["a", "b"]),
        ("", [""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a ""b""",', ['a "b"', ""]),
        ('"ab"c,d', None),
        ('"ab" ,d', None),
        ('a,"b', None),
        ('"a""', None),
    ],
)
def test_a_line_has_its_cells_or_none(line, found):
    assert cells_of(line) == found
