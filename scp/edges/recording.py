"""The records keeper of a serving SCP: samples go to the journal in groups, written by a thread while queries are answered.

What is promised, by choice:

as they come   (default) an answer does not wait for the disk. A sample is on disk within one group, some milliseconds; a
               process killed in that time loses the samples of at most that group. Nothing else is ever lost.
hold answers   (`hold`) an answer leaves when its sample is on disk. Whatever a switch got, the journal has.

When the journal cannot take more (full disk, failed fsync, read-only file system, a disk slower than the traffic) the
keeper stops billable work: `stopped` says why, an alarm line is written once, and what is still in memory waits. It opens the
journal again by itself every few seconds; then it writes what waited, under the numbers it had, and says so.

Source: A-240 to A-244, AMB-81; reliability.md section 5 (design rules 4 to 6), D1 to D4.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from msgspec import structs

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import damage_of
from ain_scp.journal.writer import Journal
from ain_scp.scp.edges.metrics import gauge_lines, total_lines
from ain_scp.scp.sample_journal import EchoNumbers, SampleForm, ScpKind

LINGER_S: Final = 0.005
"""How long a group gathers records before it is written: an fsync costs the same for one record as for a hundred."""
CHECK_S: Final = 1.0
RETRY_S: Final = 2.0
READ_S: Final = 0.02
"""Between two sealed segments that are read again after the start: queries come first."""
QUIET_S: Final = 10.0
MAX_WAITING: Final = 200_000
"""Samples kept in memory while the journal is stopped: completions of calls answered before, and emergency calls."""

Reopen = Callable[[], Journal]
Send = Callable[[], None]


class Recorder:
    """Keeps the samples of one node in one journal. All methods belong to the event loop; `reopen` runs in the thread."""

    def __init__(
        self,
        journal: Journal,
        now_ms: Callable[[], int],
        tell: Callable[[str], None],
        reopen: Reopen,
        kind: ScpKind = "iscp",
        linger_s: float = LINGER_S,
        *,
        hold: bool = False,
    ) -> None:
        self.journal = journal
        self.form = SampleForm(kind)
        self.stopped = ""
        self.lost = 0
        """Samples that found no room while stopped."""
        self.broker: Callable[[], dict[str, float]] | None = None
        """Asks who publishes the records: `connected`, `waiting`, `published`."""
        self.damaged: list[str] = []
        """Sealed segments whose octets have changed, each with what is wrong."""
        self.left: list[bytes] = []
        """After the end: samples, in order, that the journal did not take."""
        self._now_ms = now_ms
        self._tell = tell
        self._reopen = reopen
        self._linger_s = linger_s
        self._hold = hold
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="records")
        self._waiting: deque[bytes] = deque()
        self._appended: deque[bytes] = deque()
        self._last = journal.durable
        self._held: deque[tuple[int, Send]] = deque()
        self._news = asyncio.Event()
        self._listener: Callable[[], None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False
        self._said: deque[float] = deque(maxlen=6)

    def start(self) -> None:
        """Begin to write; needs a running loop."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(work()) for work in (self._write, self._look_after, self._read_sealed)
        ]

    def on_durable(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever more records are durable; it takes the place of the one before."""
        self._listener = listener

    # What the server hands over

    @property
    def holds(self) -> bool:
        """Whether answers wait until their samples are durable."""
        return self._hold

    def take(self, texts: list[str]) -> None:
        """Take the samples of a batch, texts of one line or several, in order; never waits, never raises."""
        for text in texts:
            self._waiting.extend(self.form.lines(text))
        more = len(self._waiting) - MAX_WAITING
        if more > 0:
            self.lost += more
            for _ in range(more):
                self._waiting.pop()
        if texts:
            self._append()

    def take_and_send(self, texts: list[str], send: Send | None) -> None:
        """Take the samples of some messages; their answers go first, or when those samples are durable.

        What was decided while nothing could be stored is not billable, and leaves at once.
        """
        hold = self._hold and not self.stopped
        if send is not None and not hold:
            send()
        self.take(texts)
        if send is not None and hold:
            self.hold(send)

    def hold(self, send: Send) -> None:
        """Do `send` once everything taken so far is durable; never, when the journal fails first."""
        if self._last <= self.journal.durable and not self._waiting:
            send()
        else:
            self._held.append((self._last + len(self._waiting), send))

    @property
    def held(self) -> int:
        """How many answers wait for their samples to be durable."""
        return len(self._held)

    def figures(self) -> dict[str, float]:
        """What an operator watches: whether billable calls are refused, samples not yet durable, answers held, losses."""
        return {
            "stopped": float(bool(self.stopped)),
            "waiting": len(self._waiting) + len(self._appended),
            "held": self.held,
            "lost": self.lost,
            "durable": self.journal.durable,
            "damaged": len(self.damaged),
        }

    def status(self) -> dict[str, object]:
        """What /health says of the records."""
        told: dict[str, object] = {"records": self.stopped or "stored"}
        if self.damaged:
            told["damaged"] = list(self.damaged)
        if self.broker is not None:
            told["broker"] = "connected" if self.broker()["connected"] else "not connected"
        return told

    def broker_lines(self) -> list[str]:
        """The metrics of publishing, when there is a broker."""
        if self.broker is None:
            return []
        figures = self.broker()
        rows = {f'what="{word}"': figures[word] for word in ("connected", "waiting")}
        return [
            *gauge_lines("ain_scp_broker", rows),
            *total_lines("ain_scp_broker_published_total", {"": figures["published"]}),
        ]

    async def run(self, work: Callable[[], Any]) -> Any:
        """Do something with the journal in its own thread; JournalFault as the work raises it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def stop(self, given: int | None = None) -> int:
        """Write everything, let held answers go, seal the journal; how many samples could not be stored, ever.

        The writer is asked to end, never cancelled: a group that was taken and not yet handed to the disk would be lost.
        `given`: the last echo number given to a call; what was reserved after it is given back.
        """
        self._ending = True
        self._news.set()
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not (await self._drained() and await self._closed(given)):
            self.left = [*self._appended, *self._waiting]
            self.journal.abandon()
        self._thread.shutdown()
        return len(self.left) + self.lost + self.form.refused

    async def _closed(self, given: int | None) -> bool:
        """Seal the journal; False when that cannot be done."""
        try:
            if given is not None:
                await self.run(lambda: EchoNumbers.give_back(self.journal, given))
            await self.run(lambda: self.journal.close(self._now_ms()))
        except JournalFault as fault:
            self._tell(f"records: {fault}")
            return False
        return True

    async def _drained(self) -> bool:
        """Write what is left; False when that cannot be done. A failed journal is tried once more."""
        if self.journal.state == "FAILED":
            await self._open_again()
        if self.journal.state != "FAILED":
            self.journal.limits = structs.replace(self.journal.limits, floor_octets=0)  # kept free for this
            self.journal.check_space()
            self._settled()
        while (self._waiting or self._appended) and not self.stopped:
            self._append()
            try:
                await self.run(lambda: self.journal.commit(self._now_ms()))
            except JournalFault as fault:
                self._stop(str(fault))
            self._settled()
        return not self.stopped

    # Writing

    def _append(self) -> None:
        """Move samples from waiting into the journal's next group, as far as it takes them."""
        waiting, journal = self._waiting, self.journal
        try:
            if waiting and not self.stopped:
                taken = journal.append_all(list(waiting))
                self._last = journal.last
                if taken < len(waiting):
                    self._appended.extend(waiting.popleft() for _ in range(taken))
                    self._stop("the disk is slower than the traffic")
                else:
                    self._appended.extend(waiting)
                    waiting.clear()
        except JournalFault as fault:
            self._stop(str(fault))
        if journal.pending * 2 > journal.limits.pending_records:
            self._stop("the disk is slower than the traffic")
        if journal.pending:
            self._news.set()

    async def _write(self) -> None:
        while not self._ending:
            await self._news.wait()
            self._news.clear()
            if self._linger_s:
                await asyncio.sleep(self._linger_s)
            group = self.journal.take() if self.journal.state not in {"FAILED", "CLOSED"} else None
            if group is None:
                continue
            try:
                await self.run(partial(self.journal.write, group, self._now_ms()))
            except JournalFault as fault:
                self._stop(str(fault))
            self._settled()

    def _settled(self) -> None:
        """After a write: what is durable is acknowledged, and what had to wait may proceed."""
        journal = self.journal
        first = self._last - len(self._appended) + 1
        for _ in range(max(journal.durable - first + 1, 0)):
            self._appended.popleft()
        while self._held and self._held[0][0] <= journal.durable:
            self._held.popleft()[1]()
        if journal.state in {"OPEN", "LOW"}:
            if self.stopped:
                self._go_on()
            if self._waiting:
                self._append()
        elif not self.stopped:
            self._stop(journal.alarm)
        if self._listener is not None:
            self._listener()

    # Stopping and going on

    def _stop(self, reason: str) -> None:
        if not self.stopped:
            self._say(f"ALARM records: {reason}; billable calls are refused until records can be stored")
        self.stopped = reason
        if self.journal.state == "FAILED":
            self._held.clear()

    def _go_on(self) -> None:
        if self.journal.pending * 4 > self.journal.limits.pending_records:
            return
        self.stopped = ""
        lost = f", {self.lost} found no room" if self.lost else ""
        self._say(f"records: writing again ({len(self._waiting)} samples were waiting){lost}")

    def _say(self, line: str) -> None:
        """Report a change of state, at most a few in ten seconds: a disk that is only just too slow changes often."""
        now = asyncio.get_running_loop().time()
        if len(self._said) == self._said.maxlen and now - self._said[0] < QUIET_S:
            return
        self._said.append(now)
        self._tell(line)

    async def _look_after(self) -> None:
        """Once a second: rotation by age, space; after a failure, try to open the journal again."""
        warned = ""
        while True:
            await asyncio.sleep(RETRY_S if self.journal.state == "FAILED" else CHECK_S)
            try:
                if self.journal.state == "FAILED":
                    await self._open_again()
                else:
                    await self.run(self._tend)
            except JournalFault as fault:
                self._stop(str(fault))
            if self.journal.state != "FAILED":
                self._settled()
            warning = self.journal.alarm if self.journal.state == "LOW" else ""
            if warning and not warned:
                self._tell(f"records: {warning}")
            warned = warning

    async def _read_sealed(self) -> None:
        """Read every sealed segment once after the start: what changed on the disk is said now, not at the transfer."""
        storage = self.journal.storage
        for segment in list(self.journal.segments):
            found = await asyncio.to_thread(damage_of, storage, segment)
            if found:
                self.damaged.append(found)
                self._tell(
                    f"ALARM records: {found}; put it back from a copy: nothing after it is transferred"
                )
            await asyncio.sleep(READ_S)

    def _tend(self) -> None:
        self.journal.rotate_if_due(self._now_ms())
        self.journal.check_space()

    async def _open_again(self) -> None:
        """Open the journal anew; what the failed one had not made durable goes in again, under the same numbers."""
        failed = self.journal
        await self.run(failed.abandon)
        try:
            journal = await self.run(self._reopen)
        except JournalFault as fault:
            self.stopped = str(fault)
            failed.state = "FAILED"
            return
        missing = self._last - journal.durable
        again = list(self._appended)[len(self._appended) - missing :] if missing > 0 else []
        self._appended.clear()
        self._waiting.extendleft(reversed(again))
        self._last = journal.durable
        self.journal = journal
