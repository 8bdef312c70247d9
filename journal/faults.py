"""What can go wrong with a journal, and the one name each of these things has.

A fault carries its cause as a word, so that an alarm, a counter and a test say the same thing.

Source: reliability.md section 5 (design rules 5 and 6), D2-D4.
"""

import errno
from typing import Final, Literal

Cause = Literal[
    "DISK_FULL",
    "DISK_LOW",
    "SYNC_FAILED",
    "READ_ONLY",
    "IO_ERROR",
    "SHORT_WRITE",
    "LOCKED",
    "CORRUPT",
    "CLOSED",
    "UNREACHABLE",
]

_CAUSE_OF_ERRNO: Final[dict[int, Cause]] = {
    errno.ENOSPC: "DISK_FULL",
    errno.EDQUOT: "DISK_FULL",
    errno.EFBIG: "DISK_FULL",
    errno.EROFS: "READ_ONLY",
    errno.EACCES: "READ_ONLY",
    errno.EPERM: "READ_ONLY",
    errno.EAGAIN: "LOCKED",
}


class JournalFault(Exception):
    """The journal does not accept (more) records; nothing acknowledged is lost.

    `cause` is one of `Cause`, `reason` one sentence for the alarm. After any cause but DISK_LOW the journal object is
    dead: open it again once the cause is gone. DISK_LOW ends by itself when there is space again.
    """

    def __init__(self, cause: Cause, reason: str) -> None:
        super().__init__(cause, reason)
        self.cause: Cause = cause
        self.reason = reason

    def __str__(self) -> str:
        return f"journal {self.cause}: {self.reason}"


class JournalBusy(Exception):
    """More records are waiting for a commit than the limits allow: commit, then append again."""


def fault_of(error: OSError, doing: str) -> JournalFault:
    """Name the fault of an operating system error met while `doing` something."""
    cause = _CAUSE_OF_ERRNO.get(error.errno or 0, "IO_ERROR")
    why = "in use by another process" if cause == "LOCKED" else error.strerror or error
    return JournalFault(cause, f"{doing}: {why}")


def sync_fault(error: OSError, doing: str) -> JournalFault:
    """Name a failed fsync: always SYNC_FAILED, whatever the errno, because no later fsync can make it good.

    The kernel may mark the pages clean after reporting the error once, so a retry could claim success for octets
    that never reached the disk. Source: reliability.md section 5, design rule 5.
    """
    return JournalFault("SYNC_FAILED", f"{doing}: {error.strerror or error}")
