"""Automatic code gapping: every interval and duration, focus, removal, and calls that meet it."""

import pytest

from ain_scp.signaling.ain import encode_parameters, operation_named
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.gapping import DURATION_S, NATIONAL_MS, STOP_ALL
from ain_scp.signaling.ain.structures import ControlCause
from ain_scp.signaling.tcap import invoke, unidirectional
from ain_scp.ssp_sim.nodes.gapping import MAX_CONTROLS, GapControls
from ain_scp.terms.units import MS_NS, SECOND_NS

ACG = operation_named("acg")


def acg(interval=8, duration=5, digits="925834", private=None, translation_type=254):
    values = {
        "controlCauseIndicator": ControlCause(1, len(digits)),
        "gapDuration": duration,
        "translationType": translation_type,
        "globalTitleAddress": digits,
    }
    values |= {"gapInterval": interval} if private is None else {"privateGapInterval": private}
    return encode_parameters(ACG, values)


def controls(*messages, now=0):
    gaps = GapControls()
    for message in messages:
        gaps.take(decode_parameters(ACG, message), now)
    return gaps


@pytest.mark.parametrize("number", range(1, 16))
def test_one_query_passes_per_interval(number):
    gaps = controls(acg(interval=number, duration=13))
    interval = 1 << 62 if NATIONAL_MS[number] == STOP_ALL else NATIONAL_MS[number] * MS_NS
    step = SECOND_NS // 20
    passed = sum(gaps.passes(254, "9258341234", at)[0] for at in range(0, 60 * SECOND_NS, step))
    assert abs(passed - 60 * SECOND_NS / max(interval, step)) <= 1


@pytest.mark.parametrize("number", range(1, 13))
def test_a_control_ends_with_its_duration(number):
    gaps = controls(acg(interval=15, duration=number))
    assert gaps.passes(254, "9258341234", DURATION_S[number] * SECOND_NS - 1) == (False, ControlCause(1, 6))
    assert gaps.passes(254, "9258341234", DURATION_S[number] * SECOND_NS) == (True, None)


@pytest.mark.parametrize(
    ("translation_type", "digits", "free"),
    [(254, "9258341234", False), (254, "9258351234", True), (254, "92583", True), (10, "9258341234", True)],
)
def test_a_control_is_focused_on_its_digits_and_translation_type(translation_type, digits, free):
    assert controls(acg(interval=15)).passes(translation_type, digits, 0)[0] is free


@pytest.mark.parametrize("removal", [{"interval": 0}, {"private": 16}])
def test_a_control_is_removed_by_its_interval(removal):
    assert len(controls(acg(interval=15), acg(**removal))) == 0


def test_no_more_controls_than_the_limit():
    gaps = controls(*(acg(digits=f"{number:06}") for number in range(MAX_CONTROLS + 5)))
    assert (len(gaps), gaps.refused) == (MAX_CONTROLS, 5)
    gaps.take(decode_parameters(ACG, acg(digits="999999")), 17 * SECOND_NS)
    assert len(gaps) == 1


def gapping(answers, **control):
    """Answer every query, and send one ACG with the first."""
    package = unidirectional(invoke(ACG.code, acg(**control), 1))
    state = []

    def script(_seen):
        first, state[:] = not state, [True]
        return [(0, answers.route("4159212000"))] + [(1, lambda _t: package)] * first

    return script


def test_a_switch_obeys_and_marks_what_passes(run, answers):
    """A call a second against one query in ten seconds, from the first answer on."""
    one = run(gapping(answers, interval=8, duration=6))
    for start in range(20):
        one.call(at_s=start, duration_s=0.1)
    statuses = [record.status for record in one.go()]
    assert statuses == ["COMPLETED"] + ["DEFAULT_TREATMENT"] * 10 + ["COMPLETED"] + ["DEFAULT_TREATMENT"] * 8
    marks = [seen.parameters.get("aCGEncountered") for seen in one.scp.queries]
    assert marks == [None, ControlCause(1, 6)]
    assert one.world.network.switches["SSP2004"].switching.counters["gapped"] == 18


def test_emergency_calls_and_other_exchanges_are_never_gapped(run, answers):
    one = run(gapping(answers, interval=15, duration=13))
    one.call()
    one.call(access_code="9", dialed="911", at_s=5)
    one.call(calling="2135622345", at_s=6)
    one.call(at_s=7)
    assert [record.status for record in one.go()] == ["COMPLETED"] * 3 + ["DEFAULT_TREATMENT"]
