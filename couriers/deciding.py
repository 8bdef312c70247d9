"""Sources with `layout = "auto"`: their tickets are stored and not sent until the first lines say whose they are.

Which octets are secret is not known before, so these tickets lie in a journal of their own beside the store, as they were printed.
Once a layout is far enough ahead they go to the store in their order, masked, with their receipts.

Source: C-010, C-016.
"""

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.writer import Journal
from ain_scp.tickets.collector.store import LayoutLine, Store, Ticket
from ain_scp.tickets.layout.detect import FIRST, Candidate, candidates, winner
from ain_scp.tickets.layout.library import names, shipped
from ain_scp.tickets.site import Site

AUTO: Final = "auto"
_DECIDED: Final = "decided.json"
_SHOWN: Final = 3
_FOLDER: Final = "held-"


def place_of(root: Path, source: str) -> Path:
    """Where a source's tickets lie while its layout is not decided."""
    return root / f"{_FOLDER}{source}"


def decided(root: Path) -> dict[str, str]:
    """Layouts that were decided, by source."""
    file = root / _DECIDED
    return msgspec.json.decode(file.read_bytes(), type=dict[str, str]) if file.exists() else {}


def decide(root: Path, source: str, layout: str) -> None:
    """Keep a decision, durably."""
    files.put(root, _DECIDED, msgspec.json.encode({**decided(root), source: layout}))


def carry_over(old: Path, new: Path) -> None:
    """Take decisions and undecided tickets to another store."""
    for one in sorted(old.glob(f"{_FOLDER}*")):
        shutil.copytree(one, new / one.name, dirs_exist_ok=True)
    if (old / _DECIDED).exists():
        files.put(new, _DECIDED, (old / _DECIDED).read_bytes())


class Held:
    """The tickets of one source whose layout is not decided."""

    def __init__(self, place: Path, now_ms: int, identity: bytes) -> None:
        self._place = place
        self.journal = Journal.open(DiskStorage(place), now_ms, identity=identity)
        self.store = Store(self.journal)
        self._tried = 0

    @property
    def octets(self) -> int:
        """What they take on disk."""
        return sum(one.octets for one in self.journal.segments) + self.journal.active_segment()[2]

    def tickets(self) -> Iterator[Ticket]:
        """In the order in which they came."""
        return (one for _at, one in self.store.records(0) if not isinstance(one, LayoutLine))

    def after(self, last: Ticket | None) -> Iterator[Ticket]:
        """Those that are not in the collector's store yet; `last` is the source's newest ticket there (an earlier move's)."""
        at = 0
        if last is not None:
            marks = (
                number for number, one in enumerate(self.tickets(), 1) if (one.t, one.o) == (last.t, last.o)
            )
            at = max(marks, default=0)
        return islice(self.tickets(), at, None)

    def judge(self, site: Site) -> tuple[str | None, list[Candidate]] | None:
        """The layout of the first lines, or none, and every one that reads a call; None: too little is new since the last try."""
        count = self.journal.durable
        if count < self._tried * 5 // 4 + 1 or self._tried >= FIRST:
            return None
        self._tried = count
        first = list(islice(self.tickets(), FIRST))
        lines, received = [one.line for one in first], first[-1].t // 1000
        found = candidates([(shipped(name), lines) for name in names()], site, received)
        return winner(found), found

    def close(self, now_ms: int) -> None:
        """Commit and release."""
        self.store.close(now_ms)

    def drop(self, now_ms: int) -> None:
        """All of them are in the collector's store."""
        self.journal.close(now_ms)
        shutil.rmtree(self._place)


def in_words(source: str, found: list[Candidate]) -> str:
    """What an operator reads about a source that is not decided."""
    best = ", ".join(f"{one.layout} {one.score:.2f}" for one in found[:_SHOWN])
    return (
        f"source {source}: its layout is not decided, tickets are stored and not sent; candidates: {best or 'none'}; "
        "more lines decide it, or layout = NAME in the settings"
    )
