"""Traffic runs: `ain run` as a child with limits, its frames and messages as they come, its result when it has ended.

A run keeps its folder: result.json, queries.jsonl (for reviews), frames.jsonl. Of a run in progress the messages of the last
`MOST_CALLS` calls are kept in memory; what the child did not manage to write is counted by it.

Source: console.md sections 5 and 6.
"""

import asyncio
import contextlib
import ctypes
import os
import resource
import secrets
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

MOST_CALLS: Final = 2000
MOST_MESSAGES: Final = 400
MOST_RUNS: Final = 50
MEMORY: Final = 4 << 30
UPLOAD_MEMORY: Final = 1 << 30
UPLOAD_CPU_S: Final = 60
UPLOAD_FILE: Final = 1 << 30
UPLOAD_BOUNDS: Final = f"{UPLOAD_MEMORY >> 20} MiB of memory and {UPLOAD_CPU_S} s of processor time"
_LINE: Final = 1 << 20
_STATES: Final = {
    "Digits": "dialing", "InfoAnalyzed": "asking", "InfoCollected": "asking", "TerminationAttempt": "asking",
    "AnalyzeRoute": "routing", "ForwardCall": "routing", "IAM": "routing", "MF digits": "routing", "Ringing": "ringing",
    "ACM": "ringing", "Answer": "talking", "ANM": "talking", "Connected": "talking", "OnHook": "over", "REL": "over",
    "Disconnect": "over", "RLC": "over", "ReleaseGuard": "over", "Released": "over", "TerminationNotification": "over",
    "Announcement": "announcement", "SendToResource": "announcement", "BusyTone": "busy", "Busy": "busy",
}  # fmt: skip
"""What a call is doing after a message of this name."""


class RunInfo(msgspec.Struct):
    """One run: what was asked for, and how it stands. `state`: running, done, failed, stopped."""

    id: str
    title: str
    scenario: str
    speed: str
    seed: int | None
    by: str
    began: str
    state: str = "running"
    why: str = ""
    paused: bool = False
    calls: int = 0
    passed: int | None = None
    failed: int | None = None


class LiveCall(msgspec.Struct):
    """A call of a run in progress, as far as its messages say."""

    id: str
    calling: str = ""
    dialed: str = ""
    state: str = "dialing"
    placed: int = 0
    messages: list[dict[str, Any]] = []


class Run:
    """One run and its child."""

    def __init__(self, info: RunInfo, folder: Path) -> None:
        self.info = info
        self.folder = folder
        self.frame: dict[str, Any] | None = None
        self.about: dict[str, Any] = {}
        self.calls: OrderedDict[str, LiveCall] = OrderedDict()
        self.links: dict[tuple[str, str], str] = {}
        """Every link that carried a message: signalling or trunk."""
        self.child: asyncio.subprocess.Process | None = None
        self.task: asyncio.Task[None] | None = None

    def take(self, line: bytes) -> None:
        """One line of the child; what is no JSON is left out."""
        try:
            said = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            return
        if "frame" in said:
            self.frame = said["frame"]
            self.info.calls = said["frame"].get("seen", 0)
        elif "message" in said:
            self._message(said["message"])
        elif "run" in said:
            self.about = said["run"]

    def _message(self, message: dict[str, Any]) -> None:
        ends = message["source"], message["destination"]
        if message["protocol"] != "LINE" and all(ends) and not any(one.isdecimal() for one in ends):
            kind = "sig" if message["protocol"] in ("AIN", "SCCP", "M3UA") else "trunk"
            link = (ends[0], ends[1]) if ends[0] <= ends[1] else (ends[1], ends[0])
            self.links.setdefault(link, kind)
        name = message["call"]
        if not name:  # of no call: management of the network
            return
        call = self.calls.get(name)
        if call is None:
            call = self.calls[name] = LiveCall(name, calling=ends[0], placed=message["at"], messages=[])
            while len(self.calls) > MOST_CALLS:
                self.calls.popitem(last=False)
        if message["name"] == "Digits" or (message["name"] == "InsidePBX" and not call.dialed):
            digits = "".join(
                value for key, value in message.get("fields", ()) if key in ("digits", "access code")
            )
            call.dialed = f"{call.dialed} {digits}".strip()
        call.state = _STATES.get(message["name"].partition("+")[0], call.state)
        if len(call.messages) < MOST_MESSAGES:
            call.messages.append(message)


