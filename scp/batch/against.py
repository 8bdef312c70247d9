"""The same calls decided from two data sets: which decisions differ, and in which fields.

Calls are put together by pair of classes and outcome on both sides, so that each such pair is compared field by field once,
however many calls it stands for.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Callable
from typing import Final, final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.digits import code
from ain_scp.scp.batch.attempts import Attempts
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.batch.totals import Example, Totals
from ain_scp.scp.batch.verdicts import UNDECIDABLE, Verdicts
from ain_scp.scp.service_logic.decision_json import decision_form
from ain_scp.scp.service_logic.program import Undecidable
from ain_scp.terms.decision import Decision
from ain_scp.terms.localtime import text

Value = str | int | bool | list[str] | None
Fields = dict[str, Value]


@final
class Against:
    """Compares the decisions of two engines."""

    def __init__(self, before: Engine, after: Engine, examples: int) -> None:
        self._engines = before, after
        self._examples = examples

    def compare(
        self, attempts: Attempts, places: NDArray[np.int64], pair: tuple[Verdicts, Verdicts], totals: Totals
    ) -> None:
        """Count the calls of a chunk whose decisions differ, by field; keep the first examples."""
        decided = [verdicts.outcome != UNDECIDABLE for verdicts in pair]
        totals.compared += int(np.count_nonzero(decided[0] | decided[1]))
        keys = self._keys(pair)
        alone = sorted({*pair[0].whole, *pair[1].whole})
        keys[alone] = -1 - np.arange(len(alone))  # decided one by one, and compared so
        _, first, inverse, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        differing = np.zeros(first.size, np.bool_)
        for at, (row, rows) in enumerate(zip(first.tolist(), counts.tolist(), strict=True)):
            found = self._differences(attempts, pair, row)
            differing[at] = bool(found)
            _count(totals, found, rows)
        changed = differing[inverse]
        for row in np.flatnonzero(changed)[: max(0, self._examples - len(totals.examples))].tolist():
            query = attempts.query(row)
            totals.examples.append(
                Example(
                    int(places[row]),
                    query.calling_party or "",
                    query.access_code,
                    query.dialed,
                    text(query.time),
                    self._differences(attempts, pair, row),
                )
            )

    def _differences(
        self, attempts: Attempts, pair: tuple[Verdicts, Verdicts], row: int
    ) -> dict[str, tuple[Value, Value]]:
        before, after = (
            fields_of(engine.decision(attempts, verdicts, row))
            for engine, verdicts in zip(self._engines, pair, strict=True)
        )
        return {
            name: (before.get(name), after.get(name))
            for name in before | after
            if before.get(name) != after.get(name)
        }

    def _keys(self, pair: tuple[Verdicts, Verdicts]) -> NDArray[np.int64]:
        """One key for each call: its pair of classes and outcome on both sides, and which of its numbers are equal."""
        key: NDArray[np.int64] = (pair[0].called == pair[1].called) + 2 * (pair[0].cic == pair[1].cic).astype(
            np.int64
        )
        key += 4 * (self._answered(0, pair[0]) == self._answered(1, pair[1]))
        for verdicts in pair:
            for column in (verdicts.caller, verdicts.plan, verdicts.klass, verdicts.outcome):
                key = key * (int(column.max(initial=-1)) + 2) + column + 1
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
        return key

    def _answered(self, at: int, verdicts: Verdicts) -> NDArray[np.int64]:
        """The called party of the response: the vacant number, an ASF-RTL number, or who was called; 0 = none."""
        engine = self._engines[at]
        vacant = np.array([*(_code(one.customer.vacant_number) for one in engine.callers.classes), 0])
        host = np.array(
            [_code(one.rtl_number) if one.route_kind == "ASF_RTL" else 0 for one in engine.outcomes] + [0]
        )
        refused = np.array([one.announcement is not None for one in engine.outcomes] + [True])
        to_vacant = np.array([one.announcement == "VACANT_NUMBER" for one in engine.outcomes] + [False])
        outcome = verdicts.outcome
        going = np.where(host[outcome] > 0, host[outcome], verdicts.called)
        answered: NDArray[np.int64] = np.where(
            to_vacant[outcome], vacant[verdicts.caller], np.where(refused[outcome], 0, going)
        )
        return answered


def _code(number: str | None) -> int:
    return code(number) if number else 0


def _count(totals: Totals, found: dict[str, tuple[Value, Value]], rows: int) -> None:
    if found:
        totals.changed += rows
        for name in found:
            totals.fields[name] = totals.fields.get(name, 0) + rows


_BUILTINS: Final[Callable[[object], dict[str, object]]] = msgspec.to_builtins


def fields_of(decided: Decision | Undecidable) -> Fields:
    """The fields of a decision by dotted name, path and steps left out; an undecidable query has `error` only."""
    if isinstance(decided, Undecidable):
        return {"error": decided.reason}
    made: Fields = {}
    for name, value in _BUILTINS(decision_form(decided)).items():
        if name in ("path", "steps"):
            continue
        if isinstance(value, dict):
            made.update({f"{name}.{inner}": one for inner, one in value.items()})
        elif value is None or isinstance(value, str | int | bool):
            made[name] = value
    return made
