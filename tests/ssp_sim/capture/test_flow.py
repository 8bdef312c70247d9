"""Dialogues as ladders and as figures, and a run as a capture."""

import io
import pathlib

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.sccp import Address, UnitData, UnitDataService
from ain_scp.signaling.tcap import (
    encode_package,
    invoke,
    p_abort,
    query,
    reject,
    response,
    return_error,
    return_result,
)
from ain_scp.ssp_sim.capture.dialogues import Dialogues, Outcome
from ain_scp.ssp_sim.capture.dissect import Dissector
from ain_scp.ssp_sim.capture.flow import flows, wire_message
from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, Endpoint, Frame, Transport
from ain_scp.ssp_sim.capture.naming import payload_names
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.run import RunCapture
from ain_scp.ssp_sim.capture.statistics import Statistics
from ain_scp.ssp_sim.capture.writer import CaptureWriter
from ain_scp.ssp_sim.ladder import Look, ladder
from ain_scp.ssp_sim.record import WireMessage

SSP_PC, SCP_PC = 0xF60304, 0xF50102
SSP, SCP = Address(250, SSP_PC), Address(250, SCP_PC)
MS = 1_000_000
VECTORS = {
    line.split()[0]: bytes.fromhex(line.split()[2])
    for line in (pathlib.Path(__file__).parents[2] / "signaling" / "vectors_ain.txt").read_text().splitlines()
    if not line.startswith("#")
}


def messages(*steps):
    """(time in ms, "up" or "down", package octets) -> the messages of a capture."""
    dissector = Dissector()
    for number, (time_ms, way, octets) in enumerate(steps, 1):
        up = way == "up"
        unit = UnitData(SCP if up else SSP, SSP if up else SCP, octets)
        ends = (SSP_PC, SCP_PC) if up else (SCP_PC, SSP_PC)
        frame = m3ua.data(*ends, 3, 2, 0, 0, sccp.encode(unit))
        yield dissector.receive(
            Frame(number, time_ms * MS, 0, NO_ENDPOINT, NO_ENDPOINT, Transport.SCTP, frame)
        )


def dialogues(*steps):
    return list(Dialogues().pair(messages(*steps)))


NOTIFIED = (
    (0, "up", VECTORS["InfoAnalyzed"].replace(bytes.fromhex("0a000001"), bytes.fromhex("0a000003"))),
    (4, "down", VECTORS["AnalyzeRoute_SendNotification"]),
    (5, "up", VECTORS["InfoCollected"]),
    (90, "up", VECTORS["TerminationNotification"]),
)


def test_a_flow_is_a_call_with_the_notification_of_its_end():
    first, second = flows(dialogues(*NOTIFIED), {SCP_PC: "SCP"})
    assert (first.call, first.outcome) == ("1 0A000003", Outcome.ANSWERED)
    assert [message.name for message in first.messages] == [
        "infoAnalyzed",
        "analyzeRoute + sendNotification",
        "terminationNotification",
    ]
    assert {message.call for message in first.messages} == {"1 0A000003"}
    assert [(message.source, message.destination) for message in first.messages] == [
        ("246-3-4", "SCP"),
        ("SCP", "246-3-4"),
        ("246-3-4", "SCP"),
    ]
    assert (second.call, second.outcome) == ("2 0A000006", Outcome.UNANSWERED)


def test_a_notification_of_another_call_stands_alone():
    (alone,) = flows(dialogues((0, "up", VECTORS["TerminationNotification"])))
    assert (alone.call, alone.outcome) == ("1", Outcome.UNIDIRECTIONAL)


def test_the_ladder_draws_a_flow_with_its_parameters():
    (flow, _) = flows(dialogues(*NOTIFIED), {SCP_PC: "SCP"})
    drawing = ladder(flow.messages, look=Look(width=110, ascii_only=True))
    assert "246-3-4" in drawing
    assert "analyzeRoute + sendNotification" in drawing
    assert ("calledPartyID", "8005551212 (national number, E.164)") in flow.messages[0].fields
    assert flow.messages[0].octets[:4] == b"\x01\x00\x01\x01"


