"""Dialogues are played message by message; every query gets exactly one judgement."""

import io

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import (
    conversation,
    decode_package,
    encode_package,
    invoke,
    p_abort,
    query,
    response,
)
from ain_scp.ssp_sim.capture.dialogues import Dialogues
from ain_scp.ssp_sim.capture.frame import CaptureFault
from ain_scp.ssp_sim.record import WireMessage
from ain_scp.ssp_sim.replay.opening import is_capture, open_messages
from ain_scp.ssp_sim.replay.player import Player, with_transaction
from ain_scp.ssp_sim.trace import VERSION, TraceHead, TraceReader, TraceWriter

SSP, SCP = 0xF60304, 0xF50102
ANALYZED, ROUTE = operation_named("infoAnalyzed"), operation_named("analyzeRoute")


def route(called):
    return invoke(ROUTE.code, encode_parameters(ROUTE, {"calledPartyID": Digits(3, 1, called)}), 2, 1)


def asked():
    return invoke(ANALYZED.code, bytes.fromhex("9f7e00"), 1)


def recorded(*packages):
    """A trace of packages: (milliseconds, from the switch, package)."""
    stream = io.BytesIO()
    writer = TraceWriter(stream, TraceHead(VERSION, "made"))
    for number, (at_ms, upwards, package) in enumerate(packages, 1):
        source, target = (SSP, SCP) if upwards else (SCP, SSP)
        unit = sccp.UnitData(sccp.Address(250, target), sccp.Address(250, source), encode_package(package))
        octets = m3ua.data(source, target, 3, 2, 0, 5, sccp.encode(unit), 100)
        writer.message(WireMessage(number, at_ms * 1_000_000, "SSP", "SCP", "c", "AIN", "", octets=octets))
    return stream.getvalue()


class Answering:
    """Answers with what it was given, under the ids it was asked with; remembers what it was told."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked, self.told = [], []

    def ask(self, payload, message):
        package = decode_package(payload)
        self.asked.append(package)
        answer = self.answers.pop(0)
        if answer is None:
            return None
        kind, called = answer
        made = (
            response(package.originating, route(called))
            if kind == "ends"
            else conversation(77, package.originating, route(called))
        )
        return encode_package(made)

    def tell(self, payload, message):
        self.told.append(decode_package(payload))

    def row(self, difference):
        return "a row"


def play(trace, target, **options):
    opened = open_messages(io.BufferedReader(io.BytesIO(trace)))
    player = Player(target, **options)
    return list(player.play(Dialogues().pair(opened.messages))), player.report


ONE = ((0, True, query(9, asked())), (5, False, response(9, route("4159212000"))))


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [(("ends", "4159212000"), "equal"), (("ends", "4159213000"), "different"), (None, "missing")],
)
def test_a_query_is_judged_by_its_captured_answer(answer, judgement):
    ((outcome,), report) = play(recorded(*ONE), Answering(answer))
    assert outcome.judgement == judgement
    assert getattr(report, judgement) == report.queries == 1
    assert [one.row for one in outcome.differences] == (["a row"] if judgement == "different" else [])


@pytest.mark.parametrize(("answer", "judgement"), [(("ends", "4159212000"), "extra"), (None, "unanswered")])
def test_a_query_without_captured_answer_is_neither_right_nor_wrong(answer, judgement):
    ((outcome,), _) = play(recorded(ONE[0]), Answering(answer))
    assert outcome.judgement == judgement


def test_an_answer_without_query_is_counted_and_nothing_is_asked():
    target = Answering()
    outcomes, report = play(recorded(ONE[1]), target)
    assert (outcomes, report.strays, target.asked) == ([], 1, [])


CONVERSATION = (
    (0, True, query(9, asked())),
    (5, False, conversation(30, 9, route("4159212000"))),
    (9, True, conversation(9, 30, asked())),
    (12, False, response(9, route("4159213000"))),
)


def test_a_conversation_goes_on_under_the_ids_of_the_target():
    target = Answering(("goes on", "4159212000"), ("ends", "4159213000"))
    outcomes, _ = play(recorded(*CONVERSATION), target)
    assert [one.judgement for one in outcomes] == ["equal", "equal"]
    assert [(one.originating, one.responding) for one in target.asked] == [(1, None), (1, 77)]


def test_a_conversation_that_ours_ended_is_different_and_then_missing():
    outcomes, _ = play(recorded(*CONVERSATION), Answering(("ends", "4159212000")))
    assert [one.judgement for one in outcomes] == ["different", "missing"]
    assert outcomes[0].differences[0].parameter == "package"


def test_an_abort_of_the_switch_is_passed_on_to_an_open_dialogue():
    target = Answering(("goes on", "4159212000"))
    play(recorded(CONVERSATION[0], CONVERSATION[1], (9, True, p_abort(30, 6))), target)
    assert [one.responding for one in target.told] == [77]


def test_queries_are_paced_by_captured_time_and_keep_their_order():
    later = ((50, True, query(10, asked())), (51, False, response(10, route("4159212000"))))
    first = (ONE[0], *later, (60, False, response(9, route("4159212000"))))
    times = []
    outcomes, _ = play(
        recorded(*first), Answering(("ends", "4159212000"), ("ends", "4159212000")), pace=times.append
    )
    assert times == [0, 50_000_000]
    assert [one.transaction for one in outcomes] == ["00000009", "0000000A"]


@pytest.mark.parametrize("octets", [b"", b"\xe2\x05", bytes(20), encode_package(query(5, asked()))])
def test_ids_are_replaced_where_there_are_any(octets):
    changed = with_transaction(octets, 3, None)
    assert len(changed) == len(octets)
    if octets[:1] == b"\xe2" and len(octets) > 2:
        assert decode_package(changed) == query(3, asked())


@pytest.mark.parametrize(
    ("octets", "offset"),
    [(b"", 0), (b"{}\n", 0), (b'{"ain_trace":2}\n', 0), (b'{"ain_trace":1}\nx\n', 16), (b'{"ain_trace":1}\n\n{"n":1,"o":"*"}\n', 17), (b'{"ain_trace":1}\n{"n":"1"}\n', 16)],
)  # fmt: skip
def test_a_trace_that_is_none_tells_where(octets, offset):
    with pytest.raises(CaptureFault) as fault:
        list(TraceReader(io.BytesIO(octets)))
    assert fault.value.offset == offset


def test_a_trace_keeps_decisions_by_call():
    stream = io.BytesIO(recorded(*ONE))
    stream.seek(0, io.SEEK_END)
    stream.write(b'{"c":"C05","decision":{"ctc":111}}\n')
    stream.seek(0)
    buffered = io.BufferedReader(stream)
    assert is_capture(buffered)
    reader = TraceReader(buffered)
    assert [frame.number for frame in reader] == [1, 2]
    assert reader.decisions == {"C05": [b'{"ctc":111}']}
    assert reader.head.title == "made"
