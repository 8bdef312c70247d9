"""`ain batch DATASET --calls FILE --service NAME`: queries to a service beside the dialing plan's, counted.

Source: services design section 10; interfaces.md section 6.1.
"""

from pathlib import Path

import click

from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.words import counted
from ain_scp.scp.batch.services import ServiceBatch, ServiceTotals, engine_for, form_for, lines_of
from ain_scp.scp.service_logic.decision_json import QueryFault

NOON = "2001-01-17T12:00:00"
SHOWN = 20
"""Destinations on the terminal; --json has all."""


def count_services(
    dataset: Path,
    name: str,
    calls: Path,
    against: Path | None,
    *,
    examples: int,
    seed: int,
    strict: bool,
    as_json: bool,
) -> int:
    """Count a file; 1 where the other data set answers otherwise, 2 where nothing could be asked or rows were of no use."""
    from ain_scp.ain.dataset import open_program

    engines = []
    form = None
    for directory in filter(None, (dataset, against)):
        program = open_program(directory)
        try:
            asked = form_for(program, name, "", None, NOON)
        except QueryFault as fault:
            raise Trouble(f"{directory}: {fault}") from None
        form = form or asked
        if program.services is not None:
            engines.append(engine_for(program, program.services, name))
    if form is None:
        return 2
    totals = ServiceBatch(name, form, engines, seed, examples).read(calls)
    for line, row in zip(lines_of(calls, [one.place for one in totals.unused]), totals.unused, strict=True):
        click.echo(f"{calls}:{line}: {row.why}", err=True)
    if as_json:
        write_json(totals)
    else:
        _show(totals, compared=against is not None)
    if not totals.queries:
        click.echo(f"{calls}: no query could be asked", err=True)
        return 2
    if totals.invalid and (strict or against is not None):
        return 2
    return 1 if totals.changed else 0


def _show(totals: ServiceTotals, *, compared: bool) -> None:
    skipped = f"; {counted(totals.invalid, 'row')} skipped" if totals.invalid else ""
    click.echo(f"{counted(totals.queries, 'query', 'queries')} to {totals.service}{skipped}")
    for title, counts in (("outcome", totals.outcomes), ("leads to", totals.destinations)):
        click.echo(title)
        rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        for word, count in rows[:SHOWN]:
            click.echo(f"  {word:<32}{count:>14}")
        if len(rows) > SHOWN:
            click.echo(f"  {len(rows) - SHOWN} more (--json has all)")
    if compared:
        click.echo(f"answered differently: {totals.changed} of {totals.compared} compared")
        for one in totals.examples:
            click.echo(f"  {one.called_party}: {one.before} -> {one.after}")
