"""Money is exact: decimal text to micros and back, rounding half up at a named unit, percentages without floats."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.terms.money import (
    MOST,
    WHOLE,
    currency_digits,
    money_text,
    parse_money,
    parse_percent,
    percent_of,
    percent_text,
    round_half_up,
)

AMOUNTS = st.integers(-MOST, MOST)


@given(AMOUNTS, st.sampled_from((0, 2, 3)))
def test_what_is_written_is_read_back(micros, digits):
    assert parse_money(money_text(micros, digits), signed=True) == micros


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (300_000, "0.30"),
        (8_300, "0.0083"),
        (-400_000, "-0.40"),
        (0, "0.00"),
        (1, "0.000001"),
        (-1, "-0.000001"),
        (12_000_000, "12.00"),
        (1_500_000, "1.50"),
        (1_505_000, "1.505"),
    ],
)
def test_money_has_at_least_the_digits_of_its_currency_and_no_zeros_beyond(micros, text):
    assert money_text(micros) == text


@pytest.mark.parametrize(("currency", "text"), [("USD", "5.00"), ("JPY", "5"), ("KWD", "5.000")])
def test_the_currency_names_its_digits(currency, text):
    assert money_text(5_000_000, currency_digits(currency)) == text


@pytest.mark.parametrize(
    "text",
    ["", ".", "0.1.5", "1e-3", "0,10", "+1", " 1", "1 ", "1.", ".5", "0.0000001", "1_000", "\u0661", "nan", "inf",
     "--1", "9" * 400, "1000000001"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"amount of money|at most"):
        parse_money(text)


def test_a_price_has_no_sign():
    with pytest.raises(ValueError, match="a price is not negative"):
        parse_money("-0.10")
    assert parse_money("-0.10", signed=True) == -100_000


@given(AMOUNTS, st.integers(1, 10**7), st.integers(1, 10**6))
def test_rounding_is_half_up_away_from_zero(amount, unit, divisor):
    steps = (Decimal(amount) / Decimal(unit * divisor)).quantize(Decimal(1), ROUND_HALF_UP)
    exact = (2 * abs(amount)) % (2 * unit * divisor)
    if exact != unit * divisor:  # a Decimal quotient may fall off an exact half; the halves are the next test
        assert round_half_up(amount, unit, divisor) == int(steps) * unit


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(1, 1000))
def test_exactly_half_goes_away_from_zero(steps, unit, divisor):
    half = (2 * steps + 1) * unit * divisor
    assert round_half_up(half, 2 * unit, divisor) == (steps + 1) * 2 * unit
    assert round_half_up(-half, 2 * unit, divisor) == -(steps + 1) * 2 * unit


@pytest.mark.parametrize(
    ("text", "parts"), [("0", 0), ("10", 100_000), ("33.3333", 333_333), ("100.0", WHOLE)]
)
def test_percentages_have_four_decimals(text, parts):
    assert parse_percent(text) == parts
    assert parse_percent(percent_text(parts)) == parts


@pytest.mark.parametrize("text", ["101", "-1", "1e1", "", "100.0001", "9" * 300])
def test_a_percentage_is_0_to_100(text):
    with pytest.raises(ValueError, match="0 to 100"):
        parse_percent(text)


def test_a_percentage_has_no_fifth_decimal():
    with pytest.raises(ValueError, match="more than 4 decimals"):
        parse_percent("0.00001")


def test_a_percentage_of_an_amount_is_rounded_once():
    assert percent_of(8_300, 100_000, 100) == 800  # 0.00083 to four decimals
    assert percent_of(300_000, 400_000, 10_000) == 120_000
