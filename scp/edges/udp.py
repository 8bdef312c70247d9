"""One UDP port as the edge of a node: one callback reads what waits, hands it to the node and sends the answers back.

Nothing is awaited between a message and its answer. The callback lingers a millisecond for the next message, which then costs no
turn of the loop, but where answers are held for the disk: their release is a turn. Before it sleeps it looks some times whether
the message is there already: going to sleep and waking with cold caches costs more than ten microseconds of looking. Where
that was in vain it sleeps at once the next times, so that looking costs a few hundredths of what queries that are far apart cost.
Leaving the network means to answer what has arrived.

Limits: the loop turns after `TURN_NS`, for timers, signals and the health endpoint; a fault of our own drops one message.

Source: interfaces.md sections 1 and 5, A-261, performance.md section 7.
"""

import asyncio
import select
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from ain_scp.scp.edges.clock import LocalClock
from ain_scp.scp.edges.holder import Holder
from ain_scp.scp.edges.metrics import Latency, counter_lines
from ain_scp.scp.edges.tap import Tap
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.faults import Faults
from ain_scp.transport.udp import Address, Groups, UdpPort
from ain_scp.transport.waiting import QueueAge

URGENT_ROUNDS: Final = 16
MS_NS: Final = 1_000_000
LINGER_MS: Final = 1
LOOKS: Final = 24
"""Some ten microseconds."""
SPARED: Final = 32
"""Waits without looking after looks in vain."""
TURN_NS: Final = 5 * MS_NS
STAMP_NS: Final = 100 * MS_NS
"""How often the kernel is asked for a time stamp where no queue stands."""
QUEUE_LEAST: Final = 32
"""Datagrams read at once that are a queue."""
CROWDED: Final = 8
"""How much longer a query may have waited where the kernel sheds: then reading does not keep up, and shedding here as well
would only leave capacity unused; the receive buffer bounds the wait."""
LATE_NS: Final = 5 * MS_NS
"""From this age on the kernel is asked what it has dropped."""
DRAIN_ROUNDS: Final = 256
MAX_LINKS: Final = 4096

Heard = Callable[[Address, list[bytes]], None]


