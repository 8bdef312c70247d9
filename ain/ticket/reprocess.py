"""`ain ticket reprocess`: every stored line read again, with the layouts and the site of today.

Source: C-003, C-010.
"""

import sys
from pathlib import Path

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.books import books
from ain_scp.ain.ticket.sides import config_argument, json_option, provider

KEYS = ("lines", "tickets", "calls", "events", "headings", "repeated", "quarantined")


@click.command(epilog="Example: ain ticket reprocess try/TELCO/provider.toml --enterprise ACME")
@config_argument
@click.option("--enterprise", metavar="ID", help="This one only.")
@json_option
def command(config: Path, enterprise: str | None, *, as_json: bool) -> None:
    """Say what a corrected layout makes of the lines that came: counts with the layouts as sent, and with those named here.

    An enterprise's `layouts = ["my-pbx.toml"]` in the settings take the place of those of the same names. Calls are worked out
    anew at each command, so profiles have them at once. Exit 1 while lines cannot be read.
    """
    with provider(config) as run:
        names = [one.id for one in run.settings.enterprise if enterprise in (None, one.id)]
    if not names:
        raise click.UsageError(f"--enterprise {enterprise}: not registered")
    rows = []
    for name in names:
        counts = []
        for mended in (False, True):
            with books(config, name, mended=mended) as found:
                counts.append(msgspec.to_builtins(found.calls.counts))
        rows.append({"enterprise": name, **counts[1], "before": counts[0]})
    if as_json:
        write_json({"enterprises": rows})
    else:
        for row in rows:
            words = ", ".join(_words(key, row["before"][key], row[key]) for key in KEYS)
            click.echo(f"{row['enterprise']}: {words}")
    sys.exit(1 if any(row["quarantined"] for row in rows) else 0)


def _words(key: str, before: int, now: int) -> str:
    return f"{now} {key}" if before == now else f"{now} {key} ({before} before)"
