"""Screening by subsystem and translation type: what no row permits is dropped and counted, not heard and not answered."""

import pytest

from ain_scp.scp.associations.asp import AspAssociation, AspRow
from ain_scp.scp.associations.gateway import GatewaySide
from ain_scp.scp.associations.screen import Screen
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.m3ua import Message, MessageKind
from ain_scp.signaling.m3ua.application_server import AsConfig
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.m3ua.peers import Peer, Peers
from ain_scp.signaling.m3ua.sg import Gateway, SgConfig
from ain_scp.signaling.sccp.structs import GlobalTitle
from kit.memory_network import MemoryNetwork

SCP, SSP, OTHER = 0xF50102, 0xF60304, 0xF60305
OWN = sccp.Address(250, SCP)


def data(called=OWN, opc=SSP, make=sccp.UnitData, payload=None):
    unit = make(called, sccp.Address(250, opc), b"\xe2\x00")
    return m3ua.data(opc, SCP, 3, 2, 0, 5, sccp.encode(unit) if payload is None else payload, 10)


def title(translation_type):
    return sccp.Address(0, None, GlobalTitle(translation_type, "9258341234"), route_on_ssn=False)


CASES = {
    "own subsystem": (data(), None),
    "own subsystem, extended": (data(make=sccp.ExtendedUnitData), None),
    "management": (data(sccp.Address(1, SCP)), None),
    "translation type permitted": (data(title(254)), None),
    "no SCCP": (data(payload=b"\xff\x00"), None),
    "another subsystem": (data(sccp.Address(251, SCP)), "dropped_subsystem"),
    "another subsystem, extended": (
        data(sccp.Address(251, SCP), make=sccp.ExtendedUnitData),
        "dropped_subsystem",
    ),
    "another subsystem with a title beside": (
        data(sccp.Address(251, SCP, GlobalTitle(254, "9258341234"))),
        "dropped_subsystem",
    ),
    "another translation type": (data(title(253)), "dropped_translation_type"),
}


class Node:
    """Remembers what was delivered."""

    def __init__(self):
        self.now, self.heard = 0, []

    def deliver(self, octets, link):
        self.heard.append(octets)


class Far:
    """The other end of a link in memory."""

    def __init__(self):
        self.link, self.heard = None, []

    def link_up(self, link):
        self.link = link

    def link_received(self, link, octets, stream):
        self.heard.append(m3ua.decode(octets))

    def link_down(self, link, end):
        self.link = None


def served_peer(network, node):
    """A peer that came to the node and is active; the node's side with its counters, the peer's end."""
    row = Peer(
        "SSP", frozenset({"ssp"}), frozenset({SSP}), frozenset({10}), frozenset({250}), frozenset({254})
    )
    server = AsConfig("SSP", 10, (SSP,), ("SSP",))
    side = GatewaySide(
        Gateway(SgConfig(frozenset({SCP}), (server,)), Peers((row,))), node.deliver, lambda: node.now
    )
    network.listen("scp", side)
    far = Far()
    network.connect("ssp", "scp", far)
    network.deliver()
    for message in (Message(MessageKind.ASPUP), Message(MessageKind.ASPAC, routing_contexts=(10,))):
        far.link.send(m3ua.encode(message), 0)
        network.deliver()
    return side, far


def active_asp(network, node, screen):
    """An association towards an STP that has acknowledged it; the STP's end."""
    far = Far()
    network.listen("stp", far)
    row = AspRow("STP", AspConfig((10,), t_beat_ms=0), screen=screen)
    asp = AspAssociation(
        row, lambda user: network.connect("scp", "stp", user), node.deliver, lambda: node.now, lambda: 0.0
    )
    asp.start()
    network.deliver()
    for kind in (MessageKind.ASPUP_ACK, MessageKind.ASPAC_ACK):
        far.link.send(m3ua.encode(Message(kind, routing_contexts=(10,) if "ASPAC" in kind.name else ())), 0)
        network.deliver()
    assert asp.active
    return asp, far


@pytest.mark.parametrize(("octets", "counter"), CASES.values(), ids=CASES)
def test_a_peer_that_came_may_call_what_its_row_permits(octets, counter):
    network, node = MemoryNetwork(), Node()
    side, far = served_peer(network, node)
    far.heard.clear()
    for _ in range(100):
        far.link.send(octets, 1)
    network.deliver()
    assert len(node.heard) == (0 if counter else 100)
    assert far.heard == []
    if counter:
        assert side.counters[counter] == 100


@pytest.mark.parametrize(("octets", "counter"), CASES.values(), ids=CASES)
def test_behind_an_stp_too_when_its_row_says_so(octets, counter):
    network, node = MemoryNetwork(), Node()
    screen = Screen(subsystems=frozenset({250}), translation_types=frozenset({254}))
    asp, far = active_asp(network, node, screen)
    far.heard.clear()
    for _ in range(100):
        far.link.send(octets, 1)
    network.deliver()
    assert len(node.heard) == (0 if counter else 100)
    assert far.heard == []
    assert asp.counters[counter or "data_received"] == 100


def test_without_a_word_everything_that_an_stp_routes_to_us_is_heard():
    network, node = MemoryNetwork(), Node()
    _, far = active_asp(network, node, Screen())
    for octets, _ in CASES.values():
        far.link.send(octets, 1)
    network.deliver()
    assert len(node.heard) == len(CASES)


def test_an_origin_that_an_stp_may_not_bring_is_dropped():
    network, node = MemoryNetwork(), Node()
    asp, far = active_asp(network, node, Screen(origin_point_codes=frozenset({SSP})))
    far.link.send(data(opc=OTHER), 1)
    far.link.send(data(), 1)
    network.deliver()
    assert node.heard == [data()]
    assert (asp.counters["dropped_origin_point_code"], asp.counters["data_received"]) == (1, 1)


def test_a_late_answer_of_a_peer_that_left_is_screened_as_well():
    """After ASPIA a peer may answer for two seconds what was sent to it, and call no more than before."""
    network, node = MemoryNetwork(), Node()
    side, far = served_peer(network, node)
    assert side.send_answer(m3ua.data(SCP, SSP, 3, 2, 0, 5, b"question", None), "ssp")
    far.link.send(m3ua.encode(Message(MessageKind.ASPIA, routing_contexts=(10,))), 0)
    network.deliver()
    far.link.send(data(sccp.Address(251, SCP)), 1)
    far.link.send(data(), 1)
    network.deliver()
    assert node.heard == [data()]
    assert (side.counters["dropped_subsystem"], side.counters["accepted_late"]) == (1, 2)
