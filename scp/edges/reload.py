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


class Reloadable(Protocol):
    """A node whose program can be replaced."""

    def replace(self, program: Program) -> None:
        """Decide from another snapshot from the next query on."""


class Reload:
    """`load` reads and compiles, and says itself what is wrong; None = not usable."""

    def __init__(
        self, node: Reloadable, load: Callable[[], Program | None], frozen: Callable[[], None]
    ) -> None:
        self.done = 0
        self.refused = 0
        self._node = node
        self._load = load
        self._frozen = frozen
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def ask(self) -> None:
        """Load again, now or when the load under way is done."""
        if self._task is not None:
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            program = await asyncio.to_thread(self._load)
            if program is None:
                self.refused += 1
                sys.stderr.write("data set not reloaded: the running one stays in force\n")
            else:
                gc.unfreeze()
                self._node.replace(program)
                self._frozen()
                self.done += 1
                sys.stderr.write("data set reloaded\n")
        finally:
            self._task = None
            if self._again:
                self._again = False
                self.ask()
