"""The associations of a node as its edge: M3UA over SCTP and UDP, towards STPs and of peers that come to us.

Leaving the network is done in order (`associations/signaling.py`): nothing that was asked for is lost.

Source: interfaces.md section 1 (`ain serve`), A-265, reliability targets F1 and S3.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from ain_scp.scp.associations.driver import AssociationsConfig, Driver
from ain_scp.scp.associations.signaling import Phase
from ain_scp.scp.edges.clock import LocalClock
from ain_scp.scp.edges.holder import Holder
from ain_scp.scp.edges.metrics import Latency, counter_lines, gauge_lines
from ain_scp.scp.edges.tap import Tap
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.faults import Faults
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.transport.link import Endpoint


class _Port:
    """A FastNode as associations use a node: what a wake-up brings together, with the time it took, shared among its messages.

    `flush` sends what came due outside of a receive. A failed journal drops what it held: the switch's T1 treats those calls.
    """

    def __init__(self, node: FastNode, recorder: Holder | None, latency: Latency) -> None:
        self.flush: Callable[[], None] = lambda: None
        self.report: Callable[[Exception], None] = lambda _: None
        self._node = node
        self.tap: Tap | None = None
        self._recorder = recorder
        self._latency = latency
        self._out: list[tuple[str, bytes]] = []

    @property
    def backlog(self) -> int:
        """How long what comes now has waited in this host, in nanoseconds."""
        return self._node.backlog

    @backlog.setter
    def backlog(self, age_ns: int) -> None:
        self._node.backlog = age_ns

    def receive_all(self, datagrams: list[bytes], link: str, now: int) -> None:
        """Take M3UA messages that came together; their answers leave after their samples, where there is a recorder."""
        began, count = time.perf_counter_ns(), len(datagrams)
        made = self._node.answer_safely(datagrams, link, now, self.report)
        answers = [(link, answer) for answer in made]
        self._latency.record((time.perf_counter_ns() - began) // count, count)
        if self.tap is not None:
            self.tap.take(began, datagrams, made, link)
        if self._recorder is None:
            self._out += answers
        else:
            send = partial(self._let_go, answers) if answers else None
            self._recorder.take_and_send(self._node.sample_texts(), send)

    def take_samples(self) -> None:
        """After each burst: samples that timers and dialogues made; without a recorder they are dropped."""
        texts = self._node.sample_texts()
        if self._recorder is not None:
            self._recorder.take_and_send(texts, None)

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent."""
        out, self._out = self._out, []
        return out + self._node.octets_to_send()

    def next_timer(self) -> int | None:
        """When handle_timer must be called, or None."""
        return self._node.next_timer()

    def handle_timer(self, now: int) -> None:
        """Let timers expire."""
        self._node.handle_timer(now)

    def leave(self) -> None:
        """Begin no new dialogues."""
        self._node.leave()

    @property
    def drained(self) -> bool:
        """Whether nothing waits, no dialogue is open, and no answer is held."""
        return self._node.drained and (self._recorder is None or not self._recorder.held)

    def _let_go(self, answers: list[tuple[str, bytes]]) -> None:
        self._out += answers
        self.flush()


class NetworkEdge:
    """A node with its associations. Answers go through `recorder`, if there is one. Needs a running loop."""

    def __init__(self, node: FastNode, config: AssociationsConfig, recorder: Holder | None = None) -> None:
        node.spares = True  # an age raises the level and brings controls out, beside quick answers
        self.clock = LocalClock()
        self.latency = Latency()
        port = self._port = _Port(node, recorder, self.latency)
        self._driver = Driver(config, port, self.clock.now, port.take_samples)
        port.flush = self._driver.signaling.flush
        port.report = self._driver.faults.report

    @property
    def gone(self) -> asyncio.Event:
        """Set when the node has left the network."""
        return self._driver.gone

    @property
    def faults(self) -> Faults:
        """Faults of our own."""
        return self._driver.faults

    @property
    def tap(self) -> Tap | None:
        """Where samples of the traffic go."""
        return self._port.tap

    @tap.setter
    def tap(self, tap: Tap | None) -> None:
        self._port.tap = tap

    @property
    def ports(self) -> list[tuple[str, Endpoint]]:
        """Where it listens: (transport, address)."""
        return self._driver.ports

    def start(self) -> None:
        """Listen and dial."""
        self._driver.start()

    def leave(self) -> None:
        """Begin to leave; `gone` is set when that is done."""
        self._driver.leave()

    def close(self) -> None:
        """Break off what is still up."""
        self._driver.close()

    def tick(self) -> None:
        """Nothing to do: the associations have a timer of their own."""

    def status(self) -> tuple[bool, dict[str, object]]:
        """Whether it serves, in a word, and the states of the associations."""
        signaling = self._driver.signaling
        states = {association.row.name: association.state.name.lower() for association in signaling.asps}
        reached = bool(signaling.servings) or any(a.state is AspState.ACTIVE for a in signaling.asps)
        standby = any(a.state is AspState.INACTIVE and a.row.asp.standby for a in signaling.asps)
        serving = signaling.phase is Phase.SERVING and (reached or standby)
        status = "isolated" if signaling.phase is Phase.SERVING else signaling.phase.name.lower()
        return serving, {"status": "serving" if serving else status, "associations": states}

    def lines(self) -> list[str]:
        """The metrics of the associations, and how long messages took."""
        signaling = self._driver.signaling
        counts = {association.row.name: association.counters for association in signaling.asps}
        counts |= {f"peers {at}": serving.counters for at, serving in enumerate(signaling.servings)}
        counts["node"] = signaling.counters
        active = {f'association="{a.row.name}"': float(a.active) for a in signaling.asps}
        return [
            *self.latency.lines("ain_scp_service_seconds"),
            *counter_lines("ain_scp_association_total", "association", counts),
            *gauge_lines("ain_scp_association_active", active),
        ]
