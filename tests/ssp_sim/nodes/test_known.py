"""Messages known again mean what the general decoders made of the first one like them, and nothing else is known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import encode_parameters, operation_named
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.sccp import Address, UnitData
from ain_scp.signaling.tcap import encode_package, invoke, response
from ain_scp.ssp_sim.kernel import Kernel
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.collection import read
from ain_scp.ssp_sim.nodes.data_message import read_data
from ain_scp.ssp_sim.nodes.events import Setup, TrunkSignal
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.isup_door import encode_signal
from ain_scp.ssp_sim.nodes.known_answers import KnownAnswers
from ain_scp.ssp_sim.nodes.numbering import Line
from ain_scp.ssp_sim.nodes.queries import look_of
from ain_scp.ssp_sim.nodes.query_templates import QueryTemplates
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress, SignallingLink
from ain_scp.ssp_sim.nodes.switch_settings import SwitchTimers
from ain_scp.ssp_sim.nodes.trunk_side import TrunkSide
from ain_scp.ssp_sim.nodes.trunks import Circuit

OWN, FAR = 0xF60304, 0xF60306
SCP = Address(250, 0xF50102)
CODES = {"OWN": OWN, "FAR": FAR}
examples = settings(derandomize=True, deadline=None, max_examples=40)


# --- answers ---------------------------------------------------------------------------------------------------------


def answer(transaction, echo=b"\x01\x02\x03\x04\x05\x06", sls=7, called="9256902345"):
    """An answer as a whole M3UA message."""
    route, notify = operation_named("analyzeRoute"), operation_named("sendNotification")
    parts = [invoke(route.code, encode_parameters(route, {"calledPartyID": Digits(3, 1, called)}), 2, 1)]
    if echo is not None:
        parts.append(invoke(notify.code, encode_parameters(notify, {"echoData": echo}), 3, 1))
    unit = UnitData(Address(250, OWN), SCP, encode_package(response(transaction, *parts)))
    return m3ua.data(SCP.point_code, OWN, 3, 2, 0, sls, sccp.encode(unit), 100)


@pytest.mark.parametrize("echo", [b"\x01\x02\x03\x04\x05\x06", None])
def test_an_answer_is_known_by_all_but_sls_transaction_and_echo_data(echo):
    known, routed = KnownAnswers(), Instruction("ROUTE", "9256902345", echo=echo)
    known.learn(answer(0x01020304, echo), 0x01020304, routed, SCP)
    other = answer(0x7F000001, None if echo is None else b"abcdef", sls=200)
    found = known.find(other)
    assert found is not None
    assert (found.instruction, found.calling) == (Instruction("ROUTE", "9256902345"), SCP)
    assert other[found.transaction : found.transaction + 4] == b"\x7f\x00\x00\x01"
    assert echo is None or other[found.echo : found.echo + 6] == b"abcdef"
    assert (found.echo == 0) is (echo is None)


def test_any_other_octet_makes_an_answer_unknown():
    known = KnownAnswers()
    whole = answer(0x01020304)
    known.learn(whole, 0x01020304, Instruction("ROUTE", "9256902345", echo=b"\x01\x02\x03\x04\x05\x06"), SCP)
    assert known.find(answer(1, called="9256902346")) is None
    changed = []
    for at in range(len(whole)):
        octets = bytearray(whole)
        octets[at] ^= 0x10
        if known.find(bytes(octets)) is not None:
            changed.append(at)
    assert len(changed) == 1 + 4 + 6
    assert known.find(whole[:-1]) is None


def test_an_answer_whose_places_are_in_doubt_is_not_learned():
    """The same octets twice: echo data that look like the transaction."""
    known, echo = KnownAnswers(), b"\xc7\x04\x01\x02\x03\x04"
    known.learn(answer(0x01020304, echo), 0x01020304, Instruction("ROUTE", "9256902345", echo=echo), SCP)
    assert known.find(answer(0x01020304, echo)) is None


def test_answers_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr("ain_scp.ssp_sim.nodes.known_answers.MOST_ANSWERS", 3)
    known = KnownAnswers()
    for count in range(4):
        octets = answer(9, None, called=f"{9_250_000_000 + count}")
        known.learn(octets, 9, Instruction("ROUTE", "9256902345"), SCP)
    assert known.find(answer(9, None, called="9250000000")) is None
    assert known.find(octets) is not None


# --- queries ---------------------------------------------------------------------------------------------------------


@st.composite
def callers(draw):
    """A call that has dialed, at its detection point."""
    call = Call("C", 0)
    trigger = draw(st.sampled_from(["CDP_AC", "OHD", None]))
    call.line = draw(st.sampled_from([None, Line("9258341234", "OWN", trigger=trigger)]))
    call.bearer = draw(st.sampled_from(["SPEECH", "UDI_64"]))
    call.access_code = draw(st.sampled_from([None, "7", "9"]))
    call.digits = draw(st.sampled_from(["9212000", "14157770100", "0", "1010222", "99"]))
    call.calling = draw(st.sampled_from(["9258341234", "925834", None]))
    call.reading = read(call.digits)
    return call, draw(st.sampled_from([DetectionPoint.INFO_ANALYZED, DetectionPoint.INFO_COLLECTED]))


@examples
@given(st.lists(callers(), min_size=1, max_size=8))
def test_the_query_of_a_call_is_that_of_its_look_and_numbers(many):
    knowing, general = (
        QueryTemplates(SignallingLink(OWN, 250, FAR, len), "722", ScpAddress()) for _ in range(2)
    )
    for count, (call, point) in enumerate((*many, *many), 0xC704_0001):
        expected = general.query(*look_of(call, point), count, None)
        assert knowing.query_of(call, point, count, None) == expected


# --- trunks ----------------------------------------------------------------------------------------------------------


class Side:
    """The trunk side of a switch, and what it delivers."""

    def __init__(self):
        self.signals = []
        self.side = TrunkSide("OWN", CODES, len, len, Kernel(), SwitchTimers())
        self.side.deliver = lambda signal, now: self.signals.append(signal)

    def take(self, octets):
        """What a message delivers, known or not."""
        self.signals.clear()
        data = read_data(octets)
        if not self.side.receive_known(octets, 0) and data is not None and (data.si, data.dpc) == (5, OWN):
            self.side.receive_isup(data, octets, 0)
        return list(self.signals)


SIGNALS = [
    ("SETUP", Setup("9212000", 3, "9258341234"), 0),
    ("ALERTING", None, 0),
    ("ANSWER", None, 0),
    ("RELEASE", None, 16),
    ("RELEASED", None, 0),
]


def isup(which, number):
    kind, setup, cause = SIGNALS[which]
    payload = encode_signal(TrunkSignal(kind, Circuit("FAR", "OWN", number, "ISUP", ""), setup, cause))
    return m3ua.data(FAR, OWN, 5, 2, 0, number & 0xFF, payload)


@examples
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.sampled_from([1, 2, 300, 9000]), st.integers(0, 60), st.integers(0, 255)
        )
    )
)
def test_isup_messages_known_again_are_read_as_the_first_time(changes):
    """Messages of five kinds on several circuits, some with an octet changed or cut short, against a fresh switch each."""
    side = Side()
    for which, number, at, value in changes:
        octets = bytearray(isup(which, number))
        for change in (False, False, True):
            if change:
                octets[at % len(octets)] = value
            assert side.take(bytes(octets)) == Side().take(bytes(octets))
        assert side.take(bytes(octets[: at % len(octets)])) == Side().take(bytes(octets[: at % len(octets)]))


def test_the_second_isup_message_of_a_kind_is_known_whatever_its_circuit():
    side = Side()
    for which in range(len(SIGNALS)):
        assert not side.side.receive_known(isup(which, 1), 0)
        side.take(isup(which, 1))
        assert side.side.receive_known(isup(which, 9000), 0)
        assert side.signals[-1].circuit == Circuit("OWN", "FAR", 9000, "ISUP", "")
