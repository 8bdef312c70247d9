"""The ACG component, octet for octet, for every duration, interval and cause."""

import pytest

from ain_scp.scp.overload.acg import ACG, Gap, component, duration_for, interval_pair, removal
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.gapping import DURATION_S, NATIONAL_MS, STOP_ALL, GapDuration, GapInterval
from ain_scp.signaling.tcap import encode_package, response, unidirectional

DURATIONS = range(1, 14)


def octets(gap):
    return encode_package(response(1, component(gap, 3, 254))).hex()


@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize("interval", range(16))
def test_a_national_interval_has_exact_octets(duration, interval):
    expected = f"9f3b01069f3e01{duration:02x}9f3f01{interval:02x}9f460200fe9f4503085055"
    assert octets(Gap("800555", duration, interval)) == octets_around(expected)


@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize("interval", range(22))
def test_a_private_interval_has_exact_octets(duration, interval):
    expected = f"9f3b01069f3e01{duration:02x}9f4001{interval:02x}9f460200fe9f4503085055"
    assert octets(Gap("800555", duration, interval, private=True)) == octets_around(expected)


def octets_around(argument):
    """The Response, component sequence and Invoke around an argument, by hand."""
    inner = f"30{len(argument) // 2:02x}{argument}"
    invoke = f"cf0103d1026901{inner}"
    sequence = f"e9{len(invoke) // 2:02x}{invoke}"
    portion = f"e8{len(sequence) // 2:02x}{sequence}"
    package = f"c70400000001{portion}"
    return f"e4{len(package) // 2:02x}{package}"


@pytest.mark.parametrize(
    ("code", "cause", "digits"),
    [("800", "03", "9f45020800"), ("800555", "06", "9f4503085055"), ("8005551212", "0a", "9f45050850552121")],
)
def test_the_cause_octet_tells_how_many_digits_are_controlled(code, cause, digits):
    assert f"9f3b01{cause}" in octets(Gap(code, 5, 6))
    assert octets(Gap(code, 5, 6)).endswith(digits)


def test_the_vector_of_the_standard_codec_is_what_this_makes():
    """The ACG_only vector: six digits, 16 s, private 0 s, translation type 10."""
    made = encode_package(unidirectional(component(Gap("800555", 5, 0, private=True), 3, 10)))
    fields = decode_parameters(ACG, component(Gap("800555", 5, 0, private=True), 3, 10).parameter)
    assert made.hex().startswith("e125c700e821e91fcf0103d102690130169f3b01069f3e01059f4001009f46010a9f4503")
    assert fields.text("globalTitleAddress") == "800555"


def test_a_removal_is_interval_zero():
    assert "9f3f0100" in octets(removal("800555"))


@pytest.mark.parametrize("gap_ms", [0, 1, 99, 100, 101, 999, 1_000, 4_321, 60_000, 599_999, 600_000])
def test_the_pair_of_intervals_encloses_the_gap(gap_ms):
    below, above = interval_pair(gap_ms)
    assert NATIONAL_MS[below] <= gap_ms <= NATIONAL_MS[above]
    assert above - below <= 1


def test_beyond_the_longest_interval_the_switch_is_stopped():
    assert interval_pair(600_001) == (GapInterval.SECONDS_600, GapInterval.STOP_ALL_CALLS)


@pytest.mark.parametrize("interval", GapInterval, ids=lambda interval: interval.name)
def test_a_duration_spans_several_gaps_where_one_can(interval):
    seconds = DURATION_S[duration_for(interval, 8)]
    gap = NATIONAL_MS[interval]
    assert seconds >= 8
    assert gap == STOP_ALL or seconds * 1_000 >= min(4 * gap, 2_048_000)
    assert duration_for(interval, 10_000) == GapDuration.SECONDS_2048
