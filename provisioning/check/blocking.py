"""The blocking tables and the international completion table.

Source: requirements.md section 5.2, A-069, A-091 to A-098, AMB-28 to AMB-31, AMB-34, AMB-88.
"""

from collections.abc import Collection

from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.csv_rows import Row, Table
from ain_scp.provisioning.rows import NumberRow
from ain_scp.terms.blocking import BlockingKind
from ain_scp.terms.digits import MAX_NUMBER, not_foreign

NUMBERS = (("number",), ())

MAX_ENTRIES = 250
"""Entries of one blocking table (A-095; per table, AMB-34)."""


def read_blocking(
    table: Table, kind: BlockingKind, toll_free: tuple[str, ...] | None
) -> tuple[NumberRow, ...]:
    """Read the table of a kind; `toll_free` None = not known."""
    return _read(table, kind.lengths, MAX_ENTRIES, "A-098", toll_free if kind.holds == "TOLL_FREE" else None)


def read_completion(table: Table) -> tuple[NumberRow, ...]:
    """Read `international_completion.csv`."""
    return _read(table, range(1, MAX_NUMBER + 1), None, "A-069")


def _read(
    table: Table,
    lengths: Collection[int],
    most: int | None,
    rule: str,
    toll_free: tuple[str, ...] | None = None,
) -> tuple[NumberRow, ...]:
    found: dict[str, NumberRow] = {}
    over: Row | None = None
    count = 0
    for row in table.rows():
        count += 1
        if most is not None and count == most + 1:
            over = row
        number = row.digits("number", lengths, rule)
        if number and toll_free is not None and number[:3] not in toll_free:
            row.error(
                "number", f"{number} does not start with a toll free NPA ({', '.join(toll_free)})", rule
            )
        if number in found:
            row.error("number", f"number {number} is already in line {found[number].where.line}", "duplicate")
        elif number:
            found[number] = NumberRow(number, row.where)
    if over is not None:
        over.error("number", f"{count} entries, maximum {most}", "A-095")
    return tuple(found.values())


def warn_idle(
    rows: tuple[NumberRow, ...],
    kind: BlockingKind,
    toll_free: tuple[str, ...],
    findings: Findings,
    *,
    ocs: bool,
) -> None:
    """Warn of blocking entries that can never decide a call."""
    if not ocs:
        if not rows:
            return
        first = rows[0].where
        findings.warn(first.file, first.line, 1, "without OCS no blocking table is consulted", "A-096")
        return
    given = {row.number for row in rows}
    for row in rows:
        reason = _never(row.number, kind, toll_free) or _covered(row.number, kind, given)
        if reason:
            findings.warn(
                row.where.file, row.where.line, 1, f"{row.number} decides no call: {reason}", "A-091"
            )


def warn_idle_completion(rows: tuple[NumberRow, ...], findings: Findings) -> None:
    """Warn of international completion entries that no call can meet."""
    for row in rows:
        reason = not_foreign(row.number)
        if reason:
            findings.warn(
                row.where.file, row.where.line, 1, f"{row.number} decides no call: {reason}", "A-069"
            )


def _never(number: str, kind: BlockingKind, toll_free: tuple[str, ...]) -> str:
    if kind.holds == "INTERNATIONAL":
        return not_foreign(number)
    if number[0] in "01":
        return "no area code starts with 0 or 1"
    if kind.holds == "NATIONAL" and number[:3] in toll_free:
        return "toll free numbers are looked up in the 800 table"
    return ""


def _covered(number: str, kind: BlockingKind, given: set[str]) -> str:
    for length in kind.prefixes:
        if length < len(number) and number[:length] in given:
            return f"{number[:length]} blocks it already"
    return ""
