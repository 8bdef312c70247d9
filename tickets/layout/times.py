"""Formats of printed times and durations, compiled once into functions.

The tokens, longest first: YYYY, YY (2000 + YY), MM, DD, hh, mm, ss of two digits, HH of two or three, H and M (minutes)
of one to 99, ap (AM or PM), p (P adds 12 to the hours 1 to 11), t (tenths of a minute). Everything else stands for
itself. The whole field must fit, and what no clock or calendar shows is refused.

Source: C-001 (start, duration).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from ain_scp.terms.units import DAY_S
from ain_scp.terms.zone import days_of

_TOKENS: Final = {
    "YYYY": r"([0-9]{4})", "YY": r"([0-9]{2})", "MM": r"([0-9]{2})", "DD": r"([0-9]{2})", "hh": r"([0-9]{2})",
    "mm": r"([0-9]{2})", "ss": r"([0-9]{2})", "HH": r"([0-9]{2,3})", "H": r"([0-9]{1,99})", "M": r"([0-9]{1,99})",
    "ap": r"([AaPp][Mm])", "p": r"([Pp ]?)", "t": r"([0-9])",
}  # fmt: skip
_SPLIT: Final = re.compile("|".join(sorted(_TOKENS, key=len, reverse=True)))
_HOURS: Final = ("hh", "HH", "H")
_DATES: Final = ("YYYY", "YY", "MM", "DD")
MOST_DAYS: Final = 1024
"""Dates remembered: thousands of tickets have the same one."""
_LEAP: Final = 2000
_NOON: Final = 12


class When(NamedTuple):
    """A date, or a time of day, or both. No year: `year` is None; no date: `month` is 0; no time: `seconds` is 0."""

    year: int | None
    month: int
    day: int
    seconds: int


def day_number(value: object) -> int:
    """A number for the date of a printed time or of UTC seconds, the same for the same date; 0 for what has none."""
    if isinstance(value, When):
        return ((value.year or 0) * 12 + value.month) * 31 + value.day
    return value // DAY_S if isinstance(value, int) else 0


def tokens(form: str) -> list[str]:
    """The tokens of a format, in order."""
    return _SPLIT.findall(form)


def _pattern(form: str) -> re.Pattern[str]:
    parts, at = [], 0
    for token in _SPLIT.finditer(form):
        parts += [re.escape(form[at : token.start()]), _TOKENS[token[0]]]
        at = token.end()
    return re.compile("".join(parts) + re.escape(form[at:]))


def duration(form: str) -> Callable[[str], int | None]:
    """Text to seconds; None where it does not fit."""
    fits, names = _pattern(form).fullmatch, tokens(form)
    unit = {"hh": 3600, "HH": 3600, "H": 3600, "mm": 60, "M": 60, "ss": 1, "t": 6}
    factors = [unit[name] for name in names]
    limits = [_limit(name, names) for name in names]

    def read(text: str) -> int | None:
        found = fits(text)
        if found is None:
            return None
        total = 0
        for digits, factor, limit in zip(found.groups(), factors, limits, strict=True):
            number = int(digits)
            if limit and number > limit:
                return None
            total += number * factor
        return total

    return read


def _limit(name: str, names: list[str]) -> int:
    """The largest number a token of a duration may show; 0: any. Minutes have one only after hours."""
    if name == "ss" or (name in ("mm", "M") and any(hours in names for hours in _HOURS)):
        return 59
    return 0


def moment(form: str) -> Callable[[str], When | None]:
    """Text to a date, a time of day or both; None where it does not fit or no calendar has it."""
    at = _time_at(form)
    if not at:
        return _moment(form)
    day_of, seconds_of = lru_cache(MOST_DAYS)(_moment(form[:at])), _clock(form[at:])

    def read(text: str) -> When | None:
        day = day_of(text[:at])
        seconds = None if day is None else seconds_of(text[at:])
        return None if day is None or seconds is None else When(day[0], day[1], day[2], seconds)

    return read


def _clock(form: str) -> Callable[[str], int | None]:
    """Text to seconds of the day; the commonest form without a regular expression."""
    if form != "hh:mm:ss":
        whole = _moment(form)
        return lambda text: None if (found := whole(text)) is None else found.seconds
    hours, sixty = {f"{one:02}": 3600 * one for one in range(24)}, {f"{one:02}": one for one in range(60)}

    def read(text: str) -> int | None:
        try:
            seconds = hours[text[:2]] + 60 * sixty[text[3:5]] + sixty[text[6:]]
        except KeyError:
            return None
        return seconds if text[2] == text[5] == ":" else None

    return read


def _time_at(form: str) -> int:
    """Where the time begins, in the format and so in the text, after a whole date of fixed width; else 0."""
    found = list(_SPLIT.finditer(form))
    days = [one[0] in _DATES for one in found]
    first = days.index(False) if False in days else 0
    return (
        found[first].start()
        if first and not any(days[first:]) and "MM" in form[: found[first].start()]
        else 0
    )


def _moment(form: str) -> Callable[[str], When | None]:
    fits, names = _pattern(form).fullmatch, tokens(form)

    def place(*ones: str) -> int:
        return next((1 + names.index(name) for name in ones if name in names), 0)

    hours, minutes, seconds, tenths = place(*_HOURS), place("mm", "M"), place("ss"), place("t")
    halves, years, months, days = place("ap", "p"), place("YYYY", "YY"), place("MM"), place("DD")
    century = 0 if "YYYY" in names else 2000

    def read(text: str) -> When | None:
        found = fits(text)
        if found is None:
            return None
        parts = ("0", *found.groups())
        hour, minute, second = int(parts[hours]), int(parts[minutes]), int(parts[seconds])
        if halves:
            hour = _of_24(hour, parts[halves].upper())
        if hour > 23 or minute > 59 or second > 59:
            return None
        total = hour * 3600 + minute * 60 + second + 6 * int(parts[tenths])
        if not months:
            return When(None, 0, 0, total)
        year = century + int(parts[years]) if years else None
        month, day = int(parts[months]), int(parts[days])
        if days_of(_LEAP if year is None else year, month, day) is None:
            return None
        return When(year, month, day, total)

    return read


def _of_24(hour: int, half: str) -> int:
    """The hour of a 12-hour clock."""
    if half.startswith("P") and 1 <= hour < _NOON:
        return hour + _NOON
    return 0 if half == "AM" and hour == _NOON else hour
