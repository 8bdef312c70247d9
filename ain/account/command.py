"""`ain account`: real-time accounts, their ledger, and event lines in virtual time.

Source: interfaces.md section 6.1, charging.md 9.1.
"""

import os
import sys
from pathlib import Path
from typing import Literal

import click
import msgspec

from ain_scp.ain.account.changing import CHANGES
from ain_scp.ain.account.options import (
    account_argument,
    at_option,
    directory_argument,
    form_option,
    json_option,
    named_books,
)
from ain_scp.ain.account.place import LedgerOutput, Place
from ain_scp.ain.account.show import Form, Row
from ain_scp.ain.everywhere import note
from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.mqtt_options import confirm_option, mqtt_options, optional_broker
from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.ain.words import counted

EPILOG = """Example: ain account apply examples/charging --events calls.jsonl --dir books &&
ain account list books && ain account check books"""


@click.group(epilog=EPILOG)
def command() -> None:
    """Real-time accounts: play event lines, look, change, prove."""


@command.command(epilog="Example: ain account apply examples/charging --events calls.jsonl --dir books")
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--events", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON lines.")
@click.option("--dir", "directory", type=LedgerOutput(directory=True), help="Keep the ledger here.")
@click.option("--trace", is_flag=True, help="Add the printed step numbers to calls.")
@click.option("--strict", is_flag=True, help="Exit 1 when a line is refused.")
def apply(dataset: Path, events: Path, directory: Place | None, trace: bool, strict: bool) -> None:
    """Play event lines in virtual time; a result line for each, and for what timers cause."""
    from ain_scp.ain.account.apply import apply as play

    check_outputs()
    if not play(dataset, events, directory, trace=trace, strict=strict):
        sys.exit(1)


@command.command("list", epilog="Example: ain account list books")
@directory_argument
@form_option
@json_option
def list_accounts(directory: Place, form: Form, as_json: bool) -> None:
    """Every account's balance."""
    from ain_scp.ain.account import show

    show.write(
        "accounts", show.accounts(named_books(directory)), "json" if as_json else form, show.LIST_COLUMNS
    )


@command.command("show", epilog="Example: ain account show A10 books --json")
@account_argument
@directory_argument
@form_option
@json_option
def show_account(account: str, directory: Place, form: Form, as_json: bool) -> None:
    """One account with its reservations and limits."""
    from ain_scp.ain.account import show

    found = show.account(named_books(directory), account)
    if as_json:
        write_json(found)
        return
    plain: list[Row] = [
        {"field": name, "value": str(value)} for name, value in found.items() if not isinstance(value, list)
    ]
    show.write("fields", plain, form)
    for name in ("reservations", "limits"):
        rows = found[name]
        if isinstance(rows, list) and rows:
            click.echo(f"\n{name}")
            show.write(name, rows, form)


@command.command("calls", epilog="Example: ain account calls BG10 books --open")
@account_argument
@directory_argument
@click.option("--open", "open_only", is_flag=True, help="Only those in progress.")
@form_option
@json_option
def calls(account: str, directory: Place, open_only: bool, form: Form, as_json: bool) -> None:
    """The calls of an account or of a group."""
    from ain_scp.ain.account import show

    rows = show.calls(named_books(directory), account, open_only=open_only)
    show.write("calls", rows, "json" if as_json else form)


@command.command("ledger", epilog="Example: ain account ledger A10 books --form csv")
@account_argument
@directory_argument
@form_option
@json_option
def ledger(account: str, directory: Place, form: Form, as_json: bool) -> None:
    """The transfers of an account."""
    from ain_scp.ain.account import show

    show.write("transfers", show.ledger(named_books(directory), account), "json" if as_json else form)


@command.command("check", epilog="Example: ain account check books")
@directory_argument
@json_option
def check(directory: Place, as_json: bool) -> None:
    """Replay journal and snapshots and prove the books; exit 1 on any difference."""
    from ain_scp.ain.account.prove import check as prove

    proof = prove(named_books(directory))
    if not proof.records:
        raise Trouble(f"{directory}: no record in it, so nothing was proven")
    if as_json:
        write_json(proof)
    else:
        for line in proof.problems:
            click.echo(line)
        verdict = "sound" if proof.ok else counted(len(proof.problems), "difference")
        click.echo(
            f"{counted(proof.records, 'record')}, {counted(proof.accounts, 'account')}, "
            f"{counted(proof.open_calls, 'open call')}, {counted(proof.snapshots, 'snapshot')}: {verdict}; state {proof.digest[:12]}"
        )
    if not proof.ok:
        sys.exit(1)


@command.command("export", epilog="Example: ain account export books --form hledger | hledger -f - balance")
@directory_argument
@click.option(
    "--form",
    type=click.Choice(["hledger", "csv", "jsonl"]),
    default="hledger",
    show_default=True,
    help="Form of the output.",
)
def export(directory: Place, form: str) -> None:
    """The whole ledger as text."""
    from ain_scp.ain.account.books import charged_snapshot, troubles
    from ain_scp.billing.ledger.export import FORMS, postings

    books = named_books(directory)
    charging = charged_snapshot(books.dataset()).charging
    if charging is not None:
        with troubles(books.root):
            found = (posting for part in books.parts() for posting in postings(part.kept()))
            for text in FORMS[form](found, charging.currency, charging.digits):
                sys.stdout.write(text)


