"""`ain batch DATASET --calls FILE`: decide millions of call attempts without the wire, and compare with other tables.

Source: D-006, interfaces.md sections 1 and 4.
"""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, real_path
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.scp.batch.totals import Totals
    from ain_scp.scp.batch.work import Task

EPILOG = """\b
Examples: ain batch examples/golden --calls calls.csv
          ain batch examples/services --calls queries.csv --service LNP
          ain batch examples/charging --rate records.csv --out owed
          ain batch examples/golden --calls march.parquet --against new-tables --jobs 4 --checkpoint march.checkpoint"""
EXAMPLES = 10


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--calls",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Call attempts: CSV, Parquet, a capture, or a trace.",
)
@click.option(
    "--rate",
    "records",
    type=click.Path(path_type=Path),
    metavar="FILE|DIR",
    help="Rate a month of call records instead: CSV, Parquet, mapped columns, a record directory.",
)
@click.option(
    "--out", type=OutputPath(directory=True), metavar="DIR", help="With --rate: what accounts owe, as CSV."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="Count the calls that this data set decides differently, by field.",
)
@click.option(
    "--examples",
    type=click.IntRange(0, 100_000),
    show_default=f"{EXAMPLES}",
    help="How many of these calls to show.",
)
@click.option("--jobs", type=click.IntRange(1, 256), show_default="1", help="Processes.")
@click.option(
    "--cluster", metavar="ADDRESS", help="Count on a Dask cluster that sees the same files (extra cluster)."
)
@click.option(
    "--checkpoint",
    type=OutputPath(),
    metavar="FILE",
    help="Keep totals here; a killed batch resumes from it.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed of percentage allocation.")
