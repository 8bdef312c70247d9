"""Conversations of a switch: digits asked for, events watched, controls there is no room for."""

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import decode_parameters, encode_parameters, operation, operation_named
from ain_scp.signaling.ain.structures import (
    Announcement,
    AnnouncementBlock,
    AnnouncementDigitBlock,
    ControlCause,
    EventDetectionPoint,
)
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.sccp import Address, ExtendedUnitData
from ain_scp.signaling.sccp.segmentation import segment
from ain_scp.signaling.tcap import (
    conversation,
    decode_package,
    encode_package,
    invoke,
    response,
    unidirectional,
)
from ain_scp.ssp_sim.nodes.gapping import MAX_CONTROLS
from ain_scp.ssp_sim.topology import NetworkOptions, build

PEER = 0x51
SCP = parse_point_code("245-1-2")
BITS = len(EventDetectionPoint)


def part(name, values, number=2):
    row = operation_named(name)
    return invoke(row.code, encode_parameters(row, values), number, 1)


def collect(most, *, uninterruptible=9):
    block = AnnouncementDigitBlock(most, (Announcement(uninterruptible),))
    return lambda transaction: conversation(
        PEER, transaction, part("sendToResource", {"resourceType": 1, "strParameterBlock": block})
    )


def bits(*points):
    return "".join("1" if bit in points else "0" for bit in range(BITS))


def watch(called, request=(), notify=(), seconds=None):
    """AnalyzeRoute and RequestReportBCMEvent in one Conversation."""
    values = {}
    if request:
        values["eDPRequest"] = bits(*request)
    if notify:
        values["eDPNotification"] = bits(*notify)
    if seconds is not None:
        values["oNoAnswerTimer"] = seconds
    route = part("analyzeRoute", {"calledPartyID": Digits(3, 1, called)})
    return lambda transaction: conversation(
        PEER, transaction, route, part("requestReportBCMEvent", values, 3)
    )


def scripted(**answers):
    """Answer each operation by name, once; afterwards nothing."""
    left = {name: list(one) if isinstance(one, list) else [one] for name, one in answers.items()}

    def script(seen):
        waiting = left.get(seen.name, [])
        return [(0, waiting.pop(0))] if waiting else []

    return script


def reports(run, *names):
    """What the scripted node was told, by operation."""
    return [seen.name for seen in (*run.scp.queries, *run.scp.others) if not names or seen.name in names]


# --- digits ----------------------------------------------------------------------------------------------------------


def test_digits_keyed_on_request_come_back_with_resource_clear(run, answers):
    one = run(scripted(infoAnalyzed=collect(4), resourceClear=answers.route("4159212000")))
    record = one.one(keys=("1234",))
    (clear,) = one.scp.others
    assert clear.parameters.digits("collectedDigits").digits == "1234"
    assert clear.parameters.integer("clearCause") == 0
    assert record.status == "COMPLETED"
    assert record.facility.facility == "PSTN"


def test_digits_may_come_one_by_one_and_no_more_are_taken_than_asked_for(run, answers):
    one = run(scripted(infoAnalyzed=collect(4), resourceClear=answers.route("4159212000")))
    one.one(keys=("12345678",))
    assert one.scp.others[0].parameters.digits("collectedDigits").digits == "1234"


@pytest.mark.parametrize("most", [10, 253, 254])
def test_fewer_digits_end_with_the_interdigit_timer(run, answers, most):
    one = run(scripted(infoAnalyzed=collect(most), resourceClear=answers.route("4159212000")))
    one.one(keys=("77",))
    assert one.scp.others[0].parameters.digits("collectedDigits").digits == "77"


def test_a_caller_who_keys_nothing_is_reported_without_digits(run, answers):
    one = run(scripted(infoAnalyzed=collect(4), resourceClear=answers.announce(3)))
    record = one.one()
    (clear,) = one.scp.others
    assert clear.parameters.digits("collectedDigits") is None
    assert clear.parameters.integer("clearCause") == 1
    assert record.status == "ANNOUNCEMENT:3"


def test_a_second_question_is_answered_with_the_second_text(run, answers):
    script = scripted(infoAnalyzed=collect(4), resourceClear=[collect(2), answers.route("4159212000")])
    one = run(script)
    one.one(keys=("1111", "22"))
    digits = [seen.parameters.digits("collectedDigits").digits for seen in one.scp.others]
    assert digits == ["1111", "22"]


