"""`ain review OLD NEW`: the calls that a change decides otherwise, grouped by what callers notice and by the rows because of which.

Source: D-006, interfaces.md section 1.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.dataset import existing
from ain_scp.ain.faults import file_trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.console.review.engine import ReviewForm
    from ain_scp.provisioning.rows import DataSet
    from ain_scp.scp.service_logic.program import Program

EPILOG = """\b
Examples: ain review examples/golden changed
          ain review examples/golden changed --calls calls.jsonl --json"""


@click.command(epilog=EPILOG)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--calls",
    "corpora",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.jsonl",
    help="Query lines to compare (ain run --queries-out writes them); may be repeated.",
)
@click.option("--no-probes", is_flag=True, help="Make no calls from the changed rows themselves.")
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Random seed of percentage allocation (of --calls).",
)
@click.option(
    "--progress", is_flag=True, help="Print the number of calls compared on stderr, one line each time."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(
    old: Path, new: Path, corpora: tuple[Path, ...], no_probes: bool, seed: int, progress: bool, as_json: bool
) -> None:
    """Compare two data sets call by call; exit 0 nothing differs, 1 something does, 2 when nothing was compared."""
    from ain_scp.console.review.changed import changed_rows
    from ain_scp.console.review.engine import Reviewer
    from ain_scp.console.review.probes import probes

    before, _ = _opened(old)
    after, dataset = _opened(new)
    try:
        changes = changed_rows(old, new)
        reviewer = Reviewer(before, after, changes, _progress(progress))
        for corpus in corpora:
            with corpus.open("rb") as lines:
                reviewer.lines(str(corpus), lines, seed)
    except OSError as fault:
        raise file_trouble(fault.filename or new, fault) from None
    if not no_probes:
        reviewer.forms(probes(dataset, changes))
    result = reviewer.result()
    if as_json:
        write_json(result)
    else:
        _print(result)
    if result.unusable or not result.compared + result.probes:
        sys.exit(2)
    sys.exit(1 if result.changed else 0)


def _progress(wanted: bool) -> "Callable[[int], None]":
    return (lambda number: click.echo(str(number), err=True)) if wanted else (lambda _number: None)


def _opened(directory: Path) -> "tuple[Program, DataSet]":
    """Read and compile a data set; Refused names every error below its directory."""
    from ain_scp.ain.dataset import open_program
    from ain_scp.provisioning.loader import load

    existing(directory)
    program = open_program(directory)
    dataset = load(directory).dataset
    if dataset is None:  # it changed between two looks
        refuse([])
    return program, dataset


def _print(result: "ReviewForm") -> None:
    from ain_scp.console.review.engine import KINDS

    click.echo(
        f"{counted(len(result.changes), 'row')} changed, {counted(result.compared, 'call')} and "
        f"{counted(result.probes, 'probe')} compared, {result.changed} decided differently"
    )
    for kind, count in result.kinds.items():
        if count:
            click.echo(f"{count:>9,}  {KINDS[kind]}")
    for group in result.groups:
        click.echo(f"\n{group.title}: {counted(group.count, 'call')}\n  {group.what}")
        for at in group.rows:
            row = result.changes[at]
            click.echo(
                f"  because of {row.name}\n    - {row.before or 'nothing'}\n    + {row.after or 'nothing'}"
            )
        if group.example is not None:
            click.echo(f"  first at {group.first or 'no step'}, for instance {group.example.id}")
    for at in result.unreached:
        click.echo(
            f"\nno compared call reaches {result.changes[at].name}: {result.changes[at].after or 'removed'}"
        )
    for problem in result.problems:
        click.echo(problem, err=True)
