"""Point codes read and write as N-C-M and stay 24 bits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling.mtp3 import (
    RoutingLabel,
    format_point_code,
    parse_point_code,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("245-1-2", 0xF50102),
        ("246-3-4", 0xF60304),
        ("0-0-0", 0),
        ("255-255-255", 0xFFFFFF),
        ("1-02-3", 0x010203),
    ],
)
def test_network_is_the_high_octet(text, value):
    assert parse_point_code(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1-2",
        "1-2-3-4",
        "256-1-1",
        "1--1",
        "-1-2-3",
        "a-b-c",
        "1-2- 3",
        "1-2-0003",
        "1-2-٣",
        "1.2.3",
        "+1-2-3",
    ],
)
def test_anything_but_three_octets_is_refused(text):
    with pytest.raises(ValueError, match="point code"):
        parse_point_code(text)


@given(st.integers(0, 0xFFFFFF))
@settings(derandomize=True, deadline=None)
def test_its_text_gives_the_number_back(value):
    assert parse_point_code(format_point_code(value)) == value


@pytest.mark.parametrize("value", [-1, 0x1000000])
def test_a_number_outside_24_bits_has_no_text(value):
    with pytest.raises(ValueError, match="24 bits"):
        format_point_code(value)


def test_an_answer_swaps_the_point_codes_and_keeps_the_link():
    assert RoutingLabel(1, 2, 7).reversed() == RoutingLabel(2, 1, 7)
