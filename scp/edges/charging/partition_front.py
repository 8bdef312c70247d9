"""The front of a partitioned ledger: the doors of a node, whose accounts are kept by the processes of partitions.

It decides nothing. What is asked goes to the partition of whoever pays; what a process that is gone would have said is said as by
any node without its ledger: prepaid calls are refused, postpaid ones go on. A share whose parties live in two partitions is
refused (PARTITION).

Source: charging.md 4.4, decisions 8, 14, 15.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

import msgspec

from ain_scp.billing.bills.forms import Form
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.events import AnyEvent, Authorize, Remote
from ain_scp.billing.charging.partition import OF_CALL
from ain_scp.billing.charging.port import DirectPort, Greeting, Result, Standing
from ain_scp.billing.charging.results import Said
from ain_scp.reports.pdf import MissingLibrary
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.charging.diameter import DiameterDoor, States, terms_of
from ain_scp.scp.edges.charging.diameter_server import Send as SendMessage
from ain_scp.scp.edges.charging.partition_homes import Partitions
from ain_scp.scp.edges.charging.partition_link import PartitionGone, PartitionLink
from ain_scp.scp.edges.charging.teller import PATIENCE_S, Unkept
from ain_scp.scp.edges.control import Answer, Order, OrderFault, Verb
from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter import faults
from ain_scp.signaling.diameter.faults import DiameterFault
from ain_scp.signaling.diameter.message import Message, answer, check_known, decode, encode, refusal
from ain_scp.terms.units import DAY_MS

PARTITION: Final = "PARTITION"
"""Why a request is refused whose payers live in two partitions."""
Send = Callable[[], None]


class PartitionedPort(DirectPort):
    """The door as the node's own script uses it: it waits for what it must know at once, and for nothing else.

    `engine` has the tables and no accounts' past; nothing is asked of its ledger.
    """

    def __init__(self, engine: Engine, partitions: Partitions) -> None:
        super().__init__(engine)
        self._partitions = partitions

    def ask(self, request: AnyEvent, now_ms: int, offset_ms: int = 0) -> Result:
        """Have a request served by its partition."""
        desk = self.engine.desk
        desk.now_ms, desk.offset_ms = now_ms, offset_ms
        try:
            home = self._home(request, desk.today)
            if home is None:
                return Result(0, Said(PARTITION))
            found = self._partitions.link(home).call("ask", msgspec.json.encode(request))
        except PartitionGone:
            return Result(0, self._without_ledger(request))
        return found if isinstance(found, Result) else Result(0, Said(PARTITION))

    def _home(self, asked: AnyEvent, day: int) -> int | None:
        name = getattr(asked, "call", "")
        if name and not isinstance(asked, Authorize | Remote):
            found = self._of_call(name)
            if found is not None or isinstance(asked, OF_CALL):
                return found or 0
        partitions = self._partitions
        home = partitions.home(asked, day)
        before = partitions.named_before(asked, home)
        if before is not None and home is not None:
            link = partitions.link(before)
            if link.call("standing", name) is not None or link.call("parties", name):
                return before
            partitions.router.note(name, home)
        return home

    def _of_call(self, call: str) -> int | None:
        """Where a call is; one that is not remembered is looked for."""
        known = self._partitions.router.call(call)
        if known is not None:
            return known
        for home in range(len(self._partitions.links)):
            link = self._partitions.link(home)
            if link.call("standing", call) is not None or link.call("parties", call):
                self._partitions.router.note(call, home)
                return home
        return None

    def _about(self, call: str, method: str, *arguments: str) -> Any:
        try:
            home = self._of_call(call)
            return None if home is None else self._partitions.link(home).call(method, *arguments)
        except PartitionGone:
            return None

    def next_timer(self) -> int | None:
        """None: partitions mind their own."""
        return None

    def handle_timer(self, now_ms: int) -> tuple[()]:  # noqa: ARG002 - as of any door
        """Nothing: partitions mind their own."""
        return ()

    def standing(self, call: str) -> Standing | None:
        """How an open call stands."""
        found = self._about(call, "standing", call)
        return found if isinstance(found, Standing) else None

    def greeting(self, call: str, calling: str, called: str) -> Greeting:
        """What goes out with the set-up of a call that was granted just now."""
        return self._about(call, "greeting", call, calling, called) or Greeting()

    def rounds_up(self, call: str) -> bool:
        """Whether a started increment of an open call counts."""
        return self._about(call, "rounds_up", call) is not False

    def account_of(self, call: str) -> str | None:
        """The first party of an open call."""
        found = self._about(call, "account_of", call)
        return found if isinstance(found, str) else None

    def parties(self, call: str) -> list[str]:
        """The accounts that pay for a call."""
        return self._about(call, "parties", call) or []


class PartitionKeeper:
    """Holds what the node says until the partitions it asked have it on their disks; what a lost one was asked for never leaves."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self._held: list[tuple[list[tuple[PartitionLink, int]], Send]] = []

    def hold(self, send: Send) -> None:
        """Do `send` when everything asked so far is durable."""
        links = [link for link in self._partitions.links if link is not None]
        waits = [(link, link.seen) for link in links if link.seen > link.durable]
        if waits:
            self._held.append((waits, send))
        else:
            send()

    def wake(self) -> None:
        """Nothing to do: partitions write by themselves."""

    @property
    def held(self) -> int:
        """How many answers wait."""
        return len(self._held)

    def settle(self) -> None:
        """Let go what is durable by now; forget what will never be."""
        held, self._held = self._held, []
        for waits, send in held:
            left = [(link, seen) for link, seen in waits if seen > link.durable]
            if not left:
                send()
            elif not any(link.over for link, _ in left):
                self._held.append((left, send))


