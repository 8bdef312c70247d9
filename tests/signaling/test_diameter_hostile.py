"""Diameter from a peer that means harm: groups in groups, what is too long to be repeated, and octets one by one."""

import pytest

from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.avp import Avp, group, text, u32, u64
from ain_scp.signaling.diameter.dictionary import code
from ain_scp.signaling.diameter.faults import DiameterFault
from ain_scp.signaling.diameter.message import (
    MOST_OCTETS,
    MOST_RETURNED,
    Message,
    check_known,
    encode,
    refusal,
)
from ain_scp.signaling.diameter.peer import PATIENCE_NS, Peer, PeerConfig, State

CONFIG = PeerConfig("scp.example", "example")
CER = encode(Message(257, 0, (text(264, "peer"), text(296, "example"), u32(258, 4))))


def opened():
    peer = Peer(CONFIG, 0)
    peer.receive(CER, 0)
    assert peer.state is State.OPEN
    peer.octets_to_send()
    return peer


@pytest.mark.parametrize("depth", [9, 3000])
def test_groups_nested_too_deep_are_refused(depth):
    nested = Avp(code("Multiple-Services-Credit-Control"), b"")
    for _ in range(depth):
        nested = group(code("Multiple-Services-Credit-Control"), nested)
    with pytest.raises(DiameterFault, match="5004"):
        check_known([nested])


@pytest.mark.parametrize("command", [257, 280, 282, 999])
def test_what_is_too_long_to_be_repeated_ends_the_connection(command):
    peer = opened()
    most = Message(command, 0, (u32(258, 4), Avp(263, bytes(MOST_OCTETS - 20 - 12 - 8))))
    peer.receive(encode(most), 0)
    assert peer.closed
    assert peer.octets_to_send() == b""


def test_an_answer_of_the_application_that_is_too_long_ends_the_connection():
    peer = opened()
    peer.send(Message(272, 4, (Avp(263, bytes(MOST_OCTETS)),), 0))
    assert peer.closed


def test_a_long_pair_at_fault_is_repeated_in_part():
    fault = DiameterFault(5001, "unknown", Avp(9999, bytes(65_000)))
    told = refusal(Message(272, 4, (fault.avp,)), "h", "r", fault)
    assert told.find(279).group()[0].data == bytes(MOST_RETURNED)


@pytest.mark.parametrize("length", [0, cc.LONGEST_SESSION + 1])
def test_a_session_without_a_name_or_with_an_endless_one_is_refused(length):
    avps = (Avp(263, b"s" * length), u32(code("CC-Request-Type"), 1), u32(code("CC-Request-Number"), 0))
    with pytest.raises(DiameterFault, match="5004"):
        cc.read_request(Message(272, 4, avps))


@pytest.mark.parametrize("times", [(2**32 - 1,), (cc.LONGEST_USED_S, 1)])
def test_a_report_of_more_than_25_hours_is_refused(times):
    """Each period of it would be charged, and nobody else served meanwhile."""
    used = [group(code("Used-Service-Unit"), u32(code("CC-Time"), one)) for one in times]
    head = (text(263, "s"), u32(code("CC-Request-Type"), 2), u32(code("CC-Request-Number"), 0))
    with pytest.raises(DiameterFault, match="5004"):
        cc.check_used(cc.read_request(Message(272, 4, (*head, *used))))


def test_another_command_is_no_credit_control():
    avps = (text(263, "s"), u32(code("CC-Request-Type"), 1), u32(code("CC-Request-Number"), 0))
    with pytest.raises(DiameterFault, match="3001"):
        cc.read_request(Message(258, 4, avps))


def test_octets_one_by_one_gain_no_time_before_capabilities():
    peer = Peer(CONFIG, 0)
    for number, octet in enumerate(CER[:-1]):
        peer.receive(bytes([octet]), now := number * PATIENCE_NS // 4)
        peer.handle_timer(now)
    assert peer.closed
    assert peer.reason == "silent"


@pytest.mark.parametrize("gap", [PATIENCE_NS // 4, 2 * PATIENCE_NS])
def test_a_message_that_does_not_end_ends_the_connection(gap):
    """Octets one by one keep no open connection, whether they trickle or stop; whole messages do."""
    peer = opened()
    watchdog = encode(Message(280, 0, (text(264, "peer"), text(296, "example"))))
    now = 0
    for _ in range(20):
        peer.receive(watchdog + watchdog[:10], now := now + PATIENCE_NS // 2)
        peer.handle_timer(now)
        peer.receive(watchdog[10:], now)
    assert peer.state is State.OPEN
    for octet in watchdog[:-1]:
        peer.receive(bytes([octet]), now := now + gap)
        peer.handle_timer(now)
    assert peer.closed
    assert peer.reason == "a message that does not end"


def ccr(*avps, kind=2, session=b"s"):
    head = (Avp(263, session), u32(code("CC-Request-Type"), kind), u32(code("CC-Request-Number"), 1))
    return Message(272, 4, (*head, *avps))


def test_a_second_service_is_refused_not_used_for_nothing():
    """Of two Multiple-Services-Credit-Control one would be charged and the other talked away."""
    service = group(
        code("Multiple-Services-Credit-Control"), group(code("Used-Service-Unit"), u32(code("CC-Time"), 60))
    )
    assert cc.read_request(ccr(service)).used_s == 60
    with pytest.raises(DiameterFault, match="5009"):
        cc.read_request(ccr(service, service))


def test_units_that_are_no_time_are_no_report_of_a_call():
    """A report in octets alone would pass for the called party's answer."""
    used = group(code("Used-Service-Unit"), u64(code("CC-Total-Octets"), 5))
    with pytest.raises(DiameterFault, match="5005"):
        cc.read_request(ccr(group(code("Multiple-Services-Credit-Control"), used)))


def test_a_session_that_is_no_text_is_refused():
    """Two of them would be one, as each octet reads as the same sign."""
    with pytest.raises(DiameterFault, match="5004"):
        cc.read_request(ccr(session=b"\xff"))
