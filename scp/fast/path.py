"""The short way from the octets of a query to the octets of its answer.

    shape known? -> caller's class -> translation -> called number's class -> kind of call known? -> its template, filled

Dialing plan, placing and looking up are the service's own functions; what comes of the two classes was judged before, and its
result is an answer that the general node gave before. Rules that ask for the moment are asked again. What is not known, or is no
plain call, returns None and costs the general way. Echo data, chance and SMDR samples are used up in the same order as there.

Limits: `MAX_KINDS` kinds of call at a door, then all of it are forgotten; `MAX_TEMPLATES` answers (kinds times places asked
from), then all are.

Source: performance.md sections 2, 4 and 7, house.md section 2.
"""

from typing import Final, final

from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import ManipulationPlan, SpecialPlan
from ain_scp.provisioning.tables.lookup import POINTER
from ain_scp.scp.classes.called import HEAD
from ain_scp.scp.classes.callers import Callers
from ain_scp.scp.classes.numbered import CLASS_SHIFT, CODE_MASK, UNKNOWN
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.kinds import (
    CROOKED,
    NO_CALLED,
    PLAIN,
    TEN,
    Call,
    CorePart,
    CustomerPath,
    Door,
    Forms,
    Kind,
    cells_of,
    kind_key,
)
from ain_scp.scp.fast.recent import Kept, Memory, Recent
from ain_scp.scp.fast.shapes import Shape, Shapes
from ain_scp.scp.fast.template import Lines, Template, filled, filled_lines
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.shapes.holes import SWAP
from ain_scp.terms.decision import Decision
from ain_scp.terms.dialed import emergency_digits
from ain_scp.terms.vocabulary import NON_NATIONAL

MAX_KINDS: Final = 1 << 16
MAX_TEMPLATES: Final = 1 << 15
MAX_EXACT: Final = 1024
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000


