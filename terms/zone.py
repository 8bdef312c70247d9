"""Time zones: two quick look-ups of one, local seconds to UTC and UTC to its offset, and what the times of queries count from.

Local seconds count from 1970-01-01T00:00:00 on the wall; a quarter of an hour is asked of the zone data once, those of the last weeks are kept.

Source: C-001 (start and duration of a call), A-125 (local time of the originating location).
"""

from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

QUARTER_S: Final = 900
MOST_QUARTERS: Final = 4096
"""Kept at a time: six weeks."""
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall's own count, no zone is meant
_FIRST: Final = -62_135_596_800 + 86_400 * 2
_LAST: Final = 253_402_300_799 - 86_400 * 2


class Kind(IntEnum):
    """What a local time is: one instant, two of them (the hour that comes twice), or none (the hour left out)."""

    PLAIN = 0
    TWICE = 1
    GAP = 2


class Instants(NamedTuple):
    """A local time in UTC seconds: its first and its second reading, equal unless it comes twice."""

    first: int
    second: int
    kind: Kind


class Zone:
    """An IANA zone. ValueError when there is no zone of that name."""

    def __init__(self, name: str) -> None:
        try:
            self._zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError) as fault:  # the data's own words differ by platform
            raise ValueError(f"no time zone is named {name!r}") from fault
        self.name = name
        self._quarters: dict[int, tuple[int, int, Kind]] = {}
        self._offsets: dict[int, int] = {}

    def instants(self, local_s: int) -> Instants | None:
        """UTC readings of a local time; None beyond the years that a calendar has."""
        if not _FIRST < local_s < _LAST:
            return None
        quarter = local_s // QUARTER_S
        found = self._quarters.get(quarter)
        if found is None:
            if len(self._quarters) >= MOST_QUARTERS:
                self._quarters.clear()
            found = self._quarters[quarter] = self._ask(quarter * QUARTER_S)
        first, second, kind = found
        return Instants(local_s - first, local_s - second, kind)

    def plain(self, local_s: int) -> int | None:
        """UTC seconds of a local time that is one instant, if its quarter of an hour has been asked for; else None."""
        found = self._quarters.get(local_s // QUARTER_S)
        if found is None or found[2] is not Kind.PLAIN or not _FIRST < local_s < _LAST:
            return None
        return local_s - found[0]

    def _ask(self, local_s: int) -> tuple[int, int, Kind]:
        wall = _EPOCH + timedelta(seconds=local_s)
        early, late = (_offset(wall.replace(tzinfo=self._zone, fold=fold)) for fold in (0, 1))
        if early == late:
            return early, late, Kind.PLAIN
        return early, late, Kind.TWICE if early > late else Kind.GAP

    def offset_s(self, utc_s: int) -> int:
        """Seconds that the wall is ahead of UTC at an instant; 0 beyond the years that a calendar has."""
        if not possible(utc_s):
            return 0
        quarter = utc_s // QUARTER_S
        found = self._offsets.get(quarter)
        if found is None:
            if len(self._offsets) >= MOST_QUARTERS:
                self._offsets.clear()
            at = datetime.fromtimestamp(quarter * QUARTER_S, UTC).astimezone(self._zone)
            found = self._offsets[quarter] = _offset(at)
        return found

    def local_s(self, utc_s: int) -> int:
        """The wall's count at an instant."""
        return utc_s + self.offset_s(utc_s)

    def text(self, utc_s: int) -> str:
        """ISO 8601 with the offset in numbers, to the second: 2026-11-27T09:15:02-08:00."""
        zone = timezone(timedelta(seconds=self.offset_s(utc_s)))
        return datetime.fromtimestamp(utc_s, zone).isoformat(timespec="seconds")


class Times:
    """What the times of queries count from: the clock of one place, or the originating location's own time already.

    `ahead_s`: seconds that this clock is ahead of UTC; None (a scenario, `--at`, a column of a batch) leaves times as they are.
    """

    def __init__(self) -> None:
        self.ahead_s: int | None = None
        self._zones: dict[str, Zone] = {}

    def local(self, seconds: int, zone: str) -> int:
        """Local time in a zone; without one, that of the clock. ValueError for a name that is no zone's."""
        if self.ahead_s is None or not zone:
            return seconds
        known = self._zones.get(zone)
        if known is None:
            known = self._zones[zone] = Zone(zone)
        return known.local_s(seconds - self.ahead_s)


def possible(utc_s: int) -> bool:
    """Whether an instant lies within the years that a calendar has."""
    return _FIRST < utc_s < _LAST


@lru_cache(4096)
def days_of(year: int, month: int, day: int) -> int | None:
    """Days from 1970-01-01 of a date; None when there is no such date."""
    try:
        return datetime(year, month, day).toordinal() - _EPOCH.toordinal()  # noqa: DTZ001 - a date alone
    except ValueError:
        return None


def year_of(local_s: int) -> int:
    """The year of a local time."""
    return _year_of_day(local_s // 86_400)


@lru_cache(4096)
def _year_of_day(day: int) -> int:
    return (_EPOCH + timedelta(days=day)).year


def _offset(at: datetime) -> int:
    away = at.utcoffset()
    return 0 if away is None else int(away.total_seconds())
