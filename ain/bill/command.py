"""`ain bill`: make, read and explain bills.

Source: interfaces.md section 6.1, charging.md 9.1.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from ain_scp.ain.account.place import LedgerPlace, Place
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.outputs import OutputPath, check_outputs, check_place
from ain_scp.terms.digits import is_digits

if TYPE_CHECKING:
    from ain_scp.ain.bill.forms import Form
    from ain_scp.ain.bill.making import Session, Wanted
    from ain_scp.billing.bills.bill import Stored

GROUP = 256
"""Bills made durable together, before they are written."""
EPILOG = """\b
Examples: ain bill RENTER --dir books --period 2001-01
          ain bill RENTER --dir books --period 2001-01 --why 2
          ain bill --all --dir books --period 2001-01 --form pdf --form html --out bills"""


@click.command(epilog=EPILOG)
@click.argument("account", required=False)
@click.option("--dir", "directory", required=True, type=LedgerPlace(path_type=Path), help="The ledger.")
@click.option("--all", "everybody", is_flag=True, help="Every account that pays for itself, into --out.")
@click.option("--customer", help="Bill a customer's recurring charges instead of an account.")
@click.option(
    "--period", default="", metavar="YYYY-MM", help="The month the period begins in; default: the open one."
)
@click.option("--number", help="Read a bill by its number, interim ones too.")
@click.option(
    "--form",
    "forms",
    multiple=True,
    type=click.Choice(["text", "json", "html", "pdf"]),
    help="Default: text.",
)
@click.option("--out", type=OutputPath(either=True), help="Write here; with --all a directory.")
@click.option("--preview", is_flag=True, help="Show what the bill would say; nothing is closed or kept.")
@click.option("--untaxed", is_flag=True, help="Leave taxes out.")
@click.option(
    "--counts", multiple=True, metavar="KIND=N", help="Triggering numbers counted elsewhere: CENTREX=12."
)
@click.option(
    "--why", type=int, metavar="LINE", help="Name the calls, totals and rows behind a line; closes nothing."
)
@click.option("--at", metavar="TIME", help="ISO time of the bill; default: now.")
def command(
    account: str | None,
    directory: Place,
    everybody: bool,
    customer: str | None,
    period: str,
    number: str | None,
    forms: "tuple[Form, ...]",
    out: Path | None,
    preview: bool,
    untaxed: bool,
    counts: tuple[str, ...],
    why: int | None,
    at: str | None,
) -> None:
    """Make a bill, which closes the period when that is over, or read one that was made: always the same octets.

    On a ledger of played events the time of a bill is the end of its period.
    """
    from ain_scp.ain.bill import forms as printing
    from ain_scp.ain.bill.making import Wanted

    check_outputs()
    printing.check(forms)
    if sum((account is not None, everybody, customer is not None)) != 1:
        raise click.UsageError("ACCOUNT, --customer NAME or --all: one of them")
    wanted = Wanted(period, at, preview or why is not None, untaxed, _counts(counts))
    if everybody:
        _all(directory, wanted, forms, out, refused=(number, why))
        return
    if out is not None:
        check_place("--out", out)
    _one(directory, wanted, account, customer, number, forms, out, why)


def _counts(words: tuple[str, ...]) -> dict[str, int]:
    found = {}
    for word in words:
        kind, _, number = word.partition("=")
        if kind not in ("CENTREX", "PBX", "RTL", "LINE") or not is_digits(number) or len(number) > 9:
            raise click.UsageError(
                f"--counts {word[:40]}: write CENTREX=12 (CENTREX, PBX, RTL or LINE; at most 9 digits)"
            )
        found[kind] = int(number)
    return found


def _one(
    directory: Place,
    wanted: "Wanted",
    account: str | None,
    customer: str | None,
    number: str | None,
    forms: "tuple[Form, ...]",
    out: Path | None,
    why: int | None,
) -> None:
    from ain_scp.ain.account.shared import books_of
    from ain_scp.ain.account.show import engine_as_it_lies
    from ain_scp.ain.bill import forms as printing
    from ain_scp.ain.bill.making import numbered, owner_of, session

    if len(forms) > 1:
        raise click.UsageError("--form: one of them, or --all")
    if "pdf" in forms and out is None and why is None:
        raise click.UsageError("--form pdf needs --out FILE")
    if out is not None and out.is_dir():
        raise click.UsageError(f"--out {out}: is a directory; name a file, or --all")
    books = books_of(directory).of(account or "")
    owner = owner_of(engine_as_it_lies(books).desk, account, customer)
    if number is not None:
        stored = numbered(books, owner, number)
    else:
        with session(books, wanted, [owner]) as opened:
            stored = opened.bill(owner)
    if why is not None:
        click.echo(printing.why(stored, why), nl=False)
        return
    said = printing.octets(stored.bill, forms[0] if forms else "text")
    if out is None:
        sys.stdout.buffer.write(said)
        sys.stdout.buffer.flush()
        return
    _write(out, said)


def _all(
    directory: Place,
    wanted: "Wanted",
    forms: "tuple[Form, ...]",
    out: Path | None,
    *,
    refused: tuple[str | None, int | None],
) -> None:
    from ain_scp.ain.account.shared import books_of
    from ain_scp.ain.bill.making import session
    from ain_scp.ain.words import counted

    if out is None or refused != (None, None):
        raise click.UsageError("--all writes into --out DIR, and takes neither --number nor --why")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise file_trouble(out, fault) from None
    problems: list[str] = []
    written, stopped = 0, False
    for part in books_of(directory).parts():
        with session(part, wanted) as opened:
            owners = opened.owners()
            hidden = not sys.stderr.isatty()
            with click.progressbar(length=len(owners), label="bills", file=sys.stderr, hidden=hidden) as bar:
                for at in range(0, len(owners), GROUP):
                    some = owners[at : at + GROUP]
                    made, faults = _made(opened, some)
                    problems += faults
                    for owner, stored in made:
                        _print(owner, stored, forms or ("text",), out)
                        bar.update(1)
                    bar.update(len(some) - len(made))
                    written += len(made)
                    if opened.stopped:
                        stopped = True
                        break
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"{counted(written, 'bill')} in {out}")
    if problems:
        sys.exit(2 if stopped else 1)


def _made(opened: "Session", owners: Iterable[str]) -> "tuple[list[tuple[str, Stored]], list[str]]":
    """Make some bills, durable when this returns; and what was refused. The first one that finds the disk full is the last."""
    made: list[tuple[str, Stored]] = []
    problems: list[str] = []
    for owner in owners:
        try:
            made.append((owner, opened.bill(owner)))
        except Trouble as trouble:
            problems.append(str(trouble))
            if opened.stopped:
                break
    opened.keep()
    return made, problems


def _print(owner: str, stored: "Stored", forms: "tuple[Form, ...]", out: Path) -> None:
    """Write one bill in all forms wanted."""
    from ain_scp.ain.bill import forms as printing

    name = f"{quote(owner, safe='')}-{stored.bill.period.from_}"
    for form in forms:
        _write(out / f"{name}.{printing.SUFFIXES[form]}", printing.octets(stored.bill, form))


def _write(path: Path, said: bytes) -> None:
    from ain_scp.ain.outputs import writing

    try:
        with writing(path) as draft:
            draft.write_bytes(said)
    except OSError as fault:
        raise file_trouble(path, fault) from None
