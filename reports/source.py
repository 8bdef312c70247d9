"""What a store can be asked, as data: columns, dimensions, measures, filters. No engine's language stands here.

A `Source` describes one table; `plan` checks names against it and gives a `Plan`, which `ain_scp.reports.sql` writes for
SQLite and `ain_scp.reports.warehouse` for any engine that Ibis speaks. So the same request means the same everywhere.

Source: A-250, A-254; [0193].
"""

from collections.abc import Sequence
from typing import Final, Literal, Protocol

import msgspec

Kind = Literal["text", "time", "seconds", "number"]
Operator = Literal["equal", "at_least", "below", "prefix", "word"]
Cut = Literal["value", "prefix", "day", "hour", "word"]
How = Literal["count", "count_equal", "sum"]
Form = Literal["table", "csv", "json", "html"]
Value = str | int | None

MAX_ROWS: Final = 1_000_000


class RequestError(Exception):
    """A request that cannot be answered as asked; `reason` lists every problem with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Column(msgspec.Struct, frozen=True):
    """A column of a table and how its values are written."""

    name: str
    source: str
    kind: Kind


class Dimension(msgspec.Struct, frozen=True):
    """What rows may be grouped by: a column, cut to a prefix, a day, an hour of the day, or its first word."""

    name: str
    source: str
    cut: Cut
    length: int = 0


class Measure(msgspec.Struct, frozen=True):
    """A sum over rows: how many there are, how many have `value`, or the sum of a column; `word` names it in a sentence."""

    name: str
    word: str
    how: How
    source: str = ""
    value: str = ""
    kind: Kind = "number"


class Condition(msgspec.Struct, frozen=True):
    """One filter; all must hold."""

    source: str
    operator: Operator
    value: str | int


class Source(msgspec.Struct, frozen=True):
    """One table: what it can be asked, the order of its rows, and short names of its columns."""

    table: str
    columns: tuple[Column, ...]
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    order: tuple[str, ...]
    """Columns; one that may be empty ends in `?` and sorts as an empty text."""
    aliases: dict[str, str]

    def column(self, name: str) -> Column | None:
        """The column of a name or a short name."""
        return next((one for one in self.columns if one.name == self.aliases.get(name, name)), None)

    def dimension(self, name: str) -> Dimension | None:
        """The dimension of a name or a short name."""
        return next((one for one in self.dimensions if one.name == self.aliases.get(name, name)), None)


class Plan(msgspec.Struct, frozen=True):
    """A checked request: conditions, then either columns of single rows or dimensions with the source's measures."""

    source: Source
    conditions: tuple[Condition, ...]
    columns: tuple[Column, ...]
    dimensions: tuple[Dimension, ...]
    most: int


class QueryEngine(Protocol):
    """What answers plans: an embedded store, or a warehouse."""

    def rows(self, plan: Plan) -> list[tuple[Value, ...]]:
        """The raw rows of a plan, one more than asked for when there are more."""

    def totals(self, plan: Plan) -> tuple[int, ...]:
        """The source's measures over everything that fits a plan's conditions."""


def problems(source: Source, fields: Sequence[str], group_by: Sequence[str], most: int) -> list[str]:
    """What is wrong with the names and the bound of a request."""
    known = ", ".join(one.name for one in source.columns)
    found = [f"unknown field {name}; known: {known}" for name in fields if source.column(name) is None]
    groups = ", ".join(one.name for one in source.dimensions)
    found += [
        f"{source.measures[0].word} cannot be grouped by {name}; known: {groups}"
        for name in group_by
        if source.dimension(name) is None
    ]
    if not fields:
        found.append("no field is asked for")
    if len(set(fields)) < len(fields) or len(set(group_by)) < len(group_by):
        found.append("a field or grouping is named twice")
    if not 0 < most <= MAX_ROWS:
        found.append(f"rows asked for must be 1 to {MAX_ROWS}")
    return found


def plan(
    source: Source,
    conditions: tuple[Condition, ...],
    fields: Sequence[str],
    group_by: Sequence[str],
    most: int,
) -> Plan:
    """Make the plan of a request whose names have been found good; groupings take the place of single rows."""
    columns = () if group_by else tuple(one for name in fields if (one := source.column(name)) is not None)
    dimensions = tuple(cut for name in group_by if (cut := source.dimension(name)) is not None)
    return Plan(source, conditions, columns, dimensions, most)
