"""Money: whole micros (millionths of the currency's unit), read from and written as decimal text.

Amounts are `int` everywhere inside, so that adding is exact; no binary float ever holds one. Rounding is half up, away
from zero for negative amounts, and happens only where a caller names the unit. Percentages are whole ten-thousandths of
a percent, that is parts per million, for the same reason.

Source: B1-096; charging design, decisions 2 and 3.
"""

from typing import Final

from ain_scp.terms.digits import is_digits

MICROS: Final = 1_000_000
"""Micros in one unit of the currency."""

CENT: Final = 10_000
"""Micros in a hundredth of the unit."""

WHOLE: Final = 1_000_000
"""Parts per million in 100 percent."""

DECIMALS: Final = 6
"""Decimals that an amount may have."""

MOST: Final = 10**9 * MICROS
"""The largest amount that is read: a thousand million units; sums of millions of them still fit 64 bits."""

_NO_DECIMALS: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def parse_money(text: str, *, signed: bool = False) -> int:
    """Read decimal text such as "0.30" into micros; ValueError with the reason in words.

    A minus sign is for what may be negative (`signed`) only.
    """
    digits = text.removeprefix("-")
    whole, point, fraction = digits.partition(".")
    if not is_digits(whole) or (point and not is_digits(fraction)) or len(fraction) > DECIMALS:
        raise ValueError(f"{_shown(text)} is not an amount of money (digits, at most {DECIMALS} decimals)")
    if len(whole) > len(str(MOST)) or int(whole) > MOST // MICROS:
        raise ValueError(f"{_shown(text)}: at most {MOST // MICROS}")
    micros = int(whole) * MICROS + int(fraction.ljust(DECIMALS, "0"))
    if digits is text:
        return micros
    if not signed:
        raise ValueError(f"{_shown(text)}: a price is not negative")
    return -micros


def money_text(micros: int, digits: int = 2) -> str:
    """Write micros as decimal text, with at least `digits` decimals and no superfluous zeros beyond them."""
    whole, fraction = divmod(abs(micros), MICROS)
    decimals = f"{fraction:06d}".rstrip("0").ljust(digits, "0")
    sign = "-" if micros < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def currency_digits(currency: str) -> int:
    """Give the decimals that amounts of a currency are written with.

    Source: ISO 4217 (only the currencies that have not two).
    """
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def round_half_up(amount: int, unit: int, divisor: int = 1) -> int:
    """Round `amount / divisor` to a whole multiple of `unit`: half up, away from zero when it is negative.

    `unit` and `divisor` are above 0; everything in micros.
    """
    step = unit * divisor
    steps = (2 * abs(amount) + step) // (2 * step)
    return steps * unit if amount >= 0 else -steps * unit


def parse_percent(text: str) -> int:
    """Read a percentage such as "33.3333" into parts per million; ValueError with the reason in words."""
    whole, point, fraction = text.partition(".")
    if not is_digits(whole) or (point and not is_digits(fraction)):
        raise ValueError(f"percent {_shown(text)}: 0 to 100")
    if len(fraction) > 4:
        raise ValueError(f"percent {_shown(text)}: more than 4 decimals")
    parts = int(whole[:9]) * 10_000 + int(fraction.ljust(4, "0"))
    if len(whole) > 9 or parts > WHOLE:
        raise ValueError(f"percent {_shown(text)}: 0 to 100")
    return parts


def percent_text(parts: int) -> str:
    """Write parts per million as a percentage without superfluous zeros."""
    whole, fraction = divmod(parts, 10_000)
    decimals = f"{fraction:04d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else f"{whole}"


def percent_of(amount: int, parts: int, unit: int) -> int:
    """Give a percentage of an amount, rounded half up to `unit`, once."""
    return round_half_up(amount * parts, unit, WHOLE)


def _shown(text: str) -> str:
    """Write a refused text for a message: quoted, printable, short."""
    quoted = ascii(text)
    return quoted if len(quoted) <= 42 else f"{quoted[:40]}..."
