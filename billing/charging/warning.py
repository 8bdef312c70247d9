"""What callers hear while they talk: a later message than the last one is spoken once, and every refused period.

Source: charging.md 5.2 (RTWMR); B1-091.
"""

from typing import Final

from ain_scp.billing.charging import kept
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.results import TimerWarn
from ain_scp.billing.charging.routines import select
from ain_scp.billing.charging.session import Call

DISCONNECT: Final = "DISCONNECT"


class Warnings:
    """The warnings of a desk's calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def watched(self, call: Call) -> bool:
        """Whether anything may be said or done at the increments of this call."""
        desk = self._desk
        return call.granted_ms is not None and (
            bool(desk.limits(call.parties[0].account))
            or any(
                row.below is not None
                for party in call.parties
                for row in desk.charging.eft.get(party.account, ())
            )
        )

    def refused(self, call: Call) -> None:
        """A period was refused: said, unless the disconnect warning was spoken during this call already."""
        if call.warned:
            return
        limits = self._desk.limits(call.parties[0].account)
        call.message, call.warned = len(limits) - 1, True
        self._warn(call, limits[-1].message if limits else DISCONNECT)

    def speak(self, call: Call, begins: int, counted: int) -> None:
        """RTWMR: a later message than the last one is spoken once; one without announcement is only remembered."""
        limits = self._desk.limits(call.parties[0].account)
        if not limits:
            return
        place = select(self._basis(call, begins, counted), limits)
        if place <= call.message:
            return
        call.message = place
        spoken = limits[place].announcement is not None
        call.warned = call.warned or (spoken and limits[place].limit is None)
        self._desk.keep("warn", (kept.fact(call),))
        if spoken:
            self._warn(call, limits[place].message)

    def _basis(self, call: Call, begins: int, counted: int) -> int:
        """What a message is selected on: what is usable less the increment that begins at length `begins`."""
        desk, first = self._desk, call.parties[0].account
        usable = desk.usable(first)
        charge_at = desk.row(first).charge_at
        if charge_at == "BEFORE":
            return usable
        if charge_at == "AFTER":
            return usable - desk.part(call, first, counted)
        return usable - desk.part(call, first, counted) + desk.part(call, first, begins)

    def reselect(self, account: str) -> None:
        """After a payment the remembered message of the account's running calls is chosen anew, silently."""
        desk, limits = self._desk, self._desk.limits(account)
        changed = []
        for call in desk.calls_of(account) if limits else ():
            if call.running and call.parties[0].account == account:
                now = desk.elapsed(call)
                place = select(self._basis(call, now, now), limits)
                if place != call.message:
                    call.message = place
                    changed.append(kept.fact(call))
        if changed:
            desk.keep("reselect", tuple(changed))

    def _warn(self, call: Call, message: str) -> None:
        self._desk.emit("warn", TimerWarn(call.id, message))
