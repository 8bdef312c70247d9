"""Frames: once a second the figures of every SCP and of the current run, made once and given to every viewer.

A viewer has a mailbox of one frame: who is slow skips frames and still sees whole ones; who takes nothing for ten seconds is
let go. The last 15 minutes are kept for who comes later.

Source: console.md section 6.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.sources.metrics import MetricsFault, Sampled, ScpFrame, Watched, fetch, parse
from ain_scp.console.sources.runs import Run
from ain_scp.console.sources.tap import SeenRow, Tapped
from ain_scp.figures.topology import BOX_H, BOX_W, Layout, lay_out
from ain_scp.ssp_sim.ladder import is_transit

KEPT: Final = 900
MOST_VIEWERS: Final = 200
PATIENCE_S: Final = 10.0
MOST_CALLS: Final = 200
MOST_SEEN: Final = 20


class Scp(msgspec.Struct, frozen=True):
    """One SCP to watch: where its metrics are, and its control socket, tap and own port if they are known."""

    name: str
    host: str
    port: int
    control: str | None = None
    tap: str | None = None
    udp: str | None = None


class Picture(msgspec.Struct, frozen=True):
    """The topology: spots with kinds, ways with `sig` or `trunk`."""

    width: int
    height: int
    box: tuple[int, int]
    spots: list[tuple[str, str, int, int]]
    ways: list[tuple[str, str, str, str, float, float]]


class RunFrame(msgspec.Struct, frozen=True):
    """The run in a frame; `links` are messages and lost since the frame before."""

    id: str
    title: str
    state: str
    speed: str
    at: str
    in_progress: int
    seen: int
    statuses: dict[str, int]
    links: list[list[Any]]
    groups: list[list[Any]]
    calls: list[tuple[str, str, str, str, int]]
    left_out: int


class Frame(msgspec.Struct, frozen=True):
    """One frame. `seen` are the latest exchanges from the taps; a frame of the history has none."""

    seq: int
    at: str
    scp: list[ScpFrame]
    run: RunFrame | None
    topology: Picture | None
    viewers: int
    seen: tuple[SeenRow, ...] = ()


class Hub:
    """Makes frames and gives them out. `latest` is the run to show, `stamp` the time as text."""

    def __init__(
        self,
        scps: Sequence[Scp],
        latest: Callable[[], Run | None],
        stamp: Callable[[], str],
        most: int = MOST_VIEWERS,
    ) -> None:
        self.scps = list(scps)
        self._watched = {scp.name: Watched(scp.name) for scp in scps}
        self.tapped = {scp.name: Tapped(scp.name, Path(scp.tap)) for scp in scps if scp.tap is not None}
        self._sampled: dict[str, tuple[Sampled, Mapping[str, int]]] = {}
        self._latest, self._stamp, self._most = latest, stamp, most
        self._boxes: set[asyncio.Queue[bytes]] = set()
        self._seq = 0
        self._picture: tuple[object, Picture | None] = (None, None)
        self.history: deque[bytes] = deque(maxlen=KEPT)
        self.last: Frame | None = None
        self.skipped = 0
        self.let_go = 0

    async def work(self) -> None:
        """Make a frame each second, for ever."""
        while True:
            began = time.monotonic()
            await self.look()
            await asyncio.sleep(max(1.0 - (time.monotonic() - began), 0.05))

    async def look(self) -> None:
        """Read every SCP's figures and make a frame."""
        await asyncio.gather(*(self._look(scp) for scp in self.scps))
        self.make()

    async def _look(self, scp: Scp) -> None:
        try:
            self._watched[scp.name].take(parse(await fetch(scp.host, scp.port)), time.monotonic())
        except MetricsFault as fault:
            if "refused" in str(fault):
                self._watched[scp.name].gone()
        if scp.name in self.tapped:
            self._sampled[scp.name] = await asyncio.to_thread(self.tapped[scp.name].look)

    def make(self) -> Frame:
        """Make a frame of what is known, and put it into every mailbox."""
        self._seq += 1
        run = self._latest()
        now = time.monotonic()
        frame = Frame(
            self._seq, self._stamp(), [self._frame(scp.name, now) for scp in self.scps],
            None if run is None else _of_run(run), None if run is None else self._topology(run), len(self._boxes),
        )  # fmt: skip
        self.history.append(msgspec.json.encode(frame))
        self.last = frame = msgspec.structs.replace(frame, seen=self._seen())
        octets = msgspec.json.encode(frame)
        for box in self._boxes:
            if box.full():
                box.get_nowait()
                self.skipped += 1
            box.put_nowait(octets)
        return frame

    def _frame(self, name: str, now: float) -> ScpFrame:
        """One SCP's figures; what was decided comes from its tap where it has no counters of it."""
        frame = self._watched[name].frame(now)
        sampled, outcomes = self._sampled.get(name, (None, {}))
        if sampled is None or frame.state != "serving":
            return frame
        if frame.decisions is None and sampled.taken and frame.rate:
            shares = {word: round(frame.rate * many / sampled.taken, 2) for word, many in outcomes.items()}
            return msgspec.structs.replace(frame, sampled=sampled, decisions=shares, shares=True)
        return msgspec.structs.replace(frame, sampled=sampled)

    def _seen(self) -> tuple[SeenRow, ...]:
        rows = [row for tapped in self.tapped.values() for row in tapped.rows()[:MOST_SEEN]]
        return tuple(sorted(rows, key=lambda row: row.at, reverse=True)[:MOST_SEEN])

    def _topology(self, run: Run) -> Picture | None:
        """The picture of the links that carried anything; drawn anew when there is another one."""
        key = run.info.id, len(run.links)
        if self._picture[0] != key:
            self._picture = key, picture(run) if run.links else None
        return self._picture[1]

    def full(self) -> bool:
        """Whether no more viewers are taken."""
        return len(self._boxes) >= self._most

    async def watch(self) -> AsyncGenerator[bytes, None]:
        """Frames for one viewer as server-sent events."""
        box: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._boxes.add(box)
        try:
            yield b"retry: 2000\n\n"
            if self.history:
                yield b"event: frame\ndata: " + self.history[-1] + b"\n\n"
            while True:
                yield b"event: frame\ndata: " + await box.get() + b"\n\n"
        finally:
            self._boxes.discard(box)


