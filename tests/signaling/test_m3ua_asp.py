"""The ASP side of M3UA: ETSI TS 102 381 rows by their ids, every cell of its table, and the orders of a real STP."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import m3ua
from ain_scp.signaling.m3ua import AffectedPointCode, ErrorCode, Message, MessageKind, ProtocolData
from ain_scp.signaling.m3ua.asp import (
    MAX_EVENTS,
    Asp,
    AspChanged,
    AspConfig,
    DataIndication,
    DestinationStatus,
    ErrorReceived,
    Notified,
    PeerLost,
)
from ain_scp.signaling.m3ua.asp_table import TABLE, AspAction, AspInput, AspState

S = 1_000_000_000
RC = (100,)
CONFIG = AspConfig(routing_contexts=RC, asp_identifier=1, traffic_mode=2, streams=4, t_beat_ms=0)
UP_ACK, AC_ACK = Message(MessageKind.ASPUP_ACK), Message(MessageKind.ASPAC_ACK, routing_contexts=RC)
IA_ACK, DN_ACK = Message(MessageKind.ASPIA_ACK, routing_contexts=RC), Message(MessageKind.ASPDN_ACK)
USER = ProtocolData(0xF60304, 0xF50102, 3, 2, 0, 6, b"query")
DATA = Message(MessageKind.DATA, USER, RC)
DPC = (AffectedPointCode(0xF60304),)


def sent(asp):
    return [m3ua.decode(octets) for _, octets in asp.octets_to_send()]


def kinds(asp):
    return [MessageKind(message.kind).name for message in sent(asp)]


def events(asp):
    found = []
    while (event := asp.next_event()) is not None:
        found.append(event)
    return found


def give(asp, *messages, now=0):
    for message in messages:
        asp.receive(message if isinstance(message, bytes) else m3ua.encode(message), now)


def machine(state=AspState.ACTIVE, config=CONFIG):
    """An ASP brought to a state over the wire, with nothing waiting."""
    asp = Asp(config)
    if state is not AspState.DOWN:
        asp.connected(0)
    if state in {AspState.INACTIVE, AspState.INACTIVE_SENT} or state is AspState.DOWN_SENT:
        asp.send_inactive(0)  # the target only: it is not up yet
    if state not in {AspState.DOWN, AspState.UP_SENT}:
        give(asp, UP_ACK)
    if state is AspState.INACTIVE_SENT:
        asp.send_active(0)
        asp.send_inactive(0)
    if state is AspState.ACTIVE:
        give(asp, AC_ACK)
    if state is AspState.DOWN_SENT:
        asp.send_down(0)
    sent(asp), events(asp)
    assert asp.state is state
    return asp


def broken(message, **octets):
    """The octets of a message with its version, class or type changed."""
    changed = bytearray(m3ua.encode(message))
    for index, name in enumerate(("version", "", "message_class", "message_type")):
        if name in octets:
            changed[index] = octets[name]
    return bytes(changed)


def error_codes(asp):
    return [message.error_code for message in sent(asp) if message.kind == MessageKind.ERR]


# -- ETSI TS 102 381, implementation under test = ASP ------------------------------------------------------------------


def test_aspsm_v_002_association_up_gives_aspup_version_1():
    asp = Asp(CONFIG)
    asp.connected(0)
    ((stream, octets),) = asp.octets_to_send()
    assert stream == 0
    assert octets.hex() == "01000301000000100011000800000001"


def test_aspsm_v_005_shutdown_gives_aspdn_version_1():
    asp = machine(AspState.INACTIVE)
    asp.send_down(0)
    assert [octets.hex() for _, octets in asp.octets_to_send()] == ["0100030200000008"]


REFUSED = [
    ("aspsm-i-001", AspState.UP_SENT, broken(UP_ACK, version=2), ErrorCode.INVALID_VERSION),
    ("aspsm-i-002", AspState.DOWN_SENT, broken(DN_ACK, version=2), ErrorCode.INVALID_VERSION),
    ("aspsm-i-003", AspState.INACTIVE, broken(UP_ACK, message_type=9), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    ("aspsm-o-002", AspState.INACTIVE, Message(MessageKind.ASPUP), ErrorCode.UNEXPECTED_MESSAGE),
    ("asptm-i-001", AspState.ACTIVE_SENT, broken(AC_ACK, version=2), ErrorCode.INVALID_VERSION),
    ("asptm-i-002", AspState.INACTIVE_SENT, broken(IA_ACK, version=0), ErrorCode.INVALID_VERSION),
    ("asptm-i-003", AspState.ACTIVE, broken(AC_ACK, message_type=7), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    ("asptm-o-001", AspState.INACTIVE, AC_ACK, ErrorCode.UNEXPECTED_MESSAGE),
    ("mtr-i-001", AspState.ACTIVE, broken(DATA, version=2), ErrorCode.INVALID_VERSION),
    ("mtr-i-002", AspState.ACTIVE, broken(DATA, message_class=15), ErrorCode.UNSUPPORTED_MESSAGE_CLASS),
    ("mtr-i-003", AspState.ACTIVE, broken(DATA, message_type=5), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    (
        "rkm-i-001",
        AspState.ACTIVE,
        broken(DATA, message_class=9, message_type=5),
        ErrorCode.UNSUPPORTED_MESSAGE_TYPE,
    ),
]


@pytest.mark.parametrize(("name", "state", "stimulus", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused_is_answered_and_changes_nothing(name, state, stimulus, code):
    asp = machine(state)
    give(asp, stimulus)
    assert error_codes(asp) == [code]
    assert asp.state is state


@pytest.mark.parametrize("change", [{"message_class": 15}, {"message_type": 5}])
def test_an_unsupported_message_comes_back_in_the_diagnostic(change):
    asp = machine()
    give(asp, broken(DATA, **change))
    (answer,) = sent(asp)
    assert answer.diagnostic == broken(DATA, **change)[:40]


def test_aspsm_o_001_without_aspup_ack_there_is_no_aspac_but_a_retry():
    asp = machine(AspState.UP_SENT)
    times = []
    for _ in range(4):
        times.append(asp.next_timer())
        asp.handle_timer(asp.next_timer())
        assert kinds(asp) == ["ASPUP"]
    assert times == [2 * S, 4 * S, 6 * S, 8 * S]


def test_asptm_v_001_activation():
    asp = machine(AspState.UP_SENT)
    give(asp, UP_ACK)
    (octets,) = [octets for _, octets in asp.octets_to_send()]
    assert octets.hex() == "0100040100000018000b0008000000020006000800000064"
    give(asp, AC_ACK)
    assert events(asp) == [AspChanged(AspState.INACTIVE), AspChanged(AspState.ACTIVE)]


@pytest.mark.parametrize("name", ["asptm-v-002", "asptm-v-005"])
def test_asptm_deactivation(name):
    asp = machine()
    asp.send_inactive(0)
    (message,) = sent(asp)
    assert (message.kind, message.routing_contexts) == (MessageKind.ASPIA, RC)
    give(asp, IA_ACK)
    assert asp.state is AspState.INACTIVE
    assert sent(asp) == []


@pytest.mark.parametrize("state", list(AspState))
@pytest.mark.parametrize(("name", "data"), [("asptm-v-007", b"abcd"), ("asptm-v-008", bytes(range(251)))])
def test_asptm_beat_comes_back_unchanged(name, data, state):
    asp = machine(state)
    give(asp, Message(MessageKind.BEAT, heartbeat=data))
    assert sent(asp) == [Message(MessageKind.BEAT_ACK, heartbeat=data)]


@pytest.mark.parametrize("size", [0, 1, 252, 1500])
def test_mtr_v_001_002_003_user_data_with_context_content_and_stream(size):
    asp = machine()
    for sls in range(256):
        assert asp.send_data(ProtocolData(1, 2, 3, 2, 0, sls, bytes(size)))
    outgoing = asp.octets_to_send()
    assert {stream for stream, _ in outgoing} == {1, 2, 3}
    message = m3ua.decode(outgoing[7][1])
    assert message.routing_contexts == RC
    assert message.protocol_data == ProtocolData(1, 2, 3, 2, 0, 7, bytes(size))


SSNM = [
    ("ssnm-001", Message(MessageKind.DUNA, affected_point_codes=DPC)),
    ("ssnm-003", Message(MessageKind.SCON, affected_point_codes=DPC)),
    ("ssnm-004", Message(MessageKind.SCON, affected_point_codes=DPC, congestion_level=2)),
    ("ssnm-005", Message(MessageKind.DRST, affected_point_codes=DPC)),
    ("ssnm-007", Message(MessageKind.DUPU, affected_point_codes=DPC, user_cause=(0, 3))),
]


@pytest.mark.parametrize(("name", "stimulus"), SSNM, ids=[row[0] for row in SSNM])
def test_ssnm_a_destination_in_doubt_is_audited(name, stimulus):
    asp = machine()
    give(asp, stimulus)
    assert events(asp) == [DestinationStatus(stimulus)]
    asp.handle_timer(asp.next_timer())
    (message,) = sent(asp)
    assert message == Message(MessageKind.DAUD, routing_contexts=RC, affected_point_codes=DPC)
    assert asp.next_timer() == 10 * S


@pytest.mark.parametrize(("name", "mask"), [("ssnm-002", 0), ("ssnm-006", 8)])
def test_ssnm_dava_ends_the_audit(name, mask):
    asp = machine()
    give(asp, Message(MessageKind.DUNA, affected_point_codes=DPC))
    give(
        asp,
        Message(MessageKind.DAVA, affected_point_codes=(AffectedPointCode(0xF60304 >> mask << mask, mask),)),
    )
    assert asp.next_timer() is None


# -- the table ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", list(AspInput))
@pytest.mark.parametrize("state", list(AspState))
def test_every_cell_is_there_and_keeps_the_rules(state, what):
    after, actions = TABLE[state, what]
    requests = {AspAction.SEND_ASPUP, AspAction.SEND_ASPAC, AspAction.SEND_ASPIA, AspAction.SEND_ASPDN}
    waits = {AspState.UP_SENT, AspState.ACTIVE_SENT, AspState.INACTIVE_SENT, AspState.DOWN_SENT}
    if after in waits and after is not state:
        assert len(requests.intersection(actions)) == 1
    if state in waits and after not in waits:
        assert AspAction.STOP_T_ACK in actions
    if what is AspInput.LOST:
        assert after is AspState.DOWN
        assert not requests.intersection(actions)
    if what is AspInput.UNEXPECTED:
        assert (after, actions) == (state, (AspAction.SEND_ERR,))
    if AspAction.TO_TARGET in actions:
        assert actions[-1] is AspAction.TO_TARGET


@pytest.mark.parametrize("state", list(AspState))
def test_every_state_can_be_reached_and_left_over_the_wire(state):
    asp = machine(state)
    asp.lost(0)
    assert asp.state is AspState.DOWN
    assert asp.octets_to_send() == []
    assert asp.next_timer() is None


WIRE = {
    AspInput.ASPUP_ACK: UP_ACK,
    AspInput.ASPAC_ACK: AC_ACK,
    AspInput.ASPIA_ACK: IA_ACK,
    AspInput.ASPDN_ACK: DN_ACK,
    AspInput.UNEXPECTED: Message(MessageKind.ASPIA),
    AspInput.ALTERNATE_ACTIVE: Message(MessageKind.NTFY, status=(2, 2)),
}


@pytest.mark.parametrize("what", list(WIRE))
@pytest.mark.parametrize("state", list(AspState))
def test_every_message_in_every_state_does_what_its_cell_says(state, what):
    asp = machine(state)
    if state is AspState.DOWN:
        asp._connected = True  # the peer speaks first
    give(asp, WIRE[what])
    after, actions = TABLE[state, what]
    if AspAction.TO_TARGET not in actions:
        assert asp.state is after
    assert (MessageKind.ERR.name in kinds(asp)) == (AspAction.SEND_ERR in actions)


# -- RFC 4666 4.3.4: acknowledgements nobody asked for ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stimulus", "expected"),
    [(UP_ACK, ["ERR", "ASPAC"]), (IA_ACK, ["ASPAC"]), (DN_ACK, ["ASPUP"])],
    ids=["ASPUP_ACK", "ASPIA_ACK", "ASPDN_ACK"],
)
def test_an_unasked_acknowledgement_leads_back_to_active(stimulus, expected):
    asp = machine()
    give(asp, stimulus)
    assert kinds(asp) == expected
    give(asp, *([UP_ACK] if expected == ["ASPUP"] else []), AC_ACK)
    assert asp.state is AspState.ACTIVE


# -- a real STP --------------------------------------------------------------------------------------------------------


def test_err_during_aspup_is_not_fatal():
    """osmo-stp answers the ASPUP of a restarted ASP with ERR 6, NTFY pending, then ASPUP ACK."""
    asp = machine(AspState.UP_SENT)
    give(
        asp,
        Message(MessageKind.ERR, error_code=6),
        Message(MessageKind.NTFY, status=(1, 4), routing_contexts=RC),
        UP_ACK,
        Message(MessageKind.NTFY, status=(1, 3), routing_contexts=RC),
        AC_ACK,
    )
    assert kinds(asp) == ["ASPAC"]
    assert asp.state is AspState.ACTIVE
    assert ErrorReceived(6) in events(asp)


def test_daud_follows_activation():
    """An ASP that arrives late hears no DAVA or DUNA of its own accord."""
    config = AspConfig(routing_contexts=RC, destinations=(0xF60304, 0xF60305), t_beat_ms=0)
    asp = machine(AspState.ACTIVE_SENT, config)
    give(asp, AC_ACK)
    (message,) = sent(asp)
    assert message.kind == MessageKind.DAUD
    assert [code.point_code for code in message.affected_point_codes] == [0xF60304, 0xF60305]
    asp.lost(0)
    assert asp.next_timer() is None


def test_data_before_the_aspac_ack_is_delivered():
    asp = machine(AspState.ACTIVE_SENT)
    give(asp, DATA)
    assert events(asp) == [DataIndication(DATA, USER)]


def test_data_is_delivered_until_aspia_is_acknowledged():
    asp = machine()
    asp.send_inactive(0)
    give(asp, DATA)
    assert asp.send_data(USER)
    assert DataIndication(DATA, USER) in events(asp)
    give(asp, IA_ACK, DATA)
    assert events(asp) == [AspChanged(AspState.INACTIVE)]
    assert not asp.send_data(USER)
    assert asp.counters["dropped_data_not_active"] == 2


def test_a_standby_activates_when_the_as_is_pending():
    asp = machine(AspState.UP_SENT, AspConfig(routing_contexts=RC, standby=True, t_beat_ms=0))
    give(asp, UP_ACK)
    assert (asp.state, kinds(asp)) == (AspState.INACTIVE, [])
    give(asp, Message(MessageKind.NTFY, status=(1, 4), routing_contexts=RC))
    assert (asp.state, kinds(asp)) == (AspState.ACTIVE_SENT, ["ASPAC"])


def test_an_overridden_asp_stands_by_and_comes_back_when_pending():
    asp = machine()
    give(asp, Message(MessageKind.NTFY, status=(2, 2)))
    assert (asp.state, kinds(asp)) == (AspState.INACTIVE, [])
    give(asp, IA_ACK, UP_ACK)
    assert kinds(asp) == []
    give(asp, Message(MessageKind.NTFY, status=(1, 4), routing_contexts=RC))
    assert kinds(asp) == ["ASPAC"]


def test_an_asp_that_leaves_does_not_come_back_because_it_left():
    """The AS goes pending when its last ASP leaves; the NTFY of that must not undo the leaving."""
    asp = machine()
    asp.send_inactive(0)
    give(asp, IA_ACK, Message(MessageKind.NTFY, status=(1, 4), routing_contexts=RC))
    assert (asp.state, kinds(asp)) == (AspState.INACTIVE, ["ASPIA"])


def test_a_standby_that_the_owner_asks_becomes_active():
    asp = machine(AspState.INACTIVE)
    asp.send_active(0)
    assert kinds(asp) == ["ASPAC"]


# -- leaving, losing, supervision --------------------------------------------------------------------------------------


def test_aspdn_is_given_up_after_three_tries():
    asp = machine(AspState.DOWN_SENT)
    for _ in range(2):
        asp.handle_timer(asp.next_timer())
        assert kinds(asp) == ["ASPDN"]
    asp.handle_timer(asp.next_timer())
    assert (asp.state, kinds(asp), asp.next_timer()) == (AspState.DOWN, [], None)


def test_nothing_is_sent_after_the_association_is_lost():
    asp = machine()
    asp.send_data(USER)
    asp.lost(0)
    assert asp.octets_to_send() == []
    give(asp, Message(MessageKind.ASPUP))
    assert asp.octets_to_send() == []
    asp.send_active(0)
    assert asp.octets_to_send() == []
    asp.connected(S)
    assert kinds(asp) == ["ASPUP"]


def test_a_silent_peer_is_lost_after_two_misses():
    asp = machine(config=AspConfig(routing_contexts=RC, t_beat_ms=500))
    for at in (S // 2, S):
        assert asp.next_timer() == at
        asp.handle_timer(at)
        assert kinds(asp) == ["BEAT"]
    asp.handle_timer(S * 3 // 2)
    assert events(asp) == [PeerLost(), AspChanged(AspState.DOWN)]
    assert asp.octets_to_send() == []


def test_a_peer_that_returns_its_beat_stays():
    asp = machine(config=AspConfig(routing_contexts=RC, t_beat_ms=500))
    for _ in range(20):
        asp.handle_timer(asp.next_timer())
        (beat,) = sent(asp)
        give(asp, Message(MessageKind.BEAT_ACK, heartbeat=beat.heartbeat))
    assert asp.state is AspState.ACTIVE
    give(asp, Message(MessageKind.BEAT_ACK, heartbeat=b"stale"))
    assert asp.counters["dropped_beat_ack"] == 1


def test_over_datagrams_a_lost_peer_is_asked_again():
    asp = machine(config=AspConfig(routing_contexts=RC, t_beat_ms=500, association=False))
    for _ in range(3):
        asp.handle_timer(asp.next_timer())
    assert kinds(asp) == ["BEAT", "BEAT", "ASPUP"]
    assert asp.state is AspState.UP_SENT
    give(asp, UP_ACK, AC_ACK)
    assert asp.state is AspState.ACTIVE


@pytest.mark.parametrize(
    ("message", "counter"),
    [
        (Message(MessageKind.DATA, USER, (101,)), "dropped_routing_context"),
        (Message(MessageKind.DATA, USER, RC, 7), "dropped_network_appearance"),
    ],
)
def test_data_of_another_context_or_network_is_dropped(message, counter):
    asp = machine()
    give(asp, message)
    assert events(asp) == []
    assert asp.counters[counter] == 1


def test_status_and_data_before_active_are_dropped():
    asp = machine(AspState.INACTIVE)
    give(asp, Message(MessageKind.DUNA, affected_point_codes=DPC), DATA)
    assert events(asp) == []
    assert asp.counters["dropped_status_not_active"] == 1


def test_data_with_protocol_data_first_is_delivered():
    octets = m3ua.encode(DATA)
    asp = machine()
    give(asp, octets[:8] + octets[16:] + octets[8:16])
    assert events(asp) == [DataIndication(DATA, USER)]


def test_an_err_is_never_answered():
    asp = machine()
    give(
        asp,
        Message(MessageKind.ERR, error_code=1),
        b"\x02\x00\x00\x00\x00\x00\x00\x08",
        b"\x01\x00\x00\x00\x00\x00\x00\x08",
    )
    assert asp.octets_to_send() == []


def test_answers_to_faults_are_limited():
    asp = machine()
    for _ in range(1000):
        give(asp, broken(DATA, version=9))
    assert len(asp.octets_to_send()) == 20
    give(asp, broken(DATA, version=9), now=S)
    assert len(asp.octets_to_send()) == 1


def test_events_nobody_takes_are_bounded():
    asp = machine()
    for _ in range(MAX_EVENTS + 10):
        give(asp, Message(MessageKind.NTFY, status=(1, 3)))
    assert len(events(asp)) == MAX_EVENTS
    assert asp.counters["dropped_event_queue_full"] == 10


def test_a_notify_is_an_event():
    asp = machine()
    message = Message(MessageKind.NTFY, status=(2, 3), asp_identifier=9)
    give(asp, message)
    assert events(asp) == [Notified(message)]


@pytest.mark.parametrize(
    "fields", [{"t_ack_ms": 0}, {"streams": 0}, {"t_beat_ms": -1}, {"beat_misses": 0}, {"t_audit_ms": -1}]
)
def test_an_impossible_configuration_is_refused(fields):
    with pytest.raises(ValueError):
        Asp(AspConfig(**fields))


verbs = st.sampled_from(["connected", "lost", "send_active", "send_inactive", "send_down", "handle_timer"])
inputs = st.one_of(
    verbs,
    st.sampled_from(
        [m3ua.encode(message) for message in (*WIRE.values(), DATA, Message(MessageKind.NTFY, status=(1, 4)))]
    ),
    st.binary(max_size=30),
)


@given(st.lists(inputs, max_size=50))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_no_order_of_things_breaks_the_asp(steps):
    asp = Asp(AspConfig(routing_contexts=RC, t_beat_ms=700))
    up = False
    for now, step in enumerate(steps):
        if isinstance(step, bytes):
            asp.receive(step, now * S)
        elif step == "connected":
            if up:
                asp.lost(now * S)
            asp.connected(now * S)
        else:
            getattr(asp, step)(now * S)
        up = (up or step == "connected") and step != "lost"
        for stream, octets in asp.octets_to_send():
            assert stream == 0
            assert m3ua.decode(octets)
        assert up or asp.state is not AspState.ACTIVE
    # from wherever it is, a healthy gateway brings it to active
    if up:
        asp.lost(60 * S)
    asp.connected(60 * S)
    give(asp, UP_ACK, AC_ACK, now=60 * S)
    assert asp.state is AspState.ACTIVE
