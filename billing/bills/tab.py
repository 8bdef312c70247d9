"""What is kept of an account between two bills.

Source: charging.md 10.2.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ain_scp.billing.ledger.record import Fact

TAB: Final = "tab"


class Tab(msgspec.Struct, frozen=True, array_like=True):
    """Where the last bill ended. Micros: `used` and `discount` of the open period that are billed already, `posted` after it.

    `bills` counts bills, `sequence` is the ledger's record of the last one, `closed` that of the last one that closed a
    period.
    """

    used: int = 0
    discount: int = 0
    posted: int = 0
    bills: int = 0
    sequence: int = 0
    closed: int = 0


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Tab)


def tab_of(facts: Mapping[str, Mapping[str, bytes]], owner: str) -> Tab:
    """The tab of an account, or of a `customer:NAME`."""
    octets = facts.get(TAB, {}).get(owner)
    return Tab() if octets is None else _decoder.decode(octets)


def tab_fact(owner: str, tab: Tab) -> Fact:
    """The tab, to be kept."""
    return Fact(TAB, owner, _encode(tab))
