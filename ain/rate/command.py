"""`ain rate DATASET`: rate one usage, a file of usage lines, or AMA records; or quote.

Source: charging design 9.1, 9.3.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from ain_scp.ain.dataset import open_program
from ain_scp.ain.faults import Trouble
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.snapshot import Snapshot

OF_A_USAGE: Final = {
    "calling": "--from", "called": "--called", "at": "--at", "duration": "--duration", "tariff": "--tariff",
    "meters": "--meter", "features": "--feature", "quoted": "--quote",
}  # fmt: skip
EPILOG = """\b
Examples: ain rate examples/charging --from 9255550200 --called 2125550000 --at 2001-01-17T10:00:00 --duration 90
          ain rate examples/charging --tariff DATA --at 2001-01-17T10:00:00 --meter octets=25MB --explain
          ain rate examples/charging --from 9255550202 --called 2125550000 --quote 6.00
          ain rate examples/charging --usage usage.jsonl"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option(
    "--from", "calling", metavar="N", help="Who calls: number, trunk or service; its line decides the tariff."
)
@click.option("--called", metavar="N", help="Who is called: national digits, or + and international ones.")
@click.option("--at", metavar="ISO", help="Local time of the answer, 2001-01-17T10:00:00 (default: now).")
@click.option("--duration", metavar="S", help="Talk time in seconds, 90 or 90.5.")
@click.option("--tariff", metavar="T", help="Tariff, instead of that of the line.")
@click.option(
    "--meter", "meters", multiple=True, metavar="NAME=N", help="Other usage: octets=25MB, unit=12, event=1."
)
@click.option("--feature", "features", multiple=True, metavar="F", help="A feature used besides, CONFERENCE.")
@click.option("--quote", "quoted", metavar="MONEY", help="How long this much money lasts, 5.00.")
@click.option(
    "--usage",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Usage lines (JSON, one a line); - = stdin.",
)
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="AMA records: a record directory or an AMA file.",
)
@click.option("--explain", is_flag=True, help="Show each line of the charge and the row that decided it.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout, one object a line.")
def command(
    dataset: Path,
    calling: str | None,
    called: str | None,
    at: str | None,
    duration: str | None,
    tariff: str | None,
    meters: Sequence[str],
    features: Sequence[str],
    quoted: str | None,
    usage: Path | None,
    records: Path | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Rate usage by the tariffs of a data set. Exit 1 when any of it has no price, 2 when it cannot be understood."""
    given = {
        "calling": calling, "called": called, "at": at, "duration": duration, "tariff": tariff, "meters": meters,
        "features": features, "quoted": quoted,
    }  # fmt: skip
    names = [OF_A_USAGE[name] for name, value in given.items() if value]
    for source, option in ((usage, "--usage"), (records, "--records")):
        if source is not None and (names or (usage is not None and records is not None)):
            raise click.UsageError(f"{option} and {names[0] if names else '--records'}: one of them")
    snapshot, charging = open_charging(dataset)
    if usage is not None:
        from ain_scp.ain.rate.lines import rate_lines

        sys.exit(rate_lines(snapshot, charging, usage, explain=explain and not as_json))
    if records is not None:
        from ain_scp.ain.rate.records import rate_records

        sys.exit(rate_records(snapshot, charging, records, explain=explain, as_json=as_json))
    from ain_scp.ain.rate.one import rate_one, usage_line

    line = usage_line(calling, called, at, duration, tariff, meters, features, quoted)
    sys.exit(rate_one(snapshot, charging, line, explain=explain, as_json=as_json))


def open_charging(dataset: Path) -> tuple[Snapshot, Charging]:
    """Load a data set that has charging; without it AMA records are priced by `network/rates.toml`."""
    snapshot = open_program(dataset).snapshot
    if snapshot.charging is None:
        raise Trouble(
            f"{dataset}: no charging/ with tariffs; ain ama verify prices records by network/rates.toml"
        )
    return snapshot, snapshot.charging
