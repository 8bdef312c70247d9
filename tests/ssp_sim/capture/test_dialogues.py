"""From frames to messages to dialogues, with repeats, strays, what is unanswered, and bounds."""

import random

import msgspec
import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.sccp import (
    Address,
    ExtendedUnitData,
    GlobalTitle,
    LongUnitData,
    LongUnitDataService,
    UnitData,
    UnitDataService,
)
from ain_scp.signaling.sccp.segmentation import segment
from ain_scp.signaling.tcap import (
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
from ain_scp.ssp_sim.capture import portion as module
from ain_scp.ssp_sim.capture.dialogues import DialogueLimits, Dialogues, Outcome
from ain_scp.ssp_sim.capture.dissect import Dissector
from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, Endpoint, Frame, Transport
from ain_scp.ssp_sim.capture.portion import Transaction, transaction

SSP_PC, SCP_PC = 0xF60304, 0xF50102
SSP = Address(250, SSP_PC)
SCP = Address(250, SCP_PC)
SECOND_NS = 1_000_000_000


class Wire:
    """Numbers frames and dissects them, so that a test reads as a list of messages."""

    def __init__(self):
        self.dissector = Dissector()
        self.number = 0

    def frame(self, octets, time_ns, transport=Transport.SCTP):
        self.number += 1
        return Frame(self.number, time_ns, self.number * 100, NO_ENDPOINT, NO_ENDPOINT, transport, octets)

    def sccp(self, unit, time_ns, opc, dpc):
        return self.dissector.receive(self.frame(m3ua.data(opc, dpc, 3, 2, 0, 9, sccp.encode(unit)), time_ns))

    def up(self, package, time_ns=0, calling=SSP, called=SCP):
        return self.sccp(UnitData(called, calling, encode_package(package)), time_ns, SSP_PC, SCP_PC)

    def down(self, package, time_ns=0, calling=SCP, called=SSP):
        return self.sccp(UnitData(called, calling, encode_package(package)), time_ns, SCP_PC, SSP_PC)


def on_link(message, number):
    """The same message as it was met on another link."""
    ends = Endpoint(f"10.0.{number}.1", 2905), Endpoint(f"10.0.{number}.2", 2905)
    return msgspec.structs.replace(
        message, frame=msgspec.structs.replace(message.frame, source=ends[0], destination=ends[1])
    )


@pytest.fixture
def wire():
    return Wire()


def pair(messages, /, **limits):
    dialogues = Dialogues(DialogueLimits(**limits))
    return list(dialogues.pair(messages)), dialogues


def test_an_m3ua_frame_gives_its_label_addresses_and_package(wire, query):
    message = wire.dissector.receive(wire.frame(query, 5))
    assert (message.opc, message.dpc, message.si, message.kind) == (SSP_PC, SCP_PC, 3, "UDT")
    assert (message.called, message.calling) == (SCP, SSP)
    assert message.payload.hex().startswith("e259c7040a000001")
    assert message.frame.time_ns == 5


def test_an_mtp3_frame_gives_the_same(wire, query):
    unit = m3ua.decode(query).protocol_data.payload
    octets = bytes((0x83, *SCP_PC.to_bytes(3, "little"), *SSP_PC.to_bytes(3, "little"), 9)) + unit
    first = wire.dissector.receive(wire.frame(octets, 0, Transport.MTP2))
    second = wire.dissector.receive(wire.frame(query, 0))
    assert (first.opc, first.dpc, first.si, first.sls) == (SSP_PC, SCP_PC, 3, 9)
    assert (first.called, first.calling, first.payload) == (second.called, second.calling, second.payload)


def test_other_users_of_mtp_keep_their_octets(wire):
    message = wire.dissector.receive(wire.frame(m3ua.data(1, 2, 5, 2, 0, 3, b"isup"), 0))
    assert (message.si, message.payload, message.called, message.kind) == (5, b"isup", None, "")


def test_segments_give_the_whole_message_at_the_last_one(wire):
    data = bytes(range(256)) * 2
    units = segment(ExtendedUnitData(SCP, SSP, data, protocol_class=1), 77)
    assert len(units) > 1
    messages = [wire.sccp(unit, 0, SSP_PC, SCP_PC) for unit in units]
    assert messages[:-1] == [None] * (len(units) - 1)
    assert (messages[-1].payload, messages[-1].kind) == (data, "XUDT")
    assert messages[-1].frame.number == len(units)
    assert wire.dissector.left_out == {"SCCP segment: pending": len(units) - 1}


def test_a_long_message_in_one_piece_is_read_as_it_is(wire):
    data = bytes(range(256)) * 4
    there = wire.sccp(LongUnitData(SCP, SSP, data), 0, SSP_PC, SCP_PC)
    back = wire.sccp(LongUnitDataService(SSP, SCP, data, 4), 0, SCP_PC, SSP_PC)
    assert (there.payload, there.kind, there.return_cause) == (data, "LUDT", None)
    assert (back.payload, back.kind, back.return_cause) == (data, "LUDTS", 4)


def test_what_gives_no_message_is_counted_with_its_reason(wire, query):
    for octets, transport in (
        (bytes.fromhex("01000301000000100011000800000001"), Transport.SCTP),
        (query[:40], Transport.SCTP),
        (b"", Transport.UDP),
        (b"\x83\x00", Transport.MTP3),
        (m3ua.data(1, 2, 3, 2, 0, 3, b"\x09\x00"), Transport.SCTP),
    ):
        assert wire.dissector.receive(wire.frame(octets, 0, transport)) is None
    assert sum(wire.dissector.left_out.values()) == 5
    assert wire.dissector.left_out["M3UA management"] == 1
    assert [fault[0].number for fault in wire.dissector.faults] == [2, 3, 4, 5]


def test_any_damage_to_a_frame_gives_a_message_or_a_counted_reason(wire, query):
    chance = random.Random(8)
    for _ in range(3000):
        octets = bytearray(query)
        for _ in range(chance.randint(1, 3)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        message = wire.dissector.receive(wire.frame(bytes(octets[: chance.randint(0, 200)]), 0))
        assert message is None or isinstance(message.payload, bytes)
    assert len(wire.dissector.faults) <= 100


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (query(7, invoke(1)), Transaction(PackageType.QUERY_WITH_PERMISSION, 7, None)),
        (query(7, invoke(1), permission=False), Transaction(PackageType.QUERY_WITHOUT_PERMISSION, 7, None)),
        (response(7, return_result(1)), Transaction(PackageType.RESPONSE, None, 7)),
        (conversation(7, 8, invoke(1)), Transaction(PackageType.CONVERSATION_WITH_PERMISSION, 7, 8)),
        (unidirectional(invoke(1)), Transaction(PackageType.UNIDIRECTIONAL, None, None)),
        (p_abort(7, 4), Transaction(PackageType.ABORT, None, 7)),
    ],
)
def test_the_transaction_portion_of_every_package_type(package, expected):
    octets = encode_package(package)
    assert transaction(octets) == expected
    for end in range(len(octets)):
        with pytest.raises(DecodeError):
            transaction(octets[:end])


