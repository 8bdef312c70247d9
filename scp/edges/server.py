"""The SCP as a server: a node without I/O, its edge to the network, and one asyncio loop. Nothing is decided here.

SIGHUP loads the data set again. SIGTERM and SIGINT let the edge leave the network in order, a second one ends at once.

Source: interfaces.md sections 1 and 5, A-060, A-261, A-265, reliability targets F1 and S3.
"""

import asyncio
import gc
import signal
import time
from collections.abc import Callable
from typing import Final, Protocol

from ain_scp.scp.edges.clock import LocalClock
from ain_scp.scp.edges.health import HealthEndpoint
from ain_scp.scp.edges.metrics import gauge_lines, node_lines, record_lines
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.edges.reload import Reload, freeze
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.faults import Faults
from ain_scp.scp.service_logic.program import Program
from ain_scp.transport.link import Endpoint

TICK_S: Final = 1.0


class Edge(Protocol):
    """What stands between sockets and the node: it reads, has answers made, and sends them."""

    clock: LocalClock

    @property
    def gone(self) -> asyncio.Event:
        """Set when the node has left the network."""

    @property
    def faults(self) -> Faults:
        """Faults of our own."""

    def start(self) -> None:
        """Begin to take messages; OSError when an address cannot be had."""

    def tick(self) -> None:
        """Called once a second."""

    def leave(self) -> None:
        """Begin to leave the network; nothing that was asked is lost."""

    def close(self) -> None:
        """Give every socket back."""

    def status(self) -> tuple[bool, dict[str, object]]:
        """Whether it serves, and what to report about it, `status` first."""

    def lines(self) -> list[str]:
        """Its metrics."""


class Server:
    """One node with its edge. `load` is asked at SIGHUP, `recorder` keeps the node's samples, `health` is where HTTP is."""

    def __init__(
        self,
        node: FastNode,
        edge: Edge,
        *,
        load: Callable[[], Program | None] | None = None,
        recorder: Recorder | None = None,
        health: Endpoint | None = None,
    ) -> None:
        self.node = node
        self.edge = edge
        self.reload = Reload(load, self._install)
        self.health_port: int | None = None
        self._recorder = recorder
        self._health_at = health
        self._began = time.time()
        self._leaving = False

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` is called when queries are taken. Held answers may still leave after it.

        OSError when an address cannot be had. `close` closes in any case.
        """
        loop = asyncio.get_running_loop()
        health = HealthEndpoint(self.metrics, self._status)
        ticking = loop.create_task(self._tick())
        try:
            if self._health_at is not None:
                self.health_port = await health.start(self._health_at)
            freeze()
            self.edge.start()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.leave)
            loop.add_signal_handler(signal.SIGHUP, self.reload.ask)
            ready()
            await self.edge.gone.wait()
        finally:
            ticking.cancel()
            await health.close()

    def leave(self) -> None:
        """Leave the network in order; asked again, at once."""
        if self._leaving:
            self.edge.gone.set()
        else:
            self._leaving = True
            self.edge.leave()

    def close(self) -> None:
        """Close the edge."""
        self.edge.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.edge.clock.adjust()
            self.edge.tick()

    async def _install(self, program: Program) -> None:
        """Decide from another snapshot from the next query on."""
        gc.unfreeze()
        self.node.replace(program)
        freeze()

    # What is reported

    def metrics(self) -> str:
        """The metrics of the node, its edge, its records and its operation."""
        node, reload = self.node, self.reload
        operations = {
            "reloads": reload.done,
            "reloads_refused": reload.refused,
            "faults": self.edge.faults.count,
        }
        lines = [
            *node_lines(node.counters, node.in_flight, node.overload.level),
            *self.edge.lines(),
            *gauge_lines("ain_scp_operations", {f'what="{name}"': n for name, n in operations.items()}),
            *gauge_lines("ain_scp_start_time_seconds", {"": self._began}),
        ]
        if self._recorder is not None:
            lines += record_lines(self._recorder.figures())
        return "".join(f"{line}\n" for line in lines)

    def _status(self) -> tuple[bool, dict[str, object]]:
        serving, told = self.edge.status()
        told |= {"name": self.node.config.name, "in_flight": self.node.in_flight}
        if self._recorder is not None:
            told["records"] = self._recorder.stopped or "stored"
        return serving, told
