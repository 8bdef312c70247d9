"""The short way from the octets of a query to the octets of its answer.

    shape known? -> caller's class -> translation -> kind of call known? -> the answer's template, filled

Dialing plan and placing are the service's own functions; everything after them depends only on the classes of the two
numbers, and its result is an answer that the general node gave before. What is not known, or is no plain call, returns
None and costs the general way. Echo data, chance and SMDR samples are used up in the same order as there.

Limits: `MAX_KINDS` kinds of call and `MAX_TEMPLATES` answers (kinds times places asked from), then all are forgotten.

Source: performance.md sections 2, 4 and 7, house.md section 2.
"""

from typing import Final, final

from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import Plan
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.provisioning.tables.lookup import POINTER, ExactTable
from ain_scp.scp.fast.called import CLASS_SHIFT, CODE_MASK, UNKNOWN
from ain_scp.scp.fast.classes import HEAD, CallerClass
from ain_scp.scp.fast.draws import DRAWS_PER_PERCENT, Draws
from ain_scp.scp.fast.kinds import (
    CROOKED,
    PLAIN,
    TEN,
    Call,
    CorePart,
    CustomerPath,
    Door,
    Forms,
    Key,
    Kind,
    cells_of,
)
from ain_scp.scp.fast.recent import Kept, Memory, Recent
from ain_scp.scp.fast.shapes import Shape, Shapes
from ain_scp.scp.fast.template import Lines, Template, filled, filled_lines
from ain_scp.signaling.shapes.holes import SWAP
from ain_scp.terms.decision import Translation
from ain_scp.terms.dialed import emergency_digits
from ain_scp.terms.vocabulary import NON_NATIONAL