def test_a_malformed_package_and_a_returned_one_have_a_name():
    (bad,) = messages((0, "up", VECTORS["InfoAnalyzed"][:14]))
    shown = wire_message(bad, "1")
    assert (shown.name, shown.fields[0][0]) == ("malformed", "fault")
    unit = UnitDataService(SSP, SCP, VECTORS["InfoAnalyzed"], 1)
    frame = m3ua.data(SCP_PC, SSP_PC, 3, 2, 0, 0, sccp.encode(unit))
    back = Dissector().receive(Frame(1, 0, 0, NO_ENDPOINT, NO_ENDPOINT, Transport.SCTP, frame))
    assert (wire_message(back, "1").name, wire_message(back, "1").protocol) == ("UDTS infoAnalyzed", "SCCP")


@pytest.mark.parametrize(
    ("package", "names"),
    [
        (query(1, invoke(25603), invoke(999)), ("infoAnalyzed", "operation 999")),
        (query(1, invoke(25603, private=False)), ("operation 25603",)),
        (response(1, return_result(1)), ("returnResult",)),
        (response(1, return_error(1, 1), return_error(1, 77)), ("applicationError", "error 77")),
        (response(1, reject(1, 0x0202)), ("reject 0202",)),
        (p_abort(1, 4), ("abort",)),
    ],
)
def test_the_names_of_components(package, names):
    assert payload_names(encode_package(package)) == names
    assert payload_names(b"") == ("malformed",)


def test_statistics_count_operations_times_repeats_and_silence():
    ask, answer = VECTORS["InfoAnalyzed"], VECTORS["AnalyzeRoute"]
    statistics = Statistics()
    steps = []
    for number in range(1, 101):
        identity = number.to_bytes(4, "big")
        steps.append((number * 1000, "up", ask.replace(bytes.fromhex("0a000001"), identity)))
        steps.append((number * 1000 + number, "down", answer.replace(bytes.fromhex("0a000001"), identity)))
    steps.insert(1, steps[0])
    steps.append((200_000, "up", VECTORS["InfoCollected"]))
    for dialogue in dialogues(*steps):
        statistics.add(dialogue)
    summary = statistics.summary()
    assert (summary.dialogues, summary.messages, summary.repeats, summary.unanswered) == (101, 201, 1, 1)
    assert summary.outcomes == {"answered": 100, "unanswered": 1}
    assert summary.operations == {"analyzeRoute": 100, "infoAnalyzed": 100, "infoCollected": 1}
    times = summary.response
    assert (times.count, times.minimum, times.mean, times.maximum) == (100, MS, 50_500_000, 100 * MS)
    for percent, value in times.percentiles:
        assert value == pytest.approx(percent * MS, rel=0.01)
    assert summary.by_operation == {"infoAnalyzed": times}


def test_the_names_statistics_keep_are_bounded():
    statistics = Statistics()
    steps = [(number, "up", encode_package(query(number, invoke(number)))) for number in range(1, 400)]
    for dialogue in dialogues(*steps):
        statistics.add(dialogue)
    assert len(statistics.operations) == 257
    assert statistics.operations["other operations"] == 399 - 256


def test_a_run_is_a_capture_with_one_link_per_pair_of_nodes(query):
    """Comments name the call, its step and a loss; what has no octets is left out; nodes keep their addresses."""
    octets = query
    run = [
        WireMessage(2, 9, "SCP", "A1", "call 1", "AIN", "analyzeRoute", octets=octets),
        WireMessage(
            1, 5, "A1", "SCP", "call 1", "AIN", "infoAnalyzed", step="1014", octets=octets, lost=True
        ),
        WireMessage(3, 9, "A1", "S1", "call 1", "MF", "digits"),
        WireMessage(4, 12, "A1", "S1", "call 2", "ISUP", "IAM", octets=octets),
    ]
    out = io.BytesIO()
    capture = RunCapture(CaptureWriter(out, "pcapng"), {"SCP": Endpoint("10.0.0.2", 2905)})
    capture.write_all(run)
    frames = list(CaptureReader(io.BytesIO(out.getvalue())))
    assert capture.skipped == 1
    a1, scp, s1 = (Endpoint(f"10.0.0.{last}", 2905) for last in (1, 2, 3))
    assert [(one.time_ns, one.source, one.destination) for one in frames] == [
        (5, a1, scp),
        (9, scp, a1),
        (12, a1, s1),
    ]
    for text in (b"call 1 1014 lost", b"A1 - SCP", b"A1 - S1", b"call 2"):
        assert out.getvalue().count(text) == 1