def test_an_indefinite_length_is_read():
    octets = encode_package(response(7, return_result(1)))
    assert transaction(octets[:1] + b"\x80" + octets[2:] + b"\0\0") == transaction(octets)


def test_a_query_and_its_response(wire):
    first, second = wire.up(query(1, invoke(5)), 100), wire.down(response(1, return_result(1)), 350)
    (dialogue,), dialogues = pair([first, second])
    assert (dialogue.number, dialogue.transaction_id, dialogue.outcome) == (1, 1, Outcome.ANSWERED)
    assert dialogue.messages == (first, second)
    (exchange,) = dialogue.exchanges
    assert (exchange.query, exchange.answer, exchange.response_ns) == (first, second, 250)
    assert exchange.from_originator
    assert dialogues.counts == {}


def test_a_message_met_on_a_second_link_is_a_copy_and_no_repeat(wire):
    """A capture on both sides of a signal transfer point; only the same link twice is a retransmission."""
    first, second = wire.up(query(1, invoke(5)), 100), wire.down(response(1, return_result(1)), 350)
    alone = wire.up(unidirectional(invoke(9)), 400)
    links = [on_link(first, 1), on_link(first, 2), on_link(first, 1), on_link(second, 2), on_link(second, 1)]
    links += [on_link(alone, 1), on_link(alone, 2), on_link(alone, 1)]
    (dialogue, told, again), dialogues = pair(links)
    assert (dialogue.outcome, dialogue.relayed, dialogue.repeats) == (Outcome.ANSWERED, 1, 1)
    assert told.outcome is again.outcome is Outcome.UNIDIRECTIONAL
    assert dialogues.counts == {"repeat after the end": 1, "relayed": 1}


