"""Unusual usage: rules that are data, findings that say their sum.

Each rule looks at the calls of one extension, in local time. A night belongs to the day it began (before 06:00: the day
before); all other findings to the day of the start. No learning and no score: the person named can work it out again.

Source: C-003, C-018.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from ain_scp.terms.units import DAY_S
from ain_scp.tickets.names import UNREADABLE, SettingsError
from ain_scp.tickets.profile.adding import Told, area

MORNING_S: Final = 6 * 3600
EVENING_S: Final = 20 * 3600
_SATURDAY: Final = 6


class Finding(msgspec.Struct, frozen=True):
    """What a rule found; `tickets` are the lines or sequences of its calls."""

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


FILE: Final = Path(__file__).with_name("unusual.toml")


class _Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]


def read_rules(text: str, file: str) -> tuple[Rule, ...]:
    """The rules of a file; SettingsError names file and rule."""
    try:
        found = msgspec.toml.decode(text, type=_Rules).rule
    except UNREADABLE as fault:
        raise SettingsError(f"{file}: {fault}") from fault
    problems = [
        f"{file}: rule {one.name}: kind = {one.kind!r}: expected one of {', '.join(_KINDS)}"
        for one in found
        if one.kind not in _KINDS
    ]
    names = [one.name for one in found]
    problems += [
        f"{file}: rule {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if problems:
        raise SettingsError("\n".join(problems))
    return found


def shipped_rules() -> tuple[Rule, ...]:
    """The rules that come with the product."""
    return read_rules(FILE.read_text(), FILE.name)


class Known(NamedTuple):
    """What rules ask beside the calls: who is in the directory, which numbers are ours, countries by code."""

    listed: Callable[[str | None, date], bool] = lambda _extension, _day: True
    ours: Container[str] = ()
    areas: Mapping[str, str] = MappingProxyType({})


def unusual(
    calls: Sequence[Told], rules: Sequence[Rule] | None = None, known: Known | None = None
) -> list[Finding]:
    """Every finding, by rule, extension and day."""
    rules, known = shipped_rules() if rules is None else rules, known or Known()
    by_extension: dict[str | None, list[Told]] = defaultdict(list)
    for one in sorted(calls, key=lambda one: one.call.start):
        by_extension[one.call.extension].append(one)
    found = [
        finding
        for rule in rules
        for extension, ones in by_extension.items()
        for finding in _KINDS[rule.kind](rule, extension, ones, known)
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


def _night(rule: Rule, extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
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


def _volume(rule: Rule, extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
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


def _burst(rule: Rule, extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
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


def _simultaneous(rule: Rule, extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
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


def _premium(rule: Rule, extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
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


def _long(rule: Rule, extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
    for one in calls:
        seconds = one.call.duration_s
        if one.call.direction == "outgoing" and seconds > rule.seconds:
            yield _finding(
                rule, [one], one.day, seconds, rule.seconds, f"a call of {seconds} s from {extension}"
            )


def _counted(rule: Rule, calls: list[Told], what: str) -> Iterator[Finding]:
    """A finding for each day with so many of the calls."""
    for day, ones in _days(calls).items():
        if len(ones) >= max(1, rule.calls):
            yield _finding(rule, ones, day, len(ones), max(1, rule.calls), f"{len(ones)} {what}")


def _tandem(rule: Rule, _extension: str | None, calls: list[Told], _known: Known) -> Iterator[Finding]:
    yield from _counted(
        rule, [one for one in calls if one.call.direction == "tandem"], "calls from trunk to trunk"
    )


def _countries(rule: Rule, extension: str | None, calls: list[Told], known: Known) -> Iterator[Finding]:
    seen: set[str] = set()
    for one in calls:
        country = area(one.call.called, one.call.called_kind, known.areas)
        if one.call.direction != "outgoing" or one.call.called_kind != "international" or country is None:
            continue
        if country not in seen:
            seen.add(country)
            yield _finding(rule, [one], one.day, 1, 1, f"the first call of {extension} to {country}")


def _moved_out(rule: Rule, extension: str | None, calls: list[Told], known: Known) -> Iterator[Finding]:
    ones = [
        one
        for one in calls
        if one.call.direction == "incoming"
        and one.call.transferred_to is not None
        and one.call.transferred_to not in known.ours
    ]
    yield from _counted(rule, ones, f"incoming calls transferred out by {extension}")


def _idle(rule: Rule, extension: str | None, calls: list[Told], known: Known) -> Iterator[Finding]:
    ones = [one for one in calls if extension is not None and not known.listed(extension, one.day)]
    yield from _counted(rule, ones, f"calls of {extension}, which is in no directory")


_KINDS: Final[dict[str, Callable[[Rule, str | None, list[Told], Known], Iterator[Finding]]]] = {
    "night_international": _night,
    "volume": _volume,
    "short_burst": _burst,
    "simultaneous": _simultaneous,
    "premium": _premium,
    "long_call": _long,
    "trunk_to_trunk": _tandem,
    "new_country": _countries,
    "after_transfer_out": _moved_out,
    "idle_extension": _idle,
}
