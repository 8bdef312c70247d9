"""The bill: one record, made once, printed in four forms and never changed.

Money is decimal text with the currency's digits or more; dates are ISO, `to` is the first day after the period. `calls`
are what the usage line counts; `others` are records priced by a contract, which take no part in plans. `balance` is what
the company owes the customer: below 0 the customer owes.

Source: charging.md 9.3; B1-005, B2-008, B6-003.
"""

from typing import Final

import msgspec

from ain_scp.billing.charging.results import Summarized

KINDS: Final = (
    "USAGE",
    "DISCOUNT",
    "RECURRING",
    "SHORTFALL",
    "ADJUSTMENT",
    "TAX",
    "ROUNDING",
)
"""The kinds of lines in the order in which they stand."""


class BillPeriod(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """First day, and first day after."""

    from_: str
    to: str


class BillLine(msgspec.Struct, frozen=True):
    """One line; its reasons are kept beside the bill."""

    kind: str
    text: str
    quantity: int
    amount: str


class BillTotals(msgspec.Struct, frozen=True):
    """The lines added up by kind."""

    usage: str
    discount: str
    recurring: str
    shortfall: str
    adjustment: str
    tax: str
    rounding: str
    total: str


class BillCall(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One call: its id where it has one, local time of its answer, numbers, length, type, plan and group it was made under, price, tariff rows.

    `gross` is its price before the discount `percent` that its own plan gives it.
    """

    at: str
    from_: str
    called: str
    duration_ms: int
    type: str
    plan: str
    group: str
    destination: str
    gross: str
    percent: str
    charge: str
    rows: str
    flag: str = ""
    call: str = ""


class Share(msgspec.Struct, frozen=True):
    """What one member of a group has used in the period, before and after all discounts."""

    account: str
    calls: int
    minutes: int
    gross: str
    discount: str
    amount: str


class GroupShares(msgspec.Struct, frozen=True):
    """A group in the period of this bill: its members' shares as they stood when it was made."""

    group: str
    name: str
    members: tuple[Share, ...]
    gross: str
    discount: str
    amount: str


class BillBalance(msgspec.Struct, frozen=True):
    """The account after the bill before, payments less purchases since then, and the account after this bill."""

    before: str
    paid: str
    after: str


class BillLedger(msgspec.Struct, frozen=True):
    """The ledger's records this bill covers; the last one is the bill itself."""

    first: int
    last: int


class Bill(msgspec.Struct, frozen=True):
    """The whole bill. `account` is None on a bill of a customer's recurring charges."""

    account: str | None
    name: str
    number: str
    issued: str
    period: BillPeriod
    currency: str
    closes: bool
    lines: tuple[BillLine, ...]
    totals: BillTotals
    calls: tuple[BillCall, ...]
    others: tuple[BillCall, ...]
    summaries: dict[str, Summarized]
    groups: tuple[GroupShares, ...]
    balance: BillBalance
    ledger: BillLedger


class Stored(msgspec.Struct, frozen=True):
    """A bill as the ledger keeps it, with the reasons of each line."""

    bill: Bill
    reasons: tuple[tuple[str, ...], ...]


_encode: Final = msgspec.json.Encoder().encode
_decoder: Final = msgspec.json.Decoder(Stored)


def kind_of(owner: str) -> str:
    """The kind of fact under which the bills of an account or a customer are kept."""
    return f"bill/{owner}"


def as_json(bill: Bill) -> bytes:
    """The bill as one JSON object."""
    return _encode(bill)


def encode(stored: Stored) -> bytes:
    """The octets the ledger keeps."""
    return _encode(stored)


def decode(octets: bytes) -> Stored:
    """A bill from the ledger's octets."""
    return _decoder.decode(octets)
