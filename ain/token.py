"""`ain token`: rows of a tokens file, which the console and HTTP doors read.

Source: interfaces.md section 6.5.
"""

import datetime as dt
import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.console.tokens import MAY, ROLES, wrong

if TYPE_CHECKING:
    from ain_scp.console.tokens import Token

FILE = click.argument("file", type=click.Path(path_type=Path))
EPILOG = """\b
Examples: ain token add tokens.toml --name "night desk" --role operator
          ain token list tokens.toml
          ain token remove tokens.toml --name "night desk" """


@click.group(epilog=EPILOG)
def command() -> None:
    """Add, list and remove tokens: who may open a door, known by the SHA-256 of a token that is kept nowhere."""


@command.command("add", epilog='Example: ain token add tokens.toml --name "night desk" --role operator')
@FILE
@click.option("--name", required=True, help="In audit and logs; unique.")
@click.option("--role", type=click.Choice(ROLES), help="What it may see of the console.")
@click.option("--customer", metavar="C", help="For role customer: a folder of customers/.")
@click.option("--accounts", metavar="A,...", help='Accounts it sees, or "*".')
@click.option("--enterprise", metavar="E", help="Enterprise of ticket pages.")
@click.option(
    "--may",
    multiple=True,
    type=click.Choice(MAY),
    help="What it may do over the HTTP of a server; may be repeated.",
)
@click.option("--mask", is_flag=True, help="Hide the last four digits of numbers.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="First day on which it is refused.")
def add(
    file: Path, name: str, role: str | None, customer: str | None, accounts: str | None, enterprise: str | None,
    may: tuple[str, ...], mask: bool, until: dt.datetime | None,
) -> None:  # fmt: skip
    """Make a token, add its row to FILE, and print the token once."""
    from ain_scp.console.tokens import Token

    known = _known(file) if file.exists() else ()
    if any(token.name == name for token in known):
        raise click.UsageError(f"--name {name}: there is a token of this name")
    if (role == "customer") is (customer is None):
        raise click.UsageError("--role customer and --customer go together")
    secret = secrets.token_urlsafe(32)
    listed = tuple(filter(None, (accounts or "").split(",")))
    row = Token(
        name, hashlib.sha256(secret.encode()).hexdigest(), role, customer, listed, enterprise, may, mask,
        None if until is None else until.date(),
    )  # fmt: skip
    if said := wrong(_given(row)):
        raise click.UsageError("; ".join(said))
    _write(file, (*known, row))
    click.echo(secret)


@command.command("list", epilog="Example: ain token list tokens.toml")
@FILE
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def show(file: Path, as_json: bool) -> None:
    """List the rows of FILE, without digests."""
    rows = [
        {key: value for key, value in msgspec.to_builtins(token).items() if key != "sha256" and value}
        for token in _known(file)
    ]
    if as_json:
        write_json({"tokens": rows})
        return
    for row in rows:
        click.echo("  ".join(f"{key} {value}" for key, value in row.items()))


@command.command("remove", epilog='Example: ain token remove tokens.toml --name "night desk"')
@FILE
@click.option("--name", required=True, help="Whose row is removed.")
def remove(file: Path, name: str) -> None:
    """Remove a row of FILE."""
    known = _known(file)
    kept = tuple(token for token in known if token.name != name)
    if len(kept) == len(known):
        raise Trouble(f"{file}: no token is named {name}")
    _write(file, kept)


def _known(file: Path) -> "tuple[Token, ...]":
    from ain_scp.console.tokens import read_tokens
    from ain_scp.provisioning.problems import ProvisioningError

    try:
        return read_tokens(file)
    except OSError as fault:
        raise file_trouble(file, fault) from None
    except ProvisioningError as fault:
        refuse(fault.problems)


def _write(file: Path, tokens: "tuple[Token, ...]") -> None:
    """Write the file whole, mode 0600."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write("schema = 1\n" + "".join(map(_row, tokens)))
        scratch.replace(file)
    except OSError as fault:
        raise file_trouble(file, fault) from None


def _row(token: "Token") -> str:
    return "\n[[token]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in _given(token).items())


def _given(token: "Token") -> dict[str, object]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in msgspec.structs.asdict(token).items()
        if value not in (None, (), False)
    }


def _value(value: object) -> str:
    """A value as TOML: dates as they are, everything else is JSON, which TOML reads alike."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