class Runs:
    """The runs of a workspace; `stamp` is the time as text."""

    def __init__(self, folder: Path, stamp: Callable[[], str], most: int = MOST_RUNS) -> None:
        self._most = most
        self._folder = folder
        self._stamp = stamp
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.runs: OrderedDict[str, Run] = OrderedDict()
        for place in sorted(folder.iterdir()):
            with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError):
                info = msgspec.json.decode((place / "run.json").read_bytes(), type=RunInfo)
                if info.state == "running":  # its console ended before it
                    info.state, info.why = "failed", "the console ended before the run"
                self.runs[info.id] = Run(info, place)

    def latest(self) -> Run | None:
        """The run that began last."""
        return next(reversed(self.runs.values()), None)

    async def start(self, scenario: Path, speed: str, seed: int | None, by: str) -> Run:
        """Start a run; OSError when the child cannot be started."""
        number = max((int(name.partition("-")[0]) for name in self.runs), default=0) + 1
        identity = f"{number:06d}-{secrets.token_hex(3)}"
        folder = self._folder / identity
        folder.mkdir(mode=0o700)
        info = RunInfo(identity, scenario.stem, str(scenario), speed, seed, by, self._stamp())
        run = self.runs[identity] = Run(info, folder)
        while len(self.runs) > self._most:
            self._forget(next(iter(self.runs)))
        reader, writer = os.pipe()
        words = ["run", str(scenario), "--live", str(writer), "--speed", speed, "--json"]
        words += ["--queries-out", str(folder / "queries.jsonl")] + (
            [] if seed is None else ["--seed", str(seed)]
        )
        try:
            with (folder / "result.json").open("wb") as result, (folder / "errors.txt").open("wb") as errors:
                run.child = await asyncio.create_subprocess_exec(
                    *child(*words), stdin=asyncio.subprocess.PIPE, stdout=result, stderr=errors, pass_fds=(writer,),
                    preexec_fn=limit,
                )  # fmt: skip
        finally:
            os.close(writer)
        self._keep(run)
        run.task = asyncio.get_running_loop().create_task(self._follow(run, reader))
        return run

    def pace(self, run: Run, *, paused: bool | None = None, speed: str | None = None) -> None:
        """Let a run that goes on wait or go on, or go at another speed."""
        pipe = run.child.stdin if run.child is not None else None
        if pipe is None or run.info.state != "running" or pipe.is_closing():
            return
        order = ({} if paused is None else {"pause": paused}) | ({} if speed is None else {"speed": speed})
        pipe.write(msgspec.json.encode(order) + b"\n")
        run.info.paused = run.info.paused if paused is None else paused
        run.info.speed = speed or run.info.speed

    def stop(self, run: Run) -> None:
        """End a run in progress."""
        if run.child is not None and run.child.returncode is None:
            run.info.why = "stopped"
            run.child.terminate()

    async def close(self) -> None:
        """End every child."""
        for run in self.runs.values():
            self.stop(run)
        tasks = [run.task for run in self.runs.values() if run.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, run: Run, descriptor: int) -> None:
        stream = asyncio.StreamReader(limit=_LINE)
        pipe = os.fdopen(descriptor, "rb")
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
        try:
            with contextlib.suppress(ValueError):  # a line that is too long ends the watching, not the run
                while line := await stream.readline():
                    run.take(line)
            status = await run.child.wait() if run.child is not None else -1
            self._ended(run, status)
        finally:
            transport.close()

    def _ended(self, run: Run, status: int) -> None:
        info = run.info
        info.paused = False
        info.state = "stopped" if info.why == "stopped" else "done" if status in (0, 1) else "failed"
        if info.state == "failed":
            text = (run.folder / "errors.txt").read_text("utf-8", "replace").strip()
            info.why = (text.splitlines() or [f"exit {status}"])[-1][:400]
        with contextlib.suppress(OSError, msgspec.DecodeError, KeyError):
            summary = msgspec.json.decode((run.folder / "result.json").read_bytes())["summary"]
            info.calls, info.passed, info.failed = summary["calls"], summary["ok"], summary["failed"]
        self._keep(run)

    def _keep(self, run: Run) -> None:
        (run.folder / "run.json").write_bytes(msgspec.json.encode(run.info))

    def _forget(self, name: str) -> None:
        run = self.runs.pop(name)
        self.stop(run)
        for file in run.folder.glob("*"):
            file.unlink()
        run.folder.rmdir()


def child(*words: str) -> list[str]:
    """The command line of `ain` as a child."""
    return [sys.executable, "-m", "ain_scp", *words]


_LIBC: Final = ctypes.CDLL(None)
_PARENT_DIED: Final = 1  # PR_SET_PDEATHSIG


def with_us() -> None:
    """Let a child end when this process does, however it ends; called in the child before it begins."""
    _LIBC.prctl(_PARENT_DIED, signal.SIGTERM)


def limit() -> None:
    """The bounds of a child, set before it begins."""
    with_us()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_upload() -> None:
    """The bounds of a child that reads what a client sent, set before it begins."""
    with_us()
    for which, most in (
        (resource.RLIMIT_AS, UPLOAD_MEMORY), (resource.RLIMIT_CPU, UPLOAD_CPU_S), (resource.RLIMIT_FSIZE, UPLOAD_FILE),
        (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(which, (most, most))
