"""`services/lnp/delta/NAME.csv`: changes of the ported numbers, applied in the order of the names.

A file with an error is applied in no part: also one that ports an LRN, or leads to a ported number (a loop). A row that fits
the numbers badly (a number removed that is not there) is reported and applied as what it must mean. A plain file whose rows
all fit is read as columns, and what comes of all files are columns: a server that answers meanwhile waits for no single step, and
has no hundred thousand objects to make and to free.

Source: B4-012; rules LNP-04, LNP-12.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import code
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
from ain_scp.provisioning.rows_services import NO_DELTA, DeltaColumns
from ain_scp.provisioning.tables.columns import EMPTY_CODE, Digits, Text, Words

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
_BLOCK: Final = 1 << 17
"""Octets of a delta file read at once."""

Codes = NDArray[np.int64]
ArePorted = Callable[[Codes], NDArray[np.bool_]]


class _Numbers:
    """What is ported, and what is an LRN, as the deltas read so far leave it. `lrns` ascend."""

    def __init__(self, ported: ArePorted, lrns: Codes) -> None:
        self._ported = ported
        self.lrns = lrns
        self.changes = NO_DELTA

    def are_ported(self, numbers: Codes) -> NDArray[np.bool_]:
        there = self._ported(numbers)
        at, hit = places(self.changes.numbers, numbers)
        there[hit] = self.changes.lrns[at[hit]] != 0
        return there

    def is_ported(self, number: str) -> bool:
        return bool(self.are_ported(np.array([code(number)]))[0])

    def is_lrn(self, number: str) -> bool:
        return bool(places(self.lrns, np.array([code(number)]))[1][0])

    def change(self, file: str, numbers: Codes, lrns: Codes, lines: NDArray[np.int32]) -> None:
        """Take the rows of one file, in order; an LRN of 0 = ported no longer."""
        before = self.changes
        whole = np.concatenate((before.numbers, numbers))
        order = np.argsort(whole, kind="stable")
        ordered = whole[order]
        last = order[np.concatenate((ordered[1:] != ordered[:-1], np.ones(min(ordered.size, 1), np.bool_)))]
        files = np.concatenate((before.file, np.full(numbers.size, len(before.files), np.int32)))
        self.changes = DeltaColumns(
            whole[last],
            np.concatenate((before.lrns, lrns))[last],
            files[last],
            np.concatenate((before.lines, lines))[last],
            (*before.files, file),
        )
        self.lrns = np.union1d(self.lrns, lrns[lrns != 0])


def read_deltas(files: Files, known: Known, are_ported: ArePorted, lrns: Codes) -> DeltaColumns:
    """What every delta file in order comes to.

    `are_ported` says of codes of numbers which of them ported.csv has; `lrns` are the codes of the other files' LRNs, ascending.
    """
    state = _Numbers(are_ported, lrns)
    for name in files.open_any(HERE):
        file = f"{HERE}/{name}"
        if not name.endswith(".csv"):
            files.findings.error(file, 0, 0, "a delta file is named NAME.csv", "file")
        elif not _fitted(files, file, known, state):
            _read(files, file, known, state)
    return state.changes


def among(numbers: Codes) -> ArePorted:
    """A function: codes -> which of them are among these; they are put in order when it is asked first."""
    ordered: list[Codes] = []

    def are_there(wanted: Codes) -> NDArray[np.bool_]:
        if not ordered:
            ordered.append(np.sort(numbers))
        return places(ordered[0], wanted)[1]

    return are_there


def places(ascending: Codes, wanted: Codes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each code stands in a column or would stand, and whether it stands there."""
    if not ascending.size:
        return np.zeros(wanted.size, np.intp), np.zeros(wanted.size, np.bool_)
    at = np.minimum(np.searchsorted(ascending, wanted), ascending.size - 1)
    return at, ascending[at] == wanted


def may_be_ported(numbers: Codes, known: Known) -> bool:
    """Whether every number may be ported, as far as its digits say."""
    digits = numbers - 10**NUMBER
    area = digits // 10**7
    special = [int(npa) for npa in known.toll_free_npas] + list(range(211, 1000, 100))
    legal = (digits >= 2 * 10**9) & (digits // 10**6 % 10 >= 2) & ~np.isin(area, special)
    return bool(legal.all())


def _fitted(files: Files, file: str, known: Known, state: _Numbers) -> bool:
    """Whether a file is plain and nothing of it needs to be reported: then its changes are taken."""
    read = files.columns(file, _PLAIN, _BLOCK)
    if read is None:
        return False
    actions, numbers, lrns = (read.columns[name] for name in ("action", "number", "lrn"))
    stays = actions != _DEL
    if not may_be_ported(numbers, known) or (stays & (lrns == EMPTY_CODE)).any():
        return False
    given = np.unique(lrns[stays])
    if places(np.union1d(state.lrns, given), numbers[stays])[1].any() or state.are_ported(given).any():
        return False
    order = np.argsort(numbers, kind="stable")
    ordered, acts = numbers[order], actions[order]
    there = state.are_ported(ordered)
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    there[again + 1] = acts[again] != _DEL
    if (there == (acts == _ADD)).any():
        return False
    state.change(file, numbers, np.where(stays, lrns, 0), read.lines.astype(np.int32))
    return True


def _read(files: Files, file: str, known: Known, state: _Numbers) -> None:
    """Read a file row by row, with everything that is to be reported."""
    table = files.table(file, DELTA)
    changed: dict[str, tuple[str, int]] = {}
    led: set[str] = set()

    def is_ported(number: str) -> bool:
        found = changed.get(number)
        return state.is_ported(number) if found is None else bool(found[0])

    for row in table.rows() if table else ():
        number, lrn = read_row(row, known)
        if row.bad:
            continue
        looped = "lrn" if lrn and is_ported(lrn) else ""
        if lrn and (number == lrn or number in led or state.is_lrn(number)):
            looped = "number"
        if looped:
            text = f"{row.get(looped)}: an LRN that is itself ported: every answer leads to another query"
            row.error(looped, text, "LNP-04")
            continue
        action = row.get("action")
        if is_ported(number) == (action == "ADD"):
            meant = {"ADD": "there already: taken as MOD", "MOD": "not there: taken as ADD"}
            row.warn("number", f"{action} {number}: {meant.get(action, 'not there')}", "LNP-12")
        changed[number] = lrn, row.where.line
        led |= {lrn} if lrn else set()
    state.change(
        file,
        np.array([code(number) for number in changed], np.int64),
        np.array([code(lrn) for lrn, _ in changed.values()], np.int64),
        np.array([line for _, line in changed.values()], np.int32),
    )


def read_row(row: Row, known: Known) -> tuple[str, str]:
    """The number of a row and its LRN, "" = ported no longer; what is wrong is reported."""
    action = row.get("action")
    if action not in ACTIONS:
        text = f"action {shown(action)} is not one of {', '.join(ACTIONS)}{hint(action, ACTIONS)}"
        row.error("action", text, "row")
    number, judged = portable_number(row, known)
    lrn = number_cell(row, "lrn", "LNP-02") if judged and action != "DEL" else ""
    check_spid(row)
    return number, lrn
