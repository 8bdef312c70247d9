"""Hot reload: the data set is read again beside the running one, in a thread, and swapped whole between two messages.

A data set that cannot be used leaves the running one in force. A request while one is under way is remembered once.

Source: A-060, A-265, interfaces.md section 1 (SIGHUP).
"""

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


def freeze() -> None:
    """Put what is loaded out of the collector's sight: tables never become garbage before the next load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


class Reload(Generic[T]):
    """`load` reads the data set again: None = not usable, which it has said. `install` takes what it made into service.

    Without `load` nothing is done when asked.
    """

    def __init__(self, load: Callable[[], T | None] | None, install: Callable[[T], Awaitable[None]]) -> None:
        self.done = 0
        self.refused = 0
        self.loaded_at = time.time()
        """When the data set in use was loaded, in seconds since 1970."""
        self.last_failed = False
        self.listener: Callable[[bool], None] = lambda _loading: None
        """Told when loading begins (True) and when it has ended (False)."""
        self._load = load
        self._install = install
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def ask(self) -> None:
        """Load again, now or when the load under way is done."""
        if self._task is not None:
            self._again = True
        elif self._load is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(self._load))

    async def install(self, loaded: T) -> None:
        """Take what was loaded into service."""
        await self._install(loaded)
        self.done += 1
        self.loaded_at = time.time()
        self.last_failed = False

    def end(self) -> None:
        """Break off what is under way."""
        self._again = False
        if self._task is not None:
            self._task.cancel()

    async def _run(self, load: Callable[[], T | None]) -> None:
        self.listener(True)
        try:
            loaded = await asyncio.to_thread(load)
            if loaded is None:
                self.refused += 1
                self.last_failed = True
                sys.stderr.write("data set not reloaded; still using the previous one\n")
            else:
                await self.install(loaded)
                sys.stderr.write("data set reloaded\n")
        finally:
            self._task = None
            self.listener(False)
            if self._again:
                self._again = False
                self.ask()
