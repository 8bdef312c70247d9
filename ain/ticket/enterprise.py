"""`ain ticket enterprise`: who is registered, and what an operator decides of them.

Source: C-006, C-014.
"""

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.ain.ticket.sides import (
    config_argument,
    json_option,
    need_extra,
    one_line,
    provider,
)

id_argument = click.argument("id_")


@click.group(epilog="Example: ain ticket enterprise list try/TELCO/provider.toml")
def command() -> None:
    """Registered enterprises: list, suspend, resume, rebase on another store."""


@command.command("list", epilog="Example: ain ticket enterprise list try/TELCO/provider.toml")
@config_argument
@json_option
def list_(config: Path, *, as_json: bool) -> None:
    """Each enterprise with its stores and the last batch accepted of each."""
    with provider(config) as run:
        rows = [
            {
                "enterprise": one.id,
                "suspended": one.suspended,
                "stores": {store: one.book.last_number(store) for store in one.book.stores},
            }
            for one in run.registered.values()
        ]
    if as_json:
        write_json({"enterprises": rows})
        return
    for row in rows:
        click.echo(
            f"{row['enterprise']:12} {'suspended' if row['suspended'] else 'active':10} {row['stores']}"
        )


@command.command(
    "add",
    epilog="Example: ain ticket enterprise add ACME provider.toml --request acme-sign.csr --to acme.zip",
)
@id_argument
@config_argument
@click.option(
    "--request",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="CSR",
    help="What ain ticket init --only collector wrote there.",
)
@click.option(
    "--to",
    "bundle",
    required=True,
    type=OutputPath(),
    metavar="ZIP",
    help="The bundle to take back: certificates and the address.",
)
@click.option(
    "--url", default="", metavar="URL", help="Our https door as they reach it; else files are carried."
)
def add(id_: str, config: Path, request: Path, bundle: Path, url: str) -> None:
    """Issue an enterprise's certificate, register it, and write a bundle for it; again: a new certificate beside the old."""
    need_extra("enterprise")
    check_outputs(*(config.parent / "keys").glob("*.key"))
    with one_line():
        from ain_scp.couriers.introduction import add as introduce

        mark = introduce(config, id_, request, bundle, url, datetime.now(UTC))
    click.echo(f"{id_}: certificate {mark} issued and registered; {bundle} goes to them")
    click.echo("compare our fingerprints by telephone: ain ticket key list " + str(config))


def _decide(config: Path, id_: str, **changes: object) -> None:
    with provider(config) as run:
        from ain_scp.couriers.standing import set_standing, standing_of

        if id_ not in run.registered:
            raise click.UsageError(f"{id_}: not registered; there are {', '.join(run.registered) or 'none'}")
        home = run.home(id_)
        set_standing(home, msgspec.structs.replace(standing_of(home), **changes))
    click.echo(f"{id_}: {', '.join(f'{key} = {value}' for key, value in changes.items())}")


@command.command("suspend", epilog="Example: ain ticket enterprise suspend ACME try/TELCO/provider.toml")
@id_argument
@config_argument
def suspend(id_: str, config: Path) -> None:
    """Answer WAITING to its batches until it is resumed; nothing is lost."""
    _decide(config, id_, suspended=True)


@command.command("resume", epilog="Example: ain ticket enterprise resume ACME try/TELCO/provider.toml")
@id_argument
@config_argument
def resume(id_: str, config: Path) -> None:
    """Take its batches again."""
    _decide(config, id_, suspended=False)


@command.command(
    "rebase", epilog="Example: ain ticket enterprise rebase ACME try/TELCO/provider.toml --store 0011aabb..."
)
@id_argument
@config_argument
@click.option(
    "--store",
    required=True,
    metavar="HEX",
    help="The store that may deliver from now on (ain ticket pending --json).",
)
@click.option("--keep", is_flag=True, help="Beside the stores it has: another branch.")
@click.option(
    "--after",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Go on after this batch: those before that are missing are lost for good.",
)
def rebase(id_: str, config: Path, store: str, *, keep: bool, after: int | None) -> None:
    """Let another store deliver: a collector that was renewed, or a branch; or accept a hole in a chain."""
    if len(store) != 32 or set(store) - set("0123456789abcdef"):
        raise click.UsageError(f"--store {store}: expected 32 digits of 0-9 a-f")
    with provider(config) as run:
        from ain_scp.couriers.standing import standing_of

        if id_ not in run.registered:
            raise click.UsageError(f"{id_}: not registered; there are {', '.join(run.registered) or 'none'}")
        known = tuple(run.registered[id_].book.stores)
        before = standing_of(run.home(id_))
    if after is not None:
        _decide(config, id_, holes={**before.holes, store: after})
        return
    stores = tuple(dict.fromkeys((*(before.stores or known), store))) if keep else (store,)
    closed = () if keep else tuple(one for one in known if one != store)
    _decide(config, id_, stores=stores, closed_stores=closed)
