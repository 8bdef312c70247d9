"""A lone query: the edge looks for the next one before it sleeps, and not where that was in vain lately."""

import socket

import pytest

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.edges.udp import LOOKS, SPARED, UdpEdge
from ain_scp.scp.fast.node import FastNode
from ain_scp.transport.udp import UdpPort
from kit.query import query_octets


class Ports:
    """Stands for the poll object: `comes` says at which of the next looks something is there; notes how long each would wait."""

    def __init__(self, fileno):
        self.fileno, self.comes, self.waits = fileno, 0, []

    def poll(self, wait_ms):
        self.waits.append(wait_ms)
        return [(self.fileno, 1)] if len(self.waits) == self.comes else []


@pytest.fixture
def edge(program_of):
    port = UdpPort("127.0.0.1", 0)
    made = UdpEdge(FastNode(program_of(), NodeConfig(), lambda: 0), port)
    made._plain = port.fileno()
    made._ready = Ports(port.fileno())
    yield made
    made.close()


def ask(edge, octets):
    """Send one message; what comes back, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(edge.port.endpoint)
        peer.settimeout(5)
        peer.send(octets)
        assert edge._answer_ready(1) > 0
        return peer.recv(4096)


@pytest.mark.parametrize("look", [1, 2, LOOKS])
def test_what_is_there_at_a_look_is_answered_without_sleep(look, edge):
    for transaction in range(3):
        edge._ready.waits.clear()
        edge._ready.comes = look
        assert ask(edge, query_octets(transaction))
        assert edge._ready.waits == [0] * look


def test_after_looks_in_vain_it_sleeps_at_once_for_a_while(edge):
    assert edge._answer_ready(1) == 0
    assert edge._ready.waits == [0] * LOOKS + [1]
    edge._ready.waits.clear()
    for _ in range(SPARED):
        edge._answer_ready(1)
    assert edge._ready.waits == [1] * SPARED
    edge._answer_ready(1)
    assert edge._ready.waits[SPARED:] == [0] * LOOKS + [1]


def test_the_loop_is_never_kept_waiting(edge):
    """The first look of a turn, and draining, take what is there and nothing else."""
    assert edge._answer_ready(0) == 0
    assert edge._ready.waits == [0]
