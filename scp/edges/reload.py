"""Hot reload: the data set is read again beside the running one, in a thread, and swapped whole between two messages.

A data set that cannot be used leaves the running one in force. A request while one is under way is remembered once. Who
names a digest gets exactly that data set or nothing, and hears the problems.

Source: A-060, A-265, interfaces.md section 1 (SIGHUP).
"""

import asyncio
import contextlib
import gc
import os
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Generic, NamedTuple, ParamSpec, TypeVar

from ain_scp.scp.edges.control import Order, OrderFault, Verb

P = ParamSpec("P")
T = TypeVar("T")
TURN_S: Final = 0.0005
"""How long the thread that loads may keep the interpreter from the one that answers, in seconds."""
NICE: Final = 10
"""How far that thread stands back where both want one processor (Linux counts niceness by thread)."""
COLLECTED: Final = (2_000, 1_000, 100)
"""The collector's thresholds meanwhile: what a load makes is looked at in small parts, as answers wait for each."""
_DIGEST: Final = re.compile("[0-9a-f]{64}")


async def standing_back(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Work in a thread of its own that leaves the processor to whoever answers."""
    thread = ThreadPoolExecutor(1, "load", _stand_back)
    try:
        return await asyncio.wrap_future(thread.submit(work, *args, **kwargs))
    finally:
        thread.shutdown(wait=False)


def _stand_back() -> None:
    with contextlib.suppress(OSError, AttributeError):
        own = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, own, min(os.getpriority(os.PRIO_PROCESS, own) + NICE, 19))


def freeze() -> None:
    """Put what is loaded out of the collector's sight: tables never become garbage before the next load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


class Unusable(Exception):
    """A data set that cannot be taken into service: every problem, each one line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Wanted(NamedTuple):
    """The data set that is to be loaded: its digest, and another directory than the server's own."""

    digest: str
    directory: Path | None = None


class Reload(Generic[T]):
    """`load` reads the data set again, exactly that which is wanted if one is named; Unusable when it cannot be used.

    `install` takes what it made into service. Without `load` nothing is done when asked.
    """

    def __init__(
        self, load: Callable[[Wanted | None], T] | None, install: Callable[[T], Awaitable[None]]
    ) -> None:
        self.done = 0
        self.refused = 0
        self.loaded_at = time.time()
        """When the data set in use was loaded, in seconds since 1970."""
        self.last_failed = False
        self.listener: Callable[[bool], None] = lambda _loading: None
        """Told when loading begins (True) and when it has ended (False)."""
        self._load = load
        self._install = install
        self._task: asyncio.Task[tuple[str, ...]] | None = None
        self._again = False

    def ask(self) -> None:
        """Load again, now or when the load under way is done."""
        if self._task is not None:
            self._again = True
        elif self._load is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(self._load, None))

    async def exactly(self, wanted: Wanted) -> tuple[str, ...]:
        """Load the data set of a digest and take it into service; its problems, none when it is in use now."""
        if self._load is None:
            return ("this server cannot load its data set again",)
        while self._task is not None:
            await asyncio.wait([self._task])
        self._task = asyncio.get_running_loop().create_task(self._run(self._load, wanted))
        return await self._task

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

    async def _run(self, load: Callable[[Wanted | None], T], wanted: Wanted | None) -> tuple[str, ...]:
        self.listener(True)
        interval, collected = sys.getswitchinterval(), gc.get_threshold()
        sys.setswitchinterval(TURN_S)
        gc.set_threshold(*COLLECTED)
        try:
            await self.install(await standing_back(load, wanted))
        except Unusable as fault:
            self.refused += 1
            self.last_failed = True
            lines = [*fault.problems, "data set not reloaded; still using the previous one"]
            sys.stderr.write("".join(f"{line}\n" for line in lines))
            return fault.problems
        else:
            sys.stderr.write("data set reloaded\n")
            return ()
        finally:
            sys.setswitchinterval(interval)
            gc.set_threshold(*collected)
            self._task = None
            self.listener(False)
            if self._again:
                self._again = False
                self.ask()


def reload_verbs(reload: "Reload[T]", status: Callable[[], Mapping[str, object]]) -> dict[str, Verb]:
    """The verbs that every server has: `status`, and `reload` with the digest of what is to be loaded."""

    def figures() -> dict[str, object]:
        return {**status(), "generation": reload.done + 1, "loaded_at": reload.loaded_at}

    async def ask(_order: Order) -> dict[str, object]:
        return figures()

    async def load(order: Order) -> dict[str, object]:
        digest = order.get("digest")
        if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
            raise OrderFault("reload needs the digest of the data set: 64 hexadecimal digits in lower case")
        source = order.get("from")
        if not (source is None or (isinstance(source, str) and Path(source).is_absolute())):
            raise OrderFault("from is the absolute path of a directory")
        began = time.monotonic()
        problems = await reload.exactly(Wanted(digest, None if source is None else Path(source)))
        if problems:
            raise OrderFault("the data set before it stays in use", problems)
        return {**figures(), "seconds": round(time.monotonic() - began, 3)}

    return {"status": ask, "reload": load}
