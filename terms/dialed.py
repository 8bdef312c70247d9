"""What a caller keyed, before any dialing plan reads it: text of people, the end of dialing, 911, country code 1.

docs/numbers.md is the table of all forms; these are the rules that hold whichever plan is dialed.

Source: A-023, A-045, A-103, interfaces.md section 3, T1.113 (natures of number), NANP; ain-wire section 3.1.
"""

import re
from collections.abc import Collection
from typing import Final

from ain_scp.terms.digits import MIN_INTERNATIONAL, is_digits, is_number, not_foreign

END: Final = "#"
"""Ends dialing and is no part of the number; what follows it was never dialed."""

EMERGENCY_NUMBER: Final = "911"
EMERGENCY_TEST_NUMBER: Final = "933"
"""Reads back what 911 would know; reaches no one unless provisioned, but is never shed (unconfirmed)."""

CARRIER_EXCHANGE: Final = "950"
"""The exchange of carriers' own access numbers, 950-XXXX, in every area (T1.113 nature 950+)."""

CARRIER_PREFIX: Final = "101"
CARRIER_DIGITS: Final = 7
"""Digits of a carrier access code, 101XXXX."""

_OUTSIDE: Final = "9"
"""What is dialed for an outside line nearly everywhere."""

INTERNATIONAL_PREFIX: Final = "011"
FOREIGN_NANP: Final = INTERNATIONAL_PREFIX + "1"
"""011 and the country code of the NANP itself."""

_NANP_NUMBER: Final = 10
_SEPARATORS: Final = re.compile(r"[ ().-]")
_KEYS: Final = re.compile(r"[0-9*#]*")


def keyed(text: str) -> str:
    """Read digits as people write them: blanks, hyphens, dots and brackets are for the eye. ValueError for other text."""
    digits = _SEPARATORS.sub("", text)
    if not _KEYS.fullmatch(digits):
        raise ValueError(f"{text[:40]!r} is not something to dial: digits, * and # are")
    return digits


def split_code(text: str) -> tuple[str | None, str]:
    """`7 921-2000` is access code 7 and 9212000; without a blank after the first key no code is recognized (None)."""
    first, blank, rest = text.lstrip().partition(" ")
    if blank and len(first) <= 1:
        return keyed(first), keyed(rest)
    return None, keyed(text)


def take_code(digits: str, codes: Collection[str]) -> tuple[str | None, str]:
    """Take the access code off the front of digits keyed without a pause: the longest declared one, else one digit."""
    if not digits:
        return None, digits
    code = max((code for code in codes if digits.startswith(code)), key=len, default="") or digits[0]
    return code, digits[len(code) :]


def plain_form(dialed: str) -> str:
    """The digits that a dialing plan reads: without the end of dialing, and 011 1 + 10 digits as the NANP's own 1 + 10.

    Country code 1 is the NANP itself, so such a number meets the same tables, screening and blocking as dialed at home.
    """
    if END in dialed:
        dialed = dialed[: dialed.index(END)]
    if dialed.startswith(FOREIGN_NANP) and len(dialed) == len(FOREIGN_NANP) + _NANP_NUMBER:
        return dialed[3:]
    return dialed


def is_nanp(number: str) -> bool:
    """NXX-XXXX, with or without an area code: neither begins with 0 or 1, neither is a service code N11."""
    if len(number) == _NANP_NUMBER and not _is_code(number[:3]):
        return False
    return len(number) in {7, _NANP_NUMBER} and is_digits(number) and _is_code(number[-7:-4])


def _is_code(code: str) -> bool:
    return code[0] not in "01" and code[1:] != "11"


def is_foreign(number: str) -> bool:
    """A country code and more: none begins with 0, 1 is the NANP, and less than three digits go into no message (A-069)."""
    return is_number(number, MIN_INTERNATIONAL) and not not_foreign(number)


def emergency_digits(code: str | None, dialed: str) -> str:
    """911 (or the test number 933) when that is what was dialed, however; else "".

    With or without access code, with 9 taken for one (9, then 11), after 0, 00, 1 or 101XXXX, and whatever is keyed after
    a complete 911: no area code and no exchange begins 911 or 11, 00 is a number by itself, so nothing else is ever
    mistaken for it, however few of the digits are there yet.
    """
    if not _may_be_emergency(code, dialed):
        return ""
    digits = dialed
    if digits.startswith(CARRIER_PREFIX) and len(digits) > CARRIER_DIGITS:
        digits = digits[CARRIER_DIGITS:]
    if digits[:1] in {"0", "1"}:
        digits = digits[2:] if digits.startswith("00") else digits[1:]
    if digits.startswith(EMERGENCY_NUMBER):
        return EMERGENCY_NUMBER
    if code and EMERGENCY_NUMBER.startswith(code):
        rest = dialed.partition(END)[0]
        if code + rest == EMERGENCY_NUMBER or (code == EMERGENCY_NUMBER[0] and dialed.startswith("11")):
            return EMERGENCY_NUMBER
    return EMERGENCY_TEST_NUMBER if digits.partition(END)[0] == EMERGENCY_TEST_NUMBER else ""


def emergency_sent(code: str | None, dialed: str) -> str:
    """The same of digits that are complete: a PBX may have left its own 9 before 911.

    Of a number that is still being dialed 9911 may be the beginning (991-1234).
    """
    if not _may_be_emergency(code, dialed):
        return ""
    if dialed.partition(END)[0] == _OUTSIDE + EMERGENCY_NUMBER:
        return EMERGENCY_NUMBER
    return emergency_digits(code, dialed)


def _may_be_emergency(code: str | None, dialed: str) -> bool:
    """False for nearly all that is dialed: 911 and 933 have a doubled digit, which only an access code can hold a part of."""
    return "11" in dialed or "33" in dialed or code == "91" or code == EMERGENCY_NUMBER  # noqa: PLR1714 (no set per call)
