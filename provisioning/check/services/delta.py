"""`services/lnp/delta/NAME.csv`: changes of the ported numbers, applied in the order of the names.

A file with an error is applied in no part: also one that ports an LRN, or leads to a ported number (a loop). A row that fits the numbers badly (a number removed that is not there) is reported and
applied as what it must mean. A plain file whose rows all fit is read as columns: a hundred thousand rows must not take a second.

Source: B4-012; rules LNP-04, LNP-12.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import code, digits_of
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.services.cells import (
    FOLDER,
    NUMBER,
    Known,
    check_spid,
    number_cell,
    portable_number,
)
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows_services import DeltaRow
from ain_scp.provisioning.tables.columns import EMPTY_CODE, ColumnFile, Digits, Text, Words
from ain_scp.provisioning.where import Where

HERE: Final = f"{FOLDER}/lnp/delta"
DELTA: Final = (("action", "number"), ("lrn", "spid"))
ACTIONS: Final = ("ADD", "MOD", "DEL")
_ADD, _DEL = ACTIONS.index("ADD"), ACTIONS.index("DEL")
_PLAIN: Final[dict[str, Digits | Words | Text]] = {
    "action": Words(ACTIONS),
    "number": Digits((NUMBER,)),
    "lrn": Digits((NUMBER,), blank=True),
    "spid": Text((4,), blank=True),
}
_TOGETHER: Final = 4096
"""Rows made of columns at once: for so long nothing else of the process runs."""

Codes = NDArray[np.int64]
ArePorted = Callable[[Codes], NDArray[np.bool_]]


class _Numbers:
    """What is ported, and what is an LRN, as the deltas read so far leave it."""

    def __init__(self, are_ported: ArePorted, lrns: Iterable[str]) -> None:
        self.are_ported = are_ported
        self.changed: dict[str, bool] = {}
        self.lrns = set(lrns)

    def is_ported(self, number: str) -> bool:
        found = self.changed.get(number)
        return bool(self.are_ported(np.array([code(number)]))[0]) if found is None else found

    def loop(self, row: DeltaRow) -> str:
        """Which cell of a row makes an LRN a ported number; "" for none."""
        if not row.lrn:
            return ""
        if row.number == row.lrn or row.number in self.lrns:
            return "number"
        return "lrn" if self.is_ported(row.lrn) else ""


def read_deltas(files: Files, known: Known, are_ported: ArePorted, lrns: Iterable[str]) -> Iterator[DeltaRow]:
    """Read every delta file in order.

    `are_ported` says of codes of numbers which of them ported.csv has; `lrns` are the LRNs of the other files.
    """
    state = _Numbers(are_ported, lrns)
    for name in files.open_any(HERE):
        file = f"{HERE}/{name}"
        if not name.endswith(".csv"):
            files.findings.error(file, 0, 0, "a delta file is named NAME.csv", "file")
        elif (plain := _fitting(files, file, known, state)) is not None:
            yield from _changes(file, plain)
        else:
            yield from _read(files, file, known, state)


def among(numbers: Codes) -> ArePorted:
    """A function: codes -> which of them are among these; they are put in order when it is asked first."""
    ordered: list[Codes] = []

    def are_there(wanted: Codes) -> NDArray[np.bool_]:
        if not ordered:
            ordered.append(np.sort(numbers))
        column = ordered[0]
        if not column.size:
            return np.zeros(wanted.size, np.bool_)
        at = np.minimum(np.searchsorted(column, wanted), column.size - 1)
        found: NDArray[np.bool_] = column[at] == wanted
        return found

    return are_there


def may_be_ported(numbers: Codes, known: Known) -> bool:
    """Whether every number may be ported, as far as its digits say."""
    digits = numbers - 10**NUMBER
    area = digits // 10**7
    special = [int(npa) for npa in known.toll_free_npas] + list(range(211, 1000, 100))
    legal = (digits >= 2 * 10**9) & (digits // 10**6 % 10 >= 2) & ~np.isin(area, special)
    return bool(legal.all())


def _fitting(files: Files, file: str, known: Known, state: _Numbers) -> ColumnFile | None:
    """A plain file of which nothing needs to be reported, its changes noted in `state`; None, and nothing is noted, for any other."""
    read = files.columns(file, _PLAIN)
    if read is None:
        return None
    actions, numbers, lrns = (read.columns[name] for name in ("action", "number", "lrn"))
    if not may_be_ported(numbers, known) or not ((actions == _DEL) | (lrns != EMPTY_CODE)).all():
        return None
    given = np.unique(lrns[actions != _DEL])
    led = {digits_of(number) for number in given.tolist()}
    ends = np.array([code(lrn) for lrn in state.lrns | led], np.int64)
    if np.isin(numbers[actions != _DEL], ends).any() or any(map(state.is_ported, led)):
        return None
    there = state.are_ported(numbers)
    changed: dict[str, bool] = {}
    for part in _parts(read.rows):
        rows = zip(actions[part].tolist(), numbers[part].tolist(), there[part].tolist(), strict=True)
        for action, number, before in rows:
            text = digits_of(number)
            if changed.get(text, state.changed.get(text, before)) == (action == _ADD):
                return None
            changed[text] = action != _DEL
    state.changed |= changed
    state.lrns |= led
    return read


def _changes(file: str, read: ColumnFile) -> Iterator[DeltaRow]:
    actions, numbers, lrns = (read.columns[name] for name in ("action", "number", "lrn"))
    for part in _parts(read.rows):
        rows = zip(actions[part].tolist(), numbers[part].tolist(), lrns[part].tolist(), strict=True)
        for line, (action, number, lrn) in enumerate(rows, part.start + 2):
            yield DeltaRow(digits_of(number), "" if action == _DEL else digits_of(lrn), Where(file, line))


def _parts(rows: int) -> Iterator[slice]:
    return (slice(start, start + _TOGETHER) for start in range(0, rows, _TOGETHER))


def _read(files: Files, file: str, known: Known, state: _Numbers) -> list[DeltaRow]:
    table = files.table(file, DELTA)
    found = []
    for row in table.rows() if table else ():
        one = read_row(row, known)
        if one is None:
            continue
        looped = state.loop(one)
        if looped:
            text = f"{row.get(looped)}: an LRN that is itself ported: every answer leads to another query"
            row.error(looped, text, "LNP-04")
            continue
        there = state.is_ported(one.number)
        action = row.get("action")
        if there == (action == "ADD"):
            meant = {"ADD": "there already: taken as MOD", "MOD": "not there: taken as ADD"}
            row.warn("number", f"{action} {one.number}: {meant.get(action, 'not there')}", "LNP-12")
        state.changed[one.number] = action != "DEL"
        state.lrns |= {one.lrn} if one.lrn else set()
        found.append(one)
    return found


def read_row(row: Row, known: Known) -> DeltaRow | None:
    """Read one row; None when it is wrong (reported)."""
    action = row.get("action")
    if action not in ACTIONS:
        text = f"action {shown(action)} is not one of {', '.join(ACTIONS)}{hint(action, ACTIONS)}"
        row.error("action", text, "row")
    number, judged = portable_number(row, known)
    lrn = number_cell(row, "lrn", "LNP-02") if judged and action != "DEL" else ""
    check_spid(row)
    return None if row.bad else DeltaRow(number, lrn, row.where)
