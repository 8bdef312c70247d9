"""A decision of the ledger: what is to be changed and how that is checked, and what became of it.

Source: charging.md 4.2.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from ain_scp.billing.ledger.record import ONE_OFF_MS, AccountChange, Fact, Hold, Record, Transfer

Check = Literal["", "GRANT", "EXTEND", "PURCHASE"]
"""GRANT: floor with overrun, and the account is in order. EXTEND: the floor alone. PURCHASE: no overrun."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A decision to be made: everything it would change, and how it is checked.

    `offset_ms` is local time less `at_ms`, for the day on which an account expires. `answer` is made after the
    change, so it may read the new balance; a kept refusal has the answer b"".
    """

    kind: str
    at_ms: int
    key: str = ""
    content: bytes = b""
    keep_ms: int = ONE_OFF_MS
    check: Check = ""
    offset_ms: int = 0
    transfers: tuple[Transfer, ...] = ()
    holds: tuple[Hold, ...] = ()
    accounts: tuple[AccountChange, ...] = ()
    facts: tuple[Fact, ...] = ()
    answer: Callable[[], bytes] | None = None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What became of a draft: its record (None: nothing to keep), why it was refused, the answer, whether a repeat."""

    record: Record | None
    reason: str
    answer: bytes
    repeated: bool = False
