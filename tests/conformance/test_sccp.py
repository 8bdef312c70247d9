"""ANSI SCCP through the whole node. Source: T1.112.3, T1.112.4; reliability section 3.2 (the rows of Q.786)."""

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.signaling import m3ua
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.sccp import (
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    GlobalTitle,
    LongUnitData,
    LongUnitDataService,
    ReturnCause,
    Segmentation,
    UnitData,
    UnitDataService,
    decode,
    encode,
)
from ain_scp.signaling.sccp.management import decode_management

SCP, SSP = parse_point_code("245-1-2"), parse_point_code("246-3-4")
HERE, THERE = Address(250, SCP), Address(250, SSP)
ABORTED = bytes.fromhex("e50ac708000000070100ffff")


def test_a_udt_is_answered_with_a_udt_addresses_turned_round(switch):
    (answer,) = switch().sccp(UnitData(HERE, THERE, ABORTED))
    assert isinstance(answer, UnitData)
    assert (answer.called, answer.calling) == (THERE, HERE)


def test_an_xudt_is_treated_as_a_udt(switch):
    (answer,) = switch().sccp(ExtendedUnitData(HERE, THERE, ABORTED))
    assert (answer.called, answer.calling) == (THERE, HERE)


@pytest.mark.parametrize("hops", [1, 15])
def test_an_ludt_is_treated_as_a_udt(hops, switch):
    (answer,) = switch().sccp(LongUnitData(HERE, THERE, ABORTED, hop_counter=hops))
    assert isinstance(answer, UnitData)
    assert (answer.called, answer.calling) == (THERE, HERE)


def test_an_ludt_may_be_longer_than_a_udt(switch):
    """More than a UDT holds: one query of twenty components, which is refused as TCAP says, not lost below it."""
    one = bytes.fromhex("e907cf0101d1026403")
    whole = b"\xc7\x04\x00\x00\x00\x07\xe8\x82" + (len(one) * 40).to_bytes(2, "big") + one * 40
    data = b"\xe2\x82" + len(whole).to_bytes(2, "big") + whole
    assert len(data) > 255
    (answer,) = switch().sccp(LongUnitData(HERE, THERE, data))
    assert answer.data[:1] == b"\xe4"


def test_a_calling_party_with_ssn_only_is_answered_at_its_origin(switch):
    (answer,) = switch().sccp(UnitData(HERE, Address(250), ABORTED))
    assert answer.called == THERE


TITLE = Address(0, None, GlobalTitle(99, "123"), route_on_ssn=False)
FAILURES = [
    ("no translation for nature", TITLE, ReturnCause.NO_TRANSLATION_FOR_NATURE),
    ("unequipped user", Address(99, SCP), ReturnCause.UNEQUIPPED_USER),
    ("no subsystem", Address(None, SCP), ReturnCause.UNEQUIPPED_USER),
]


SERVICE = {
    UnitData: UnitDataService,
    ExtendedUnitData: ExtendedUnitDataService,
    LongUnitData: LongUnitDataService,
}


@pytest.mark.parametrize("kind", SERVICE)
@pytest.mark.parametrize(("name", "called", "cause"), FAILURES, ids=[row[0] for row in FAILURES])
def test_return_on_error_set(name, called, cause, kind, switch):
    (answer,) = switch().sccp(kind(called, THERE, b"data", 1, return_on_error=True))
    assert type(answer) is SERVICE[kind]
    assert (answer.return_cause, answer.called, answer.data) == (cause, THERE, b"data")


@pytest.mark.parametrize("kind", SERVICE)
@pytest.mark.parametrize(("name", "called", "cause"), FAILURES, ids=[row[0] for row in FAILURES])
def test_return_on_error_clear(name, called, cause, kind, switch):
    asked = switch()
    assert asked.sccp(kind(called, THERE, b"data", 1)) == []
    assert asked.node.counters[f"dropped_sccp_{cause.name.lower()}"] == 1


