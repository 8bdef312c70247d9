"""Code gapping: the code tables in time, and a switch that obeys every control exactly."""

import pytest

from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.gapping import (
    DURATION_S,
    NATIONAL_MS,
    PRIVATE_MS,
    REMOVE,
    STOP_ALL,
    GapDuration,
    GapInterval,
    PrivateGapInterval,
)
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import ControlCause
from kit.gapping import CodeGapping

SECOND = 1_000_000_000
ACG = operation_named("acg")
SECONDS_OF_DURATION = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, None]
NATIONAL = ["remove", 0, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, "stop"]
PRIVATE = [0, 3, 4, 6, 8, 11, 16, 22, 30, 42, 58, 81, 112, 156, 217, 300, "remove", 0.1, 0.25, 0.5, 1, 2]
WORDS = {"remove": REMOVE, "stop": STOP_ALL}


def control(code="800555", duration=5, interval=6, *, private=False, translation_type=254, digits=None):
    values = {
        "controlCauseIndicator": ControlCause(0, len(code) if digits is None else digits),
        "gapDuration": GapDuration(duration),
        "privateGapInterval" if private else "gapInterval": (
            PrivateGapInterval(interval) if private else GapInterval(interval)
        ),
        "translationType": translation_type,
        "globalTitleAddress": code,
    }
    return decode_parameters(ACG, encode_parameters(ACG, values))


@pytest.mark.parametrize(("code", "seconds"), list(enumerate(SECONDS_OF_DURATION, 1)))
def test_a_duration_code_is_its_seconds(code, seconds):
    assert DURATION_S[code] == seconds


@pytest.mark.parametrize(("code", "seconds"), list(enumerate(NATIONAL)))
def test_a_national_interval_code_is_its_time(code, seconds):
    assert NATIONAL_MS[code] == WORDS.get(seconds, seconds if isinstance(seconds, str) else seconds * 1_000)


@pytest.mark.parametrize(("code", "seconds"), list(enumerate(PRIVATE)))
def test_a_private_interval_code_is_its_time(code, seconds):
    assert PRIVATE_MS[code] == WORDS.get(seconds, seconds if isinstance(seconds, str) else seconds * 1_000)


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("duration", range(1, 14))
def test_a_switch_lets_through_one_query_per_gap_while_the_control_lasts(duration, private):
    """Every interval of the scale; 20 offers per gap; within one call of the exact number."""
    for interval, milliseconds in (PRIVATE_MS if private else NATIONAL_MS).items():
        switch = CodeGapping()
        assert switch.apply(control(duration=duration, interval=interval, private=private), 0)
        if milliseconds == REMOVE:
            assert len(switch) == 0
            continue
        step = max(milliseconds, 1) * 1_000_000 // 20
        lasts = DURATION_S[duration]
        span = step * 400 if lasts is None else min(step * 400, lasts * SECOND)
        passed = sum(switch.admit(254, "8005551212", at)[0] for at in range(0, span, step))
        offered = len(range(0, span, step))
        if milliseconds == STOP_ALL:
            assert passed == 0
        elif milliseconds == 0:
            assert passed == offered
        else:
            assert abs(passed - span / (milliseconds * 1_000_000)) <= 1
        if lasts is not None:
            assert switch.admit(254, "8005551212", lasts * SECOND) == (True, None)
            assert len(switch) == 0


def test_a_control_is_for_its_translation_type_and_leading_digits_only():
    switch = CodeGapping()
    switch.apply(control(interval=15), 0)
    assert switch.admit(254, "8005551212", 1) == (False, ControlCause(0, 6))
    assert switch.admit(253, "8005551212", 1) == (True, None)
    assert switch.admit(254, "8005561212", 1) == (True, None)
    assert switch.admit(254, "80055", 1) == (True, None)


def test_the_longest_code_decides():
    switch = CodeGapping()
    switch.apply(control(interval=15), 0)
    switch.apply(control("8005551212", interval=1), 0)
    assert switch.admit(254, "8005551212", 1)[0]
    assert not switch.admit(254, "8005551213", 1)[0]


def test_a_repeated_control_does_not_open_a_gap_that_runs():
    switch = CodeGapping()
    switch.apply(control(interval=8), 0)
    assert switch.admit(254, "8005551212", 0)[0]
    switch.apply(control(interval=8), SECOND)
    assert not switch.admit(254, "8005551212", 9 * SECOND)[0]
    assert switch.admit(254, "8005551212", 10 * SECOND)[0]


def test_infinity_lasts_until_removed():
    switch = CodeGapping()
    switch.apply(control(duration=13, interval=15), 0)
    assert not switch.admit(254, "8005551212", 10**9 * SECOND)[0]
    switch.apply(control(interval=0), 10**9 * SECOND)
    assert switch.admit(254, "8005551212", 10**9 * SECOND)[0]


def test_controls_are_bounded_and_clear_forgets_them():
    switch = CodeGapping()
    taken = [switch.apply(control(f"{number:06}"), 0) for number in range(300)]
    assert taken.count(True) == len(switch) == 256
    assert switch.refused == 44
    switch.clear()
    assert switch.admit(254, "000001", 0) == (True, None)


def test_a_code_without_meaning_is_refused():
    switch = CodeGapping()
    fields = control()
    broken = decode_parameters(
        ACG, encode_parameters(ACG, fields).replace(b"\x9f\x3f\x01\x06", b"\x9f\x3f\x01\x40")
    )
    assert not switch.apply(broken, 0)
    assert len(switch) == 0
