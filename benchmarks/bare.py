"""What Python allows on this machine: a bare loop around one UDP socket, which sends every message back or has a node answer it.

Run: python benchmarks/bare.py single|batches [DATASET]
     python benchmarks/bare.py sctp UDP SCTP

single    blocking recvfrom and sendto, one message at a time
batches   what a server's port does: poll, recvmmsg of runs, answers of one length in one call
sctp      the server's own SCTP on an encapsulation port and an SCTP port: what a turn brings is sent back together

With DATASET the node of a server answers, and nothing else is done: no event loop, no timers, no metrics, no health. What a server costs
beyond that is its edge; what the bare loop itself costs, no server written in Python can save. `side_by_side.py` and `sctp.py` start them.
"""

import asyncio
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ain_scp.transport.link import Link, LinkEnd

Answer = Callable[[list[bytes]], list[bytes]]
LINK = "udp://127.0.0.1:1"


def node_of(dataset: Path) -> Answer:
    """A node as a server makes it, asked at the time it is."""
    from ain_scp.ain.dataset import open_program
    from ain_scp.ain.serve.rehearsal import rehearsal
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.fast.node import FastNode

    node = FastNode(open_program(dataset), NodeConfig(), lambda: 0, rehearsal=rehearsal)
    node.spares = True

    def answer(datagrams: list[bytes]) -> list[bytes]:
        answers = node.answer_all(datagrams, LINK, time.time_ns())
        node.sample_texts()
        return answers

    return answer


def single(answer: Answer | None) -> None:
    """One message at a time."""
    port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port.bind(("127.0.0.1", 0))
    ready(port.getsockname()[1])
    octets = bytearray(4096)
    view = memoryview(octets)
    while True:
        size, peer = port.recvfrom_into(octets)
        if answer is None:
            port.sendto(view[:size], peer)
        else:
            for made in answer([view[:size].tobytes()]):
                port.sendto(made, peer)


def batches(answer: Answer | None) -> None:
    """What waits at a time."""
    from ain_scp.transport.udp import UdpPort

    port, waiting = UdpPort("127.0.0.1", 0), select.poll()
    waiting.register(port.fileno(), select.POLLIN)
    ready(port.endpoint[1])
    while True:
        waiting.poll()
        for peer, datagrams in port.receive():
            made = datagrams if answer is None else answer(datagrams)
            if made:
                port.send(peer, made)


class Echo:
    """Sends messages of associations back on their streams, bundled when every socket has had its turn."""

    def __init__(self, udp: int, port: int) -> None:
        from ain_scp.transport.link import Endpoint
        from ain_scp.transport.sctp_usr import UsrSctpStack

        self.stack = UsrSctpStack(Endpoint(("127.0.0.1",), udp))
        self.stack.pumped = self.leave
        self.stack.listen(port, self)
        self.waiting: list[tuple[Link, bytes, int]] = []

    def link_up(self, _link: "Link") -> None:
        """An association is up."""

    def link_down(self, _link: "Link", _end: "LinkEnd") -> None:
        """It is gone."""

    def link_received(self, link: "Link", octets: bytes, stream: int) -> None:
        """Take a message."""
        self.waiting.append((link, octets, stream))

    def leave(self) -> None:
        """Send back what has come."""
        self.stack.bundle(on=True)
        for link, octets, stream in self.waiting:
            link.send(octets, stream)
        self.waiting.clear()
        self.stack.bundle(on=False)


async def sctp(udp: int, port: int) -> None:
    """Serve until it is ended."""
    echo = Echo(udp, port)
    ready(echo.stack.encapsulation_port)
    await asyncio.Event().wait()


def ready(port: int) -> None:
    """Say where it listens."""
    print(f"ready udp 127.0.0.1:{port}", flush=True)


if __name__ == "__main__":
    loop, *given = sys.argv[1:]
    if loop == "sctp":
        asyncio.run(sctp(*map(int, given)))
    else:
        {"single": single, "batches": batches}[loop](node_of(Path(given[0])) if given else None)
