"""The same calls decided from two data sets: which decisions differ, and in which fields.

Calls are put together by the pair of verdicts they got, so that each pair is compared field by field once, however many
calls it stands for.

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
from ain_scp.scp.batch.verdicts import CAUSES, NO_CUSTOMER, Verdicts
from ain_scp.scp.service_logic.decision_json import decision_form
from ain_scp.scp.service_logic.program import Undecidable
from ain_scp.terms.decision import Decision
from ain_scp.terms.localtime import text

_VACANT: Final = CAUSES.index("VACANT_NUMBER")
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
        decided = [verdicts.customer != NO_CUSTOMER for verdicts in pair]
        totals.compared += int(np.count_nonzero(decided[0] | decided[1]))
        whole = {
            row
            for verdicts in pair
            for row, decided in verdicts.whole.items()
            if isinstance(decided, Undecidable) or not _fits(verdicts, row, decided)
        }
        keys = self._keys(pair)
        unique, first, inverse, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        alone = np.zeros(len(keys), np.bool_)
        alone[list(whole)] = True
        differing = np.zeros(len(unique), np.bool_)
        loose = np.bincount(inverse.ravel()[alone], minlength=len(unique))
        for at in range(len(unique)):
            rows = int(counts[at]) - int(loose[at])
            if rows:
                row = int(first[at])
                if alone[row]:
                    row = int(np.flatnonzero((inverse.ravel() == at) & ~alone)[0])
                found = self._differences(attempts, pair, row)
                differing[at] = bool(found)
                _count(totals, found, rows)
        changed = differing[inverse.ravel()] & ~alone
        for row in sorted(whole):
            found = self._differences(attempts, pair, row)
            _count(totals, found, 1)
            changed[row] = bool(found)
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

    def _keys(self, pair: tuple[Verdicts, Verdicts]) -> NDArray[np.void]:
        """One key for each call: every column of both verdicts but the numbers, and whether the numbers are equal."""
        columns = [
            column for verdicts in pair for column in (*verdicts.columns()[:2], *verdicts.columns()[3:])
        ]
        answers = [self._answered(at, verdicts) for at, verdicts in enumerate(pair)]
        columns.append(pair[0].called == pair[1].called)
        columns.append(answers[0] == answers[1])
        parts = [np.ascontiguousarray(column).view(np.uint8).reshape(len(column), -1) for column in columns]
        rows = np.ascontiguousarray(np.concatenate(parts, axis=1))
        return rows.view(np.dtype((np.void, rows.shape[1]))).ravel()

    def _answered(self, at: int, verdicts: Verdicts) -> NDArray[np.int64]:
        """The called party of the response: the vacant number, an ASF-RTL number, or who was called; 0 = none."""
        engine = self._engines[at]
        customers = engine.program.snapshot.customers
        vacant = np.array([*(_code(one.vacant_number) for one in customers), 0])
        rtl = np.array(
            [_code(entry.rtl_number) if entry.kind == "ASF_RTL" else 0 for entry in engine.routes.entries]
        )
        host = rtl.take(verdicts.route)
        going = np.where(host > 0, host, verdicts.called)
        refused = verdicts.announcement > 0
        answered: NDArray[np.int64] = np.where(
            verdicts.announcement == _VACANT, vacant[verdicts.customer], np.where(refused, 0, going)
        ) * (verdicts.customer != NO_CUSTOMER)
        return answered


def _fits(verdicts: Verdicts, row: int, decided: Decision) -> bool:
    """Whether the columns tell all of a decision that was made one by one."""
    return decided.called_number is None or verdicts.called[row] != 0


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
