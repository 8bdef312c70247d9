"""Digit strings: what is a number and what only looks like one.

A number is a string of the characters 0-9, nothing else: `str.isdigit` says yes to superscripts and to digits of other
scripts, and a caller controls what arrives here.

Source: A-098, requirements.md section 5, reliability.md section 6.4.
"""

from typing import Final

MAX_NUMBER: Final = 15
"""The longest directory number, in digits (E.164; A-098)."""

AREA_DIGITS: Final = 3
"""Digits of an area code, the first of a national number."""

MIN_INTERNATIONAL: Final = 3
"""The shortest number with a country code that a message can name (originalCalledPartyID; shorter ones are unconfirmed)."""


def is_digits(text: str) -> bool:
    """Say whether `text` is one or more ASCII decimal digits."""
    return text.isdigit() and text.isascii()


def is_number(text: str, shortest: int = 1, longest: int = MAX_NUMBER) -> bool:
    """Say whether `text` is a digit string of `shortest` to `longest` digits."""
    return shortest <= len(text) <= longest and is_digits(text)


def not_foreign(number: str) -> str:
    """Why no number abroad begins so; empty when one may. `number` is a country code and what follows, without 011."""
    if number.startswith("0"):
        return "no country code starts with 0"
    return "country code 1 is the NANP's own" if number.startswith("1") else ""


def spaced(digits: str, nature: int | None = 3) -> str:
    """Write a number for people: 9258341234 -> 925-834-1234, 3314020 of nature 4 (international) -> +3314020.

    Any other nature than national (3) or that of a subscriber's number (1) leaves the digits as they are.
    """
    if nature == 4:
        return f"+{digits}"
    if nature not in (1, 3):
        return digits
    if len(digits) == 10:
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    if len(digits) == 7:
        return f"{digits[:3]}-{digits[3:]}"
    return digits
