"""A model file system for tests: it forgets at a crash what was not synced, and fails the n-th operation on request.

It is meaner than most disks on purpose:
- file data survive a crash only if the file was synced, names only if the directory was;
- after a failed sync the octets stay readable but are never made durable by a later sync of the same file, as Linux
  behaves when it marks pages clean after reporting the error once;
- `crash(keep)` may let a part of the unsynced tail survive, at any length, as torn writes do.

Source: reliability.md section 9 (D2: power-loss model), section 5 (design rule 5).
"""

import errno
from typing import Final, Literal, get_args

import msgspec

Operation = Literal[
    "lock",
    "create",
    "append",
    "sync",
    "read",
    "size",
    "names",
    "rename",
    "remove",
    "sync_directory",
    "free_octets",
]
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)


class PlannedFault(msgspec.Struct, frozen=True):
    """Fail the `nth` operation (from 1) of a kind with `errno`; `short` >= 0 lets an append take that many octets first.

    With `short` and errno 0 the append just reports fewer octets (a short write). `lasting` fails every later one too.
    """

    operation: Operation
    nth: int
    errno: int = errno.EIO
    short: int = -1
    lasting: bool = False


def _error(number: int) -> OSError:
    return OSError(number, errno.errorcode.get(number, str(number)))


class _Inode:
    """A file: what readers see, how much of it would survive, and what a failed sync lost for good."""

    def __init__(self) -> None:
        self.seen = bytearray()
        self.durable = b""
        self.lost: list[tuple[int, int]] = []
        self.synced = 0

    def sync(self) -> None:
        kept = bytearray(self.seen)
        for start, end in self.lost:
            kept[start:end] = bytes(end - start)
        self.durable = bytes(kept)
        self.synced = len(self.seen)

    def lose(self) -> None:
        self.lost.append((self.synced, len(self.seen)))
        self.synced = len(self.seen)


class ModelFile:
    """One open file of the model."""

    def __init__(self, storage: "ModelStorage", inode: _Inode) -> None:
        self._storage = storage
        self._inode = inode

    def append(self, octets: bytes) -> int:
        """Append; a planned fault may take a part, a full disk takes what fits."""
        fault = self._storage.due("append")
        room = self._storage.room(len(octets))
        taken = octets[: room if fault is None else max(fault.short, 0)]
        self._inode.seen += taken
        if fault is not None and fault.errno:
            raise _error(fault.errno)
        if octets and not taken and fault is None:
            raise _error(errno.ENOSPC)
        return len(taken)

    def sync(self) -> None:
        """Make the file's content durable; a failed sync loses the unsynced octets for good."""
        fault = self._storage.due("sync")
        if fault is not None:
            self._inode.lose()
            raise _error(fault.errno)
        self._inode.sync()

    def close(self) -> None:
        """Nothing to release; closing is not syncing."""


class ModelStorage:
    """One directory in memory, with a view that programs see and a view that survives a crash."""

    def __init__(self, capacity: int = 1 << 40) -> None:
        self.capacity = capacity
        self.planned: PlannedFault | None = None
        self.done: dict[Operation, int] = dict.fromkeys(OPERATIONS, 0)
        self.read_only = False
        self._seen: dict[str, _Inode] = {}
        self._durable: dict[str, _Inode] = {}
        self._locked = False

    def plan(self, fault: PlannedFault | None) -> None:
        """Set the fault to come and begin counting operations again."""
        self.planned = fault
        self.done = dict.fromkeys(OPERATIONS, 0)

    def due(self, operation: Operation) -> PlannedFault | None:
        """Count one operation; return the fault when this is the one it is planned for."""
        self.done[operation] += 1
        fault = self.planned
        if fault is None or fault.operation != operation:
            return None
        nth = self.done[operation]
        return fault if nth == fault.nth or (fault.lasting and nth > fault.nth) else None

    def room(self, wanted: int) -> int:
        """How many of `wanted` octets fit on the disk."""
        return max(0, min(wanted, self.capacity - self.used()))

    def used(self) -> int:
        """Octets in all files as seen."""
        return sum(len(inode.seen) for inode in self._seen.values())

    def crash(self, keep: int = 0) -> None:
        """Lose power: only what was synced survives, and of each unsynced tail its first `keep` octets."""
        self._seen = dict(self._durable)
        self._locked = False
        for inode in set(self._seen.values()):
            tail = bytes(inode.seen[inode.synced : inode.synced + keep])
            inode.seen = bytearray(inode.durable + tail)
            inode.durable = bytes(inode.seen)
            inode.synced = len(inode.seen)
            inode.lost = []

    def overwrite(self, name: str, octets: bytes) -> None:
        """Replace a file's content in every view: the medium itself changed."""
        inode = self._seen[name]
        inode.seen = bytearray(octets)
        inode.durable = bytes(octets)
        inode.synced = len(octets)

    def lock(self) -> None:
        """Refuse a second writer."""
        self._fail("lock")
        if self._locked:
            raise _error(errno.EAGAIN)
        self._locked = True

    def unlock(self) -> None:
        """Let the next writer in."""
        self._locked = False

    def create(self, name: str) -> ModelFile:
        """Make a new empty file in the seen view."""
        self._fail("create")
        self._writable()
        inode = _Inode()
        self._seen[name] = inode
        return ModelFile(self, inode)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Read as programs see it."""
        self._fail("read")
        return bytes(self._inode(name).seen[offset : offset + length]) if offset >= 0 else b""

    def size(self, name: str) -> int:
        """Length as programs see it."""
        self._fail("size")
        return len(self._inode(name).seen)

    def names(self) -> list[str]:
        """Names as programs see them."""
        self._fail("names")
        return sorted(self._seen)

    def rename(self, old: str, new: str) -> None:
        """Rename in the seen view."""
        self._fail("rename")
        self._writable()
        self._seen[new] = self._inode(old)
        del self._seen[old]

    def remove(self, name: str) -> None:
        """Remove from the seen view."""
        self._fail("remove")
        self._writable()
        self._inode(name)
        del self._seen[name]

    def sync_directory(self) -> None:
        """Make the names durable; the content of files never synced stays lost at a crash."""
        self._fail("sync_directory")
        self._durable = dict(self._seen)

    def free_octets(self) -> int:
        """Capacity less what files hold."""
        self._fail("free_octets")
        return max(0, self.capacity - self.used())

    def _fail(self, operation: Operation) -> None:
        fault = self.due(operation)
        if fault is not None:
            raise _error(fault.errno)

    def _writable(self) -> None:
        if self.read_only:
            raise _error(errno.EROFS)

    def _inode(self, name: str) -> _Inode:
        inode = self._seen.get(name)
        if inode is None:
            raise _error(errno.ENOENT)
        return inode
