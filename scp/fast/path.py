"""The short way from the octets of a query to the octets of its answer.

    shape known? -> caller's class -> translation -> kind of call known? -> the answer's template, filled

Dialing plan and placing are the service's own functions; everything after them depends only on the classes of the two
numbers, and its result is an answer that the general node gave before. What is not known, or is no plain call, returns
None and costs the general way. Echo data, chance and SMDR samples are used up in the same order as there.

Limits: `MAX_KINDS` kinds of call, then all are forgotten.

Source: performance.md sections 2, 4 and 7, house.md section 2.
"""

from collections.abc import Callable
from typing import Final, final

from dialplan.on_net import place
from dialplan.plans import Plan
from provisioning.snapshot import Customer, Snapshot
from provisioning.tables.lookup import ExactTable
from scp.fast.classes import CalledClasses, CallerClass
from scp.fast.recent import Recent
from scp.fast.shapes import Shape, Shapes
from scp.fast.template import FIRST_IDS_PART, SLS_PART, TRANSACTION_PART, Lines, Template
from scp.overload.codes import is_emergency

MAX_KINDS: Final = 1 << 16
MAX_ACCESS_CODES: Final = 64
MINUTE_NS: Final = 60_000_000_000
MS_NS: Final = 1_000_000
DRAWS_PER_PERCENT: Final = 100
NO_PLAN: Final = -2
NO_MEANING: Final = -3
"""Instead of a nature of number: no plan for the access code, or no meaning of the digits in it."""

_SWAP: Final = bytes((nibbles & 0x0F) << 4 | nibbles >> 4 for nibbles in range(256))

Key = tuple[int, str, int, int, int, bool, str, int, int, int]
"""Caller class, access code, bearer, nature, length, on-net, called class, special code, class of called, chance."""


@final
class Draws:
    """The shares of chance, one for each query: `peek` looks at the next one, `take` uses it up."""

    __slots__ = ("_draw", "_next")

    def __init__(self, draw: Callable[[], int]) -> None:
        self._draw = draw
        self._next = -1

    def peek(self) -> int:
        """The next query's draw."""
        if self._next < 0:
            self._next = self._draw()
        return self._next

    def take(self) -> int:
        """Use up the draw of one query."""
        if self._next < 0:
            return self._draw()
        number = self._next
        self._next = -1
        return number

    def put_back(self, draw: int) -> int:
        """Make a draw the next one again; the one it displaces, for `restore`."""
        following = self._next
        self._next = draw
        return following

    def restore(self, following: int) -> None:
        """Undo `put_back`."""
        self._next = following


@final
class Kind:
    """One kind of call: its answers by where the query came from, and its SMDR lines (None = not sampled)."""

    __slots__ = ("lines", "templates")

    def __init__(self, lines: Lines | None) -> None:
        self.lines = lines
        self.templates: dict[bytes, Template] = {}


@final
class CustomerPath:
    """What the short way keeps of one customer: plans by access code as the service chose them, and called classes."""

    __slots__ = ("called", "customer", "plans")

    def __init__(self, customer: Customer, called: CalledClasses) -> None:
        self.customer = customer
        self.called = called
        self.plans: dict[str, Plan | None] = {}


@final
class Call:
    """What was read off one message: its kind's key and the digits of its holes."""

    __slots__ = ("called", "calling", "key", "timed")

    def __init__(self, key: Key, calling: str, called: str, timed: bool) -> None:
        self.key = key
        self.calling = calling
        self.called = called
        self.timed = timed


