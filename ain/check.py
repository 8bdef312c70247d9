"""`ain check DATASET`: load and validate a data set.

Source: interfaces.md section 1, D-012, A-265.
"""

import sys
from pathlib import Path

import click


@click.command(epilog="Example: ain check examples/golden")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON on stdout.")
def command(dataset: Path, as_json: bool) -> None:
    """Load and validate a data set; print all problems as file:line: column: what (rule). Exit 1 on any error."""
    from ain_scp.ain.dataset import load_problems

    loaded, problems = load_problems(dataset)
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        import msgspec

        report = {
            "ok": errors == 0,
            "errors": errors,
            "warnings": len(problems) - errors,
            "problems": problems,
        }
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        for problem in problems:
            click.echo(problem)
        name = loaded.name if loaded is not None else str(dataset)
        verdict = "good" if errors == 0 else f"{errors} error{'s' if errors != 1 else ''}"
        warnings = len(problems) - errors
        click.echo(f"{name}: {verdict}, {warnings} warning{'s' if warnings != 1 else ''}", err=True)
    sys.exit(1 if errors else 0)
