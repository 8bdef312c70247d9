"""`network/services.csv` and everything below `services/`.

Source: B4-012; rules SRV-01 to SRV-03.
"""

from collections.abc import Collection
from importlib.metadata import entry_points
from typing import Final

from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.services.cells import FOLDER, Known
from ain_scp.provisioning.check.services.cnam import read_cnam
from ain_scp.provisioning.check.services.lnp import read_lnp
from ain_scp.provisioning.check.services.terminating import read_terminating
from ain_scp.provisioning.check.services.tollfree import read_tollfree
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows_services import SelectionRow, ServiceSet
from ain_scp.terms.service import LNP, STANDARD_SERVICES, TOLLFREE
from ain_scp.terms.vocabulary import MESSAGE_KINDS

FILE: Final = "network/services.csv"
SELECTION: Final = (("service",), ("message", "trigger_criteria", "ssn", "translation_type"))
GROUP: Final = "ain.services"
"""Entry points of other services; each is named by its upper-case word and reads `services/` and that word in small letters."""

OCTET: Final = 255


def read_services(files: Files, known: Known) -> ServiceSet | None:
    """Read what a data set says of services; None when it says nothing."""
    has_folder = files.has(FOLDER)
    if not files.has(FILE) and not has_folder:
        return None
    selection = _selection(files)
    folders: tuple[str, ...] = ()
    if has_folder:
        folders = tuple(name.rpartition("/")[2] for name in files.open_any(FOLDER))
    plugins = plugin_names() if _asks_for_plugins(selection, folders) else ()
    services = STANDARD_SERVICES | {name: (name.lower(),) for name in plugins}
    files.forbid(FOLDER, [folder for mine in services.values() for folder in mine])
    _check_names(selection, services)
    _warn_unreached(selection)
    named = {row.service for row, _ in selection}
    for name, mine in services.items():
        for folder in mine:
            if folder in folders and name not in named:
                text = f"no row of {FILE} names {name}: these tables are never asked"
                files.findings.warn(f"{FOLDER}/{folder}", 0, 0, text, "SRV-03")
    return ServiceSet(
        selection=tuple(row for row, _ in selection),
        lnp=read_lnp(files, known),
        tollfree=read_tollfree(files, known),
        cnam=read_cnam(files, known),
        terminating=read_terminating(files, known),
        plugins=tuple(name for name in plugins if name in named),
    )


def plugin_names() -> tuple[str, ...]:
    """The services that other packages register."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))


def _asks_for_plugins(selection: list[tuple[SelectionRow, Row]], folders: Collection[str]) -> bool:
    """Whether anything is named that is no standard service; only then the installed packages are looked through."""
    standard = {folder for mine in STANDARD_SERVICES.values() for folder in mine}
    return any(row.service not in STANDARD_SERVICES for row, _ in selection) or not standard >= set(folders)


def _selection(files: Files) -> list[tuple[SelectionRow, Row]]:
    table = files.table(FILE, SELECTION)
    found = []
    for row in table.rows() if table else ():
        one = SelectionRow(
            row.required("service"),
            row.choice("message", MESSAGE_KINDS) if row.get("message") else "",
            _octet(row, "trigger_criteria"),
            _octet(row, "ssn"),
            _octet(row, "translation_type"),
            row.where,
        )
        found.append((one, row))
    return found


def _octet(row: Row, column: str) -> int | None:
    return row.number(column, 0, OCTET) if row.get(column) else None


def _check_names(selection: list[tuple[SelectionRow, Row]], services: Collection[str]) -> None:
    for one, row in selection:
        if one.service and one.service not in services:
            text = f"service {shown(one.service)} is not registered{hint(one.service, services)}"
            row.error("service", text, "SRV-01")


def _warn_unreached(selection: list[tuple[SelectionRow, Row]]) -> None:
    for at, (one, row) in enumerate(selection):
        for before, _ in selection[:at]:
            if (before.service == one.service or takes_all(before)) and _covers(before, one):
                text = f"never reached: line {before.where.line} takes every query it would take"
                row.warn("service", text, "SRV-02")
                break


def takes_all(row: SelectionRow) -> bool:
    """Whether the service of a row claims every query that the row matches."""
    by_address = row.ssn is not None or row.translation_type is not None
    return row.service == LNP or (row.service == TOLLFREE and by_address)


def _covers(before: SelectionRow, row: SelectionRow) -> bool:
    """Whether a row matches whatever another one matches."""
    return (
        before.message in ("", row.message)
        and before.trigger_criteria in (None, row.trigger_criteria)
        and before.ssn in (None, row.ssn)
        and before.translation_type in (None, row.translation_type)
    )