def picture(run: Run) -> Picture:
    """The network of a run laid out: SCP, STPs, switches that query, beyond."""
    kinds = run.about.get("kinds", {})
    queries = {
        one
        for link, kind in run.links.items()
        if kind == "sig"
        for one in link
        if not is_transit(one) and kinds.get(one) != "SCP"
    }
    rows: list[list[str]] = [[], [], [], []]
    for name in sorted({one for link in run.links for one in link}):
        transit = is_transit(name) or kinds.get(name) == "STP"
        rows[0 if kinds.get(name) == "SCP" else 1 if transit else 2 if name in queries else 3].append(name)
    laid: Layout = lay_out(rows, run.links)
    return Picture(
        laid.width, laid.height, (BOX_W, BOX_H), [(one.name, kinds.get(one.name, ""), one.x, one.y) for one in laid.spots],
        [(one.one, one.other, run.links[one.one, one.other], one.path, one.label_x, one.label_y) for one in laid.ways],
    )  # fmt: skip


def _of_run(run: Run) -> RunFrame:
    frame, info = run.frame or {}, run.info
    calls = [
        (one.id, one.calling, one.dialed, one.state, len(one.messages))
        for one in reversed(run.calls.values())
    ][:MOST_CALLS]
    running = info.state == "running"
    return RunFrame(
        info.id, str(run.about.get("title") or info.title), info.state, info.speed, frame.get("at", ""),
        frame.get("in_progress", 0) if running else 0, frame.get("seen", info.calls), frame.get("statuses", {}),
        frame.get("links", []) if running else [], frame.get("groups", []), calls, frame.get("left_out", 0),
    )  # fmt: skip
