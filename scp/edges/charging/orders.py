"""Orders about accounts to a serving node, over its control socket.

| do | fields | answer |
|---|---|---|
| `calls` | account (absent: all) | calls: call, account, group, trunk_group, from, called, state, authorized, granted_ms, elapsed_ms |
| `cut` | call | `takes_effect`: "next event" - the switch ends it there, and no later than what is paid for |
| `deposit`, `adjust` | account, amount; key, by, why | the result, as of an event line |
| `lock`, `unlock` | account, cos | cos in force |

An answer leaves when its record is durable.

Source: charging.md 9.1; interfaces.md 6.3.
"""

import asyncio
from collections.abc import Callable

import msgspec

from ain_scp.billing.charging import events
from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.results import Said
from ain_scp.billing.charging.session import Call
from ain_scp.billing.ledger.export import time_text
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.edges.charging.ledger_keeper import LedgerKeeper
from ain_scp.scp.edges.control import Answer, Order, OrderFault, Verb
from ain_scp.terms.units import DAY_MS


class Orders:
    """The verbs of accounts; `now` is the node's clock, ns."""

    def __init__(self, charger: Charger, keeper: LedgerKeeper, now: Callable[[], int]) -> None:
        self._charger = charger
        self._keeper = keeper
        self._now = now

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        return {
            "calls": self.calls,
            "cut": self.cut,
            "deposit": self.deposit,
            "adjust": self.adjust,
            "lock": self.lock,
            "unlock": self.unlock,
        }

    async def calls(self, order: Order) -> Answer:
        """The open calls of an account, or all."""
        desk = self._charger.port.engine.desk
        self._arrive()
        account = _text(order, "account", optional=True)
        if account and account not in desk.charging.accounts:
            raise OrderFault(f"no account is named {account}")
        chosen = desk.calls_of(account) if account else list(desk.open_calls.values())
        rows = [
            {
                "call": call.id,
                **_payer(desk, call),
                "from": call.calling,
                "called": call.called,
                "state": str(call.state),
                "authorized": time_text(call.authorized_ms + call.offset_ms),
                "granted_ms": call.granted_ms,
                "elapsed_ms": desk.elapsed(call),
            }
            for call in chosen
        ]
        return {"calls": rows}

    async def cut(self, order: Order) -> Answer:
        """End a call at its next event: the engine sits at the SCP, the switch holds the timer."""
        self._arrive()
        said = self._charger.port.engine.running.bar(_text(order, "call"))
        return await self._durable(said) | {"takes_effect": "next event"}

    async def deposit(self, order: Order) -> Answer:
        """A payment."""
        return await self._serve(events.Deposit, order, ("account", "amount"), ("key", "by", "valid_until"))

    async def adjust(self, order: Order) -> Answer:
        """A credit or a later charge."""
        return await self._serve(events.Adjust, order, ("account", "amount", "why"), ("key",))

    async def lock(self, order: Order) -> Answer:
        """Hold an account to a class of service."""
        return await self._lock(order, _text(order, "cos"))

    async def unlock(self, order: Order) -> Answer:
        """Open an account's lock."""
        return await self._lock(order, None)

    async def _lock(self, order: Order, cos: str | None) -> Answer:
        self._arrive()
        account = _text(order, "account")
        if account not in self._charger.port.engine.desk.charging.accounts:
            raise OrderFault(f"no account is named {account}")
        return await self._durable(self._charger.port.engine.features.set_lock(account, cos))

    async def _serve(
        self,
        kind: type[events.Deposit | events.Adjust],
        order: Order,
        needed: tuple[str, ...],
        more: tuple[str, ...],
    ) -> Answer:
        fields = {name: _text(order, name) for name in needed}
        fields |= {name: found for name in more if (found := _text(order, name, optional=True))}
        now = self._now()
        try:
            asked = msgspec.convert(
                {"at": self._charger.text(now), "event": kind.__struct_config__.tag, **fields}, kind
            )
        except msgspec.ValidationError as fault:
            raise OrderFault(str(fault)) from None
        return await self._durable(self._charger.ask(asked, now).said)

    def _arrive(self) -> None:
        instant = self._charger.clock(self._now())
        self._charger.port.engine.arrive(instant.at_ms, instant.offset_ms)

    async def _durable(self, said: Said) -> dict[str, object]:
        if not said.ok:
            raise OrderFault(f"refused: {said.reason}")
        done = asyncio.get_running_loop().create_future()
        self._keeper.hold(lambda: None if done.done() else done.set_result(None))
        await asyncio.wait_for(done, 10)
        fields: dict[str, object] = msgspec.json.decode(said.body)
        return fields


def _payer(desk: Desk, call: Call) -> dict[str, str | None]:
    """Who pays for a call: account, its group on the day it was authorized, and the account again where it is a trunk group's."""
    account = call.parties[0].account if call.parties else None
    row = desk.charging.accounts.get(account or "")
    if account is None or row is None:
        return {"account": account, "group": None, "trunk_group": None}
    group = desk.charging.group_at(account, (call.authorized_ms + call.offset_ms) // DAY_MS)
    return {
        "account": account,
        "group": group or None,
        "trunk_group": account if row.kind == "TRUNK" else None,
    }


def _text(order: Order, name: str, *, optional: bool = False) -> str:
    found = order.get(name)
    if found is None and optional:
        return ""
    if not isinstance(found, str) or not found:
        raise OrderFault(f'expected "{name}": a text')
    return found
