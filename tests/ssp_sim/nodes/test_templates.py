"""Templates and shapes give what the general encoders and decoders give, and step aside where they cannot."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import m3ua
from ain_scp.signaling.ain import encode_parameters, operation_named
from ain_scp.signaling.ain.structures import Carrier, RedirectionInformation
from ain_scp.signaling.bcd import Digits, octets_of
from ain_scp.signaling.m3ua import Message, MessageKind
from ain_scp.signaling.sccp import Address
from ain_scp.signaling.tcap import encode_package, invoke, query, response, unidirectional
from ain_scp.ssp_sim.nodes.answer_shapes import AnswerShapes
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.data_message import read_data
from ain_scp.ssp_sim.nodes.events import Setup, TrunkSignal
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.isup_door import SignalReader, decode_signal, encode_signal
from ain_scp.ssp_sim.nodes.isup_templates import IsupTemplates
from ain_scp.ssp_sim.nodes.queries import CallLook, CallNumbers, query_arguments, termination_notification
from ain_scp.ssp_sim.nodes.query_templates import QueryTemplates
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress, SignallingLink
from ain_scp.ssp_sim.nodes.templates import Templates
from ain_scp.ssp_sim.nodes.trunks import Circuit

OWN, FAR = 0xF60304, 0xF60306
SCP = Address(250, 0xF50102)
number = st.text("0123456789", min_size=10, max_size=10)
digits = st.text("0123456789*#", min_size=1, max_size=15)
maybe = st.none() | st.text("0123456789", min_size=3, max_size=15)
examples = settings(derandomize=True, deadline=None, max_examples=25)


# --- the template itself ---------------------------------------------------------------------------------------------


def test_a_template_is_learned_once_and_filled_after():
    asked = []

    def encode(_key, fields):
        asked.append(fields)
        return b"<" + octets_of(fields[0]) + b"|" + fields[1] + b">"

    templates = Templates(encode)
    assert templates.octets("k", ("1234", b"\x01")) == b"<\x21\x43|\x01>"
    learned = len(asked)
    assert templates.octets("k", ("5678", b"\x02")) == b"<\x65\x87|\x02>"
    assert len(asked) == learned


def test_an_encoder_whose_layout_depends_on_the_digits_is_always_asked():
    def encode(_key, fields):
        return fields[0].rstrip("1").encode() + b"!"

    templates = Templates(encode)
    for text in ("1234", "5611", "1111", "1234"):
        assert templates.octets("k", (text,)) == encode("k", (text,))


def test_shapes_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr("ain_scp.ssp_sim.nodes.templates.MOST_SHAPES", 2)
    templates = Templates(lambda key, fields: bytes((key,)) + fields[0])
    for key in (1, 2, 3, 1, 2, 3):
        assert templates.octets(key, (b"\x07",)) == bytes((key, 7))
    assert len(templates._known) <= 2


# --- M3UA ------------------------------------------------------------------------------------------------------------


@examples
@given(st.binary(max_size=80), st.integers(0, 255))
def test_data_messages_are_read_as_the_general_codec_does(payload, sls):
    found = read_data(m3ua.data(OWN, FAR, 5, 2, 0, sls, payload))
    assert (found.opc, found.dpc, found.si, found.sls, found.payload) == (OWN, FAR, 5, sls, payload)


def test_a_routing_context_before_the_data_is_read_past():
    octets = m3ua.data(OWN, FAR, 3, 2, 0, 9, b"abc", 100)
    assert read_data(octets).payload == b"abc"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        m3ua.encode(Message(MessageKind.BEAT, heartbeat=b"x")),
        m3ua.data(OWN, FAR, 3, 2, 0, 9, b"abc", 100, 7),
        m3ua.data(OWN, FAR, 3, 2, 0, 9, b"abc", None, None, 5),
        m3ua.data(OWN, FAR, 3, 2, 0, 9, b"abc")[:-4],
        m3ua.data(OWN, FAR, 3, 2, 0, 9, b"abc") + b"\0\0\0\0",
    ],
)
def test_every_other_message_is_left_to_the_general_decoder(octets):
    assert read_data(octets) is None


def test_changed_octets_read_as_the_general_decoder_reads_them_or_not_at_all():
    chance = random.Random(7)
    whole = m3ua.data(OWN, FAR, 3, 2, 0, 9, bytes(range(21)))
    for _ in range(600):
        octets = bytearray(whole)
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
        found = read_data(bytes(octets))
        if found is not None:
            data = m3ua.decode(bytes(octets)).protocol_data
            assert (found.opc, found.dpc, found.si, found.sls, found.payload) == (
                data.opc, data.dpc, data.si, data.sls, data.payload,
            )  # fmt: skip


# --- ISUP ------------------------------------------------------------------------------------------------------------


@st.composite
def signals(draw):
    circuit = Circuit("A", "B", draw(st.integers(1, 16_383)), "ISUP", "G")
    kind = draw(
        st.sampled_from(["SETUP", "ALERTING", "ACCEPTED", "PROGRESS", "ANSWER", "RELEASE", "RELEASED"])
    )
    if kind != "SETUP":
        return TrunkSignal(kind, circuit, None, draw(st.integers(1, 127)) if kind == "RELEASE" else 0)
    information = draw(st.sampled_from([b"", b"\x33\x31"]))
    setup = Setup(
        draw(st.text("0123456789", min_size=1, max_size=15)),
        draw(st.sampled_from([1, 3, 4])),
        draw(st.none() | number),
        draw(maybe),
        3,
        draw(maybe),
        4,
        information,
        draw(st.sampled_from(["SPEECH", "AUDIO_3K1", "UDI_64"])),
        draw(st.sampled_from(["", "0222"])),
    )
    return TrunkSignal(kind, circuit, setup)


@examples
@given(st.lists(signals(), min_size=1, max_size=6))
def test_isup_messages_are_those_of_the_general_encoders(many):
    templates = IsupTemplates(OWN)
    for signal in (*many, *many):
        payload = encode_signal(signal)
        whole = m3ua.data(OWN, FAR, 5, 2, 0, signal.circuit.number & 0xFF, payload)
        assert templates.octets(FAR, signal) == whole


@examples
@given(st.lists(signals(), min_size=1, max_size=6))
def test_isup_messages_are_read_as_the_general_decoder_does(many):
    reader = SignalReader()
    for signal in (*many, *many):
        payload = encode_signal(signal)

        def circuit(cic):
            return Circuit("A", "B", cic, "ISUP", "G")

        assert reader.read(payload, circuit) == decode_signal(payload, circuit)


# --- queries ---------------------------------------------------------------------------------------------------------


@st.composite
def questions(draw):
    point = draw(
        st.sampled_from(
            [
                DetectionPoint.INFO_ANALYZED,
                DetectionPoint.INFO_COLLECTED,
                DetectionPoint.TERMINATION_ATTEMPT,
                DetectionPoint.NETWORK_BUSY,
            ]
        )
    )
    read = draw(st.none() | st.text("0123456789", min_size=1, max_size=15))
    look = CallLook(
        point,
        draw(st.sampled_from(["SPEECH", "UDI_64"])),
        draw(st.sampled_from(["CDP_AC", "OHD", "PRIBC"])),
        draw(st.none() | st.integers(0, 300)),
        draw(st.sampled_from([None, "7", "9"])),
        None if read is None else 3,
        draw(st.sampled_from([None, "0222"])),
        read is not None,
        3,
        3,
        3,
        draw(st.sampled_from([b"", b"\x33\x31"])),
    )
    calling = draw(st.none() | number | st.text("0123456789", min_size=7, max_size=9))
    numbers = CallNumbers(calling, draw(digits), read, draw(number), draw(maybe), draw(maybe))
    return look, numbers


def link(sent):
    return SignallingLink(OWN, 250, FAR, sent.append)


@examples
@given(st.lists(questions(), min_size=1, max_size=5))
def test_queries_are_those_of_the_general_encoders(many):
    plain = link([])
    templates = QueryTemplates(link([]), "722", ScpAddress())
    for count, (look, numbers) in enumerate((*many, *many), 1):
        name, argument = query_arguments(look, numbers, "722")
        package = query(count, invoke(operation_named(name).code, argument, 1))
        terminating = look.point is DetectionPoint.TERMINATION_ATTEMPT
        called = ScpAddress().called(numbers.called if terminating else numbers.calling or "")
        whole = plain.frame(called, encode_package(package), plain.next_sls(), wanted_back=True)
        assert templates.query(look, numbers, count, None) == whole


@examples
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["COMPLETED", "BUSY", "BLOCKED:SCREENED"]),
            st.binary(min_size=6, max_size=6),
            st.none() | st.integers(0, 5_000_000),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_notifications_are_those_of_the_general_encoders(many):
    plain = link([])
    templates = QueryTemplates(link([]), "722", ScpAddress())
    code = operation_named("terminationNotification").code
    for status, echo, tenths in (*many, *many):
        package = unidirectional(invoke(code, termination_notification(status, echo, tenths), 1))
        whole = plain.frame(SCP, encode_package(package), plain.next_sls())
        assert templates.notification(SCP, status, echo, tenths) == whole


# --- answers ---------------------------------------------------------------------------------------------------------


def answer(transaction, called, calling=None, redirecting=None, echo=None, carriers=(), trunk=None):
    """An answer as the service control point sends it, and what it means."""
    values = {"calledPartyID": Digits(3, 1, called)}
    if calling is not None:
        values["callingPartyID"] = Digits(3, 1, calling)
    if trunk is not None:
        values["primaryTrunkGroup"] = trunk
    for name, code in zip(("carrier", "alternateCarrier"), carriers, strict=False):
        values[name] = Carrier(0, 3, code)
    if redirecting is not None:
        values["redirectingPartyID"] = Digits(3, 1, redirecting)
        values["aMAslpID"] = "760833003"
        values["redirectionInformation"] = RedirectionInformation(3, 3, 3, 1)
    row, beside = operation_named("analyzeRoute"), operation_named("sendNotification")
    parts = [invoke(row.code, encode_parameters(row, values), 2, 1)]
    if echo is not None:
        parts.append(invoke(beside.code, encode_parameters(beside, {"echoData": echo}), 3, 1))
    meaning = Instruction(
        "ROUTE",
        called,
        3,
        calling,
        (trunk,) if trunk is not None else (),
        carriers,
        redirecting,
        3,
        b"\x33\x31" if redirecting is not None else b"",
        "760833003" if redirecting is not None else None,
        echo,
    )
    return encode_package(response(transaction, *parts)), meaning


answers = st.builds(
    answer,
    st.integers(0, 0xFFFF_FFFF),
    number | st.text("0123456789", min_size=7, max_size=15),
    st.none() | number,
    st.none() | number,
    st.none() | st.binary(min_size=6, max_size=6),
    st.sampled_from([(), ("0222",), ("0222", "0333")]),
    st.sampled_from([None, "0000-0174"]),
)


@examples
@given(st.lists(answers, min_size=1, max_size=8))
def test_answers_of_a_known_shape_mean_what_the_general_decoder_says(many):
    shapes = AnswerShapes()
    for data, meaning in many:
        shapes.learn(data, meaning)
    for data, meaning in many:
        found = shapes.read(data)
        if found is not None:
            assert found[1] == meaning


def test_a_shape_once_learned_serves_other_numbers():
    shapes = AnswerShapes()
    shapes.learn(*answer(1, "4159212000", "9258341234", None, b"\1\2\3\4\5\6"))
    data, meaning = answer(0xDEADBEEF, "5105553000", "9258341239", None, b"abcdef")
    assert shapes.read(data) == (0xDEADBEEF, meaning)


def test_another_length_another_flag_or_another_facility_is_another_shape():
    shapes = AnswerShapes()
    shapes.learn(*answer(1, "4159212000", "9258341234"))
    assert shapes.read(answer(2, "415921200", "9258341234")[0]) is None
    assert shapes.read(answer(2, "4159212000", "9258341234", carriers=("0222",))[0]) is None
    shapes.learn(*answer(1, "4159212000", "9258341234", carriers=("0222",)))
    assert shapes.read(answer(2, "4159212000", "9258341234", carriers=("0333",))[0]) is None


def test_a_number_that_stands_twice_is_not_learned():
    shapes = AnswerShapes()
    data, meaning = answer(1, "4159212000", "4159212000")
    shapes.learn(data, meaning)
    assert shapes.read(data) is None


def test_the_transaction_is_not_looked_for_in_other_packages():
    shapes = AnswerShapes()
    shapes.learn(encode_package(unidirectional(invoke(1, b"", 1))), Instruction("ROUTE", "4159212000"))
    assert len(shapes) == 0
