"""The node as a server runs it: batches of messages in, batches of answers out.

The short way answers messages of known shapes. Another plain message is read in one walk, decided, and its answer filled
into a form; that teaches the short way. What cannot be decided and what was asked before is answered from the same walk.
What is not plain, faults among it, is left to the general node, and so is everything
while anything is unusual: load controls in force, peers to be screened, a service script or its settling of ended calls,
leaving, records that cannot be stored.

Source: house.md section 2, performance.md section 7, A-240..A-244.
"""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Final

from ain_scp.scp.classes.callers import Callers, classify_callers
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Script, Settling
from ain_scp.scp.fast.backs import Back, Backs
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.forms import Forms
from ain_scp.scp.fast.innermost import Innermost, Rehearsal, compiled_core
from ain_scp.scp.fast.kinds import CorePart
from ain_scp.scp.fast.notes import Notes
from ain_scp.scp.fast.path import FastPath
from ain_scp.scp.fast.recent import Memory, Recent
from ain_scp.scp.fast.services import QuickServices
from ain_scp.scp.fast.shapes import Shapes
from ain_scp.scp.fast.shared import SharedRepetition
from ain_scp.scp.fast.walked import ByWalk
from ain_scp.scp.node import ScpNode
from ain_scp.scp.records_gate import Records
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.services import ServiceLogic
from ain_scp.signaling.flat.walk import Flat
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.smdr.sample import Sample, decode, encode

REHEARSED_TOGETHER: Final = 32
CONTROLLED_PER_SECOND: Final = 200.0
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000


