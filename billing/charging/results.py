"""What the charging door says: one struct for each kind of answer. Money is decimal text; absent and null are the same.

Source: charging.md 9.2, 9.3.
"""

from typing import Final

import msgspec

from ain_scp.billing.summaries.messages import MessageEntry


class Empty(msgspec.Struct, frozen=True, gc=False):
    """Nothing to say but yes or no."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """The answer to a request: `reason` "" or why not, and the octets of one of the structs below, as JSON."""

    reason: str
    body: bytes = b"{}"

    @property
    def ok(self) -> bool:
        """It was done."""
        return not self.reason


class Warned(msgspec.Struct, frozen=True, gc=False):
    """Off hook: the message, if the line has a profile."""

    message: str | None
    usable: str


class Usable(msgspec.Struct, frozen=True, gc=False):
    """What can be spent now."""

    usable: str


class Remaining(msgspec.Struct, frozen=True, gc=False):
    """How long the balance lasts; null: no bound below 24 hours."""

    remaining_ms: int | None
    usable: str


class Routed(msgspec.Struct, frozen=True, gc=False):
    """Where a call goes."""

    to: str


class CallEntry(msgspec.Struct, frozen=True, gc=False):
    """A call in a list."""

    call: str
    called: str
    duration_ms: int
    charge: str


class Faxed(msgspec.Struct, frozen=True, gc=False):
    """When the list comes, and what it says."""

    when: str
    calls: tuple[CallEntry, ...]


class Granted(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A call may be made: for how long, what is held by all parties, what is said first, whose balance it is."""

    granted_ms: int | None
    reserved: str
    message: str | None
    account: str | None
    steps: tuple[str, ...] | None = None


class Denied(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A call may not be made."""

    steps: tuple[str, ...] | None = None


class RemoteGranted(msgspec.Struct, frozen=True, gc=False):
    """A remote call may be made: the way it took, the amount asked for, the later periods."""

    steps: tuple[str, ...]
    granted_ms: int | None
    amount: str
    secondary_ms: int | None


class RemoteDenied(msgspec.Struct, frozen=True, gc=False):
    """A remote call may not be made: how far it came."""

    steps: tuple[str, ...]


class Ended(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A call has ended: what all parties pay, how long it was, what the first party can spend now."""

    charge: str
    duration_ms: int
    usable: str | None
    steps: tuple[str, ...] | None = None
    bill_due: bool | None = None


class Answered(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """`cut`: the call is not to be connected."""

    cut: bool | None = None


class Extended(msgspec.Struct, frozen=True, gc=False):
    """How long a call may last by now; `final`: it gets no more, and ends there."""

    granted_ms: int | None
    final: bool


class BalanceNow(msgspec.Struct, frozen=True, gc=False):
    """An account as it stands."""

    account: str
    currency: str
    posted: str
    reserved: str
    accrued: str
    credit_limit: str
    overrun: str
    usable: str
    used: str
    cos: str
    locked: bool
    open_calls: int
    sequence: int


class CurrentNow(msgspec.Struct, frozen=True, gc=False):
    """What has been charged since the last bill: `current` = `usage` + `discount`."""

    current: str
    usage: str
    discount: str


class Charged(msgspec.Struct, frozen=True, gc=False):
    """Something was charged."""

    charge: str
    usable: str


class Stores(msgspec.Struct, frozen=True, gc=False):
    """Where a record, the priced call and the summaries are kept: CDD, SD or RC (call detail, summary, rating complex)."""

    ama: str
    priced: str
    summary: str


class Recorded(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A record was priced and posted; of an unknown number `suspense` says that it waits."""

    account: str | None
    plan: str | None = None
    group: str | None = None
    gross: str | None = None
    charge: str | None = None
    adjustment: str | None = None
    adjusted: dict[str, str] | None = None
    bill_due: bool | None = None
    disposition: str | None = None
    reconciled: str | None = None
    suspense: bool | None = None
    steps: tuple[str, ...] | None = None
    stores: Stores | None = None


class Merged(msgspec.Struct, frozen=True, gc=False):
    """What all sources together say."""

    merged: str


class Summarized(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A summary: a number, money as text, or either by key; `error` is how much too large an approximate value may be."""

    values: int | str | dict[str, int | str]
    approximate: bool = False
    error: int | str | None = None


class Grouped(msgspec.Struct, frozen=True, gc=False):
    """What a group has used: records of its members, their price before discounts and after."""

    records: int
    gross: str
    current: str


class Compared(msgspec.Struct, frozen=True, gc=False):
    """What an exemplary plan comes to, and the actual bill less that."""

    balance: str
    difference: str


class SetupMessage(msgspec.Struct, frozen=True, gc=False):
    """What is said before a call is connected; `text` None: nothing is spoken."""

    entries: tuple[MessageEntry, ...] = ()
    text: str | None = None


class InForce(msgspec.Struct, frozen=True, gc=False):
    """The class of service in force."""

    cos: str


class Connected(msgspec.Struct, frozen=True, gc=False):
    """How long a call may last; null: no bound below 24 hours."""

    duration_ms: int | None


class TimerWarn(msgspec.Struct, frozen=True, gc=False):
    """A warning is spoken into a call."""

    call: str
    message: str


class TimerEnded(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A call was cut, or given up."""

    call: str
    charge: str
    duration_ms: int
    usable: str | None = None
    steps: tuple[str, ...] | None = None
    bill_due: bool | None = None


class TimerTransfer(msgspec.Struct, frozen=True, gc=False):
    """A funds transfer."""

    account: str
    amount: str
    usable: str


_encode: Final = msgspec.json.Encoder().encode
NOTHING: Final = b"{}"


def body(result: msgspec.Struct) -> bytes:
    """The JSON of a result."""
    return _encode(result)
