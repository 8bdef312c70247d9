"""`ain ticket quarantine`: refused files, lines that could not be read, repeated lines, and what is done with them.

Source: C-012, C-013, C-014.
"""

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.books import books, shown
from ain_scp.ain.ticket.sides import config_argument, json_option, provider
from ain_scp.terms.safe_text import printable

if TYPE_CHECKING:
    from ain_scp.couriers.provider_run import ProviderRun

EPILOG = """Example: ain ticket quarantine try/TELCO/provider.toml

Refused files: list, show N, release N (opened again by today's keys and settings), discard N. With --enterprise ID the lines
that could not be read, and the repeated ones, by their sequence: list, show N, release N (a repeated line counts), discard N
(no longer listed); discard --batch N leaves a batch out of the calls."""


@click.command(epilog=EPILOG)
@config_argument
@click.argument("what", type=click.Choice(["list", "show", "release", "discard"]), default="list")
@click.argument("number", type=click.IntRange(1), required=False)
@click.option(
    "--enterprise", metavar="ID", help="Lines (or a batch) of this enterprise instead of refused files."
)
@click.option("--store", default="", metavar="HEX", help="Of this store; its first digits are enough.")
@click.option(
    "--batch", type=click.IntRange(1), metavar="N", help="With discard and --enterprise: a whole batch."
)
@click.option("--show", is_flag=True, help="Print the octets: they hold telephone numbers.")
@json_option
def command(
    config: Path, what: str, number: int | None, enterprise: str | None, store: str, batch: int | None, *,
    show: bool, as_json: bool,
) -> None:  # fmt: skip
    """List refused files with their reasons, or one enterprise's lines that no layout read; release or discard them."""
    if batch is not None and not (what == "discard" and enterprise):
        raise click.UsageError("--batch belongs to discard --enterprise ID")
    if (number is None) != (what == "list" or batch is not None):
        raise click.UsageError(
            f"{what}: expected {'no number' if what == 'list' or batch else 'the number of one'}"
        )
    if enterprise is None:
        _files(config, what, number or 0, show, as_json)
    elif batch is not None:
        _discard_batch(config, enterprise, store, batch)
    else:
        _lines(config, enterprise, store, what, number or 0, show, as_json)


# files


def _files(config: Path, what: str, number: int, show: bool, as_json: bool) -> None:
    with provider(config) as run:
        if what == "release":
            answer = run.release(number)
            click.echo(f"{number}: {answer.outcome} {answer.reason}".rstrip())
            sys.exit(1 if answer.outcome == "REFUSED" else 0)
        if what == "discard":
            run.refused.drop(number)
            click.echo(f"{number}: discarded")
            return
        rows = run.refused.files()
        octets = run.refused.octets(number) if number else b""
    if number:
        rows = [row for row in rows if row["number"] == number]
    _print(rows, ("number", "time", "file", "octets", "reason"), as_json)
    if show and number:
        click.echo(base64.b64encode(octets))


# lines


def _lines(
    config: Path, enterprise: str, store: str, what: str, number: int, show: bool, as_json: bool
) -> None:
    with (shown if what == "list" else books)(config, enterprise) as found:
        rows = [
            {**one._asdict(), "kind": kind}
            for kind in ("quarantined", "repeated")
            for one in found.calls.unread(kind)
            if one.store.startswith(store) and number in (0, one.sequence)
        ]
        rows = [row for row in rows if f"{row['store']}:{row['sequence']}" not in found.dropped]
    if number and len(rows) != 1:
        which = (
            "several stores have it: --store is required" if rows else "not in quarantine and not repeated"
        )
        raise click.UsageError(f"{number}: {which}")
    if what in ("release", "discard"):
        _decide(config, enterprise, rows[0], what)
        return
    _print(rows, ("kind", "source", "sequence", "reason", "field"), as_json)
    if show and number:
        with provider(config) as run:
            line = run.line_of(enterprise, str(rows[0]["store"]), number)
        click.echo(printable(line.decode("utf-8", "backslashreplace")))


def _decide(config: Path, enterprise: str, row: dict[str, object], what: str) -> None:
    mark = f"{row['store']}:{row['sequence']}"
    if what == "release" and row["kind"] != "repeated":
        raise click.UsageError(
            f"{row['sequence']}: a line that cannot be read is read again once its layout or site is mended: ain ticket reprocess"
        )
    key = "released" if what == "release" else "dropped"
    with provider(config) as run:
        _add(run, enterprise, key, mark)
    click.echo(f"{row['sequence']}: {key}")


def _discard_batch(config: Path, enterprise: str, store: str, batch: int) -> None:
    with provider(config) as run:
        if enterprise not in run.registered:
            raise click.UsageError(f"--enterprise {enterprise}: not registered")
        book = run.registered[enterprise].book
        found = [one for one in book.stores if one.startswith(store) and book.digest(one, batch)]
        if len(found) != 1:
            why = "several stores have it: --store is required" if found else "no such batch was accepted"
            raise click.UsageError(f"--batch {batch}: {why}")
        _add(run, enterprise, "discarded", f"{found[0]}:{batch}")
    click.echo(
        f"{enterprise}: batch {batch} of store {found[0][:8]} is left out of the calls; its tickets and the chain stay"
    )


def _add(run: "ProviderRun", enterprise: str, key: str, mark: str) -> None:
    from ain_scp.couriers.standing import set_standing, standing_of

    home = run.home(enterprise)
    before = standing_of(home)
    values = tuple(dict.fromkeys((*getattr(before, key), mark)))
    set_standing(home, msgspec.structs.replace(before, **{key: values}))


def _print(rows: list[dict[str, object]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        write_json({"quarantine": rows})
        return
    for row in rows:
        click.echo(printable("  ".join(str(row.get(name) or "") for name in columns)))
    click.echo(f"{len(rows)} in quarantine")
