"""A plan written as SQL for SQLite; values always travel as parameters, names only from a literal `Source`.

Source: A-250; ain_scp.reports.source.
"""

from typing import Final

from ain_scp.reports.source import Condition, Dimension, Measure, Plan, Source
from ain_scp.terms.units import DAY_MS

_OPERATORS: Final = {
    "equal": "{source} = ?",
    "at_least": "{source} >= ?",
    "below": "{source} < ?",
    "prefix": "substr({source}, 1, length(?)) = ?",
    "word": "({source} = ? or substr({source}, 1, length(?) + 1) = ? || ':')",
}
Parameters = list[str | int]


def _where(conditions: tuple[Condition, ...]) -> tuple[str, Parameters]:
    clauses, parameters = [], []
    for condition in conditions:
        clause = _OPERATORS[condition.operator].format(source=condition.source)
        clauses.append(clause)
        parameters += [condition.value] * clause.count("?")
    return (" where " + " and ".join(clauses) if clauses else ""), parameters


def expression(dimension: Dimension) -> str:
    """The SQL expression a dimension groups by."""
    source = dimension.source
    if dimension.cut == "prefix":
        return f"substr({source}, 1, {dimension.length})"
    if dimension.cut == "day":
        return f"{source} / {DAY_MS}"
    if dimension.cut == "hour":
        return f"{source} % {DAY_MS} / 3600000"
    if dimension.cut == "word":
        return f"substr({source}, 1, instr({source} || ':', ':') - 1)"
    return source


def _measure(measure: Measure) -> str:
    if measure.how == "count":
        return "count(*)"
    if measure.how == "count_equal":
        return f"coalesce(sum({measure.source} = '{measure.value}'), 0)"
    return f"coalesce(sum({measure.source}), 0)"


def _measures(source: Source) -> str:
    return ", ".join(map(_measure, source.measures))


def _order(source: Source) -> str:
    return ", ".join(f"coalesce({name[:-1]}, '')" if name.endswith("?") else name for name in source.order)


def rows_statement(plan: Plan) -> tuple[str, Parameters]:
    """The statement whose rows are the report's: single rows in a fixed order, or groups in the order of their keys.

    One row more than the plan asks for means that there are more.
    """
    where, parameters = _where(plan.conditions)
    source = plan.source
    if plan.dimensions:
        keys = ", ".join(expression(dimension) for dimension in plan.dimensions)
        order = ", ".join(str(number) for number in range(1, len(plan.dimensions) + 1))
        statement = f"select {keys}, {_measures(source)} from {source.table}{where} group by {order} order by {order} limit ?"  # noqa: S608 - names come from a literal Source
    else:
        columns = ", ".join(column.source for column in plan.columns)
        statement = f"select {columns} from {source.table}{where} order by {_order(source)} limit ?"  # noqa: S608 - as above
    return statement, [*parameters, plan.most + 1]


def totals_statement(plan: Plan) -> tuple[str, Parameters]:
    """The statement whose one row is the sums over everything that fits the conditions."""
    where, parameters = _where(plan.conditions)
    return f"select {_measures(plan.source)} from {plan.source.table}{where}", parameters  # noqa: S608 - as above
