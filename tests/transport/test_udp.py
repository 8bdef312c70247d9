"""Batched datagrams: every way the platform offers carries the same octets to the same peers."""

import socket
import time

import pytest

from ain_scp.transport import udp
from ain_scp.transport.udp import BATCH, LARGEST, UdpPort

WAYS = [
    pytest.param((vectors, segmentation, coalescing), id=f"{vectors=:d}-{segmentation=:d}-{coalescing=:d}")
    for vectors in (False, True)
    for segmentation in (False, True)
    for coalescing in (False, True)
    if vectors or not coalescing
]


def way(kind, host="127.0.0.1", **options):
    vectors, segmentation, coalescing = kind
    if vectors and not udp.vectors_work():
        pytest.skip("no recvmmsg here")
    if segmentation and not udp.segmentation_works():
        pytest.skip("no UDP segmentation here")
    if coalescing and not udp.coalescing_works():
        pytest.skip("no UDP receive offload here")
    return UdpPort(host, 0, vectors=vectors, segmentation=segmentation, coalescing=coalescing, **options)


def peer(host="127.0.0.1"):
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.settimeout(2)
    return made


def collect(port, count):
    """Everything that arrives, by peer."""
    found = {}
    for _ in range(1000):
        for address, datagrams in port.receive():
            found.setdefault(address, []).extend(datagrams)
        if sum(map(len, found.values())) >= count:
            break
        time.sleep(0.001)
    return found


@pytest.mark.parametrize("kind", WAYS)
def test_datagrams_of_several_peers_are_grouped_and_answered(kind):
    port = way(kind)
    peers = [peer(), peer()]
    sent = {one.getsockname(): [bytes((index,)) * (10 + index % 3) for index in range(20)] for one in peers}
    for index in range(20):
        for one in peers:
            one.sendto(sent[one.getsockname()][index], port.endpoint)
    assert collect(port, 40) == sent
    for one in peers:
        port.send(one.getsockname(), sent[one.getsockname()])
        assert sorted(one.recv(100) for _ in range(20)) == sorted(sent[one.getsockname()])
        one.close()
    assert (port.received, port.sent, port.unsent) == (40, 40, 0)
    port.close()


@pytest.mark.parametrize("kind", WAYS)
def test_more_than_a_batch_is_sent_in_parts(kind):
    port, one = way(kind), peer()
    answers = [b"%04d" % index + b"x" * 150 for index in range(2 * BATCH + 5)]
    port.send(one.getsockname(), answers)
    assert [one.recv(200) for _ in answers] == answers
    one.close()
    port.close()


@pytest.mark.parametrize("kind", WAYS)
def test_a_datagram_over_the_limit_is_dropped_and_counted(kind):
    port, one = way(kind), peer()
    for octets in (b"a" * LARGEST, b"b" * (LARGEST + 1), b"c" * 9000, b"", b"d"):
        one.sendto(octets, port.endpoint)
    assert collect(port, 3) == {one.getsockname(): [b"a" * LARGEST, b"", b"d"]}
    assert (port.received, port.too_long) == (5, 2)
    one.close()
    port.close()


@pytest.mark.parametrize("kind", WAYS)
def test_ipv6_peers_are_answered(kind):
    try:
        port = way(kind, "::1")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    one = peer("::1")
    one.sendto(b"question", ("::1", port.endpoint[1]))
    one.sendto(b"another", ("::1", port.endpoint[1]))
    ((address, datagrams),) = collect(port, 2).items()
    assert datagrams == [b"question", b"another"]
    port.send(address, [b"answer", b"reply!"])
    assert {one.recv(10), one.recv(10)} == {b"answer", b"reply!"}
    one.close()
    port.close()


def test_segmentation_that_the_path_refuses_is_given_up_and_nothing_is_lost(monkeypatch):
    port, one = way((False, True, False)), peer()

    class Refusing:
        def __init__(self, real):
            self.real = real

        def __getattr__(self, name):
            return getattr(self.real, name)

        def sendmsg(self, *_):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(port, "_socket", Refusing(port._socket))
    port.send(one.getsockname(), [b"one", b"two"])
    assert {one.recv(10), one.recv(10)} == {b"one", b"two"}
    assert not port.segmentation
    one.close()
    port.close()


def test_datagrams_dropped_by_the_kernel_are_known():
    port = UdpPort("127.0.0.1", 0, receive_buffer=4096)
    one = peer()
    for _ in range(200):
        one.sendto(b"x" * 500, port.endpoint)
    taken = len(next(iter(collect(port, 200).values())))
    assert taken < 200
    if udp.vectors_work():
        assert port.kernel_drops() == 200 - taken
    one.close()
    port.close()


def test_a_peer_that_went_away_does_not_stop_the_port():
    port, gone, one = UdpPort("127.0.0.1", 0), peer(), peer()
    address = gone.getsockname()
    gone.close()
    port.send(address, [b"a", b"b"])
    port.send(address, [b"c"])
    one.sendto(b"still here", port.endpoint)
    assert collect(port, 1) == {one.getsockname(): [b"still here"]}
    one.close()
    port.close()


def test_nothing_waiting_is_an_empty_batch():
    for vectors in {False, udp.vectors_work()}:
        port = UdpPort("127.0.0.1", 0, vectors=vectors)
        assert port.receive() == []
        port.close()


def test_a_port_in_use_is_refused_and_a_shared_one_is_not():
    first = udp.bound_socket("127.0.0.1", 0, shared=True)
    port = first.getsockname()[1]
    with pytest.raises(OSError, match="in use"):
        UdpPort("127.0.0.1", port)
    udp.bound_socket("127.0.0.1", port, shared=True).close()
    first.close()


def test_runs_arrive_whole_whoever_sent_them():
    """What one port sends with segmentation another takes in runs: same datagrams, same order, the shorter last one too."""
    if not (udp.segmentation_works() and udp.coalescing_works()):
        pytest.skip("no offload here")
    sender, port = UdpPort("127.0.0.1", 0, segmentation=True), UdpPort("127.0.0.1", 0, coalescing=True)
    runs = [[b"%03d" % number * 40 for number in range(50)], [b"%02d" % number * 10 for number in range(50)]]
    for run in runs:
        sender.send(port.endpoint, run)
    sender.send(port.endpoint, [b"single"])
    found = collect(port, 101)
    assert found == {sender.endpoint: [*runs[0], *runs[1], b"single"]}
    sender.close()
    port.close()
