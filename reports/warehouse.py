"""The same report requests on any engine that Ibis speaks: DuckDB, PostgreSQL, Spark, Trino, ClickHouse.

Extra `warehouse` (ibis-framework with the engine's own extra). A plan is turned into one Ibis expression made of filter,
group, count and sum only, which every engine answers alike; times are formatted and seconds rounded by us, not by it.

Source: A-250; libraries.md section 6c.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from ain_scp.reports.source import Condition, Dimension, Measure, Plan, Source, Value
from ain_scp.terms.units import DAY_MS

Table = Any
"""An Ibis table expression; Ibis carries no types, and is imported only by who asks for it."""
Connection = Any
"""An Ibis backend."""


class Warehouse:
    """Answers plans from one table; a `QueryEngine`."""

    def __init__(self, table: Table) -> None:
        """Take the table, with the columns that `load` makes."""
        self._table = table

    def rows(self, plan: Plan) -> list[tuple[Value, ...]]:
        """The raw rows of a plan, one more than asked for when there are more."""
        table, source = self._fitting(plan), plan.source
        if plan.dimensions:
            names = [f"key_{number}" for number in range(len(plan.dimensions))]
            keys = {
                name: _cut(table, dimension) for name, dimension in zip(names, plan.dimensions, strict=True)
            }
            grouped = table.group_by(**keys).aggregate(**_measures(table, source))
            return _tuples(grouped.order_by(names).limit(plan.most + 1), [*names, *_names(source)])
        order = [f"order_{place}" if name.endswith("?") else name for place, name in enumerate(source.order)]
        filled = {
            key: table[name[:-1]].fill_null("")
            for key, name in zip(order, source.order, strict=True)
            if key != name
        }
        ordered = table.mutate(**filled).order_by(order)
        return _tuples(ordered.limit(plan.most + 1), [column.source for column in plan.columns])

    def totals(self, plan: Plan) -> tuple[int, ...]:
        """The source's measures over what fits a plan's conditions."""
        table = self._fitting(plan)
        (sums,) = _tuples(table.aggregate(**_measures(table, plan.source)), _names(plan.source))
        return tuple(int(value or 0) for value in sums)

    def _fitting(self, plan: Plan) -> Table:
        table = self._table
        for condition in plan.conditions:
            table = table.filter(_holds(table, condition))
        return table


def _names(source: Source) -> list[str]:
    return [f"sum_{measure.name}" for measure in source.measures]


def _holds(table: Table, condition: Condition) -> Any:
    column, value = table[condition.source], condition.value
    if condition.operator == "at_least":
        return column >= value
    if condition.operator == "below":
        return column < value
    if condition.operator == "prefix":
        return column.substr(0, len(str(value))) == value
    if condition.operator == "word":
        return (column == value) | (column.substr(0, len(str(value)) + 1) == f"{value}:")
    return column == value


def _cut(table: Table, dimension: Dimension) -> Any:
    column = table[dimension.source]
    if dimension.cut == "prefix":
        return column.substr(0, dimension.length)
    if dimension.cut == "day":
        return (column - column % DAY_MS) // DAY_MS
    if dimension.cut == "hour":
        return (column % DAY_MS - column % 3_600_000) // 3_600_000
    if dimension.cut == "word":
        return column.contains(":").ifelse(column.substr(0, column.find(":")), column)
    return column


def _measures(table: Table, source: Source) -> dict[str, Any]:
    return {f"sum_{one.name}": _measure(table, one) for one in source.measures}


def _measure(table: Table, measure: Measure) -> Any:
    if measure.how == "count":
        return table.count()
    if measure.how == "count_equal":
        return (table[measure.source] == measure.value).ifelse(1, 0).sum()
    return table[measure.source].sum()


def _tuples(expression: Table, names: list[str]) -> list[tuple[Value, ...]]:
    """Run an expression; rows as tuples in the order of `names`, which may repeat a column."""
    columns = expression.select(list(dict.fromkeys(names))).to_pyarrow().to_pydict()
    return list(zip(*(columns[name] for name in names), strict=True))


def load(
    connection: Connection, schema: Mapping[str, str], rows: Iterable[tuple[Value, ...]], name: str
) -> Warehouse:
    """Make a new table on an Ibis connection and fill it; the engine's own error when the name is taken.

    `schema` has Ibis' own types by column, rows are in its order.
    """
    ibis = import_module("ibis")
    columns: dict[str, list[Value]] = {column: [] for column in schema}
    for row in rows:
        for values, value in zip(columns.values(), row, strict=True):
            values.append(value)
    typed = ibis.schema(schema)
    arrow = typed.to_pyarrow()
    data = ibis.memtable(arrow.empty_table().from_pydict(columns, schema=arrow), schema=typed)
    return Warehouse(connection.create_table(name, obj=data, schema=typed))