MAX_KINDS: Final = 1 << 16
MAX_TEMPLATES: Final = 1 << 15
MAX_ACCESS_CODES: Final = 64
MAX_EXACT: Final = 1024
MINUTE_NS: Final = 60_000_000_000
MS_NS: Final = 1_000_000
NO_PLAN: Final = -2
NO_MEANING: Final = -3
"""Instead of a nature of number: no plan for the access code, or no meaning of the digits in it."""


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
        self._snapshot = snapshot
        self._callers = callers
        self._cells = cells_of(callers, TEN)
        self._classes = classes
        paths = {one.group_id: CustomerPath(snapshot, one) for one in snapshot.customers}
        if core is not None:
            for path in paths.values():
                core.prepare(path.called.numbers, path.customer.mdp, path.called.by_row)
        self._paths: list[CustomerPath] = [paths[one.customer.group_id] for one in classes]
        self._doors: list[dict[str, Door]] = [{} for _ in classes]
        self._echo_base = node_id << 40
        self._kinds: dict[Key, Kind] = {}
        self._timed: dict[Key, Kind] = {}
        self._minute = -1
        self._number = ""
        self._forms = Forms(MAX_KINDS)
        self._templates = 0

    def answer_batch(self, datagrams: list[bytes], now: int) -> list[bytes | None]:
        """The answers to some messages, in order; None: ask the general node, then go on with the rest.

        The batch ends at the first None, because the general node's answer comes before those of the rest.
        """
        self.recent.turn(now)
        answers: list[bytes | None] = []
        core = self._core
        if core is not None:
            core.begin(now, self.echo)
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
        time = str(now // MS_NS)
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
                        kind = door.kinds.get(called_class << 8 | bearer)
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
                self.draws.skip(owed)
                owed = 0
                call = self.read(shape, octets, now)
                if call is not None:
                    kind = (self._timed if call.timed else self._kinds).get(call.key)
                    called = call.called
                    if kind is not None:
                        if self._could_be_quick(door, call.dialed):
                            self._keep_quick(shape, call, kind, len(octets))
                        elif door is not None:
                            self._keep_exact(door, call, bearer, kind)
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

    def _could_be_quick(self, door: Door | None, dialed: str) -> bool:
        """Whether the quickest way does not know this call but might."""
        if door is None or len(dialed) != TEN:
            return door is None
        return door.heads.get(dialed[:HEAD], PLAIN) == PLAIN

    def read(self, shape: Shape, octets: bytes, now: int) -> Call | None:
        """The kind and the digits of a message of a known shape; None when the short way cannot tell."""
        digits = octets.translate(SWAP).hex()
        calling = digits[shape.calling_from : shape.calling_end]
        index = self._callers.find(calling)
        if index < 0:
            return None
        access = digits[shape.access_from : shape.access_end]
        path = self._paths[index]
        plan = path.plans.get(access)
        bearer = shape.bearer
        dialed = digits[shape.dialed_from : shape.dialed_end]
        if emergency_digits(access, dialed) or not (dialed.isdigit() or not dialed):
            return None  # an emergency call has its own queue and counter; keys that are no digits are read elsewhere
        if plan is None:
            if access not in path.plans:
                return None
            no_plan = (index, access, bearer, NO_PLAN, 0, False, "", 0, 0, 0)
            return Call(no_plan, calling, dialed, "", False, None)
        customer = path.customer
        translation = plan.translate(self._snapshot, customer, calling, dialed, None)
        if translation is None:
            no_meaning = (index, access, bearer, NO_MEANING, 0, False, "", 0, 0, 0)
            return Call(no_meaning, calling, dialed, "", False, None)
        place(self._snapshot, customer, calling, translation)
        called = translation.called_number
        non = -1 if translation.non is None else translation.non
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
            translation.special, path.classes.class_of(non, called), chance,
        )  # fmt: skip
        return Call(key, calling, dialed, called, caller.timed, translation)

    def fill(self, template: Template, shape: Shape, octets: bytes, call: Call) -> bytes:
        """The answer with the last echo data used, for a template that is being learned."""
        return filled(template, shape, octets, call.called, f"{self._echo_base + self.echo:012X}")

    # Learning: what the general node answered

    def note_plan(self, shape: Shape, octets: bytes, plan: Plan | None) -> None:
        """Note which plan the service chose for the access code of a message."""
        digits = octets.translate(SWAP).hex()
        index = self._callers.find(digits[shape.calling_from : shape.calling_end])
        if index >= 0 and len(self._paths[index].plans) < MAX_ACCESS_CODES:
            self._paths[index].plans[digits[shape.access_from : shape.access_end]] = plan

    def keep(self, shape: Shape, octets: bytes, call: Call, lines: Lines | None, template: Template) -> None:
        """Keep a kind of call and its answer."""
        kinds = self._timed if call.timed else self._kinds
        if len(kinds) >= MAX_KINDS:
            kinds.clear()
        if self._templates >= MAX_TEMPLATES:
            self._forget()
        kind = kinds.get(call.key)
        if kind is None:
            kind = kinds[call.key] = Kind(self._forms.lines(lines))
        self._templates += shape.reply not in kind.templates
        kind.templates[shape.reply] = self._forms.template(template)
        self._keep_quick(shape, call, kind, len(octets))

    def _forget(self) -> None:
        """Forget every answer, so that nobody fills the memory by asking from ever more places."""
        self._kinds.clear()
        self._timed.clear()
        for doors in self._doors:
            for door in doors.values():
                door.kinds.clear()
                door.exact.clear()
        self._forms = Forms(MAX_KINDS)
        self._templates = 0

    def _keep_quick(self, shape: Shape, call: Call, kind: Kind, size: int) -> None:
        """Keep it also for the quickest way, where that leads to the same number."""
        index, access = call.key[0], call.key[1]
        caller, path = self._classes[index], self._paths[index]
        translation, plan = call.translation, path.plans.get(access)
        if translation is None or plan is None or caller.timed or caller.chance or not path.called.usable:
            return
        doors = self._doors[index]
        door = doors.get(access)
        if door is None:
            heads = path.heads.setdefault(plan.name, {})
            door = doors[access] = Door(path.called, path.customer, heads, by_mdp=plan.name == "MDP")
        by_row = door.mdp is not None and door.mdp.find(call.dialed) >= 0
        if len(call.dialed) == TEN and not by_row:
            self._note_head(door, path, call.dialed, translation)
        called_class = self._class_at(door, call.dialed)
        if called_class < 0 or (self._number or call.dialed) != call.called:
            return
        if called_class == path.called.class_of(translation):
            if len(door.kinds) >= MAX_KINDS:
                door.kinds.clear()
            key = called_class << 8 | shape.bearer
            door.kinds[key] = kind
            if self._core is not None:
                self._core.learn(index, access, door, key, shape, size, kind)

    def _keep_exact(self, door: Door, call: Call, bearer: int, kind: Kind) -> None:
        """Keep a kind by the very digits dialed."""
        if len(door.exact) >= MAX_EXACT:
            door.exact.clear()
        door.exact[call.dialed, bearer] = (kind, call.called)

    def _note_head(self, door: Door, path: CustomerPath, dialed: str, translation: Translation) -> None:
        """Note what ten digits that begin like these mean: their first three say which form they have."""
        head = dialed[:HEAD]
        if len(door.heads) >= MAX_KINDS:
            door.heads.clear()
        if translation.called_number != dialed or translation.non != NON_NATIONAL or translation.special:
            door.heads[head] = CROOKED
        elif door.numbers.find(dialed) < 0 and not path.classes.is_deep(head):
            door.heads[head] = path.called.class_of(translation)
        else:
            door.heads.setdefault(head, PLAIN)
