"""Digit strings: what is a number, what no country code is, how a number is written for people."""

import pytest

from ain_scp.terms.digits import is_digits, is_number, not_foreign, spaced
from ain_scp.terms.triggers import TRIGGERS, beginning


@pytest.mark.parametrize(
    ("text", "shortest", "longest", "verdict"),
    [
        ("", 0, 15, False),
        ("1", 1, 1, True),
        ("12", 3, 15, False),
        ("123", 3, 15, True),
        ("1" * 15, 1, 15, True),
        ("1" * 16, 1, 15, False),
        ("12a", 1, 15, False),
        ("²³", 1, 15, False),
        ("٣٣٣", 1, 15, False),
    ],
)
def test_a_number_is_so_many_ascii_digits(text, shortest, longest, verdict):
    assert is_number(text, shortest, longest) is verdict
    if text.isascii():
        assert is_digits(text) is (text != "" and "a" not in text)


def test_no_country_code_begins_with_0_or_is_the_nanp():
    assert [not_foreign(begin + "42079460000") != "" for begin in "0123456789"] == [True, True] + [False] * 8
    assert "starts with 0" in not_foreign("044")
    assert "NANP" in not_foreign("1415")


@pytest.mark.parametrize(
    ("digits", "nature", "text"),
    [
        ("9258341234", 3, "925-834-1234"),
        ("9258341234", 1, "925-834-1234"),
        ("8341234", 3, "834-1234"),
        ("8341234", 1, "834-1234"),
        ("911", 3, "911"),
        ("911", None, "911"),
        ("9258341234", None, "9258341234"),
        ("9258341234", 0, "9258341234"),
        ("9258341234", 2, "9258341234"),
        ("9258341234", 4, "+9258341234"),
        ("8341234", 5, "8341234"),
        ("92583412345", 3, "92583412345"),
        ("", 3, ""),
    ],
)
def test_a_number_is_written_by_its_nature(digits, nature, text):
    assert spaced(digits, nature) == text


def test_spaced_takes_a_national_number_where_nothing_else_is_said():
    assert spaced("9258341234") == "925-834-1234"


def test_each_type_of_trigger_begins_in_one_way():
    ways = {row.begins for row in TRIGGERS}
    assert {begins: sorted(beginning(begins)) for begins in ways} == {
        "ACCESS_CODE": ["CDP_AC"],
        "OFF_HOOK": ["OHD"],
        "SET_UP": ["PRIBC"],
        "CALLED": ["TAT"],
    }
    assert [row.originates for row in TRIGGERS] == [True, True, True, False]
