"""The node over the wire: every acceptance case as octets, and every kind of octets it must refuse."""

import json
import random
from pathlib import Path

import pytest

from ain_scp.scp.answering import Decided
from ain_scp.signaling import m3ua
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import Announcement, AnnouncementBlock
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.tcap import (
    ComponentType,
    PackageType,
    conversation,
    encode_package,
    invoke,
    p_abort,
    query,
    response,
    return_result,
    unidirectional,
)

CASES = json.loads((Path(__file__).parent.parent / "acceptance" / "cases.json").read_text())["cases"]
TRUNKS = ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")
CARRIERS = ("carrier", "alternateCarrier", "secondAlternateCarrier")
C05 = next(case["query"] for case in CASES if case["id"] == "C05")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_case_is_answered_over_the_wire_as_it_is_decided(case, probe):
    answer = probe(case.get("overrides")).ask(case["query"])
    expected = case["expect"]["response"]
    if expected["type"] == "SEND_TO_RESOURCE":
        (parameters,) = answer.values()
        assert list(answer) == ["sendToResource"]
        announcement = {"RTL_UNAUTHORIZED": 4, "BLOCKED_EMERGENCY": 2, "RTL_NO_ROW": 5}.get(
            expected["announcement"], 1
        )
        assert parameters["strParameterBlock"] == AnnouncementBlock((Announcement(announcement),))
        assert parameters["disconnectFlag"] is True
        return
    host = case["query"]["message"] == "TERMINATION_ATTEMPT"
    route = answer["forwardCall" if host else "analyzeRoute"]
    called = route.digits("calledPartyID")
    assert (called.digits, called.nature) == (expected["called_party_id"], expected["called_non"])
    assert route.digits("callingPartyID").digits == case["query"]["calling_party"]
    assert [route[name] for name in TRUNKS if name in route] == expected["trunk_groups"]
    assert [route[name].digits for name in CARRIERS if name in route] == expected["carriers"]
    assert route.get("aMAslpID") == expected["ama_slp_id"]
    original = route.digits("redirectingPartyID")
    assert (original and original.digits) == expected["original_called_party_id"]
    assert (original and original.nature) == expected["original_called_non"]
    assert ("sendNotification" in answer) == (case["expect"]["smdr"] is not None)


def test_echo_data_never_repeats_and_names_the_node(probe):
    asked = probe()
    echoes = [asked.ask(C05)["sendNotification"]["echoData"] for _ in range(5)]
    assert len(set(echoes)) == 5
    assert {(len(echo), echo[0]) for echo in echoes} == {(6, 1)}


def test_a_termination_notification_becomes_a_completion_sample(probe):
    asked = probe()
    known = operation_named("terminationNotification")
    values = {"echoData": b"\x01\x00\x00\x00\x00\x07", "terminationIndicator": b"\x00", "connectTime": 1800}
    package = unidirectional(invoke(known.code, encode_parameters(known, values)))
    assert asked.send(asked.wrap(encode_package(package))) == []
    (sample,) = asked.node.samples()
    assert (sample.identifier, sample.status, sample.end_ms - sample.connect_ms) == (
        "010000000007",
        "COMPLETED",
        180_000,
    )


def test_the_attempt_is_sampled_with_the_answer_and_a_refusal_is_complete_at_once(probe):
    asked = probe()
    echo = asked.ask(C05)["sendNotification"]["echoData"]
    (attempt,) = asked.node.samples()
    assert (attempt.identifier, attempt.calling, attempt.called) == (
        echo.hex().upper(),
        "9258341234",
        "4159212000",
    )
    asked.ask(C05 | {"calling_party": "9258341235", "dialed": "9692300"})
    attempt, completion = asked.node.samples()
    assert (completion.identifier, completion.status) == (attempt.identifier, "BLOCKED:SCREENED")
    assert completion.end_ms == attempt.start_ms


