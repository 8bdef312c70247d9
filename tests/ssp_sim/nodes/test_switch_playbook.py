"""One switch alone, by playbook: `>>` puts something in, `<<` says what must come out next, nothing else being due."""

import pytest

from ain_scp.signaling.isup import AddressComplete, Answer, InitialAddress, Number, Release, ReleaseComplete
from ain_scp.ssp_sim.nodes.events import LineSignal, Setup, TrunkSignal
from ain_scp.ssp_sim.nodes.trunks import Circuit
from kit.playbook import Playbook


@pytest.fixture
def play(golden):
    return lambda name: Playbook(golden, name)


def say(kind, digits="", line="9258341234"):
    return LineSignal(kind, "c", line, digits)


def dialed(play):
    return (
        play
        >> say("OFF_HOOK")
        << "line 9258341234: DIAL_TONE"
        >> say("DIGITS", "7")
        << "line 9258341234: SECOND_DIAL_TONE"
        >> say("DIGITS", "14159212000")
        << "AIN STP-LOCAL: QUERY_WITH_PERMISSION"
    )


FORWARD = 1  # SSP2004 comes before SSP2006: its circuits are the lower half


def test_a_call_from_off_hook_to_release(play, answers):
    book = (
        dialed(play("SSP2004"))
        >> answers.route("4159212000", echo=b"123456")
        << "ISUP SSP2006: IAM"
        >> ("SSP2006", AddressComplete(FORWARD))
        << "line 9258341234: RINGBACK"
        >> ("SSP2006", Answer(FORWARD))
        << "line 9258341234: CONNECTED"
        >> say("ON_HOOK")
        << "ended: COMPLETED"
        << "ISUP SSP2006: REL"
        << "AIN STP-LOCAL: UNIDIRECTIONAL"
        >> ("SSP2006", ReleaseComplete(FORWARD))
    )
    book.done()
    assert book.network.board.circuits_in_use() == 0


def test_the_called_end_may_release_first(play, answers):
    (
        dialed(play("SSP2004"))
        >> answers.route("4159212000")
        << "ISUP SSP2006: IAM"
        >> ("SSP2006", Answer(FORWARD))
        << "line 9258341234: CONNECTED"
        >> ("SSP2006", Release(FORWARD, 16))
        << "line 9258341234: RELEASED"
        << "ended: COMPLETED"
        << "ISUP SSP2006: RLC"
    ).done()


@pytest.mark.parametrize(
    ("cause", "tone", "status"),
    [
        (17, "BUSY_TONE", "BUSY"),
        (19, "REORDER", "NO_ANSWER"),
        (34, "REORDER", "ALL_CIRCUITS_BUSY"),
        (1, "REORDER", "FAILED"),
        (127, "REORDER", "FAILED"),
    ],
)
def test_a_release_before_the_answer_is_heard_as_its_cause_says(play, answers, cause, tone, status):
    (
        dialed(play("SSP2004"))
        >> answers.route("4159212000")
        << "ISUP SSP2006: IAM"
        >> ("SSP2006", Release(FORWARD, cause))
        << f"line 9258341234: {tone}"
        << f"ended: {status}"
        << "ISUP SSP2006: RLC"
    ).done()


def test_a_carrier_that_fails_gives_way_to_the_next(play, answers):
    (
        dialed(play("SSP2004"))
        >> answers.route("4159212000", carriers=("0333", "0222"))
        << "ISUP POP-0333: IAM"
        >> ("POP-0333", Release(8192, 34))
        << "ISUP POP-0333: RLC"
        << "ISUP POP-0222: IAM"
    ).done()


def test_silence_after_the_address_message_ends_the_call_by_t7(play, answers):
    (
        dialed(play("SSP2004"))
        >> answers.route("4159212000")
        << "ISUP SSP2006: IAM"
        >> 24.9
        >> 0.2
        << "line 9258341234: REORDER"
        << "ended: FAILED"
        << "ISUP SSP2006: REL"
        >> 15
        << "ISUP SSP2006: REL"
    ).done()


