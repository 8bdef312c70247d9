"""Conditions of rules and routing nodes, the facilities they choose, and which earlier condition leaves none over.

Source: requirements.md section 5.2 (`asf_profiles.rules`, `rtl`), A-111, A-120 to A-128, A-157, AMB-41.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator

from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows import Condition, Facilities
from ain_scp.terms import localtime

MOST_FACILITIES = 3

_CLOCK = re.compile(r"(\d\d):(\d\d)", re.ASCII)
_TRUNK_GROUP = re.compile(r"\d{4}-\d{4}", re.ASCII)
_CARRIER = re.compile(r"\d{4}", re.ASCII)
_MINUTES = 1440
_SPLIT_AT_MOST = 512
_COMPARED = 256


def is_trunk_group(text: str) -> bool:
    """Say whether `text` is a private trunk group id: `0000-0174`."""
    return _TRUNK_GROUP.fullmatch(text) is not None


def is_carrier(text: str) -> bool:
    """Say whether `text` is a carrier code: `0222`."""
    return _CARRIER.fullmatch(text) is not None


def read_facilities(section: Section) -> Facilities:
    """Read `trunk_groups` and `carriers`, each 0 to 3."""
    trunks = _facilities(section, "trunk_groups", "a trunk group (dddd-dddd)")
    return Facilities(trunks, _facilities(section, "carriers", "a carrier (4 digits)"))


def _facilities(section: Section, key: str, kind: str) -> tuple[str, ...]:
    good = is_trunk_group if key == "trunk_groups" else is_carrier
    found: list[str] = []
    for index, value in section.items(key, str):
        text = str(value)
        if index == MOST_FACILITIES:
            section.error(key, f"{key}: more than {MOST_FACILITIES}", "A-111", index)
        if not good(text):
            section.error(key, f"{key}: {shown(text)} is not {kind}", "A-111", index)
            continue
        if text in found:
            section.warn(key, f"{key}: {text} is given twice", "AMB-41", index)
        found.append(text)
    return tuple(found)


def read_condition(parent: Section) -> tuple[Condition, bool]:
    """Read the `if` table of a rule or node, and say whether it is sound: a wrong part counts as not asked."""
    if "if" not in parent:
        return Condition(), True
    section = parent.section("if")
    condition = Condition(
        ctc=_ints(section, "ctc", 1, 999, "A-121"),
        npa=_npas(section),
        dow=_ints(section, "dow", 1, 7, "A-125"),
        tod=_window(section),
        date=_dates(section),
        percent=section.integer("percent", 1, 100, "A-127", 100) if "percent" in section else None,
    )
    section.finish()
    return condition, not section.bad


def read_ctcs(section: Section) -> frozenset[int] | None:
    """Read a `ctc` list; None when there is none."""
    return _ints(section, "ctc", 1, 999, "A-132")


def _not_empty(section: Section, key: str, count: int) -> bool:
    if count == 0 and not section.bad:
        section.error(key, f"{key} is an empty list: the condition can never hold", "A-121")
    return count > 0


def _ints(section: Section, key: str, low: int, high: int, rule: str) -> frozenset[int] | None:
    if key not in section:
        return None
    found: set[int] = set()
    items = section.items(key, int)
    for index, value in items:
        if not isinstance(value, int) or not low <= value <= high:
            section.error(key, f"{key}: {shown(value)} is not {low} to {high}", rule, index)
        elif value in found:
            section.warn(key, f"{key}: {value} is given twice", rule, index)
        else:
            found.add(value)
    return frozenset(found) if _not_empty(section, key, len(items)) else None


def _npas(section: Section) -> frozenset[str] | None:
    if "npa" not in section:
        return None
    found = section.number_list("npa", (3,), "A-121")
    return frozenset(found) if _not_empty(section, "npa", len(found)) else None


def _window(section: Section) -> tuple[int, int] | None:
    if "tod" not in section:
        return None
    items = section.items("tod", str)
    if section.bad:
        return None
    if len(items) != 2:
        section.error("tod", 'tod is not ["HH:MM", "HH:MM"]', "A-125")
        return None
    start, end = (_minute(section, index, str(value)) for index, value in items)
    if start is None or end is None:
        return None
    if start in (end, _MINUTES):
        section.error("tod", "tod: the window is empty (the end minute is excluded)", "A-125")
        return None
    return start, end


def _minute(section: Section, index: int, text: str) -> int | None:
    match = _CLOCK.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else _MINUTES + 1
    if minute > _MINUTES:
        section.error("tod", f"tod: {shown(text)} is not 00:00 to 24:00", "A-125", index)
        return None
    return minute


def _dates(section: Section) -> frozenset[int] | None:
    """Read dates, written as TOML dates or as strings."""
    if "date" not in section:
        return None
    found: set[int] = set()
    values = section.take("date", list)
    for index, value in enumerate(values if isinstance(values, list) else ()):
        day = _day(value)
        if day is None:
            section.error("date", f"date: {shown(value)} is not a date YYYY-MM-DD", "A-124", index)
        else:
            found.add(day)
    return frozenset(found) if _not_empty(section, "date", len(found)) else None


def _day(value: object) -> int | None:
    if isinstance(value, str) and len(value) == 10:
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            return None
    return localtime.from_date(value) if type(value) is dt.date else None


def shadowed_by(condition: Condition, earlier: Iterable[Condition]) -> bool:
    """Say whether every call that meets `condition` meets one of the earlier ones first.

    Sound, not complete: the condition is cut into single codes, area codes and days, and each piece must lie within one
    earlier condition. An earlier percentage below 100 lets calls through, so it never shadows.
    """
    certain = [one for one in earlier if one.percent in (None, 100)][:_COMPARED]
    if not certain:
        return False
    pieces = list(_pieces(condition))
    return bool(pieces) and all(any(_within(piece, one) for one in certain) for piece in pieces)


def _pieces(condition: Condition) -> Iterator[Condition]:
    ctcs = [frozenset((c,)) for c in condition.ctc] if condition.ctc else [None]
    npas = [frozenset((n,)) for n in condition.npa] if condition.npa else [None]
    days = [frozenset((d,)) for d in condition.dow or range(1, 8)]
    if len(ctcs) * len(npas) * len(days) > _SPLIT_AT_MOST:
        yield condition
        return
    for ctc in ctcs:
        for npa in npas:
            for day in days:
                yield Condition(ctc, npa, day, condition.tod, condition.date, condition.percent)


def _within(inner: Condition, outer: Condition) -> bool:
    return (
        _subset(inner.ctc, outer.ctc)
        and _subset(inner.npa, outer.npa)
        and (outer.dow is None or len(outer.dow) == 7 or _subset(inner.dow, outer.dow))
        and _subset(inner.date, outer.date)
        and _minutes(inner.tod) & ~_minutes(outer.tod) == 0
    )


def _subset(
    inner: frozenset[int] | frozenset[str] | None, outer: frozenset[int] | frozenset[str] | None
) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _minutes(window: tuple[int, int] | None) -> int:
    """Give the minutes of the day as a bit set."""
    whole = (1 << _MINUTES) - 1
    if window is None:
        return whole
    start, end = window
    if start < end:
        return (1 << end) - (1 << start)
    return whole & ~((1 << start) - (1 << end))
