"""`ain check DATASET`: load and validate a data set.

Source: interfaces.md section 1, D-012, A-265.
"""

import sys
from pathlib import Path

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.words import counted
from ain_scp.provisioning.problems import Problem


class CheckForm(msgspec.Struct):
    """The outcome of a check as JSON."""

    ok: bool
    errors: int
    warnings: int
    problems: tuple[Problem, ...]


@click.command(epilog="Example: ain check examples/golden")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(dataset: Path, as_json: bool) -> None:
    """Load and validate a data set; print all problems as file:line: column: what (rule). Exit 1 on any error."""
    from ain_scp.ain.dataset import load_problems

    loaded, problems = load_problems(dataset)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        write_json(CheckForm(errors == 0, errors, len(problems) - errors, tuple(problems)))
    else:
        for problem in problems:
            click.echo(problem)
        name = loaded.name if loaded is not None else str(dataset)
        verdict = "OK" if errors == 0 else counted(errors, "error")
        click.echo(f"{name}: {verdict}, {counted(len(problems) - errors, 'warning')}", err=True)
    sys.exit(1 if errors else 0)
