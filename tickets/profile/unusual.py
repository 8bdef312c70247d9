"""Unusual usage: rules that are data, findings that say their sum.

Each rule looks at the calls of one extension, in local time. A night belongs to the day it began (before 06:00: the day
before); all other findings to the day of the start. No learning and no score: whoever is named can work it out again.

Source: C-003, C-018.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from ain_scp.terms.units import DAY_S
from ain_scp.tickets.profile.adding import Told

MORNING_S: Final = 6 * 3600
EVENING_S: Final = 20 * 3600
_SATURDAY: Final = 6


class Finding(msgspec.Struct, frozen=True):
    """What a rule found; `tickets` are the lines or sequences of the calls behind it."""

    rule: str
    extension: str | None
    day: str
    measure: int
    threshold: int
    tickets: tuple[int, ...]
    text: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule with its numbers; what a rule does not use is left at 0."""

    name: str
    kind: str
    calls: int = 0
    seconds: int = 0
    times: int = 0
    days: int = 0
    within_s: int = 0
    numbers: tuple[str, ...] = ()


SHIPPED: Final = (
    Rule("night_international", "night_international", calls=3, seconds=900),
    Rule("volume", "volume", times=4, seconds=3600, days=14, calls=5),
    Rule("short_burst", "short_burst", calls=10, seconds=10, within_s=1800),
    Rule("simultaneous", "simultaneous", calls=3),
    Rule("premium", "premium", calls=3, numbers=("900", "976")),
    Rule("long_call", "long_call", seconds=14_400),
)


def unusual(calls: Sequence[Told], rules: Sequence[Rule] = SHIPPED) -> list[Finding]:
    """Every finding, by rule, extension and day."""
    by_extension: dict[str | None, list[Told]] = defaultdict(list)
    for one in sorted(calls, key=lambda one: one.call.start):
        by_extension[one.call.extension].append(one)
    found = [
        finding
        for rule in rules
        for extension, ones in by_extension.items()
        for finding in _KINDS[rule.kind](rule, extension, ones)
    ]
    return sorted(found, key=lambda one: (one.rule, one.extension or "", one.day))


def _finding(rule: Rule, calls: list[Told], day: date, measure: int, threshold: int, text: str) -> Finding:
    tickets = tuple(line for one in calls for line in one.call.lines)
    return Finding(rule.name, calls[0].call.extension, day.isoformat(), measure, threshold, tickets, text)


def _days(calls: list[Told]) -> dict[date, list[Told]]:
    days: dict[date, list[Told]] = defaultdict(list)
    for one in calls:
        days[one.day].append(one)
    return days


def _clock(one: Told) -> str:
    minutes = one.local % DAY_S // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _night_of(one: Told) -> date | None:
    """The day a call's night belongs to; None by day on a weekday."""
    second, day = one.local % DAY_S, one.day
    if second < MORNING_S:
        return day - timedelta(days=1)
    return day if second >= EVENING_S or day.isoweekday() >= _SATURDAY else None


def _night(rule: Rule, extension: str | None, calls: list[Told]) -> Iterator[Finding]:
    nights: dict[date, list[Told]] = defaultdict(list)
    for one in calls:
        night = _night_of(one)
        if night is not None and one.call.direction == "outgoing" and one.call.called_kind == "international":
            nights[night].append(one)
    for day, ones in nights.items():
        seconds = sum(one.call.duration_s for one in ones)
        if len(ones) >= rule.calls or seconds >= rule.seconds:
            text = (
                f"{len(ones)} international calls, {seconds} s, between {_clock(ones[0])} and {_clock(ones[-1])} "
                f"from {extension}; fewer than {rule.calls} and {rule.seconds} s are allowed in a night"
            )
            yield _finding(rule, ones, day, len(ones), rule.calls, text)


