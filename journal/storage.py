"""What a journal asks of a file system; the caller that opens the journal passes an implementation in.

The real one is `ain_scp.journal.disk.DiskStorage`; tests pass a model that loses at a crash what was not synced, and fails the n-th
operation of a kind on request. Every operation may raise OSError.

Source: reliability.md section 9 (D2: faults injected at the n-th operation).
"""

from typing import Protocol


class StorageFile(Protocol):
    """One file open for appending."""

    def append(self, octets: bytes) -> int:
        """Write at the end; return how many octets were taken, which may be fewer than offered."""

    def sync(self) -> None:
        """Make everything appended so far survive a loss of power."""

    def close(self) -> None:
        """Release the file; says nothing about durability."""


class Storage(Protocol):
    """One flat directory of files."""

    def lock(self) -> None:
        """Keep a second writer out (OSError EAGAIN when there is one)."""

    def unlock(self) -> None:
        """Let the next writer in."""

    def create(self, name: str) -> StorageFile:
        """Open a new, empty file for appending; an older file of that name is replaced."""

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Return up to `length` octets from `offset`; fewer only at the end of the file."""

    def size(self, name: str) -> int:
        """Octets in the file."""

    def names(self) -> list[str]:
        """All file names, sorted."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, replacing whatever had it, in one step."""

    def remove(self, name: str) -> None:
        """Delete a file."""

    def sync_directory(self) -> None:
        """Make creations, renames and removals survive a loss of power."""

    def free_octets(self) -> int:
        """Space still available to this writer."""


def write_whole(file: StorageFile, octets: bytes) -> None:
    """Append all of `octets`, going on after a short write; a write that takes nothing is an error.

    A device that keeps taking fewer octets than offered is not distinguishable from a slow one; a device that takes
    none is full or broken, so that ends in OSError instead of a loop without end.
    """
    taken = file.append(octets)
    while taken < len(octets):
        more = file.append(octets[taken:])
        if more <= 0:
            raise OSError(0, f"device took {taken} of {len(octets)} octets and then none")
        taken += more


def replace_file(storage: Storage, name: str, octets: bytes) -> None:
    """Put `octets` under `name` so that after a crash either the old or the new content is there, whole."""
    draft = name + ".new"
    file = storage.create(draft)
    try:
        write_whole(file, octets)
        file.sync()
    finally:
        file.close()
    storage.rename(draft, name)
    storage.sync_directory()
