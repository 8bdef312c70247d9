"""The short way from the octets of a query to the octets of its answer.

    shape known? -> caller's class -> translation -> called number's class -> kind of call known? -> its template, filled

Dialing plan, placing and looking up are the service's own functions; what comes of the two classes was judged before, and its
result is a form that the general writer made. Rules that ask for the moment are asked again. What is not known, or is no
plain call, returns None and costs the general way. Echo data, chance and SMDR samples are used up in the same order as there.

Source: performance.md sections 2, 4 and 7, house.md section 2.
"""

from typing import Any, Final, final

from ain_scp.provisioning.tables.lookup import POINTER
from ain_scp.scp.classes.callers import Callers
from ain_scp.scp.classes.numbered import CLASS_SHIFT, CODE_MASK, UNKNOWN
from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.calls import Calls
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.forms import Forms
from ain_scp.scp.fast.kinds import (
    CLASS_BITS,
    CROOKED,
    TEN,
    CorePart,
    Kind,
    cells_of,
)
from ain_scp.scp.fast.notes import Notes
from ain_scp.scp.fast.recent import Kept, Memory, Recent
from ain_scp.scp.fast.services import QuickServices
from ain_scp.scp.fast.shapes import Shape, Shapes
from ain_scp.scp.fast.template import filled, filled_lines
from ain_scp.scp.lower_layers import LowerLayers
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.shapes.holes import SWAP

MAX_KINDS: Final = 1 << 16
MAX_TEMPLATES: Final = 1 << 15
MAX_EXACT: Final = 1024
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000


