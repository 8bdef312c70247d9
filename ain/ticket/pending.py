"""`ain ticket pending`: what has been stored, sealed and receipted, and what an operator must see to.

Source: C-015.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import alarms, config_argument, json_option, need_extra, one_line
from ain_scp.ain.words import counted
from ain_scp.terms.safe_text import printable

if TYPE_CHECKING:
    from ain_scp.couriers.status import Status


@click.command(epilog="Example: ain ticket pending try/ACME/collector.toml")
@config_argument
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """For each provider: tickets stored, batches sealed and receipted; for each source what it has shown, also while a collector runs.

    Exit 1 with an alarm or with batches pending.
    """
    need_extra("pending")
    with one_line():
        found = _status(config)
    rows = found.providers
    wrong = [f"{row.provider}: {row.stopped or row.refused}" for row in rows if row.stopped or row.refused]
    wrong += [text for text in found.alarms if text not in wrong]
    if as_json:
        write_json(found)
    else:
        for row in rows:
            click.echo(
                f"{row.provider:12} {counted(row.stored, 'record')} stored, {counted(row.sealed, 'batch', 'batches')} sealed, "
                f"{row.receipted} receipted, {counted(row.waiting_tickets, 'ticket')} not receipted, the oldest for {row.oldest_s} s"
            )
        for one in found.sources:
            drift = "" if one.drift_s is None else f", clock {one.drift_s} s behind"
            click.echo(
                printable(
                    f"{one.source:12} {one.layout or 'not decided'}: {counted(one.lines, 'line')}, {counted(one.calls, 'call')}, "
                    f"{one.quarantined} not read{drift}, last seen {one.last_seen or 'never'}"
                )
            )
    alarms(wrong)
    sys.exit(1 if wrong or any(row.sealed > row.receipted for row in rows) else 0)


def _status(config: Path) -> "Status":
    """Of a running collector what its last turn wrote; else what its files say."""
    from ain_scp.couriers.collector_run import CollectorRun, utc_now
    from ain_scp.couriers.status import read_status
    from ain_scp.journal.faults import JournalFault
    from ain_scp.tickets.collector.settings import read_collector

    try:
        run = CollectorRun(config, utc_now, os.urandom)
    except JournalFault as fault:
        shown = read_status(config.parent / read_collector(config).store) if fault.cause == "LOCKED" else None
        if shown is None:
            raise
        return shown
    try:
        return run.status()
    finally:
        run.close()