def test_a_conversation_is_one_dialogue_with_an_exchange_per_turn(wire):
    messages = [
        wire.up(query(1, invoke(5)), 0),
        wire.down(conversation(90, 1, invoke(6)), 10),
        wire.up(conversation(1, 90, invoke(7)), 500),
        wire.down(response(1, return_result(1)), 520),
    ]
    (dialogue,), _ = pair(messages)
    assert dialogue.outcome is Outcome.ANSWERED
    assert [(one.response_ns, one.from_originator) for one in dialogue.exchanges] == [
        (10, True),
        (490, False),
        (20, True),
    ]


def test_the_same_id_of_two_switches_is_two_transactions(wire):
    other = Address(250, 0xF60305)
    messages = [
        wire.up(query(1, invoke(5)), 0),
        wire.up(query(1, invoke(5)), 5, calling=other),
        wire.down(response(1, return_result(2)), 20, called=other),
        wire.down(response(1, return_result(1)), 30),
    ]
    dialogues, _ = pair(messages)
    assert [(one.number, one.exchanges[0].response_ns) for one in dialogues] == [(2, 15), (1, 30)]


def test_an_address_without_point_code_takes_the_label(wire):
    title = Address(250, None, GlobalTitle(254, "9085551234"), route_on_ssn=False)
    messages = [
        wire.up(query(1, invoke(5)), 0, calling=title),
        wire.down(response(1, return_result(1)), 3, called=title),
    ]
    (dialogue,), _ = pair(messages)
    assert dialogue.outcome is Outcome.ANSWERED


def test_retransmissions_are_counted_and_not_taken_for_queries(wire):
    """Before the answer within the dialogue, after it as late ones; the response time counts from the first."""
    ask, answer = query(1, invoke(5)), response(1, return_result(1))
    messages = [
        wire.up(ask, 0),
        wire.up(ask, 50),
        wire.up(ask, 60),
        wire.down(answer, 100),
        wire.down(answer, 110),
        wire.up(ask, 120),
    ]
    (dialogue,), dialogues = pair(messages)
    assert dialogue.repeats == dialogue.exchanges[0].repeats == 2
    assert dialogue.exchanges[0].response_ns == 100
    assert dialogues.counts == {"repeat after the end": 2}


def test_an_ended_dialogue_is_forgotten_after_a_while(wire):
    ask = query(1, invoke(5))
    messages = [wire.up(ask, 0), wire.down(response(1, return_result(1)), 1), wire.up(ask, 11 * SECOND_NS)]
    dialogues, _ = pair(messages)
    assert [dialogue.outcome for dialogue in dialogues] == [Outcome.ANSWERED, Outcome.UNANSWERED]


def test_an_id_used_again_ends_the_unanswered_dialogue_before(wire):
    messages = [
        wire.up(query(1, invoke(5)), 0),
        wire.up(query(1, invoke(6)), 1),
        wire.down(response(1, return_result(1)), 2),
    ]
    dialogues, _ = pair(messages)
    assert [dialogue.outcome for dialogue in dialogues] == [Outcome.UNANSWERED, Outcome.ANSWERED]
    assert [exchange.answer for exchange in dialogues[0].exchanges] == [None]
    assert dialogues[1].exchanges[0].response_ns == 1


