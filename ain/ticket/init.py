"""`ain ticket init`: a working pair of collector and provider in one directory, or one side of two machines.

Source: C-004, C-006.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import json_option, need_extra, one_line

EPILOG = """Example: ain ticket init try --enterprise ACME

On two machines: --only provider there and --only collector here; then there: ain ticket enterprise add ACME provider.toml
--request acme-sign.csr --to acme.zip; then here: ain ticket init DIR --accept acme.zip"""


@click.command(epilog=EPILOG)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--enterprise", metavar="NAME", help="Who collects: 1 to 32 of A-Z 0-9 - _.")
@click.option("--provider", default="TELCO", show_default=True, metavar="NAME", help="Who receives.")
@click.option(
    "--only", type=click.Choice(["collector", "provider"]), help="One side: the other is another machine."
)
@click.option(
    "--accept",
    "bundle",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="ZIP",
    help="The bundle that the provider made of our request.",
)
@click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="The site of the PBX (default: one to edit).",
)
@json_option
def command(
    directory: Path, enterprise: str | None, provider: str, only: str | None, bundle: Path | None,
    site_file: Path | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Make keys, settings and empty tables for both sides; again with another enterprise, join the provider that is there."""
    need_extra("init")
    if bundle is not None:
        if enterprise or only or site_file:
            raise click.UsageError("--accept stands alone: the bundle names the enterprise")
        _accept(directory, bundle, as_json)
        return
    if enterprise is None and only != "provider":
        raise click.UsageError("--enterprise is required")
    with one_line():
        from ain_scp.couriers import introduction, pair
        from ain_scp.tickets.names import text_of
        from ain_scp.tickets.site import read_site

        site = pair.SITE if site_file is None else text_of(site_file)
        read_site(site, str(site_file or "site.toml"))
        now = datetime.now(UTC)
        if only == "provider":
            _say(None, pair.make_provider(directory, provider, now), as_json)
        elif only == "collector":
            asked = introduction.begin(directory, str(enterprise), site)
            if as_json:
                write_json({"collector": None, "provider": None, "request": str(asked)})
                return
            click.echo(
                f"{asked}: take it to the provider: ain ticket enterprise add {enterprise} provider.toml --request"
            )
        else:
            made = pair.make(directory, str(enterprise), provider, now, site)
            _say(made.collector, made.provider, as_json)


def _say(collector: Path | None, provider: Path | None, as_json: bool) -> None:
    if as_json:
        write_json({"collector": collector and str(collector), "provider": provider and str(provider)})
        return
    if collector is not None:
        click.echo(f"{collector}: add a [[source]], then: ain ticket collect {collector} --once")
    if provider is not None:
        click.echo(f"{provider}: then: ain ticket receive {provider} --once")


def _accept(directory: Path, bundle: Path, as_json: bool) -> None:
    with one_line():
        from ain_scp.couriers.introduction import accept

        done = accept(directory, bundle)
    if as_json:
        write_json({"collector": str(done.collector), "provider": None, "fingerprints": done.fingerprints})
        return
    click.echo("compare these with the provider by telephone before the first batch:")
    for name, mark in done.fingerprints.items():
        click.echo(f"  {name:12} {mark}")
    click.echo(f"{done.collector}: add a [[source]], then: ain ticket collect {done.collector} --once")
