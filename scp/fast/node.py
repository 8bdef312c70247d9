"""The node as a server runs it: batches of messages in, batches of answers out.

The short way answers what it knows; the general node answers the rest, and what it answered teaches the short way. An
answer is learned only when filling its template gives the very octets that the general node sent. The short way rests while
anything is unusual: load controls in force, a peer that cannot be reached, peers to be screened, a service script,
leaving, records that cannot be stored.

Source: house.md section 2, performance.md section 7, A-240..A-244.
"""

import importlib.util
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.scp.classes.callers import classify_callers
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Script
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.kinds import CorePart
from ain_scp.scp.fast.path import FastPath
from ain_scp.scp.fast.recent import Memory, Recent
from ain_scp.scp.fast.shapes import Shape, Shapes
from ain_scp.scp.fast.shared import SharedRepetition
from ain_scp.scp.fast.template import Template, lines_of, template_of
from ain_scp.scp.node import ScpNode
from ain_scp.scp.overload.queue import Waiting
from ain_scp.scp.records_gate import Records
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.smdr.sample import Sample, decode, encode
from ain_scp.terms.decision import Decision
from ain_scp.terms.trace import Trace

CONTROLLED_PER_SECOND: Final = 200.0
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000


class Innermost(Protocol):
    """What makes the innermost part: the module `ain_scp.scp.fast.core`, where it is compiled."""

    def make_memory(self, t1_ns: int, capacity: int) -> Memory:
        """The memory of what was answered lately, as that part reads it."""

    def make_core(
        self, callers: ExactTable, classes: int, node_id: int, recent: Memory, /
    ) -> CorePart | None:
        """From the callers' table, the number of classes and the node's id; None when it cannot read that table."""


