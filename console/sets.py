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

from ain_scp.console.sources.archive import unpack_apart
from ain_scp.console.sources.git import commit_of, extract
from ain_scp.dialplan.registry import registered_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.digest import copied, counted_files
from ain_scp.provisioning.image import ImageFault, map_image, save_image
from ain_scp.provisioning.loader import load
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.service_logic.program import Program

KEPT: Final = 4
LARGE: Final = 16 << 20
"""Octets from which a data set is kept as an image, too: to map it takes less than a second, whatever its size."""


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
        self._commits: dict[str, str] = {}
        self._lock = Lock()

    def now(self) -> Opened:
        """The data set as it is on disk now; OSError when it cannot be read. Files unchanged by time and size are not read again."""
        with self._lock:
            mark = self._mark()
            if self._seen is None or self._seen[0] != mark:
                self._seen = mark, self._keep(self.source)
            return self._open(self._seen[1])

    def kept(self, digest: str) -> Opened | None:
        """The data set of a digest; None when no copy was kept."""
        with self._lock:
            return self._open(digest) if self.place(digest).is_dir() else None

    def revision(self, name: str) -> Opened:
        """The data set as it was at a revision of its git work tree; PageFault when there is no such one."""
        commit = commit_of(self.source, name)
        with self._lock:
            if commit not in self._commits or not self.place(self._commits[commit]).is_dir():
                with tempfile.TemporaryDirectory(prefix=".git-", dir=self._store) as scratch:
                    extract(self.source, commit, Path(scratch))
                    self._commits[commit] = self._keep(Path(scratch))
            return self._open(self._commits[commit])

    def archive(self, path: Path) -> Opened:
        """The data set of a tar file; PageFault when it holds none that may be unpacked."""
        with self._lock:
            with tempfile.TemporaryDirectory(prefix=".tar-", dir=self._store) as scratch:
                unpack_apart(path, Path(scratch))
                digest = self._keep(Path(scratch))
            return self._open(digest)

    def place(self, digest: str) -> Path:
        """Where the copy of a digest lies."""
        return self._store / digest

    def _mark(self) -> object:
        return [
            (name, (status := path.stat()).st_mtime_ns, status.st_size, status.st_ino)
            for name, path in counted_files(self.source).items()
        ]

    def _keep(self, source: Path) -> str:
        """Copy the files of a folder under their digest."""
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=self._store))
        try:
            digest = copied(source, scratch / "set")
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
    """Read, check and compile; a large data set that was once is mapped from the image that was left beside it."""
    known = _mapped(digest, directory)
    if known is not None:
        return known
    loaded = load(directory)
    problems, program = loaded.problems, None
    if loaded.dataset is not None:
        try:
            program = Program(_compiled(directory, loaded.dataset, problems), registered_plans())
        except ProvisioningError as fault:
            problems = (*problems, *fault.problems)
    return Opened(digest, directory, problems, loaded.dataset, program)


def _compiled(directory: Path, dataset: DataSet, problems: tuple[Problem, ...]) -> Snapshot:
    """The tables; of a large data set an image and what the check said are left for the next time."""
    if sum(path.stat().st_size for path in counted_files(directory).values()) < LARGE:
        return compile_dataset(dataset)
    image, note = _beside(directory)
    try:
        note.write_bytes(msgspec.json.encode(problems))
        return save_image(dataset, image)
    except OSError:  # no room for it: it is compiled again the next time
        return compile_dataset(dataset)


def _mapped(digest: str, directory: Path) -> Opened | None:
    image, note = _beside(directory)
    try:
        problems = msgspec.json.decode(note.read_bytes(), type=tuple[Problem, ...])
        snapshot = map_image(image)
        return Opened(digest, directory, problems, snapshot.dataset, Program(snapshot, registered_plans()))
    except (OSError, ImageFault, ProvisioningError, msgspec.DecodeError, RecursionError):
        return None


def _beside(directory: Path) -> tuple[Path, Path]:
    return directory.with_name(f"{directory.name}.image"), directory.with_name(f"{directory.name}.problems")
