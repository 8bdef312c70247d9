"""What `ain account` prints with `--json`; money is decimal text, times are ISO 8601. Changes: `ain account schema`.

Source: charging.md 9.1.
"""

import msgspec

from ain_scp.ain.account.prove import Proof
from ain_scp.ain.account.reconcile import Comparison
from ain_scp.billing.charging.results import BalanceNow

__all__ = [
    "AccountForm",
    "AccountsForm",
    "CallsForm",
    "Proof",
    "ReconcileForm",
    "TransfersForm",
    "WaitingForm",
]


class Account(msgspec.Struct):
    """A row of the list."""

    account: str
    posted: str
    reserved: str
    accrued: str
    usable: str
    used: str
    cos: str
    open_calls: int


class AccountsForm(msgspec.Struct):
    """Every account that pays for itself."""

    accounts: list[Account]


class Reservation(msgspec.Struct):
    """What is held for a call."""

    reservation: str
    call: str
    amount: str
    expires: str


class Limit(msgspec.Struct):
    """A row of limits.csv."""

    rank: int
    measure: str
    limit: str
    threshold: str
    cos: str


class AccountForm(BalanceNow, frozen=True):
    """An account with its reservations and limits."""

    reservations: list[Reservation]
    limits: list[Limit]


class AccountCall(msgspec.Struct, rename={"from_": "from"}):
    """A call of an account."""

    account: str
    call: str
    from_: str
    called: str
    state: str
    start: str
    duration_ms: int
    charge: str


class CallsForm(msgspec.Struct):
    """Calls in progress, then those that have ended."""

    calls: list[AccountCall]


class AccountTransfer(msgspec.Struct, rename={"from_": "from"}):
    """A transfer of the ledger."""

    sequence: int
    at: str
    code: str
    from_: str
    to: str
    amount: str
    currency: str
    link: str
    key: str


class TransfersForm(msgspec.Struct):
    """The transfers of an account."""

    transfers: list[AccountTransfer]


class Waits(msgspec.Struct):
    """Something that waits for somebody."""

    kind: str
    name: str
    at: str
    about: str


class WaitingForm(msgspec.Struct):
    """Records of unknown numbers, unsettled reservations, write-offs."""

    waiting: list[Waits]


class ReconcileForm(Comparison, frozen=True, kw_only=True):
    """The ledger against AMA records."""

    ok: bool
