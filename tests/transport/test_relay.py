"""The relay that spoils UDP: shares, times, cuts, and that a seed tells the same story again."""

import asyncio
import random
import socket

import pytest

from ain_scp.transport.link import Endpoint
from kit.relay import MAX_CLIENTS, PROFILES, Impairments, Path, Relay

MANY = 20_000


def path(seed=1, **rules):
    return Path(Impairments(**rules), random.Random(seed))


@pytest.mark.parametrize(
    ("rule", "counter"),
    [("loss", "lost"), ("duplicate", "doubled"), ("reorder", "held_back"), ("corrupt", "corrupted")],
)
@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 1.0])
def test_each_share_is_kept(rule, counter, share):
    one = path(**{rule: share})
    for _ in range(MANY):
        one.fate_of(b"octets")
    assert one.counters["seen"] == MANY
    assert abs(one.counters[counter] / MANY - share) < 0.01


def test_the_same_seed_decides_the_same_and_one_share_does_not_shift_another():
    def fates(**rules):
        one = path(7, **rules)
        return [one.fate_of(bytes([n % 256]) * 8) for n in range(500)]

    everything = {"loss": 0.1, "duplicate": 0.1, "reorder": 0.1, "corrupt": 0.1, "jitter_ms": 5.0}
    assert fates(**everything) == fates(**everything)
    lost = [not fate.copies for fate in fates(loss=0.1)]
    assert lost == [not fate.copies for fate in fates(**everything)]


def test_a_corrupted_datagram_differs_in_one_bit():
    one = path(corrupt=1.0)
    for _ in range(200):
        ((_, octets),) = one.fate_of(b"\0" * 40).copies
        assert sum(octet.bit_count() for octet in octets) == 1
    assert one.fate_of(b"").copies == ((0.0, b""),)


@pytest.mark.parametrize(
    "rules", [{"loss": -0.1}, {"duplicate": 1.1}, {"delay_ms": -1}, {"delay_ms": 9_990, "hold_ms": 20}]
)
def test_impossible_rules_are_refused(rules):
    with pytest.raises(ValueError, match="must be from 0"):
        path(**rules)


class Echo(asyncio.DatagramProtocol):
    def __init__(self):
        self.seen = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.seen.append(data)
        self.transport.sendto(data, addr)


class Client(asyncio.DatagramProtocol):
    def __init__(self):
        self.seen = []

    def datagram_received(self, data, addr):
        self.seen.append(data)


async def through(there, back=None, *, count=200, cut=None, seed=3):
    """Send `count` datagrams through a relay to an echo; what the echo and the client saw."""
    loop = asyncio.get_running_loop()
    target, echo = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    port = target.get_extra_info("sockname")[1]
    relay = Relay(Endpoint(("127.0.0.1",), port), there, back or Impairments(), seed)
    if cut:
        relay.cut(60, **cut)
    sender, client = await loop.create_datagram_endpoint(
        Client, remote_addr=("127.0.0.1", relay.address.port)
    )
    for n in range(count):
        sender.sendto(n.to_bytes(4, "big"))
        if n % 16 == 15:
            await asyncio.sleep(0)

    def arrived():
        at_echo = relay.there.counters["seen"] == count and len(echo.seen) == relay.there.counters["passed"]
        answered = relay.back.counters["seen"] == len(echo.seen)
        return at_echo and answered and len(client.seen) == relay.back.counters["passed"]

    async with asyncio.timeout(10):
        while not arrived():  # noqa: ASYNC110 - datagrams tell nobody
            await asyncio.sleep(0.005)
    for one in (sender, target, relay):
        one.close()
    return echo.seen, client.seen, relay


def test_a_clean_relay_passes_everything_in_order_both_ways():
    echo, client, _ = asyncio.run(through(Impairments()))
    assert echo == client == [n.to_bytes(4, "big") for n in range(200)]


def test_loss_and_doubling_are_seen_at_the_far_end_as_counted():
    echo, client, relay = asyncio.run(through(Impairments(loss=0.2), Impairments(duplicate=0.2)))
    assert len(echo) == 200 - relay.there.counters["lost"] < 200
    assert len(client) == len(echo) + relay.back.counters["doubled"] > len(echo)


def test_held_back_datagrams_arrive_later_and_none_is_missing():
    echo, _, _ = asyncio.run(through(Impairments(reorder=0.2, hold_ms=30)))
    assert sorted(echo) == [n.to_bytes(4, "big") for n in range(200)] != echo


@pytest.mark.parametrize(
    ("cut", "arrived", "answered"),
    [({"there": True, "back": True}, 0, 0), ({"there": False, "back": True}, 200, 0)],
)
def test_a_cut_can_be_of_one_direction(cut, arrived, answered):
    echo, client, _ = asyncio.run(through(Impairments(), cut=cut))
    assert (len(echo), len(client)) == (arrived, answered)


def test_a_cut_ends():
    async def main():
        relay = Relay(Endpoint(("127.0.0.1",), 9), Impairments(), Impairments(), 1)
        relay.cut(0.01)
        assert relay.there.cut
        assert relay.back.cut
        async with asyncio.timeout(5):
            while relay.there.cut or relay.back.cut:  # noqa: ASYNC110 - a time passes
                await asyncio.sleep(0.005)
        assert not relay.there.cut
        assert not relay.back.cut
        relay.close()

    asyncio.run(main())


def test_it_is_for_loopback_only():
    async def main():
        for target, local in (("10.0.0.1", "127.0.0.1"), ("127.0.0.1", "0.0.0.0")):  # noqa: S104 - to be refused
            with pytest.raises(ValueError, match="loopback"):
                Relay(Endpoint((target,), 1), Impairments(), Impairments(), 1, Endpoint((local,), 0))

    asyncio.run(main())


def test_clients_are_bounded():
    async def main():
        relay = Relay(Endpoint(("127.0.0.1",), 9), Impairments(), Impairments(), 1)
        clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(MAX_CLIENTS + 5)]
        for client in clients:
            client.sendto(b"x", ("127.0.0.1", relay.address.port))
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            while relay.counters["refused_clients"] < 5:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
        assert relay.counters["refused_clients"] == 5
        relay.close()
        for client in clients:
            client.close()

    asyncio.run(main())


def test_the_profiles_of_the_target_are_there():
    assert {"loss-1", "loss-5", "loss-20", "duplicate", "reorder", "delay", "corrupt"} <= PROFILES.keys()
    assert [name for name, rules in PROFILES.items() if rules.problems()] == []
