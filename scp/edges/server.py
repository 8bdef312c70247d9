"""The SCP as a server: a node without I/O, its edge to the network, and one asyncio loop. Nothing is decided here.

SIGHUP loads the data set again. SIGTERM and SIGINT let the edge leave the network in order, a second one ends at once.

Source: interfaces.md sections 1 and 5, A-060, A-261, A-265, reliability targets F1 and S3.
"""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from ain_scp.scp.edges.clock import LocalClock, StepWatch
from ain_scp.scp.edges.control import ControlSocket, Order
from ain_scp.scp.edges.metrics import (
    decision_lines,
    gauge_lines,
    identity_lines,
    node_lines,
    process_lines,
    record_lines,
    reload_lines,
    routed_lines,
    routed_of,
    service_lines,
    total_lines,
    with_help,
)
from ain_scp.scp.edges.notify import Notifier
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.edges.reload import Reload, Wanted, freeze, reload_verbs, standing_back
from ain_scp.scp.edges.tap import Tap, tap_verbs
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.fast.path import FastPath
from ain_scp.scp.faults import Faults
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.services import ServiceLogic
from ain_scp.terms.units import SECOND_NS
from ain_scp.transport.link import Endpoint
from ain_scp.transport.status import HealthEndpoint

TICK_S: Final = 1.0


class Edge(Protocol):
    """What stands between sockets and the node: it reads, has answers made, and sends them."""

    clock: LocalClock
    tap: Tap | None

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


class Identity(Protocol):
    """Who serves what: reported, never looked at."""

    version: str
    mode: str

    def dataset(self) -> tuple[str, str]:
        """Name and digest of the data set in use (empty: not known)."""


def _nothing(*_told: object) -> None:
    return


