"""`ain ticket check`: what one side holds, against itself.

Source: C-012, C-014, C-015.
"""

import sys
from pathlib import Path

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import collector, config_argument, json_option, provider


@click.command(epilog="Example: ain ticket check try/TELCO/provider.toml")
@config_argument
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """Collector: every batch of the chain gives its digest from the store. Provider: every chain without a gap.

    Exit 1 with a problem, or when there is nothing to check.
    """
    if "[[enterprise]]" in config.read_text() or "provider =" in config.read_text():
        with provider(config) as run:
            checked, problems = run.check()
    else:
        with collector(config) as side:
            checked, problems = side.check()
    if as_json:
        write_json({"ok": not problems and checked > 0, "checked": checked, "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(f"{checked} batches checked, {len(problems)} problems")
    sys.exit(1 if problems or not checked else 0)