def test_the_host_confirms_the_address_then_asks_then_outpulses(play, answers):
    iam = InitialAddress(
        1,
        Number("9257893412"),
        Number("9258341234", screening=3),
        Number("4159215678"),
        Number("4159215678"),
    )
    book = (
        play("SSP2014")
        >> ("SSP2004", iam)
        << "ISUP SSP2004: ACM"
        << "AIN STP-LOCAL: QUERY_WITH_PERMISSION"
        >> answers.route("4159215678", trunks=("0000-0174",), name="forwardCall")
        << "MF ETN2016: SETUP 4159215678"
    )
    circuit = Circuit("SSP2014", "ETN2016", 1, "MF", "0000-0174")
    (
        book
        >> TrunkSignal("ANSWER", circuit)
        << "ISUP SSP2004: ANM"
        >> ("SSP2004", Release(1, 16))
        << "MF ETN2016: RELEASE"
        << "ended: COMPLETED"
        << "ISUP SSP2004: RLC"
        >> TrunkSignal("RELEASED", circuit)
    ).done()


def test_a_repeated_address_message_changes_nothing(play):
    iam = InitialAddress(1, Number("9257893412"), Number("9258341234"), Number("4159215678"))
    book = (
        play("SSP2014") >> ("SSP2004", iam) << "ISUP SSP2004: ACM" << "AIN STP-LOCAL: QUERY_WITH_PERMISSION"
    )
    (book >> ("SSP2004", iam)).done()


def test_an_etn_node_passes_mf_digits_on_and_the_answer_back(play):
    near = Circuit("SSP2014", "ETN2016", 1, "MF", "0000-0174")
    far = Circuit("ETN2016", "SSP2018", 1, "MF", "TO SSP2018")
    (
        play("ETN2016")
        >> TrunkSignal("SETUP", near, Setup("4159215678", 3))
        << "MF SSP2018: SETUP 4159215678"
        >> TrunkSignal("ANSWER", far)
        << "MF SSP2014: ANSWER"
        >> TrunkSignal("RELEASE", near, cause=16)
        << "MF SSP2014: RELEASED"
        << "MF SSP2018: RELEASE"
        << "ended: COMPLETED"
    ).done()


def test_the_terminating_switch_rings_its_line(play):
    near = Circuit("ETN2016", "SSP2018", 1, "MF", "")
    book = play("SSP2018") >> TrunkSignal("SETUP", near, Setup("4159215678", 3)) << "line 4159215678: RINGING"
    call = book.switch.control.by_circuit[near].id
    (
        book
        >> LineSignal("ANSWER", call, "4159215678")
        << "MF ETN2016: ANSWER"
        >> LineSignal("ON_HOOK", call, "4159215678")
        << "line 4159215678: RELEASED"
        << "MF ETN2016: RELEASE"
        << "ended: COMPLETED"
    ).done()


def test_dial_tone_does_not_last_for_ever(play):
    (
        play("SSP2004")
        >> say("OFF_HOOK")
        << "line 9258341234: DIAL_TONE"
        >> 16
        << "line 9258341234: ANNOUNCEMENT 3"
        >> 3
        << "line 9258341234: RELEASED"
        << "ended: ANNOUNCEMENT:PARTIAL_DIAL"
    ).done()


@pytest.mark.parametrize(
    "signal",
    [say("DIGITS", "7"), say("END_OF_DIALING"), say("ANSWER"), say("ON_HOOK")],
)
def test_signals_of_a_line_without_a_call_are_ignored(play, signal):
    (play("SSP2004") >> signal).done()


def test_release_of_an_idle_circuit_is_confirmed(play):
    (play("SSP2004") >> ("SSP2006", Release(77, 16)) << "ISUP SSP2006: RLC").done()
