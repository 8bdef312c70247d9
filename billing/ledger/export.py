"""The ledger as text a person or another program reads: hledger journal, CSV, JSON lines.

hledger's rules: a transaction's postings add up to 0, an account's name has no two spaces and no semicolon. Money is
decimal text, times are UTC as the ledger counts them.

Source: charging.md 2 (hledger), 9.1.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from ain_scp.billing.ledger.record import Record, Transfer, decode
from ain_scp.journal.reader import Entry
from ain_scp.terms.money import money_text
from ain_scp.terms.safe_text import printable, to_cell

COLUMNS: Final = ("sequence", "at", "code", "from", "to", "amount", "currency", "link", "key")
_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the ledger's own count
_AWKWARD: Final = re.compile(r"[;|()\[\]{}*!\"]|\s{2,}")


class Posting(msgspec.Struct, frozen=True):
    """One transfer with the record it stands in."""

    sequence: int
    at_ms: int
    key: str
    transfer: Transfer


def postings(entries: Iterable[Entry]) -> Iterator[Posting]:
    """Every transfer of a journal, in order. RecordFault for what is no ledger record."""
    for entry in entries:
        record: Record = decode(entry.payload)
        for transfer in record.transfers:
            yield Posting(entry.sequence, record.at_ms, record.key.partition(":")[2], transfer)


def time_text(at_ms: int) -> str:
    """A moment of the ledger as ISO 8601."""
    return (_EPOCH + dt.timedelta(milliseconds=at_ms)).isoformat(
        timespec="milliseconds" if at_ms % 1000 else "seconds"
    )


def row_of(posting: Posting, currency: str, digits: int) -> dict[str, str | int]:
    """One transfer as a row."""
    transfer = posting.transfer
    amount = money_text(transfer.amount, digits)
    values = (
        posting.sequence,
        time_text(posting.at_ms),
        str(transfer.code),
        transfer.source,
        transfer.target,
        amount,
        currency,
        transfer.link,
        posting.key,
    )
    return dict(zip(COLUMNS, values, strict=True))


def hledger(found: Iterable[Posting], currency: str, digits: int) -> Iterator[str]:
    """An hledger journal; each transfer is a transaction of two postings."""
    yield f"; amounts in {currency}; customer accounts: what the company owes the customer\n"
    for posting in found:
        transfer = posting.transfer
        amount = money_text(transfer.amount, digits)
        about = " ".join(filter(None, (str(transfer.code), _plain(transfer.link))))
        yield (
            f"\n{time_text(posting.at_ms)[:10]} ({posting.sequence}) {about}\n"
            f"    {_plain(transfer.source)}  {currency} -{amount}\n"
            f"    {_plain(transfer.target)}  {currency} {amount}\n"
        )


def csv_rows(found: Iterable[Posting], currency: str, digits: int) -> Iterator[str]:
    """CSV with a header row, safe in a spreadsheet."""
    yield _line(COLUMNS)
    for posting in found:
        yield _line(to_cell(value) for value in row_of(posting, currency, digits).values())


def json_lines(found: Iterable[Posting], currency: str, digits: int) -> Iterator[str]:
    """One JSON object a line."""
    for posting in found:
        yield msgspec.json.encode(row_of(posting, currency, digits)).decode() + "\n"


FORMS: Final[dict[str, Callable[[Iterable[Posting], str, int], Iterator[str]]]] = {
    "hledger": hledger,
    "csv": csv_rows,
    "jsonl": json_lines,
}


def _line(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(list(values))
    return text.getvalue()


def _plain(name: str) -> str:
    """A name as hledger can hold it, on one line."""
    return _AWKWARD.sub("_", printable(name)).strip()