def _volume(rule: Rule, extension: str | None, calls: list[Told]) -> Iterator[Finding]:
    days = _days([one for one in calls if one.call.direction == "outgoing"])
    seconds = {day: sum(one.call.duration_s for one in ones) for day, ones in days.items()}
    order = sorted(seconds)
    for at, day in enumerate(order):
        before = [seconds[one] for one in order[max(0, at - rule.days) : at]]
        if len(before) < rule.calls:
            continue
        limit = max(rule.times * statistics.median(before), rule.seconds)
        if seconds[day] > limit:
            text = f"{seconds[day]} s of outgoing calls from {extension}; more than {limit:g} s are unusual"
            yield _finding(rule, days[day], day, seconds[day], int(limit), text)


def _burst(rule: Rule, extension: str | None, calls: list[Told]) -> Iterator[Finding]:
    short = [
        one
        for one in calls
        if one.call.direction == "outgoing" and one.call.answered and one.call.duration_s <= rule.seconds
    ]
    best: dict[date, list[Told]] = {}
    last = 0
    for first, one in enumerate(short):
        while last < len(short) and short[last].call.start <= one.call.start + rule.within_s:
            last += 1
        window = short[first:last]
        if len(window) >= rule.calls and len(window) > len(best.get(one.day, ())):
            best[one.day] = window
    for day, ones in best.items():
        text = f"{len(ones)} calls of {rule.seconds} s or less from {extension} in {rule.within_s} s"
        yield _finding(rule, ones, day, len(ones), rule.calls, text)


def _answer(one: Told) -> int:
    call = one.call
    return call.answer if call.answer is not None else call.start + (call.ring_s or 0)


def _simultaneous(rule: Rule, extension: str | None, calls: list[Told]) -> Iterator[Finding]:
    ones = [one for one in calls if one.call.answered and one.call.direction != "internal"]
    steps = [(one.call.end, 0, at) for at, one in enumerate(ones)]
    steps += [(_answer(one), 1, at) for at, one in enumerate(ones)]
    up: set[int] = set()
    best: dict[date, list[Told]] = {}
    for _instant, begins, at in sorted(steps):
        if not begins:
            up.discard(at)
            continue
        if ones[at].call.end <= _answer(ones[at]):
            continue
        up.add(at)
        day = _day_of(ones[at], _answer(ones[at]))
        if len(up) >= rule.calls and len(up) > len(best.get(day, ())):
            best[day] = [ones[one] for one in sorted(up)]
    for day, found in best.items():
        text = f"{len(found)} calls of {extension} at the same time; fewer than {rule.calls} are allowed"
        yield _finding(rule, found, day, len(found), rule.calls, text)


def _day_of(one: Told, instant: int) -> date:
    return date(1970, 1, 1) + timedelta(days=(one.local + instant - one.call.start) // DAY_S)


def _premium(rule: Rule, extension: str | None, calls: list[Told]) -> Iterator[Finding]:
    fits = [
        one
        for one in calls
        if one.call.answered
        and one.call.direction == "outgoing"
        and one.call.called_kind == "national"
        and (one.call.called or "").startswith(rule.numbers)
    ]
    for day, ones in _days(fits).items():
        if len(ones) >= rule.calls:
            text = (
                f"{len(ones)} calls to premium numbers from {extension}; fewer than {rule.calls} are allowed"
            )
            yield _finding(rule, ones, day, len(ones), rule.calls, text)


def _long(rule: Rule, extension: str | None, calls: list[Told]) -> Iterator[Finding]:
    for one in calls:
        seconds = one.call.duration_s
        if one.call.direction == "outgoing" and seconds > rule.seconds:
            yield _finding(
                rule, [one], one.day, seconds, rule.seconds, f"a call of {seconds} s from {extension}"
            )


_KINDS: Final[dict[str, Callable[[Rule, str | None, list[Told]], Iterator[Finding]]]] = {
    "night_international": _night,
    "volume": _volume,
    "short_burst": _burst,
    "simultaneous": _simultaneous,
    "premium": _premium,
    "long_call": _long,
}
