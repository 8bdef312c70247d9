"""What a console holds while it runs: its data set, servers, runs, reviews, sessions and audit journal.

Source: console.md section 5.
"""

import asyncio
import datetime as dt
import errno
import secrets
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Final

from ain_scp.console.audit import Audit
from ain_scp.console.benches import Benches
from ain_scp.console.live import Hub, Scp
from ain_scp.console.resources.calls import Results
from ain_scp.console.resources.records import Places
from ain_scp.console.reviews import Reviews
from ain_scp.console.sessions import Identity, Sessions
from ain_scp.console.sets import Opened, Sets
from ain_scp.console.settings import Limits
from ain_scp.console.sources.commands import Commands
from ain_scp.console.sources.runs import Run, Runs
from ain_scp.console.tokens import Token
from ain_scp.console.uploads import Uploads

MOST_REFUSED: Final = 10
MINUTE_S: Final = 60.0
GIT: Final = "git:"
UPLOAD: Final = "upload:"
FOLDERS: Final = ("audit", "sets", "runs", "reviews", "uploads", "bench")


class Desk:
    """The parts of one console. `tokens` are those of its tokens file, `corpora` named files of query lines."""

    def __init__(
        self,
        dataset: Path,
        workspace: Path,
        scps: Sequence[Scp],
        *,
        tokens: tuple[Token, ...] = (),
        corpora: Sequence[tuple[str, Path]] = (),
        approvals: int = 1,
        places: Places | None = None,
        limits: Limits | None = None,
    ) -> None:
        """OSError or JournalFault when the workspace cannot be used."""
        workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_links(workspace)
        self.dataset = dataset
        self.tokens = tokens
        self.corpora = list(corpora)
        self.sessions = Sessions(time.monotonic, secrets.token_bytes)
        self.audit = Audit(workspace / "audit", _now_ms, stamp, secrets.token_bytes(16))
        self.sets = Sets(dataset, workspace / "sets")
        limits = limits or Limits()
        self.runs = Runs(workspace / "runs", stamp, limits.keep_runs)
        self.results = Results()
        self.commands = Commands(limits.jobs)
        self.uploads = Uploads(
            workspace / "uploads", stamp, limits.upload_mib << 20, limits.uploads_mib << 20
        )
        self.benches = Benches(workspace / "bench", stamp)
        self._tasks: set[asyncio.Task[None]] = set()
        self._refused: deque[float] = deque()
        self._left_out = 0
        self.places = places or Places()
        self.reviews = Reviews(workspace / "reviews", stamp, approvals)
        self.hub = Hub(scps, self.runs.latest, stamp, limits.viewers)
        self.first = self.sets.now().digest
        """The digest at the start: what is in use where no server says otherwise."""

    def use(self, tokens: tuple[Token, ...]) -> None:
        """Other tokens from now on; who came in by one that is gone, or says something else now, is logged out."""
        self.tokens = tokens
        known = [token.identity() for token in tokens]
        self.sessions.keep(lambda who: who.role == "owner" or who in known)

    def note(self, who: Identity, what: str, about: str = "", result: str = "done") -> None:
        """Write to the audit journal before the thing is done; JournalFault when that is impossible."""
        self.audit.note(who.name, who.role, what, about, result)

    def note_refused(self) -> bool:
        """Write a refused login to the audit journal; False, and nothing written, beyond `MOST_REFUSED` in a minute.

        So the disk cannot be filled from outside; how many were left out is written with the next that is not.
        """
        now = time.monotonic()
        while self._refused and now - self._refused[0] > MINUTE_S:
            self._refused.popleft()
        if len(self._refused) >= MOST_REFUSED:
            self._left_out += 1
            return False
        self._refused.append(now)
        about = f"{self._left_out} more were refused before" if self._left_out else ""
        self._left_out = 0
        self.audit.note("nobody", "none", "login", about, "refused")
        return True

    def served(self) -> str:
        """The digest that the servers use: the first one's that says so, else the one at the start."""
        last = self.hub.last
        told = [one.digest for one in last.scp if one.digest] if last is not None else []
        return told[0] if told else self.first

    def opened(self, which: str) -> Opened | None:
        """A data set by digest, `served`, `working`, `git:REVISION` or `upload:SHA256`; None when no copy was kept. OSError when it cannot be read."""
        if which in ("", "working"):
            return self.sets.now()
        if which.startswith(GIT):
            return self.sets.revision(which.removeprefix(GIT))
        if which.startswith(UPLOAD):
            return self.sets.archive(
                self.uploads.path(self.uploads.find(which.removeprefix(UPLOAD), "dataset"))
            )
        return self.sets.kept(self.served() if which == "served" else which) if _is_name(which) else None

    def run(self, name: str) -> Run | None:
        """A run by its id; empty: the latest."""
        return self.runs.runs.get(name) if name else self.runs.latest()

    def scenarios(self) -> dict[str, Path]:
        """The scenarios beside the tables, by name."""
        return {path.stem: path for path in sorted(self.dataset.glob("scenario*.toml"))}

    def asked_calls(self) -> list[tuple[str, Path]]:
        """Every corpus: named files, uploads, and what the runs asked."""
        runs = [(f"run {run.info.id}", run.folder / "queries.jsonl") for run in self.runs.runs.values()]
        brought = [
            (f"{one.label} ({one.sha[:8]})", self.uploads.path(one)) for one in self.uploads.of_kind("calls")
        ]
        return [
            *self.corpora,
            *brought,
            *((name, path) for name, path in runs if path.is_file() and path.stat().st_size),
        ]

    def task(self, work: Coroutine[None, None, None]) -> None:
        """Let work go on beside the answers."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.runs.close()
        for tapped in self.hub.tapped.values():
            tapped.close()
        await self.reviews.close()
        self.audit.close()
        self.uploads.close()


def _refuse_links(workspace: Path) -> None:
    """OSError when a folder of a workspace is a link: what is kept there would be written somewhere else."""
    for name in FOLDERS:
        if (workspace / name).is_symlink():
            raise OSError(errno.ELOOP, "is a link; a workspace has folders of its own", str(workspace / name))


def _is_name(text: str) -> bool:
    return text == "served" or (len(text) == 64 and set(text) <= set("0123456789abcdef"))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def stamp() -> str:
    """The time in UTC as ISO 8601."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
