"""The process of one partition, as its front sees it: verbs on the asks' socket, methods of the door on the calls'.

| verb | argument | answer |
|---|---|---|
| `diameter` | octets of a request | octets of its answer |
| `restarted` | host, session: that peer has forgotten its other sessions | true |
| `events` | requests | reason and body of each |
| `order` | an order of the control socket | its answer |
| `knows` | a call | whether it is open, or its end is remembered |
| `calls`, `bill` | as the HTTP door asks | octets; b"" for a bill that is not there, a text for what is missing |
| `lines` | | lines of /metrics |
| `load` | | whether the data set was loaded again |

Source: charging.md 4.4.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from ain_scp.billing.bills.forms import Form
from ain_scp.billing.charging import kept
from ain_scp.billing.charging.events import AnyEvent
from ain_scp.reports.pdf import MissingLibrary
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.charging.diameter import DiameterDoor
from ain_scp.scp.edges.charging.ledger_keeper import LedgerKeeper
from ain_scp.scp.edges.charging.orders import Orders
from ain_scp.scp.edges.charging.partition_link import Frames, encode
from ain_scp.scp.edges.charging.teller import Teller
from ain_scp.scp.edges.control import OrderFault
from ain_scp.signaling.diameter.message import decode
from ain_scp.signaling.diameter.message import encode as encode_message

_requests: Final = msgspec.json.Decoder(list[AnyEvent])
_request: Final = msgspec.json.Decoder(AnyEvent)
Reply = Callable[[object], None]


class PartitionServer:
    """Serves the front; `load` loads the data set again, `over` is called when the front is gone."""

    def __init__(
        self,
        charger: Charger,
        keeper: LedgerKeeper,
        door: DiameterDoor,
        now: Callable[[], int],
        load: Callable[[], bool],
        over: Callable[[], None],
    ) -> None:
        self._charger = charger
        self._keeper = keeper
        self._door = door
        self._now = now
        self._load = load
        self._teller = Teller(charger, keeper, now)
        self._orders = Orders(charger, keeper, now).verbs()
        self._tasks: set[asyncio.Task[None]] = set()
        self.asks = Frames(self._asked, over)
        self.calls = Frames(self._called, over)
        self._verbs: dict[str, Callable[[Any, Reply], None]] = {
            "diameter": self._diameter,
            "restarted": self._restarted,
            "events": self._events,
            "order": lambda order, reply: self._later(self._order(order), reply),
            "knows": lambda call, reply: reply(self._knows(call)),
            "calls": lambda asked, reply: self._later(self._teller.calls(*asked), reply),
            "bill": lambda asked, reply: self._later(self._bill(asked), reply),
            "lines": lambda _, reply: reply(self._keeper.lines()),
            "load": lambda _, reply: reply(self._load()),
        }

    def tell(self, calls: list[str] | None = None) -> None:
        """Say what is durable; at the beginning, which calls are open."""
        self.asks.send(0, self._keeper.ledger.journal.durable, calls)

    def _asked(self, values: list[Any]) -> None:
        ticket, verb, argument = values
        self._verbs[verb](argument, lambda answer: self.asks.send(ticket, answer))

    def _called(self, values: list[Any]) -> None:
        ticket, method, arguments = values
        if method == "ask":
            answer: object = self._charger.ask(_request.decode(arguments[0]), self._now())
        else:
            answer = getattr(self._charger.port, method)(*arguments)
        self.calls.send(ticket, encode(answer), self._keeper.ledger.sequence)
        self._keeper.hold(self.tell)

    def _later(self, work: Awaitable[object], reply: Reply) -> None:
        async def done() -> None:
            reply(await work)

        task = asyncio.get_running_loop().create_task(done())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _diameter(self, octets: bytes, reply: Reply) -> None:
        answer = encode_message(self._door.answer(decode(octets), self._now()))
        self._keeper.hold(lambda: reply(answer))

    def _restarted(self, asked: tuple[str, str], reply: Reply) -> None:
        self._door.forget(*asked)
        self._keeper.hold(lambda: reply(True))

    def _events(self, octets: bytes, reply: Reply) -> None:
        said = [(one.reason, one.body) for one in map(self._serve, _requests.decode(octets))]
        self._keeper.hold(lambda: reply(said))

    def _serve(self, asked: AnyEvent) -> Any:
        return self._charger.ask(asked, self._now()).said

    def _knows(self, call: str) -> bool:
        desk = self._charger.port.engine.desk
        self._charger.port.enter()
        return call in desk.open_calls or call in desk.ended or kept.key_of(call) in desk.ledger.keys.kept

    async def _order(self, order: dict[str, Any]) -> dict[str, object]:
        verb = self._orders[order.pop("do")]
        try:
            return {"ok": True, **await verb(order)}
        except (OrderFault, TimeoutError) as fault:
            return {"ok": False, "error": str(fault) or "the ledger cannot be written"}

    async def _bill(self, asked: tuple[str, str, Form]) -> bytes | str:
        try:
            return await self._teller.bill(*asked) or b""
        except MissingLibrary as missing:
            return str(missing)
