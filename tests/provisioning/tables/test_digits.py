"""Digit strings and their codes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.tables.digits import code, digits_of, is_digits, length_of

DIGITS = st.text("0123456789", min_size=1, max_size=18)
HOSTILE = [
    "",
    " ",
    "+1",
    "-1",
    "1_2",
    "12a4",
    "0x10",
    "*69",
    "#",
    "1" * 19,
    "１２３",
    "١٢",
    "²",
    "1\n",
    "\x00",
    "\ud800",
    "1.5",
]


@given(DIGITS)
@settings(derandomize=True, deadline=None)
def test_a_code_keeps_every_digit(digits):
    """Leading zeros and the length survive, and the code fits 64 bits."""
    assert digits_of(code(digits)) == digits
    assert length_of(code(digits)) == len(digits)
    assert 10 <= code(digits) < 2**63


@given(DIGITS, DIGITS)
@settings(derandomize=True, deadline=None)
def test_codes_differ_when_strings_differ(one, other):
    """No two digit strings share a code."""
    assert (code(one) == code(other)) == (one == other)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_digit_string_has_no_code(text):
    """Signs, blanks, letters, other scripts, nothing and too much are all refused."""
    assert not is_digits(text)
    with pytest.raises(ValueError, match="is not a string of 1 to 18 digits"):
        code(text)


@pytest.mark.parametrize("number", [-19, -1, 0, 1, 9, 20, 99, 200, 2 * 10**18, 10**19, 10**30])
def test_an_integer_without_the_leading_one_is_no_code(number):
    """Only 1 followed by 1 to 18 digits is a code."""
    assert length_of(number) == 0
    with pytest.raises(ValueError, match="is not the code"):
        digits_of(number)
