"""`ain ticket reprocess`: every stored line read again, with the layouts, the site and the rates of today.

Source: C-003, C-010.
"""

import sys
from datetime import UTC, datetime
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
@click.option(
    "--since", metavar="ISO", help="Lines received from then on, and whole joins that reach over it."
)
@json_option
def command(config: Path, enterprise: str | None, since: str | None, *, as_json: bool) -> None:
    """Read stored lines again with the site, rates and corrected layouts of today; say what they come to, before and now.

    An enterprise's `layouts = ["my-pbx.toml"]` in the settings take the place of those of the same names. Exit 1 while lines
    cannot be read.
    """
    since_ms = _instant(since)
    with provider(config) as run:
        names = [one.id for one in run.settings.enterprise if enterprise in (None, one.id)]
    if not names:
        raise click.UsageError(f"--enterprise {enterprise}: not registered")
    rows = []
    for name in names:
        with books(config, name, quiet=True) as found:
            before = msgspec.to_builtins(found.calls.counts)
            first = found.book.first_since(since_ms)
            if first:
                found.calls.read_again(found.book.records, first, len(found.book.stores))
            rows.append({"enterprise": name, **msgspec.to_builtins(found.calls.counts), "before": before})
    if as_json:
        write_json({"enterprises": rows})
    else:
        for row in rows:
            words = ", ".join(_words(key, row["before"][key], row[key]) for key in KEYS)
            click.echo(f"{row['enterprise']}: {words}")
    sys.exit(1 if any(row["quarantined"] for row in rows) else 0)


def _instant(text: str | None) -> int:
    """Milliseconds of an ISO time; one without an offset is UTC."""
    if text is None:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"--since {text}: expected a time such as 2026-11-01 or 2026-11-01T08:00-08:00"
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _words(key: str, before: int, now: int) -> str:
    return f"{now} {key}" if before == now else f"{now} {key} ({before} before)"