class FastNode(ScpNode):
    """An ScpNode that takes batches; every answer is the one that `receive` gives for the same octets.

    `short` counts the messages of known shapes, `walked` those read in one walk. `first_echo` sets apart the echo data of several processes.
    `innermost` makes the innermost part; None: the compiled one, where there is one. `rehearsal`: what is played through first.
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
        settling: Settling | None = None,
        innermost: Innermost | None = None,
        records: Records | None = None,
        rehearsal: Rehearsal | None = None,
    ) -> None:
        self._draws = Draws(draw)
        self._path: FastPath | None = None
        super().__init__(
            program, config, self._draws.take, token=token, script=script, settling=settling, records=records
        )
        self._innermost = innermost or compiled_core()
        make_memory = Recent if self._innermost is None else self._innermost.make_memory
        self._recent: Memory = make_memory(config.t1_ms * MS_NS, config.repeats_kept)
        self.repetition = SharedRepetition(self._recent)
        self._backs, self._flat = Backs(self.lower), Flat()
        self._walk = ByWalk(self._recent, self._draws, self.lower, config.ssn)
        self.lower.status.doubted = self._doubt
        self._rehearsal = rehearsal
        self._fast = fast and not config.peers and script is None and settling is None
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
        self._served = 0
        """Answered at once, and not yet reported to overload control: that is done once a millisecond."""
        self._echo = first_echo
        self._lines: list[str] = []
        self.short = self.walked = 0
        self.replace(program)

    @property
    def echo_given(self) -> int:
        """The last echo number given to a call, by either way."""
        return self._echo if self._path is None else max(self._echo, self._path.echo)

    @property
    def decisions(self) -> Counter[tuple[str, str]]:
        """How often each thing was decided, by either way."""
        found = super().decisions
        if self._path is not None:
            found.update(self._path.calls.tallies.totals())
        return found

    def equip(self) -> None:
        """Take queries of other services; what they may be offered is no longer answered the short way.

        Where ported numbers alone are others, all that is known goes on.
        """
        super().equip()
        path, services = self._path, self.program.services
        if path is None or (
            path.services is not None and services is not None and path.services.follow(services)
        ):
            return
        path.shapes.clear()
        path.services = self._new_services(services)

    def prepared(self, program: Program) -> FastPath | None:
        """The short way over another snapshot, to be handed to `replace`: seconds for millions of rows, in any thread.

        It knows what a rehearsal teaches it.
        """
        if not self._fast:
            return None
        callers = classify_callers(program.snapshot)
        messages = [] if self._rehearsal is None else self._rehearsal(program, callers, self.config)
        twin = FastNode(program, self.config, _cycle(), fast=False, innermost=self._innermost)
        known = twin.rehearsed(callers, messages) if messages else None
        return known or self._new_path(program, callers)

    def rehearsed(self, callers: Callers, messages: list[tuple[bytes, bytes]]) -> FastPath | None:
        """The short way after it was asked messages, each twice; None when one of them met a fault of our own.

        The first time a message is walked, the second read off its shape; then all is ready.
        """
        self._path = path = self._new_path(self.program, callers)
        faults: list[Exception] = []
        numbered = enumerate(messages * 2)
        sent = [before + at.to_bytes(4, "big") + after for at, (before, after) in numbered]
        for at in range(0, len(sent), REHEARSED_TOGETHER):
            self.answer_safely(sent[at : at + REHEARSED_TOGETHER], "", at * MS_NS, faults.append)
        self.sample_texts()
        self._path = None
        return None if faults else path

    def replace(self, program: Program, path: FastPath | None = None) -> None:
        """Decide from another snapshot from the next query on (A-060, A-265); `path` as `prepared`, made here where there is none."""
        self.program = program
        super().equip()
        if self._path is not None:
            self._lines += self._path.lines
            self._echo = self._path.echo
            self._decisions.update(self._path.calls.tallies.totals())
        self._path = (path or self.prepared(program)) if self._fast else None
        if self._path is not None:
            self._path.belong(self.lower, self._backs.by_origin, self._draws, self._recent)
            self._path.echo = self._echo

    def _new_path(self, program: Program, callers: Callers) -> FastPath:
        config, backs = self.config, self._backs.by_origin
        core: CorePart | None = None
        if self._innermost is not None:
            core = self._innermost.make_core(
                callers.table, len(callers.classes), config.node_id, self._recent, backs
            )
        known = Shapes(), Notes(config.name), backs, Forms(program.snapshot, self.lower)
        path = FastPath(program, callers, *known, self._draws, self._recent, config.node_id, core)
        path.services = self._new_services(program.services)
        return path

    def _new_services(self, services: ServiceLogic | None) -> QuickServices | None:
        if services is None:
            return None
        return QuickServices(services, None if self._innermost is None else self._innermost.make_services)

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
        later = not 0 <= now - self._health_seen < MS_NS
        if self.records.stopped or later:
            self._undisturbed = False
        while at < len(datagrams):
            if not (self._undisturbed or self._usual()) or (self._controlling and self._controls.take(now)):
                self._dealt = at + 1
                answers += self._elsewhere(path, datagrams[at], link, now)
                at += 1
                continue
            self._dealt = at
            try:
                path.calendar = self.calendar
                path.quick = None if self._controlling or self.lnp_measured is not None else path.services
                found = path.answer_batch(datagrams[at:] if at else datagrams, now)
            except BaseException:
                self._give_up(path, len(datagrams) - at)
                raise
            at += len(found)
            last = found[-1]
            if last is None:
                found.pop()
            count, noted = len(found), path.noted
            if self.backlog and self.spares:
                self.overload.read(now, count - noted, self.backlog, 0)
            else:
                self._served += count - noted
            self.short += count
            self.counters["received"] += count
            self.counters["answered"] += count - noted
            if path.quick is not None:
                path.quick.tell(self.service_answers)
            if noted:
                self.counters["notifications"] += noted
                answers += [one for one in found if one]
            elif count == len(datagrams):
                answers = found  # type: ignore[assignment]  # only the last may be None
                break
            else:
                answers += found  # type: ignore[arg-type]
            if last is None:
                self._dealt = at
                answers += self._elsewhere(path, datagrams[at - 1], link, now)
        if later:
            self._health_seen = now
            self._undisturbed = False
            self._tell_health(now)
        return answers

    def _tell_health(self, now: int) -> None:
        """What is answered at once is a sign of health, and moves the clock of overload control."""
        if self._served and self.spares:
            self.overload.read(now, self._served, 0, 0)
        else:
            self.overload.due("", now, now)
        self._served = 0

    def answer_safely(
        self, datagrams: list[bytes], link: str, now: int, report: Callable[[Exception], None]
    ) -> list[bytes]:
        """As `answer_all`, for a server's edge: a fault of our own is reported and costs no other message its answer."""
        answers: list[bytes] = []
        while datagrams:
            try:
                found = self.answer_all(datagrams, link, now)
                return answers + found if answers else found
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
        self._decisions.update(path.calls.tallies.totals())
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

    def _elsewhere(self, path: FastPath, octets: bytes, link: str, now: int) -> list[bytes]:
        """Answer what the short way does not know, and teach it: by one walk, else the general way; samples keep their order."""
        flat, quick = self._flat, path.quick
        usual = self._usual() and not self._controlling
        walked = usual and flat.walk(octets)
        back = self._backs.find(flat) if walked else None
        if back is not None:
            answers = self._by_walk(path, flat, back, now)
            if answers is not None:
                return answers
        moment = None
        if walked and quick is not None and quick.may_learn(flat, self._recent):
            moment = (now + self.calendar) // SECOND_NS, self._draws.peek()
        self._echo = path.echo
        try:
            answers = self._general(octets, link, now)
        finally:
            path.echo = self._echo
            path.lines += [encode(sample).decode() for sample in super().samples()]
        if walked and back is None:
            self._backs.judge(flat)
        taught = moment is not None and len(answers) == 1 and self._usual() and not self._controlling
        if quick is not None and moment is not None and taught:
            quick.learn(flat, answers[0], *moment)
        return answers

    def _doubt(self, point_code: int) -> None:
        """A node is said to be out of reach: the general way takes its next message, which proves the contrary."""
        path = self._path
        if self._backs.forget(point_code) and path is not None:
            path.forget_ways()
        if path is not None and path.services is not None:
            path.services.doubt(point_code)

    def _by_walk(self, path: FastPath, flat: Flat, back: Back, now: int) -> list[bytes] | None:
        """Answer a query, or take a notification, that was walked; None: nothing was done, the general way must."""
        found = self._walk.answer(path, self.program, flat, back, now, self.calendar)
        if found is None:
            return None
        self.walked += 1
        self.counters["received"] += 1
        self.counters[found.outcome] += 1
        if found.decided:
            if found.emergency:
                self.counters["emergency"] += 1
            self._draws.skip(1)
            if self.spares:
                self.overload.read(now, 1, self.backlog, 0)
        return found.answers


def _cycle() -> Callable[[], int]:
    """Draws of a rehearsal: all percentages, in turn."""
    return itertools.cycle(range(50, 10_000, 3_700)).__next__


def lines_of_texts(texts: list[str]) -> list[str]:
    """The lines of some texts of samples, without their ends."""
    return "\n".join(texts).split("\n") if texts else []
