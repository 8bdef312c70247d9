"""One worker process of `ain serve --workers`: maps the snapshot, answers what is its own, obeys its supervisor.

Run by `ain_scp.ain.serve.workers` as `python -m ain_scp.ain.serve.worker SETTINGS` with open sockets: its own of the shared port, its mailbox and the ways
to the others', a stream of orders, a socket that asks for metrics. The end of the stream ends the worker, so none outlives
its supervisor.

Messages about the network (M3UA signalling network management, SCCP management) are news for all workers: the one that takes a
message answers it and passes it on to the others, which obey in silence.

Source: interfaces.md section 1 (`--workers`), performance.md section 4 (SO_REUSEPORT), RFC 4666 clause 3.4.
"""

import asyncio
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.ain.dataset import program_of
from ain_scp.ain.serve.log import Form, logged
from ain_scp.ain.serve.running import make_node, tapped
from ain_scp.ain.streams import guard
from ain_scp.provisioning.image import map_image
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.edges.clock import LocalClock
from ain_scp.scp.edges.metrics import counter_lines, with_help
from ain_scp.scp.edges.server import Server
from ain_scp.scp.edges.udp import UdpEdge, link_of
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.service_logic.program import Program
from ain_scp.transport.spread import Mailbox, SpreadPort, data_at
from ain_scp.transport.udp import Address

HANDED: Final = 0
NEWS: Final = 1
"""Kinds of mail: messages to answer; messages to obey in silence."""

BEAT_S: Final = 0.15
"""How often a worker says that it gets on."""
WORKER_SHIFT: Final = 34
START_SHIFT: Final = 30
_NETWORK_MANAGEMENT: Final = 2
_LEAST_PACKAGE: Final = 0x80
"""Every TCAP package begins with a higher octet, every SCCP management message with a lower one."""


class Settings(msgspec.Struct, frozen=True):
    """What a worker is given at its start; sockets by descriptor. `start` counts the starts of this worker."""

    number: int
    start: int
    image: str
    seed: int
    general: bool
    filtered: bool
    bound: int
    urgent: int | None
    own_mail: int
    mates_mail: list[int]
    orders: int
    metrics: int
    log_form: Form = "plain"
    log_path: str | None = None
    tap: str | None = None


class Order(msgspec.Struct):
    """An order: map this image and decide from it, or take so many exchanges a second into the tap."""

    image: str = ""
    rate: int | None = None


class Report(msgspec.Struct):
    """What a worker says on the stream: that it is ready, or how an order went."""

    done: bool
    why: str = ""
    beat: bool = False
    """No answer to an order: the worker gets on, that is all."""


class News:
    """What a worker hears about the network goes to the other workers, and what they hear to its node."""

    def __init__(self, node: FastNode, mailbox: Mailbox) -> None:
        self._node = node
        self._mailbox = mailbox
        self._managed = 0
        self._clock = LocalClock()

    def heard(self, address: Address, datagrams: list[bytes]) -> None:
        """Pass on what of the messages just taken was about the network."""
        if not self._is_new():
            return
        news = [octets for octets in datagrams if is_news(octets)]
        for worker in range(self._mailbox.workers) if news else ():
            if worker != self._mailbox.number:
                self._mailbox.send(worker, NEWS, address, news)

    def obey(self, address: Address, news: list[bytes]) -> None:
        """Take what another worker heard; its answers are that worker's."""
        for octets in news:
            self._node.receive(octets, link_of(address), self._clock.now())
            self._node.octets_to_send()
        self._is_new()

    def _is_new(self) -> bool:
        """Whether the node took messages about the network since it was last asked."""
        counters = self._node.counters
        managed = counters["management"] + counters["subsystem_management"]
        if managed == self._managed:
            return False
        self._managed = managed
        return True


def is_news(octets: bytes) -> bool:
    """Whether a message is about the network: no DATA for a user, but of M3UA's or SCCP's management."""
    if octets[2:3] == bytes((_NETWORK_MANAGEMENT,)):
        return True
    data = data_at(octets)
    return data > 0 and octets[data] < _LEAST_PACKAGE


