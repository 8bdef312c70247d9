"""Many calls decided at once, from columns to columns.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ain_scp.api.data import DataSet, loaded
from ain_scp.api.faults import InputError
from ain_scp.api.html import table, titled


class Columns(msgspec.Struct, frozen=True):
    """The decisions of a batch, a list for each field, one element for each call in the order given.

    A call that could not be asked or decided has None everywhere and its reason in `error`.
    """

    called_number: list[str | None]
    ctc: list[int | None]
    screening: list[str | None]
    blocking: list[str | None]
    route: list[str | None]
    announcement: list[str | None]
    trunk_groups: list[tuple[str, ...] | None]
    carriers: list[tuple[str, ...] | None]
    ama_slp_id: list[str | None]
    error: list[str | None]

    def __len__(self) -> int:
        return len(self.error)

    def _repr_html_(self) -> str:
        names = self.__struct_fields__
        shown = list(zip(*(getattr(self, name)[:20] for name in names), strict=True))
        more = f", the first {len(shown)}" if len(self) > len(shown) else ""
        return titled(f"{len(self)} calls{more}", table(names, shown))


def batch(data: DataSet | Path | str, calls: Mapping[str, Sequence[object]], *, seed: int = 0) -> Columns:
    """Decide columns of call attempts: `calling_party`, `dialed` and `time`, and any other field of a query line.

    A column is any sequence (a list, an array, a column of a data frame), all equally long; "" and None are absent. `draw` is
    a column, too; without it draws come from `seed`. For files of millions of calls there is `ain batch`. InputError: columns
    that are missing, unknown or of unequal length.
    """
    from ain_scp.scp.batch.attempts import CHUNK, attempts_of
    from ain_scp.scp.batch.engine import Engine
    from ain_scp.scp.batch.sources import row_query
    from ain_scp.terms.query import Query

    columns = _columns(calls)
    count = len(columns["calling_party"])
    engine = Engine(loaded(data).program)
    made = _blank(count)
    draws = _draws(seed, count)
    for start in range(0, count, CHUNK):
        rows: list[int] = []
        queries: list[Query] = []
        for row in range(start, min(start + CHUNK, count)):
            cells = {name: column[row] for name, column in columns.items()}
            texts = {name: str(cell) for name, cell in cells.items() if _is_there(cell)}
            asked = row_query(texts, draws[row])
            if isinstance(asked, Query):
                rows.append(row)
                queries.append(asked)
            else:
                made.error[row] = asked
        attempts = attempts_of(queries)._replace(keyed=True)
        verdicts = engine.decide(attempts)
        for place, row in enumerate(rows):
            _fill(made, row, engine.decision(attempts, verdicts, place))
    return made


def _columns(calls: Mapping[str, Sequence[object]]) -> dict[str, Sequence[object]]:
    from ain_scp.scp.batch.sources import FIELDS, REQUIRED

    columns: dict[str, Sequence[object]] = {name: list(calls[name]) for name in calls}
    missing = [name for name in REQUIRED if name not in columns]
    unknown = sorted(set(columns) - {*FIELDS, "draw"})
    if missing or unknown:
        texts = [f"no column {name}" for name in missing] + [f"unknown column {name}" for name in unknown]
        raise InputError("calls: " + "; ".join(texts))
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"calls: columns of unequal length: {lengths}")
    return columns


def _blank(count: int) -> Columns:
    """Columns without a decision."""
    columns: list[list[Any]] = [[None] * count for _ in Columns.__struct_fields__]
    return Columns(*columns)


def _is_there(cell: object) -> bool:
    """Whether a cell holds something: an empty text, None and NaN are absent."""
    return cell is not None and cell != "" and cell == cell  # noqa: PLR0124 - NaN differs from itself


def _draws(seed: int, count: int) -> list[int]:
    import numpy as np

    from ain_scp.scp.batch.attempts import draws

    made: list[int] = draws(seed, np.arange(count, dtype=np.int64)).tolist()
    return made


def _fill(made: Columns, row: int, decided: object) -> None:
    from ain_scp.terms.decision import Decision

    if not isinstance(decided, Decision):
        made.error[row] = str(getattr(decided, "reason", decided))
        return
    made.called_number[row] = decided.called_number
    made.ctc[row] = decided.ctc
    made.screening[row] = decided.screening
    made.blocking[row] = decided.blocking
    made.route[row] = decided.route_kind
    made.announcement[row] = decided.announcement
    made.trunk_groups[row] = decided.trunk_groups
    made.carriers[row] = decided.carriers
    made.ama_slp_id[row] = decided.ama_slp_id
