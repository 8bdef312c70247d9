"""The tables of a data set: which there are, their rows page by page, and everything one number meets.

Rows are those of the copy in the workspace, by line; a page begins after a given line, and neither its place nor the size of
the file matters (`lines`).

Source: console.md section 7 (`/data`).
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ain_scp.console.resources.explain import owned, usable
from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.resources.lines import lines_of
from ain_scp.console.sessions import Identity
from ain_scp.console.sets import Opened
from ain_scp.provisioning.digest import counted_files
from ain_scp.provisioning.manual.files import file_named
from ain_scp.provisioning.problems import Problem
from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.digits import is_digits

MOST_ROWS: Final = 1000


class TableInfo(msgspec.Struct, frozen=True):
    """One file: its size, and the findings of the check that name it."""

    name: str
    octets: int
    about: str
    errors: int
    warnings: int


class SetView(msgspec.Struct, frozen=True):
    """A data set: its files and what the check says."""

    name: str
    digest: str
    tables: tuple[TableInfo, ...]
    customers: tuple[str, ...]
    problems: tuple[Problem, ...]


class RowView(msgspec.Struct, frozen=True):
    """One row: its line, its cells (one, the whole line, where the file is no table), and what the check says of it."""

    line: int
    cells: tuple[str, ...]
    findings: tuple[str, ...] = ()


class TableView(msgspec.Struct, frozen=True):
    """Rows of one file. `next` is the line after which the next page begins, None at the end."""

    name: str
    digest: str
    columns: tuple[str, ...]
    meanings: dict[str, str]
    rows: tuple[RowView, ...]
    next: int | None


class Meeting(msgspec.Struct, frozen=True):
    """One thing that a number meets: what, in words, and the row."""

    what: str
    text: str
    row: str


class NumberView(msgspec.Struct, frozen=True):
    """Everything one number meets."""

    number: str
    digest: str
    meetings: tuple[Meeting, ...]


def overview(scope: Identity, opened: Opened, name: str) -> SetView:
    """The files of a data set; a customer sees none."""
    if scope.role == "customer":
        raise absent("such page")
    tables = []
    for file, path in counted_files(opened.directory).items():
        findings = [one for one in opened.problems if one.file == file]
        errors = sum(one.severity == "error" for one in findings)
        tables.append(TableInfo(file, path.stat().st_size, _about(file), errors, len(findings) - errors))
    customers = () if opened.dataset is None else tuple(one.name for one in opened.dataset.customers)
    return SetView(name, opened.digest, tuple(tables), customers, opened.problems)


def table(scope: Identity, opened: Opened, name: str, search: str, after: int, limit: int) -> TableView:
    """Rows of a file that hold a text, after a line; PageFault for a file that is not there."""
    if scope.role == "customer":
        raise absent("such page")
    path = counted_files(opened.directory).get(name)
    if path is None:
        raise absent("such table")
    if not 1 <= limit <= MOST_ROWS:
        raise PageFault(400, f"limit: 1 to {MOST_ROWS}")
    findings: dict[int, list[str]] = {}
    for one in opened.problems:
        if one.file == name:
            findings.setdefault(one.line, []).append(f"{one.text} ({one.rule})")
    lines, is_table = lines_of(path), name.endswith(".csv")
    head, heads = next((one for one in lines.behind(0) if _is_row(one[1])), (0, "")) if is_table else (0, "")
    rows: list[RowView] = []
    more = None
    behind = max(after, head)
    for line, text in lines.holding(search, behind) if search else lines.behind(behind):
        if is_table and not _is_row(text):
            continue
        if len(rows) == limit:
            more = rows[-1].line
            break
        cells = tuple(text.split(",")) if is_table else (text,)
        rows.append(RowView(line, cells, tuple(findings.get(line, ()))))
    columns = tuple(heads.split(",")) if is_table else ()
    return TableView(name, opened.digest, columns, _meanings(name), tuple(rows), more)


def _is_row(text: str) -> bool:
    """Whether a line of a table is its header or a row, not blank and no comment."""
    return bool(text.strip()) and not text.startswith("#")


def _manual(name: str) -> tuple[str, dict[str, str]]:
    """What a file is for, and what its columns or keys mean."""
    file = file_named(name)
    if file is None:
        return "", {}
    return file.purpose, {key: f"{one.meaning} ({one.rule})" for key, one in file.entries.items()}


def _about(name: str) -> str:
    return _manual(name)[0]


def _meanings(name: str) -> dict[str, str]:
    return _manual(name)[1]


def number(scope: Identity, opened: Opened, digits: str) -> NumberView:
    """Everything a number meets in the compiled tables."""
    if not is_digits(digits) or len(digits) > 15:
        raise PageFault(400, "a number is 1 to 15 digits")
    program = usable(opened)
    owned(scope, program, digits)
    snapshot = program.snapshot
    found: list[Meeting] = []
    trigger = snapshot.triggers.find(digits)
    if trigger >= 0:
        customer = snapshot.customer_of(trigger)
        text = f"{snapshot.trigger_name(trigger)} of {customer.name}"
        found.append(Meeting("trigger", text, snapshot.where_trigger(trigger)))
    if len(digits) == 10:
        row = snapshot.lata.longest(digits[:6])
        if row >= 0:
            lata = snapshot.dataset.lata[row]
            found.append(Meeting("LATA", f"{lata.lata} ({lata.state or 'no state'})", str(lata.where)))
        found.append(Meeting("kind", snapshot.kind_of(digits).replace("_", " ").lower(), ""))
    for customer in snapshot.customers:
        if scope.role != "customer" or customer.name == scope.customer:
            found += _of_customer(customer, digits)
    return NumberView(digits, opened.digest, tuple(found))


def _of_customer(customer: Customer, digits: str) -> Iterator[Meeting]:
    row = customer.station(digits)
    if row >= 0:
        klass = int(customer.rows.stations.privilege_class[row])
        text = f"{customer.class_of(row)}, " + (f"privilege class {klass}" if klass else "no privilege class")
        yield Meeting("station", text, customer.where_station(row))
    index = customer.ocs_index.longest(digits)
    if index >= 0:
        prefix = customer.index_row(index)
        yield Meeting("screening table", f"{prefix.prefix} names {prefix.name}", str(prefix.where))
    row = customer.mdp.find(digits)
    if row >= 0:
        yield Meeting(
            "dialing plan", f"dialed it means {customer.routing_number(row)}", customer.where_mdp(row)
        )
    for name, table in customer.blocking.items():
        for length in sorted({len(digits), *table.kind.prefixes}, reverse=True):
            row = table.entries.find(digits[:length]) if length <= len(digits) else -1
            if row >= 0:
                entry = table.rows[row]
                yield Meeting(f"blocked ({name})", f"entry {entry.number}", str(entry.where))
    for prefix in customer.rows.asf_originating:
        if digits.startswith(prefix.prefix):
            yield Meeting("ASF profile", prefix.name, str(prefix.where))
    logic = customer.rtl.get(digits)
    if logic is not None:
        yield Meeting("ASF-RTL number", f"host at {logic.rtl.ssp}", str(logic.rtl.where))
