"""`ain ticket renew`: a collector continues under a new store.

Source: C-014, C-015.
"""

import os
from pathlib import Path

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import config_argument, json_option, need_extra, one_line
from ain_scp.ain.words import counted


@click.command(epilog="Example: ain ticket renew try/ACME/collector.toml")
@config_argument
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """For a collector that was restored from a backup or copied: a new store takes over what has no receipt.

    The old store is kept beside it. The provider must be given the new one's name: ain ticket enterprise rebase.
    """
    need_extra("renew")
    with one_line():
        from ain_scp.couriers.collector_run import utc_now
        from ain_scp.couriers.renewal import renew

        done = renew(config, utc_now, os.urandom)
    if as_json:
        write_json(done)
        return
    click.echo(
        f"{counted(done.taken_over, 'ticket')} taken over; the old store is {config.parent / done.old}"
    )
    click.echo(f"at the provider: ain ticket enterprise rebase ENTERPRISE provider.toml --store {done.store}")