class Server:
    """One node with its edge. `load` is asked at SIGHUP, `recorder` keeps the node's samples, `health` is where HTTP is.

    `control` is the path of a socket for orders; what has verbs of its own adds them to `Server.control` before `serve`.
    """

    def __init__(
        self,
        node: FastNode,
        edge: Edge,
        *,
        load: Callable[[Wanted | None], Program | ServiceLogic] | None = None,
        recorder: Recorder | None = None,
        health: Endpoint | None = None,
        identity: Identity | None = None,
        control: Path | None = None,
        tap: Tap | None = None,
    ) -> None:
        self.node = node
        self.edge = edge
        self.tap = edge.tap = tap
        self.reload: Reload[Program | ServiceLogic] = Reload(load, self._install)
        self.health_port: int | None = None
        self._recorder = recorder
        self._health_at = health
        self._began = time.time()
        self._leaving = False
        self._identity = identity
        self._notifier = Notifier()
        self._steps = StepWatch()
        self.installed: Callable[[Program], None] = _nothing
        """Hears of another data set in use."""
        self.told: Callable[[], list[str]] = list
        """More lines of /metrics."""
        self.ticked: Callable[[], None] = _nothing
        """Called once a second."""
        self._first_echo = node.echo_given
        self.control: ControlSocket | None = None
        if control is not None:
            verbs = {
                **reload_verbs(self.reload, self._control_status),
                "routed": self._routed,
                **tap_verbs([] if tap is None else [tap]),
            }
            self.control = ControlSocket(control, verbs)
        node.program.times.ahead_s = edge.clock.ahead_s

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT; `ready` is called when queries are taken. Held answers may still leave after it.

        OSError when an address cannot be had. `close` closes in any case.
        """
        loop = asyncio.get_running_loop()
        health = HealthEndpoint(self.metrics, self._status)
        tasks = [loop.create_task(self._tick())]
        try:
            if self._health_at is not None:
                self.health_port = await health.start(self._health_at)
            if self.control is not None:
                await self.control.start()
            freeze()
            self.edge.start()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.leave)
            loop.add_signal_handler(signal.SIGHUP, self.reload.ask)
            self.reload.listener = self._loading
            ready()
            self._notifier.ready()
            if self._notifier.watchdog_s:
                tasks.append(loop.create_task(self._stay_alive()))
            await self.edge.gone.wait()
        finally:
            for task in tasks:
                task.cancel()
            if self.control is not None:
                await self.control.close()
            await health.close()

    def leave(self) -> None:
        """Leave the network in order; asked again, at once."""
        if self._leaving:
            self.edge.gone.set()
        else:
            self._leaving = True
            self._notifier.stopping()
            self.edge.leave()

    def close(self) -> None:
        """Close the edge, and take the tap away."""
        self.edge.close()
        if self.tap is not None:
            self.tap.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.edge.clock.adjust()
            self.node.calendar = self.edge.clock.calendar
            self.node.program.times.ahead_s = self.edge.clock.ahead_s
            self.edge.tick()
            self.ticked()
            step_ns = self._steps.step_ns()
            if step_ns:
                sys.stderr.write(
                    f"the wall clock was set by {step_ns / SECOND_NS:+.1f} s: times in records follow it\n"
                )

    async def _stay_alive(self) -> None:
        while True:
            self._notifier.alive()
            await asyncio.sleep(self._notifier.watchdog_s)

    def _loading(self, begins: bool) -> None:
        self._notifier.reloading() if begins else self._notifier.ready()

    async def _install(self, program: Program | ServiceLogic) -> None:
        """Decide from another snapshot from the next query on; of a delta, from other tables of services alone.

        The tables of the quick ways are made ready meanwhile.
        """
        if isinstance(program, ServiceLogic):
            self.node.program.services = program
            self.node.equip()
            return
        path = await standing_back(self._prepared, program)
        program.times.ahead_s = self.edge.clock.ahead_s
        self.node.replace(program, path)
        self.installed(program)
        gc.freeze()

    def _prepared(self, program: Program) -> FastPath | None:
        """The short way, made ready; what was left over is collected now, and what stays is small until it is frozen.

        What was frozen before stays so: nothing refers to an old snapshot in a circle, so it goes when it is replaced.
        """
        path = self.node.prepared(program)
        gc.collect()
        return path

    # What is reported

    def metrics(self) -> str:
        """The metrics of the node, its edge, its records and its operation."""
        node, reload = self.node, self.reload
        lines = [
            *node_lines(node.counters, node.in_flight, node.overload.level),
            *decision_lines(node.decisions),
            *service_lines(node.service_answers),
            *self._routed_lines(),
            *(
                total_lines("ain_scp_lnp_answers_total", node.lnp_measured.labelled())
                if node.lnp_measured
                else ()
            ),
            *self.edge.lines(),
            *(self.tap.lines() if self.tap is not None else ()),
            *total_lines("ain_scp_faults_total", {"": self.edge.faults.count}),
            *reload_lines(reload.done, reload.refused, reload.loaded_at, failed=reload.last_failed),
            *total_lines("ain_scp_clock_steps_total", {"": self._steps.steps}),
            *gauge_lines("ain_scp_start_time_seconds", {"": self._began}),
            *(identity_lines(who.version, who.mode, *who.dataset()) if (who := self._identity) else ()),
            *process_lines(),
            *self.told(),
        ]
        if self._recorder is not None:
            lines += record_lines(self._recorder.figures())
            lines += self._recorder.broker_lines()
        return with_help("\n".join(lines))

    async def _routed(self, _order: Order) -> dict[str, object]:
        """What the verb `routed` says: how many calls that are not charged are known; no more is kept of them."""
        charging = self.control is not None and self.control.knows("calls")
        return routed_of("\n".join(self._routed_lines())) | {"charging": charging}

    def _routed_lines(self) -> list[str]:
        """Calls whose end a switch was asked to tell, those whose end it told, and the conversations open."""
        node = self.node
        asked = node.echo_given - self._first_echo if node.config.notify else 0
        return routed_lines(
            asked, node.counters["notifications"], node.dialogues, notified=node.config.notify
        )

    def _control_status(self) -> dict[str, object]:
        """What the verb `status` says."""
        _, told = self.edge.status()
        name, digest = self._identity.dataset() if self._identity is not None else ("", "")
        return {
            "name": self.node.config.name,
            "state": told["status"],
            "dataset": name,
            "digest": digest,
            "started": self._began,
            "level": self.node.overload.level,
            "in_flight": self.node.in_flight,
        }

    def _status(self) -> tuple[bool, dict[str, object]]:
        serving, told = self.edge.status()
        told |= {"name": self.node.config.name, "in_flight": self.node.in_flight}
        if self._identity is not None:
            name, digest = self._identity.dataset()
            told |= {"version": self._identity.version, "dataset": name, "digest": digest}
        told["reload"] = "failed: the data set before it is in use" if self.reload.last_failed else "ok"
        if self._recorder is not None:
            told |= self._recorder.status()
            if self._recorder.stopped and serving:
                return False, told | {"status": "degraded"}
        return serving, told