def test_a_caller_who_hangs_up_while_asked_closes_the_conversation(run):
    one = run(scripted(infoAnalyzed=collect(4)))
    record = one.one(abandon_after_s=2)
    assert record.status == "ABANDONED"
    assert [seen.name for seen in one.scp.others] == ["close"]


def test_cancel_resource_event_stops_the_question(run, answers):
    def cancel(transaction):
        return conversation(PEER, transaction, part("cancelResourceEvent", {}))

    script = scripted(infoAnalyzed=collect(4), resourceClear=answers.route("4159212000"))
    one = run(
        lambda seen: [*script(seen), (1_000_000_000, cancel)] if seen.name == "infoAnalyzed" else script(seen)
    )
    record = one.one()
    assert [seen.name for seen in one.scp.others] == ["resourceClear"]
    assert record.status == "COMPLETED"


def test_an_announcement_of_a_conversation_is_no_refusal(run, answers):
    block = AnnouncementBlock((Announcement(9),))
    play = part("sendToResource", {"resourceType": 0, "strParameterBlock": block})
    script = scripted(
        infoAnalyzed=lambda transaction: conversation(PEER, transaction, play),
        resourceClear=answers.route("4159212000"),
    )
    record = run(script).one(called_busy=True)
    assert record.status == "BUSY"


# --- events ----------------------------------------------------------------------------------------------------------


def test_events_are_reported_in_order_and_the_end_closes(run):
    points = (
        EventDetectionPoint.O_TERM_SEIZED,
        EventDetectionPoint.O_ANSWER,
        EventDetectionPoint.O_DISCONNECT,
    )
    one = run(scripted(infoAnalyzed=watch("4159212000", notify=points)))
    record = one.one()
    assert reports(one) == ["infoAnalyzed", "oTermSeized", "oAnswer", "oDisconnect", "close"]
    assert all(seen.parameters.flag("notificationIndicator") for seen in one.scp.queries[1:])
    assert record.status == "COMPLETED"


def test_the_last_event_asked_for_closes_with_edps_completed(run):
    one = run(scripted(infoAnalyzed=watch("4159212000", notify=(EventDetectionPoint.O_ANSWER,))))
    one.one()
    assert reports(one) == ["infoAnalyzed", "oAnswer", "close"]
    assert one.scp.others[0].parameters.integer("closeCause") == 1


def test_an_event_that_did_not_happen_is_closed_with_the_call(run):
    one = run(scripted(infoAnalyzed=watch("4159212000", notify=(EventDetectionPoint.O_NO_ANSWER,))))
    one.one()
    assert reports(one) == ["infoAnalyzed", "close"]
    assert one.scp.others[0].parameters.integer("closeCause") == 0


BUSY = {"called_busy": True}
SILENT = {"answered": False}
FORWARDED = [
    ("oCalledPartyBusy", EventDetectionPoint.O_CALLED_PARTY_BUSY, BUSY, "BUSY"),
    ("oNoAnswer", EventDetectionPoint.O_NO_ANSWER, SILENT, "NO_ANSWER"),
]


@pytest.mark.parametrize(("name", "point", "plan", "status"), FORWARDED)
def test_a_requested_event_stops_the_call_until_it_is_told_to_continue(
    run, answers, name, point, plan, status
):
    one = run(scripted(infoAnalyzed=watch("4159212000", request=(point,)), **{name: answers.proceed()}))
    record = one.one(**plan)
    assert not one.scp.queries[1].parameters.flag("notificationIndicator")
    assert record.status == status


@pytest.mark.parametrize(("name", "point", "plan", "status"), FORWARDED)
def test_without_an_instruction_the_call_fails_as_it_would_have(run, name, point, plan, status):
    one = run(scripted(infoAnalyzed=watch("4159212000", request=(point,))))
    record = one.one(**plan)
    assert record.status == status
    assert "T1 expired" in [message.name for message in record.messages]


@pytest.mark.parametrize("called", ["4159212000", "9258341239"])
def test_a_call_that_is_not_answered_can_be_sent_elsewhere(run, answers, called):
    """From a line of another switch, and from one of the caller's own."""
    point = EventDetectionPoint.O_NO_ANSWER
    one = run(
        scripted(infoAnalyzed=watch(called, (point,), seconds=5), oNoAnswer=answers.route("5105553000"))
    )
    record = one.one(answered=False)
    ringing = [m.destination for m in record.messages if m.name == "Ringing"]
    assert ringing == [called, "5105553000"]
    assert record.status == "NO_ANSWER"


