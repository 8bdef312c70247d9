"""What one decision left behind: transfers, reservations, facts and the answer; and its octets in the journal.

A record holds outcomes, not requests: replaying it needs no tariff, no clock and no second look at the balance.
Amounts are micros (1/1,000,000 of the currency of the ledger), times are milliseconds since 1970-01-01.

Source: charging.md 4.1, 4.3 (decision 6).
"""

from enum import StrEnum
from typing import Final

import msgspec

VERSION: Final = 1
CLOSED: Final = -1
"""The amount of a hold that is no longer open."""
CUSTOMER: Final = "customer:"
SESSION_MS: Final = 3_600_000
ONE_OFF_MS: Final = 45 * 86_400_000
"""How long the answer to a session's request, and to a request with a key of its sender, is kept."""


class Code(StrEnum):
    """Why money moved."""

    DEPOSIT = "DEPOSIT"
    USAGE = "USAGE"
    FLAT = "FLAT"
    RECURRING = "RECURRING"
    PURCHASE = "PURCHASE"
    TAX = "TAX"
    DISCOUNT = "DISCOUNT"
    REFUND = "REFUND"
    ADJUST = "ADJUST"
    SHARE = "SHARE"
    WRITE_OFF = "WRITE_OFF"


class Transfer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`amount` (above 0) moved from `source` to `target`; `link` names the call, bill or record it belongs to."""

    source: str
    target: str
    amount: int
    code: Code
    link: str = ""


class Hold(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A reservation as it stands after the decision: `amount` held, or CLOSED."""

    reservation: str
    account: str
    amount: int
    expires_ms: int
    link: str = ""


class Terms(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was agreed for a customer account; `valid_until_ms` is the first local instant at which it has expired."""

    currency: str
    credit_limit: int = 0
    overrun: int = 0
    valid_until_ms: int | None = None
    closed: bool = False


class AccountChange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """New terms of an account (None: unchanged), and the period that begins ("": none)."""

    account: str
    terms: Terms | None
    period: str = ""


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What another room keeps with the money, changed in the same record; `value` None: forgotten."""

    kind: str
    name: str
    value: bytes | None


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One decision. `content` is the digest of the request (b"" without a key), `reason` "" or why it was refused."""

    version: int
    kind: str
    at_ms: int
    key: str
    content: bytes
    keep_ms: int
    reason: str
    answer: bytes
    transfers: tuple[Transfer, ...] = ()
    holds: tuple[Hold, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    facts: tuple[Fact, ...] = ()


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One answer: which request it answers, what was said, until when a repeat is known."""

    content: bytes
    reason: str
    answer: bytes
    until_ms: int


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Record)


class RecordFault(Exception):
    """Octets that are no record of this version, or one that does not fit the ledger it is applied to."""


def encode(record: Record) -> bytes:
    """The octets of a record, about 70 to 200."""
    return _encoder.encode(record)


def decode(octets: bytes) -> Record:
    """Read a record; RecordFault when it is none."""
    try:
        record = _decoder.decode(octets)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise RecordFault(f"no ledger record: {fault}") from None
    if record.version != VERSION:
        raise RecordFault(f"ledger record of version {record.version}; this program reads version {VERSION}")
    return record


def customer(account: str) -> str:
    """The ledger's name of a customer account."""
    return CUSTOMER + account
