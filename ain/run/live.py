"""`ain run --live FD`: what a run shows to a program while it runs. Nothing waits for the reader.

Source: interfaces.md section 6.1 (`--live`), console.md section 6.
"""

import contextlib
import os
import stat
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click
import msgspec

from ain_scp.ssp_sim.live import Live
from ain_scp.terms.units import SECOND_NS

if TYPE_CHECKING:
    from ain_scp.ssp_sim.lab import Lab
    from ain_scp.ssp_sim.scenario import Scenario

SLICE_S: Final = 0.2
LONGEST: Final = 4096


class LinesOut:
    """Lines to a descriptor that never make the run wait: a line goes out whole or is dropped."""

    def __init__(self, descriptor: int) -> None:
        """UsageError when the descriptor is not open for writing."""
        try:
            os.set_blocking(descriptor, False)
            os.write(descriptor, b"")
        except OSError as fault:
            raise click.UsageError(f"--live {descriptor}: {fault.strerror}") from None
        self._descriptor = descriptor
        self._rest = b""
        self._gone = False

    def send(self, line: bytes) -> bool:
        """Whether the line was taken; the rest of one that was cut goes first."""
        if self._gone or not self._flushed():
            return False
        self._rest = line
        before = len(line)
        self._flushed()
        if len(self._rest) == before:
            self._rest = b""
            return False
        return True

    def _flushed(self) -> bool:
        try:
            while self._rest:
                self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        except BlockingIOError:
            return False
        except OSError:
            self._gone = True
            return False
        return True


def live_on(descriptor: int | None) -> Live | None:
    """What writes to the descriptor; None without one."""
    return None if descriptor is None else Live(LinesOut(descriptor).send, time.monotonic_ns)


def begin(live: Live, plan: "Scenario", lab: "Lab") -> None:
    """Write what is known of the run before it begins."""
    live.answers = lab.latency
    kinds = {**lab.world.network.kinds, "SCP": "SCP"}
    live.about({"title": plan.title, "scenario": plan.file, "dataset": str(plan.dataset), "kinds": kinds})


class Orders:
    """What the reader asks of a run that goes on, as JSON lines on standard input: `{"pause": true}`, `{"speed": "60"}`.

    A terminal or a file is not read. A line that is no order is left out. Limits: LONGEST octets a line.
    """

    def __init__(self, descriptor: int = 0) -> None:
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError:
            kind = 0
        self._descriptor = descriptor if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) else None
        if self._descriptor is not None:
            os.set_blocking(self._descriptor, False)
        self._rest = b""

    def given(self) -> list[dict[str, object]]:
        """The orders that came since the last look; never waits."""
        if self._descriptor is None:
            return []
        try:
            octets = os.read(self._descriptor, LONGEST)
        except BlockingIOError:
            return []
        except OSError:
            octets = b""
        if not octets:
            self._descriptor = None
        *lines, rest = (self._rest + octets).split(b"\n")
        self._rest = rest[:LONGEST]
        return [said for line in lines if isinstance(said := _said(line), dict)]


def _said(line: bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None


class Pace:
    """Simulated time held to the clock at a speed that orders may change, and held still; frames go on meanwhile."""

    def __init__(self, live: Live, lab: "Lab", speed: str, start_ns: int, orders: Orders) -> None:
        self._live, self._lab, self._orders = live, lab, orders
        self._factor = _factor(speed)
        self._paused = False
        self._due = 0
        self._from(start_ns)

    def __call__(self, at: int) -> None:
        """Wait until simulated time `at` may happen."""
        while True:
            self._live.tick(self._lab.kernel.now, self._lab.world)
            if time.monotonic_ns() >= self._due:
                self._obey()
            wait = self._wait_s(at)
            if wait <= 0:
                return
            time.sleep(min(wait, SLICE_S))

    def _wait_s(self, at: int) -> float:
        if self._paused:
            return SLICE_S
        if self._factor is None:
            return 0.0
        return ((at - self._base) / self._factor - (time.monotonic_ns() - self._began)) / SECOND_NS

    def _obey(self) -> None:
        self._due = time.monotonic_ns() + int(SLICE_S * SECOND_NS)
        for order in self._orders.given():
            if isinstance(order.get("pause"), bool):
                self._paused = bool(order["pause"])
            if "speed" in order:
                with contextlib.suppress(ValueError):
                    self._factor = _factor(str(order["speed"]))
            self._from(self._lab.kernel.now)

    def _from(self, at: int) -> None:
        self._base, self._began = at, time.monotonic_ns()


def _factor(speed: str) -> float | None:
    """A speed as a factor, None for max; ValueError for what is no speed."""
    factor = None if speed == "max" else float(speed)
    if factor is not None and not 0 < factor < float("inf"):
        msg = f"{speed} is no speed"
        raise ValueError(msg)
    return factor


def paced(live: Live, lab: "Lab", speed: str, start_ns: int) -> Callable[[int], None]:
    """Hold simulated time to the clock as orders say, and write frames while it waits too."""
    return Pace(live, lab, speed, start_ns, Orders())
