"""The door of charging: requests go in, results come out when they may leave.

A result of the embedded engine leaves when everything it saw is durable; of a charge processor elsewhere it comes when
that answers. Whoever uses the door (the simulator's switch, the SCP, a command) sees nothing behind it.

Source: charging.md 6.2, decision 7.
"""

from collections import deque
from typing import Protocol

import msgspec

from ain_scp.billing.charging.engine import Engine, TimerLine
from ain_scp.billing.charging.events import AnyEvent, Authorize
from ain_scp.billing.charging.results import Granted, Said, body
from ain_scp.billing.ledger.durable import UNAVAILABLE, DurableLedger


class Result(msgspec.Struct, frozen=True, gc=False):
    """The answer to one request, or (ticket 0) what timers caused."""

    ticket: int
    said: Said
    timers: tuple[TimerLine, ...] = ()


class ChargePort(Protocol):
    """What every door of charging does."""

    def begin(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> int:
        """Hand a request over; the ticket under which its result comes."""

    def results(self) -> list[Result]:
        """The results that may leave now, in order."""

    def next_timer(self) -> int | None:
        """The instant at which `handle_timer` wants to be called."""

    def handle_timer(self, now_ms: int) -> None:
        """Let time pass to an instant."""


class EmbeddedPort:
    """The door of an engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ready: deque[Result] = deque()
        self._ticket = 0

    def begin(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> int:
        """Serve a request; its result is held until it is durable."""
        self._ticket += 1
        if self._failed:
            self._ready.append(Result(self._ticket, self._without_ledger(request)))
            return self._ticket
        said = self._engine.serve(request, now_ms, offset_ms)
        self._give(Result(self._ticket, said, self._timers()))
        return self._ticket

    def results(self) -> list[Result]:
        """The results that are durable, in order."""
        found = list(self._ready)
        self._ready.clear()
        return found

    def next_timer(self) -> int | None:
        """The instant at which the engine has something to do."""
        return self._engine.next_timer()

    def handle_timer(self, now_ms: int) -> None:
        """Run what is due up to and including an instant."""
        while self._engine.step(now_ms + 1):
            pass
        timers = self._timers()
        if timers:
            self._give(Result(0, Said(""), timers))

    @property
    def _failed(self) -> bool:
        """Memory is ahead of the disk: nothing that it says may leave."""
        ledger = self._engine.desk.ledger
        return isinstance(ledger, DurableLedger) and ledger.journal.state in ("FAILED", "CLOSED")

    def _without_ledger(self, request: AnyEvent) -> Said:
        """What is said while nothing can be kept: free numbers and postpaid accounts may call, nobody else.

        Such a call is charged by its record, when that comes.
        """
        desk = self._engine.desk
        if not isinstance(request, Authorize):
            return Said(UNAVAILABLE)
        if desk.is_free(request.called):
            return Said("", body(Granted(None, desk.text(0), None, None)))
        own = request.payer == "calling" and not request.share
        account = desk.account_of("", request.from_) if own else None
        if account is None or desk.row(account).fail == "closed":
            return Said(UNAVAILABLE)
        return Said("", body(Granted(None, desk.text(0), None, account)))

    def _timers(self) -> tuple[TimerLine, ...]:
        found, self._engine.lines = self._engine.lines, []
        return tuple(found)

    def _give(self, result: Result) -> None:
        ledger = self._engine.desk.ledger
        if isinstance(ledger, DurableLedger):
            ledger.hold(lambda: self._ready.append(result))
        else:
            self._ready.append(result)