@pytest.mark.parametrize("cause", ReturnCause, ids=lambda cause: cause.name)
@pytest.mark.parametrize("called", [HERE, Address(99, SCP)], ids=["ours", "unequipped"])
@pytest.mark.parametrize("kind", SERVICE.values())
def test_a_returned_message_is_never_returned(kind, called, cause, switch):
    assert switch().sccp(kind(called, THERE, b"data", cause)) == []


@pytest.mark.parametrize(
    ("failed", "cause"),
    [("failed", ReturnCause.SUBSYSTEM_FAILURE), ("congested", ReturnCause.SUBSYSTEM_CONGESTION)],
)
def test_a_subsystem_out_of_order_returns_its_cause(failed, cause, switch):
    asked = switch()
    asked.node.lower.status.set_local(250, cause)
    (answer,) = asked.sccp(UnitData(HERE, THERE, b"data", 1, return_on_error=True))
    assert answer.return_cause == cause


SEGMENTS = [
    ("missing", [(True, 2), (False, 0)]),
    ("duplicate", [(True, 1), (True, 1)]),
    ("out of order", [(True, 2), (False, 2)]),
    ("without first", [(False, 1)]),
]


def piece(first, remaining):
    return ExtendedUnitData(
        HERE, THERE, b"x" * 20, 1, return_on_error=True, segmentation=Segmentation(first, remaining, 7)
    )


@pytest.mark.parametrize(("name", "order"), SEGMENTS, ids=[row[0] for row in SEGMENTS])
def test_segments_that_do_not_fit_return_cannot_reassemble(name, order, switch):
    asked = switch()
    answers = [answer for one in order for answer in asked.sccp(piece(*one))]
    assert [answer.return_cause for answer in answers] == [ReturnCause.CANNOT_REASSEMBLE]


def test_segments_in_order_are_one_message(switch):
    asked = switch()
    cut = [ABORTED[:5], ABORTED[5:9], ABORTED[9:]]
    answers = []
    for place, data in enumerate(cut):
        part = Segmentation(place == 0, len(cut) - 1 - place, 7)
        answers += asked.sccp(ExtendedUnitData(HERE, THERE, data, 1, segmentation=part))
    assert len(answers) == 1
    assert asked.node.counters["segments"] == 2


def test_a_reassembly_ends_with_its_timer(switch):
    asked = switch()
    asked.sccp(piece(True, 1))
    asked.node.handle_timer(asked.node.next_timer())
    asked.now += 10**11
    (answer,) = asked.sccp(piece(False, 0))
    assert answer.return_cause == ReturnCause.CANNOT_REASSEMBLE


def test_reassembly_memory_is_capped(switch):
    asked = switch()
    for reference in range(200):
        part = Segmentation(True, 1, reference)
        asked.sccp(ExtendedUnitData(HERE, THERE, b"x" * 200, 1, segmentation=part))
    assert asked.node.counters["segments"] <= 64


MALFORMED = [
    ("pointer beyond the end", "0900ff050a05c3fa0201f505c3fa0403f600"),
    ("pointer to itself", "09000000000000"),
    ("length 0 of the called address", "090003040500000000"),
    ("data cut short", encode(UnitData(HERE, THERE, b"data"))[:-1].hex()),
    ("nothing after the type", "09"),
]


