"""Digit collection and the switch's own reading of what was dialed.

A caller's digits are complete at once when the dialing pattern has one length (1+10, N11, 10 digits); otherwise the
inter-digit timer or the caller's end-of-dialing signal (#) completes them. Reading them gives the number, its nature
and the carrier the caller dialed, by the rules that the service reads them by (docs/numbers.md).

Source: A-017, A-037, A-045; ain-wire.md section 3.1 (nature of number); [0061], [0108].
"""

from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from ain_scp.terms.dialed import (
    CARRIER_EXCHANGE,
    EMERGENCY_NUMBER,
    END,
    emergency_digits,
    is_foreign,
    is_nanp,
    plain_form,
)
from ain_scp.terms.digits import MAX_NUMBER, MIN_INTERNATIONAL
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL, NON_SUBSCRIBER

NON_SUBSCRIBER_OPERATOR: Final = 0x71
NON_NATIONAL_OPERATOR: Final = 0x72
NON_INTERNATIONAL_OPERATOR: Final = 0x73
NON_NO_NUMBER_OPERATOR: Final = 0x74
NON_NO_NUMBER_CARRIER: Final = 0x75
NON_950: Final = 0x76

MAX_COLLECTED: Final = 15
"""Digits the switch keeps: as many as collectedAddressInfo may hold (ain-wire.md section 3.2), after any 101XXXX."""


class Completeness(StrEnum):
    """What the digits so far are: more must come, more may come, nothing more can come."""

    INCOMPLETE = "incomplete"
    PERHAPS = "perhaps"
    COMPLETE = "complete"


COMPLETE: Final = Completeness.COMPLETE
PERHAPS: Final = Completeness.PERHAPS
"""By names of this module: quicker to look up than in the enumeration."""


class DialedNumber(msgspec.Struct, frozen=True):
    """The switch's reading: the number without prefixes, its nature, the carrier dialed; `valid` False = vacant code."""

    number: str
    non: int
    carrier: str | None = None
    valid: bool = True


def split_carrier(digits: str) -> tuple[str | None, str]:
    """Split a carrier access code 101XXXX from what follows it."""
    if digits.startswith("101") and len(digits) >= 7:
        return digits[3:7], digits[7:]
    return None, digits


@lru_cache(maxsize=4096)
def completeness(digits: str) -> Completeness:
    """Judge the digits collected so far (without access code)."""
    if END in digits:
        return Completeness.COMPLETE
    if digits.startswith("101"):
        if len(digits) < 7:
            return Completeness.INCOMPLETE
        return Completeness.PERHAPS if len(digits) == 7 else completeness(digits[7:])
    shortest, longest = _lengths(digits)
    if len(digits) >= longest:
        return Completeness.COMPLETE
    return Completeness.PERHAPS if len(digits) in shortest else Completeness.INCOMPLETE


def _lengths(digits: str) -> tuple[range | frozenset[int], int]:
    """Return at which lengths dialing that starts so may end, and at which it must."""
    if digits.startswith(("011", "01")):
        prefix = 3 if digits.startswith("011") else 2
        return range(prefix + MIN_INTERNATIONAL, prefix + MAX_NUMBER), prefix + MAX_NUMBER
    if digits.startswith("00"):
        return frozenset(), 2
    if digits.startswith("0"):
        return frozenset({1, 8}), 11
    if digits.startswith("1"):
        return frozenset(), 11
    if len(digits) >= 3 and digits[1:3] == "11":
        return frozenset(), 3
    if digits.startswith(CARRIER_EXCHANGE):
        return frozenset(), 7
    return frozenset({7}), 10


@lru_cache(maxsize=4096)
def read(digits: str) -> DialedNumber:
    """Read dialed digits (without access code) as a number; anything no pattern fits is a vacant code."""
    if emergency_digits(None, digits) == EMERGENCY_NUMBER:
        return DialedNumber(EMERGENCY_NUMBER, NON_SUBSCRIBER)
    carrier, rest = split_carrier(plain_form(digits))
    rest = plain_form(rest)
    if carrier is not None and not rest:
        return DialedNumber("", NON_NO_NUMBER_CARRIER, carrier)
    number, non = _read_prefix(rest)
    return DialedNumber(number, non, carrier, valid=non != 0)


def _read_prefix(digits: str) -> tuple[str, int]:
    """Take prefixes off; nature 0 = no pattern fits."""
    for prefix, non in (("011", NON_INTERNATIONAL), ("01", NON_INTERNATIONAL_OPERATOR)):
        if digits.startswith(prefix):
            number = digits[len(prefix) :]
            return (number, non) if is_foreign(number) else (digits, 0)
    if digits in {"0", "00"}:
        return "", NON_NO_NUMBER_OPERATOR
    if digits.startswith("0"):
        return _operator(digits[1:])
    if digits.startswith("1"):
        number = digits[1:]
        return _national(number) if len(number) == 10 else (digits, 0)
    return _national(digits)


def _operator(digits: str) -> tuple[str, int]:
    if not is_nanp(digits):
        return digits, 0
    return digits, NON_NATIONAL_OPERATOR if len(digits) == 10 else NON_SUBSCRIBER_OPERATOR


def _national(digits: str) -> tuple[str, int]:
    if len(digits) == 3 and digits[0] in "23456789" and digits[1:] == "11":
        return digits, NON_SUBSCRIBER
    if not is_nanp(digits):
        return digits, 0
    if digits[-7:-4] == CARRIER_EXCHANGE:
        return digits[-7:], NON_950
    return digits, NON_NATIONAL if len(digits) == 10 else NON_SUBSCRIBER
