"""What the HTTP door asks of a ledger: events served, calls of an account, closed bills. An answer is durable when it is given.

Source: charging.md 6.4, decision 7.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from ain_scp.billing.bills.forms import Form, octets
from ain_scp.billing.charging.events import AnyEvent
from ain_scp.billing.charging.features import records_of
from ain_scp.billing.charging.results import Said
from ain_scp.billing.ledger.export import time_text
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.edges.charging.ledger_keeper import LedgerKeeper

PATIENCE_S: Final = 30.0


class Unkept(Exception):
    """The ledger cannot be written, or is not there: nothing can be said."""


class Tells(Protocol):
    """Whoever knows the ledger; each raises Unkept when it cannot say, `bill` ain_scp.reports.pdf.MissingLibrary besides."""

    async def serve(self, asked: Sequence[AnyEvent]) -> list[Said]:
        """Serve events, those of one account one after the other."""

    async def calls(self, account: str, limit: int, open_only: bool) -> bytes:
        """The calls of an account, the latest first, as JSON."""

    async def bill(self, account: str, month: str, form: Form) -> bytes | None:
        """The bill that closed the period which began in a month; None for none."""


class Teller:
    """Of a ledger in this process; `now` is the node's clock, ns."""

    def __init__(self, charger: Charger, keeper: LedgerKeeper, now: Callable[[], int]) -> None:
        self._charger = charger
        self._keeper = keeper
        self._now = now

    async def serve(self, asked: Sequence[AnyEvent]) -> list[Said]:
        """Serve them all, then wait once."""
        said = [self._charger.ask(one, self._now()).said for one in asked]
        await self._durable()
        return said

    async def calls(self, account: str, limit: int, open_only: bool) -> bytes:
        """Open calls, then those that have ended."""
        self._charger.port.enter()
        desk = self._charger.port.engine.desk
        rows: list[dict[str, object]] = [
            {
                "call": call.id,
                "from": call.calling,
                "called": call.called,
                "state": str(call.state),
                "start": time_text((call.answered_ms or call.authorized_ms) + call.offset_ms),
                "duration_ms": desk.elapsed(call),
                "charge": desk.text(desk.part(call, account, desk.elapsed(call))),
            }
            for call in reversed(desk.calls_of(account))
        ]
        if not open_only:
            ended = sorted(records_of(desk, account), key=lambda one: -one.sequence)
            rows += [
                {
                    "call": one.call,
                    "from": one.calling,
                    "called": one.called,
                    "state": "ENDED",
                    "start": time_text(one.start_ms),
                    "duration_ms": one.duration_ms,
                    "charge": desk.text(one.charge),
                }
                for one in ended[:limit]
            ]
        await self._durable()
        return msgspec.json.encode({"calls": rows[:limit]})

    async def bill(self, account: str, month: str, form: Form) -> bytes | None:
        """Read, never made here."""
        self._charger.port.enter()
        engine = self._charger.port.engine
        bills = engine.bills.bills(engine.desk.payer(account) or account)
        found = [one.bill for one in bills if one.bill.closes and one.bill.period.from_[:7] == month]
        await self._durable()
        return await asyncio.to_thread(octets, found[-1], form) if found else None

    async def _durable(self) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper.hold(lambda: None if done.done() else done.set_result(None))
        try:
            await asyncio.wait_for(done, PATIENCE_S)
        except TimeoutError:
            raise Unkept from None