class PartitionTeller:
    """What the HTTP door asks; `local_ms` is the node's local time."""

    def __init__(self, partitions: Partitions, local_ms: Callable[[], int]) -> None:
        self._partitions = partitions
        self._local_ms = local_ms

    async def serve(self, asked: Sequence[AnyEvent]) -> list[Said]:
        """Serve events, each by its partition, those of one partition in their order."""
        said: list[Said] = [Said(PARTITION)] * len(asked)
        places: dict[int, list[int]] = defaultdict(list)
        day = self._local_ms() // DAY_MS
        try:
            for place, one in enumerate(asked):
                home = await self._partitions.home_of(one, day)
                if home is not None:
                    places[home].append(place)
            links = {home: self._partitions.link(home) for home in places}
            answers = await _in_time(
                *(
                    links[home].asked("events", msgspec.json.encode([asked[place] for place in own]))
                    for home, own in places.items()
                )
            )
        except PartitionGone:
            raise Unkept from None
        for own, found in zip(places.values(), answers, strict=True):
            for place, (reason, octets) in zip(own, found, strict=True):
                said[place] = Said(reason, octets)
        return said

    async def calls(self, account: str, limit: int, open_only: bool) -> bytes:
        """The calls of an account."""
        return bytes(await self._of_account(account, "calls", (account, limit, open_only)))

    async def bill(self, account: str, month: str, form: Form) -> bytes | None:
        """A closed bill."""
        found = await self._of_account(account, "bill", (account, month, form))
        if isinstance(found, str):
            raise MissingLibrary(found)
        return bytes(found) or None

    async def _of_account(self, account: str, verb: str, argument: object) -> Any:
        try:
            link = self._partitions.link(self._partitions.router.account(account) or 0)
            (found,) = await _in_time(link.asked(verb, argument))
        except PartitionGone:
            raise Unkept from None
        return found


async def _in_time(*asked: Any) -> list[Any]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.gather(*asked)
    except TimeoutError:
        raise Unkept from None


