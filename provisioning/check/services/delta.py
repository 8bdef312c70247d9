"""`services/lnp/delta/NAME.csv`: changes of the ported numbers, applied in the order of the names.

A file with an error is applied in no part. A row that fits the numbers badly (a number removed that is not there) is reported and
applied as what it must mean.

Source: B4-012; rule LNP-12.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import code
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.services.cells import FOLDER, Known, check_spid, number_cell, portable_number
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows_services import DeltaRow

HERE: Final = f"{FOLDER}/lnp/delta"
DELTA: Final = (("action", "number"), ("lrn", "spid"))
ACTIONS: Final = ("ADD", "MOD", "DEL")


def read_deltas(files: Files, known: Known, is_ported: Callable[[int], bool]) -> tuple[DeltaRow, ...]:
    """Read every delta file in order; `is_ported` says of a number's code whether ported.csv has it."""
    state: dict[str, bool] = {}
    found: list[DeltaRow] = []
    for name in files.open_any(HERE):
        if not name.endswith(".csv"):
            files.findings.error(f"{HERE}/{name}", 0, 0, "a delta file is named NAME.csv", "file")
            continue
        found += _read(files, f"{HERE}/{name}", known, is_ported, state)
    return tuple(found)


def among(numbers: NDArray[np.int64]) -> Callable[[int], bool]:
    """A function: a code -> whether it is among these; they are put in order when it is asked first."""
    ordered: list[NDArray[np.int64]] = []

    def is_there(wanted: int) -> bool:
        if not ordered:
            ordered.append(np.sort(numbers))
        column = ordered[0]
        at = int(np.searchsorted(column, wanted))
        return at < column.size and int(column[at]) == wanted

    return is_there


def _read(
    files: Files, file: str, known: Known, is_ported: Callable[[int], bool], state: dict[str, bool]
) -> list[DeltaRow]:
    table = files.table(file, DELTA)
    found = []
    for row in table.rows() if table else ():
        one = read_row(row, known)
        if one is None:
            continue
        there = state.get(one.number)
        if there is None:
            there = is_ported(code(one.number))
        action = row.get("action")
        if there == (action == "ADD"):
            meant = {"ADD": "there already: taken as MOD", "MOD": "not there: taken as ADD"}
            row.warn("number", f"{action} {one.number}: {meant.get(action, 'not there')}", "LNP-12")
        state[one.number] = action != "DEL"
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
