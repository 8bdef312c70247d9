"""The short way from the octets of a query to the octets of its answer.

    shape known? -> caller's class -> translation -> called number's class -> kind of call known? -> its template, filled

Dialing plan, placing and looking up are the service's own functions; what comes of the two classes was judged before, and its
result is a form that the general writer made. Rules that ask for the moment are asked again. What is not known, or is no
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
from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.forms import Form, Forms
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
    cells_of,
    kind_key,
)
from ain_scp.scp.fast.notes import Notes
from ain_scp.scp.fast.recent import Kept, Memory, Recent
from ain_scp.scp.fast.shapes import BY_DIALING, BY_HOST, Shape, Shapes
from ain_scp.scp.fast.template import filled, filled_lines
from ain_scp.scp.service_logic.call import as_dialed
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.bcd import Digits
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
    """The short way over one program. `echo` is the last echo number used; `lines` the SMDR lines not yet taken.

    `backs`: the ways back by OPC and calling address. `noted` counts the notifications of the last batch.
    """

    def __init__(
        self,
        program: Program,
        callers: Callers,
        shapes: Shapes,
        notes: Notes,
        backs: dict[bytes, Back],
        forms: Forms,
        draws: Draws,
        recent: Memory,
        node_id: int,
        core: CorePart | None = None,
    ) -> None:
        self.shapes = shapes
        self.notes = notes
        self.backs = backs
        self.forms = forms
        self.noted = 0
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
        self._doors: list[list[dict[str | None, Door]]] = [
            [{} for _ in callers.classes] for _ in ("dialing", "host", "overflow")
        ]
        self._named = NamedPlan()
        self._echo_base = node_id << 40
        self._number = ""
        self._templates = 0
        self.calendar = 0

    def answer_batch(self, datagrams: list[bytes], now: int) -> list[bytes | None]:
        """The answers to some messages, in order; empty: none is due; None: ask elsewhere, then go on with the rest.

        The batch ends at the first None, because the general node's answer comes before those of the rest.
        """
        self.recent.turn(now)
        self.noted = 0
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
        by_length, all_doors, cells = self.shapes.by_length, self._doors, self._cells
        backs, notes = self.backs, self.notes
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
                note = notes.find(octets)
                if (
                    note is None
                    or octets[note.opc_at : note.opc_at + 4] + octets[note.from_at : note.from_end]
                    not in backs
                ):
                    answers.append(None)
                    break
                sampled.append(notes.line(note, octets, local // MS_NS))
                self.noted += 1
                answers.append(b"")
                continue
            (
                at, at_end, opc_at, opc_end, from_at, from_end, calling_from, calling_end, access_from, access_end,
                dialed_from, dialed_end, length, bearer, exactly, ids_count, sls_at, sls_end, ids_at, ids_end, calling_at,
                package_at, package_end, who,
            ) = shape.hot  # fmt: skip
            origin = octets[opc_at:opc_end]
            back = backs.get(origin + octets[from_at:from_end])
            if back is None:
                answers.append(None)
                break
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
                door = all_doors[who][index].get(digits[access_from:access_end])
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
                    single = door.exact.get((dialed, exactly))
                    if single is not None:
                        kind, called = single
                        if core is not None and exactly == bearer and who == BY_DIALING:
                            access, reply = digits[access_from:access_end], back.key | ids_count
                            core.learn_exact(index, access, door, called, shape, octets, kind, reply)
            except ValueError:  # what stands for digits are none
                answers.append(None)
                break
            if kind is None:
                call = self.read(shape, octets)
                if call is not None:
                    kind, called = call.door.kinds.get(call.key), call.called
                    if kind is not None:
                        self._shorten(call, shape, len(octets), kind, back.key | ids_count)
            if kind is not None and kind.judged is not None:
                self.draws.skip(owed)
                owed = 0
                judged = kind.judged
                kind = kind.ways.get(judged.index(second, self.draws.peek() if judged.by_chance else 0))
            template = None if kind is None else kind.templates.get(back.key | ids_count)
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
            constants, plain_form = template.constants, template.plain
            if constants is not None and len(called) == 10:
                c0, c1, c2, c3, c4, c5, c6, c7, c8 = constants
                answer = b"".join(
                    (
                        c0, back.head, octets[sls_at:sls_end], c1, back.address, c2, transaction, c3, ids, c4,
                        octets[calling_at : calling_at + 5], c5, fromhex(called).translate(swap), c6, ids, c7,
                        fromhex(identifier), c8,
                    )
                )  # fmt: skip
            elif plain_form is not None and len(called) == 10:
                c0, c1, c2, c3, c4, c5, c6 = plain_form
                answer = b"".join(
                    (
                        c0, back.head, octets[sls_at:sls_end], c1, back.address, c2, transaction, c3, ids, c4,
                        octets[calling_at : calling_at + 5], c5, fromhex(called).translate(swap), c6,
                    )
                )  # fmt: skip
            else:
                head = back.head + octets[sls_at:sls_end]
                own = octets[calling_at : calling_at + 5]
                answer = filled(template, head, back.address, transaction, ids, own, called, identifier)
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
            emergency_digits(access, dialed) or emergency_digits(access, _as_named(shape, access, dialed))
        )
        if index < 0 or emergency or not (dialed.isdigit() or not dialed):
            # an emergency call has its own queue and counter; keys that are no digits are read elsewhere
            return None, access, dialed
        if shape.who == BY_DIALING:
            return self._door(index, access), access, dialed
        return self._named_door(index, shape.who, access), access, dialed

    def _named_door(self, index: int, who: int, number: str) -> Door | None:
        """The door of a class of callers and the host of an ASF-RTL number, or overflow; None for another customer's number."""
        path, doors = self._paths[index], self._doors[who][index]
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
        path, doors = self._paths[index], self._doors[BY_DIALING][index]
        name = path.customer.plan_of(access, None)
        key = None if name is None else access
        door = doors.get(key)
        if door is None:
            plan = None if name is None else self._program.plans[name]
            if plan is not None and type(plan) not in {ManipulationPlan, SpecialPlan}:
                return None
            door = doors[key] = Door(index, path, plan)
        return door

    def _shorten(self, call: Call, shape: Shape, size: int, kind: Kind, reply: int) -> None:
        """Note what leads to a known kind of call in fewer steps the next time."""
        door, head = call.door, call.dialed[:HEAD]
        if shape.plain and len(call.dialed) == TEN and door.heads.get(head, PLAIN) == PLAIN:
            self._teach(call, shape, size, kind, reply)
        elif door.plan is not None:
            if len(door.exact) >= MAX_EXACT:
                door.exact.clear()
            door.exact[call.dialed, shape.exactly] = (kind, call.called)

    # Learning: what was decided elsewhere

    def next_echo(self) -> str:
        """The identifier of the next sampled call, which uses it up by counting `echo`."""
        return f"{self._echo_base + self.echo + 1:012X}"

    def decided(self, shape: Shape, octets: bytes, decision: Decision) -> Call | None:
        """The call of a message that was decided; None when the short way cannot tell."""
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
        kind = kinds.get(call.key)
        if kind is None:
            kind = kinds[call.key] = Kind(lines, open_)
        if open_ is not None:
            kind = kind.ways.setdefault(open_.index(*moment), Kind(lines, None))
        self._templates += reply not in kind.templates
        kind.templates[reply] = template
        if open_ is None:
            self._teach(call, shape, size, kind, reply)
        elif shape.plain:
            self._note_head(call)

    def _forget(self) -> None:
        """Forget every answer, so that nobody fills the memory by asking from ever more places."""
        for door in [door for one in self._doors for doors in one for door in doors.values()]:
            door.kinds.clear()
            door.exact.clear()
        self._templates = 0

    def _teach(self, call: Call, shape: Shape, size: int, kind: Kind, reply: int) -> None:
        """Note what ten digits that begin like these mean, and have the innermost part learn of the call."""
        door = call.door
        if not shape.plain:
            return
        self._note_head(call)
        if self._core is None or shape.who != BY_DIALING or kind.judged is not None or call.called_class < 0:
            return
        called_class = self._class_at(door, call.dialed)
        if called_class == call.called_class and (self._number or call.dialed) == call.called:
            key = called_class << 8 | shape.bearer
            self._core.learn(door.index, call.access, door, key, shape, size, kind, reply)

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