@final
class FastPath:
    """The short way over one program. `echo` is the last echo number used; `lines` the SMDR lines not yet taken."""

    def __init__(
        self,
        program: Program,
        callers: Callers,
        shapes: Shapes,
        draws: Draws,
        recent: Memory,
        node_id: int,
        core: CorePart | None = None,
    ) -> None:
        self.shapes = shapes
        self._core = core
        self.recent = recent
        self.draws = draws
        self.echo = 0
        self.lines: list[str] = []
        self._program = program
        self._callers = callers.table
        self._cells = cells_of(callers.table, TEN)
        customers = program.snapshot.customers
        paths = {one.group_id: CustomerPath(one, program.called[one.group_id]) for one in customers}
        if core is not None:
            for path in paths.values():
                core.prepare(path.called.numbers, path.customer.mdp, path.called.by_row)
        self._paths: list[CustomerPath] = [paths[one.customer.group_id] for one in callers.classes]
        self._doors: list[dict[str | None, Door]] = [{} for _ in callers.classes]
        self._echo_base = node_id << 40
        self._number = ""
        self._forms = Forms(MAX_KINDS)
        self._templates = 0
        self.calendar = 0

    def answer_batch(self, datagrams: list[bytes], now: int) -> list[bytes | None]:
        """The answers to some messages, in order; None: ask the general node, then go on with the rest.

        The batch ends at the first None, because the general node's answer comes before those of the rest.
        """
        self.recent.turn(now)
        answers: list[bytes | None] = []
        core = self._core
        if core is not None:
            core.begin(now, self.echo, self.calendar)
            if core.run(datagrams, 0, answers) == len(datagrams):
                self.echo = core.echo
                self._take_core_lines(core)
                self.draws.skip(core.answered)
                return answers
        self._answer_rest(datagrams, now, answers)
        return answers

    def _answer_rest(self, datagrams: list[bytes], now: int, answers: list[bytes | None]) -> None:
        """Answer those that follow the ones answered already.

        One long function on purpose: a call of a function costs as much here as a look-up in a table of a million numbers.
        """
        recent = self.recent
        generations = isinstance(recent, Recent)
        young: dict[bytes, Kept] = recent.young if isinstance(recent, Recent) else {}
        old: dict[bytes, Kept] = recent.old if isinstance(recent, Recent) else {}
        core = self._core
        by_length, doors, cells = self.shapes.by_length, self._doors, self._cells
        from_bytes, fromhex, swap = int.from_bytes, bytes.fromhex, SWAP
        echo_base, echo, owed = self._echo_base, self.echo, 0
        local = now + self.calendar
        time, second = str(local // MS_NS), local // SECOND_NS
        sampled = self.lines
        ahead = len(answers)
        for octets in datagrams:
            if core is not None:
                if ahead:
                    ahead -= 1
                    continue
                done = core.run(datagrams, len(answers), answers)
                if done:
                    ahead = done - 1
                    continue
                echo, owed = core.echo, owed + core.answered
                core.answered = 0
                self._take_core_lines(core)
            shape: Shape | None = None
            groups = by_length.get(len(octets))
            if groups is not None:
                number = from_bytes(octets, "big")
                for mask, shapes in groups:
                    shape = shapes.get(number & mask)
                    if shape is not None:
                        break
            if shape is None:
                answers.append(None)
                break
            (
                at, at_end, origin, calling_from, calling_end, access_from, access_end, dialed_from, dialed_end, length,
                bearer, reply, sls_at, sls_end, ids_at, ids_end, calling_at, calling_until,
                package_at, package_end,
            ) = shape.hot  # fmt: skip
            transaction = octets[at:at_end]
            asked = origin + transaction
            digits = octets.translate(swap).hex()
            calling = digits[calling_from:calling_end]
            called = dialed = digits[dialed_from:dialed_end]
            kind: Kind | None = None
            door: Door | None = None
            try:
                if cells is None:
                    index = self._callers.find(calling)
                else:
                    figure = int(calling)
                    index = cells[figure // 10000]
                    if index <= POINTER:
                        index = cells[POINTER - index + figure % 10000]
                asked_before = asked in young or asked in old if generations else recent.knows(asked)
                if index < 0 or asked_before:
                    # no trigger; or asked before, perhaps: the general node looks closer
                    answers.append(None)
                    break
                door = doors[index].get(digits[access_from:access_end])
                if door is not None and length > 0 and dialed[0] != "1":
                    called_class = UNKNOWN
                    if length == 7:
                        mdp_cells = door.mdp_cells
                        if mdp_cells is not None:
                            figure = int(dialed)
                            row = mdp_cells[figure // 10000]
                            if row <= POINTER:
                                row = mdp_cells[POINTER - row + figure % 10000]
                            if row >= 0:
                                packed = door.by_row[row]
                                called_class = packed >> CLASS_SHIFT
                                called = str(packed & CODE_MASK)[1:]
                        else:
                            called_class = self._class_at(door, dialed)
                            called = self._number
                    elif length == 10:
                        number_cells = door.numbers_cells
                        if door.mdp is None and number_cells is not None:
                            plain = door.heads.get(dialed[:6], CROOKED)
                            if plain != CROOKED:
                                figure = int(dialed)
                                called_class = number_cells[figure // 10000]
                                if called_class <= POINTER:
                                    called_class = number_cells[POINTER - called_class + figure % 10000]
                                if called_class < 0:
                                    called_class = plain
                        else:
                            called_class = self._class_at(door, dialed)
                            called = self._number or dialed
                    if called_class >= 0:
                        kind = door.kinds.get(((called_class + 1) << 5 | 10) << 8 | bearer)
                if door is not None and kind is None:
                    exactly = door.exact.get((dialed, bearer))
                    if exactly is not None:
                        kind, called = exactly
                        if core is not None:
                            access = digits[access_from:access_end]
                            core.learn_exact(index, access, door, called, shape, octets, kind)
            except ValueError:  # what stands for digits are none
                answers.append(None)
                break
            if kind is None:
                call = self.read(shape, octets)
                if call is not None:
                    kind, called = call.door.kinds.get(call.key), call.called
                    if kind is not None:
                        self._shorten(call, shape, len(octets), kind)
            if kind is not None and kind.judged is not None:
                self.draws.skip(owed)
                owed = 0
                judged = kind.judged
                kind = kind.ways.get(judged.index(second, self.draws.peek() if judged.by_chance else 0))
            template = None if kind is None else kind.templates.get(reply)
            if kind is None or template is None:
                answers.append(None)
                break
            owed += 1
            ids = octets[ids_at:ids_end]
            identifier = ""
            lines = kind.lines
            if lines is not None:
                echo += 1
                identifier = f"{echo_base + echo:012X}"
                words = lines.constants
                if words is not None:
                    w0, w1, w2, w3, w4 = words
                    sampled.append(f"{w0}{identifier}{w1}{calling}{w2}{called}{w3}{time}{w4}")
                else:
                    sampled.append(filled_lines(lines, identifier, calling, called, time))
            constants = template.constants
            if constants is not None and len(called) == 10:
                c0, c1, c2, c3, c4, c5, c6, c7 = constants
                answer = b"".join(
                    (
                        c0, octets[sls_at:sls_end], c1, transaction, c2, ids, c3,
                        octets[calling_at:calling_until], c4, fromhex(called).translate(swap), c5, ids, c6,
                        fromhex(identifier), c7,
                    )
                )  # fmt: skip
            else:
                answer = filled(template, shape, octets, called, identifier)
            if generations:
                young[asked] = (now, hash(octets[package_at:package_end]), answer)
            else:
                recent.keep(asked, now, octets[package_at:package_end], answer)
            answers.append(answer)
            if core is not None:
                core.echo = echo
        if core is not None:
            echo = core.echo
            owed += core.answered
            self._take_core_lines(core)
        self.echo = echo
        self.draws.skip(owed)

    def rescue(self, count: int) -> None:
        """After a fault: give up the identifiers that `count` messages may have used, keep their lines."""
        core = self._core
        if core is not None:
            self.echo = max(self.echo, core.echo)
            self._take_core_lines(core)
        self.echo += count

    def _take_core_lines(self, core: "CorePart") -> None:
        """Put the lines of the innermost part where the others are, in order."""
        lines = core.take_lines()
        if lines:
            self.lines.append(lines)

    def _class_at(self, door: Door, dialed: str) -> int:
        """The class of the number that dialed digits lead to, or UNKNOWN; leaves the number in `_number` if it is another."""
        self._number = ""
        length = len(dialed)
        if (length != 10 and length != 7) or dialed[0] == "1":  # noqa: PLR1714 (no set per call)
            return UNKNOWN
        if door.mdp is not None:
            row = door.mdp.find(dialed)
            if row >= 0:
                packed = int(door.by_row[row])
                self._number = str(packed & CODE_MASK)[1:]
                return packed >> CLASS_SHIFT
        if length == 7:
            return UNKNOWN
        plain = door.heads.get(dialed[:HEAD], CROOKED)
        if plain == CROOKED:
            return UNKNOWN
        found = door.numbers.find(dialed)
        return found if found >= 0 else plain if dialed.isdigit() else UNKNOWN

    def read(self, shape: Shape, octets: bytes) -> Call | None:
        """The call that a message of a known shape asks about; None when the short way cannot tell."""
        door, access, dialed = self._dialed(shape, octets)
        if door is None:
            return None
        if door.plan is None:
            return Call(door, access, NO_CALLED, dialed, "", -1, crooked=True)
        digits = octets.translate(SWAP).hex()
        calling = digits[shape.calling_from : shape.calling_end]
        path = door.path
        translation = door.plan.translate(self._program.snapshot, path.customer, calling, dialed, None)
        if translation is None:
            return Call(door, access, NO_CALLED, dialed, "", -1, crooked=True)
        place(path.customer, calling, translation)
        klass = path.classes.class_of(path.classes.of(translation))
        called = translation.called_number
        key = kind_key(klass, len(called), shape.bearer)
        crooked = translation.special != 0 or translation.non != NON_NATIONAL or called != dialed
        return Call(door, access, key, dialed, called, klass, crooked)

    def _dialed(self, shape: Shape, octets: bytes) -> tuple[Door | None, str, str]:
        """The door of a message, the access code and the digits after it; no door for what the short way leaves alone."""
        digits = octets.translate(SWAP).hex()
        access = digits[shape.access_from : shape.access_end]
        dialed = digits[shape.dialed_from : shape.dialed_end]
        index = self._callers.find(digits[shape.calling_from : shape.calling_end])
        if index < 0 or emergency_digits(access, dialed) or not (dialed.isdigit() or not dialed):
            # an emergency call has its own queue and counter; keys that are no digits are read elsewhere
            return None, access, dialed
        return self._door(index, access), access, dialed

    def _door(self, index: int, access: str) -> Door | None:
        """The door of a class of callers and an access code; codes without a plan share one. None for another plan."""
        path, doors = self._paths[index], self._doors[index]
        name = path.customer.plan_of(access, None)
        key = None if name is None else access
        door = doors.get(key)
        if door is None:
            plan = None if name is None else self._program.plans[name]
            if plan is not None and type(plan) not in {ManipulationPlan, SpecialPlan}:
                return None
            door = doors[key] = Door(index, path, plan)
        return door

    def _shorten(self, call: Call, shape: Shape, size: int, kind: Kind) -> None:
        """Note what leads to a known kind of call in fewer steps the next time."""
        door, head = call.door, call.dialed[:HEAD]
        if len(call.dialed) == TEN and door.heads.get(head, PLAIN) == PLAIN:
            self._teach(call, shape, size, kind)
        elif door.plan is not None:
            if len(door.exact) >= MAX_EXACT:
                door.exact.clear()
            door.exact[call.dialed, shape.bearer] = (kind, call.called)

    # Learning: what the general node answered

    def fill(self, template: Template, shape: Shape, octets: bytes, called: str) -> bytes:
        """The answer with the last echo data used, for a template that is being learned."""
        return filled(template, shape, octets, called, f"{self._echo_base + self.echo:012X}")

    def decided(self, shape: Shape, octets: bytes, decision: Decision) -> Call | None:
        """The call of a message that the general node decided; None when the short way cannot tell."""
        door, access, dialed = self._dialed(shape, octets)
        if door is None:
            return None
        called = decision.called_number
        if decision.pair is None or called is None:
            return Call(door, access, NO_CALLED, dialed, "", -1, crooked=True)
        facts = decision.pair.called
        klass = door.path.classes.class_of(facts)
        key = kind_key(klass, len(called), shape.bearer)
        crooked = facts.special != 0 or facts.nature != NON_NATIONAL or called != dialed
        return Call(door, access, key, dialed, called, klass, crooked)

    def keep(
        self,
        shape: Shape,
        size: int,
        call: Call,
        decision: Decision,
        lines: Lines | None,
        template: Template,
        moment: tuple[int, int],
    ) -> None:
        """Keep a kind of call and its answer; `moment`: the local second and the draw it was decided with."""
        kinds = call.door.kinds
        if len(kinds) >= MAX_KINDS:
            kinds.clear()
        if self._templates >= MAX_TEMPLATES:
            self._forget()
        lines, template = self._forms.lines(lines), self._forms.template(template)
        judged = None
        if decision.pair is not None:
            judged = self._program.ledger.judged(call.door.path.customer, decision.pair)
        open_ = judged if judged is not None and judged.conditions else None
        kind = kinds.get(call.key)
        if kind is None:
            kind = kinds[call.key] = Kind(lines, open_)
        if open_ is not None:
            kind = kind.ways.setdefault(open_.index(*moment), Kind(lines, None))
        self._templates += shape.reply not in kind.templates
        kind.templates[shape.reply] = template
        if open_ is None:
            self._teach(call, shape, size, kind)
        else:
            self._note_head(call)

    def _forget(self) -> None:
        """Forget every answer, so that nobody fills the memory by asking from ever more places."""
        for doors in self._doors:
            for door in doors.values():
                door.kinds.clear()
                door.exact.clear()
        self._forms = Forms(MAX_KINDS)
        self._templates = 0

    def _teach(self, call: Call, shape: Shape, size: int, kind: Kind) -> None:
        """Note what ten digits that begin like these mean, and have the innermost part learn of the call."""
        door = call.door
        self._note_head(call)
        if self._core is None or kind.judged is not None or call.called_class < 0:
            return
        called_class = self._class_at(door, call.dialed)
        if called_class == call.called_class and (self._number or call.dialed) == call.called:
            key = called_class << 8 | shape.bearer
            self._core.learn(door.index, call.access, door, key, shape, size, kind)

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
