"""`ain ticket open`: one batch, opened and verified with the provider's keys.

Source: C-003, C-012.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file
from ain_scp.ain.ticket.sides import config_argument, json_option, provider
from ain_scp.terms.safe_text import printable


@click.command(epilog="Example: ain ticket open ACME-0011aabb-00000001.p7m try/TELCO/provider.toml")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@config_argument
@click.option(
    "--content",
    type=OutputPath(),
    metavar="FILE",
    help="Write the unpacked lines.",
)
@click.option("--show", is_flag=True, help="Print the tickets: they hold telephone numbers.")
@json_option
def command(file: Path, config: Path, content: Path | None, *, show: bool, as_json: bool) -> None:
    """Show the header of a batch; exit 1 with the reason when it does not hold."""
    check_outputs()
    with provider(config) as run:
        from ain_scp.tickets.provider.intake import Refused

        try:
            opened = run.intake.open(file.read_bytes(), datetime.now(UTC))
        except Refused as fault:
            click.echo(f"{file}: {fault}", err=True)
            sys.exit(1)
    found = opened.content
    if content is not None:
        write_file(content, found.body)
    header = msgspec.to_builtins(found.header)
    if as_json:
        write_json({"header": header, "digest": found.digest, "signed_by": opened.signed_by})
    else:
        for key, value in header.items():
            click.echo(printable(f"{key:14} {value}"))
        click.echo(f"{'digest':14} {found.digest}")
    if show:
        for line in found.body.splitlines():
            click.echo(printable(line.decode("utf-8", "backslashreplace")))
