"""Two stacks of libusrsctp over UDP on loopback: whole messages, streams, and every end of an association."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from transport import sctp_usr
from transport.link import Endpoint, LinkEnd, parse_endpoint

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing())),
]
ANY = parse_endpoint("127.0.0.1:0")
SERVER = Endpoint(("127.0.0.1",), 2905)


class User:
    """Remembers what it hears and lets a test wait for it."""

    def __init__(self):
        self.links, self.got, self.ends, self.changed = [], [], [], asyncio.Event()

    def link_up(self, link):
        self.links.append(link)
        self.changed.set()

    def link_received(self, link, octets, stream):
        self.got.append((octets, stream))
        self.changed.set()

    def link_down(self, link, end):
        self.ends.append(end)
        self.changed.set()

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition(self):
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def two_stacks():
    server, client = sctp_usr.UsrSctpStack(ANY), sctp_usr.UsrSctpStack(ANY)
    try:
        yield server, client
    finally:
        client.close()
        server.close()


@asynccontextmanager
async def association():
    async with two_stacks() as (server, client):
        there, here = User(), User()
        server.listen(SERVER.port, there)
        client.connect(SERVER, here, server.encapsulation_port)
        await here.until(lambda user: user.links)
        await there.until(lambda user: user.links)
        yield here, there


def test_messages_arrive_whole_in_the_order_of_their_stream():
    async def main():
        async with association() as (here, there):
            link = here.links[0]
            assert link.streams > 1
            sent = [(bytes([n % 256]) * (1 + n * 37 % 3000), n % link.streams) for n in range(600)]
            sent.append((b"large" * 12_000, 1))
            assert all(link.send(*message) for message in sent)
            await there.until(lambda user: len(user.got) == len(sent))
            for stream in range(link.streams):
                assert [m for m in there.got if m[1] == stream] == [m for m in sent if m[1] == stream]

    asyncio.run(main())


def test_an_orderly_end_and_an_abort_are_told_apart():
    async def main():
        for leave, end in (("close", LinkEnd.SHUTDOWN), ("abort", LinkEnd.ABORTED)):
            async with association() as (here, there):
                here.links[0].send(b"last", 1)
                await there.until(lambda user: user.got)
                getattr(here.links[0], leave)()
                await here.until(lambda user: user.ends)
                await there.until(lambda user: user.ends)
                assert (here.ends, there.ends) == ([LinkEnd.CLOSED], [end])
                assert not here.links[0].send(b"too late", 1)

    asyncio.run(main())


def test_a_peer_that_does_not_listen_or_is_not_there_refuses():
    async def main():
        async with two_stacks() as (server, client):
            for port, encapsulation in ((1, server.encapsulation_port), (SERVER.port, 1)):
                user = User()
                client.connect(Endpoint(("127.0.0.1",), port), user, encapsulation)
                await user.until(lambda user: user.ends)
                assert (user.links, user.ends) == ([], [LinkEnd.REFUSED])

    asyncio.run(main())


def test_datagrams_that_are_no_sctp_are_harmless_and_tunnels_are_bounded():
    async def main():
        loop = asyncio.get_running_loop()
        async with association() as (here, there):
            target = there.links[0].counters, here.links[0]._stack, there.links[0]._stack
            sockets = []
            for n in range(sctp_usr.MAX_TUNNELS + 20):
                transport, _ = await loop.create_datagram_endpoint(
                    asyncio.DatagramProtocol, remote_addr=("127.0.0.1", target[2].encapsulation_port)
                )
                transport.sendto(bytes([n % 256]) * 40)
                transport.sendto(b"short")
                sockets.append(transport)
                if n % 50 == 0:
                    await asyncio.sleep(0)
            here.links[0].send(b"still here", 1)
            await there.until(lambda user: user.got)
            for transport in sockets:
                transport.close()
            assert len(target[2]._tunnels) <= sctp_usr.MAX_TUNNELS
            assert target[2].counters["dropped_no_sctp"] > 0

    asyncio.run(main())