class Worker:
    """The process: a server, its mailbox, its orders."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        mates = [socket.socket(fileno=one) for one in settings.mates_mail]
        self.mailbox = Mailbox(settings.number, socket.socket(fileno=settings.own_mail), mates)
        self.port = self._port(settings.bound)
        urgent = None if settings.urgent is None else self._port(settings.urgent)
        self.ports = (self.port,) if urgent is None else (self.port, urgent)
        node = make_node(
            mapped(settings.image),
            NodeConfig(),
            settings.seed + settings.number,
            general=settings.general,
            first_echo=settings.number << WORKER_SHIFT | (settings.start & 0xF) << START_SHIFT,
        )
        self.news = News(node, self.mailbox)
        self.edge = UdpEdge(node, self.port, heard=self.news.heard, urgent=urgent)
        path = None if settings.tap is None else Path(f"{settings.tap}.{settings.number}")
        self.server = Server(node, self.edge, tap=tapped(path, settings.number))
        self.asked = socket.socket(fileno=settings.metrics)
        self.asked.setblocking(False)
        self._turns = 0
        self._ended = threading.Event()

    def _port(self, descriptor: int) -> SpreadPort:
        bound = socket.socket(fileno=descriptor)
        return SpreadPort(bound, self.mailbox, HANDED, filtered=self.settings.filtered)

    async def run(self) -> None:
        """Serve until the supervisor says so, or is gone."""
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=self.settings.orders))
        loop.add_reader(self.mailbox.fileno(), self._mail)
        loop.add_reader(self.asked.fileno(), self._tell_metrics)
        obeying = loop.create_task(self._obey(reader, writer))
        turning = loop.create_task(self._turn())
        threading.Thread(target=self._beat, daemon=True).start()
        await self.server.serve(lambda: _say(writer, Report(done=True)))
        loop.remove_reader(self.mailbox.fileno())
        loop.remove_reader(self.asked.fileno())
        self._ended.set()
        obeying.cancel()
        turning.cancel()
        self.server.close()
        writer.close()
        self.mailbox.close()
        self.asked.close()

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take orders; the end of the stream is the end of the supervisor."""
        with suppress(OSError):
            while line := await reader.readline():
                order = msgspec.json.decode(line, type=Order)
                if order.rate is not None:
                    if self.server.tap is not None:
                        self.server.tap.set_rate(order.rate)
                    continue
                try:
                    program = await asyncio.to_thread(mapped, order.image)
                except Exception as fault:  # noqa: BLE001 - whatever it is, the running snapshot stays in force
                    _say(writer, Report(done=False, why=f"{type(fault).__name__}: {fault}"))
                    continue
                await self.server.reload.install(program)
                _say(writer, Report(done=True))
        self.server.leave()

    async def _turn(self) -> None:
        while True:
            self._turns += 1
            await asyncio.sleep(BEAT_S / 2)

    def _beat(self) -> None:
        """In a thread: say that the worker gets on, for as long as its loop turns or takes messages.

        A flood may keep the loop in one callback for a second; then the messages taken are the sign of life.
        """
        before = (0, 0)
        beat = msgspec.json.encode(Report(done=True, beat=True)) + b"\n"
        with socket.socket(fileno=os.dup(self.settings.orders)) as orders:
            while not self._ended.wait(BEAT_S):
                now = self._turns, sum(port.received for port in self.ports)
                if now != before:
                    with suppress(OSError):  # a supervisor that does not read for long, or is gone
                        orders.send(beat)
                before = now

    def _mail(self) -> None:
        for kind, address, messages in self.mailbox.take():
            if kind == NEWS:
                self.news.obey(address, messages)
            else:
                self.edge.answer([(address, messages)])

    def _tell_metrics(self) -> None:
        with suppress(OSError):
            if self.asked.recv(16):
                self.asked.send((self.server.metrics() + with_help(self._mail_lines())).encode())

    def _mail_lines(self) -> str:
        handed, lost = sum(port.handed for port in self.ports), self.mailbox.lost
        lines = counter_lines("ain_scp_mail_total", "of", {"workers": {"handed": handed, "lost": lost}})
        return "".join(f"{line}\n" for line in lines)


def mapped(image: str) -> Program:
    """The service logic over a mapped image."""
    return program_of(map_image(Path(image)))


def _say(writer: asyncio.StreamWriter, report: Report) -> None:
    writer.write(msgspec.json.encode(report) + b"\n")


def main() -> None:
    """Run as a worker."""
    sys.stderr = guard(sys.stderr)
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    with logged(settings.log_form, Path(settings.log_path) if settings.log_path else None):
        asyncio.run(Worker(settings).run())


if __name__ == "__main__":
    main()