@click.option(
    "--service",
    metavar="NAME",
    help="Ask a service beside the dialing plan's (LNP, TOLLFREE, TERMINATING): a CSV with the column called_party.",
)
@click.option(
    "--local-times", is_flag=True,
    help="Times of a capture are local where each call began, as `ain run --pcap` and --trace write them.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit 2 when any row could not be asked or decided.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(
    dataset: Path,
    calls: Path | None,
    records: Path | None,
    out: Path | None,
    against: Path | None,
    examples: int | None,
    jobs: int | None,
    cluster: str | None,
    checkpoint: Path | None,
    seed: int,
    service: str | None,
    local_times: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Decide every call of a file; count by decision, and with --against what other tables would have done.

    With --rate records are priced instead: what each account owes, and with --against what it would by other tariffs.

    Exit 1 when --against decides any call differently; 2 when no call could be decided, or, with --against or --strict, when
    any row could not be used.
    """
    from ain_scp.ain.batch.calls import call_attempts
    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.batch.sources import SourceFault

    check_outputs()
    _together(against, examples, jobs, cluster)
    if (calls is None) == (records is None):
        raise click.UsageError("--calls FILE decides calls, --rate FILE|DIR rates records: give one")
    if records is not None:
        from ain_scp.ain.batch.rating import Rating, rate

        if examples is not None or seed or local_times or service:
            raise click.UsageError("--examples, --seed, --service and --local-times are for --calls")
        wanted = Rating(dataset, records, out, against, jobs or 1, cluster, checkpoint)
        sys.exit(rate(wanted, as_json=as_json, strict=strict))
    if calls is None or out is not None:
        raise click.UsageError("--out is for --rate")
    shown = EXAMPLES if examples is None else examples
    if service is not None:
        _alone(jobs, cluster, checkpoint, local_times=local_times)
        sys.exit(_services(dataset, service, calls, against, shown, seed, strict=strict, as_json=as_json))
    program = open_program(dataset)
    if against is not None:
        open_program(against)
    try:
        with call_attempts(calls, program, local_times=local_times) as table:
            tasks = _tasks(dataset, against, table, seed, shown)
            totals = _count(tasks, calls, jobs or 1, cluster, checkpoint, shown)
            _name_unused(calls, table, totals)
    except SourceFault as fault:
        raise Trouble(str(fault)) from None
    except OSError as fault:
        raise file_trouble(fault.filename or calls, fault) from None
    if as_json:
        write_json(totals)
    else:
        _show(totals, compared=against is not None)
    sys.exit(_exit_code(totals, calls, compared=against is not None, strict=strict))


def _alone(jobs: int | None, cluster: str | None, checkpoint: Path | None, *, local_times: bool) -> None:
    """Refuse with --service what it does not do."""
    given = {"--jobs": jobs, "--cluster": cluster, "--checkpoint": checkpoint, "--local-times": local_times}
    for name, value in given.items():
        if value:
            raise click.UsageError(f"{name} has no effect with --service")


def _services(
    dataset: Path,
    service: str,
    calls: Path,
    against: Path | None,
    examples: int,
    seed: int,
    *,
    strict: bool,
    as_json: bool,
) -> int:
    from ain_scp.ain.batch.services import count_services
    from ain_scp.scp.batch.sources import SourceFault

    try:
        return count_services(
            dataset, service, calls, against, examples=examples, seed=seed, strict=strict, as_json=as_json
        )
    except SourceFault as fault:
        raise Trouble(str(fault)) from None
    except OSError as fault:
        raise file_trouble(calls, fault) from None


def _together(against: Path | None, examples: int | None, jobs: int | None, cluster: str | None) -> None:
    """Refuse an option that would have no effect."""
    if against is None and examples is not None:
        raise click.UsageError(
            "--examples needs --against DATASET: examples are of calls decided differently"
        )
    if cluster is not None and jobs is not None:
        raise click.UsageError("--jobs and --cluster: give one; a cluster has its own workers")


def _name_unused(calls: Path, table: Path, totals: "Totals") -> None:
    """One line on standard error for each of the first rows that were of no use."""
    from ain_scp.scp.batch.work import source_of

    source = source_of(str(real_path(table)))
    for row in sorted(totals.unused, key=lambda one: one.place):
        place = source.where(row.place)
        click.echo(f"{calls}:{place}: {row.why}" if table == calls else f"{calls}: {row.why}", err=True)
    more = totals.invalid + totals.undecidable - len(totals.unused)
    if more:
        click.echo(f"{calls}: {counted(more, 'more row')} could not be used", err=True)


def _exit_code(totals: "Totals", calls: Path, *, compared: bool, strict: bool) -> int:
    """What the totals are worth: 2 when they rest on nothing, or on less than was asked for."""
    if totals.calls == totals.undecidable:
        click.echo(f"{calls}: no call could be decided", err=True)
        return 2
    if (compared and totals.invalid) or (strict and (totals.invalid or totals.undecidable)):
        return 2
    return 1 if totals.changed else 0


def _tasks(dataset: Path, against: Path | None, calls: Path, seed: int, examples: int) -> "list[Task]":
    from ain_scp.scp.batch.work import Task, source_of

    other = "" if against is None else str(real_path(against))
    where = str(real_path(calls))
    pieces = source_of(where).pieces()
    return [Task(str(real_path(dataset)), other, where, piece, seed, examples) for piece in pieces]


def _count(
    tasks: "list[Task]",
    calls: Path,
    jobs: int,
    cluster: str | None,
    checkpoint: Path | None,
    examples: int,
) -> "Totals":
    """Run the tasks that a checkpoint leaves, keeping it up to date."""
    from ain_scp.scp.batch.totals import Totals
    from ain_scp.scp.batch.work import (
        VERSION,
        Checkpoint,
        identity_of,
        read_checkpoint,
        run,
        write_checkpoint,
    )

    identity = identity_of(tasks[0], len(tasks), calls) if tasks and checkpoint is not None else ""
    state = read_checkpoint(checkpoint, identity) if checkpoint is not None else None
    if checkpoint is not None and checkpoint.exists() and state is None:
        raise click.UsageError(f"{checkpoint}: not a checkpoint of this batch; remove it to start again")
    if state is None:
        state = Checkpoint(VERSION, identity, 0, Totals())
    with progress(len(tasks)) as bar:
        bar.update(state.pieces)
        for now in run(tasks, lambda left: _through(left, jobs, cluster), state, examples):
            bar.update(1)
            if checkpoint is not None:
                write_checkpoint(checkpoint, now)
    return state.totals


class Bar(Protocol):
    """What shows progress."""

    def update(self, n_steps: int, /) -> None:
        """So many more pieces are done."""


@contextlib.contextmanager
def progress(pieces: int) -> Iterator[Bar]:
    """A bar on standard error when that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    with click.progressbar(length=pieces, file=sys.stderr) as bar:
        yield bar


class _Silent:
    def update(self, n_steps: int, /) -> None:
        """Show nothing."""


def _through(tasks: "Iterable[Task]", jobs: int, cluster: str | None) -> "Iterator[Totals]":
    """The totals of tasks in their order: in this process, in several, or on a cluster."""
    from ain_scp.ain.batch.jobs import in_processes, on_cluster
    from ain_scp.scp.batch.sources import SourceFault
    from ain_scp.scp.batch.work import count_task, engine_of

    def warm(task: "Task") -> None:
        for directory in filter(None, (task.dataset, task.against)):
            engine_of(directory)

    if cluster is not None:
        return on_cluster(tasks, cluster, count_task, (SourceFault,))
    return in_processes(tasks, jobs, count_task, warm) if jobs > 1 else map(count_task, tasks)


def _show(totals: "Totals", *, compared: bool) -> None:
    """The counts as tables for people."""
    click.echo(
        f"{counted(totals.calls, 'call')}: {totals.calls - totals.undecidable} decided, "
        f"{totals.undecidable} not"
        + (f"; {counted(totals.invalid, 'row')} skipped" if totals.invalid else "")
    )
    for title, counts in (
        ("call type code", totals.ctc),
        ("screening", totals.screening),
        ("blocking", totals.blocking),
        ("route", totals.route),
        ("announcement", totals.announcement),
        ("AMAslpID", totals.flag),
    ):
        click.echo(title)
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            click.echo(f"  {name:<24}{count:>14}")
    if compared:
        click.echo(f"decided differently: {totals.changed} of {totals.compared} compared")
        for name, count in sorted(totals.fields.items(), key=lambda item: (-item[1], item[0])):
            click.echo(f"  {name:<40}{count:>14}")
        for one in totals.examples:
            found = "; ".join(f"{field} {old!r} -> {new!r}" for field, (old, new) in one.differs.items())
            click.echo(f"  {one.calling_party} {one.access_code or ''} {one.dialed} {one.time}: {found}")
