"""Outgoing call screening: the index, the station rows it leads to, and the privilege control table.

Source: requirements.md section 5.2, A-042, A-052 to A-058, A-084, A-090, AMB-53.
"""

from ain_scp.provisioning.check import plain
from ain_scp.provisioning.check.columns import MAX_NAMES, Growing, Opener, code, known_repeats, report_repeats
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.csv_rows import Row, Table
from ain_scp.provisioning.rows import PrefixRow, PrivilegeControl, StationColumns
from ain_scp.terms.blocking import BLOCKING_KINDS
from ain_scp.terms.vocabulary import STATION_TYPES

OCS_INDEX = (("prefix", "table"), ())
STATIONS = (("table", "number", "type"), ("privilege_class",))
PRIVILEGE_CONTROL = (
    ("privilege_class", "emergency", *(kind.name for kind in BLOCKING_KINDS if not kind.optional)),
    tuple(kind.name for kind in BLOCKING_KINDS if kind.optional),
)

TO = STATION_TYPES.index("TO")


def read_ocs_index(table: Table) -> tuple[PrefixRow, ...]:
    """Read `ocs_index.csv`."""
    found: dict[str, PrefixRow] = {}
    for row in table.rows():
        prefix = row.digits("prefix", range(1, 7), "A-053")
        name = row.word("table")
        if prefix in found:
            row.error("prefix", f"prefix {prefix} is already in line {found[prefix].where.line}", "duplicate")
        elif prefix:
            found[prefix] = PrefixRow(prefix, name, row.where)
    return tuple(found.values())


def read_stations(
    files: Files, file: str, index: tuple[PrefixRow, ...], *, ocs: bool | None
) -> StationColumns:
    """Read `stations.csv`; `ocs` None = not known, then an empty privilege class is not judged."""
    names = tuple(dict.fromkeys(row.name for row in index))
    quick = files.columns(file, plain.stations_expected(names))
    found = plain.stations(quick, file, names, ocs=ocs) if quick and len(names) <= MAX_NAMES else None
    return found or _careful_stations(files.opener(file, STATIONS), file, files.findings, ocs=ocs)


def _careful_stations(opener: Opener, file: str, findings: Findings, *, ocs: bool | None) -> StationColumns:
    columns = Growing(1, 3)
    names: dict[str, int] = {}
    table = opener(findings)
    for row in table.rows() if table else ():
        at = names.setdefault(row.word("table"), len(names))
        if at == MAX_NAMES:
            row.error("table", f"more than {MAX_NAMES} tables", "limit")
            break
        number = row.digits("number", (10,), "A-054")
        kind = row.choice("type", STATION_TYPES, "A-042")
        level = _privilege_class(row, kind, ocs=ocs)
        columns.add(row.line, (code(number),), (at, STATION_TYPES.index(kind) if kind else -1, level))
    found = StationColumns(
        tuple(names),
        columns.smalls(0),
        columns.codes(0),
        columns.smalls(1),
        columns.smalls(2),
        columns.lines(),
        file,
    )
    repeats = known_repeats((found.number, found.table + 1), found.lines)
    report_repeats(opener, "this number of the same table", "number", repeats, findings)
    return found


def _privilege_class(row: Row, kind: str, *, ocs: bool | None) -> int:
    if row.get("privilege_class"):
        return row.number("privilege_class", 1, 8, "A-052")
    if ocs and kind and kind != "TO":
        row.error(
            "privilege_class", f"privilege_class is empty: with OCS only TO has none, this is {kind}", "A-052"
        )
    return 0


def read_privilege_control(table: Table) -> tuple[PrivilegeControl, ...]:
    """Read `privilege_control.csv`."""
    found: dict[int, PrivilegeControl] = {}
    for row in table.rows():
        level = row.number("privilege_class", 1, 8, "A-090")
        columns = [*PRIVILEGE_CONTROL[0][1:], *filter(row.get, PRIVILEGE_CONTROL[1])]
        cells = {column: row.yes(column, "A-090") for column in columns}
        if row.bad:
            continue
        if level in found:
            row.error(
                "privilege_class", f"class {level} is already in line {found[level].where.line}", "duplicate"
            )
        else:
            found[level] = PrivilegeControl(level, cells.pop("emergency"), cells, row.where)
    return tuple(found.values())


def check_control_complete(
    rows: tuple[PrivilegeControl, ...], file: str, findings: Findings, *, ocs: bool | None
) -> None:
    """Report the classes that have no row though OCS is on."""
    if not ocs:
        return
    given = {row.privilege_class for row in rows}
    for level in range(1, 9):
        if level not in given:
            findings.error(
                file, 0, 0, f"privilege class {level} has no row; with OCS all 8 have one", "A-090"
            )
