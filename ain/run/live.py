"""`ain run --live FD`: what a run shows to a program while it runs. Nothing waits for the reader.

Source: interfaces.md section 6.1 (`--live`), console.md section 6.
"""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from ain_scp.ssp_sim.live import Live
from ain_scp.terms.units import SECOND_NS

if TYPE_CHECKING:
    from ain_scp.ssp_sim.lab import Lab
    from ain_scp.ssp_sim.scenario import Scenario

SLICE_S: Final = 0.2


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
    kinds = {**lab.world.network.kinds, "SCP": "SCP"}
    live.about({"title": plan.title, "scenario": plan.file, "dataset": str(plan.dataset), "kinds": kinds})


def paced(live: Live, lab: "Lab", speed: str, start_ns: int) -> Callable[[int], None]:
    """Hold simulated time to the clock, and write frames while it waits too."""
    factor = None if speed == "max" else float(speed)
    began = time.monotonic_ns()

    def pace(at: int) -> None:
        live.tick(lab.kernel.now, lab.world)
        while factor is not None:
            wait = ((at - start_ns) / factor - (time.monotonic_ns() - began)) / SECOND_NS
            if wait <= 0:
                return
            time.sleep(min(wait, SLICE_S))
            live.tick(lab.kernel.now, lab.world)

    return pace
