"""`ain ticket receive`: the provider takes batches in.

Source: C-003, C-006, C-012 to C-014.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import alarms, config_argument, json_option, provider, trace_option
from ain_scp.ain.words import counted
from ain_scp.terms.safe_text import printable

if TYPE_CHECKING:
    from ain_scp.couriers.provider_run import ProviderRun


@click.command(epilog="Example: ain ticket receive try/TELCO/provider.toml --once")
@config_argument
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--https", metavar="HOST:PORT", help="Open the door here instead of at [https] address.")
@click.option("--once", is_flag=True, help="Take what lies in the inboxes, then end.")
@click.option("--alert", is_flag=True, help="Print unusual usage as it comes; not with --once or FILE.")
@trace_option
@json_option
def command(
    config: Path,
    files: tuple[Path, ...],
    *,
    https: str | None,
    once: bool,
    alert: bool,
    trace: Path | None,
    as_json: bool,
) -> None:
    """Verify each batch, store it once, answer with a signed receipt. With FILE only these are read, and left there.

    Exit 1 if one was refused.
    """
    if https and (once or files):
        raise click.UsageError("--https belongs to a provider that keeps running: without --once and files")
    if alert and (once or files):
        raise click.UsageError(
            "--alert belongs to a provider that keeps running: ain ticket unusual shows what there is"
        )
    if not (once or files) and as_json:
        raise click.UsageError("--json belongs to --once or to files")
    with provider(config, trace) as run:
        if not once and not files:
            _serve(run, config, https, alert=alert)
            return
        result = run.once(files)
    alarms(result.alarms)
    if as_json:
        write_json(result)
    else:
        for one in result.batches:
            who = f"{one.enterprise} {one.number}" if one.enterprise else "unknown sender"
            click.echo(printable(f"{one.outcome:9} {one.file}  {who}  {one.reason}".rstrip()))
        click.echo(
            f"{result.accepted} accepted, {result.repeated} repeated, {result.refused} refused, {result.waiting} waiting"
        )
    sys.exit(1 if result.refused or result.alarms else 0)


def _serve(run: "ProviderRun", config: Path, https: str | None, *, alert: bool) -> None:
    from ain_scp.ain.ticket.following import Following
    from ain_scp.couriers.provider_loop import serve

    def ready(address: str) -> None:
        door = f", https {address}" if address else ""
        click.echo(f"ready: {run.settings.provider}, {counted(len(run.registered), 'enterprise')}{door}")

    serve(run, https, ready, alarms, Following(run, config, alert=alert))
