"""Records that are one call: parts of a transferred call, phones that rang, interim records of a long one.

A join is a call at once and is replaced when its next record comes. The parts of a joined call: the first record's start,
ring, parties and trunk, one segment per record, the sum of durations. With `attempts` the first answered line's, with
`adds` one segment from the earliest start to the latest end.

Source: C-003, C-018.
"""

from typing import Final, Protocol

import msgspec

from ain_scp.tickets.call import Call, Record, Segment
from ain_scp.tickets.layout.schema import Join

NOTES: Final = (
    "ENCODING_FALLBACK", "DURATION_OVERFLOW", "AMBIGUOUS_TIME", "GAP_TIME", "CLOCK_CORRECTED", "RECEIPT_CORRECTED",
)  # fmt: skip
"""What a record may be noted with, in the order in which a call shows it."""


class Group:
    """The records of one call. `open`: the join waits for a record that closes it."""

    __slots__ = ("join", "open", "received", "records")

    def __init__(self, join: Join | None, record: Record, received: int, *, is_open: bool) -> None:
        self.join, self.records, self.received, self.open = join, [record], received, is_open

    @property
    def call(self) -> Call:
        """The call that these records are."""
        first = self.records[0].call
        if len(self.records) > 1 and self.join is not None:
            first = (
                _attempts(self.records) if self.join.attempts else _parts(self.records, adds=self.join.adds)
            )
        if self.open:
            return msgspec.structs.replace(first, notes=(*first.notes, "JOIN_OPEN"))
        return first


Key = tuple[str, ...]


class Groups(Protocol):
    """Groups that further records may join, by their keys."""

    def get(self, key: Key, /) -> Group | None:
        """The one of a key."""

    def __setitem__(self, key: Key, group: Group, /) -> None:
        """Keep one."""

    def __delitem__(self, key: Key, /) -> None:
        """It is complete."""


class Joiner:
    """Puts the records of one source together, in the order in which they were stored. `latest`: the newest receipt."""

    def __init__(self, join: Join | None, groups: Groups | None = None) -> None:
        self._join = join
        self._groups: Groups = dict[Key, Group]() if groups is None else groups
        self.latest = 0

    def passed(self, received: int) -> None:
        """A ticket of the source was stored then, whatever it is: joins that wait for longer stay as they are."""
        self.latest = max(self.latest, received)

    def is_alone(self, record: Record) -> bool:
        """Whether a record is a call by itself: it waits for no other, and none waits for it."""
        join, key = self._join, record.join
        if join is None or key is None or (join.attempts and not any(key)):
            return True
        return join.more is not None and not record.more and self._groups.get(key) is None

    def add(self, record: Record, received: int = 0) -> tuple[Group, bool]:
        """The group a record belongs to, and whether it is a new one. `received` is UTC seconds."""
        self.passed(received)
        join, key = self._join, record.join
        if join is None or key is None or (join.attempts and not any(key)):
            return Group(None, record, received, is_open=False), True
        known = self._groups.get(key)
        if known is not None and self._near(known, record) and self._continues(known, record):
            known.records.append(record)
            known.received = received
            known.open = join.more is not None and not self._closes(record)
            if join.more is not None and not known.open:
                del self._groups[key]
            return known, False
        group = Group(join, record, received, is_open=join.more is not None and record.more)
        if group.open or join.more is None:
            self._groups[key] = group
        return group, True

    def _near(self, group: Group, record: Record) -> bool:
        join = self._join
        if join is None or (join.more is not None and self.latest > group.received + join.within_s):
            return False
        return abs(record.call.start - group.records[-1].call.start) <= join.within_s

    def _continues(self, group: Group, record: Record) -> bool:
        if self._join is None or self._join.more is None:
            return True
        return group.open and (record.more or self._closes(record))

    def _closes(self, record: Record) -> bool:
        if record.more or self._join is None:
            return False
        return record.last if self._join.last is not None else True


def _notes(records: list[Record]) -> tuple[str, ...]:
    """The notes of all records, each once: encoding, overflow, then time, in whatever order the records bring them."""
    found = {note for record in records for note in record.call.notes}
    return tuple(note for note in NOTES if note in found)


def _attempts(records: list[Record]) -> Call:
    first = records[0].call
    chosen = next((record.call for record in records if record.call.answered), first)
    return msgspec.structs.replace(
        chosen,
        start=first.start,
        account=first.account,
        call_id=first.call_id,
        notes=_notes(records),
        lines=tuple(line for record in records for line in record.call.lines),
        attempts=len(records),
    )


def _parts(records: list[Record], *, adds: bool) -> Call:
    calls = [record.call for record in records]
    first, last = calls[0], calls[-1]
    answered = any(call.answered for call in calls)
    seconds = sum(call.duration_s for call in calls)
    joined = msgspec.structs.replace(
        first,
        end=_end(records),
        duration_s=seconds,
        answered=answered,
        status="COMPLETED" if answered else first.status,
        account=next((call.account for call in calls if call.account), None),
        notes=_notes(records),
        lines=tuple(line for call in calls for line in call.lines),
        answer=next((call.answer for call in calls if call.answer is not None), None),
    )
    if adds:
        start = min(call.start for call in calls)
        segment = Segment(first.extension, seconds)
        end = max(call.end for call in calls)
        return msgspec.structs.replace(joined, start=start, end=end, segments=(segment,), status=last.status)
    return msgspec.structs.replace(
        joined,
        extension=_counted(calls),
        segments=tuple(segment for call in calls for segment in call.segments),
        transferred_to=last.extension,
    )


def _counted(calls: list[Call]) -> str | None:
    """The extension a call counts for: the one that made it, or first answered it."""
    first = calls[0]
    if first.direction != "incoming":
        return first.extension
    return next((call.extension for call in calls if call.answered), first.extension)


def _end(records: list[Record]) -> int:
    """The latest end; where all records print the same start, that of all their parts one after the other."""
    calls = [record.call for record in records]
    start = calls[0].start
    if any(call.start != start for call in calls):
        return max(call.end for call in calls)
    parts = sum((call.ring_s or 0) + call.duration_s for call in calls)
    return start + parts + sum(record.extra_s for record in records)
