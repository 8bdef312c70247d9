"""`services/lnp/delta/NAME.csv`: changes of the ported numbers, applied in the order of the names.

A file with an error is applied in no part. A row that fits the numbers badly (a number removed that is not there) is reported and
applied as what it must mean.

Source: B4-012; rule LNP-12.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import code
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.services.cells import FOLDER, Known, number_cell, portable_number
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows_services import DeltaRow

HERE: Final = f"{FOLDER}/lnp/delta"
DELTA: Final = (("action", "number"), ("lrn", "spid"))
ACTIONS: Final = ("ADD", "MOD", "DEL")


def read_deltas(files: Files, known: Known, numbers: NDArray[np.int64]) -> tuple[DeltaRow, ...]:
    """Read every delta file in order; `numbers` are the codes of ported.csv."""
    base: set[int] | None = None
    state: dict[str, bool] = {}
    found: list[DeltaRow] = []
    for name in files.open_any(HERE):
        if not name.endswith(".csv"):
            files.findings.error(f"{HERE}/{name}", 0, 0, "a delta file is named NAME.csv", "file")
            continue
        base = set(numbers.tolist()) if base is None else base
        found += _read(files, f"{HERE}/{name}", known, base, state)
    return tuple(found)


def _read(files: Files, file: str, known: Known, base: set[int], state: dict[str, bool]) -> list[DeltaRow]:
    table = files.table(file, DELTA)
    found = []
    for row in table.rows() if table else ():
        one = read_row(row, known)
        if one is None:
            continue
        there = state.get(one.number)
        if there is None:
            there = code(one.number) in base
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
    return None if row.bad else DeltaRow(number, lrn, row.where)
