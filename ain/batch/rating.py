"""`ain batch DATASET --rate FILE|DIR`: a month of records rated by columns; what accounts owe, and by other tariffs.

Source: charging.md section 12, interfaces.md section 6.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from ain_scp.ain.batch.jobs import in_processes, on_cluster
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import real_path, writing
from ain_scp.ain.streams import terminal_width
from ain_scp.ain.words import counted
from ain_scp.billing.batch.columns import ChargeFault
from ain_scp.billing.batch.difference import Differences, differences
from ain_scp.billing.batch.sources import SourceFault, opened
from ain_scp.billing.batch.sums import Month, Owing
from ain_scp.billing.batch.work import (
    EMPTY,
    Checkpoint,
    Done,
    Task,
    identity_of,
    merged,
    rate_task,
    rater_of,
    read_checkpoint,
    write_checkpoint,
)
from ain_scp.reports.report import csv_text
from ain_scp.reports.text import table
from ain_scp.terms.money import money_text

COLUMNS = ("account", "plan", "group", "calls", "minutes", "gross", "given", "discount", "total")
SHOWN = 20
"""Rows of a table or of complaints on the terminal; the files have all."""


class Rating(NamedTuple):
    """What is to be rated, by what, where to."""

    dataset: Path
    records: Path
    out: Path | None
    against: Path | None
    jobs: int
    cluster: str | None
    checkpoint: Path | None


class Result(msgspec.Struct):
    """A rated month as JSON; money is decimal text."""

    records: int
    rated: int
    unknown: int
    unpriced: int
    unread: int
    currency: str
    total: str
    against: Differences | None = None


def rate(wanted: Rating, *, as_json: bool, strict: bool) -> int:
    """Rate a month; 1 where the other data set says otherwise, 2 where nothing could be rated."""
    from ain_scp.ain.dataset import open_program

    for directory in filter(None, (wanted.dataset, wanted.against)):
        if open_program(directory).snapshot.charging is None:
            raise Trouble(
                f"{directory}: nothing is charged here; a data set that charges has a folder charging/"
            )
    try:
        done = _done(wanted)
    except (SourceFault, ChargeFault) as fault:
        raise Trouble(str(fault)) from None
    except OSError as fault:
        raise file_trouble(Path(fault.filename or wanted.records), fault) from None
    rater, _, summing = rater_of(str(real_path(wanted.dataset)))
    month = Owing(rater.tables, done.sums[0] if done.sums else None, summing).month()
    found = None if wanted.against is None else _against(wanted, month, done)
    _write(wanted, month, found)
    charging = rater.tables.charging
    result = Result(
        month.records,
        month.records - month.unknown - month.unpriced,
        month.unknown,
        month.unpriced,
        done.unread,
        charging.currency,
        money_text(month.total, charging.digits),
        found,
    )
    if done.unread:
        _name_unread(wanted.records, done.unread)
    if as_json:
        write_json(result)
    else:
        _show(result, month, charging.digits)
    return _exit(wanted, result, strict=strict)


def _name_unread(records: Path, many: int) -> None:
    """Name the first rows that could not be read."""
    named = list(islice(opened(records).unread(), SHOWN))
    for line in named:
        click.echo(line, err=True)
    if many > len(named):
        click.echo(f"{records}: {counted(many - len(named), 'more row')} not read", err=True)


def _exit(wanted: Rating, result: Result, *, strict: bool) -> int:
    if not result.rated:
        click.echo(f"{wanted.records}: no record could be rated", err=True)
        return 2
    if strict and result.rated < result.records + result.unread:
        return 2
    return 1 if result.against is not None and result.against.changed else 0


def _done(wanted: Rating) -> Done:
    """Rate all pieces, beginning after what a checkpoint has."""
    against = "" if wanted.against is None else str(real_path(wanted.against))
    dataset, records = str(real_path(wanted.dataset)), str(real_path(wanted.records))
    tasks = [Task(dataset, against, records, part) for part in opened(wanted.records).parts()]
    inputs = [path for path in (wanted.dataset, wanted.against, wanted.records) if path is not None]
    identity = identity_of(tasks, inputs) if wanted.checkpoint is not None else ""
    state = Checkpoint(identity, 0, EMPTY)
    if wanted.checkpoint is not None and wanted.checkpoint.exists():
        kept = read_checkpoint(wanted.checkpoint, identity)
        if kept is None:
            raise click.UsageError(
                f"{wanted.checkpoint}: not a checkpoint of this batch; remove it to start again"
            )
        state = kept
    from ain_scp.ain.batch.command import progress

    with progress(len(tasks)) as bar:
        bar.update(state.pieces)
        for piece in _through(tasks[state.pieces :], wanted):
            state = Checkpoint(identity, state.pieces + 1, merged(state.done, piece))
            bar.update(1)
            if wanted.checkpoint is not None:
                write_checkpoint(wanted.checkpoint, state)
    return state.done


def _through(tasks: Iterable[Task], wanted: Rating) -> Iterator[Done]:
    def warm(task: Task) -> None:
        for directory in filter(None, (task.dataset, task.against)):
            rater_of(directory)

    if wanted.cluster is not None:
        return on_cluster(tasks, wanted.cluster, rate_task, (SourceFault, ValueError))
    return in_processes(tasks, wanted.jobs, rate_task, warm) if wanted.jobs > 1 else map(rate_task, tasks)


def _against(wanted: Rating, month: Month, done: Done) -> Differences:
    rater, *_ = rater_of(str(real_path(wanted.dataset)))
    other, *_ = rater_of(str(real_path(wanted.against or wanted.dataset)))
    if other.tables.charging.currency != rater.tables.charging.currency:
        raise Trouble(
            f"{wanted.against}: its currency is {other.tables.charging.currency}; amounts are not compared"
        )
    again = Owing(other.tables, done.others[0] if done.others else None).month()
    return differences((rater.tables, month), (other.tables, again), done.pairs)


def _write(wanted: Rating, month: Month, found: Differences | None) -> None:
    if wanted.out is None:
        return
    rater, *_ = rater_of(str(real_path(wanted.dataset)))
    digits = rater.tables.charging.digits
    files = {
        "owed.csv": csv_text(COLUMNS, (_row(month, place, digits) for place in range(len(month.owed)))),
        "rows.csv": csv_text(
            ("row", "calls", "gross"),
            ((row, count, money_text(gross, digits)) for row, (count, gross) in month.rows.items()),
        ),
    }
    if month.summaries:
        files["summaries.csv"] = csv_text(
            ("account", "summary", "key", "value"),
            (
                (one.account, one.summary, one.key, money_text(one.value, digits) if one.money else one.value)
                for one in month.summaries
            ),
        )
    if found is not None:
        head = ("what", "name", "calls", "before", "after", "difference")
        files["against.csv"] = csv_text(head, (msgspec.structs.astuple(one) for one in found.rows))
    try:
        wanted.out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with writing(wanted.out / name) as draft:
                draft.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise file_trouble(wanted.out, fault) from None


def _row(month: Month, place: int, digits: int) -> tuple[str | int, ...]:
    one = month.owed[place]
    money = (one.gross, -one.given, -one.discount, one.total)
    return (
        one.account,
        one.plan,
        one.group,
        one.calls,
        one.minutes,
        *(money_text(value, digits) for value in money),
    )


def _show(result: Result, month: Month, digits: int) -> None:
    click.echo(
        f"{counted(result.records, 'record')}: {result.rated:,} rated, {result.unknown:,} of unknown numbers, "
        f"{result.unpriced:,} without a price"
        + (f"; {counted(result.unread, 'row')} not read" if result.unread else "")
    )
    rows = [tuple(map(str, _row(month, place, digits))) for place in range(min(len(month.owed), SHOWN))]
    for line in table(COLUMNS, rows, numbers=range(3, 9), width=terminal_width()) if rows else ():
        click.echo(line)
    if len(month.owed) > SHOWN:
        click.echo(f"({len(month.owed) - SHOWN:,} more; --out writes all)")
    click.echo(f"total {result.total} {result.currency}")
    if result.against is not None:
        _show_against(result.against)


def _show_against(found: Differences) -> None:
    click.echo(
        f"{found.changed:,} of {counted(found.compared, 'record')} cost something else by the other data set"
    )
    head = ("what", "name", "calls", "before", "after", "difference")
    rows = [tuple(map(str, msgspec.structs.astuple(one))) for one in found.rows[:SHOWN]]
    for line in table(head, rows, numbers=(2, 3, 4, 5), width=terminal_width()) if rows else ():
        click.echo(line)
    if len(found.rows) > SHOWN:
        click.echo(f"({len(found.rows) - SHOWN:,} more; --out writes all)")
