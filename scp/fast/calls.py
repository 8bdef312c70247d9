"""What a message of a known shape asks about: the door, its kind of call, and how these are learned.

Limits: `MAX_KINDS` kinds of call at a door, then all of it are forgotten; `MAX_TEMPLATES` answers (kinds times forms of
addresses and component IDs), then all are; `MAX_EXACT` single numbers at a door.

Source: performance.md sections 2, 4 and 7, house.md section 2.
"""

from typing import Final, final

from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import ManipulationPlan, SpecialPlan
from ain_scp.scp.classes.called import HEAD
from ain_scp.scp.classes.callers import Callers
from ain_scp.scp.classes.numbered import CLASS_SHIFT, CODE_MASK, UNKNOWN
from ain_scp.scp.fast.forms import Form
from ain_scp.scp.fast.kinds import (
    CROOKED,
    NO_CALLED,
    PLAIN,
    TEN,
    Call,
    CorePart,
    CustomerPath,
    Door,
    Kind,
    NamedPlan,
    kind_key,
)
from ain_scp.scp.fast.shapes import BY_DIALING, BY_HOST, Shape
from ain_scp.scp.fast.tally import Tallies
from ain_scp.scp.service_logic.call import as_dialed
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.shapes.holes import SWAP
from ain_scp.terms.decision import Decision
from ain_scp.terms.dialed import emergency_sent
from ain_scp.terms.vocabulary import NON_NATIONAL

MAX_KINDS: Final = 1 << 16
MAX_TEMPLATES: Final = 1 << 15
MAX_EXACT: Final = 1024


