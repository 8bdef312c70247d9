"""Running services: their events and queries, and the events of others that they have subscribed to.

What a service keeps are facts of the ledger, one for each entry, changed in one record of an event: a restart loses nothing that was
acknowledged. An event that is refused changes nothing. Keys beyond the bound take the place of the smallest (the oldest day);
a map that is full refuses another key.

Source: charging.md 10.5; B4-003 to B4-009, B4-011, B4-012; I13.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ain_scp.billing.charging.desk import Desk
from ain_scp.billing.charging.events import Event, Query, Service
from ain_scp.billing.charging.money import request_content
from ain_scp.billing.charging.pricing import CallPrice
from ain_scp.billing.charging.results import NOTHING, Said
from ain_scp.billing.events.program import (
    ONE,
    Action,
    Number,
    Reader,
    StepRefused,
    Value,
    number_of,
    program,
    reader,
    text_of,
)
from ain_scp.billing.ledger.decision import Draft
from ain_scp.billing.ledger.record import Fact
from ain_scp.billing.rating.applied import origin_of
from ain_scp.billing.rating.places import zone_of
from ain_scp.billing.rating.usage import FULL_DAY_MS
from ain_scp.provisioning.rows_events import KeepRow, ServiceRow
from ain_scp.terms.localtime import text as time_of

SEPARATOR: Final = "\x1f"


class Program(msgspec.Struct, frozen=True):
    """One service, compiled."""

    row: ServiceRow
    keep: dict[str, KeepRow]
    handlers: dict[str, tuple[Action, ...]]
    queries: dict[str, tuple[tuple[str, ...], Reader]]


class Services:
    """The services of a desk. `counters` say what subscribed services refused."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._programs = {name: _compiled(row) for name, row in desk.charging.services.items()}
        self._held = {name: Held() for name in self._programs}
        self.subscribed = {
            event for one in self._programs.values() if one.row.plans for event in one.handlers
        }

    def service(self, asked: Service) -> Said:
        """Run a service's own event."""
        found = self._programs.get(asked.service)
        if found is None:
            return Said("UNKNOWN_SERVICE")
        if asked.name not in found.handlers:
            return Said("UNKNOWN_EVENT")
        if asked.key:
            known = self._desk.ledger.repeat(f"key:{asked.key}", request_content(asked))
            if known is not None:
                return Said(known.reason, known.answer or NOTHING)
        fields: dict[str, Value] = {
            name: Number(value * ONE) if isinstance(value, int) else value
            for name, value in asked.fields.items()
        }
        return self._run(found, asked.name, fields, asked)

    def query(self, asked: Query) -> Said:
        """Answer a canned query."""
        found = self._programs.get(asked.service)
        if found is None:
            return Said("UNKNOWN_SERVICE")
        known = found.queries.get(asked.name)
        if known is None:
            return Said("UNKNOWN_QUERY")
        arguments, give = known
        fields: dict[str, Value] = dict.fromkeys(arguments, asked.argument) if arguments else {}
        try:
            value = give(_Scene(self._desk, found, fields, self._held[found.row.name]))
        except StepRefused as why:
            return Said(why.reason)
        return Said("", msgspec.json.encode({"value": self._shown(value)}))

    def subscribe(self, asked: Event, account: str | None) -> None:
        """Run what the plan of an account has subscribed to, of an event that was done."""
        kind = str(type(asked).__struct_config__.tag)
        if account is None or kind not in self.subscribed:
            return
        plan = self._desk.applied(None, account).plan
        fields: dict[str, Value] = {"customer": account}
        for name, value in msgspec.to_builtins(asked).items():
            if isinstance(value, str | int) and not isinstance(value, bool):
                fields.setdefault(name, Number(value * ONE) if isinstance(value, int) else value)
        for one in self._programs.values():
            if plan in one.row.plans and kind in one.handlers:
                said = self._run(one, kind, fields, None)
                self._desk.counters[f"service {said.reason}"] += not said.ok

    def _run(self, found: Program, event: str, fields: dict[str, Value], asked: Service | None) -> Said:
        held = self._held[found.row.name]
        scene = _Scene(self._desk, found, fields, held)
        try:
            for action in found.handlers[event]:
                action(scene)
        except StepRefused as why:
            return Said(why.reason)
        said = msgspec.json.encode({name: self._shown(value) for name, value in scene.given.items()})
        desk, key = self._desk, "" if asked is None else asked.key
        if scene.changed or key:
            draft = Draft(
                "service",
                desk.now_ms,
                f"key:{key}" if key else "",
                request_content(asked) if key and asked is not None else b"",
                facts=tuple(Fact(scene.kind, name, value) for name, value in scene.changed.items()),
                answer=lambda: said,
            )
            decision = desk.decide(draft)
            if decision.reason:
                return Said(decision.reason)
            held.change(scene.changed)
        return Said("", said)

    def _shown(self, value: Value) -> str | int:
        if isinstance(value, str):
            return value
        if value.money or value.micros % ONE:
            return self._desk.text(value.micros)
        return value.micros // ONE


