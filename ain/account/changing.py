"""The commands of `ain account` that change an account: pay, credit, lock, cut, and the text of a PIN.

Source: interfaces.md section 6.1, charging.md 9.1.
"""

import getpass
import os
import sys

import click
import msgspec

from ain_scp.ain.account.options import (
    account_argument,
    at_option,
    directory_argument,
    json_option,
    named_books,
)
from ain_scp.ain.account.place import Place
from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.billing.charging.results import Said


@click.command("deposit", epilog="Example: ain account deposit A10 25.00 --key receipt-17 books")
@account_argument
@click.argument("amount")
@directory_argument
@click.option("--key", required=True, help="Names the payment: the same again has no second effect.")
@click.option("--valid-until", default="", metavar="DATE", help="Extends how long the account is valid.")
@at_option
@json_option
def deposit(
    account: str, amount: str, directory: Place, key: str, valid_until: str, at: str | None, as_json: bool
) -> None:
    """Pay into an account."""
    from ain_scp.ain.account.change import serve
    from ain_scp.billing.charging.events import Deposit

    _amount(amount)
    said = serve(
        named_books(directory),
        lambda now: Deposit(at=now, account=account, amount=amount, key=key, valid_until=valid_until),
        at,
    )
    _tell(said, as_json)


@click.command(
    "adjust",
    context_settings={"ignore_unknown_options": True},
    epilog='Example: ain account adjust A10 0.40 --why "wrong number" books',
)
@account_argument
@click.argument("amount")
@directory_argument
@click.option("--why", required=True, help="Printed on the next bill.")
@click.option("--key", default="", help="The same again has no second effect.")
@at_option
@json_option
def adjust(
    account: str, amount: str, directory: Place, why: str, key: str, at: str | None, as_json: bool
) -> None:
    """Credit an account; a negative amount is a later charge."""
    from ain_scp.ain.account.change import serve
    from ain_scp.billing.charging.events import Adjust

    _amount(amount, signed=True)
    said = serve(
        named_books(directory),
        lambda now: Adjust(at=now, account=account, amount=amount, why=why, key=key),
        at,
    )
    _tell(said, as_json)


@click.command("lock", epilog="Example: ain account lock A10 books --cos LOCALONLY")
@account_argument
@directory_argument
@click.option("--cos", required=True, help="The class of service it is held to.")
@json_option
def lock(account: str, directory: Place, cos: str, as_json: bool) -> None:
    """Hold an account's calls to a class of service."""
    from ain_scp.ain.account.change import set_lock

    _tell(set_lock(named_books(directory), account, cos), as_json)


@click.command("unlock", epilog="Example: ain account unlock A10 books")
@account_argument
@directory_argument
@json_option
def unlock(account: str, directory: Place, as_json: bool) -> None:
    """Open an account's lock."""
    from ain_scp.ain.account.change import set_lock

    _tell(set_lock(named_books(directory), account, None), as_json)


@click.command("cut", epilog="Example: ain account cut call-17 books")
@click.argument("call")
@directory_argument
@json_option
def cut(call: str, directory: Place, as_json: bool) -> None:
    """End a call, at its next event: the switch holds the timer, and what is paid for is talked."""
    from ain_scp.ain.account.change import cut as end

    said = end(named_books(directory), call)
    if as_json:
        write_json(
            {"ok": said.ok, "reason": said.reason or None, "takes_effect": "next event" if said.ok else None}
        )
    elif said.ok:
        click.echo(f"{call}: ends at its next event, and no later than what is paid for")
    _exit(said, quiet=as_json)


@click.command("pin", epilog="Example: printf 1234 | ain account pin")
def pin() -> None:
    """Make the text for the column pin of accounts.csv from a PIN (asked for, or on standard input)."""
    from ain_scp.billing.charging.pin import hash_pin

    entered = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not 4 <= len(entered) <= 12 or not entered.isascii() or not entered.isdigit():
        raise Trouble("a PIN has 4 to 12 digits")
    click.echo(hash_pin(entered, os.urandom(16)))


CHANGES = (deposit, adjust, lock, unlock, cut, pin)


def _amount(text: str, *, signed: bool = False) -> None:
    from ain_scp.terms.money import parse_money

    try:
        parse_money(text, signed=signed)
    except ValueError as fault:
        raise click.UsageError(f"AMOUNT: {fault}") from None


def _tell(said: Said, as_json: bool) -> None:
    fields = msgspec.json.decode(said.body)
    if as_json:
        write_json({"ok": said.ok, "reason": said.reason or None, **fields})
    elif said.ok:
        click.echo("  ".join(f"{name} {value}" for name, value in fields.items()))
    _exit(said, quiet=as_json)


def _exit(said: Said, *, quiet: bool) -> None:
    if not said.ok:
        if not quiet:
            click.echo(f"refused: {said.reason}", err=True)
        sys.exit(1)