class UdpEdge:
    """A node on one port. Answers go through `recorder`, if there is one; `heard` is called with what was taken.

    `urgent` is the port of emergency calls at the same address, which is read first.
    """

    def __init__(
        self,
        node: FastNode,
        port: UdpPort,
        recorder: Holder | None = None,
        heard: Heard | None = None,
        urgent: UdpPort | None = None,
    ) -> None:
        self.node = node
        node.spares = True
        self.port = port
        self._urgent = urgent
        self._ports = (port,) if urgent is None else (port, urgent)
        self._age = QueueAge()
        self._wait_ns = node.config.overload.wait_ms * MS_NS
        self._drops = 0
        self._crowded_until = 0
        self.clock = LocalClock()
        self.faults = Faults()
        self.gone = asyncio.Event()
        self.latency = Latency()
        """How long messages took: a batch's time, shared among its messages."""
        self.tap: Tap | None = None
        self._recorder = recorder
        self._heard = heard
        self._links: dict[Address, str] = {}
        self._drops_told = 0
        self._linger_ms = 0 if recorder is not None and recorder.holds else LINGER_MS
        self._ready = select.poll()
        self._plain = -1
        self._stamped = 0
        self._spared = 0

    def start(self) -> None:
        """Begin to read."""
        self._plain = self.port.fileno()
        for port in self._ports:
            self._ready.register(port.fileno(), select.POLLIN)
            asyncio.get_running_loop().add_reader(port.fileno(), self._readable)

    def leave(self) -> None:
        """Answer what has arrived; `gone` is set when that is done."""
        for port in self._ports:
            asyncio.get_running_loop().remove_reader(port.fileno())
        for _ in range(DRAIN_ROUNDS):
            if not self._answer_ready(0):
                break
        self.gone.set()

    def close(self) -> None:
        """Close the ports."""
        for port in self._ports:
            port.close()

    def tick(self) -> None:
        """Once a second: timers of the node, datagrams the kernel dropped."""
        due = self.node.next_timer()
        if due is not None and due <= self.clock.now():
            self.node.handle_timer(self.clock.now())
            self._send_due()
        self._note_drops(self.clock.now())
        drops = self._drops
        if drops > self._drops_told:
            sys.stderr.write(
                f"{drops - self._drops_told} datagrams dropped by the kernel, receive buffer full\n"
            )
            self._drops_told = drops

    # Queries

    def _readable(self) -> None:
        until, wait = time.monotonic_ns() + TURN_NS, 0
        while 0 < self._answer_ready(wait) < until:
            wait = self._linger_ms

    def _answer_ready(self, wait_ms: int) -> int:
        """Answer emergency calls, then one batch of the others; when it is done, 0 if nothing has come within so many milliseconds."""
        ready = self._awaited(wait_ms) if wait_ms else self._ready.poll(0)
        if not ready:
            return 0
        if self._urgent is not None and (len(ready) > 1 or ready[0][0] != self._plain):
            self._answer_urgent(self._urgent)
        return self._answer_others()

    def _awaited(self, wait_ms: int) -> list[tuple[int, int]]:
        """The ports where something has come within so many milliseconds."""
        poll = self._ready.poll
        if self._spared:
            self._spared -= 1
            return poll(wait_ms)
        for _ in range(LOOKS):
            ready = poll(0)
            if ready:
                return ready
        self._spared = SPARED
        return poll(wait_ms)

    def _answer_others(self) -> int:
        """Answer one batch, or shed of it what has waited too long; when it is done, by the monotonic clock."""
        groups = self.port.receive()
        monotonic = time.monotonic_ns()
        if not groups:
            self._age.empty(monotonic)
            return monotonic
        count = len(groups[0][1]) if len(groups) == 1 else sum(len(datagrams) for _, datagrams in groups)
        queue = count >= QUEUE_LEAST
        age = 0
        if queue or monotonic - self._stamped >= STAMP_NS:
            self._stamped = monotonic
            stamp = self.port.stamp()
            age = self._age.read(stamp, time.time_ns(), monotonic) if stamp else 0
        if not queue:
            age = 0  # no queue stands: the host was late, and all can be answered at once
            self._age.empty(monotonic)
        if not age:
            return self._answer(groups, monotonic)
        now = monotonic + self.clock.start
        if age >= LATE_NS and self._note_drops(now):
            self._crowded_until = monotonic + CROWDED * self._wait_ns
        crowded = monotonic < self._crowded_until
        self.node.backlog = age
        if age >= (CROWDED * self._wait_ns if crowded else self._wait_ns):
            groups = self._shed(groups, now)
        done = self._answer(groups, monotonic)
        self.node.backlog = 0
        return done

    def _answer_urgent(self, port: UdpPort) -> None:
        """Answer emergency calls; a turn takes so many at most, and the rest comes in the next."""
        for _ in range(URGENT_ROUNDS):
            groups = port.receive()
            if not groups:
                return
            self.answer(groups)

    def _shed(self, groups: Groups, now: int) -> Groups:
        """Leave what must be answered of a batch that has waited too long; a few of the others hear that they are too many."""
        kept = []
        for address, datagrams in groups:
            rest = self.node.shed(datagrams, self._links.get(address) or self._link(address), now)
            refusals = [octets for _, octets in self.node.octets_to_send()]
            if refusals:
                self.port.send(address, refusals)
            if rest:
                kept.append((address, rest))
        return kept

    def _note_drops(self, now: int) -> bool:
        """Whether the kernel has dropped more: that was offered, and lost."""
        drops = sum(port.kernel_drops() for port in self._ports)
        lost = drops - self._drops
        if lost > 0:
            self.node.overload.read(now, 0, 0, lost)
            self._drops = drops
        return lost > 0

    def answer(self, groups: Groups) -> None:
        """Answer messages by peer, each to the peer that sent it."""
        self._answer(groups, time.monotonic_ns())

    def _answer(self, groups: Groups, began: int) -> int:
        """Answer messages by peer, each to the peer that sent it; when that is done, by the monotonic clock."""
        node, port, tap = self.node, self.port, self.tap
        now = began + self.clock.start
        for address, datagrams in groups:
            link = self._links.get(address) or self._link(address)
            answers = node.answer_safely(datagrams, link, now, self.faults.report)
            done, count = time.monotonic_ns(), len(datagrams)
            self.latency.record((done - began) // count, count)
            if tap is not None:
                tap.take(began, datagrams, answers, link)
            texts = node.sample_texts()
            if self._recorder is not None:
                send = partial(port.send, address, answers) if answers else None
                self._recorder.take_and_send(texts, send)
            elif answers:
                port.send(address, answers)
            if self._heard is not None:
                self._heard(address, datagrams)
            began = done
        return began

    def _send_due(self) -> None:
        """Send what a timer has asked for, each message to the peer of its link."""
        for link, octets in self.node.octets_to_send():
            host, _, number = link.removeprefix("udp://").rpartition(":")
            if number.isdecimal():
                self.port.send((host, int(number)), [octets])

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
        names = ("udp", "udp_urgent")
        counts = {name: _counts(port) for name, port in zip(names, self._ports, strict=False)}
        return [
            *counter_lines("ain_scp_datagrams_total", "port", counts),
            *self.latency.lines("ain_scp_service_seconds"),
        ]


def link_of(address: Address) -> str:
    """The name of a peer's link."""
    return f"udp://{address[0]}:{address[1]}"


def _counts(port: UdpPort) -> dict[str, int]:
    return {
        "received": port.received,
        "sent": port.sent,
        "dropped_too_long": port.too_long,
        "not_sent": port.unsent,
        "dropped_by_kernel": port.kernel_drops(),
    }
