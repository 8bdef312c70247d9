"""When a call was: what a PBX printed becomes UTC seconds.

The rules: no year - the one that brings the time nearest to the receipt, not more than a day after it; no date - the last
date record's (or the receipt's, where the source says so); the hour that comes twice - a live source takes the reading
nearest to the receipt, a file the first, unless the call would then end more than 120 s before the latest end read so
far; the hour that does not exist - moved forward. What was decided so is noted.

Source: C-001.
"""

from typing import Final, NamedTuple

import msgspec

from ain_scp.terms.units import DAY_S
from ain_scp.terms.zone import Instants, Kind, Zone, days_of, possible, year_of
from ain_scp.tickets.call import Reason
from ain_scp.tickets.layout.times import When
from ain_scp.tickets.layout.values import Zoneless

LIVE_S: Final = 600
BEHIND_S: Final = 120
HALF_A_YEAR_S: Final = 182 * DAY_S
YEARS: Final = (0, -1, 1)
RECORD_YEARS: Final = (0, -1)
"""Years that a date without one may have, from that of its receipt: a call's, a date record's."""
LONGEST_S: Final = 9_999 * 366 * DAY_S
"""No call is longer than a calendar; sums of such calls stay within 64 bits."""


class Printed(NamedTuple):
    """The times and lengths of one record. `extra_s` is hold and park."""

    start: When | int | None
    end: When | int | None
    answer: When | int | None
    date: When | None
    duration_s: int
    ring_s: int
    extra_s: int


class Span(msgspec.Struct, frozen=True, gc=False):
    """When a call was, UTC seconds, and what was noted on the way."""

    start: int
    end: int
    answer: int | None
    notes: tuple[str, ...]


