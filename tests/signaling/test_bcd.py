"""BCD digits and AINDigits: nibble order, odd numbers, characters, fields.

Source: ain-wire section 3.1.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling.bcd import Digits, decode_digits, digits_of, encode_digits, octets_of
from ain_scp.signaling.errors import DecodeError

ALPHABET = "0123456789*#ADEF"

CASES = [
    ("03100958552143", Digits(3, 1, "9085551234")),
    ("80002204", Digits(0, 0, "224")),  # odd: the last high nibble is filler
    ("0000", Digits(0, 0, "")),  # an empty number is two octets
    ("031b09", Digits(3, 1, "90", 2, 3)),
    ("8000bb0c", Digits(0, 0, "**#")),
]


@pytest.mark.parametrize(("octets", "value"), CASES)
def test_numbers_both_ways(octets, value):
    """Octets and number correspond."""
    assert decode_digits(bytes.fromhex(octets)) == value
    assert encode_digits(value).hex() == octets


def test_spare_bit_and_filler_are_ignored():
    """A set spare bit and an odd number's filler do not change the number."""
    assert decode_digits(bytes.fromhex("808022f4")) == Digits(0, 0, "224")


@pytest.mark.parametrize("octets", ["", "03", "8010", "f173"])
def test_too_few_octets_are_refused(octets):
    """Under two octets, and an odd number without a digit, are refused."""
    with pytest.raises(DecodeError):
        decode_digits(bytes.fromhex(octets))


@pytest.mark.parametrize("digits", ["12a", "1B", "1C", "1 2", "١", "-1", "a"])
def test_foreign_characters_are_refused(digits):
    """Only 0-9, *, #, A, D, E and F are digits; blanks and other scripts' digits are not."""
    with pytest.raises(ValueError, match="digits are"):
        octets_of(digits)


@pytest.mark.parametrize(
    "value", [Digits(128, 1, ""), Digits(3, 8, ""), Digits(3, 1, "", 4), Digits(3, 1, "", 0, 4)]
)
def test_fields_outside_their_bits_are_refused(value):
    """A field that does not fit its bits is not written."""
    with pytest.raises(ValueError, match="nature"):
        encode_digits(value)


@given(
    st.builds(
        Digits,
        st.integers(0, 127),
        st.integers(0, 7),
        st.text(ALPHABET, max_size=40),
        st.integers(0, 3),
        st.integers(0, 3),
    )
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_every_number_comes_back(value):
    """Whatever is written is read."""
    assert decode_digits(encode_digits(value)) == value


@given(st.binary(max_size=30))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_every_nibble_is_kept(octets):
    """Reading all nibbles and writing them again loses nothing."""
    assert octets_of(digits_of(octets)) == octets
