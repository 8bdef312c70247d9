"""`ain demo [NAME]`: play a shipped scenario, from a checkout or an installed package.

Source: interfaces.md section 6.1, D-001.
"""

import sys
from pathlib import Path

import click

from ain_scp.ain.demo_script import play
from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.shipped import examples, scenarios, scripted

EPILOG = """\b
Examples: ain demo
          ain demo --list
          ain demo fig7 --ladder
          ain demo bills month"""


@click.command(
    epilog=EPILOG, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.option("--list", "names_only", is_flag=True, help="Print the names of the shipped scenarios.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON on stdout.")
@click.argument("name", default="golden")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION OF ain run]...")
@click.pass_context
def command(ctx: click.Context, name: str, names_only: bool, as_json: bool, options: tuple[str, ...]) -> None:
    """Play the shipped scenario NAME (default: golden, 32 calls over UDP loopback). Options of `ain run` may follow.

    The demos bills, charging, services and tickets are several commands each. A directory may follow, a new or empty one: they run
    there, and leave what they make.
    """
    place = examples()
    if place is None:
        raise Trouble("this installation has no examples; ain run takes a scenario file")
    known, scripts = scenarios(place), scripted(place)
    if names_only:
        _print_names([*known, *scripts], as_json)
        return
    if name in scripts:
        if as_json or len(options) > 1 or "".join(options).startswith("-"):
            raise click.UsageError(
                f"the demo {name} is several commands; it takes a directory, and no options"
            )
        sys.exit(play(scripts[name], place, Path(*options) if options else None))
    if name not in known:
        raise click.UsageError(f"no shipped scenario is named {name}; ain demo --list prints the names")
    from ain_scp.ain.run.command import command as run

    words = [str(known[name]), *(["--json"] if as_json else []), *options]
    with run.make_context("ain run", words, parent=ctx.parent) as inner:
        sys.exit(run.invoke(inner))


def _print_names(names: list[str], as_json: bool) -> None:
    if as_json:
        write_json({"scenarios": names})
        return
    for name in names:
        click.echo(name)
