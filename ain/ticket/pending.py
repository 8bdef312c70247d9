"""`ain ticket pending`: what has been stored, sealed and receipted, and what an operator must see to.

Source: C-015.
"""

import sys
from pathlib import Path

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import alarms, collector, config_argument, json_option


@click.command(epilog="Example: ain ticket pending try/ACME/collector.toml")
@config_argument
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """For each provider: tickets stored, batches sealed and receipted. Exit 1 with an alarm or with batches pending."""
    with collector(config) as run:
        rows = run.pending()
    found = [f"{row.provider}: {row.stopped or row.refused}" for row in rows if row.stopped or row.refused]
    if as_json:
        write_json({"providers": rows})
    else:
        for row in rows:
            click.echo(
                f"{row.provider:12} {row.stored} tickets stored, {row.sealed} batches sealed, {row.receipted} receipted, "
                f"{row.waiting_tickets} tickets not receipted"
            )
    alarms(found)
    sys.exit(1 if found or any(row.sealed > row.receipted for row in rows) else 0)
