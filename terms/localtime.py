"""Local time of a call as one integer: seconds since 1970-01-01T00:00:00 of the originating location's own calendar.

The rules of the service ask only for the date, the day of the week and the minute of the day, so a call's time is a
plain integer and these functions cut it; no time zone is involved, because requirements give local times (A-125).

Source: A-124, A-125; AMB-75.
"""

import datetime as dt
from functools import lru_cache
from typing import Final

from ain_scp.terms.units import DAY_S

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose


def parse(text: str) -> int:
    """Read an ISO 8601 local time ("2001-01-17T10:00:00") into seconds; ValueError says what is wrong."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        msg = f"local time expected, without offset: {text}"
        raise ValueError(msg)
    return from_datetime(moment)


def from_datetime(moment: dt.datetime) -> int:
    """Turn a naive local datetime into seconds."""
    return int((moment - _EPOCH).total_seconds())


def from_date(day: dt.date) -> int:
    """Turn a date into the day number that `day_of` gives."""
    return (day - _EPOCH.date()).days


def text(seconds: int) -> str:
    """Write seconds as ISO 8601 local time."""
    return (_EPOCH + dt.timedelta(seconds=seconds)).isoformat()


def day_of(seconds: int) -> int:
    """Days since 1970-01-01."""
    return seconds // DAY_S


def day_of_week(seconds: int) -> int:
    """Monday = 1 ... Sunday = 7 (A-125); 1970-01-01 was a Thursday."""
    return (seconds // DAY_S + 3) % 7 + 1


def minute_of_day(seconds: int) -> int:
    """Minutes since local midnight, 0..1439."""
    return seconds % DAY_S // 60


@lru_cache(1024)
def day_text(day: int) -> str:
    """Write a day number as an ISO date."""
    return (_EPOCH.date() + dt.timedelta(days=day)).isoformat()