@final
class FastPath:
    """The short way over one snapshot. `echo` is the last echo number used; `lines` the SMDR lines not yet taken."""

    def __init__(
        self,
        snapshot: Snapshot,
        callers: ExactTable,
        classes: list[CallerClass],
        shapes: Shapes,
        draws: Draws,
        recent: Recent,
        node_id: int,
    ) -> None:
        self.shapes = shapes
        self.recent = recent
        self.draws = draws
        self.echo = 0
        self.lines: list[str] = []
        self._snapshot = snapshot
        self._callers = callers
        self._classes = classes
        paths = {
            customer.group_id: CustomerPath(customer, CalledClasses(snapshot, customer))
            for customer in snapshot.customers
        }
        self._paths: list[CustomerPath] = [paths[one.customer.group_id] for one in classes]
        self._echo_base = node_id << 40
        self._kinds: dict[Key, Kind] = {}
        self._timed: dict[Key, Kind] = {}
        self._minute = -1

    def answer_batch(self, datagrams: list[bytes], now: int) -> list[bytes | None]:
        """The answers to some messages, in order; None: ask the general node, then go on with the rest.

        The batch ends at the first None, because the general node's answer comes before those of the rest.
        """
        answers: list[bytes | None] = []
        self.recent.turn(now)
        for octets in datagrams:
            answer = self.answer(octets, now)
            answers.append(answer)
            if answer is None:
                break
        return answers

    def answer(self, octets: bytes, now: int) -> bytes | None:
        """The answer to one message, or None: ask the general node."""
        shape = self.shapes.find(octets)
        if shape is None:
            return None
        at = shape.transaction_at
        transaction = shape.origin + octets[at : at + 4]
        recent = self.recent
        if transaction in recent.young or transaction in recent.old:
            return None  # perhaps asked before: the general node looks closer
        call = self.read(shape, octets, now)
        if call is None:
            return None
        kind = (self._timed if call.timed else self._kinds).get(call.key)
        if kind is None:
            return None
        template = kind.templates.get(shape.reply)
        if template is None:
            return None
        self.draws.take()
        lines = kind.lines
        if lines is not None:
            self.echo += 1
            self._sample(lines, call, now)
        answer = self.fill(template, shape, octets, call, self.echo)
        recent.young[transaction] = (now, octets, shape.package_at, answer, template.package_at)
        return answer

    def read(self, shape: Shape, octets: bytes, now: int) -> Call | None:
        """The kind and the digits of a message of a known shape; None when the short way cannot tell."""
        digits = octets.translate(_SWAP).hex()
        calling = digits[shape.calling_from : shape.calling_end]
        index = self._callers.find(calling)
        if index < 0:
            return None
        access = digits[shape.access_from : shape.access_end]
        path = self._paths[index]
        plan = path.plans.get(access)
        bearer = shape.bearer
        dialed = digits[shape.dialed_from : shape.dialed_end]
        if shape.may_be_emergency and is_emergency(dialed):
            return None  # has its own queue and counter
        if plan is None:
            if access not in path.plans:
                return None
            return Call((index, access, bearer, NO_PLAN, 0, False, "", 0, 0, 0), calling, "", False)
        customer = path.customer
        translation = plan.translate(self._snapshot, customer, calling, dialed, None)
        if translation is None:
            return Call((index, access, bearer, NO_MEANING, 0, False, "", 0, 0, 0), calling, "", False)
        place(self._snapshot, customer, calling, translation)
        called = translation.called_number
        non = -1 if translation.non is None else translation.non
        called_class = path.called.class_of(non, called)
        caller = self._classes[index]
        chance = 0
        if caller.timed:
            minute = now // MINUTE_NS
            if minute != self._minute:
                self._minute = minute
                self._timed.clear()
        if caller.chance:
            chance = self.draws.peek() // DRAWS_PER_PERCENT
        key = (
            index, access, bearer, non, len(called), translation.on_net, translation.called_class,
            translation.special, called_class, chance,
        )  # fmt: skip
        return Call(key, calling, called, caller.timed)

    def fill(self, template: Template, shape: Shape, octets: bytes, call: Call, echo: int) -> bytes:
        """The answer to one message."""
        parts = template.parts.copy()
        parts[SLS_PART] = octets[shape.sls_at : shape.sls_at + 1]
        parts[TRANSACTION_PART] = octets[shape.transaction_at : shape.transaction_at + 4]
        ids = octets[shape.ids_at : shape.ids_end]
        parts[FIRST_IDS_PART] = ids
        part = template.calling_part
        if part:
            parts[part] = octets[shape.calling_at : shape.calling_at + 5]
        part = template.called_part
        if part:
            called = call.called
            parts[part] = bytes.fromhex(called if len(called) & 1 == 0 else called + "0").translate(_SWAP)
        part = template.echo_part
        if part:
            parts[part] = (self._echo_base + echo).to_bytes(6, "big")
            parts[template.second_ids_part] = ids
        return b"".join(parts)

    def _sample(self, lines: Lines, call: Call, now: int) -> None:
        """Write the SMDR lines of one call."""
        parts = lines.parts.copy()
        identifier = f"{self._echo_base + self.echo:012X}"
        time = str(now // MS_NS)
        parts[1] = identifier
        parts[3] = call.calling
        parts[lines.called_part] = call.called
        parts[lines.start_part] = time
        if lines.end_part:
            parts[lines.second_identifier_part] = identifier
            parts[lines.end_part] = time
        self.lines.append("".join(parts))

    # Learning: what the general node answered

    def note_plan(self, shape: Shape, octets: bytes, plan: Plan | None) -> None:
        """Note which plan the service chose for the access code of a message."""
        digits = octets.translate(_SWAP).hex()
        index = self._callers.find(digits[shape.calling_from : shape.calling_end])
        if index >= 0 and len(self._paths[index].plans) < MAX_ACCESS_CODES:
            self._paths[index].plans[digits[shape.access_from : shape.access_end]] = plan

    def keep(self, shape: Shape, call: Call, lines: Lines | None, template: Template) -> None:
        """Keep a kind of call and its answer."""
        kinds = self._timed if call.timed else self._kinds
        if len(kinds) >= MAX_KINDS:
            kinds.clear()
        kind = kinds.get(call.key)
        if kind is None:
            kind = kinds[call.key] = Kind(lines)
        kind.templates[shape.reply] = template
