"""Profiles out of `calls.db`: the database adds up what is alike, and dimensions are looked up once for each group.

Calls of several extensions are added up one by one. The sums are those of `adding.add_up` over all calls.

Source: C-003, C-009, C-018.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from ain_scp.terms.units import DAY_S
from ain_scp.tickets.call import Call, Segment
from ain_scp.tickets.profile.adding import (
    Dimension,
    Key,
    Sum,
    Surroundings,
    Told,
    add_to,
    dimension,
    in_order,
)
from ain_scp.tickets.provider.database import CallRow, Database

_SECOND: Final = f"((local % {DAY_S} + {DAY_S}) % {DAY_S})"
_DAY: Final = f"(local - {_SECOND}) / {DAY_S}"
_HOUR: Final = f"{_SECOND} / 3600"
_AREA: Final = ("direction", "called_kind", "substr(called, 1, 3)")
_PERSON: Final = ("extension", _DAY)
_ASKS: Final[dict[str, tuple[str, ...]]] = {
    "name": _PERSON, "department": _PERSON, "cost_center": _PERSON, "called_area": _AREA, "area_name": _AREA, "hour": (_HOUR,),
    "weekday": (_DAY,), "day": (_DAY,), "week": (_DAY,), "month": (_DAY,), "site": (),
}  # fmt: skip
_SUMS: Final = (
    "count(*), sum(answered), sum(duration_s), coalesce(sum(cents), 0), coalesce(sum(ring_s), 0), "
    "sum(status = 'BUSY'), max(duration_s), sum(cents is null)"
)


class Asked(NamedTuple):
    """Of which calls, by what: local starts (half open), values that dimensions must have, dimensions."""

    dimensions: list[str]
    wanted: Mapping[str, str] = {}
    since: int | None = None
    until: int | None = None


def usage(database: Database, asked: Asked, around: Surroundings, site: str) -> tuple[dict[Key, Sum], Sum]:
    """Sums by key, keys in order of their texts (null last), and the sum of all. Raises Unknown."""
    takes = [dimension(name, around) for name in asked.dimensions]
    fits = _fitting(asked.wanted, around)
    rows: dict[Key, Sum] = {}
    totals = Sum()
    for one, row in _groups(database, asked, site):
        if fits(one):
            key = tuple(take(one, one.call.extension) for take in takes)
            rows[key] = row.plus(rows[key]) if key in rows else row
            totals = totals.plus(row)
    for one in told_calls(database, asked, site, "segments is not null"):
        if fits(one):
            add_to(rows, totals, one, takes)
    return in_order(rows), totals


def told_calls(database: Database, asked: Asked, site: str, also: str = "1") -> Iterator[Told]:
    """The calls of a period one by one."""
    where, values = _period(asked)
    for row in database.calls(f"where {also} and {where}", values):
        yield Told(row.call, row.source, site, row.local, row.cents)


def call_rows(database: Database, asked: Asked, around: Surroundings, site: str) -> Iterator[CallRow]:
    """The calls that `usage` adds up, one by one."""
    fits = _fitting(asked.wanted, around)
    where, values = _period(asked)
    for row in database.calls(f"where {where}", values):
        if fits(Told(row.call, row.source, site, row.local, row.cents)):
            yield row


def _fitting(wanted: Mapping[str, str], around: Surroundings) -> Callable[[Told], bool]:
    tests = [(dimension(name, around), value, name == "department") for name, value in wanted.items()]
    return lambda one: all(_fits(take, one, value, tree=tree) for take, value, tree in tests)


def _fits(take: Dimension, one: Told, wanted: str, *, tree: bool) -> bool:
    value = take(one, one.call.extension)
    return value == wanted or (tree and value is not None and value.startswith(wanted + "/"))


def _period(asked: Asked) -> tuple[str, list[object]]:
    parts = [("local >= ?", asked.since), ("local < ?", asked.until)]
    found = [(text, value) for text, value in parts if value is not None]
    return " and ".join(["1", *(text for text, _value in found)]), [value for _text, value in found]


def _groups(database: Database, asked: Asked, site: str) -> Iterator[tuple[Told, Sum]]:
    """A call that stands for each group of calls with one extension, and the group's sums."""
    heads = [name.partition(":")[0] for name in (*asked.dimensions, *asked.wanted)]
    columns = list(dict.fromkeys(column for head in heads for column in _ASKS.get(head, (head,))))
    where, values = _period(asked)
    names = ", ".join(columns)
    listed, grouped = (f"{names}, ", f"group by {names}") if columns else ("", "having count(*) > 0")
    statement = f"select {listed}{_SUMS} from call where segments is null and {where} {grouped}"  # noqa: S608 - our own names
    for cells in database.select(statement, values):
        yield _standing_for(dict(zip(columns, cells, strict=False)), site), Sum(*cells[len(columns) :])


def _standing_for(cells: Mapping[str, object], site: str) -> Told:
    def text(name: str) -> str | None:
        value = cells.get(name)
        return None if value is None else str(value)

    def number(name: str) -> int:
        return int(str(cells.get(name, 0)))

    extension, called = text("extension"), text("called")
    call = Call(
        direction=text("direction") or "", extension=extension, calling=None,
        called=text(_AREA[-1]) if called is None else called, called_kind=text("called_kind"), dialed=None, trunk=text("trunk"),
        start=0, end=0, ring_s=None, duration_s=0, answered=False, status=text("status") or "", account=text("account"),
        call_id=None, notes=(), lines=(), segments=(Segment(extension, 0),),
    )  # fmt: skip
    return Told(call, text("source") or "", site, number(_DAY) * DAY_S + number(_HOUR) * 3600, 0)
