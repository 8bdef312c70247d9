"""What can be seen of a collector: a file beside its store, written by each turn, read while the collector has the store.

Source: C-015, C-016.
"""

from pathlib import Path
from typing import Final

import msgspec

STATUS: Final = "status.json"


class Pending(msgspec.Struct, frozen=True):
    """How far one provider is: records stored, batches sealed and receipted, records not receipted, what is wrong.

    `oldest_s` is the age of the oldest ticket without a receipt, `error` what went wrong last.
    """

    provider: str
    store: str
    stored: int
    sealed: int
    receipted: int
    waiting_tickets: int
    stopped: str
    refused: str
    oldest_s: int = 0
    error: str = ""


class SourceSeen(msgspec.Struct, frozen=True):
    """What one source has shown since the collector began: lines, calls, unread ones, drift and gaps. `layout` "": not decided."""

    source: str
    layout: str
    last_seen: str | None
    lines: int
    calls: int
    quarantined: int
    drift_s: int | None
    gaps: int


class Status(msgspec.Struct, frozen=True):
    """All of it."""

    providers: list[Pending]
    sources: list[SourceSeen]
    alarms: list[str]


def write_status(root: Path, status: Status, before: bytes) -> bytes:
    """Put it there unless it is what was there before; what is there now. Not durable: it is made again by the next turn."""
    octets = msgspec.json.encode(status)
    if octets != before:
        draft = root / f".{STATUS}.part"
        draft.write_bytes(octets)
        draft.chmod(0o600)
        draft.replace(root / STATUS)
    return octets


def read_status(root: Path) -> Status | None:
    """What the last turn put there."""
    try:
        return msgspec.json.decode((root / STATUS).read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
