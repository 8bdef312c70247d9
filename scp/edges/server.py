"""The SCP as a server: the node, a UDP port and an asyncio loop. Nothing is decided here.

One callback reads what waits, hands it to the node and sends the answers to the address that asked; nothing is awaited
between. SIGHUP loads the data set again beside the running one and swaps it whole; a data set that cannot be used leaves
the running one in force. SIGTERM and SIGINT answer what has arrived, then end.

Limits: 64 batches (`UdpPort.receive`) are answered before the loop turns; a fault of our own drops one message, is counted
and reported, and nothing else.

Source: interfaces.md sections 1 and 5, A-060, A-261, A-265, performance.md section 7.
"""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

from ain_scp.scp.fast.node import FastNode, lines_of_texts
from ain_scp.scp.service_logic.program import Program
from ain_scp.transport.udp import Address, UdpPort

ROUNDS: Final = 64
TICK_S: Final = 1.0
DRAIN_ROUNDS: Final = 256
REPORTED_FAULTS: Final = 10
MAX_LINKS: Final = 4096
SECOND_NS: Final = 1_000_000_000

Load = Callable[[], Program | None]
"""Reads and compiles the data set again; None when it cannot be used, after telling why."""


class LocalClock:
    """Local calendar time in nanoseconds, as the node wants it: the wall clock moved by the zone's offset."""

    def __init__(self) -> None:
        self._offset_ns = 0
        self.adjust()

    def adjust(self) -> None:
        """Look at the zone's offset again (summer time begins or ends)."""
        self._offset_ns = time.localtime().tm_gmtoff * SECOND_NS

    def now(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 local time."""
        return time.time_ns() + self._offset_ns


def freeze() -> None:
    """Put what is loaded out of the collector's sight: tables never become garbage before the next load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


class ScpServer:
    """One node on one port. `load` is asked at SIGHUP; `samples` takes the SMDR lines of each batch."""

    def __init__(
        self,
        node: FastNode,
        port: UdpPort,
        *,
        load: Load | None = None,
        samples: Callable[[list[str]], None] | None = None,
    ) -> None:
        self.node = node
        self.port = port
        self.faults = 0
        self._load = load
        self._samples = samples
        self._clock = LocalClock()
        self._links: dict[Address, str] = {}
        self._stopped = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None
        self._drops_told = 0

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` is called when queries are taken."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        freeze()
        loop.add_reader(self.port.fileno(), self._readable)
        ticking = loop.create_task(self._tick())
        ready()
        await self._stopped.wait()
        loop.remove_reader(self.port.fileno())
        ticking.cancel()
        for _ in range(DRAIN_ROUNDS):
            if not self._answer_batch():
                break
        self.port.close()

    def stop(self) -> None:
        """End as at SIGTERM: what has arrived is answered first."""
        self._stopped.set()

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
        now = self._clock.now()
        for address, datagrams in groups:
            link = self._links.get(address) or self._link(address)
            try:
                answers = self.node.answer_all(datagrams, link, now)
            except Exception as fault:  # noqa: BLE001 - the server's edge: one bad message must not end the service
                self._fault(fault)
                answers = self._one_by_one(datagrams, link, now)
            if answers:
                self.port.send(address, answers)
        if groups:
            texts = self.node.sample_texts()
            if self._samples is not None:
                self._samples(lines_of_texts(texts))

    def _one_by_one(self, datagrams: list[bytes], link: str, now: int) -> list[bytes]:
        """After a fault of our own, which answers of the batch were made is known only message by message."""
        answers = [octets for _, octets in self.node.octets_to_send()]
        for octets in datagrams[len(answers) + 1 :]:
            try:
                answers += self.node.answer_all([octets], link, now)
            except Exception as fault:  # noqa: BLE001 - as above
                self._fault(fault)
        return answers

    def _fault(self, fault: Exception) -> None:
        self.faults += 1
        if self.faults <= REPORTED_FAULTS:
            sys.stderr.write(f"internal fault: {type(fault).__name__}: {fault}; one message dropped\n")

    def _link(self, address: Address) -> str:
        if len(self._links) >= MAX_LINKS:
            self._links.clear()
        link = self._links[address] = f"udp://{address[0]}:{address[1]}"
        return link

    # Time

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._clock.adjust()
            due = self.node.next_timer()
            if due is not None and due <= self._clock.now():
                self.node.handle_timer(self._clock.now())
            self._tell_drops()

    def _tell_drops(self) -> None:
        drops = self.port.kernel_drops()
        if drops > self._drops_told:
            sys.stderr.write(
                f"{drops - self._drops_told} datagrams dropped by the kernel, receive buffer full\n"
            )
            self._drops_told = drops

    # The data set

    def _reload(self) -> None:
        if self._load is None or self._reloading is not None:
            return
        self._reloading = asyncio.get_running_loop().create_task(self._reloaded(self._load))

    def install(self, program: Program) -> None:
        """Decide from another snapshot from the next query on."""
        gc.unfreeze()
        self.node.replace(program)
        freeze()

    async def _reloaded(self, load: Load) -> None:
        """Load in a thread, so that the running data set goes on answering; then swap."""
        try:
            program = await asyncio.to_thread(load)
            if program is None:
                sys.stderr.write("data set not reloaded: the running one stays in force\n")
            else:
                self.install(program)
                sys.stderr.write("data set reloaded\n")
        finally:
            self._reloading = None
