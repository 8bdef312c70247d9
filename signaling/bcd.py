"""BCD digits, low nibble first, and AINDigits, the number type of AIN.

Digits are text over `0123456789*#ADEF`: nibble B is `*` and C is `#` (unconfirmed), A, D, E and F stand for themselves, so
no nibble is ever lost or mistaken for a digit. The letters B and C never occur.

Source: ain-wire section 3.1; T1.113 (nature of number, presentation, screening); GR-1299-CORE AINDigits.
"""

from typing import Final

import msgspec

from ain_scp.signaling.errors import DecodeError

_SWAP: Final = bytes((nibbles & 0x0F) << 4 | nibbles >> 4 for nibbles in range(256))
_FROM_HEX: Final = {ord("a"): "A", ord("b"): "*", ord("c"): "#", ord("d"): "D", ord("e"): "E", ord("f"): "F"}
_TO_HEX: Final = {ord("*"): "b", ord("#"): "c"}
_ALPHABET: Final = frozenset("0123456789*#ADEF")


def digits_of(octets: bytes) -> str:
    """Read every nibble, low before high: two digits per octet, any filler included."""
    text = octets.translate(_SWAP).hex()
    return text if text.isdigit() else text.translate(_FROM_HEX)


def octets_of(digits: str) -> bytes:
    """Write digits low nibble first, an odd last one with filler 0; raises ValueError outside the alphabet."""
    if len(digits) & 1:
        digits += "0"
    if not (digits.isascii() and digits.isdigit()):
        if not _ALPHABET.issuperset(digits):
            message = "digits are 0-9, *, #, A, D, E and F only"
            raise ValueError(message)
        digits = digits.translate(_TO_HEX)
    return bytes.fromhex(digits).translate(_SWAP)


class Digits(msgspec.Struct, frozen=True):
    """AINDigits: a number with its nature of number, numbering plan, presentation and screening.

    `nature` 0..127 (1 subscriber, 3 national, 4 international; the codes differ per parameter), `plan` 0..7 (1 E.164),
    `presentation` 0..3 (0 allowed, 1 restricted; unconfirmed) and `screening` 0..3 (1 user provided, 3 network provided;
    unconfirmed) as in ISUP. The wire has no digit count: it follows from the octets and the odd bit.
    Source: ain-wire section 3.1.
    """

    nature: int
    plan: int
    digits: str
    presentation: int = 0
    screening: int = 0


def decode_digits(octets: bytes) -> Digits:
    """Read AINDigits contents; the spare bit and an odd number's filler are ignored, as a receiver must."""
    size = len(octets)
    if size < 2:
        raise DecodeError(size, "ain", "digits need two octets before the first digit")
    if size == 2 and octets[0] & 0x80:
        raise DecodeError(0, "ain", "odd number of digits, but no digit")
    return digits_within(octets, 0, size)


def digits_within(octets: bytes, start: int, end: int) -> Digits:
    """The same of contents that are known to have their two octets, and a digit where the number of digits is odd."""
    first, second = octets[start], octets[start + 1]
    text = octets[start + 2 : end].translate(_SWAP).hex()
    if not text.isdigit():
        text = text.translate(_FROM_HEX)
    if first & 0x80:
        text = text[:-1]
    return Digits(first & 0x7F, second >> 4 & 7, text, second >> 2 & 3, second & 3)


def encode_digits(value: Digits) -> bytes:
    """Write AINDigits contents; raises ValueError for a field outside its bits or a character that is no digit."""
    odd = len(value.digits) & 1
    if not (
        0 <= value.nature < 0x80
        and 0 <= value.plan < 8
        and 0 <= value.presentation < 4
        and 0 <= value.screening < 4
    ):
        message = "nature is 0..127, plan 0..7, presentation and screening 0..3"
        raise ValueError(message)
    second = value.plan << 4 | value.presentation << 2 | value.screening
    return bytes((odd << 7 | value.nature, second)) + octets_of(value.digits)
