"""`services/cnam/`: which lines are shown names, and the names.

A name is never cut and nothing in it replaced: what a telephone cannot show is refused here.

Source: B4-012; rules CNM-01 to CNM-08; GR-1188 (15 characters).
"""

from typing import Final

from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.check.services.cells import FOLDER, Known, number_cell, slp_id
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows_services import CnamRows, NameLine, NameRow
from ain_scp.terms.service import NameCarry

HERE: Final = f"{FOLDER}/cnam"
FILES: Final = ("cnam.toml", "lines.csv", "names.csv")
LINES: Final = (("number", "ssp"), ())
NAMES: Final = (("number", "name", "presentation"), ())
CARRIES: Final[tuple[NameCarry, ...]] = ("displayText", "genericName", "both")
MOST: Final = 15
"""Characters of a name."""


def read_cnam(files: Files, known: Known) -> CnamRows | None:
    """Read the folder; None when the data set has none."""
    if not files.has(HERE):
        return None
    files.open_folder(HERE, FILES)
    section = files.options(f"{HERE}/cnam.toml")
    carry, slp = _options(section) if section else (CARRIES[0], "")
    lines, names = _lines(files, known), _names(files, known)
    for file, other in (("lines.csv", "names.csv"), ("names.csv", "lines.csv")):
        if files.has(f"{HERE}/{file}") and not files.has(f"{HERE}/{other}"):
            files.findings.warn(
                f"{HERE}/{file}", 0, 0, f"without {other}: no caller's name is shown", "CNM-07"
            )
    return CnamRows(carry, slp, lines, names)


def _options(section: Section) -> tuple[NameCarry, str]:
    given = section.text("carry") or CARRIES[0]
    carry = next((one for one in CARRIES if one == given), None)
    if carry is None:
        section.error("carry", f"carry {shown(given)} is not one of {', '.join(CARRIES)}", "toml")
        carry = CARRIES[0]
    slp = slp_id(section, "A-225")
    section.finish()
    return carry, slp


def _lines(files: Files, known: Known) -> tuple[NameLine, ...]:
    table = files.table(f"{HERE}/lines.csv", LINES)
    found: dict[str, NameLine] = {}
    for row in table.rows() if table else ():
        number, ssp = number_cell(row, "number", "CNM-01"), row.get("ssp")
        if number in known.rtl_numbers:
            row.error(
                "number", f"number {number} is an ASF-RTL number, which has a host of its own", "CNM-06"
            )
        elif not known.hosts(ssp):
            text = f"switch {shown(ssp)} is not AIN equipped or does not exist{hint(ssp, known.switches)}"
            row.error("ssp", text, "CNM-06")
        if number in found:
            _twice(row, number, found[number].where.line)
        elif number:
            found[number] = NameLine(number, ssp, row.where)
    return tuple(found.values())


def _names(files: Files, known: Known) -> tuple[NameRow, ...]:
    table = files.table(f"{HERE}/names.csv", NAMES, controls=True)
    found: dict[str, NameRow] = {}
    for row in table.rows() if table else ():
        number, name = number_cell(row, "number", "CNM-01"), row.get("name")
        _check_name(row, name)
        presentation = row.get("presentation")
        if presentation not in ("ALLOWED", "RESTRICTED"):
            text = f"presentation {shown(presentation)} is neither ALLOWED nor RESTRICTED"
            row.error("presentation", text, "CNM-04")
        if number and known.is_toll_free(number):
            text = f"number {number}: other networks show no name of a toll free number"
            row.warn("number", text, "CNM-08")
        if number in found:
            _twice(row, number, found[number].where.line)
        elif number:
            found[number] = NameRow(number, name, presentation == "RESTRICTED", row.where)
    return tuple(found.values())


def _check_name(row: Row, name: str) -> None:
    if not name:
        row.error("name", "name is empty", "CNM-02")
    elif len(name) > MOST:
        row.error("name", f"name {shown(name)} has {len(name)} characters, more than {MOST}", "CNM-02")
    elif not all(" " <= character <= "~" for character in name):
        row.error("name", f"name {shown(name)} has a character that telephones cannot show", "CNM-02")
    if name != name.strip(" "):
        row.error("name", f"name {shown(name)} begins or ends with a blank", "CNM-03")


def _twice(row: Row, number: str, first: int) -> None:
    row.error("number", f"number {number} is already in line {first}", "CNM-05")
