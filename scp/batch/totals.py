"""What came of a batch: counts by kind of decision, and what differs from the decisions of another data set.

Totals of parts add up to the totals of the whole, in any division.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.batch.verdicts import UNDECIDABLE, Verdicts

MOST_NAMED: Final = 20
"""Rows that could not be asked or decided are counted all and named up to this many."""


class Unused(msgspec.Struct, frozen=True):
    """A row that could not be asked or decided: its place in the file (octets, or row group and octets), and why."""

    place: int
    why: str


class Example(msgspec.Struct, frozen=True):
    """A call decided otherwise: its place in the file, the query, and field -> (before, after)."""

    place: int
    calling_party: str
    access_code: str | None
    dialed: str
    time: str
    differs: dict[str, tuple[str | int | bool | list[str] | None, str | int | bool | list[str] | None]]


class Totals(msgspec.Struct):
    """Counts over calls. Every map counts each decided call once; `changed` counts calls, `fields` their fields.

    `compared` counts the calls that at least one of the two data sets decides.
    """

    calls: int = 0
    undecidable: int = 0
    invalid: int = 0
    ctc: dict[str, int] = {}
    screening: dict[str, int] = {}
    blocking: dict[str, int] = {}
    route: dict[str, int] = {}
    announcement: dict[str, int] = {}
    flag: dict[str, int] = {}
    compared: int = 0
    changed: int = 0
    fields: dict[str, int] = {}
    examples: list[Example] = []
    unused: list[Unused] = []

    def count(self, engine: Engine, verdicts: Verdicts) -> None:
        """Count a chunk: each outcome that occurs, as often as it does."""
        self.calls += verdicts.outcome.size
        counts = np.bincount(verdicts.outcome - UNDECIDABLE, minlength=1)
        self.undecidable += int(counts[0])
        for place in np.flatnonzero(counts[1:]).tolist():
            outcome, count = engine.outcomes[place], int(counts[place + 1])
            for into, word in (
                (self.ctc, str(outcome.ctc)),
                (self.screening, outcome.screening),
                (self.blocking, outcome.blocking),
                (self.route, outcome.route_kind),
                (self.announcement, outcome.announcement or "none"),
                (self.flag, outcome.flag or "none"),
            ):
                into[word] = into.get(word, 0) + count

    def merge(self, other: "Totals", examples: int) -> None:
        """Add the totals of a part that comes after this one; at most `examples` examples are kept."""
        for name in ("calls", "undecidable", "invalid", "compared", "changed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("ctc", "screening", "blocking", "route", "announcement", "flag", "fields"):
            mine: dict[str, int] = getattr(self, name)
            for key, count in getattr(other, name).items():
                mine[key] = mine.get(key, 0) + count
        self.examples.extend(other.examples[: max(0, examples - len(self.examples))])
        self.name(other.unused)

    def name(self, rows: Iterable[Unused]) -> None:
        """Keep the first rows that were of no use."""
        for row in rows:
            if len(self.unused) >= MOST_NAMED:
                return
            self.unused.append(row)
