"""What came of a batch: counts by kind of decision, and what differs from the decisions of another data set.

Totals of parts add up to the totals of the whole, in any division.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.snapshot import MAX_CTC
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.batch.verdicts import BLOCKINGS, CAUSES, FLAGS, NO_CUSTOMER, SCREENINGS, Verdicts

UNDECIDABLE: Final = "UNDECIDABLE"
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
        """Count a chunk."""
        self.calls += len(verdicts.ctc)
        decided = verdicts.customer != NO_CUSTOMER
        left = len(decided) - int(np.count_nonzero(decided))
        self.undecidable += left
        part = verdicts if not left else verdicts._replace(
            ctc=verdicts.ctc[decided],
            screening=verdicts.screening[decided],
            blocking=verdicts.blocking[decided],
            route=verdicts.route[decided],
            announcement=verdicts.announcement[decided],
            flag=verdicts.flag[decided],
        )  # fmt: skip
        kinds = [entry.kind for entry in engine.routes.entries]
        _add(self.ctc, part.ctc, [str(code) for code in range(MAX_CTC)])
        _add(self.screening, part.screening, SCREENINGS)
        _add(self.blocking, part.blocking, BLOCKINGS)
        _add(self.route, part.route, kinds)
        _add(self.announcement, part.announcement, ["none" if one is None else one for one in CAUSES])
        _add(self.flag, part.flag, ["none" if one is None else one for one in FLAGS])

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


def _add(into: dict[str, int], column: NDArray[np.integer], names: Sequence[str]) -> None:
    counts = np.bincount(column)
    for position in np.flatnonzero(counts).tolist():
        into[names[position]] = into.get(names[position], 0) + int(counts[position])
