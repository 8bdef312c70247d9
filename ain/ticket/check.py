"""`ain ticket check`: what one side holds, against itself.

Source: C-012, C-014, C-015.
"""

import sys
from itertools import zip_longest
from pathlib import Path

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.books import books
from ain_scp.ain.ticket.sides import collector, config_argument, json_option, one_line, provider
from ain_scp.ain.words import counted
from ain_scp.tickets.names import text_of


@click.command(epilog="Example: ain ticket check try/TELCO/provider.toml")
@config_argument
@json_option
def command(config: Path, *, as_json: bool) -> None:
    """Compare what one side holds with itself.

    Collector: every batch of the chain gives its digest from the store. Provider: every chain is without a gap, and calls
    worked out anew are those that are kept. Exit 1 with a problem, or when there is nothing to check.
    """
    with one_line():
        text = text_of(config)
    if "[[enterprise]]" in text or "provider =" in text:
        with provider(config) as run:
            checked, problems = run.check()
            names = [one.id for one in run.settings.enterprise]
        for name in names:
            problems += _calls(config, name)
    else:
        with collector(config) as side:
            checked, problems = side.check()
    if as_json:
        write_json({"ok": not problems and checked > 0, "checked": checked, "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
        click.echo(f"{counted(checked, 'batch', 'batches')} checked, {counted(len(problems), 'problem')}")
    sys.exit(1 if problems or not checked else 0)


def _calls(config: Path, enterprise: str) -> list[str]:
    """Whether calls.db is what the journal gives."""
    from ain_scp.tickets.provider.calls import Calls
    from ain_scp.tickets.provider.database import Database

    with books(config, enterprise, quiet=True) as found:
        if found.changed:
            return []  # worked out with other tables on purpose: they cannot be made again
        anew = Calls(Database(), found.basis)
        anew.update(found.book.records, len(found.book.stores))
        pairs = zip_longest(found.calls.database.contents(), anew.database.contents())
        wrong = sum(one != other for one, other in pairs)
        anew.database.close()
    if not wrong:
        return []
    return [
        f"{enterprise}: calls.db: {counted(wrong, 'row')} not as the journal gives: ain ticket reprocess works calls out anew"
    ]
