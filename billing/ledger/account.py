"""What the ledger keeps for one customer account and for one reservation.

Source: charging.md 4.1.
"""

import zlib
from functools import lru_cache
from typing import Final, final

from ain_scp.billing.ledger.record import Code, Terms

_PRIME: Final = (1 << 61) - 1
USE: Final = frozenset({Code.USAGE, Code.FLAT, Code.SHARE})
"""The codes that count in `used`; a purchase, a tax or a discount of a total does not."""


@final
class Account:
    """Money of one customer: `posted` micros, `reserved` of its open reservations, `used` in the period.

    `posted` is what the company owes the customer: below 0 the customer owes.
    """

    __slots__ = ("name", "period", "posted", "reserved", "terms", "used", "weight")

    def __init__(self, name: str, terms: Terms) -> None:
        self.name = name
        self.terms = terms
        self.posted = 0
        self.reserved = 0
        self.used = 0
        self.period = ""
        self.weight = weight_of(name)

    @property
    def free(self) -> int:
        """Posted less reserved: what the floor is compared with."""
        return self.posted - self.reserved

    @property
    def available(self) -> int:
        """What a new grant may take: free money, credit and the approved overrun."""
        return self.posted - self.reserved + self.terms.credit_limit + self.terms.overrun


@final
class Reservation:
    """Money held for a call or a part of it; `sequence` is the record that opened it."""

    __slots__ = ("account", "amount", "expires_ms", "link", "sequence")

    def __init__(self, account: str, amount: int, expires_ms: int, link: str, sequence: int) -> None:
        self.account = account
        self.amount = amount
        self.expires_ms = expires_ms
        self.link = link
        self.sequence = sequence


@lru_cache(1024)
def weight_of(name: str) -> int:
    """A fixed odd multiplier for the name of an account: the running checksum is the sum of weight * money, modulo a prime."""
    octets = name.encode()
    return (zlib.crc32(octets) << 29 ^ zlib.crc32(octets, 0x5A17)) % _PRIME | 1


def reduced(checksum: int) -> int:
    """A running checksum as a number of at most 61 bits."""
    return checksum % _PRIME
