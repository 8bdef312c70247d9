"""`ain ama`: the switches' AMA records: export, read, originating access, other providers, verification.

Source: interfaces.md section 1, A-225, A-235 to A-237, [0169], [0170], [0181].
"""

import sys
from pathlib import Path
from typing import Literal

import click

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import versioned, write_json
from ain_scp.ain.groups import Group
from ain_scp.ain.words import counted
from ain_scp.billing.ama.record import AmaFormatError, SequencedAma

EPILOG = """Example: ain run examples/golden/scenario.toml --records records &&
ain ama export records --form baf && ain ama verify records --dataset examples/golden"""
Form = Literal["baf", "jsonl", "csv"]

directory_argument = click.argument("directory", type=click.Path(path_type=Path))
form_option = click.option(
    "--form",
    type=click.Choice(["baf", "jsonl", "csv"]),
    default="baf",
    show_default=True,
    help="Form of the file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
dataset_option = click.option(
    "--dataset", required=True, type=click.Path(path_type=Path), help="Data set with prices and contracts."
)


@click.group(cls=Group, epilog=EPILOG)
def command() -> None:
    """AMA records: one per answered call, with the AMAslpID the SCP sent."""


@command.command("export", epilog="Example: ain ama export records --form baf --receiver billing")
@directory_argument
@form_option
@click.option(
    "--receiver", default="billing", show_default=True, help="Who gets the files; each has its own position."
)
@click.option(
    "--providers",
    is_flag=True,
    help="Instead: the flagged records of resold customers, one output a provider.",
)
@click.option("--dataset", type=click.Path(path_type=Path), help="Names the providers (with --providers).")
@click.option(
    "--again", is_flag=True, help="From the first record kept, without moving the receiver's position."
)
@json_option
def export(
    directory: Path,
    form: Form,
    receiver: str,
    providers: bool,
    dataset: Path | None,
    again: bool,
    as_json: bool,
) -> None:
    """Write what a receiver has not had yet, one file a switch; a file is durable before the position moves."""
    from ain_scp.ain.ama.files import export_all, export_providers
    from ain_scp.ain.ama.forms import ExportForm

    if not set(receiver) <= _NAME or not 0 < len(receiver) <= 24:
        raise click.UsageError("--receiver: 1 to 24 letters, digits and underscores")
    if providers:
        if dataset is None:
            raise click.UsageError("--providers needs --dataset, which names them")
        from ain_scp.ain.dataset import open_program

        rows = export_providers(directory, form, open_program(dataset).snapshot)
    else:
        rows = export_all(directory, form, receiver, again=again)
    if as_json:
        write_json(ExportForm(rows))
        return
    for row in rows:
        click.echo(f"{row.path}  {counted(row.records, 'record')}")
    if not rows:
        click.echo("nothing new")


@command.command(
    "read", epilog="Example: ain ama read records/export/billing/SSP2004-ama-00000000001-00000000014.baf"
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@json_option
def read(files: tuple[Path, ...], as_json: bool) -> None:
    """Read AMA files whole (form by ending: .baf, .jsonl, .csv), check numbers and trailer, show the records."""
    from ain_scp.billing.ama.text import encode_json

    for path in files:
        for item in records_of(path):
            if as_json:
                sys.stdout.buffer.write(versioned(encode_json(item.record, item.sequence)) + b"\n")
            else:
                click.echo(row_of(item))
    sys.stdout.flush()


@command.command("access", epilog="Example: ain ama access records --json")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def access(sources: tuple[Path, ...], as_json: bool) -> None:
    """Originating access records: answered intraLATA calls from centrex, drawn from a record directory or AMA files."""
    from ain_scp.ain.ama.forms import AccessForm
    from ain_scp.billing.ama.access import originating_access

    found = [record for path in sources for items in runs_of(path) for record in originating_access(items)]
    if as_json:
        write_json(AccessForm(found))
        return
    for record in found:
        click.echo(
            f"{record.ama_sequence:>11}  {record.call_id:<14}{record.calling_number:<16}{record.called_number:<16}"
            f"{record.duration_ms // 1000:>8} s  {record.ama_slp_id or ''}".rstrip()
        )
    click.echo(counted(len(found), "originating access record"))


@command.command("verify", epilog="Example: ain ama verify records --dataset examples/golden")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@dataset_option
@json_option
def verify(sources: tuple[Path, ...], dataset: Path, as_json: bool) -> None:
    """The flagged records with the price they would have had and the price charged, summed by AMAslpID."""
    from ain_scp.ain.ama.pricing import verification
    from ain_scp.ain.dataset import open_program
    from ain_scp.billing.ama import verification as report

    snapshot = open_program(dataset).snapshot
    numbered = [item for path in sources for items in runs_of(path) for item in items]
    if not numbered:
        raise Trouble(f"{', '.join(map(str, sources))}: no AMA record to verify")
    records = [record for item in numbered if (record := verification(item, snapshot)) is not None]
    made = report.verify(records)
    if as_json:
        write_json(made)
    else:
        click.echo("\n".join(report.lines(made)))


def runs_of(path: Path) -> list[list[SequencedAma]]:
    """The records of a record directory, one run a switch, or of one AMA file."""
    if not path.is_dir():
        return [records_of(path)]
    from ain_scp.ain.run.records import opened, payloads
    from ain_scp.billing.ama.journaled import decoded
    from ain_scp.journal.faults import JournalFault

    records = opened(path)
    try:
        return [
            [decoded(entry.payload, entry.sequence) for entry in payloads(records.usage(switch))]
            for switch in records.switches()
        ]
    except JournalFault as fault:
        raise Trouble(f"{path}: {fault}") from None


def records_of(path: Path) -> list[SequencedAma]:
    """The records of one file; a damaged one is one line and exit 1."""
    from ain_scp.billing.ama.baf import read_baf
    from ain_scp.billing.ama.text import read_csv, read_json_lines

    try:
        octets = path.read_bytes()
        if path.suffix == ".baf":
            return list(read_baf(octets).records)
        lines = octets.splitlines(keepends=True)
        return list((read_csv if path.suffix == ".csv" else read_json_lines)(lines).records)
    except OSError as fault:
        raise file_trouble(path, fault) from None
    except AmaFormatError as fault:
        raise Trouble(f"{path}: {fault}") from None


def row_of(item: SequencedAma) -> str:
    """One record as one line."""
    from ain_scp.reports.report import iso_time

    record = item.record
    answered = "not answered" if record.answer_ms is None else iso_time(record.answer_ms)
    facility = f"{record.facility} {record.facility_id}" if record.facility_id else record.facility
    return (
        f"{item.sequence:>11}  {record.call_id:<14}{record.calling_number:<16}{record.called_number:<16}{answered:<25}"
        f"{record.duration_ms // 1000:>7} s  {record.calling_class:<8}{facility:<20}{record.ama_slp_id or ''}"
    ).rstrip()


_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