class FastNode(ScpNode):
    """An ScpNode that takes batches; every answer is the one that `receive` gives for the same octets.

    `short` counts the messages answered the short way. `first_echo` sets apart the echo data of several processes.
    `innermost` makes the innermost part; None: the compiled one, where there is one.
    """

    def __init__(
        self,
        program: Program,
        config: NodeConfig,
        draw: Callable[[], int],
        *,
        fast: bool = True,
        first_echo: int = 0,
        token: Callable[[], int] | None = None,
        script: Script | None = None,
        innermost: Innermost | None = None,
        records: Records | None = None,
    ) -> None:
        self._draws = Draws(draw)
        super().__init__(program, config, self._drawn, token=token, script=script, records=records)
        self._innermost = innermost or compiled_core()
        make_memory = Recent if self._innermost is None else self._innermost.make_memory
        self._recent: Memory = make_memory(config.t1_ms * MS_NS, config.repeats_kept)
        self.repetition = SharedRepetition(self._recent)
        self._last_draw = 0
        self._decision: Decision | None = None
        self._shapes = Shapes()
        self._path: FastPath | None = None
        self._fast = fast and not config.peers and script is None
        self.spares = False
        """Under load controls only some messages take the general way, which sends the controls; else all do."""
        self._controls = Allowance(CONTROLLED_PER_SECOND, CONTROLLED_PER_SECOND / 10)
        self._made: list[bytes] = []
        self._dealt = 0
        """Answers made by `answer_all`, and messages dealt with, when it ends in a fault."""
        self._broken = False
        self._controlling = False
        self._undisturbed = False
        """Found to be as usual, and nothing has happened since that could change it."""
        self._health_seen = 0
        self._echo = first_echo
        self._lines: list[str] = []
        self.short = 0
        self.replace(program)

    @property
    def echo_given(self) -> int:
        """The last echo number given to a call, by either way."""
        return self._echo if self._path is None else max(self._echo, self._path.echo)

    def replace(self, program: Program) -> None:
        """Decide from another snapshot from the next query on (A-060, A-265)."""
        self.program = program
        self.equip()
        if self._path is not None:
            self._lines += self._path.lines
            self._echo = self._path.echo
        self._path = self._new_path(program) if self._fast else None

    def _new_path(self, program: Program) -> FastPath:
        callers, node_id = classify_callers(program.snapshot), self.config.node_id
        core: CorePart | None = None
        if self._innermost is not None:
            core = self._innermost.make_core(callers.table, len(callers.classes), node_id, self._recent)
        path = FastPath(program, callers, self._shapes, self._draws, self._recent, node_id, core)
        path.echo = self._echo
        return path

    def answer_all(self, datagrams: list[bytes], link: str, now: int) -> list[bytes]:
        """Take the messages of one link; the messages to send back to it, in order. `now` as for `receive`."""
        path = self._path
        answers: list[bytes] = []
        self._made = answers
        if path is None:
            for at, octets in enumerate(datagrams, 1):
                self._dealt = at
                answers += self._general(octets, link, now)
            return answers
        at = 0
        if self.records.stopped:
            self._undisturbed = False
        while at < len(datagrams):
            if not (self._undisturbed or self._usual()) or (self._controlling and self._controls.take(now)):
                self._dealt = at + 1
                answers += self._taught(path, datagrams[at], link, now)
                at += 1
                continue
            self._dealt = at
            try:
                path.calendar = self.calendar
                found = path.answer_batch(datagrams[at:] if at else datagrams, now)
            except BaseException:
                self._give_up(path, len(datagrams) - at)
                raise
            at += len(found)
            last = found[-1]
            if last is None:
                found.pop()
            count = len(found)
            if self.spares:
                self.overload.read(now, count, self.backlog, 0)
            self.short += count
            self.counters["received"] += count
            self.counters["answered"] += count
            if count == len(datagrams):
                answers = found  # type: ignore[assignment]  # only the last may be None
                break
            answers += found  # type: ignore[arg-type]
            if last is None:
                self._dealt = at
                answers += self._taught(path, datagrams[at - 1], link, now)
        if not 0 <= now - self._health_seen < MS_NS:
            self._health_seen = now
            self._undisturbed = False
            # what is answered at once is a sign of health, and moves the clock
            self.overload.due("", now, now)
        return answers

    def answer_safely(
        self, datagrams: list[bytes], link: str, now: int, report: Callable[[Exception], None]
    ) -> list[bytes]:
        """As `answer_all`, for a server's edge: a fault of our own is reported and costs no other message its answer."""
        answers: list[bytes] = []
        while datagrams:
            try:
                return answers + self.answer_all(datagrams, link, now)
            except Exception as fault:  # noqa: BLE001 - one bad message must not end the service
                report(fault)
            answers += self._made
            rest = datagrams[self._dealt :]
            if not self._broken:
                answers += self._excused(datagrams[self._dealt - 1], link, now, report)
            self._broken = False
            datagrams = rest
        return answers

    def _excused(
        self, octets: bytes, link: str, now: int, report: Callable[[Exception], None]
    ) -> list[bytes]:
        try:
            self.excuse(octets, link, now)
        except Exception as fault:  # noqa: BLE001 - as above
            report(fault)
            self.counters["dropped_faulty"] += 1
        return [answer for _, answer in self.octets_to_send()]

    def _give_up(self, path: FastPath, count: int) -> None:
        """The short way has a fault: it is left for good, and what it may have answered of `count` messages is replayed."""
        path.rescue(count)
        self._lines += path.lines
        self._echo = path.echo
        self._fast, self._path, self._broken = False, None, True

    def offer(self, octets: bytes, link: str, now: int, arrival: int | None = None) -> None:
        """Take one M3UA message the general way."""
        self._undisturbed = False
        super().offer(octets, link, now, arrival)

    def handle_timer(self, now: int) -> None:
        """Let old reassemblies and dialogues end."""
        self._undisturbed = False
        super().handle_timer(now)

    def leave(self) -> None:
        """Begin to leave the network: the general way from now on."""
        self._undisturbed = False
        super().leave()

    def sample_lines(self) -> list[str]:
        """Return and forget the SMDR samples taken, in order, one line each (`ain_scp.smdr.sample.encode`, A-244)."""
        return lines_of_texts(self.sample_texts())

    def sample_texts(self) -> list[str]:
        """As `sample_lines`, as they were made: a text is one line or several. Cutting them is left to who needs lines."""
        texts = self._lines
        self._lines = []
        if self._path is not None:
            texts += self._path.lines
            self._path.lines = []
        if self._samples:
            texts += [encode(sample).decode() for sample in super().samples()]
        return texts

    def samples(self) -> list[Sample]:
        """Return and forget the SMDR samples taken, in order."""
        return [decode(line.encode()) for line in self.sample_lines()]

    # The general way

    def _usual(self) -> bool:
        """Whether the general node would do nothing but decide and answer."""
        self._controlling = bool(self.overload.level or self.overload.controls)
        calm = not self._queue and not self.leaving and (self.spares or not self._controlling)
        calm = calm and not self.records.stopped
        self._undisturbed = calm
        return calm

    def _general(self, octets: bytes, link: str, now: int) -> list[bytes]:
        self.receive(octets, link, now, now - self.backlog)
        return [answer for _, answer in self.octets_to_send()]

    def _taught(self, path: FastPath, octets: bytes, link: str, now: int) -> list[bytes]:
        """Answer the general way and learn from it; the samples keep their order."""
        before, self._decision = self.counters["answered"], None
        usual = self._usual() and not self._controlling
        self._echo = path.echo
        try:
            answers = self._general(octets, link, now)
        finally:
            path.echo = self._echo
            path.lines += [encode(sample).decode() for sample in super().samples()]
        learn = usual and not self._contested
        if learn and self.counters["answered"] == before + 1 and len(answers) == 1:
            with suppress(ValueError, LookupError):  # what cannot be learned has been answered all the same
                self._learn(path, octets, answers[0], now)
        return answers

    def _drawn(self) -> int:
        self._last_draw = self._draws.take()
        return self._last_draw

    # Learning

    def _answer(self, one: Waiting, decision: Decision, trace: Trace | None, now: int) -> None:
        """Send the one answer of a query, and keep the decision to learn from."""
        self._decision = decision
        super()._answer(one, decision, trace, now)

    def _learn(self, path: FastPath, octets: bytes, answer: bytes, now: int) -> None:
        """Keep shape, kind and template of an answered query, if the template gives the answer octet for octet."""
        decision, shape = self._decision, self._shapes.learn(octets)
        if decision is None or shape is None:
            return
        call, template = path.decided(shape, octets, decision), _template(decision, shape, answer)
        lines = lines_of(decision, self.config.name) if decision.sampled else None
        if call is None or template is None or (decision.sampled and lines is None):
            return
        if path.fill(template, shape, octets, call.called) == answer:
            moment = (now + self.calendar) // SECOND_NS, self._last_draw
            path.keep(shape, len(octets), call, decision, lines, template, moment)


def lines_of_texts(texts: list[str]) -> list[str]:
    """The lines of some texts of samples, without their ends."""
    return "\n".join(texts).split("\n") if texts else []


def _template(decision: Decision, shape: Shape, answer: bytes) -> Template | None:
    """Cut the answer: the called digits are a hole where the decision names the called number itself."""
    called = decision.called_number
    return template_of(
        answer,
        has_ids=shape.ids_end > shape.ids_at,
        called_hole=called is not None and decision.response_called_party_id is called,
        redirecting_hole=called is not None and decision.response_original_called_party_id is called,
    )


def compiled_core() -> Innermost | None:
    """What makes the innermost part where it is compiled; elsewhere it would be slower than what it replaces."""
    spec = importlib.util.find_spec("ain_scp.scp.fast.core")
    if spec is None or spec.origin is None or spec.origin.endswith(".py"):
        return None
    try:
        from ain_scp.scp.fast import core
    except ImportError:  # compiled, but its run-time library is missing: the rest goes on without
        return None
    return core