def test_aborts_strays_and_unidirectional_packages(wire):
    messages = [
        wire.up(query(1, invoke(5)), 0),
        wire.down(p_abort(1, 4), 1),
        wire.down(response(2, return_result(1)), 2),
        wire.up(unidirectional(invoke(5)), 3),
    ]
    dialogues, _ = pair(messages)
    assert [(one.outcome, one.transaction_id) for one in dialogues] == [
        (Outcome.ABORTED, 1),
        (Outcome.STRAY, 2),
        (Outcome.UNIDIRECTIONAL, None),
    ]


def test_a_query_returned_by_sccp_ends_its_dialogue(wire):
    ask = query(1, invoke(5))
    sent = wire.up(ask, 0)
    back = wire.sccp(UnitDataService(SSP, SCP, encode_package(ask), 1), 9, SCP_PC, SSP_PC)
    (dialogue,), _ = pair([sent, back])
    assert dialogue.outcome is Outcome.RETURNED
    assert dialogue.exchanges[0].answer.return_cause == 1
    (stray,), _ = pair([back])
    assert stray.outcome is Outcome.STRAY


def test_consecutive_messages_of_one_side_leave_the_earlier_without_answer(wire):
    messages = [
        wire.up(query(1, invoke(5)), 0),
        wire.down(conversation(90, 1, invoke(6)), 10),
        wire.up(conversation(1, 90, invoke(7)), 20),
        wire.up(conversation(1, 90, invoke(8)), 30),
        wire.down(response(1, return_result(1)), 40),
    ]
    (dialogue,), _ = pair(messages)
    assert [one.response_ns for one in dialogue.exchanges] == [10, 10, None, 10]


def test_dialogues_are_bounded_in_number_age_messages_and_memory(wire):
    queries = [wire.up(query(number, invoke(5)), number) for number in range(1, 11)]
    dialogues, counted = pair(queries, dialogues=4)
    assert len(dialogues) == 10
    assert counted.counts == {"too many open dialogues": 6}
    assert pair(queries, octets=3000)[1].counts == {"too many open dialogues": 5}
    old = [wire.up(query(20, invoke(5)), 0), wire.up(query(21, invoke(5)), 601 * SECOND_NS)]
    keeper = Dialogues()
    assert keeper.receive(old[0]) == []
    assert [dialogue.transaction_id for dialogue in keeper.receive(old[1])] == [20]
    long = [wire.up(query(30, invoke(5)), 0)]
    long += [wire.down(conversation(90, 30, invoke(5, bytes((number,))))) for number in range(9)]
    (dialogue,), counted = pair(long, messages=6)
    assert len(dialogue.messages) == 6
    assert counted.counts == {"dialogue with too many messages": 4}


def test_other_traffic_is_counted(wire):
    isup = wire.dissector.receive(wire.frame(m3ua.data(1, 2, 5, 2, 0, 3, b"isup"), 0))
    management = wire.sccp(UnitData(SCP, SSP, b"\x03\xfa\x00\x00\x00\x00"), 0, SSP_PC, SCP_PC)
    dialogues, counted = pair([isup, management])
    assert dialogues == []
    assert counted.counts == {"not SCCP": 1, "no TCAP transaction portion": 1}


def test_the_short_way_to_a_transaction_agrees_with_the_full_one(monkeypatch):
    """Whatever the octets, what the short way reads the full way reads alike."""
    chance = random.Random(4)
    packages = [
        query(7, invoke(1, bytes(chance.choice([3, 130])))),
        response(7, return_result(1)),
        conversation(7, 8, invoke(1)),
        unidirectional(invoke(1)),
        p_abort(7, 4),
    ]
    short, agreed = module._usual, 0
    monkeypatch.setattr(module, "_usual", lambda _: None)
    for _ in range(4000):
        octets = bytearray(encode_package(chance.choice(packages)))
        if chance.random() < 0.8:
            octets[chance.randrange(min(12, len(octets)))] = chance.choice(
                [0, 1, 4, 8, 0x7F, 0x80, 0x81, 0xC7, 0xE4, 0xF6]
            )
        found = short(bytes(octets))
        if found is not None:
            assert found == transaction(bytes(octets))
            agreed += 1
    assert agreed > 1000
