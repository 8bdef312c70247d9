"""What a digit string is, and the integer that stands for it in columns.

A digit string is 1 to 18 of the characters 0-9 and nothing else: no hexadecimal digit, no `*` or `#`, no sign, blank or
underscore, no digit of another script. Eighteen holds the fifteen digits of E.164 after the prefix 011.

The code of a string is the integer `1` followed by its digits, so "0911" is 10911: leading zeros and the length survive,
two strings never share a code, and the largest (1 and eighteen nines) fits a signed 64-bit integer.

Source: D-003, A-092 (complete numbers, prefix 011 removed or not), ITU-T E.164 6.2 (15 digits).
"""

from typing import Final

MAX_DIGITS: Final = 18
NOT_THERE: Final = -1

POWERS: Final[tuple[int, ...]] = tuple(10**exponent for exponent in range(MAX_DIGITS + 1))


def is_digits(text: str) -> bool:
    """Whether the text is a digit string: 1 to 18 ASCII decimal digits.

    Source: D-003.
    """
    return 0 < len(text) <= MAX_DIGITS and text.isascii() and text.isdigit()


def code(digits: str) -> int:
    """Give the integer code of a digit string.

    Raises ValueError for anything that is not a digit string.

    Source: D-003.
    """
    if not is_digits(digits):
        raise ValueError(f"{digits[:40]!r} is not a string of 1 to {MAX_DIGITS} digits")
    return int("1" + digits)


def length_of(number_code: int) -> int:
    """Give the number of digits a code stands for, 0 when the integer is no code.

    Source: D-003.
    """
    if number_code < 10:
        return 0
    text = str(number_code)
    length = len(text) - 1
    return length if length <= MAX_DIGITS and text[0] == "1" else 0


def digits_of(number_code: int) -> str:
    """Give the digit string of a code.

    Raises ValueError for an integer that is no code.

    Source: D-003.
    """
    if length_of(number_code) == 0:
        raise ValueError(f"{number_code} is not the code of a digit string")
    return str(number_code)[1:]
