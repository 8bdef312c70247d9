"""`ain ticket receive`: the provider takes batches in.

Source: C-003, C-006, C-012 to C-014.
"""

import signal
import sys
import threading
from pathlib import Path
from typing import Final

import click
import msgspec

from ain_scp.ain.ticket.sides import alarms, config_argument, json_option, print_json, provider, trace_option

TURN_S: Final = 0.5


@click.command(epilog="Example: ain ticket receive try/TELCO/provider.toml --once")
@config_argument
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--once", is_flag=True, help="Take what lies in the inboxes, then end.")
@trace_option
@json_option
def command(config: Path, files: tuple[Path, ...], *, once: bool, trace: Path | None, as_json: bool) -> None:
    """Verify each batch, store it once, answer with a signed receipt. With FILE only these are read, and left there.

    Exit 1 if one was refused.
    """
    if not (once or files) and as_json:
        raise click.UsageError("--json belongs to --once or to files")
    with provider(config, trace) as run:
        if not once and not files:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_words: stop.set())
            click.echo(f"ready: {run.settings.provider}, {len(run.registered)} enterprises")
            while not stop.wait(TURN_S):
                run.once()
            return
        result = run.once(files)
    alarms(result.alarms)
    if as_json:
        print_json({key: value for key, value in msgspec.to_builtins(result).items() if key != "alarms"})
    else:
        for one in result.batches:
            who = f"{one.enterprise} {one.number}" if one.enterprise else "unknown sender"
            click.echo(f"{one.outcome:9} {one.file}  {who}  {one.reason}".rstrip())
        click.echo(
            f"{result.accepted} accepted, {result.repeated} repeated, {result.refused} refused, {result.waiting} waiting"
        )
    sys.exit(1 if result.refused or result.alarms else 0)
