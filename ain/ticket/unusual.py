"""`ain ticket unusual`: unusual usage of one enterprise, each finding with its sum.

Source: C-003, C-018.
"""

import sys
from pathlib import Path

import click

from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.books import asked, shown
from ain_scp.ain.ticket.sides import config_argument, json_option
from ain_scp.ain.words import counted
from ain_scp.terms.safe_text import printable


@click.command(epilog="Example: ain ticket unusual try/TELCO/provider.toml --enterprise ACME")
@config_argument
@click.option("--enterprise", required=True, metavar="ID", help="Whose tickets.")
@click.option("--since", metavar="LOCAL", help="First start, local of the site.")
@click.option("--until", metavar="LOCAL", help="Starts before this.")
@click.option("--fail", is_flag=True, help="Exit 1 if anything is found.")
@json_option
def command(
    config: Path, enterprise: str, since: str | None, until: str | None, *, fail: bool, as_json: bool
) -> None:
    """Calls at night, bursts, volumes, many at once, premium numbers, long calls: by rules, never by a score."""
    from ain_scp.tickets.profile.hiding import hide_finding
    from ain_scp.tickets.profile.unusual import unusual

    with shown(config, enterprise) as found:
        calls = found.told(asked([], since, until))
        findings = unusual(calls, found.tables.rules, found.tables.known)
        ours = found.tables.known.ours
        findings = [hide_finding(one, found.hide_digits, ours) for one in findings]
    if as_json:
        write_json({"calls": len(calls), "findings": findings})
    else:
        for one in findings:
            click.echo(printable(f"{one.day}  {one.rule:20} {one.text}"))
        click.echo(f"{counted(len(calls), 'call')}, {counted(len(findings), 'finding')}")
    if fail and not calls:
        raise Trouble(f"--fail: {enterprise} has no call of that time, so nothing was looked at")
    sys.exit(1 if fail and findings else 0)