class Held:
    """The keys of a service's entries, by entry and owner, so that holding a bound costs the same however much is kept."""

    def __init__(self) -> None:
        self._facts: dict[str, bytes] | None = None
        self._keys: dict[str, set[str]] = {}

    def keys(self, facts: dict[str, bytes] | None, front: str) -> set[str]:
        """The keys below `front`; read again when the ledger was opened anew. `facts`: what it keeps of the service."""
        if facts is None:
            return set()
        if facts is not self._facts:
            self._facts, self._keys = facts, {}
            self.change(facts)
        return self._keys.setdefault(front, set())

    def change(self, changed: Mapping[str, bytes | None]) -> None:
        """Take over what was kept or taken away."""
        for place, kept in changed.items():
            index = place.split(SEPARATOR, 2)[2]
            keys = self._keys.setdefault(place.removesuffix(index), set())
            if kept is None:
                keys.discard(index)
            else:
                keys.add(index)


class _Scene:
    """One event of one service: its fields, results of its steps, its state as it becomes."""

    def __init__(self, desk: Desk, found: Program, fields: dict[str, Value], held: Held) -> None:
        self.kind = f"service/{found.row.name}"
        self.given: dict[str, Value] = {}
        self.changed: dict[str, bytes | None] = {}
        self._desk = desk
        self._program = found
        self._names = fields
        self._held = held

    def read(self, name: str, index: str | None) -> Value:
        row = self._program.keep.get(name)
        if index is None and name in self._names:
            return self._names[name]
        if row is None:
            if name == "day" and index is None:
                return time_of(self._desk.local_ms // 1000)[:10]
            raise StepRefused(f"NO_{name.upper()}")
        return self._state(row, index)

    def bind(self, name: str, value: Value) -> None:
        self._names = {**self._names, name: value}

    def emit(self, fields: dict[str, Value]) -> None:
        self.given |= fields

    def change(self, verb: str, name: str, index: str | None, value: Value) -> None:
        row = self._program.keep[name]
        if row.type == "map":
            if index is None:
                raise StepRefused("NO_KEY")
            self._put(row, index, text_of(value))
            return
        before, more = number_of(self._state(row, index)).micros, number_of(value).micros
        after = {"set": more, "debit": before - more}.get(verb, before + more)
        self._put(row, index, str(after))

    def looked_up(self, name: str, key: str) -> str | None:
        row = self._program.keep.get(name)
        kept = None if row is None else self._kept(self._place(row, key))
        return kept if kept is not None else self._program.row.maps.get(name, {}).get(key)

    def rate(self) -> Number:
        price = self._price()
        duration = self._names.get("duration_ms", self._names.get("duration"))
        if duration is None:
            raise StepRefused("NO_DURATION")
        return Number(price.charge(number_of(duration).micros // ONE), money=True)

    def quote(self, money: int) -> Number:
        found = self._price().quote(money)
        return Number((FULL_DAY_MS if found is None else found) * ONE)

    def _price(self) -> CallPrice:
        desk, calling, called = self._desk, str(self._names.get("from", "")), self._names.get("called")
        account = desk.account_of(str(self._names.get("account", "")), calling) or desk.payer(
            self._customer()
        )
        if account is None or called is None:
            raise StepRefused("UNKNOWN_ACCOUNT")
        line, number = desk.line(calling) if calling else None, text_of(called)
        origin = origin_of(desk.snapshot, calling, number, line)
        destination = zone_of(desk.snapshot, number, calling)
        price = desk.price(desk.applied(line, account), origin, destination, ())
        if not isinstance(price, CallPrice):
            raise StepRefused(price)
        return price

    def _customer(self) -> str:
        """Whose state it is: the customer named, or the account of the line or the call."""
        named = self._names.get("customer")
        if named is not None:
            return text_of(named)
        calling = str(self._names.get("from", ""))
        return self._desk.account_of(str(self._names.get("account", "")), calling) or ""

    def _place(self, row: KeepRow, index: str | None) -> str:
        owner = ""
        if row.per:
            owner = self._customer()
            if owner not in self._desk.charging.accounts:
                raise StepRefused("UNKNOWN_ACCOUNT")
        return SEPARATOR.join((row.name, owner, index or ""))

    def _kept(self, place: str) -> str | None:
        if place in self.changed:
            octets = self.changed[place]
        else:
            octets = self._desk.ledger.facts.get(self.kind, {}).get(place)
        return None if octets is None else octets.decode()

    def _state(self, row: KeepRow, index: str | None) -> Value:
        kept = self._kept(self._place(row, index))
        if row.type == "map":
            return kept or ""
        return Number(int(kept or "0"), money=row.type == "money")

    def _put(self, row: KeepRow, index: str | None, value: str) -> None:
        """Keep an entry within the bound."""
        place = self._place(row, index)
        if index is not None and self._kept(place) is None:
            front = place.removesuffix(index)
            keys = self._held.keys(self._desk.ledger.facts.get(self.kind), front)
            mine = {
                name.removeprefix(front): kept
                for name, kept in self.changed.items()
                if name.startswith(front)
            }
            more = sum((kept is not None) - (name in keys) for name, kept in mine.items())
            if row.entries and len(keys) + more >= row.entries:
                if row.type == "map":
                    raise StepRefused("FULL")
                first = min(name for name in {*keys, *mine} if mine.get(name, b"") is not None)
                self.changed[front + first] = None
        self.changed[place] = value.encode()


def _compiled(row: ServiceRow) -> Program:
    handlers = {one.event: program(one.steps) for one in row.handlers}
    queries: dict[str, tuple[tuple[str, ...], Callable[..., Value]]] = {
        one.name: (one.arguments, reader(one.give)) for one in row.queries
    }
    return Program(row, {one.name: one for one in row.keep}, handlers, queries)
