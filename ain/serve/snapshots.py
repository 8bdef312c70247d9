"""Snapshots of a serving ledger: made by a process of its own that follows it, and removal of the segments they cover.

The serving process does nothing for a snapshot, so it never pauses for one. The child ends when its parent has; one that ended
by itself is started again after a while.

Source: charging.md 4.3 (Snapshots).
"""

import subprocess
import sys
import time
from typing import Final

from ain_scp.ain.account.place import Place
from ain_scp.ain.serve.records import tell
from ain_scp.billing.ledger.snapshot import is_whole, sequence_of, snapshots
from ain_scp.journal.storage import Storage
from ain_scp.journal.writer import Journal

AGAIN_S: Final = 60.0
"""How long after the start of a child that ended by itself the next one begins."""
CONSUMER: Final = "snapshot"


class SnapshotChild:
    """The process that follows a ledger; nothing when `every_s` is None. Its methods never wait for it."""

    def __init__(self, ledger: Place, every_s: float | None, more: tuple[str, ...] = ()) -> None:
        """`more`: options besides."""
        self._ledger = ledger
        self._more = more
        self._every_s = every_s
        self._child: subprocess.Popen[bytes] | None = None
        self._begun = -AGAIN_S

    def tend(self) -> None:
        """Start the child, or start it again; one line when it had ended."""
        if self._every_s is None or time.monotonic() < self._begun + AGAIN_S:
            return
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return
            tell(f"ledger: the follower that writes snapshots ended with {code}; starting it again")
        self._begun = time.monotonic()
        words = (
            "account",
            "follow",
            str(self._ledger),
            "--every",
            str(self._every_s),
            "--with-parent",
            *self._more,
        )
        self._child = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "ain_scp.ain", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )

    def stop(self) -> None:
        """End the child; what it has not written the next one will."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()


def retire(journal: Journal, kept: Storage, before_ms: int) -> list[str]:
    """Remove segments that the older of two whole snapshots covers and that were sealed before `before_ms`; their names."""
    names = snapshots(kept)
    oldest = journal.segments[0] if len(journal.segments) > 1 else None
    if len(names) < 2 or oldest is None or journal.state not in ("OPEN", "LOW"):
        return []
    behind = sequence_of(names[1])
    if oldest.last > behind or oldest.sealed_ms >= before_ms or not all(is_whole(kept, one) for one in names):
        return []
    if journal.position(CONSUMER) < behind <= journal.durable:
        journal.acknowledge(CONSUMER, behind)
    return journal.retire(before_ms)