class Timing:
    """The clock of one source: its zone, its last date record, the latest end it has shown."""

    def __init__(self, zone: Zone, *, live: bool, date_from_receipt: bool, offset_s: int) -> None:
        self._zone, self._live, self._offset = zone, live, offset_s
        self._date_from_receipt = date_from_receipt
        self.date: When | None = None
        self.latest: int | None = None

    def new_date(self, date: When, received: int) -> bool:
        """A date record; False when no year has that date, and then no date is known.

        Its year is this one or the one before, of the receipt of each record that it dates: a PBX whose clock is fast prints
        0101 before the year is over, and what it prints after midnight is of the new year.
        """
        found = self._days(date, 0, received, RECORD_YEARS)
        self.date = None if found is None else date
        return found is not None

    def span(self, printed: Printed, received: int) -> Span | Reason:
        """When the call was, or why that cannot be said."""
        start, end, answer, date, duration_s, ring_s, extra_s = printed
        begin = None if start is None else self._instants(start, date, received)
        if isinstance(begin, Reason):
            return begin
        last = None if end is None else self._instants(end, date, received)
        if isinstance(last, Reason):
            return last
        answered = None if answer is None else self._instants(answer, date, received)
        if isinstance(answered, Reason):
            return answered
        if duration_s + ring_s + extra_s > LONGEST_S:
            return Reason.IMPOSSIBLE_TIME
        reading = _pick(begin, last, printed, 0)
        notes: tuple[str, ...] = ()
        if (begin and begin[2]) or (last and last[2]) or (answered and answered[2]):
            reading, notes = self._moved(begin, last, answered, printed, received)
        return self._settle(reading, answered, notes)

    def alone(
        self, printed: When | int | None, date: When | None, before: int, after: int, received: int
    ) -> Span | None:
        """The usual case in short: one printed time, a plain one, seconds after and before the other end of the call.

        None where more is to be looked at.
        """
        if not isinstance(printed, When) or self._offset:
            return None
        year, month, day, seconds = printed
        if year is None:
            local = self._local(printed, date, received)
        else:
            days = days_of(year, month, day)
            local = Reason.IMPOSSIBLE_TIME if days is None else days * DAY_S + seconds
        at = None if isinstance(local, Reason) else self._zone.plain(local)
        if at is None or not (possible(at - before) and possible(at + after)):
            return None
        end = at + after
        if self.latest is None or end > self.latest:
            self.latest = end
        return Span(at - before, end, None, ())

    def _moved(
        self, start: Instants | None, end: Instants | None, answer: Instants | None, printed: Printed, received: int
    ) -> tuple[tuple[int, int], tuple[str, ...]]:  # fmt: skip
        """Start and end of a call at a change of the clock, and the note."""
        first = _pick(start, end, printed, 0)
        if Kind.TWICE in [one.kind for one in (start, end, answer) if one is not None]:
            return self._of_two(first, _pick(start, end, printed, 1), received), ("AMBIGUOUS_TIME",)
        return first, ("GAP_TIME",)

    def _settle(
        self, reading: tuple[int, int], answer: Instants | None, notes: tuple[str, ...]
    ) -> Span | Reason:
        begin, end = reading[0] + self._offset, reading[1] + self._offset
        if not (possible(begin) and possible(end)):
            return Reason.IMPOSSIBLE_TIME
        if self.latest is None or end > self.latest:
            self.latest = end
        answered = None if answer is None else _not_before(answer, reading[0]) + self._offset
        return Span(begin, end, answered, (*notes, "CLOCK_CORRECTED") if self._offset else notes)

    def _of_two(self, first: tuple[int, int], second: tuple[int, int], received: int) -> tuple[int, int]:
        away = [abs(received - one[1]) for one in (first, second)]
        if self._live and min(away) <= LIVE_S:
            return first if away[0] <= away[1] else second
        behind = self.latest is not None and first[1] + self._offset < self.latest - BEHIND_S
        return second if behind else first

    def _instants(self, printed: When | int, date: When | None, received: int) -> Instants | Reason:
        if isinstance(printed, When):
            year, month, day, seconds = printed
            days = None if year is None else days_of(year, month, day)
            local = self._local(printed, date, received) if days is None else days * DAY_S + seconds
            if isinstance(local, Reason):
                return local
        elif isinstance(printed, Zoneless):
            local = int(printed)
        else:
            return Instants(printed, printed, Kind.PLAIN) if possible(printed) else Reason.IMPOSSIBLE_TIME
        return self._zone.instants(local) or Reason.IMPOSSIBLE_TIME

    def _local(self, printed: When, date: When | None, received: int) -> int | Reason:
        """Seconds of the wall."""
        day = printed if printed.month else date
        if day is not None:
            days = self._days(day, printed.seconds, received, YEARS)
        elif self.date is not None:
            days = self._days(self.date, 0, received, RECORD_YEARS)
        elif not self._date_from_receipt:
            return Reason.NO_DATE
        else:
            today = self._zone.local_s(received)
            return today - today % DAY_S + printed.seconds
        return Reason.IMPOSSIBLE_TIME if days is None else days * DAY_S + printed.seconds

    def _days(self, day: When, seconds: int, received: int, years: tuple[int, ...]) -> int | None:
        if day.year is not None:
            return days_of(day.year, day.month, day.day)
        here = self._zone.local_s(received)
        near = days_of(year_of(here), day.month, day.day)
        if near is not None and -DAY_S <= here - near * DAY_S - seconds <= HALF_A_YEAR_S:
            return near  # no other year is as near
        found = (days_of(year_of(here) + one, day.month, day.day) for one in years)
        fitting = [one for one in found if one is not None and one * DAY_S + seconds <= here + DAY_S]
        return min(fitting, key=lambda one: abs(here - one * DAY_S - seconds), default=None)


def _pick(start: Instants | None, end: Instants | None, printed: Printed, reading: int) -> tuple[int, int]:
    """Start and end by the first or the second reading of what was printed."""
    if start is not None:
        begin = start[reading]
        if end is None:
            return begin, begin + printed.ring_s + printed.extra_s + printed.duration_s
        return begin, _not_before(end, begin) if start.kind is Kind.TWICE else end[reading]
    assert end is not None  # noqa: S101 - a layout without both is refused when it is read
    return end[reading] - printed.duration_s - printed.ring_s, end[reading]


def _not_before(two: Instants, begin: int) -> int:
    return two.first if two.first >= begin else two.second
