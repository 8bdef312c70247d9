"""The arguments and options that commands of `ain account` share, and the books that they name.

Source: interfaces.md section 6.1.
"""

from pathlib import Path

import click

from ain_scp.ain.account.books import Books
from ain_scp.ain.account.place import LedgerPlace, Place
from ain_scp.ain.account.shared import books_of

directory_argument = click.argument("directory", type=LedgerPlace(path_type=Path))
account_argument = click.argument("account")
json_option = click.option("--json", "as_json", is_flag=True, help="Machine-readable on stdout.")
form_option = click.option(
    "--form",
    type=click.Choice(["table", "csv"]),
    default="table",
    show_default=True,
    help="Form of the output.",
)
at_option = click.option("--at", metavar="TIME", help="ISO time of the change; default: now.")


def named_books(directory: Place) -> Books:
    """The ledger's books; exit 2 when there are none."""
    books = books_of(directory)
    books.dataset()
    return books
