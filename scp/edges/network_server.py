"""The SCP as a server on a signaling network: the node, its associations, its health endpoint, one asyncio loop.

SIGHUP loads the data set again, SIGTERM and SIGINT leave the network in order and end, a second one ends at once.

Source: interfaces.md section 1 (`ain serve`), A-265, reliability targets F1 and S3.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from functools import partial

from ain_scp.scp.associations.driver import AssociationsConfig, Driver
from ain_scp.scp.associations.signaling import Phase
from ain_scp.scp.edges.health import HealthEndpoint
from ain_scp.scp.edges.metrics import Exporter, Latency, counter_lines, gauge_lines, node_lines, record_lines
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.edges.reload import Reload
from ain_scp.scp.edges.server import Load, LocalClock, freeze
from ain_scp.scp.fast.node import FastNode
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.smdr.sample import Sample
from ain_scp.transport.link import Endpoint

TICK_S = 1.0


class FastPort:
    """A FastNode as associations use a node: its short way, one message at a time, with the time each took."""

    def __init__(self, node: FastNode, latency: Latency) -> None:
        self.node = node
        self._latency = latency
        self._out: list[tuple[str, bytes]] = []

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one M3UA message."""
        began = time.perf_counter_ns()
        self._out += [(link, answer) for answer in self.node.answer_all([octets], link, now)]
        self._latency.record(time.perf_counter_ns() - began)

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent."""
        out, self._out = self._out, []
        return out + self.node.octets_to_send()

    def next_timer(self) -> int | None:
        """When handle_timer must be called, or None."""
        return self.node.next_timer()

    def handle_timer(self, now: int) -> None:
        """Let timers expire."""
        self.node.handle_timer(now)

    def leave(self) -> None:
        """Begin no new dialogues."""
        self.node.leave()

    @property
    def drained(self) -> bool:
        """Whether nothing waits and no dialogue is open."""
        return self.node.drained


class HeldPort(FastPort):
    """A FastPort whose answers leave when the samples taken before them are durable.

    What is decided while the recorder is stopped makes no sample that must be waited for, and leaves at once. `flush`
    sends what came due outside of a receive. A failed journal drops what it held: the switch's T1 treats those calls.
    """

    def __init__(self, node: FastNode, latency: Latency, recorder: Recorder) -> None:
        super().__init__(node, latency)
        self.flush: Callable[[], None] = lambda: None
        self._recorder = recorder

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one M3UA message; its answers go to the recorder's keeping after its samples."""
        at_once = bool(self._recorder.stopped)
        super().receive(octets, link, now)
        answers, self._out = self._out, []
        self.node.samples()
        if at_once:
            self._out = answers
        elif answers:
            self._recorder.hold(partial(self._let_go, answers))

    @property
    def drained(self) -> bool:
        """Whether nothing waits, no dialogue is open, and no answer is held."""
        return self.node.drained and not self._recorder.held

    def _let_go(self, answers: list[tuple[str, bytes]]) -> None:
        self._out += answers
        self.flush()


class NetworkServer:
    """One node with its associations. `samples` takes the SMDR samples after each burst; without it they are dropped.

    `records` is told of on the health endpoint; with `hold` every answer waits until it has the samples taken before on
    disk.
    """

    def __init__(
        self,
        node: FastNode,
        config: AssociationsConfig,
        *,
        load: Load | None = None,
        samples: Callable[[list[Sample]], None] | None = None,
        health: Endpoint | None = None,
        records: Recorder | None = None,
        hold: bool = False,
    ) -> None:
        self.node = node
        self.latency = Latency()
        self.health_port: int | None = None
        self._config = config
        self._load = load
        self._samples = samples
        self._records = records
        self._hold = hold
        self._health_at = health
        self._clock = LocalClock()
        self._began = time.time()
        self._driver: Driver | None = None
        self._reload: Reload | None = None

    @property
    def ports(self) -> list[tuple[str, Endpoint]]:
        """Where it listens: (transport, address)."""
        return self._driver.ports if self._driver is not None else []

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` is called when associations are asked for and taken."""
        loop = asyncio.get_running_loop()
        driver = Driver(self._config, self._port(), self._clock.now, self._after)
        self._driver = driver
        if isinstance(driver.signaling.node, HeldPort):
            driver.signaling.node.flush = driver.signaling.flush
        health = HealthEndpoint(self._exporter(driver).text, self._status)
        driver.start()
        try:
            if self._health_at is not None:
                self.health_port = await health.start(self._health_at)
            freeze()
            leaving = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._asked_to_leave, driver, leaving)
            if self._load is not None:
                self._reload = Reload(self.node, self._load, freeze)
                loop.add_signal_handler(signal.SIGHUP, self._reload.ask)
            ticking = loop.create_task(self._tick())
            ready()
            await driver.gone.wait()
            ticking.cancel()
        finally:
            await health.close()
            driver.close()

    def _port(self) -> FastPort:
        if self._records is None or not self._hold:
            return FastPort(self.node, self.latency)
        return HeldPort(self.node, self.latency, self._records)

    @staticmethod
    def _asked_to_leave(driver: Driver, leaving: asyncio.Event) -> None:
        if leaving.is_set():
            driver.gone.set()
        leaving.set()
        driver.leave()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._clock.adjust()

    def _after(self) -> None:
        taken = self.node.samples()
        if taken and self._samples is not None:
            self._samples(taken)

    # -- what is told -------------------------------------------------------------------------------------------------

    def _exporter(self, driver: Driver) -> Exporter:
        exporter = Exporter()
        node = self.node
        exporter.add(lambda: node_lines(node.counters, node.in_flight, node.overload.level))
        exporter.add(lambda: self.latency.lines("ain_scp_service_seconds"))
        exporter.add(lambda: self._association_lines(driver))
        records = self._records
        if records is not None:
            exporter.add(lambda: record_lines(records.figures()))
        return exporter

    def _association_lines(self, driver: Driver) -> list[str]:
        signaling = driver.signaling
        counts = {association.row.name: association.counters for association in signaling.asps}
        counts |= {f"peers {at}": serving.counters for at, serving in enumerate(signaling.servings)}
        counts["node"] = signaling.counters
        active = {f'association="{a.row.name}"': float(a.active) for a in signaling.asps}
        reload = self._reload
        values = {
            "reloads": reload.done if reload is not None else 0,
            "reloads_refused": reload.refused if reload is not None else 0,
            "faults": driver.faults,
        }
        return [
            *counter_lines("ain_scp_association_total", "association", counts),
            *gauge_lines("ain_scp_association_active", active),
            *gauge_lines("ain_scp_operations", {f'what="{name}"': value for name, value in values.items()}),
            *gauge_lines("ain_scp_start_time_seconds", {"": self._began}),
        ]

    def _status(self) -> tuple[bool, dict[str, object]]:
        driver = self._driver
        if driver is None:
            return False, {"status": "starting"}
        signaling = driver.signaling
        states = {association.row.name: association.state.name.lower() for association in signaling.asps}
        reached = bool(signaling.servings) or any(a.state is AspState.ACTIVE for a in signaling.asps)
        standby = any(a.state is AspState.INACTIVE and a.row.asp.standby for a in signaling.asps)
        serving = signaling.phase is Phase.SERVING and (reached or standby)
        status = "isolated" if signaling.phase is Phase.SERVING else signaling.phase.name.lower()
        told: dict[str, object] = {
            "status": "serving" if serving else status,
            "name": self.node.config.name,
            "associations": states,
            "in_flight": self.node.in_flight,
        }
        if self._records is not None:
            told["records"] = self._records.stopped or "stored"
        return serving, told
