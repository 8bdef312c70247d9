"""Data sets by digest: a copy of the files as they were when seen, checked and compiled, so that nothing changes under a review.

The copies lie in the workspace under their digest; a few compiled ones are kept in memory.

Source: console.md sections 5 and 7.1.
"""

import shutil
import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from ain_scp.dialplan.registry import registered_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.digest import copied, counted_files
from ain_scp.provisioning.loader import load
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import DataSet
from ain_scp.scp.service_logic.program import Program

KEPT: Final = 4


class Opened(msgspec.Struct, frozen=True):
    """One data set as it was when it was copied; without a program it cannot be used, and `problems` says why."""

    digest: str
    directory: Path
    problems: tuple[Problem, ...]
    dataset: DataSet | None
    program: Program | None

    @property
    def errors(self) -> list[Problem]:
        """What keeps it from being used."""
        return [one for one in self.problems if one.severity == "error"]


class Sets:
    """The data set in a directory as it is now, and those kept. Safe to use from several threads."""

    def __init__(self, source: Path, store: Path) -> None:
        self.source = source
        self._store = store
        self._store.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._seen: tuple[object, str] | None = None
        self._lock = Lock()

    def now(self) -> Opened:
        """The data set as it is on disk now; OSError when it cannot be read. Files unchanged by time and size are not read again."""
        with self._lock:
            mark = self._mark()
            if self._seen is None or self._seen[0] != mark:
                self._seen = mark, self._keep()
            return self._open(self._seen[1])

    def kept(self, digest: str) -> Opened | None:
        """The data set of a digest; None when no copy was kept."""
        with self._lock:
            return self._open(digest) if self.place(digest).is_dir() else None

    def place(self, digest: str) -> Path:
        """Where the copy of a digest lies."""
        return self._store / digest

    def _mark(self) -> object:
        return [
            (name, (status := path.stat()).st_mtime_ns, status.st_size, status.st_ino)
            for name, path in counted_files(self.source).items()
        ]

    def _keep(self) -> str:
        """Copy the files under their digest."""
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=self._store))
        try:
            digest = copied(self.source, scratch / "set")
            if not self.place(digest).is_dir():
                (scratch / "set").rename(self.place(digest))
            return digest
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _open(self, digest: str) -> Opened:
        opened = self._opened.get(digest)
        if opened is None:
            opened = self._opened[digest] = _opened(digest, self.place(digest))
            while len(self._opened) > KEPT:
                self._opened.popitem(last=False)
        self._opened.move_to_end(digest)
        return opened


def _opened(digest: str, directory: Path) -> Opened:
    loaded = load(directory)
    problems, program = loaded.problems, None
    if loaded.dataset is not None:
        try:
            program = Program(compile_dataset(loaded.dataset), registered_plans())
        except ProvisioningError as fault:
            problems = (*problems, *fault.problems)
    return Opened(digest, directory, problems, loaded.dataset, program)