@pytest.mark.parametrize(("name", "octets"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_malformed(name, octets, switch):
    asked = switch()
    assert asked.sccp(bytes.fromhex(octets)) == []
    dropped = [name for name, count in asked.node.counters.items() if name.startswith("dropped") and count]
    assert len(dropped) == 1


@pytest.mark.parametrize("kind", [0, 1, 2, 8, 0x15, 0x16, 0xFF])
def test_an_unknown_message_type_is_ignored_and_counted(kind, switch):
    asked = switch()
    assert asked.sccp(bytes((kind,)) + encode(UnitData(HERE, THERE, b"data"))[1:]) == []
    assert asked.node.counters["dropped_sccp_unknown_type"] == 1


def scmg(kind, ssn, point_code=SCP):
    octets = bytes((kind, ssn)) + point_code.to_bytes(3, "little") + b"\x00"
    return UnitData(Address(1, SCP), Address(1, SSP), octets)


@pytest.mark.parametrize(("ssn", "answered"), [(1, True), (250, True), (251, False), (0, False)])
def test_sst(ssn, answered, switch):
    answers = switch().sccp(scmg(3, ssn))
    expected = [bytes((1, ssn)) + SCP.to_bytes(3, "little") + b"\x00"] if answered else []
    assert [answer.data for answer in answers] == expected


def test_ssp_prohibits_until_ssa_or_a_message_from_the_subsystem_itself(switch):
    """Whoever asks is there: no report of another keeps a subsystem from its answers."""
    asked = switch()
    refusal = asked.node.lower.status.refusal
    for lifted in (scmg(1, 250, SSP), UnitData(HERE, THERE, ABORTED)):
        assert asked.sccp(scmg(2, 250, SSP)) == []
        assert refusal(SSP, 250) is not None
        assert len(asked.sccp(lifted)) == (lifted.data == ABORTED)
        assert refusal(SSP, 250) is None


def test_a_prohibited_subsystem_is_tested_by_the_timer(switch):
    asked = switch()
    asked.sccp(scmg(2, 250, SSP))
    asked.node.handle_timer(asked.node.next_timer())
    ((link, _),) = asked.node.octets_to_send()
    assert link == "STP"


MATE = parse_point_code("245-1-3")


def sor(ssn=250, affected=MATE, opc=MATE):
    octets = bytes((4, ssn)) + affected.to_bytes(3, "little") + b"\x00"
    return UnitData(Address(1, SCP), Address(1, opc), octets)


def asked_by(switch, message, opc=MATE, **options):
    asked = switch(NodeConfig(mates=frozenset({MATE})), **options)
    return asked, m3ua.data(opc, SCP, 3, 2, 0, 5, encode(message), 100)


def granted(asked, octets):
    """The SCMG messages sent for one: (kind, subsystem, point code, destination)."""
    asked.node.receive(octets, "STP", asked.now)
    sent = []
    for _, out in asked.node.octets_to_send():
        label = m3ua.decode(out).protocol_data
        said = decode_management(decode(label.payload).data)
        sent.append((said.kind, said.affected_ssn, said.affected_point_code, label.dpc))
    return sent


def test_a_mate_that_asks_to_leave_is_granted_it_while_we_are_well(switch):
    """SOR for the mate's own replicated subsystem draws SOG for the same, back to the mate."""
    assert granted(*asked_by(switch, sor())) == [(5, 250, MATE, MATE)]


REFUSED = {
    "a subsystem we do not have": (sor(251), MATE),
    "a subsystem that is not the mate's": (sor(affected=SSP), MATE),
    "somebody who is no mate": (sor(affected=SSP, opc=SSP), SSP),
}


@pytest.mark.parametrize(("message", "opc"), REFUSED.values(), ids=REFUSED)
def test_no_answer_is_the_refusal_of_a_request_to_leave(message, opc, switch):
    assert granted(*asked_by(switch, message, opc)) == []


def test_who_leaves_or_is_out_of_order_takes_over_nothing(switch):
    asked, octets = asked_by(switch, sor())
    asked.node.lower.status.set_local(250, ReturnCause.SUBSYSTEM_FAILURE)
    assert granted(asked, octets) == []
    asked, octets = asked_by(switch, sor())
    asked.node.leave()
    assert granted(asked, octets) == []


@pytest.mark.parametrize("kind", [4, 5, 0xFD, 0x7F])
def test_other_management_is_ignored(kind, switch):
    asked = switch()
    assert asked.sccp(scmg(kind, 250)) == []
    assert asked.node.counters["subsystem_management_ignored"] == 1
