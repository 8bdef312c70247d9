"""`ain ticket quarantine`: refused files, and lines that could not be read.

Source: C-012, C-013.
"""

from pathlib import Path

import click
import msgspec

from ain_scp.ain.ticket.books import books
from ain_scp.ain.ticket.sides import config_argument, json_option, print_json, provider


@click.command(epilog="Example: ain ticket quarantine try/TELCO/provider.toml")
@config_argument
@click.option("--enterprise", metavar="ID", help="Lines of this enterprise instead of refused files.")
@json_option
def command(config: Path, enterprise: str | None, *, as_json: bool) -> None:
    """List refused files with their reasons, or one enterprise's lines that no layout read."""
    if enterprise is not None:
        with books(config, enterprise) as found:
            lines = [one._asdict() for one in found.calls.quarantined]
        _print(lines, ("source", "sequence", "reason", "field"), as_json)
        return
    with provider(config) as run:
        place = run.data / "quarantine"
        files = [msgspec.json.decode(file.read_bytes()) for file in sorted(place.glob("*.json"))]
    _print(files, ("time", "file", "octets", "reason"), as_json)


def _print(rows: list[dict[str, object]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print_json({"quarantine": rows})
        return
    for row in rows:
        click.echo("  ".join(str(row.get(name) or "") for name in columns))
    click.echo(f"{len(rows)} in quarantine")
