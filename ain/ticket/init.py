"""`ain ticket init`: a working pair of collector and provider in one directory.

Source: C-004, C-006.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from ain_scp.ain.ticket.sides import json_option, need_extra, one_line, print_json


@click.command(epilog="Example: ain ticket init try --enterprise ACME")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--enterprise", required=True, metavar="NAME", help="Who collects: 1 to 32 of A-Z 0-9 - _.")
@click.option("--provider", default="TELCO", show_default=True, metavar="NAME", help="Who receives.")
@click.option(
    "--site", "site_file", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE",
    help="The site of the PBX (default: one to edit).",
)  # fmt: skip
@json_option
def command(
    directory: Path, enterprise: str, provider: str, site_file: Path | None, *, as_json: bool
) -> None:
    """Make keys, settings and empty tables for both sides; again with another enterprise, join the provider that is there."""
    need_extra("init")
    with one_line():
        from ain_scp.couriers.pair import SITE, make
        from ain_scp.tickets.site import read_site

        site = SITE if site_file is None else site_file.read_text()
        read_site(site, str(site_file or "site.toml"))
        pair = make(directory, enterprise, provider, datetime.now(UTC), site)
    if as_json:
        print_json({"collector": str(pair.collector), "provider": str(pair.provider)})
        return
    click.echo(f"{pair.collector}: add a [[source]], then: ain ticket collect {pair.collector} --once")
    click.echo(f"{pair.provider}: then: ain ticket receive {pair.provider} --once")
