"""Addresses of endpoints, and links in memory."""

import pytest

from ain_scp.transport.link import Endpoint, LinkEnd, SendQueue, parse_endpoint
from kit.memory_network import MemoryNetwork


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:2905", Endpoint(("127.0.0.1",), 2905)),
        ("localhost:0", Endpoint(("127.0.0.1",), 0)),
        ("10.0.0.1+10.0.1.1:2905", Endpoint(("10.0.0.1", "10.0.1.1"), 2905)),
    ],
)
def test_endpoints_are_read(text, endpoint):
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text",
    ["", "127.0.0.1", "1.2.3:5", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4.5:1", "a.b.c.d:1", "1.2.3.4+:1"],
)
def test_what_is_no_endpoint_is_refused_in_words(text):
    with pytest.raises(ValueError, match=r"address|needed"):
        parse_endpoint(text)


def test_a_port_that_is_left_out_is_the_default():
    assert parse_endpoint("10.0.0.1", 2905) == Endpoint(("10.0.0.1",), 2905)


class User:
    def __init__(self):
        self.heard, self.link = [], None

    def link_up(self, link):
        self.link = link
        self.heard.append("up")

    def link_received(self, link, octets, stream):
        self.heard.append((octets, stream))

    def link_down(self, link, end):
        self.heard.append(end)


@pytest.fixture
def pair():
    network, server, client = MemoryNetwork(), User(), User()
    network.listen("stp", server)
    network.connect("scp", "stp", client)
    network.deliver()
    return network, server, client


def test_both_ends_come_up_and_messages_keep_their_order(pair):
    network, server, client = pair
    for n in range(3):
        assert client.link.send(bytes([n]), 1)
    network.deliver()
    assert server.heard == ["up", (b"\0", 1), (b"\1", 1), (b"\2", 1)]
    assert client.heard == ["up"]


def test_closing_delivers_what_was_sent_and_breaking_off_does_not(pair):
    network, server, client = pair
    client.link.send(b"last", 1)
    client.link.close()
    network.deliver()
    assert server.heard[1:] == [(b"last", 1), LinkEnd.SHUTDOWN]
    assert client.heard == ["up", LinkEnd.CLOSED]
    network.connect("scp", "stp", client)
    network.deliver()
    client.link.send(b"lost", 1)
    client.link.abort()
    network.deliver()
    assert server.heard[-2:] == ["up", LinkEnd.ABORTED]
    assert network.lost == 1


def test_a_cut_place_loses_messages_and_nobody_hears_of_it(pair):
    network, server, client = pair
    network.cut.add("scp")
    assert client.link.send(b"x", 1)
    network.deliver()
    assert (server.heard, network.lost) == (["up"], 1)


def test_nobody_listening_refuses(pair):
    network, _, _ = pair
    other = User()
    network.connect("scp", "elsewhere", other)
    network.deliver()
    assert other.heard == [LinkEnd.REFUSED]


def test_a_stream_the_peer_did_not_grant_is_refused(pair):
    _, _, client = pair
    assert not client.link.send(b"x", 4)
    assert client.link.counters["dropped_stream"] == 1


def test_what_could_not_go_yet_goes_first_again():
    queue = SendQueue()
    for n in range(3):
        queue.put(bytes([n]), n)
    taken = queue.take()
    queue.put(b"new", 0)
    queue.put_back(taken[1:])
    assert [octets for octets, _ in queue.take()] == [b"\1", b"\2", b"new"]
