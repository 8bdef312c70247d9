"""Journals handed to a record sink: as the publisher to a broker, but the other side is a plug-in in a thread of its own.

Source: D-008, A-240 to A-242; reliability.md section 5.
"""

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from ain_scp.journal.publication import Batch, Publication
from ain_scp.journal.sinks import NamedSink, SinkFault

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 15.0
IDLE_S: Final = 0.2

Run = Callable[[Callable[[], Any]], Awaitable[Any]]


def consumer_of(sink: str, stream: str) -> str:
    """The name under which a journal keeps a sink's position: letters, digits and underscores."""
    return "".join(one if one.isalnum() and one.isascii() else "_" for one in f"sink_{sink}_{stream}")


class SinkPublisher:
    """Hands any number of journals to one sink and keeps trying; `tell` gets one line per change of state.

    `run` carries what touches a journal. Nothing here raises but JournalFault: a sink that raises is no error of ours.
    """

    def __init__(
        self, sink: NamedSink, publications: dict[str, Publication], run: Run, tell: Callable[[str], None]
    ) -> None:
        self.sink = sink
        self._of = publications
        self._run = run
        self._tell = tell
        self._said = ""

    @property
    def waiting(self) -> int:
        """Durable records that the sink has not taken."""
        return sum(one.waiting for one in self._of.values())

    async def publish(self, *, until_empty: bool = False, patience_s: float = math.inf) -> bool:
        """Hand over until cancelled, or until nothing waits, or `patience_s` passed without a batch taken; True when nothing waits."""
        loop = asyncio.get_running_loop()
        pause, since = FIRST_PAUSE_S, loop.time()
        while not (until_empty and not self.waiting):
            try:
                taken = [await self._next(stream) for stream in self._of]
            except SinkFault as fault:
                self._say(f"{fault}; {self.waiting} records wait in the journal")
                for one in self._of.values():
                    await self._run(one.lost)
                if loop.time() - since + pause > patience_s:
                    break
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            pause, since = FIRST_PAUSE_S, loop.time()
            if any(taken):
                self._say("takes records")
            elif not until_empty:
                await asyncio.sleep(IDLE_S)
        return not self.waiting

    async def _next(self, stream: str) -> bool:
        """One batch of a journal; False when there is none."""
        publication = self._of[stream]
        batch: Batch | None = await self._run(publication.next_batch)
        if batch is None:
            return False
        await _in_thread(partial(self.sink.accept, stream, batch))
        await self._run(partial(publication.confirmed, batch.last))
        return True

    def _say(self, line: str) -> None:
        if line.partition(";")[0] != self._said:
            self._said = line.partition(";")[0]
            self._tell(f"sink {self.sink.name}: {line}")


async def _in_thread(call: Callable[[], None]) -> None:
    """Run foreign code where it can hold up neither the loop nor the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def end(fault: BaseException | None) -> None:
        if done.done():
            return
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)

    def work() -> None:
        fault: BaseException | None = None
        try:
            call()
        except BaseException as raised:  # noqa: BLE001 - it is handed to the one that waits
            fault = raised
        try:
            loop.call_soon_threadsafe(end, fault)
        except RuntimeError:  # the loop has ended; the batch comes again at the next start
            return

    threading.Thread(target=work, name="record-sink", daemon=True).start()
    await done
