"""The same report requests on any engine that Ibis speaks: DuckDB, PostgreSQL, Spark, Trino, ClickHouse.

Extra `warehouse` (ibis-framework with the engine's own extra). A plan is turned into one Ibis expression made of filter,
group, count and sum only, which every engine answers alike; times are formatted and seconds rounded by us, not by it.

Source: A-250; libraries.md section 6c.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

from ain_scp.smdr.record import SmdrRecord
from ain_scp.smdr.report import Value
from ain_scp.smdr.request import Condition, Dimension, Plan
from ain_scp.terms.units import DAY_MS

Table = Any
"""An Ibis table expression; Ibis carries no types, and is imported only by who asks for it."""
Connection = Any
"""An Ibis backend."""

TABLE: Final = "smdr_call"
_SCHEMA: Final = {
    "identifier": "!string",
    "scp": "!string",
    "customer_group": "!string",
    "calling_party_id": "!string",
    "called_party_id": "!string",
    "original_called_party_id": "string",
    "status": "!string",
    "start_ms": "!int64",
    "connect_ms": "int64",
    "end_ms": "!int64",
    "duration_ms": "!int64",
    "source_records": "!int64",
    "destination": "!string",
}
_ORDER: Final = (
    "start_ms",
    "calling_party_id",
    "called_party_id",
    "original",
    "status",
    "end_ms",
    "scp",
    "identifier",
)


class Warehouse:
    """Answers plans from one table of calls; a `ain_scp.smdr.host.QueryEngine`."""

    def __init__(self, table: Table) -> None:
        """Take the table of calls, with the columns that `load` makes."""
        self._table = table

    def rows(self, plan: Plan) -> list[tuple[Value, ...]]:
        """The raw rows of a plan, one more than asked for when there are more."""
        table = self._fitting(plan)
        if plan.dimensions:
            names = [f"key_{number}" for number in range(len(plan.dimensions))]
            keys = {
                name: _cut(table, dimension) for name, dimension in zip(names, plan.dimensions, strict=True)
            }
            grouped = (
                table.group_by(**keys).aggregate(**_measures(table)).order_by(names).limit(plan.most + 1)
            )
            return _tuples(grouped, [*names, "calls", "completed", "milliseconds"])
        ordered = table.mutate(original=table.original_called_party_id.fill_null("")).order_by(list(_ORDER))
        return _tuples(ordered.limit(plan.most + 1), [column.source for column in plan.columns])

    def totals(self, plan: Plan) -> tuple[int, int, int]:
        """Calls, completed calls and milliseconds that fit a plan's conditions."""
        table = self._fitting(plan)
        ((calls, completed, duration_ms),) = _tuples(
            table.aggregate(**_measures(table)), ["calls", "completed", "milliseconds"]
        )
        return int(calls or 0), int(completed or 0), int(duration_ms or 0)

    def _fitting(self, plan: Plan) -> Table:
        table = self._table
        for condition in plan.conditions:
            table = table.filter(_holds(table, condition))
        return table


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


def _measures(table: Table) -> dict[str, Any]:
    return {
        "calls": table.count(),
        "completed": (table.status == "COMPLETED").ifelse(1, 0).sum(),
        "milliseconds": table.duration_ms.sum(),
    }


def _tuples(expression: Table, names: list[str]) -> list[tuple[Value, ...]]:
    """Run an expression; rows as tuples in the order of `names`, which may repeat a column."""
    columns = expression.select(list(dict.fromkeys(names))).to_pyarrow().to_pydict()
    return list(zip(*(columns[name] for name in names), strict=True))


def load(connection: Connection, records: Iterable[SmdrRecord], name: str = TABLE) -> Warehouse:
    """Make a new table of calls on an Ibis connection and fill it; the engine's own error when the name is taken."""
    ibis = import_module("ibis")
    columns: dict[str, list[Value]] = {column: [] for column in _SCHEMA}
    for record in records:
        for column, values in columns.items():
            values.append(_value(record, column))
    schema = ibis.schema(_SCHEMA)
    arrow = schema.to_pyarrow()
    data = ibis.memtable(arrow.empty_table().from_pydict(columns, schema=arrow), schema=schema)
    return Warehouse(connection.create_table(name, obj=data, schema=schema))


def _value(record: SmdrRecord, column: str) -> Value:
    if column == "destination":
        return record.original_called_party_id or record.called_party_id
    found: Value = getattr(record, column)
    return found
