"""`ain tollfree switch`: send a toll free number by another template, as a disaster or an emergency wants it.

Source: services design section 6.3.
"""

import contextlib
from pathlib import Path

import click

from ain_scp.ain.dataset import existing
from ain_scp.ain.everywhere import note
from ain_scp.ain.faults import Trouble, file_trouble, refuse
from ain_scp.ain.groups import Group
from ain_scp.ain.outputs import write_file
from ain_scp.provisioning.check.findings import hint
from ain_scp.provisioning.loader import load
from ain_scp.terms.dialed import keyed

RECORDS = "services/tollfree/records.csv"


@click.group(cls=Group, epilog="Example: ain tollfree switch DATASET 8005551000 --template T-LATA")
def command() -> None:
    """Toll free numbers: change where one goes."""


@command.command("switch", epilog="Example: ain tollfree switch DATASET 8005551000 --template T-LATA")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.argument("number")
@click.option("--template", required=True, metavar="NAME", help="The template that decides from now on.")
def switch(dataset: Path, number: str, template: str) -> None:
    """Give the record of NUMBER another template; a server takes it at SIGHUP.

    One row of records.csv is written, every other octet stays. A data set with errors is not touched.
    """
    existing(dataset)
    with contextlib.suppress(ValueError):  # what is no number has no record
        number = keyed(number)
    loaded = load(dataset)
    rows = loaded.dataset.services if loaded.dataset is not None else None
    tollfree = rows.tollfree if rows is not None else None
    if loaded.dataset is None:
        refuse([one for one in loaded.problems if one.severity == "error"])
    record = next((row for row in tollfree.records if row.number == number), None) if tollfree else None
    if tollfree is None or record is None:
        raise Trouble(f"{dataset}/{RECORDS}: no record of {number}")
    names = [row.name for row in tollfree.templates]
    if template not in names:
        raise Trouble(f"--template {template}: not in templates.toml{hint(template, names)}")
    file = dataset / RECORDS
    try:
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    except OSError as fault:
        raise file_trouble(file, fault) from None
    header = next(line for line in lines if line.strip() and not line.startswith("#")).strip("\r\n\ufeff")
    columns = header.split(",")
    if '"' in lines[record.where.line - 1] or '"' in header:
        raise Trouble(f"{file}:{record.where.line}: has quoted cells; edit the row by hand")
    if "template" not in columns:
        raise Trouble(f"{file}: has no column template; add it first")
    cells = lines[record.where.line - 1].rstrip("\r\n").split(",")
    end = lines[record.where.line - 1][len(lines[record.where.line - 1].rstrip("\r\n")) :]
    for column, value in (("status", "WORKING"), ("tel", ""), ("template", template)):
        if column in columns:
            cells[columns.index(column)] = value
    lines[record.where.line - 1] = ",".join(cells) + end
    write_file(file, "".join(lines))
    was = record.template or record.tel or record.status
    note(f"{file}:{record.where.line}: {number} goes by {template}, no longer by {was}")
