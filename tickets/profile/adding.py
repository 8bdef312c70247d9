"""Calls added up by any of the dimensions.

A call counts once, for the extension that made it or first answered it; its seconds count for each segment's extension,
its cost is split by seconds. A dimension that a call has no value for is a row with null.

Source: C-003, C-009, C-018.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

import msgspec

from ain_scp.terms.units import DAY_S
from ain_scp.terms.zone import Zone
from ain_scp.tickets.call import Call
from ain_scp.tickets.profile.charges import Price, split
from ain_scp.tickets.profile.tables import NOBODY, Directory

_EPOCH: Final = date(1970, 1, 1)
MEASURES: Final = ("calls", "answered", "seconds", "cost_cents")
MORE_MEASURES: Final = ("ring_s", "busy", "longest_s", "unrated")
_NPA: Final = 3


class Told(NamedTuple):
    """A call with what the site knows of it: where it was collected, its local start, its cost in cents."""

    call: Call
    source: str
    site: str
    local: int
    cents: int | None

    @property
    def day(self) -> date:
        """The local day of the start."""
        return _EPOCH + timedelta(days=self.local // DAY_S)


class Surroundings(NamedTuple):
    """What profiles are made with."""

    zone: Zone
    directory: Directory
    areas: dict[str, str]
    price: Price


class Sum(msgspec.Struct):
    """The measures of a row."""

    calls: int = 0
    answered: int = 0
    seconds: int = 0
    cost_cents: int = 0
    ring_s: int = 0
    busy: int = 0
    longest_s: int = 0
    unrated: int = 0

    def plus(self, other: "Sum") -> "Sum":
        """Both rows as one."""
        values = {name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        return Sum(**values | {"longest_s": max(self.longest_s, other.longest_s)})


Key = tuple[str | None, ...]
Dimension = Callable[[Told, str | None], str | None]


class Unknown(ValueError):
    """A dimension that there is not; the text lists those that there are."""


def told(call: Call, around: Surroundings, source: str = "", site: str = "") -> Told:
    """A call with its surroundings."""
    return Told(call, source, site, around.zone.local_s(call.start), around.price(call))


def add_up(calls: Iterable[Told], dimensions: list[str], around: Surroundings) -> tuple[dict[Key, Sum], Sum]:
    """Sums by key, keys in order of their texts (null last), and the sum of all."""
    takes = [dimension(name, around) for name in dimensions]
    rows: dict[Key, Sum] = {}
    totals = Sum()
    for one in calls:
        add_to(rows, totals, one, takes)
    return in_order(rows), totals


def add_to(rows: dict[Key, Sum], totals: Sum, one: Told, takes: list[Dimension]) -> None:
    """Add one call to the rows of its parts, and to the sum of all."""
    _add_call(totals, one)
    _add_part(totals, one.call.duration_s, one.cents or 0)
    counted = rows.setdefault(tuple(take(one, one.call.extension) for take in takes), Sum())
    _add_call(counted, one)
    for extension, seconds, cents in parts(one):
        row = rows.setdefault(tuple(take(one, extension) for take in takes), Sum())
        _add_part(row, seconds, cents)


def in_order(rows: dict[Key, Sum]) -> dict[Key, Sum]:
    """Rows in the order of their keys' texts, null last."""
    return dict(sorted(rows.items(), key=lambda item: [(value is None, value or "") for value in item[0]]))


def _add_call(row: Sum, one: Told) -> None:
    call = one.call
    row.calls += 1
    row.answered += call.answered
    row.ring_s += call.ring_s or 0
    row.busy += call.status == "BUSY"
    row.longest_s = max(row.longest_s, call.duration_s)
    row.unrated += one.cents is None


def _add_part(row: Sum, seconds: int, cents: int) -> None:
    row.seconds += seconds
    row.cost_cents += cents


def parts(one: Told) -> Iterator[tuple[str | None, int, int]]:
    """Extension, seconds and cents of each segment."""
    segments = one.call.segments
    shares = split(one.cents or 0, [segment.duration_s for segment in segments])
    for segment, share in zip(segments, shares, strict=True):
        yield segment.extension, segment.duration_s, share


def area(called: str | None, kind: str | None, areas: Mapping[str, str]) -> str | None:
    """The area of an outgoing call: the NPA, or + and the country code."""
    if called is None:
        return None
    if kind == "national":
        return called[:_NPA]
    if kind == "international":
        codes = (called[:length] for length in (3, 2, 1))
        return next((f"+{code}" for code in codes if code in areas), None)
    return None


def _area(one: Told, areas: dict[str, str]) -> str | None:
    call = one.call
    return area(call.called, call.called_kind, areas) if call.direction == "outgoing" else None


def dimension(name: str, around: Surroundings) -> Dimension:
    """The function that gives a call's (or a part's) value of a dimension. Raises Unknown."""
    head, _colon, level = name.partition(":")
    if head == "department":
        levels = int(level) if level.isdigit() and int(level) else 0
        if level and not levels:
            raise Unknown(f"{name}: department:N takes a whole number of levels")
        return lambda one, extension: _department(around.directory, one, extension, levels)
    found = None if level else _plain(head, around)
    if found is None:
        raise Unknown(f"{name}: expected one of {', '.join(DIMENSIONS)}")
    return found


def _department(directory: Directory, one: Told, extension: str | None, levels: int) -> str | None:
    entry = directory.find(extension, one.day)
    department = NOBODY if entry is None else entry.department
    return "/".join(department.split("/")[:levels]) if levels else department


def _plain(name: str, around: Surroundings) -> Dimension | None:
    if name in _OF_CALL:
        take = _OF_CALL[name]
        return lambda one, _extension: take(one)
    directory, areas = around.directory, around.areas
    match name:
        case "extension":
            return lambda _one, extension: extension
        case "name":
            return lambda one, extension: _of(directory.find(extension, one.day), "name")
        case "cost_center":
            return lambda one, extension: _of(directory.find(extension, one.day), "cost_center")
        case "called_area":
            return lambda one, _extension: _area(one, areas)
        case "area_name":
            return lambda one, _extension: _area_name(_area(one, areas), areas)
    return None


def _of(entry: object, name: str) -> str | None:
    return None if entry is None else str(getattr(entry, name)) or None


def _area_name(code: str | None, areas: dict[str, str]) -> str | None:
    return None if code is None else areas.get(code.removeprefix("+"), code)


def _week(one: Told) -> str:
    year, week, _day = one.day.isocalendar()
    return f"{year:04}-W{week:02}"


_OF_CALL: Final[dict[str, Callable[[Told], str | None]]] = {
    "trunk": lambda one: one.call.trunk,
    "direction": lambda one: one.call.direction,
    "called": lambda one: one.call.called,
    "account": lambda one: one.call.account,
    "status": lambda one: one.call.status,
    "site": lambda one: one.site,
    "source": lambda one: one.source,
    "hour": lambda one: f"{one.local % DAY_S // 3600:02}:00",
    "weekday": lambda one: str(one.day.isoweekday()),
    "day": lambda one: one.day.isoformat(),
    "week": _week,
    "month": lambda one: one.day.isoformat()[:7],
}
DIMENSIONS: Final = (
    "extension", "name", "department", "department:N", "cost_center", "called_area", "area_name", *_OF_CALL,
)  # fmt: skip
