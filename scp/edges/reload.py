"""Hot reload: the data set is read again beside the running one, in a thread, and swapped whole between two messages.

A data set that cannot be used leaves the running one in force. A request while one is under way is remembered once.

Source: A-060, A-265, interfaces.md section 1 (SIGHUP).
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Protocol

from ain_scp.scp.service_logic.program import Program

Load = Callable[[], Program | None]
"""Reads and compiles the data set again; None when it cannot be used, after saying why."""


class Reloadable(Protocol):
    """A node whose program can be replaced."""

    def replace(self, program: Program) -> None:
        """Decide from another snapshot from the next query on."""


def freeze() -> None:
    """Put what is loaded out of the collector's sight: tables never become garbage before the next load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


class Reload:
    """Loads again when asked; without `load` nothing is done then."""

    def __init__(self, node: Reloadable, load: Load | None) -> None:
        self.done = 0
        self.refused = 0
        self._node = node
        self._load = load
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def ask(self) -> None:
        """Load again, now or when the load under way is done."""
        if self._task is not None:
            self._again = True
        elif self._load is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(self._load))

    def install(self, program: Program) -> None:
        """Decide from another snapshot from the next query on."""
        gc.unfreeze()
        self._node.replace(program)
        freeze()
        self.done += 1

    async def _run(self, load: Load) -> None:
        try:
            program = await asyncio.to_thread(load)
            if program is None:
                self.refused += 1
                sys.stderr.write("data set not reloaded: the running one stays in force\n")
            else:
                self.install(program)
                sys.stderr.write("data set reloaded\n")
        finally:
            self._task = None
            if self._again:
                self._again = False
                self.ask()
