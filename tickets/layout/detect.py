"""Which layout a file is: its first 200 lines through every layout.

Score = calls / (calls + quarantined), less 0.1 for each contradiction (calls after their receipt, durations of a day and
more, fields that are always empty), less 0.2 for layouts without fixed places (`pattern`, `keyvalue`). A winner has at
least 5 calls, 0.9, and is 0.1 ahead; calls and quarantined are lines here, before joins.

Source: C-010.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ain_scp.terms.units import DAY_S
from ain_scp.tickets.call import Quarantined, Record
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.site import Site

FIRST: Final = 200
_LEAST_CALLS: Final = 5
_LEAST_TENTHS: Final = 9
_LOOSE: Final = ("pattern", "keyvalue")


class Candidate(msgspec.Struct, frozen=True):
    """A layout that reads at least one call of a file. `score` has three places."""

    layout: str
    score: float
    calls: int
    quarantined: int


def candidates(files: Iterable[tuple[Layout, Sequence[bytes]]], site: Site, received: int) -> list[Candidate]:
    """Every layout that reads a call, best first: by score, then calls, then name. Each comes with the file's lines."""
    found = [_judge(lines[:FIRST], layout, site, received) for layout, lines in files]
    return sorted((one for one in found if one.calls), key=lambda one: (-one.score, -one.calls, one.layout))


def winner(found: Sequence[Candidate]) -> str | None:
    """The layout that is far enough ahead, or none."""
    if not found or found[0].calls < _LEAST_CALLS or found[0].score * 10 < _LEAST_TENTHS:
        return None
    ahead = found[0].score - found[1].score if len(found) > 1 else 1.0
    return found[0].layout if round(ahead, 3) * 10 >= 1 else None


def _judge(lines: Sequence[bytes], layout: Layout, site: Site, received: int) -> Candidate:
    reader, quarantined, records = Reader(layout, site), 0, list[Record]()
    filled = [False] * len(layout.fields)
    for line in lines:
        outcome = reader.read(line, received)
        if isinstance(outcome, Record):
            records.append(outcome)
            filled = [was or now for was, now in zip(filled, reader.filled, strict=True)]
        quarantined += isinstance(outcome, Quarantined)
    if not records:
        return Candidate(layout.name, 0.0, 0, quarantined)
    thousandths = round(1000 * len(records) / (len(records) + quarantined))
    thousandths -= 100 * _contradictions(records, received, layout, filled)
    thousandths -= 200 * (layout.kind in _LOOSE)
    return Candidate(layout.name, thousandths / 1000, len(records), quarantined)


def _contradictions(records: list[Record], received: int, layout: Layout, filled: list[bool]) -> int:
    future = any(record.call.start > received for record in records)
    long = any(record.call.duration_s >= DAY_S for record in records)
    empty = any(not (full or field.optional) for full, field in zip(filled, layout.fields, strict=True))
    return future + long + empty
