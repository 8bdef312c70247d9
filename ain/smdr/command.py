"""`ain smdr`: Virtual SMDR on a record directory: transfer, import, report, check, publish, receive.

Source: interfaces.md section 1, A-240 to A-257, Figs. 10a, 10b, 11, D-008.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec.structs import asdict

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import versioned, write_json
from ain_scp.ain.groups import Group
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file
from ain_scp.ain.smdr.forms import ImportForm, Sent, TransferForm
from ain_scp.ain.smdr.publish import publish, receive
from ain_scp.ain.words import counted, tally
from ain_scp.smdr.request import COLUMNS, DIMENSIONS
from ain_scp.terms.dialed import keyed

if TYPE_CHECKING:
    from ain_scp.smdr.front_end import FrontEnd
    from ain_scp.smdr.host import Host
    from ain_scp.smdr.request import ReportRequest

EPILOG = """Example: ain run examples/golden/scenario.toml --records records &&
ain smdr transfer records && ain smdr import records && ain smdr report records --customer GOLDEN"""
HOUR_MS = 3_600_000

directory_argument = click.argument("directory", type=click.Path(path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.group(cls=Group, epilog=EPILOG)
def command() -> None:
    """Call records of every call from one place: samples of the SCP, joined, stored, reported."""


@command.command("transfer", epilog="Example: ain smdr transfer records --billing")
@directory_argument
@click.option(
    "--now", metavar="ISO", help="Local time that counts as now; files of hours before it are sent."
)
@click.option(
    "--scp-kind",
    type=click.Choice(["iscp", "lscp"]),
    default="iscp",
    show_default=True,
    help="Through a data distributor, or by the SCP itself.",
)
@click.option("--billing", is_flag=True, help="Also write the distributor's billing interface (iscp).")
@json_option
def transfer(
    directory: Path, now: str | None, scp_kind: Literal["iscp", "lscp"], billing: bool, as_json: bool
) -> None:
    """Write a transfer file for each hour that is over and was not sent yet."""
    from ain_scp.ain.run.records import journal_of, now_ms, opened
    from ain_scp.ain.smdr.files import transfer as send

    if billing and scp_kind == "lscp":
        raise click.UsageError("--billing: an LSCP has no data distributor, so no billing interface")
    records = opened(directory)
    moment = now_ms() if now is None else time_of(now, "--now")
    rows = []
    for scp in records.scps():
        with journal_of(records.samples(scp)) as journal:
            try:
                files = send(journal, scp, records.transfer, moment, scp_kind, billing=billing)
            except OSError as fault:
                raise file_trouble(records.transfer, fault) from None
        rows += [
            (scp, file.name.replace("smdr-", f"smdr-{scp}-", 1), file.last - file.first + 1) for file in files
        ]
    if as_json:
        write_json(TransferForm([Sent(*row) for row in rows]))
        return
    for _, name, count in rows:
        click.echo(f"{name}  {counted(count, 'sample')}")
    click.echo(f"{counted(len(rows), 'file')} to {records.transfer}")


@command.command("import", epilog="Example: ain smdr import records")
@directory_argument
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--wait-hours",
    type=click.IntRange(0, 24 * 366),
    default=24,
    show_default=True,
    help="How long a single half may wait for the other one before it is reported as incomplete.",
)
@click.option("--now", metavar="ISO", help="Local time that counts as now for --wait-hours.")
@json_option
def import_(
    directory: Path, files: tuple[Path, ...], wait_hours: int, now: str | None, as_json: bool
) -> None:
    """Read transfer files (all of the directory's when none is named), join the halves, update the host store; at most once."""
    from ain_scp.ain.run.records import now_ms, opened
    from ain_scp.ain.smdr.files import files_in

    records = opened(directory)
    moment = now_ms() if now is None else time_of(now, "--now")
    front_end, host = stores(directory, wait_hours * HOUR_MS)
    totals = ImportForm()
    for path in files or files_in(records.transfer):
        take_file(front_end, path, totals)
    totals.incomplete = front_end.settle(moment)
    totals.written = host.pull("front_end", front_end)
    totals.calls = host.record_count()
    if as_json:
        write_json(totals)
    else:
        click.echo(tally(asdict(totals)))
    sys.exit(1 if totals.refused_files or totals.conflicts else 0)


def take_file(front_end: "FrontEnd", path: Path, totals: ImportForm) -> None:
    """Give one file to the front end; a damaged or absent one is reported and counted, and the next one read."""
    from ain_scp.smdr.sample import SampleError

    try:
        outcome = front_end.receive(path.read_bytes())
    except (SampleError, OSError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        click.echo(f"{path}: {reason}; file not taken", err=True)
        totals.refused_files += 1
        return
    totals.files += 1
    totals.repeated_files += outcome.repeated_file
    totals.joined += outcome.records
    totals.repeated += outcome.repeated
    totals.conflicts += outcome.conflicts
    if outcome.conflicts:
        click.echo(
            f"{path}: {counted(outcome.conflicts, 'sample')} not taken: others are held for their calls",
            err=True,
        )


@command.command(
    "report", epilog="Example: ain smdr report records --customer GOLDEN --group-by day --form csv"
)
@directory_argument
@click.option(
    "--customer", metavar="GROUP", help="Report to this customer: it sees its own calls and no others."
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME",
    help=f"A column; may be repeated: {', '.join(column.name for column in COLUMNS)}.",
)
@click.option("--since", metavar="ISO", help="Calls that began then or later (local time).")
@click.option("--until", metavar="ISO", help="Calls that began before then.")
@click.option("--calling", metavar="PREFIX", help="Calling numbers that begin with these digits.")
@click.option("--called", metavar="PREFIX", help="Numbers as routed that begin with these digits.")
@click.option(
    "--destination", metavar="PREFIX", help="Numbers the callers wanted that begin with these digits."
)
@click.option("--status", metavar="WORD", help="COMPLETED, BUSY, ..., BLOCKED, BLOCKED:SCREENED, INCOMPLETE.")
@click.option(
    "--group-by",
    multiple=True,
    metavar="NAME",
    help=f"Sums instead of single calls; may be repeated: {', '.join(one.name for one in DIMENSIONS)}.",
)
@click.option(
    "--most", type=click.IntRange(1, 1_000_000), default=100_000, show_default=True, help="Rows at most."
)
@click.option(
    "--form",
    type=click.Choice(["table", "csv", "json", "html"]),
    show_default="table",
    help="Form of the output.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --form json.")
@click.option(
    "--output", "-o", type=OutputPath(), metavar="FILE", help="Write to this file instead of stdout."
)
def report(
    directory: Path,
    customer: str | None,
    fields: tuple[str, ...],
    since: str | None,
    until: str | None,
    calling: str | None,
    called: str | None,
    destination: str | None,
    status: str | None,
    group_by: tuple[str, ...],
    most: int,
    form: Literal["table", "csv", "json", "html"] | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Answer a report request from the host's store."""
    from ain_scp.smdr.request import DEFAULT_FIELDS, ReportRequest

    check_outputs()
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --form {form}: one of them")
    if fields and group_by:
        raise click.UsageError("--field and --group-by: one of them; groups have sums")
    request = ReportRequest(
        fields=fields or DEFAULT_FIELDS,
        since_ms=None if since is None else time_of(since, "--since"),
        until_ms=None if until is None else time_of(until, "--until"),
        calling_prefix=_digits(calling),
        called_prefix=_digits(called),
        destination_prefix=_digits(destination),
        status=status,
        group_by=group_by,
        most=most,
        form="json" if as_json else form or "table",
    )
    text = printed(directory, request, customer)
    if request.form == "json":
        text = versioned(text.encode()).decode()
    if output is None:
        click.echo(text, nl=False)
        return
    write_file(output, text)


def _digits(prefix: str | None) -> str | None:
    """A prefix without what is for the eye; what is no number is refused with the request."""
    try:
        return None if prefix is None else keyed(prefix)
    except ValueError:
        return prefix


def printed(directory: Path, request: "ReportRequest", customer: str | None) -> str:
    """The report as text; a request that cannot be answered as asked is a usage error."""
    from ain_scp.reports.source import RequestError

    host = _host_to_read(directory)
    try:
        if customer is not None and host.record_count():
            _known(host, customer)
        text = host.printed(request, customer)
    except RequestError as fault:
        raise click.UsageError(fault.reason) from None
    if not host.record_count():
        click.echo("nothing imported yet: ain smdr transfer DIR, then ain smdr import DIR", err=True)
    return text if text.endswith("\n") else text + "\n"


def _known(host: "Host", customer: str) -> None:
    """UsageError for a customer group of which the host has no call at all: a typing error, most likely."""
    from ain_scp.smdr.request import ReportRequest

    groups = [str(row[0]) for row in host.report(ReportRequest(group_by=("customer_group",)), None).rows]
    if customer not in groups:
        raise click.UsageError(
            f"--customer: no calls of customer group {customer}; known: {', '.join(groups)}"
        )


@command.command("check", epilog="Example: ain smdr check records")
@directory_argument
@json_option
def check(directory: Path, as_json: bool) -> None:
    """Read every journal and transfer file whole, compare front end and host; exit 1 when something is amiss."""
    from ain_scp.ain.smdr.check import check as run

    found = run(directory)
    if not (found.samples or found.files or found.front_end or found.host or found.problems):
        raise Trouble(f"{directory}: no sample, transfer file or call in it, so nothing was checked")
    if as_json:
        write_json(found)
    else:
        for problem in found.problems:
            click.echo(problem, err=True)
        for warning in found.warnings:
            click.echo(f"warning: {warning}", err=True)
        click.echo(
            f"{counted(found.samples, 'sample')} in {counted(found.journals, 'journal')}, "
            f"{counted(found.files, 'transfer file')}, {counted(found.front_end, 'call')} at the front end, "
            f"{found.host} at the host: "
            + (counted(len(found.problems), "problem") if found.problems else "all agree")
        )
    if not found.journals:
        raise Trouble(f"{directory}: no journal to check")
    sys.exit(1 if found.problems else 0)


def stores(directory: Path, wait_ms: int = 24 * HOUR_MS) -> "tuple[FrontEnd, Host]":
    """The front end and the host of a record directory; one line and exit 1 when a store cannot be opened."""
    import sqlite3

    from ain_scp.ain.run.records import opened
    from ain_scp.smdr.front_end import FrontEnd
    from ain_scp.smdr.host import Host
    from ain_scp.smdr.store import SqliteFrontEnd, SqliteHost, connect

    records = opened(directory)
    try:
        return (
            FrontEnd(SqliteFrontEnd(connect(records.front_end)), wait_ms),
            Host(SqliteHost(connect(records.host))),
        )
    except sqlite3.Error as fault:
        raise Trouble(f"{directory}: {fault}") from None


def _host_to_read(directory: Path) -> "Host":
    """The host of a record directory, never written to; one line and exit 2 when it cannot be read."""
    import sqlite3

    from ain_scp.ain.run.records import opened
    from ain_scp.smdr.host import Host
    from ain_scp.smdr.store import SqliteHost, connect_to_read

    try:
        return Host(SqliteHost(connect_to_read(opened(directory).host)))
    except (sqlite3.Error, OSError) as fault:
        raise Trouble(f"{directory}: {fault}") from None


def time_of(text: str, option: str) -> int:
    """Milliseconds of an ISO 8601 local time or date; UsageError when it is none."""
    import datetime as dt

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"{option} {text}: expected a local time such as 2001-01-17T10:00:00"
        ) from None
    if moment.tzinfo is not None:
        raise click.UsageError(f"{option} {text}: expected local time, without a zone")
    return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(milliseconds=1)  # noqa: DTZ001 - local calendar on purpose


command.add_command(publish)
command.add_command(receive)
