"""The serving sides: strangers get nothing, peers get what the RFC says, answers go back where they belong."""

import pytest

from ain_scp.scp.associations.gateway import GatewaySide
from ain_scp.scp.associations.octets import is_data, sls_of, with_routing_context
from ain_scp.scp.associations.open_side import OpenSide
from ain_scp.scp.mate import Fence, Pulse
from ain_scp.signaling import m3ua
from ain_scp.signaling.m3ua import AffectedPointCode, ErrorCode, Message, MessageKind
from ain_scp.signaling.m3ua.numbers import AsStatus, StatusType, TrafficMode
from ain_scp.signaling.m3ua.structs import RoutingKey
from kit.memory_network import MemoryNetwork

SCP, SSP = 0xF50102, 0xF60304
UP, ACTIVE = Message(MessageKind.ASPUP), Message(MessageKind.ASPAC, routing_contexts=(10,))
DATA = m3ua.data(SSP, SCP, 3, 2, 0, 5, b"\x09\x00", 10)


class Client:
    """A peer: sends messages, remembers what comes."""

    def __init__(self, network, name):
        self.network, self.heard, self.link, self.ends = network, [], None, []
        network.connect(name, "scp", self)
        network.deliver()

    def link_up(self, link):
        self.link = link

    def link_received(self, link, octets, stream):
        message = m3ua.decode(octets)
        self.heard.append((MessageKind(message.kind), stream, message))

    def link_down(self, link, end):
        self.ends.append(end)

    def say(self, what, stream=None):
        self.heard.clear()
        octets = what if isinstance(what, bytes) else m3ua.encode(what)
        self.link.send(octets, (1 if is_data(octets) else 0) if stream is None else stream)
        self.network.deliver()
        return [kind for kind, _, _ in self.heard]


class Open:
    def __init__(self):
        self.network, self.now, self.delivered = MemoryNetwork(), 0, []
        self.side = OpenSide(
            frozenset({SCP}),
            lambda octets, link: self.delivered.append((octets, link)),
            lambda: self.now,
            t_beat_ms=500,
        )
        self.network.listen("scp", self.side)


@pytest.fixture
def served():
    return Open()


def active(served, name="ssp"):
    client = Client(served.network, name)
    client.say(UP)
    client.say(ACTIVE)
    return client


def test_registration_is_acknowledged_and_notified(served):
    client = Client(served.network, "ssp")
    assert client.say(UP) == [MessageKind.ASPUP_ACK, MessageKind.NTFY]
    assert client.heard[1][2].status == (StatusType.AS_STATE_CHANGE, AsStatus.INACTIVE)
    assert client.say(ACTIVE) == [MessageKind.ASPAC_ACK, MessageKind.NTFY]
    assert client.heard[0][2].routing_contexts == (10,)
    assert client.say(Message(MessageKind.ASPIA)) == [MessageKind.ASPIA_ACK, MessageKind.NTFY]
    assert client.say(Message(MessageKind.ASPDN)) == [MessageKind.ASPDN_ACK]


def test_data_is_taken_from_active_peers_only_and_answered_where_it_came_from(served):
    client = Client(served.network, "ssp")
    assert client.say(DATA) == [MessageKind.ERR]
    client.say(UP)
    assert client.say(DATA) == [MessageKind.ERR]
    assert client.heard[0][2].error_code == ErrorCode.UNEXPECTED_MESSAGE
    client.say(ACTIVE)
    assert client.say(DATA) == []
    assert served.delivered == [(DATA, "ssp")]
    answer = m3ua.data(SCP, SSP, 3, 2, 0, 5, b"\x09\x01", 100)
    assert served.side.send_answer(answer, "ssp")
    served.network.deliver()
    assert [(kind, stream) for kind, stream, _ in client.heard] == [(MessageKind.DATA, 1 + 5 % 3)]
    assert client.heard[0][2].routing_contexts == (10,), "the one the peer activated"
    assert not served.side.send_answer(answer, "somebody else")


def test_data_on_the_management_stream_is_refused(served):
    client = active(served)
    assert client.say(DATA, stream=0) == [MessageKind.ERR]
    assert client.heard[0][2].error_code == ErrorCode.INVALID_STREAM_IDENTIFIER
    assert served.delivered == []


def test_beats_and_audits_are_answered(served):
    client = active(served)
    assert client.say(Message(MessageKind.BEAT, heartbeat=b"x")) == [MessageKind.BEAT_ACK]
    asked = tuple(AffectedPointCode(code) for code in (SCP, SSP))
    assert client.say(Message(MessageKind.DAUD, affected_point_codes=asked)) == [
        MessageKind.DAVA,
        MessageKind.DUNA,
    ]
    assert [one.point_code for one in client.heard[0][2].affected_point_codes] == [SCP]


