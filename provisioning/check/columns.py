"""Columns under construction, and keys given twice in them.

Numbers are canonical codes, `int("1" + digits)`, so that two numbers are equal exactly when their codes are.

Source: requirements.md section 5 (K = key).
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.findings import MOST, Findings
from ain_scp.provisioning.csv_rows import Row, Table
from ain_scp.provisioning.rows import Codes, Lines, Small

MAX_NAMES = 32_767
"""Switches, customers, or screening tables of one customer: their indexes are 16-bit numbers."""

_POWERS = 10 ** np.arange(19, dtype=np.int64)

Opener = Callable[[Findings], Table | None]
"""Opens the same table again, from its first row."""


def code(digits: str) -> int:
    """Give the canonical code of a digit string; 0 for an empty one."""
    return int("1" + digits) if digits else 0


def digits_of(canonical: int) -> str:
    """Give back the digit string of a canonical code."""
    return str(canonical)[1:]


def digits_count(canonical: Codes) -> NDArray[np.int64]:
    """Give how many digits each canonical code spells."""
    return np.searchsorted(_POWERS, canonical, "right") - 1


class Growing:
    """Columns that grow row by row: codes, line numbers, and small numbers."""

    def __init__(self, codes: int, smalls: int) -> None:
        self._codes = [array("q") for _ in range(codes)]
        self._smalls = [array("h") for _ in range(smalls)]
        self._lines = array("i")

    def add(self, line: int, codes: tuple[int, ...], smalls: tuple[int, ...]) -> None:
        """Append one row."""
        self._lines.append(line)
        for column, value in zip(self._codes, codes, strict=True):
            column.append(value)
        for small, value in zip(self._smalls, smalls, strict=True):
            small.append(value)

    def codes(self, at: int) -> Codes:
        """Give a code column."""
        return np.frombuffer(self._codes[at], np.int64) if self._lines else np.empty(0, np.int64)

    def smalls(self, at: int) -> Small:
        """Give a small column."""
        return np.frombuffer(self._smalls[at], np.int16) if self._lines else np.empty(0, np.int16)

    def lines(self) -> Lines:
        """Give the source lines."""
        return np.frombuffer(self._lines, np.int32) if self._lines else np.empty(0, np.int32)


def repeated(keys: tuple[NDArray[np.signedinteger[Any]], ...], lines: Lines) -> Iterator[tuple[int, int]]:
    """Yield (line, line of the first row with the same key) for every row whose key was there before."""
    if lines.size < 2:
        return
    order = np.lexsort((lines, *keys))
    same = np.ones(lines.size - 1, np.bool_)
    for key in keys:
        ordered = key[order]
        same &= ordered[1:] == ordered[:-1]
    first = 0
    for at in np.flatnonzero(same):
        if at == 0 or not same[at - 1]:
            first = int(lines[order[at]])
        yield int(lines[order[at + 1]]), first


def known_repeats(keys: tuple[NDArray[np.signedinteger[Any]], ...], lines: Lines) -> dict[int, int]:
    """Give line -> line of the first for every key given twice; refused keys (code 0) are not compared."""
    whole = np.ones(lines.size, np.bool_)
    for key in keys:
        whole &= key != 0
    return dict(repeated(tuple(key[whole] for key in keys), lines[whole]))


def rows_at(open_again: Opener, lines: set[int]) -> Iterator[Row]:
    """Read a table again and yield the rows that begin on the given lines, with a place for each cell."""
    table = open_again(Findings()) if lines else None
    if table is None:
        return
    last = max(lines)
    for row in table.rows():
        if row.line in lines:
            yield row
        if row.line >= last:
            return


def report_repeats(
    open_again: Opener, what: str, column: str, pairs: dict[int, int], findings: Findings
) -> None:
    """Report rows whose key was there before; `pairs` gives the line of the first."""
    said = {line: f"{what} is already in line {first}" for line, first in pairs.items()}
    report_rows(open_again, column, said, "duplicate", "error", findings)


def report_rows(
    open_again: Opener, column: str, said: Mapping[int, str], rule: str, severity: str, findings: Findings
) -> None:
    """Report something about the rows on some lines, at the place of one of their cells: `CELL: what is said`."""
    lines = sorted(said)[:MOST]
    file = ""
    for row in rows_at(open_again, set(lines)):
        file = row.where.file
        note = findings.error if severity == "error" else findings.warn
        note(file, *row.place(column), f"{row.get(column)}: {said[row.line]}", rule)
    findings.more(file, rule, severity, len(said) - len(lines))
