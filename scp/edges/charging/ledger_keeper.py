"""The keeper of a serving node's ledger: groups of records are written by a thread, answers leave when theirs is durable.

When the journal fails, no held answer leaves and nothing more is granted; the keeper opens the directory again every few seconds, and
then the engine continues from the last durable record.

Source: charging.md 4.3, decisions 7 and 15.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.port import DirectPort
from ain_scp.billing.ledger.durable import DurableLedger
from ain_scp.billing.ledger.record import RecordFault
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal
from ain_scp.scp.edges.metrics import ledger_lines

RETRY_S: Final = 2.0
CHECK_S: Final = 1.0

Send = Callable[[], None]


class LedgerKeeper:
    """Writes what the engine of a door decides. Its methods belong to the event loop; `reopen` and `retire` run in the thread."""

    def __init__(
        self,
        port: DirectPort,
        now_ms: Callable[[], int],
        tell: Callable[[str], None],
        reopen: Callable[[], Engine],
        retire: Callable[[Journal], None] = lambda _journal: None,
    ) -> None:
        self.port = port
        self.stopped = ""
        self._now_ms = now_ms
        self._tell = tell
        self._reopen = reopen
        self._retire = retire
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False

    @property
    def ledger(self) -> DurableLedger:
        """The ledger as it is open now."""
        ledger = self.port.engine.desk.ledger
        if not isinstance(ledger, DurableLedger):
            raise TypeError("a serving node keeps its ledger")
        return ledger

    def start(self) -> None:
        """Begin to write; needs a running loop."""
        loop = asyncio.get_running_loop()
        self.ledger.entered_here = self._news.set
        self._tasks = [loop.create_task(self._write()), loop.create_task(self._look_after())]

    def hold(self, send: Send) -> None:
        """Do `send` when everything decided so far is durable; never, when the journal fails first."""
        ledger = self.ledger
        if ledger.journal.state in ("FAILED", "CLOSED"):
            send()  # nothing was decided: it says that nothing can be
            return
        ledger.hold(send)
        if ledger.journal.pending:
            self._news.set()

    def wake(self) -> None:
        """Something may have been decided that no call waits for."""
        if self.ledger.journal.pending:
            self._news.set()

    @property
    def held(self) -> int:
        """How many answers wait."""
        return len(self.ledger.held)

    def lines(self) -> list[str]:
        """What an operator watches, for /metrics."""
        ledger = self.ledger
        figures: dict[str, float] = {
            "stopped": bool(self.stopped),
            "held": self.held,
            "waiting": ledger.journal.pending,
            "open_calls": len(self.port.engine.desk.open_calls),
            "suspense": len(ledger.facts.get("suspense", {})),
            "unsettled": len(ledger.facts.get("unsettled", {})),
        }
        return ledger_lines(figures, ledger.journal.durable, ledger.refusals)

    async def stop(self) -> str:
        """Write everything, let held answers go, seal; what could not be done, "" for nothing."""
        self._ending = True
        self._news.set()
        self._tasks[1].cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        said = ""
        try:
            ledger = self.ledger
            if ledger.journal.state not in ("FAILED", "CLOSED"):
                await self._run(lambda: ledger.journal.close(self._now_ms()))
            ledger.settle()
        except JournalFault as fault:
            said = str(fault)
        self._thread.shutdown()
        return said or self.stopped

    async def _run(self, work: Callable[[], object]) -> object:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _write(self) -> None:
        while not self._ending:
            await self._news.wait()
            self._news.clear()
            await self._write_groups()

    async def _write_groups(self) -> None:
        while True:
            ledger = self.ledger
            journal = ledger.journal
            group = journal.take() if journal.state not in ("FAILED", "CLOSED") else None
            if group is None:
                return
            try:
                await self._run(lambda journal=journal, group=group: journal.write(group, self._now_ms()))  # type: ignore[misc]
            except JournalFault as fault:
                self._stop(str(fault))
            ledger.settle()

    def _stop(self, reason: str) -> None:
        if not self.stopped:
            self._tell(f"ALARM ledger: {reason}; prepaid calls are refused until it can be kept")
        self.stopped = reason

    async def _look_after(self) -> None:
        """Once a second: rotation, space, old segments; after a failure the directory is opened again."""
        while True:
            await asyncio.sleep(RETRY_S if self.stopped else CHECK_S)
            try:
                if self.ledger.journal.state == "FAILED":
                    await self._open_again()
                else:
                    await self._run(self._tend)
                    self.wake()
            except JournalFault as fault:
                self._stop(str(fault))

    def _tend(self) -> None:
        journal = self.ledger.journal
        journal.rotate_if_due(self._now_ms())
        journal.check_space()
        if isinstance(journal, Journal):
            self._retire(journal)

    async def _open_again(self) -> None:
        failed = self.ledger.journal
        await self._run(failed.abandon)
        try:
            engine = await self._run(self._reopen)
        except (JournalFault, RecordFault) as fault:
            self._stop(str(fault))
            failed.state = "FAILED"
            return
        if isinstance(engine, Engine):
            self.port.engine = engine
            self.ledger.entered_here = self._news.set
            self.stopped = ""
            self._tell("ledger: writing again")