@final
class FastPath:
    """The short way over one program. `echo` is the last echo number used; `lines` the SMDR lines not yet taken.

    `backs`: the ways back by OPC and calling address. `noted` counts the notifications of the last batch. `services` answers for
    those beside the dialing plan's, `quick` in the next batch; None: they take the general way.
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
        self.services: QuickServices | None = None
        self.quick: QuickServices | None = None
        self._core = core
        self.recent = recent
        self.draws = draws
        self.echo = 0
        self.lines: list[str] = []
        self.calls = Calls(program, callers, core)
        self._callers = callers.table
        self._cells = cells_of(callers.table, TEN)
        self._echo_base = node_id << 40
        self.calendar = 0
        self._at_hand = shapes.by_length, self.calls, self.calls.doors, self._cells, notes
        """What every batch looks at."""

    def belong(self, lower: LowerLayers, backs: dict[bytes, Back], draws: Draws, recent: Memory) -> None:
        """Work for another node from now on: with its lower layers, ways back, draws and memory."""
        self.forms.lower = lower
        self.backs, self.draws, self.recent = backs, draws, recent
        self.calls.tallies.clear()
        if self._core is not None:
            self._core.belong(recent, backs)
        if self.services is not None:
            self.services.doubt(None)

    def forget_ways(self) -> None:
        """Look up every way back again: some are known no more."""
        if self._core is not None:
            self._core.belong(self.recent, self.backs)

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
                self.echo, self.noted = core.echo, core.noted
                self._take_core_lines(core)
                self.draws.skip(core.answered)
                return answers
        self._answer_rest(datagrams, now, answers)
        return answers

    def _answer_rest(self, datagrams: list[bytes], now: int, answers: list[bytes | None]) -> None:
        """Answer those that follow the ones answered already.

        One long function on purpose: a call of a function costs as much here as a look-up in a table of a million numbers.
        """
        recent, backs = self.recent, self.backs
        generations = isinstance(recent, Recent)
        young: dict[bytes, Kept] = recent.young if isinstance(recent, Recent) else {}
        old: dict[bytes, Kept] = recent.old if isinstance(recent, Recent) else {}
        core = self._core
        by_length, calls, all_doors, cells, notes = self._at_hand
        from_bytes, fromhex, swap = int.from_bytes, bytes.fromhex, SWAP
        echo_base, echo, owed = self._echo_base, self.echo, 0
        local = now + self.calendar
        time, second = str(local // MS_NS), local // SECOND_NS
        sampled, quick = self.lines, self.quick
        ahead = len(answers)
        for octets in datagrams:
            if ahead:
                ahead -= 1
                continue
            if core is not None:
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
                if quick is not None:
                    if quick.by_chance:
                        self.draws.skip(owed)
                        owed = 0
                    done = quick.run(datagrams, answers, recent, now, second, self.draws)
                    if done:
                        owed += 0 if quick.by_chance else done
                        ahead = done - 1
                        continue
                note = notes.find(octets)
                if (
                    note is None
                    or octets[note.opc_at : note.opc_at + 4] + octets[note.from_at : note.from_end]
                    not in backs
                ):
                    answers.append(None)
                    break
                if core is not None:
                    core.known.learn_note(note, len(octets))
                sampled.append(notes.line(note, octets, local // MS_NS))
                self.noted += 1
                answers.append(b"")
                continue
            (
                transaction_at, opc_at, from_at, digits_at, calling_at, access_at, dialed_at, length, key, exactly, ids_count, sls_at,
                ids_at, own_at, package_at, who,
            ) = shape.hot  # fmt: skip
            whole: Any = octets  # of a text whose kind is known, the compiler takes no piece by a slice
            origin: bytes = whole[opc_at]
            back = backs.get(origin + whole[from_at])
            if back is None:
                answers.append(None)
                break
            transaction: bytes = whole[transaction_at]
            asked = origin + transaction
            digits: Any = whole[digits_at].translate(swap).hex()
            calling = digits[calling_at]
            called = dialed = digits[dialed_at]
            kind: Kind | None = None
            try:
                if cells is None:
                    index = self._callers.find(calling)
                else:
                    figure = int(calling)
                    index = cells[figure // 10000]
                    if index <= POINTER:
                        index = cells[POINTER - index + figure % 10000]
                if index < 0 or asked in young or asked in old or (not generations and recent.knows(asked)):
                    # no trigger; or asked before, perhaps: the general node looks closer
                    answers.append(None)
                    break
                door = all_doors[who][index].get(digits[access_at])
                if door is not None and length and dialed[0] != "1":
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
                            called_class = calls.class_at(door, dialed)
                            called = calls.number
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
                            called_class = calls.class_at(door, dialed)
                            called = calls.number or dialed
                    if called_class >= 0:
                        kind = door.kinds.get((called_class << CLASS_BITS) + key)
                if door is not None and kind is None:
                    single = door.exact.get((dialed, exactly))
                    if single is not None:
                        kind, called = single
                        if core is not None:
                            access, reply = digits[access_at], back.key | ids_count
                            core.known.learn_exact(index, access, door, called, shape, octets, kind, reply)
            except ValueError:  # what stands for digits are none
                answers.append(None)
                break
            if kind is None:
                call = calls.read(shape, octets)
                if call is not None:
                    kind, called = call.door.kinds.get(call.key), call.called
                    if kind is not None:
                        calls.shorten(call, shape, len(octets), kind, back.key | ids_count)
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
            kind.tally.count += 1
            ids = whole[ids_at]
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
                        c0, back.head, whole[sls_at], c1, back.address, c2, transaction, c3, ids, c4,
                        whole[own_at], c5, fromhex(called).translate(swap), c6, ids, c7,
                        fromhex(identifier), c8,
                    )
                )  # fmt: skip
            elif plain_form is not None and len(called) == 10:
                c0, c1, c2, c3, c4, c5, c6 = plain_form
                answer = b"".join(
                    (
                        c0, back.head, whole[sls_at], c1, back.address, c2, transaction, c3, ids, c4,
                        whole[own_at], c5, fromhex(called).translate(swap), c6,
                    )
                )  # fmt: skip
            else:
                head = back.head + whole[sls_at]
                own = whole[own_at]
                answer = filled(template, head, back.address, transaction, ids, own, called, identifier)
            if generations:
                young[asked] = (now, hash(whole[package_at]), answer)
            else:
                recent.keep(asked, now, whole[package_at], answer)
            answers.append(answer)
            if core is not None:
                core.echo = echo
        if core is not None:
            echo = core.echo
            owed += core.answered
            self.noted += core.noted
            self._take_core_lines(core)
        self.echo = echo
        if owed:
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

    def next_echo(self) -> str:
        """The identifier of the next sampled call, which uses it up by counting `echo`."""
        return f"{self._echo_base + self.echo + 1:012X}"