def test_decisions_are_recorded_only_when_asked(probe):
    silent, telling = probe(), probe(record_decisions=True)
    silent.ask(C05)
    telling.ask(C05)
    assert silent.node.next_event() is None
    event = telling.node.next_event()
    assert isinstance(event, Decided)
    assert (event.transaction, event.decision.ctc) == (telling.transaction, 111)
    assert event.trace.path()[-1] == "s218"


def test_a_number_without_a_trigger_gets_an_application_error_and_the_node_stays_up(probe):
    asked = probe()
    answer = asked.ask(C05 | {"calling_party": "7075550000"})
    assert answer["applicationError"]["applicationErrorString"].error_cause == ErrorCause.ERRONEOUS_DATA_VALUE
    assert asked.node.counters["undecidable"] == 1
    assert "analyzeRoute" in asked.ask(C05)


FAULTS = [
    ("an unknown operation", 0x6FFE, b"", ComponentType.REJECT, 0x0202),
    ("an operation that only the SCP sends", 0x6501, b"", ComponentType.REJECT, 0x0202),
    ("a missing mandatory parameter", 0x6403, b"", ComponentType.RETURN_ERROR, 1),
]


@pytest.mark.parametrize(
    ("what", "opcode", "argument", "kind", "code"), FAULTS, ids=[fault[0] for fault in FAULTS]
)
def test_a_query_that_cannot_be_understood_is_refused_by_its_layer(what, opcode, argument, kind, code, probe):
    asked = probe()
    (package,) = asked.send(asked.wrap(encode_package(query(7, invoke(opcode, argument, 1)))))
    assert (package.kind, package.responding) == (PackageType.RESPONSE, 7)
    assert [(one.kind, one.code, one.correlation_id) for one in package.components] == [(kind, code, 1)]


def test_two_components_in_a_query_are_refused(probe):
    asked = probe()
    (package,) = asked.send(
        asked.wrap(encode_package(query(7, invoke(0x6403, b"", 1), invoke(0x6403, b"", 2))))
    )
    assert package.components[0].kind == ComponentType.REJECT


def test_a_conversation_of_an_unknown_transaction_is_aborted_but_an_answer_or_abort_never_is(probe):
    asked = probe()
    (package,) = asked.send(asked.wrap(encode_package(conversation(9, 8, invoke(0x6602, b"", 1)))))
    assert (package.kind, package.responding, package.p_abort_cause) == (PackageType.ABORT, 9, 4)
    assert asked.send(asked.wrap(encode_package(response(8, return_result(1))))) == []
    assert asked.send(asked.wrap(encode_package(p_abort(8, 4)))) == []


def test_a_heartbeat_is_echoed_unchanged(probe):
    node = probe().node
    node.receive(m3ua.encode(m3ua.Message(MessageKind.BEAT, heartbeat=b"hello")), "STP", 0)
    ((_, octets),) = node.octets_to_send()
    answer = m3ua.decode(octets)
    assert (answer.kind, answer.heartbeat) == (MessageKind.BEAT_ACK, b"hello")


def test_other_users_of_the_network_are_not_answered(probe):
    asked = probe()
    assert asked.send(asked.wrap(b"\x01", si=5)) == []
    assert asked.node.counters["dropped_service_indicator"] == 1


def test_every_truncation_of_a_query_is_refused_or_dropped_never_routed(probe):
    asked = probe()
    whole = asked.query_octets(C05)
    for length in range(len(whole)):
        for package in asked.send(whole[:length]):
            assert package.components == () or package.components[0].kind != ComponentType.INVOKE_LAST


def test_mutated_queries_never_raise_and_never_gain_a_flag(probe):
    """Source: A-261: nothing escapes, and an answer is what the octets as received decide."""
    asked = probe()
    whole = asked.query_octets(C05)
    chance = random.Random(261)
    for _ in range(1_000):
        octets = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        asked.node.receive(bytes(octets), "STP", 0)
    received = asked.node.counters["received"]
    assert received == 1_000
    asked.node.octets_to_send()
    assert "analyzeRoute" in asked.ask(C05)