def test_dynamic_registration_is_refused_and_nonsense_gets_an_error_at_most(served):
    client = active(served)
    keys = (RoutingKey(1, ((0x020B, b"\x00\x01\x02\x03"),)),)
    assert client.say(Message(MessageKind.REG_REQ, routing_keys=keys)) == [MessageKind.REG_RSP]
    assert client.say(b"\x02\x00\x01\x01\x00\x00\x00\x08", stream=0) == [MessageKind.ERR]
    assert client.say(b"\x01\x00", stream=0) in ([], [MessageKind.ERR])
    assert client.say(Message(MessageKind.ERR, error_code=1)) == []


def test_answers_to_faults_are_limited(served):
    client = Client(served.network, "ssp")
    for _ in range(100):
        client.link.send(DATA, 1)
    served.network.deliver()
    assert len(client.heard) == 20
    assert served.side.counters["refused"] == 100


def test_a_silent_peer_is_broken_off_after_two_beats(served):
    client = active(served)
    served.network.cut.add("ssp")
    for _ in range(4):
        served.now += 500_000_000
        served.side.handle_timer()
        served.network.deliver()
    assert served.side.counters["peer_lost"] == 1
    assert len(client.ends) == 1
    assert not served.side.has("ssp")


def test_strangers_of_a_gateway_get_no_octet_and_peers_what_their_row_allows(world):
    """Source: reliability target S1: unknown address, OPC, network appearance, routing context, registration."""
    w = world(TrafficMode.LOADSHARE)
    stranger = Client.__new__(Client)
    stranger.network, stranger.heard, stranger.link, stranger.ends = w.network, [], None, []
    for n in range(100):
        w.network.connect(f"stranger{n}", "stp", stranger)
    w.network.deliver()
    assert stranger.heard == []
    assert w.stp.counters["refused_association"] == 0, "refused before the gateway keeps anything"
    assert len(w.stp._links) == 0
    peer = Client.__new__(Client)
    peer.network, peer.heard, peer.link, peer.ends = w.network, [], None, []
    w.network.connect("ssp", "stp", peer)
    w.network.deliver()
    peer.say(UP)
    peer.say(ACTIVE)
    before = len(w.asker.answers)
    wrong = [
        m3ua.data(0x010101, SSP, 3, 2, 0, 5, b"x", 10),
        m3ua.data(SSP, SCP, 5, 2, 0, 5, b"x", 10),
        m3ua.data(SSP, SCP, 3, 2, 0, 5, b"x", 11),
        m3ua.data(SSP, SCP, 3, 2, 0, 5, b"x", 10, 7),
        DATA,
    ]
    for octets in wrong:
        assert set(peer.say(octets)) <= {MessageKind.ERR}
    assert len(w.asker.answers) == before


def test_octets_of_data_are_recognized_and_their_link_selection_found():
    assert is_data(DATA)
    assert not is_data(m3ua.encode(UP))
    for octets in (DATA, m3ua.data(1, 2, 3, 2, 0, 5, b"x"), m3ua.data(1, 2, 3, 2, 0, 5, b"x", 10, 7)):
        assert sls_of(octets) == 5
    for length in range(len(DATA)):
        assert sls_of(DATA[:length]) in {0, 5}
    assert sls_of(b"\x01\x00\x01\x01" + b"\x00" * 40) == 0


def test_a_routing_context_is_replaced_only_when_the_receiver_serves_another():
    plain = m3ua.data(1, 2, 3, 2, 0, 5, b"x")
    with_both = m3ua.data(1, 2, 3, 2, 0, 5, b"x", 10, 7)
    assert with_routing_context(plain, (11,)) == plain
    assert with_routing_context(with_both, ()) == with_routing_context(with_both, (11, 10)) == with_both
    changed = m3ua.decode(with_routing_context(with_both, (11, 12)))
    assert (changed.routing_contexts, changed.network_appearance) == ((11,), 7)
    for length in range(len(with_both)):
        assert len(with_routing_context(with_both[:length], (11,))) >= length


def test_a_fence_tells_a_stall_from_a_stop_that_outlasts_the_switch():
    fence = Fence(1000, 3000)
    steps = [0, 200, 1100, 2100, 5000, 8000, 8100]
    verdicts = [fence.pulse(step * 1_000_000) for step in steps]
    assert verdicts == [
        Pulse.STEADY,
        Pulse.STEADY,
        Pulse.STEADY,
        Pulse.STALLED,
        Pulse.STALLED,
        Pulse.STALE,
        Pulse.STEADY,
    ]
    assert (fence.stalls, fence.longest_ns) == (3, 3_000_000_000)
    with pytest.raises(ValueError, match="stale_ms"):
        Fence(3000, 1000)


def test_a_gateway_side_sends_an_answer_to_the_switch_of_its_destination(world):
    w = world(TrafficMode.LOADSHARE)
    assert isinstance(w.stp, GatewaySide)
    assert not w.stp.send_answer(b"no message", "x")
    assert not w.stp.send_answer(m3ua.encode(UP), "x")
    assert not w.stp.send_answer(m3ua.data(SCP, 0x010203, 3, 2, 0, 5, b"x"), "x")
