"""`ain review OLD NEW`: the calls that a change decides otherwise, grouped by what callers notice and by the rows because of which.

Source: D-006, interfaces.md section 1.
"""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from ain_scp.ain.dataset import existing
from ain_scp.ain.faults import file_trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.console.review.engine import Found, Reviewer, ReviewForm
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
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes (of --calls)."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(
    old: Path,
    new: Path,
    corpora: tuple[Path, ...],
    no_probes: bool,
    seed: int,
    progress: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Compare two data sets call by call; exit 0 nothing differs, 1 something does, 2 when nothing was compared."""
    from ain_scp.ain.batch.jobs import in_processes
    from ain_scp.console.review.changed import changed_rows
    from ain_scp.console.review.engine import Reviewer
    from ain_scp.console.review.probes import probes

    before, _ = _opened(old)
    after, dataset = _opened(new)
    try:
        changes = changed_rows(old, new)
        reviewer = Reviewer(before, after, changes, _progress(progress))
        if jobs == 1 or not sys.platform.startswith("linux"):  # elsewhere a process is no copy of this one
            for corpus in corpora:
                with corpus.open("rb") as lines:
                    reviewer.lines(str(corpus), lines, seed)
        else:
            for found in in_processes(
                _pieces(corpora, seed),
                jobs,
                _look,
                lambda _piece: _reviewers.append(Reviewer(before, after, changes)),
            ):
                reviewer.add(found)
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


class Piece(NamedTuple):
    """Some lines of a file: its octets from `start` to `stop`, the number of the first line, and how many queries stand before it."""

    path: str
    start: int
    stop: int
    first: int
    drawn: int
    seed: int


PIECE: Final = 4 << 20
_reviewers: "list[Reviewer]" = []
"""That of this process, as the one that forked it made it."""


def _pieces(corpora: tuple[Path, ...], seed: int) -> Iterator[Piece]:
    """The files in pieces of whole lines, in order."""
    for corpus in corpora:
        with corpus.open("rb") as file:
            at, line, drawn = 0, 1, 0
            while block := file.read(PIECE):
                block += file.readline()
                yield Piece(str(corpus), at, at + len(block), line, drawn, seed)
                lines = block.split(b"\n")
                at, line = at + len(block), line + len(lines) - 1
                drawn += sum(1 for one in lines if one.strip())


def _look(piece: Piece) -> "Found":
    """Compare the lines of one piece; what is known of keys is kept for the next one."""
    with Path(piece.path).open("rb") as file:
        file.seek(piece.start)
        lines = io.BytesIO(file.read(piece.stop - piece.start))
    reviewer = _reviewers[0]
    reviewer.lines(piece.path, lines, piece.seed, first=piece.first, drawn=piece.drawn)
    return reviewer.taken()


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
    from ain_scp.console.review.transition import KINDS

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
