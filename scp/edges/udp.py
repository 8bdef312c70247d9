"""One UDP port as the edge of a node: one callback reads what waits, hands it to the node and sends the answers back.

Nothing is awaited between a message and its answer. Leaving the network means to answer what has arrived.

Limits: 64 batches (`UdpPort.receive`) are answered before the loop turns; a fault of our own drops one message.

Source: interfaces.md sections 1 and 5, A-261, performance.md section 7.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from typing import Final

from ain_scp.scp.edges.clock import LocalClock
from ain_scp.scp.edges.metrics import counter_lines
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.faults import Faults
from ain_scp.transport.udp import Address, UdpPort

ROUNDS: Final = 64
DRAIN_ROUNDS: Final = 256
MAX_LINKS: Final = 4096

Heard = Callable[[Address, list[bytes]], None]


class UdpEdge:
    """A node on one port. Answers go through `recorder`, if there is one; `heard` is called with what was taken."""

    def __init__(
        self, node: FastNode, port: UdpPort, recorder: Recorder | None = None, heard: Heard | None = None
    ) -> None:
        self.node = node
        self.port = port
        self.clock = LocalClock()
        self.faults = Faults()
        self.gone = asyncio.Event()
        self._recorder = recorder
        self._heard = heard
        self._links: dict[Address, str] = {}
        self._drops_told = 0

    def start(self) -> None:
        """Begin to read."""
        asyncio.get_running_loop().add_reader(self.port.fileno(), self._readable)

    def leave(self) -> None:
        """Answer what has arrived; `gone` is set when that is done."""
        asyncio.get_running_loop().remove_reader(self.port.fileno())
        for _ in range(DRAIN_ROUNDS):
            if not self._answer_batch():
                break
        self.gone.set()

    def close(self) -> None:
        """Close the port."""
        self.port.close()

    def tick(self) -> None:
        """Once a second: timers of the node, datagrams the kernel dropped."""
        due = self.node.next_timer()
        if due is not None and due <= self.clock.now():
            self.node.handle_timer(self.clock.now())
        drops = self.port.kernel_drops()
        if drops > self._drops_told:
            sys.stderr.write(
                f"{drops - self._drops_told} datagrams dropped by the kernel, receive buffer full\n"
            )
            self._drops_told = drops

    # Queries

    def _readable(self) -> None:
        for _ in range(ROUNDS):
            if not self._answer_batch():
                return  # asking once more in vain costs less than a turn of the loop

    def _answer_batch(self) -> bool:
        """Answer one batch; False when nothing waits."""
        groups = self.port.receive()
        self.answer(groups)
        return bool(groups)

    def answer(self, groups: list[tuple[Address, list[bytes]]]) -> None:
        """Answer messages by peer, each to the peer that sent it."""
        now = self.clock.now()
        for address, datagrams in groups:
            link = self._links.get(address) or self._link(address)
            answers = self.node.answer_safely(datagrams, link, now, self.faults.report)
            texts = self.node.sample_texts()
            if self._recorder is not None:
                send = partial(self.port.send, address, answers) if answers else None
                self._recorder.take_and_send(texts, send)
            elif answers:
                self.port.send(address, answers)
            if self._heard is not None:
                self._heard(address, datagrams)

    def _link(self, address: Address) -> str:
        if len(self._links) >= MAX_LINKS:
            self._links.clear()
        link = self._links[address] = link_of(address)
        return link

    # What is reported

    def status(self) -> tuple[bool, dict[str, object]]:
        """Whether it serves, and in a word."""
        return not self.gone.is_set(), {"status": "leaving" if self.gone.is_set() else "serving"}

    def lines(self) -> list[str]:
        """The metrics of the port."""
        port = self.port
        counts = {
            "received": port.received,
            "sent": port.sent,
            "dropped_too_long": port.too_long,
            "not_sent": port.unsent,
            "dropped_by_kernel": port.kernel_drops(),
        }
        return counter_lines("ain_scp_datagrams_total", "port", {"udp": counts})


def link_of(address: Address) -> str:
    """The name of a peer's link."""
    return f"udp://{address[0]}:{address[1]}"