def test_the_no_answer_timer_of_the_request_counts(run, answers):
    point = EventDetectionPoint.O_NO_ANSWER
    one = run(scripted(infoAnalyzed=watch("4159212000", (point,), seconds=5), oNoAnswer=answers.announce(3)))
    record = one.one(answered=False)
    (asked,) = [m for m in record.messages if m.name == "ONoAnswer"][:1]
    assert 5 <= (asked.time_ns - record.placed_ns) / 1e9 < 6
    assert record.status == "ANNOUNCEMENT:3"


def test_an_abandoned_call_is_reported(run):
    one = run(scripted(infoAnalyzed=watch("4159212000", notify=(EventDetectionPoint.O_ABANDON,))))
    one.one(answered=False, abandon_after_s=3)
    assert reports(one) == ["infoAnalyzed", "oAbandon", "close"]


# --- gapping and segments, on one switch alone -----------------------------------------------------------------------


@pytest.fixture
def ssp(golden):
    return build(golden, NetworkOptions()).switches["SSP2004"]


def sent_to(switch, package, unit=None):
    """Give a switch one TCAP package, whole or as the SCCP messages in `unit`."""
    own = switch.data.point_codes["SSP2004"]
    whole = sccp.UnitData(Address(250, own), Address(250, SCP), encode_package(package))
    for message in unit or (whole,):
        switch.receive(m3ua.data(SCP, own, 3, 2, 0, 0, sccp.encode(message)), "STP-LOCAL", 0)
    return [
        decode_package(sccp.decode(m3ua.decode(octets).protocol_data.payload).data)
        for _link, octets in switch.octets_to_send()
    ]


def control(digits):
    values = {
        "controlCauseIndicator": ControlCause(0, len(digits)),
        "gapDuration": 5,
        "gapInterval": 3,
        "translationType": 254,
        "globalTitleAddress": digits,
    }
    return unidirectional(part("acg", values))


def test_a_control_there_is_no_room_for_is_answered_with_acg_overflow(ssp):
    for number in range(MAX_CONTROLS):
        assert sent_to(ssp, control(f"92583{number:05d}")) == []
    (answer,) = sent_to(ssp, control("4159212000"))
    (component,) = answer.components
    row = operation(component.code)
    parameters = decode_parameters(row, component.parameter)
    assert row.name == "acgOverflow"
    assert parameters.text("globalTitleAddress") == "4159212000"
    assert parameters.integer("translationType") == 254
    assert ssp.switching.counters["acg_overflow"] == 1


def test_a_control_already_in_force_is_replaced_even_when_the_table_is_full(ssp):
    for number in range(MAX_CONTROLS):
        sent_to(ssp, control(f"92583{number:05d}"))
    assert sent_to(ssp, control("9258300000")) == []


def segments(switch, package):
    own = switch.data.point_codes["SSP2004"]
    long = ExtendedUnitData(Address(250, own), Address(250, SCP), encode_package(package), 1)
    return segment(long, 7, 20)


def test_segments_of_a_long_message_are_put_together(ssp):
    package = control("4159212000")
    parts = segments(ssp, package)
    assert len(parts) > 1
    assert sent_to(ssp, package, parts) == []
    assert ssp.counters["reassembled"] == 1
    assert len(ssp.switching.gaps) == 1


def test_segments_that_never_end_are_forgotten_in_time(ssp):
    package = control("4159212000")
    sent_to(ssp, package, segments(ssp, package)[:1])
    due = ssp.next_timer()
    assert due is not None
    ssp.handle_timer(due)
    assert ssp.next_timer() is None
    assert sent_to(ssp, package, segments(ssp, package)[1:]) == []
    assert len(ssp.switching.gaps) == 0


def test_an_unsegmented_xudt_is_taken_like_a_udt(ssp):
    own = ssp.data.point_codes["SSP2004"]
    package = control("4159212000")
    message = ExtendedUnitData(Address(250, own), Address(250, SCP), encode_package(package))
    sent_to(ssp, package, (message,))
    assert len(ssp.switching.gaps) == 1


def test_a_response_of_nobodys_transaction_is_still_reported(ssp):
    answers = sent_to(ssp, response(99, part("continue", {})))
    assert [operation(one.components[0].code).name for one in answers] == ["reportError"]
