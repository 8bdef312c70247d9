"""What a switch knows of numbers that make it ask a service: portable exchanges, toll free area codes, lines with control.

A data set without services has none of this, and no switch asks.

Source: B4-012; services design sections 5.1, 6.1, 7.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.terms.service import LNP, TERMINATING, TOLLFREE

NATIONAL_DIGITS: Final = 10
SERVICES: Final = (LNP, TOLLFREE, TERMINATING)


class NumberTriggers(msgspec.Struct, frozen=True):
    """One switch's triggers by called number.

    `asks` which of the services it may ask. `lrns` are its own routing numbers; `jurisdiction` the first six digits of the
    first of them, empty without one. `home` gives the switch where a number that was moved is served now, empty when it was
    not moved. `lines` are the lines here that have terminating control or are shown names. `criteria` is triggerCriteriaType by
    service: a switch maker's choice (unconfirmed).
    """

    switch: str
    asks: frozenset[str]
    lrns: frozenset[str]
    jurisdiction: str
    exchanges: frozenset[str]
    toll_free_npas: frozenset[str]
    lines: frozenset[str]
    criteria: dict[str, int]
    home: Callable[[str], str]

    def is_gone(self, number: str) -> bool:
        """Whether a number was moved to another switch."""
        home = self.home(number)
        return bool(home) and home != self.switch

    def is_toll_free(self, number: str) -> bool:
        """Whether a number is asked for at the toll free service."""
        return TOLLFREE in self.asks and number[:3] in self.toll_free_npas

    def is_portable(self, number: str) -> bool:
        """Whether a number is asked for at number portability."""
        return LNP in self.asks and number[:6] in self.exchanges


class CallServices:
    """What services had to do with one call in one switch.

    `asking` is the service that is asked now; `asked` those that answered or failed; `pending` the facilities to be tried
    after the answer. `translated`: the called number was looked up (bit M); `dialed_ported` is the number that was dialed when
    the called number is a routing number (generic address). `billed` is the number the record keeps as called.
    `forwarded`: a line here sent the call on, and pays for the rest of its way.
    """

    __slots__ = (
        "asked",
        "asking",
        "billed",
        "criteria",
        "dialed_ported",
        "forwarded",
        "here",
        "jurisdiction",
        "lnp_query",
        "lrn",
        "name",
        "pending",
        "toll_free",
        "translated",
    )

    def __init__(self) -> None:
        self.asking = ""
        self.asked: set[str] = set()
        self.pending: tuple[object, ...] = ()
        self.translated = False
        self.dialed_ported = ""
        self.forwarded = False
        self.jurisdiction = ""
        self.billed = ""
        self.criteria = 0
        self.here = False
        self.lnp_query = "NOT_ASKED"
        self.lrn = ""
        self.name = ""
        self.toll_free = False
