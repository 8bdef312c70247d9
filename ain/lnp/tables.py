"""Tables of ported numbers: from the download of a number administration, and from one table to the next.

Source: services design section 5.4; NANC 314 (bulk data download).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

from ain_scp.ain.everywhere import note
from ain_scp.ain.faults import Trouble, file_trouble, refuse
from ain_scp.ain.outputs import write_file
from ain_scp.ain.words import counted
from ain_scp.provisioning.check.columns import digits_of
from ain_scp.provisioning.check.findings import Findings, shown
from ain_scp.provisioning.check.services.lnp import PORTED
from ain_scp.provisioning.check.source import as_text, read_octets
from ain_scp.provisioning.csv_rows import read_table
from ain_scp.provisioning.problems import Problem
from ain_scp.provisioning.tables.build import codes_of
from ain_scp.provisioning.tables.columns import Digits, Text, Words, read_columns
from ain_scp.terms.digits import is_digits

HERE: Final = "services/lnp/ported.csv"
_PLAIN: Final[dict[str, Digits | Words | Text]] = {
    "number": Digits((10,)),
    "lrn": Digits((10,)),
    "spid": Text((4,), blank=True),
}
LEAST_FIELDS: Final = 5
"""Of a download; the order of those that follow is unconfirmed, and they are passed over."""
NUMBER, BLOCK = 10, 7
Row = tuple[str, str, str]
Codes = NDArray[np.int64]


def import_files(files: tuple[Path, ...], out: Path) -> None:
    """Read downloads and write ported.csv and blocks.csv; every wrong line is named, and then nothing is written."""
    numbers: dict[str, Row] = {}
    blocks: dict[str, Row] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            with file.open(encoding="ascii", errors="replace") as lines:
                for line, text in enumerate(lines, 1):
                    _take(str(file), line, text.strip("\r\n \ufeff"), numbers, blocks, problems)
        except OSError as fault:
            raise file_trouble(file, fault) from None
    if problems:
        refuse(problems)
    if not numbers and not blocks:
        raise Trouble(f"{', '.join(map(str, files))}: no number and no block in it")
    out.mkdir(parents=True, exist_ok=True)
    for name, column, rows in (("ported.csv", "number", numbers), ("blocks.csv", "block", blocks)):
        if rows:
            text = "".join(f"{','.join(rows[key])}\n" for key in sorted(rows))
            write_file(out / name, f"{column},lrn,spid\n{text}")
    note(f"{out}: {counted(len(numbers), 'ported number')}, {counted(len(blocks), 'pooled block')}")


def _take(
    file: str,
    line: int,
    text: str,
    numbers: dict[str, Row],
    blocks: dict[str, Row],
    problems: list[Problem],
) -> None:
    """Take one line of a download."""
    if not text:
        return
    fields = text.split("|")

    def wrong(what: str) -> None:
        problems.append(Problem(file, line, 1, what, "NANC 314"))

    if len(fields) < LEAST_FIELDS:
        wrong(f"{len(fields)} fields; expected at least {LEAST_FIELDS}, separated by '|'")
        return
    _version, key, lrn, spid, activated = fields[:LEAST_FIELDS]
    table = {NUMBER: numbers, BLOCK: blocks}.get(len(key)) if is_digits(key) else None
    if table is None:
        wrong(f"field 2, {shown(key)}: neither a number of 10 digits nor a block of 7")
    elif len(lrn) != NUMBER or not is_digits(lrn):
        wrong(f"field 3, {shown(lrn)}: no LRN of 10 digits")
    elif spid and not (len(spid) == 4 and spid.isascii() and spid.isalnum()):
        wrong(f"field 4, {shown(spid)}: no service provider id of 4 characters")
    elif activated and not (len(activated) == 14 and is_digits(activated)):
        wrong(f"field 5, {shown(activated)}: no time YYYYMMDDHHMMSS")
    elif key in table:
        wrong(f"{key} came before: an active version stands in a download once")
    else:
        table[key] = key, lrn, spid


# One table against another


def diff_tables(old: Path, new: Path, out: Path | None) -> None:
    """Write the delta that makes the new table of the old one; a number whose provider alone changed is no change."""
    before, after = _read(old), _read(new)
    if not before[0].size and not after[0].size:
        raise Trouble(f"{old} and {new}: no number in either, so nothing was compared")
    text = "action,number,lrn,spid\n" + "".join(f"{line}\n" for line in _changes(before, after))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_file(out, text)
    lines = text.splitlines()[1:]
    said = ", ".join(
        f"{sum(line.startswith(action) for line in lines)} {what}"
        for action, what in (("ADD", "added"), ("MOD", "changed"), ("DEL", "removed"))
    )
    numbers = counted(int(before[0].size), "number")
    note(f"{numbers} before, {after[0].size:,} now: {said}")


def _changes(before: tuple[Codes, Codes], after: tuple[Codes, Codes]) -> Iterator[str]:
    numbers, lrns = before
    wanted, routes = after
    at = np.minimum(np.searchsorted(numbers, wanted), max(numbers.size - 1, 0))
    known = numbers[at] == wanted if numbers.size else np.zeros(wanted.size, np.bool_)
    moved = np.zeros(wanted.size, np.bool_)
    moved[known] = lrns[at[known]] != routes[known]
    for row in np.flatnonzero(~known | moved):
        action = "MOD" if known[row] else "ADD"
        yield f"{action},{digits_of(int(wanted[row]))},{digits_of(int(routes[row]))},"
    for row in np.flatnonzero(~np.isin(numbers, wanted, assume_unique=True)):
        yield f"DEL,{digits_of(int(numbers[row]))},,"


def _read(path: Path) -> tuple[Codes, Codes]:
    """Numbers in ascending order and their LRNs."""
    file = path / HERE if path.is_dir() else path
    if path.is_dir() and not file.exists():
        file = path / "ported.csv"
    quick = read_columns(file, _PLAIN)
    if quick is None:
        numbers, lrns = _carefully(file)
    else:
        numbers, lrns = quick.columns["number"], quick.columns["lrn"]
    order = np.argsort(numbers, kind="stable")
    numbers, lrns = numbers[order], lrns[order]
    if (numbers[1:] == numbers[:-1]).any():
        raise Trouble(f"{file}: a number is there twice; ain check names it")
    return numbers, lrns


def _carefully(file: Path) -> tuple[Codes, Codes]:
    findings = Findings()
    octets = read_octets(file.parent, file.name, findings)
    text = None if octets is None else as_text(octets, file.name, findings)
    table = None if text is None else read_table(str(file), text, *PORTED, findings)
    rows = [
        (row.digits("number", (NUMBER,), "LNP-01"), row.digits("lrn", (NUMBER,), "LNP-02"))
        for row in (table.rows() if table is not None else ())
    ]
    if findings.errors:
        refuse(list(findings.problems()))
    return codes_of([number for number, _ in rows]), codes_of([lrn for _, lrn in rows])
