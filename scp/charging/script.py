"""The script of a node that charges its calls: which calls, and how each ends.

A call is charged when the decision routes it, its number asks for money, and somebody's account pays. Every other call is
answered as by a node that charges nothing, octet for octet. 911 is never asked about, whatever becomes of the ledger.

The end of a call comes as TerminationNotification, found by its echo data: the connect time in tenths of a second. A call
whose dialogue was lost is settled all the same.

Source: charging.md 6.1, decision 14.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.billing.charging.events import Record, Release
from ain_scp.billing.charging.port import CallTerms, Greeting
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.charging.exchange import Exchange
from ain_scp.scp.conversation import Asked
from ain_scp.terms.decision import Decision
from ain_scp.terms.query import Query
from ain_scp.terms.units import MS_NS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL

TENTH_MS: Final = 100
BEGINS: Final = frozenset({"INFO_COLLECTED", "INFO_ANALYZED", "ORIGINATION_ATTEMPT"})
MOST_ENDED: Final = 100_000
"""Calls whose end may still be reported; the oldest are forgotten first."""

Terms = Callable[[Asked], CallTerms]
Timed = Callable[[int], bool]


class Routed(msgspec.Struct, frozen=True):
    """A charged call that was routed; `sampled`: its end completes an SMDR record as well."""

    call: str
    calling: str
    called: str
    features: tuple[str, ...]
    sampled: bool


def named(asked: Asked) -> CallTerms:
    """The terms of a call about which nothing more is known: named by who asked, in which transaction, when."""
    return CallTerms(f"{asked.peer:06X}-{asked.transaction:08X}-{asked.now // MS_NS:X}")


class ChargingScript:
    """Begins an exchange for each call to be charged, and hears how it ended.

    `terms` gives a call its name and what is agreed about it, `timed` says of a point code whether that switch reports timeouts.
    `denied` counts refusals by reason.
    """

    def __init__(self, charger: Charger, terms: Terms = named, timed: Timed = lambda _opc: True) -> None:
        self._charger = charger
        self._terms = terms
        self._timed = timed
        self._routed: dict[bytes, Routed] = {}

    def begin(self, query: Query, decision: Decision, asked: Asked) -> Exchange | None:
        """The exchange of a call that is charged; None for every other call."""
        port, called = self._charger.port, called_text(decision)
        calling = decision.calling_party
        if query.message not in BEGINS or calling is None or not called or not port.asks(called):
            return None
        terms = self._terms(asked)
        if not port.charged(terms, calling, called, self._charger.clock(asked.now).local_ms):
            return None
        request = port.request(terms, self._charger.text(asked.now), calling, called)
        first = self._charger.ask(request, asked.now)
        echo = asked.echo()
        greeting = Greeting()
        if first.said.ok and port.standing(terms.call) is not None:
            greeting = port.greeting(terms.call, calling, called)
            self._note(echo, Routed(terms.call, calling, called, terms.features, decision.sampled))
        timed = self._timed(asked.peer)
        exchange = Exchange(self._charger, terms.call, decision, echo, first, greeting, timed=timed)
        return exchange.begin(asked.now)

    def _note(self, echo: bytes, routed: Routed) -> None:
        if len(self._routed) >= MOST_ENDED:
            del self._routed[next(iter(self._routed))]
        self._routed[echo] = routed

    def ended(self, echo: bytes, connect_tenths: int | None, now: int) -> bool:
        """Settle a call by its termination notification; whether it is of a call without an SMDR record."""
        routed = self._routed.pop(echo, None)
        if routed is None:
            return False
        talked = (connect_tenths or 0) * TENTH_MS
        standing = self._charger.port.standing(routed.call)
        if talked and standing is not None and not standing.running:
            self._settle(routed, talked, now)
        else:
            self._charger.ask(Release(at="", call=routed.call, duration_ms=talked), now)
        return not routed.sampled

    def _settle(self, routed: Routed, talked: int, now: int) -> None:
        """The answer was never reported, or nothing was settled for long: what the switch says of the whole call counts."""
        answered = self._charger.text(now - talked * MS_NS)
        self._charger.ask(
            Record(
                at=self._charger.text(now),
                from_=routed.calling,
                called=routed.called,
                duration_ms=talked,
                answer=answered,
                features=routed.features,
                call=routed.call,
                key=f"end {routed.call}",
            ),
            now,
        )

    def next_timer(self) -> int | None:
        """When the ledger has something to do, on the node's clock."""
        due = self._charger.port.next_timer()
        return None if due is None else self._charger.when(due)

    def handle_timer(self, now: int) -> None:
        """Let reservations that were not settled go back."""
        self._charger.port.handle_timer(self._charger.clock(now).at_ms)


def called_text(decision: Decision) -> str:
    """The number a call is charged by: national digits, or + and international ones; "" when it goes nowhere or no number is called."""
    if decision.response_type == "SEND_TO_RESOURCE" or decision.announcement is not None:
        return ""
    number = decision.called_number or ""
    return f"+{number}" if number and decision.called_non == NON_INTERNATIONAL else number
