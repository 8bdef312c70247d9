"""`ain batch DATASET --calls FILE`: decide millions of call attempts without the wire, and compare with other tables.

Source: D-006, interfaces.md sections 1 and 4.
"""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click
import msgspec

if TYPE_CHECKING:
    from ain_scp.scp.batch.totals import Totals
    from ain_scp.scp.batch.work import Task

EPILOG = """Examples: ain batch examples/golden --calls calls.csv | ain batch examples/golden --calls march.parquet
--against new-tables --jobs 4 --checkpoint march.checkpoint"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--calls",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Call attempts: CSV, Parquet, a capture, or a trace.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="Count the calls decided otherwise there, by field.",
)
@click.option("--examples", default=10, show_default=True, type=click.IntRange(0, 100_000))
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option(
    "--cluster", metavar="ADDRESS", help="Count on a Dask cluster that sees the same files (extra cluster)."
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep totals here; a batch that was killed goes on from it.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of percentage allocation.")
@click.option("--json", "as_json", is_flag=True, help="Totals as JSON on stdout.")
def command(
    dataset: Path,
    calls: Path,
    against: Path | None,
    examples: int,
    jobs: int,
    cluster: str | None,
    checkpoint: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Decide every call of a file; count by decision, and with --against what other tables would have done.

    Exit 1 when --against decides any call otherwise.
    """
    from ain_scp.ain.batch.calls import call_attempts
    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.batch.sources import SourceFault

    program = open_program(dataset)
    if against is not None:
        open_program(against)
    try:
        with call_attempts(calls, program) as table:
            tasks = _tasks(dataset, against, table, seed, examples)
            totals = _count(tasks, calls, jobs, cluster, checkpoint, examples)
    except SourceFault as fault:
        click.echo(str(fault), err=True)
        sys.exit(2)
    except OSError as fault:
        click.echo(f"{fault.filename or calls}: {fault.strerror}", err=True)
        sys.exit(2)
    if as_json:
        sys.stdout.write(msgspec.json.encode(totals).decode() + "\n")
    else:
        _show(totals, compared=against is not None)
    sys.exit(1 if totals.changed else 0)


def _tasks(dataset: Path, against: Path | None, calls: Path, seed: int, examples: int) -> "list[Task]":
    from ain_scp.scp.batch.work import Task, source_of

    other = "" if against is None else str(against.resolve())
    where = str(calls.resolve())
    pieces = source_of(where).pieces()
    return [Task(str(dataset.resolve()), other, where, piece, seed, examples) for piece in pieces]


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
        raise click.UsageError(f"{checkpoint}: is no checkpoint of this batch; remove it to begin anew")
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
    from ain_scp.scp.batch.work import count_task

    if cluster is not None:
        return on_cluster(tasks, cluster)
    return in_processes(tasks, jobs) if jobs > 1 else map(count_task, tasks)


def _show(totals: "Totals", *, compared: bool) -> None:
    """The counts as tables for people."""
    click.echo(
        f"{totals.calls} calls: {totals.calls - totals.undecidable} decided, {totals.undecidable} without a customer"
        + (f"; {totals.invalid} rows passed over" if totals.invalid else "")
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
        click.echo(f"decided otherwise: {totals.changed} of {totals.compared}")
        for name, count in sorted(totals.fields.items(), key=lambda item: (-item[1], item[0])):
            click.echo(f"  {name:<40}{count:>14}")
        for one in totals.examples:
            found = "; ".join(f"{field} {old!r} -> {new!r}" for field, (old, new) in one.differs.items())
            click.echo(f"  {one.calling_party} {one.access_code or ''} {one.dialed} {one.time}: {found}")
