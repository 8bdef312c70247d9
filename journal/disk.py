"""The real file system: the one module of this room that touches the operating system.

Files are opened with O_APPEND, synced with fsync, directories too (unless a directory is opened unsynced); a lock file keeps a second writer out (flock, released by
the kernel when the process dies, however it dies). Not for network file systems, whose fsync and flock promise less.

Source: libraries.md section 6a ("fsync also the directory after create/rename").
"""

import fcntl
import os
from pathlib import Path
from typing import Final

_LOCK: Final = "lock"


class DiskFile:
    """A file descriptor open for appending."""

    def __init__(self, descriptor: int, *, synced: bool = True) -> None:
        self._descriptor = descriptor
        self._synced = synced

    def append(self, octets: bytes) -> int:
        """Write at the end of the file; may take fewer octets than offered."""
        return os.write(self._descriptor, octets)

    def sync(self) -> None:
        """Make the file's data and length durable; what is written unsynced survives the process, not the machine."""
        if self._synced:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the descriptor; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class DiskStorage:
    """One directory, created when absent (its parent must exist); mode 0700, because records name who called whom."""

    def __init__(self, directory: Path | str, *, synced: bool = True) -> None:
        """Without `synced` nothing is waited for: what is written survives SIGKILL, not a loss of power."""
        self.directory = Path(directory)
        self._synced = synced
        self._lock = -1

    def lock(self) -> None:
        """Create the directory if need be and take the writer's lock; BlockingIOError (EAGAIN) when it is held."""
        if not self.directory.is_dir():
            self.directory.mkdir(mode=0o700)
            _sync_directory(self.directory.parent)
        descriptor = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        self._lock = descriptor

    def unlock(self) -> None:
        """Release the writer's lock; a second call does nothing."""
        descriptor, self._lock = self._lock, -1
        if descriptor >= 0:
            os.close(descriptor)

    def create(self, name: str) -> DiskFile:
        """Open a new empty file; refuses to follow a symbolic link."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        return DiskFile(os.open(self.directory / name, flags, 0o600), synced=self._synced)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read up to `length` octets from `offset`; a negative offset reads nothing."""
        if offset < 0:
            return b""
        with (self.directory / name).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def size(self, name: str) -> int:
        """Length of the file in octets."""
        return (self.directory / name).stat().st_size

    def names(self) -> list[str]:
        """Names of the files in the directory, sorted; [] when there is no directory."""
        if not self.directory.is_dir():
            return []
        return sorted(
            entry.name for entry in os.scandir(self.directory) if entry.is_file(follow_symlinks=False)
        )

    def rename(self, old: str, new: str) -> None:
        """Rename within the directory, replacing the target."""
        (self.directory / old).replace(self.directory / new)

    def remove(self, name: str) -> None:
        """Delete one file."""
        (self.directory / name).unlink()

    def sync_directory(self) -> None:
        """Make names durable."""
        _sync_directory(self.directory)

    def free_octets(self) -> int:
        """Space an unprivileged writer may still use."""
        status = os.statvfs(self.directory)
        return status.f_bavail * status.f_frsize


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
