"""The gateway side of M3UA: ETSI TS 102 381 rows by their ids, both tables, traffic modes, pending, default deny."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import m3ua
from ain_scp.signaling.m3ua import (
    AffectedPointCode,
    ErrorCode,
    Message,
    MessageKind,
    ProtocolData,
    TrafficMode,
)
from ain_scp.signaling.m3ua.application_server import AsConfig
from ain_scp.signaling.m3ua.diagram import dot, mermaid
from ain_scp.signaling.m3ua.numbers import DeregistrationStatus, RegistrationStatus
from ain_scp.signaling.m3ua.peers import Peer, Peers, Refusal
from ain_scp.signaling.m3ua.sg import AsChanged, CloseAssociation, Gateway, SgConfig, SgDataIndication
from ain_scp.signaling.m3ua.sg_tables import (
    AS_TABLE,
    ASP_TABLE,
    AsAction,
    AsInput,
    AsState,
    RemoteAspAction,
    RemoteAspInput,
    RemoteAspState,
)
from ain_scp.signaling.m3ua.structs import RegistrationResult, RoutingKey

S = 1_000_000_000
STP, SCP, SSP = 0x010101, 0xF50102, 0xF60304
SCP_RC, SSP_RC = 20, 10
UP, DOWN = Message(MessageKind.ASPUP), Message(MessageKind.ASPDN)
AC, IA = (
    Message(MessageKind.ASPAC, routing_contexts=(20,)),
    Message(MessageKind.ASPIA, routing_contexts=(20,)),
)
QUERY = ProtocolData(SSP, SCP, 3, 2, 0, 7, b"query")
ADDRESS = {1: "127.0.0.21:1111", 2: "127.0.0.22:2222", 3: "127.0.0.11:3333"}


def peer(name, address, opc, context, **fields):
    return Peer(
        name, frozenset({address}), frozenset({opc}), frozenset({context}), frozenset({250}), **fields
    )


PEERS = (
    peer("scp1", "127.0.0.21", SCP, SCP_RC),
    peer("scp2", "127.0.0.22", SCP, SCP_RC),
    peer("ssp", "127.0.0.11", SSP, SSP_RC),
)


def gateway(mode=TrafficMode.OVERRIDE, peers=PEERS, config=None, **fields):
    servers = (
        AsConfig("as-scp", SCP_RC, (SCP,), ("scp1", "scp2"), mode, **fields),
        AsConfig("as-ssp", SSP_RC, (SSP,), ("ssp",)),
    )
    sg = Gateway(SgConfig(frozenset({STP}), servers, **(config or {})), Peers(peers))
    for association, address in ADDRESS.items():
        assert sg.connected(association, address, 0)
    return sg


def give(sg, association, *messages, now=0, stream=1):
    for message in messages:
        sg.receive(message if isinstance(message, bytes) else m3ua.encode(message), association, now, stream)


def sent(sg):
    """[(association, message)] of everything waiting to be sent."""
    return [(association, m3ua.decode(octets)) for association, _, octets in sg.octets_to_send()]


def names(sg):
    return [(association, MessageKind(message.kind).name) for association, message in sent(sg)]


def errors(sg):
    return [message.error_code for _, message in sent(sg) if message.kind == MessageKind.ERR]


def events(sg):
    found = []
    while (event := sg.next_event()) is not None:
        found.append(event)
    return found


def notify(status, context=SCP_RC, identifier=None):
    return Message(MessageKind.NTFY, status=status, routing_contexts=(context,), asp_identifier=identifier)


def active(sg, *associations):
    for association in associations:
        give(
            sg,
            association,
            UP,
            Message(MessageKind.ASPAC, routing_contexts=(10 if association == 3 else 20,)),
        )
    sent(sg), events(sg)
    return sg


def broken(message, version=1, message_class=None, message_type=None):
    octets = bytearray(m3ua.encode(message))
    octets[0] = version
    octets[2] = octets[2] if message_class is None else message_class
    octets[3] = octets[3] if message_type is None else message_type
    return bytes(octets)


# -- ETSI TS 102 381, implementation under test = SGP -------------------------------------------------------------------


def test_aspsm_v_001_003_aspup_is_acknowledged_then_notified_inactive():
    sg = gateway()
    give(sg, 1, UP)
    assert sent(sg) == [(1, Message(MessageKind.ASPUP_ACK)), (1, notify((1, 2)))]


def test_aspsm_v_005_aspdn_is_acknowledged():
    sg = gateway()
    give(sg, 1, UP)
    sent(sg)
    give(sg, 1, DOWN, DOWN)
    assert names(sg) == [(1, "ASPDN_ACK"), (1, "ASPDN_ACK")]


def test_aspsm_v_009_a_blocked_asp_is_refused():
    sg = gateway(config={"blocked": frozenset({"scp1"})})
    give(sg, 1, UP)
    assert errors(sg) == [ErrorCode.REFUSED_MANAGEMENT_BLOCKING]
    give(sg, 1, AC)
    assert errors(sg) == [ErrorCode.UNEXPECTED_MESSAGE]


REFUSED = [
    ("aspsm-i-001", broken(UP, 2), ErrorCode.INVALID_VERSION),
    ("aspsm-i-002", broken(DOWN, 0), ErrorCode.INVALID_VERSION),
    ("aspsm-i-003", broken(UP, message_type=9), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    ("aspsm-i-004", broken(UP, message_class=7), ErrorCode.UNSUPPORTED_MESSAGE_CLASS),
    ("aspsm-o-003", Message(MessageKind.ASPUP_ACK), ErrorCode.UNEXPECTED_MESSAGE),
    ("aspsm-o-004", Message(MessageKind.ASPDN_ACK), ErrorCode.UNEXPECTED_MESSAGE),
    ("asptm-i-001", broken(AC, 3), ErrorCode.INVALID_VERSION),
    ("asptm-i-003", Message(MessageKind.ASPAC, traffic_mode=2), ErrorCode.UNSUPPORTED_TRAFFIC_MODE),
    ("asptm-i-004", Message(MessageKind.ASPAC, traffic_mode=99), ErrorCode.UNSUPPORTED_TRAFFIC_MODE),
    ("asptm-i-005", Message(MessageKind.ASPAC, routing_contexts=(99,)), ErrorCode.INVALID_ROUTING_CONTEXT),
    ("asptm-i-006", Message(MessageKind.ASPIA, routing_contexts=(10,)), ErrorCode.INVALID_ROUTING_CONTEXT),
    ("asptm-i-008", broken(AC, message_type=8), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    ("asptm-o-003", Message(MessageKind.ASPAC_ACK), ErrorCode.UNEXPECTED_MESSAGE),
    ("mtr-i-001", broken(Message(MessageKind.DATA, QUERY), 2), ErrorCode.INVALID_VERSION),
    ("mtr-i-002", broken(Message(MessageKind.DATA, QUERY), 1, 5), ErrorCode.UNSUPPORTED_MESSAGE_CLASS),
    ("mtr-i-003", broken(Message(MessageKind.DATA, QUERY), 1, 1, 2), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    ("data-before-active", Message(MessageKind.DATA, QUERY, (20,)), ErrorCode.UNEXPECTED_MESSAGE),
    ("daud-before-active", Message(MessageKind.DAUD, affected_point_codes=(AffectedPointCode(SSP),)), 6),
    ("rkm-unknown-type", broken(UP, message_class=9, message_type=9), ErrorCode.UNSUPPORTED_MESSAGE_TYPE),
    ("rkm-reg-rsp", Message(MessageKind.REG_RSP, registration_results=(RegistrationResult(1, 0, 9),)), 6),
]


@pytest.mark.parametrize(("name", "stimulus", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_an_inactive_asp_may_not_send_is_answered(name, stimulus, code):
    sg = gateway()
    give(sg, 1, UP)
    sent(sg)
    give(sg, 1, stimulus)
    found = errors(sg)
    assert found == [code]
    assert sg.servers[SCP_RC].state is AsState.INACTIVE


@pytest.mark.parametrize(("name", "stimulus"), [("aspsm-o-001", AC), ("asptm-o-001", IA)])
def test_traffic_maintenance_before_aspup_is_unexpected(name, stimulus):
    sg = gateway()
    give(sg, 1, stimulus)
    assert errors(sg) == [ErrorCode.UNEXPECTED_MESSAGE]


def test_asptm_v_001_005_aspac_is_acknowledged_with_its_context_then_notified():
    sg = gateway()
    give(sg, 1, UP)
    sent(sg)
    give(sg, 1, Message(MessageKind.ASPAC, traffic_mode=1, routing_contexts=(20,)))
    assert sent(sg) == [
        (1, Message(MessageKind.ASPAC_ACK, traffic_mode=1, routing_contexts=(20,))),
        (1, notify((1, 3))),
    ]


def test_asptm_v_003_aspia_is_acknowledged():
    sg = active(gateway(), 1)
    give(sg, 1, IA)
    assert sent(sg)[0] == (1, Message(MessageKind.ASPIA_ACK, routing_contexts=(20,)))


@pytest.mark.parametrize(("name", "leave"), [("asptm-v-006", IA), ("asptm-v-008", DOWN)])
def test_asptm_the_last_active_asp_leaves_the_as_pending(name, leave):
    sg = active(gateway(), 1)
    give(sg, 2, UP)
    sent(sg)
    give(sg, 1, leave)
    assert (2, notify((1, 4))) in sent(sg)
    assert events(sg)[-1] == AsChanged("as-scp", AsState.PENDING)


@pytest.mark.parametrize("name", ["asptm-v-010", "asptm-v-011", "asptm-v-013"])
def test_asptm_override_tells_the_other_asp(name):
    sg = active(gateway(), 1)
    give(sg, 2, UP)
    sent(sg)
    give(sg, 2, AC)
    assert sent(sg) == [
        (2, Message(MessageKind.ASPAC_ACK, routing_contexts=(20,))),
        (1, notify((2, 2))),
    ]
    assert sg.servers[SCP_RC].active == ("scp2",)
    assert events(sg) == []


def test_asptm_v_014_beat_comes_back():
    sg = gateway()
    give(sg, 1, Message(MessageKind.BEAT, heartbeat=b"abc"))
    assert sent(sg) == [(1, Message(MessageKind.BEAT_ACK, heartbeat=b"abc"))]


def test_asptm_i_009_010_failure_of_an_asp_is_told_with_its_identifier():
    sg = gateway(TrafficMode.LOADSHARE)
    for association in (1, 2):
        give(sg, association, Message(MessageKind.ASPUP, asp_identifier=association), AC)
    sent(sg)
    sg.lost(1, 0)
    assert sent(sg) == [(2, notify((2, 3), identifier=1))]


def test_a_loadsharing_as_with_too_few_asps_tells_the_standby():
    sg = gateway(TrafficMode.LOADSHARE, required=2)
    active(sg, 1, 2)
    give(sg, 1, IA)
    assert sent(sg)[1:] == [(1, notify((2, 1)))]


def test_mtr_v_001_002_003_data_keeps_content_context_and_stream():
    sg = gateway(config={"streams": 4})
    active(sg, 1, 3)
    for sls in range(256):
        assert sg.send_data(ProtocolData(SSP, SCP, 3, 2, 3, sls, bytes(5)), 0)
    outgoing = sg.octets_to_send()
    assert {stream for _, stream, _ in outgoing} == {1, 2, 3}
    message = m3ua.decode(outgoing[200][2])
    assert message == Message(MessageKind.DATA, ProtocolData(SSP, SCP, 3, 2, 3, 200, bytes(5)), (20,))


def test_data_of_an_active_asp_is_delivered():
    sg = active(gateway(), 3)
    message = Message(MessageKind.DATA, QUERY, (10,))
    give(sg, 3, message)
    assert events(sg) == [SgDataIndication("ssp", message, QUERY)]
    give(sg, 3, Message(MessageKind.DATA, QUERY))
    assert len(events(sg)) == 1


def test_data_on_stream_0_is_refused_when_there_are_others():
    sg = gateway(config={"streams": 4})
    active(sg, 3)
    give(sg, 3, Message(MessageKind.DATA, QUERY, (10,)), stream=0)
    assert errors(sg) == [ErrorCode.INVALID_STREAM_IDENTIFIER]


def test_ssnm_001_scon():
    sg = active(gateway(), 1, 3)
    sg.send_congestion(0x020202, 2)
    expected = {"affected_point_codes": (AffectedPointCode(0x020202),), "congestion_level": 2}
    assert sent(sg) == [
        (1, Message(MessageKind.SCON, routing_contexts=(20,), **expected)),
        (3, Message(MessageKind.SCON, routing_contexts=(10,), **expected)),
    ]


def test_ssnm_003_004_duna_and_dava_follow_the_as():
    sg = active(gateway(), 3)
    give(sg, 1, UP, AC)
    pc = (AffectedPointCode(SCP),)
    assert (3, Message(MessageKind.DAVA, routing_contexts=(10,), affected_point_codes=pc)) in sent(sg)
    give(sg, 1, DOWN, now=0)
    assert "DUNA" not in {name for _, name in names(sg)}
    sg.handle_timer(2 * S)
    assert sent(sg) == [(3, Message(MessageKind.DUNA, routing_contexts=(10,), affected_point_codes=pc))]


def test_ssnm_002_dupu_goes_to_the_one_who_asked():
    sg = active(gateway(), 3)
    sg.send_user_unavailable("ssp", STP, 1, 5)
    ((association, message),) = sent(sg)
    assert (association, message.kind, message.user_cause) == (3, MessageKind.DUPU, (1, 5))


@pytest.mark.parametrize(
    ("point_code", "available"), [(STP, True), (SSP, True), (SCP, False), (0x020202, True), (0x030303, False)]
)
def test_daud_is_answered_with_dava_or_duna(point_code, available):
    sg = active(gateway(), 3)
    sg.set_destination(0x020202, available=True)
    sent(sg)
    codes = (AffectedPointCode(point_code),)
    give(sg, 3, Message(MessageKind.DAUD, routing_contexts=(10,), affected_point_codes=codes))
    kind = MessageKind.DAVA if available else MessageKind.DUNA
    assert sent(sg) == [(3, Message(kind, routing_contexts=(10,), affected_point_codes=codes))]


def test_rkm_registration_is_not_permitted():
    sg = gateway()
    give(sg, 1, UP)
    sent(sg)
    give(sg, 1, Message(MessageKind.REG_REQ, routing_keys=tuple(RoutingKey(index) for index in range(20))))
    ((_, answer),) = sent(sg)
    assert [result.local_routing_key_id for result in answer.registration_results] == list(range(16))
    assert {result.status for result in answer.registration_results} == {RegistrationStatus.PERMISSION_DENIED}
    assert sg.servers.keys() == {10, 20}


@pytest.mark.parametrize(
    ("activate", "context", "status"),
    [
        (False, 20, DeregistrationStatus.PERMISSION_DENIED),
        (True, 20, DeregistrationStatus.ASP_ACTIVE),
        (False, 10, DeregistrationStatus.INVALID_ROUTING_CONTEXT),
    ],
)
def test_rkm_deregistration_is_refused_by_its_status(activate, context, status):
    sg = gateway()
    give(sg, 1, UP, *([AC] if activate else []))
    sent(sg)
    give(sg, 1, Message(MessageKind.DEREG_REQ, routing_contexts=(context,)))
    ((_, answer),) = sent(sg)
    assert answer.deregistration_results[0].status == status


def test_an_asp_without_as_cannot_be_active():
    lonely = peer("new", "127.0.0.9", SCP, SCP_RC)
    sg = gateway(peers=(*PEERS, lonely))
    assert sg.connected(9, "127.0.0.9:1", 0)
    give(sg, 9, UP)
    assert names(sg) == [(9, "ASPUP_ACK")]
    give(sg, 9, Message(MessageKind.ASPAC))
    assert errors(sg) == [ErrorCode.NO_CONFIGURED_AS]


@pytest.mark.parametrize(
    ("identifier", "code"),
    [(None, ErrorCode.ASP_IDENTIFIER_REQUIRED), (9, ErrorCode.INVALID_ASP_IDENTIFIER), (7, None)],
)
def test_the_asp_identifier_is_checked_when_one_is_expected(identifier, code):
    sg = gateway(config={"asp_identifiers": (("scp1", 7),)})
    give(sg, 1, Message(MessageKind.ASPUP, asp_identifier=identifier))
    assert errors(sg) == ([] if code is None else [code])


def test_some_contexts_right_and_some_wrong():
    sg = gateway()
    give(sg, 1, UP)
    sent(sg)
    give(sg, 1, Message(MessageKind.ASPAC, routing_contexts=(20, 99)))
    found = sent(sg)
    assert found[0] == (1, Message(MessageKind.ERR, error_code=0x19, routing_contexts=(99,)))
    assert found[1] == (1, Message(MessageKind.ASPAC_ACK, routing_contexts=(20,)))


def test_aspup_of_an_active_asp_makes_it_inactive_with_ack_and_err():
    sg = active(gateway(), 1)
    give(sg, 1, UP)
    assert names(sg)[:2] == [(1, "ASPUP_ACK"), (1, "ERR")]
    assert sg.servers[SCP_RC].state is AsState.PENDING


# -- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", list(RemoteAspInput))
@pytest.mark.parametrize("state", list(RemoteAspState))
def test_every_asp_cell(state, what):
    after, actions = ASP_TABLE[state, what]
    unexpected = RemoteAspAction.ERR_UNEXPECTED in actions
    if what in {RemoteAspInput.OVERRIDDEN, RemoteAspInput.LOST}:
        assert actions == ()
        assert after <= state
    else:
        assert actions
    if what is RemoteAspInput.LOST or what is RemoteAspInput.ASPDN:
        assert after is RemoteAspState.DOWN
    if unexpected and state is RemoteAspState.DOWN:
        assert after is state


@pytest.mark.parametrize("what", list(AsInput))
@pytest.mark.parametrize("state", list(AsState))
def test_every_as_cell(state, what):
    after, actions = AS_TABLE[state, what]
    assert (AsAction.START_T_R in actions) == (after is AsState.PENDING and state is not AsState.PENDING)
    assert (AsAction.DROP_QUEUE in actions) == (state is AsState.PENDING and after < AsState.ACTIVE)
    assert (AsAction.SEND_QUEUE in actions) == (state is AsState.PENDING and after is AsState.ACTIVE)
    assert (AsAction.TELL_UNAVAILABLE in actions) == (AsAction.DROP_QUEUE in actions)
    if after is state:
        assert actions == ()
    elif after is not AsState.DOWN:
        assert AsAction.NOTIFY in actions


@pytest.mark.parametrize("table", [ASP_TABLE, AS_TABLE])
def test_tables_draw_themselves(table):
    drawing, graph = mermaid(table), dot(table)
    assert drawing.startswith("stateDiagram-v2\n")
    assert graph.startswith("digraph states {")
    for state, _ in table:
        assert state.name in drawing
        assert state.name in graph
    moves = {(start.name, cell[0].name) for (start, _), cell in table.items() if cell[0] is not start}
    for start, end in moves:
        assert f"    {start} --> {end}: " in drawing
        assert f"  {start} -> {end} [" in graph


# -- traffic modes -----------------------------------------------------------------------------------------------------


def receivers(sg, count=12, sls=None):
    for index in range(count):
        assert sg.send_data(ProtocolData(SSP, SCP, 3, 2, 0, index if sls is None else sls, b"x"), 0)
    return [association for association, message in sent(sg) if message.kind == MessageKind.DATA]


def test_override_sends_all_to_one():
    assert receivers(active(gateway(), 1, 2)) == [2] * 12


def test_loadshare_takes_turns_whatever_the_sls():
    found = receivers(active(gateway(TrafficMode.LOADSHARE), 1, 2), sls=7)
    assert sorted(found) == [1] * 6 + [2] * 6
    assert found[0::2] != found[1::2]


def test_loadshare_by_sls_keeps_an_sls_with_one_asp():
    sg = active(gateway(TrafficMode.LOADSHARE, by_sls=True), 1, 2)
    assert len(set(receivers(sg, sls=7))) == 1
    assert set(receivers(sg)) == {1, 2}


def test_broadcast_sends_to_all():
    assert receivers(active(gateway(TrafficMode.BROADCAST), 1, 2), count=2) == [1, 2, 1, 2]


# -- pending -----------------------------------------------------------------------------------------------------------


def test_traffic_waits_while_pending_and_goes_to_the_mate():
    sg = active(gateway(), 1)
    give(sg, 2, UP)
    sg.lost(1, 0)
    sent(sg)
    for index in range(5):
        assert sg.send_data(ProtocolData(SSP, SCP, 3, 2, 0, index, b"x"), 0)
    assert names(sg) == []
    give(sg, 2, AC)
    found = sent(sg)
    assert [message.kind for _, message in found[:2]] == [MessageKind.ASPAC_ACK, MessageKind.NTFY]
    assert [message.protocol_data.sls for _, message in found[2:]] == [0, 1, 2, 3, 4]
    assert sg.next_timer() is None


def test_the_end_of_t_r_drops_what_waits_and_tells_the_others():
    sg = active(gateway(t_r_ms=1500), 1, 3)
    sg.lost(1, S)
    sg.send_data(QUERY, S)
    assert sg.next_timer() == S * 5 // 2
    sg.handle_timer(S * 5 // 2 - 1)
    assert sg.servers[SCP_RC].state is AsState.PENDING
    sg.handle_timer(S * 5 // 2)
    assert names(sg) == [(3, "DUNA")]
    assert sg.servers[SCP_RC].counters["dropped_t_r"] == 1
    assert sg.servers[SCP_RC].state is AsState.DOWN
    assert not sg.send_data(QUERY, 3 * S)


def test_t_r_with_a_standby_ends_inactive():
    sg = active(gateway(), 1)
    give(sg, 2, UP)
    sg.lost(1, 0)
    sent(sg)
    sg.handle_timer(2 * S)
    assert sent(sg) == [(2, notify((1, 2)))]
    assert sg.servers[SCP_RC].state is AsState.INACTIVE


@pytest.mark.parametrize("fields", [{"queue_messages": 3}, {"queue_octets": 15}])
def test_the_queue_is_bounded(fields):
    sg = active(gateway(**fields), 1)
    sg.lost(1, 0)
    assert [sg.send_data(QUERY, 0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert sg.servers[SCP_RC].counters["dropped_queue_full"] == 2


def test_the_origin_of_a_message_that_cannot_go_is_told_within_limits():
    sg = active(gateway(), 3)
    for _ in range(100):
        assert not sg.send_data(QUERY, 0, origin="ssp")
        assert not sg.send_data(ProtocolData(SSP, 0x090909, 3, 2, 0, 0, b""), 0)
    found = names(sg)
    assert found == [(3, "DUNA")] * 20
    assert sg.counters["dropped_as_unavailable"] == 100
    assert sg.counters["dropped_no_route"] == 100


# -- restart and supervision -------------------------------------------------------------------------------------------


def test_a_restarted_asp_replaces_its_old_association():
    sg = active(gateway(), 1)
    assert sg.connected(5, "127.0.0.21:4444", 0)
    assert sg.servers[SCP_RC].state is AsState.ACTIVE
    give(sg, 5, UP, AC)
    assert CloseAssociation(1) in events(sg)
    assert sg.servers[SCP_RC].active == ("scp1",)
    sent(sg)
    give(sg, 1, DOWN)
    assert names(sg) == []
    assert sg.counters["refused_unknown_association"] == 1
    assert receivers(sg, 3) == [5, 5, 5]


def test_a_second_association_without_aspup_may_do_nothing():
    sg = active(gateway(), 1)
    sg.connected(5, "127.0.0.21:4444", 0)
    give(
        sg,
        5,
        AC,
        Message(MessageKind.DATA, QUERY, (20,)),
        Message(MessageKind.REG_REQ, routing_keys=(RoutingKey(1),)),
    )
    assert errors(sg) == [6, 6, 6]
    assert events(sg) == []


def test_a_silent_asp_is_given_up():
    sg = gateway(config={"t_beat_ms": 500})
    active(sg, 1)
    for _ in range(2):
        sg.handle_timer(sg.next_timer())
        assert names(sg) == [(1, "BEAT")]
    sg.handle_timer(sg.next_timer())
    assert events(sg) == [CloseAssociation(1), AsChanged("as-scp", AsState.PENDING)]


def test_an_asp_that_returns_beats_stays():
    sg = gateway(config={"t_beat_ms": 500})
    active(sg, 1)
    for _ in range(10):
        sg.handle_timer(sg.next_timer())
        ((_, beat),) = sent(sg)
        give(sg, 1, Message(MessageKind.BEAT_ACK, heartbeat=beat.heartbeat))
    assert sg.servers[SCP_RC].state is AsState.ACTIVE
    give(sg, 1, Message(MessageKind.BEAT_ACK))
    assert sg.counters["dropped_beat_ack"] == 1


# -- default deny ------------------------------------------------------------------------------------------------------


def test_an_unknown_address_gets_nothing():
    sg = gateway()
    assert not sg.connected(9, "10.0.0.1:2905", 0)
    for message in (
        UP,
        AC,
        Message(MessageKind.BEAT, heartbeat=b"x"),
        Message(MessageKind.DATA, QUERY),
        b"\x02" * 8,
    ):
        give(sg, 9, message)
    assert sg.octets_to_send() == []
    assert events(sg) == []
    assert sg.peers.refused[Refusal.ADDRESS] == 1
    assert sg.counters["refused_unknown_association"] == 5


@pytest.mark.parametrize(
    ("message", "refusal", "code"),
    [
        (Message(MessageKind.DATA, QUERY, (10,), 7), Refusal.NETWORK_APPEARANCE, 0x15),
        (
            Message(MessageKind.DATA, ProtocolData(SCP, SCP, 3, 2, 0, 0, b""), (10,)),
            Refusal.ORIGIN_POINT_CODE,
            None,
        ),
        (
            Message(MessageKind.DATA, ProtocolData(SSP, SCP, 5, 2, 0, 0, b""), (10,)),
            Refusal.SERVICE_INDICATOR,
            None,
        ),
    ],
)
def test_what_a_peer_may_not_use_is_refused_and_counted(message, refusal, code):
    sg = active(gateway(), 3)
    give(sg, 3, message)
    assert errors(sg) == ([] if code is None else [code])
    assert events(sg) == []
    assert sg.peers.refused[refusal] == 1
    assert sg.counters[f"refused_{refusal.name.lower()}"] == 1


def test_the_context_of_another_peer_is_invalid():
    sg = active(gateway(), 3)
    give(sg, 3, Message(MessageKind.DATA, QUERY, (20,)), Message(MessageKind.DATA, QUERY, (10, 20)))
    assert errors(sg) == [ErrorCode.INVALID_ROUTING_CONTEXT] * 2


def test_a_context_the_row_of_a_peer_does_not_name_is_refused():
    rows = (Peer("ssp", frozenset({"127.0.0.11"}), frozenset({SSP}), frozenset(), frozenset()), *PEERS[:2])
    sg = active(gateway(peers=rows), 3)
    give(sg, 3, Message(MessageKind.DATA, QUERY, (10,)))
    assert errors(sg) == [ErrorCode.INVALID_ROUTING_CONTEXT]
    assert sg.peers.refused[Refusal.ROUTING_CONTEXT] == 1


@pytest.mark.parametrize(
    ("ssn", "translation_type", "refusal"),
    [
        (250, None, None),
        (251, None, Refusal.SUBSYSTEM),
        (None, None, Refusal.SUBSYSTEM),
        (0, 254, None),
        (250, 9, Refusal.TRANSLATION_TYPE),
    ],
)
def test_called_addresses_are_screened(ssn, translation_type, refusal):
    row = peer("ssp", "127.0.0.11", SSP, SSP_RC, translation_types=frozenset({254}))
    peers = Peers((row,))
    assert peers.refuse_called(row, ssn, translation_type) is refusal
    assert sum(peers.refused.values()) == (refusal is not None)


def test_a_peer_may_be_named_with_its_port():
    peers = Peers((peer("a", "127.0.0.1:5000", SSP, 1), peer("b", "127.0.0.1", SCP, 1)))
    assert peers.of_address("127.0.0.1:5000").name == "a"
    assert peers.of_address("127.0.0.1:5001").name == "b"
    assert peers.of_address("127.0.0.2:5001") is None


def test_peer_rows_report_all_their_problems():
    with pytest.raises(ValueError, match=r"twice.*24 bits.*belongs to another row"):
        Peers((peer("a", "x", SSP, 1), peer("a", "x", 1 << 24, 1)))


def test_as_rows_report_all_their_problems():
    rows = (
        AsConfig("a", 1, (SCP, SCP), ("x", "x"), required=0),
        AsConfig("b", 1, (STP, 1 << 24), (), t_r_ms=0, queue_messages=-1),
        AsConfig("c", 1 << 32, (), ()),
    )
    with pytest.raises(ValueError) as caught:
        Gateway(SgConfig(frozenset({STP}), rows), Peers(()))
    assert str(caught.value).count(";") == 8


def test_faults_of_one_peer_do_not_use_up_the_answers_of_another():
    sg = gateway()
    for _ in range(1000):
        give(sg, 1, broken(UP, 2))
    give(sg, 2, broken(UP, 2))
    found = names(sg)
    assert found.count((1, "ERR")) == 20
    assert found.count((2, "ERR")) == 1


def test_tables_are_bounded():
    rows = tuple(peer(f"p{index}", f"h{index}", SSP, 1) for index in range(300))
    sg = Gateway(SgConfig(frozenset({STP}), ()), Peers(rows))
    assert sum(sg.connected(index, f"h{index}:1", 0) for index in range(300)) == 256
    for point_code in range(2000):
        sg.set_destination(point_code, available=True)
    assert sg.counters["dropped_destination_table_full"] == 2000 - 1024


inputs = st.one_of(
    st.sampled_from(
        [
            m3ua.encode(m)
            for m in (UP, DOWN, AC, IA, Message(MessageKind.DATA, QUERY), Message(MessageKind.ASPAC))
        ]
    ),
    st.sampled_from(["lost", "connected", "timer", "data"]),
    st.binary(max_size=20),
)


@given(st.lists(st.tuples(st.integers(1, 3), inputs), max_size=60), st.sampled_from(list(TrafficMode)))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_no_order_of_things_breaks_the_gateway(steps, mode):
    sg = gateway(mode, config={"t_beat_ms": 900})
    for index, (association, step) in enumerate(steps):
        now = index * S // 2
        if isinstance(step, bytes):
            sg.receive(step, association, now)
        elif step == "lost":
            sg.lost(association, now)
        elif step == "connected":
            sg.connected(association, ADDRESS[association], now)
        elif step == "timer":
            sg.handle_timer(now)
        else:
            sg.send_data(QUERY, now)
        for _, _, octets in sg.octets_to_send():
            assert m3ua.decode(octets)
        for server in sg.servers.values():
            assert bool(server.active) == (server.state is AsState.ACTIVE)
            assert (server.t_r is not None) == (server.state is AsState.PENDING)
            assert not server.queue or server.state is AsState.PENDING
            assert mode is not TrafficMode.OVERRIDE or len(server.active) <= 1
