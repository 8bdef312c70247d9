"""Two stacks of libusrsctp over UDP on loopback: whole messages, streams, and every end of an association."""

import asyncio
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ain_scp.scp.associations.asp import AspAssociation, AspRow, Leaving
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.tcap import decode_package
from ain_scp.transport import sctp_kernel, sctp_usr
from ain_scp.transport.link import Endpoint, LinkEnd, parse_endpoint
from kit.query import query_octets

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing())),
]
ROOT = Path(__file__).parents[2]
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


def test_what_waited_for_a_busy_process_says_so():
    class Timed(User):
        def link_received(self, link, octets, stream):
            super().link_received(link, octets, stream)
            self.waited = max(getattr(self, "waited", 0), link.waited_ns)

    async def main():
        async with two_stacks() as (server, client):
            there, here = Timed(), User()
            server.listen(SERVER.port, there)
            client.connect(SERVER, here, server.encapsulation_port)
            await here.until(lambda user: user.links)
            for busy_s, least, most in ((0, 0, 250_000_000), (0.3, 250_000_001, 3_000_000_000)):
                there.waited, before = 0, len(there.got)
                for _ in range(40):
                    assert here.links[0].send(b"query", 0)
                time.sleep(busy_s)  # noqa: ASYNC251 - the process is busy with something else
                await there.until(lambda user, before=before: len(user.got) == before + 40)
                assert least <= there.waited <= most

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


class Probe:
    """A switch on one association: registers, asks, remembers the answers."""

    def __init__(self):
        self.answers = []
        self.changed = asyncio.Event()

    def deliver(self, octets, link):
        self.answers.append(m3ua.decode(octets))
        self.changed.set()


@pytest.mark.skipif(sctp_kernel.missing() is None, reason="the kernel's SCTP is preferred here")
def test_a_switch_asks_an_scp_process_over_sctp_in_udp(tmp_path):
    """`ain serve` as the serving side: ASPUP, ASPAC, 200 queries on several streams, ASPDN; SIGTERM ends it with 0."""
    node = tmp_path / "node.toml"
    node.write_text(
        'point_code = "245-1-2"\nrouting_context = 100\nsctp_udp_port = 0\n'
        '[[listen]]\ntransport = "sctp"\naddress = "127.0.0.1:2905"\n'
    )
    words = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "ain_scp.ain",
        "serve",
        str(ROOT / "examples/golden"),
        "--config",
        str(node),
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    ready = process.stdout.readline().split()
    assert ready[:1] == ["ready"], process.stderr.read()
    port = int(ready[ready.index("sctp-over-udp") + 1].rpartition(":")[2])

    async def main():
        stack, probe = sctp_usr.UsrSctpStack(ANY), Probe()
        row = AspRow("SCP", AspConfig(routing_contexts=(100,), t_beat_ms=200))
        association = AspAssociation(
            row, lambda user: stack.connect(SERVER, user, port), probe.deliver, time.monotonic_ns, lambda: 0.5
        )
        association.start()
        async with asyncio.timeout(15):
            while not association.active:
                await asyncio.sleep(0.005)
                association.handle_timer()
            for n in range(200):
                assert association.send_answer(query_octets(1000 + n))
            while len(probe.answers) < 200:
                probe.changed.clear()
                await probe.changed.wait()
        found = {
            decode_package(sccp.decode(one.protocol_data.payload).data).responding for one in probe.answers
        }
        assert found == set(range(1000, 1200))
        association.leave()
        async with asyncio.timeout(5):
            while association.leaving is not Leaving.ANSWERING:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
            association.stop()
            while association.leaving is not Leaving.GONE:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.005)
        stack.close()

    try:
        asyncio.run(main())
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=15)
    assert (process.returncode, told) == (0, "")