class DiameterFront:
    """Answers of partitions to credit-control requests; `door` speaks for one that is gone."""

    def __init__(
        self, partitions: Partitions, charger: Charger, host: str, realm: str, now: Callable[[], int]
    ) -> None:
        self._partitions = partitions
        self._charger = charger
        self._door = DiameterDoor(charger, host, realm)
        self._names = host, realm
        self._now = now
        self._states = States()
        self._tasks: set[asyncio.Task[None]] = set()

    def answer(self, message: Message, send: SendMessage) -> None:
        """Have a request answered by its partition."""
        try:
            check_known(message.avps)
            asked = cc.check_used(cc.read_request(message))
        except DiameterFault as fault:
            send(refusal(message, *self._names, fault))
            return
        if asked.state_id is not None and self._states.has_grown(asked.origin_host, asked.state_id):
            for link in self._partitions.links:
                if link is not None:
                    link.ask("restarted", (asked.origin_host, asked.session), lambda _: None)
        if asked.kind == cc.INITIAL:
            self._begin(message, asked, send)
            return
        home = None if asked.kind == cc.EVENT else self._partitions.router.call(asked.session)
        if home is None and asked.kind != cc.EVENT:
            self._later(self._seek(message, asked, send, self._partitions.find(asked.session)))
        else:
            self._forward(message, self._of_line(asked) if home is None else home, send, asked)

    def _begin(self, message: Message, asked: cc.CreditRequest, send: SendMessage) -> None:
        """A session goes to the partition of who pays, unless its name may be taken in another."""
        partitions, now = self._partitions, self._now()
        day, terms = self._charger.clock(now).local_ms // DAY_MS, terms_of(asked)
        request = self._charger.port.request(terms, self._charger.text(now), asked.calling, asked.called)
        home = partitions.home(request, day)
        if partitions.named_before(request, home) is None:
            self._forward(message, home, send, asked)
        else:
            self._later(self._seek(message, asked, send, partitions.home_of(request, day)))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _of_line(self, asked: cc.CreditRequest) -> int:
        """Where the account of a request's line, or the account named instead of a line, lives."""
        router = self._partitions.router
        home = router.line(asked.calling, self._charger.clock(self._now()).local_ms // DAY_MS)
        return home if home is not None else router.account(asked.calling) or 0

    async def _seek(
        self, message: Message, asked: cc.CreditRequest, send: SendMessage, found: Awaitable[int | None]
    ) -> None:
        """Of a session that is not where it is thought to be."""
        try:
            home = await found
        except PartitionGone:
            send(self._door.answer(message, self._now()))
            return
        self._forward(message, self._of_line(asked) if home is None else home, send, asked)

    def _forward(
        self, message: Message, home: int | None, send: SendMessage, asked: cc.CreditRequest
    ) -> None:
        if home is None:
            given = ca.CreditAnswer(faults.UNABLE_TO_COMPLY, message=PARTITION)
            send(answer(message, *self._names, given.result, *ca.answer_avps(asked, given)))
            return

        def answered(octets: bytes | None) -> None:
            send(self._door.answer(message, self._now()) if octets is None else decode(octets))

        try:
            self._partitions.link(home).ask("diameter", encode(message), answered)
        except PartitionGone:
            answered(None)


class PartitionOrders:
    """The verbs of accounts on the control socket, each done by its partition; see `Orders`."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    def verbs(self) -> dict[str, Verb]:
        """The verbs by name."""
        by_account = {do: self._by_account(do) for do in ("deposit", "adjust", "lock", "unlock")}
        return {"calls": self.calls, "cut": self.cut, **by_account}

    def _by_account(self, do: str) -> Verb:
        async def verb(order: Order) -> Answer:
            home = self._partitions.router.account(str(order.get("account", "")))
            return await self._order(home or 0, do, order)

        return verb

    async def calls(self, order: Order) -> Answer:
        """The open calls of an account, or all."""
        if order.get("account"):
            return await self._by_account("calls")(order)
        every = [await self._order(home, "calls", order) for home in range(len(self._partitions.links))]
        return {"calls": [row for one in every for row in list(one["calls"])]}  # type: ignore[call-overload]

    async def cut(self, order: Order) -> Answer:
        """End a call at its next event."""
        try:
            home = await self._partitions.find(str(order.get("call", "")))
        except PartitionGone:
            raise OrderFault("a partition is not there") from None
        return await self._order(home or 0, "cut", order)

    async def _order(self, home: int, do: str, order: Order) -> dict[str, object]:
        try:
            answer: dict[str, object] = await self._partitions.link(home).asked("order", {"do": do, **order})
        except PartitionGone:
            raise OrderFault(f"partition {home} is not there") from None
        if not answer.pop("ok"):
            raise OrderFault(str(answer["error"]))
        return answer