@final
class Calls:
    """The doors and kinds of call of one program. `number`: what `class_at` found the digits to lead to, if to another number."""

    def __init__(self, program: Program, callers: Callers, core: CorePart | None) -> None:
        self.number = ""
        self._core = core
        self._program = program
        self._callers = callers.table
        customers = program.snapshot.customers
        paths = {one.group_id: CustomerPath(one, program.called[one.group_id]) for one in customers}
        if core is not None:
            for path in paths.values():
                core.known.prepare(path.called.numbers, path.customer.mdp, path.called.by_row)
        self._paths: list[CustomerPath] = [paths[one.customer.group_id] for one in callers.classes]
        self.doors: list[list[dict[str | None, Door]]] = [
            [{} for _ in callers.classes] for _ in ("dialing", "host", "overflow")
        ]
        """By who asks, class of callers, and access code or ASF-RTL number."""
        self._named = NamedPlan()
        self._templates = 0
        self.tallies = Tallies()

    def class_at(self, door: Door, dialed: str) -> int:
        """The class of the number that dialed digits lead to, or UNKNOWN; leaves the number in `number` if it is another."""
        self.number = ""
        length = len(dialed)
        if (length != 10 and length != 7) or dialed[0] == "1":  # noqa: PLR1714 (no set per call)
            return UNKNOWN
        if door.mdp is not None:
            row = door.mdp.find(dialed)
            if row >= 0:
                packed = int(door.by_row[row])
                self.number = str(packed & CODE_MASK)[1:]
                return packed >> CLASS_SHIFT
        if length == 7:
            return UNKNOWN
        plain = door.heads.get(dialed[:HEAD], CROOKED)
        if plain == CROOKED:
            return UNKNOWN
        found = door.numbers.find(dialed)
        return found if found >= 0 else plain if dialed.isdigit() else UNKNOWN

    def read(self, shape: Shape, octets: bytes) -> Call | None:
        """The call that a message of a known shape asks about; None when the short way does not know."""
        door, access, dialed = self._dialed(shape, octets)
        if door is None:
            return None
        if door.plan is None:
            return Call(door, access, NO_CALLED, dialed, "", -1, crooked=True)
        read = dialed if shape.plain else _as_named(shape, access, dialed)
        digits = octets.translate(SWAP).hex()
        calling = digits[shape.calling_from : shape.calling_end]
        path = door.path
        translation = door.plan.translate(self._program.snapshot, path.customer, calling, read, None)
        if translation is None:
            return Call(door, access, NO_CALLED, dialed, "", -1, crooked=True)
        place(path.customer, calling, translation)
        klass = path.classes.class_of(path.classes.of(translation))
        called = translation.called_number
        key = kind_key(klass, called, shape.bearer)
        crooked = translation.special != 0 or translation.non != NON_NATIONAL or called != dialed
        return Call(door, access, key, dialed, called, klass, crooked)

    def _dialed(self, shape: Shape, octets: bytes) -> tuple[Door | None, str, str]:
        """The door of a message, the access code and the digits after it; no door for what the short way leaves alone."""
        digits = octets.translate(SWAP).hex()
        access = digits[shape.access_from : shape.access_end]
        dialed = digits[shape.dialed_from : shape.dialed_end]
        index = self._callers.find(digits[shape.calling_from : shape.calling_end])
        emergency = shape.who == BY_DIALING and (
            emergency_sent(access, dialed) or emergency_sent(access, _as_named(shape, access, dialed))
        )
        if index < 0 or emergency or not (dialed.isdigit() or not dialed):
            # an emergency call has its own queue and counter; keys that are no digits are read elsewhere
            return None, access, dialed
        if shape.who == BY_DIALING:
            return self._door(index, access), access, dialed
        return self._named_door(index, shape.who, access), access, dialed

    def _named_door(self, index: int, who: int, number: str) -> Door | None:
        """The door of a class of callers and the host of an ASF-RTL number, or overflow; None for another customer's number."""
        path, doors = self._paths[index], self.doors[who][index]
        door = doors.get(number)
        if door is None:
            if who == BY_HOST:
                snapshot = self._program.snapshot
                row = snapshot.triggers.find(number)
                if row < 0 or snapshot.originates(row) or number not in path.customer.rtl:
                    return None
                if snapshot.customer_of(row) is not path.customer:
                    return None
            door = doors[number] = Door(index, path, self._named)
        return door

    def _door(self, index: int, access: str) -> Door | None:
        """The door of a class of callers and an access code; codes without a plan share one. None for another plan."""
        path, doors = self._paths[index], self.doors[BY_DIALING][index]
        name = path.customer.plan_of(access, None)
        key = None if name is None else access
        door = doors.get(key)
        if door is None:
            plan = None if name is None else self._program.plans[name]
            if plan is not None and type(plan) not in {ManipulationPlan, SpecialPlan}:
                return None
            door = doors[key] = Door(index, path, plan)
        return door

    def shorten(self, call: Call, shape: Shape, size: int, kind: Kind, reply: int) -> None:
        """Note what leads to a known kind of call in fewer steps the next time."""
        door, head = call.door, call.dialed[:HEAD]
        if shape.plain and len(call.dialed) == TEN and door.heads.get(head, PLAIN) == PLAIN:
            self._teach(call, shape, size, kind, reply)
        elif door.plan is not None:
            if len(door.exact) >= MAX_EXACT:
                door.exact.clear()
            door.exact[call.dialed, shape.exactly] = (kind, call.called)

    # Learning: what was decided elsewhere

    def decided(self, shape: Shape, octets: bytes, decision: Decision) -> Call | None:
        """The call of a message that was decided; None when the short way does not know."""
        door, access, dialed = self._dialed(shape, octets)
        if door is None:
            return None
        called = decision.called_number
        if decision.pair is None or called is None:
            return Call(door, access, NO_CALLED, dialed, "", -1, crooked=True)
        facts = decision.pair.called
        klass = door.path.classes.class_of(facts)
        key = kind_key(klass, called, shape.bearer)
        crooked = facts.special != 0 or facts.nature != NON_NATIONAL or called != dialed
        return Call(door, access, key, dialed, called, klass, crooked)

    def keep(
        self,
        shape: Shape,
        size: int,
        call: Call,
        decision: Decision,
        form: Form,
        reply: int,
        moment: tuple[int, int],
    ) -> None:
        """Keep a kind of call and its form; `moment`: the local second and the draw it was decided with."""
        kinds = call.door.kinds
        if len(kinds) >= MAX_KINDS:
            kinds.clear()
        if self._templates >= MAX_TEMPLATES:
            self._forget()
        template, lines = form
        judged = None
        if decision.pair is not None:
            judged = self._program.ledger.judged(call.door.path.customer, decision.pair)
        open_ = judged if judged is not None and judged.conditions else None
        tally = self.tallies.of(decision)
        kind = kinds.get(call.key)
        if kind is None:
            kind = kinds[call.key] = Kind(lines, open_, tally)
        if open_ is not None:
            kind = kind.ways.setdefault(open_.index(*moment), Kind(lines, None, tally))
        self._templates += reply not in kind.templates
        kind.templates[reply] = template
        if open_ is None:
            self._teach(call, shape, size, kind, reply)
        elif shape.plain:
            self._note_head(call)

    def _forget(self) -> None:
        """Forget every answer, so that queries from ever more places cannot fill the memory."""
        for door in [door for one in self.doors for doors in one for door in doors.values()]:
            door.kinds.clear()
            door.exact.clear()
        self._templates = 0

    def _teach(self, call: Call, shape: Shape, size: int, kind: Kind, reply: int) -> None:
        """Note what ten digits that begin like these mean, and have the innermost part learn of the call."""
        door = call.door
        if not shape.plain:
            return
        self._note_head(call)
        if self._core is None or kind.judged is not None or call.called_class < 0:
            return
        called_class = self.class_at(door, call.dialed)
        if called_class == call.called_class and (self.number or call.dialed) == call.called:
            key = called_class << 8 | shape.bearer
            self._core.known.learn(door.index, call.access, door, key, shape, size, kind, reply)

    def _note_head(self, call: Call) -> None:
        """Note what ten digits that begin like these mean: the first six say which form they have."""
        door, dialed = call.door, call.dialed
        by_row = door.mdp is not None and door.mdp.find(dialed) >= 0
        if len(dialed) != TEN or by_row or door.plan is None or not door.path.called.usable:
            return
        head = dialed[:HEAD]
        if len(door.heads) >= MAX_KINDS:
            door.heads.clear()
        if call.crooked:
            door.heads[head] = CROOKED
        elif door.numbers.find(dialed) < 0 and not door.path.classes.is_whole(head):
            door.heads[head] = call.called_class
        else:
            door.heads.setdefault(head, PLAIN)


def _as_named(shape: Shape, access: str, digits: str) -> str:
    """The digits as a plan reads them: as they would have been dialed, or named with their nature."""
    if shape.who != BY_DIALING:
        return f"{shape.nature}:{digits}"
    return as_dialed(Digits(shape.nature, 1, digits), access)