@command.command("reconcile", epilog="Example: ain account reconcile books --records records")
@directory_argument
@click.option("--records", required=True, type=click.Path(path_type=Path), help="A record directory.")
@click.option("--post", is_flag=True, help="Post what the AMA records say.")
@at_option
@json_option
def reconcile(directory: Place, records: Path, post: bool, at: str | None, as_json: bool) -> None:
    """Compare the ledger with AMA records, call by call; exit 1 on differences that stay, 2 when nothing was compared."""
    from ain_scp.ain.account import reconcile as comparing
    from ain_scp.ain.account.books import troubles

    books = named_books(directory)
    with troubles(records):
        found = comparing.reconcile(books, records)
        if post and found.differences:
            for refused in comparing.post(books, records, found.differences, at):
                click.echo(f"not posted: {refused}", err=True)
            found = comparing.reconcile(books, records)
    if as_json:
        from ain_scp.ain.account.forms import ReconcileForm

        write_json(ReconcileForm(**msgspec.structs.asdict(found), ok=not found.differences))
    else:
        for one in found.differences:
            click.echo(
                f"{one.call}: {one.what}: ledger {one.ledger or 'nothing'}, AMA {one.ama or 'nothing'}"
            )
        click.echo(
            f"{counted(found.records, 'AMA record')}, {counted(found.compared, 'call')} compared, "
            f"{counted(len(found.differences), 'difference')}"
        )
    if found.differences:
        sys.exit(1)


@command.command("follow", epilog="Example: ain account follow books --once --archive transfers.jsonl")
@directory_argument
@click.option("--archive", type=OutputPath(), help="Append every transfer to this file, as JSON lines.")
@click.option(
    "--notices",
    type=OutputPath(directory=True),
    metavar="RECORDS",
    help="Keep notices about balances in this record directory: low, used up, paid, expired, locked.",
)
@mqtt_options(required=False)
@confirm_option
@click.option("--once", is_flag=True, help="One round, then end.")
@click.option(
    "--every", default=5.0, show_default=True, type=click.FloatRange(0.1), help="Seconds between rounds."
)
@click.option("--with-parent", is_flag=True, help="End when the process that started this one has ended.")
@click.option("--partition", type=click.IntRange(0), help="Which one, of a ledger with several.")
def follow(
    directory: Place,
    archive: Path | None,
    notices: Path | None,
    mqtt: str | None,
    mqtt_credentials: Path | None,
    mqtt_ca: Path | None,
    mqtt_certificate: Path | None,
    mqtt_key: Path | None,
    confirm: Literal["broker", "receiver"],
    once: bool,
    every: float,
    with_parent: bool,
    partition: int | None,
) -> None:
    """A warm copy of a ledger that another process serves: snapshots, archive, comparison of states, notices about balances."""
    from ain_scp.ain.account.prove import Following
    from ain_scp.ain.account.prove import follow as keep_up

    check_outputs()
    at = optional_broker(mqtt, mqtt_credentials, mqtt_ca, mqtt_certificate, mqtt_key)
    if at is not None and notices is None:
        raise click.UsageError("--mqtt needs --notices RECORDS: they are kept until the broker has them")
    parts = named_books(directory).parts()
    if partition is None and len(parts) > 1:
        raise click.UsageError(f"--partition: one of 0 to {len(parts) - 1}; each is followed by itself")
    if (partition or 0) >= len(parts):
        raise click.UsageError(
            f"--partition {partition}: there {'is' if len(parts) == 1 else 'are'} {len(parts)}"
        )
    follower = keep_up(
        parts[partition or 0],
        Following(archive, notices, at, confirm, once, every, os.getppid() if with_parent else None),
    )
    click.echo(f"record {follower.ledger.sequence}")
    if follower.alarms:
        sys.exit(1)


@command.command("events", epilog="Example: ain account events books --assign")
@directory_argument
@click.option("--assign", is_flag=True, help="Rate those whose number is known by now.")
@at_option
@json_option
def dead_letters(directory: Place, assign: bool, at: str | None, as_json: bool) -> None:
    """What waits for somebody: records of unknown numbers, unsettled reservations, write-offs."""
    from ain_scp.ain.account import letters
    from ain_scp.ain.account.change import assign as rate_again

    books = named_books(directory)
    if assign:
        done, left = rate_again(books, at)
        note(f"{counted(done, 'record')} rated, {left} still unknown")
    from ain_scp.ain.account import show

    show.write("waiting", letters.waiting(books), "json" if as_json else "table")


@command.command("schema", epilog="Example: ain account schema > account.schema.json")
def schema() -> None:
    """The JSON schema of event lines and of every result."""
    from ain_scp.ain.account.letters import schemas

    click.echo(msgspec.json.encode(schemas()).decode())


for _one in CHANGES:
    command.add_command(_one)
