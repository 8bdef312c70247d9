"""The SCP node, without I/O: M3UA octets in, M3UA octets out, one query at a time.

    octets -> M3UA -> SCCP -> TCAP -> admitted? -> AIN parameters -> Query -> Decision -> components -> ... -> octets

The verbs are those of every protocol machine here. `receive` does all at once; a server that may fall behind calls `offer`
for each message as it arrives, which answers everything but queries and admits those to a bounded queue, and `work` to
answer one query from it. A message that cannot be processed is rejected once by its own layer, or dropped; each message has
exactly one outcome (`scp/counters.py`).

Source: house.md section 2, D-002, A-003, A-260..A-264, ain-wire section 4.3, reliability targets O1-O6, D5, S2.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Asked, Script, Settling
from ain_scp.scp.dialogues import Dialogue, Dialogues, Origin
from ain_scp.scp.lnp_measurements import LnpMeasurements
from ain_scp.scp.lower_layers import LowerLayers
from ain_scp.scp.overload.codes import code_of, is_emergency, may_be_shed_unread
from ain_scp.scp.overload.control import OverloadControl, Verdict
from ain_scp.scp.overload.queue import AdmissionQueue, Waiting
from ain_scp.scp.records_gate import (
    NoRecords,
    Records,
    asks_billable,
    is_billable,
    unavailable,
)
from ain_scp.scp.repetition import Repeated, Repetition
from ain_scp.scp.sampling import endings, notifications, samples_of
from ain_scp.scp.service_logic.call import MESSAGES, TERMINATION_ATTEMPT, query_of
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.scp.service_logic.response import components, error_correlated, failure_report, undecidable
from ain_scp.scp.service_logic.service_call import service_query_of
from ain_scp.scp.service_logic.service_response import service_components
from ain_scp.scp.transactions import Transactions
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.ain.values import ErrorCause, FailureCause
from ain_scp.signaling.sccp.routing import UnitDataIndication, reply_address
from ain_scp.signaling.tcap import (
    Component,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
    answer_to,
    decode_package,
    encode_package,
    p_abort,
    reject,
    response,
)
from ain_scp.smdr.sample import Sample
from ain_scp.terms.decision import Decision
from ain_scp.terms.query import Query
from ain_scp.terms.service import ServiceOutcome, ServiceRefusal
from ain_scp.terms.trace import Trace
from ain_scp.terms.units import MS_NS, SECOND_NS

READ_TO_REFUSE: Final = 2
"""Queries of one batch that are read only to be refused: reading costs most of what answering does."""
SILENCE_NS: Final = 20 * MS_NS
"""How long queries go unread once the rate of refusals is used up."""


class Decided(msgspec.Struct, frozen=True):
    """The node decided a query: what `record_decisions` asks for. `echo` is the echo data sent with the answer."""

    link: str
    opc: int
    transaction: int
    time_ns: int
    echo: bytes | None
    decision: Decision | None
    error: str | None
    trace: Trace | None
    outcome: ServiceOutcome | ServiceRefusal | None = None
    """What a service beside the dialing plan's decided; then there is no decision."""


class ScpNode:
    """One service control point.

    `draw` gives each query its share of chance, 0..9999, from a seeded source. `token` gives unpredictable integers of at
    least 24 bits for transaction ids; without one, or without a `script`, the node opens no dialogues. No billable call is
    carried out while `records` are stopped. `settling` hears how calls ended, and when time passes.
    """

    def __init__(
        self,
        program: Program,
        config: NodeConfig,
        draw: Callable[[], int],
        *,
        record_decisions: bool = False,
        token: Callable[[], int] | None = None,
        script: Script | None = None,
        settling: Settling | None = None,
        records: Records | None = None,
    ) -> None:
        self.program = program
        self.config = config
        self.counters: Counter[str] = Counter()
        self.service_answers: Counter[tuple[str, str]] = Counter()
        """Answers of the services beside the dialing plan's, by service and outcome."""
        self.lnp_measured: LnpMeasurements | None = None
        self.overload = OverloadControl(config.overload)
        self.repetition = Repetition(config.t1_ms * MS_NS, config.repeats_kept)
        self.lower = LowerLayers(config, self.counters)
        self.leaving = False
        self.records: Records = records or NoRecords()
        self.lower.status.ready = lambda: self.calm and not self.leaving
        self._draw = draw
        self._record = record_decisions
        self._script = script
        self._settling = settling
        capacity = config.transactions if token is not None else 0
        self._dialogues = Dialogues(
            Transactions(config.node_id, token or _no_token, capacity),
            self._routed,
            config.collect_ms * MS_NS,
            config.watch_ms * MS_NS,
            config.cancel_ms * MS_NS,
            any_link=bool(config.peers),
        )
        self._queue = AdmissionQueue(config.overload.queue, config.overload.wait_ms * MS_NS)
        self._silent_until = 0
        self.calendar = 0
        """What is added to `now` for the local time that records and rules tell, ns; whoever looks at a wall clock sets it."""
        self.backlog = 0
        """How long what comes now has waited before it reached the node, ns; set by what reads the sockets."""
        self._events: deque[Decided] = deque()
        self._samples: list[Sample] = []
        self._echo = 0
        self._equipped = False
        self.equip()

    # The verbs

    def receive(self, octets: bytes, link: str, now: int, arrival: int | None = None) -> None:
        """Take one M3UA message from a link and do all it asks for; `now` is local time in nanoseconds.

        `arrival` is when the message reached the host, if that was earlier.
        """
        self.offer(octets, link, now, arrival)
        while self.work(now):
            pass

    def receive_all(self, datagrams: list[bytes], link: str, now: int) -> None:
        """Take the messages of one link that came together."""
        for octets in datagrams:
            self.receive(octets, link, now)

    def offer(self, octets: bytes, link: str, now: int, arrival: int | None = None) -> None:
        """Take one M3UA message; a query is admitted to the queue or refused, everything else is dealt with at once."""
        self.counters["received"] += 1
        if now < self._silent_until and self._queue.full(now) and may_be_shed_unread(octets):
            self.counters["shed_unread"] += 1
            self.overload.shed_unread(now)
            return
        unit = self.lower.receive(octets, link, now)
        if unit is not None:
            self._unit_data(unit, link, now, now if arrival is None else arrival)

    def work(self, now: int) -> bool:
        """Answer the oldest admitted query, emergency calls first; False when there is none."""
        query = self._queue.pop()
        if query is None:
            return False
        taken, sent = len(self._samples), len(self.lower.out)
        try:
            self._turn(query, now)
        except BaseException:
            del self._samples[taken:]  # a call that got no answer has no record
            while len(self.lower.out) > sent:
                self.lower.out.pop()
            raise
        return True

    def excuse(self, octets: bytes, link: str, now: int) -> None:
        """Refuse a query whose answer ended in a fault of our own, so that its switch need not wait for T1.

        What is no query, or cannot even be refused, is dropped.
        """
        unit = self.lower.receive(octets, link, now)
        if unit is None:
            return
        try:
            package = decode_package(unit.data)
        except TcapFault:
            package = None
        if package is None or package.originating is None or not self.lower.may_refuse(link, now):
            self.counters["dropped_faulty"] += 1
            return
        named = package.components[0].invoke_id if package.components else None
        self.counters["refused_faulty"] += 1
        part = failure_report(named, FailureCause.UNAVAILABLE_RESOURCES)
        self._reply(unit, response(package.originating, part), link, now)

    def shed(self, datagrams: list[bytes], link: str, now: int) -> list[bytes]:
        """Refuse messages that have waited too long, most of them unread; those that must be read are left to the caller."""
        kept: list[bytes] = []
        unread = read = 0
        for octets in datagrams:
            if not may_be_shed_unread(octets):
                kept.append(octets)
            elif read >= READ_TO_REFUSE or now < self._silent_until:
                unread += 1
            else:
                read += 1
                self.offer(octets, link, now)
        self.counters["received"] += unread
        self.counters["shed_unread"] += unread
        self.overload.read(now, 0, 0, unread)
        return kept

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: link and M3UA octets."""
        out = list(self.lower.out)
        self.lower.out.clear()
        return out

    def next_event(self) -> Decided | None:
        """Return the next event, or None."""
        return self._events.popleft() if self._events else None

    def samples(self) -> list[Sample]:
        """Return and forget the SMDR samples taken, in order; the caller stores them (A-244)."""
        taken = self._samples
        self._samples = []
        return taken

    def next_timer(self) -> int | None:
        """When `handle_timer` must be called, local nanoseconds, or None."""
        settling = None if self._settling is None else self._settling.next_timer()
        times = (self.lower.sccp.next_timer(), self._dialogues.table.next_timer(), settling)
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self, now: int) -> None:
        """Let old reassemblies and dialogues end."""
        self.lower.handle_timer(now)
        if self._settling is not None:
            self._settling.handle_timer(now)
        for origin, package in self._dialogues.handle_timer(now):
            self._send(origin, encode_package(package), now)

    def replace(self, program: Program) -> None:
        """Decide from another snapshot from the next query on (A-060, A-265)."""
        self.program = program
        self.equip()

    def equip(self) -> None:
        """Take queries by the subsystems and translation types that the rows of services name."""
        services = self.program.services
        if services is not None or self._equipped:
            self._equipped = True
            tables = services.tables if services is not None else None
            none: frozenset[int] = frozenset()
            self.lower.serve(
                none if tables is None else tables.ssns, none if tables is None else tables.translation_types
            )

    def leave(self) -> None:
        """Begin to leave the network: stragglers are answered, but no new dialogue begins."""
        self.leaving = True

    @property
    def drained(self) -> bool:
        """Whether nothing is in the queue and no dialogue is open."""
        return self.in_flight == 0 and self.dialogues == 0

    @property
    def in_flight(self) -> int:
        """Queries admitted and not yet answered."""
        return len(self._queue)

    @property
    def dialogues(self) -> int:
        """Open dialogues."""
        return len(self._dialogues.table)

    @property
    def calm(self) -> bool:
        """Whether a query would be served at once and without any control: nothing waits, the level is 0."""
        return not self._queue and not self.overload.level

    # TCAP

    def _unit_data(self, unit: UnitDataIndication, link: str, now: int, arrival: int) -> None:
        """One TCAP package; a fault is answered as the fault itself says."""
        try:
            package = decode_package(unit.data)
        except TcapFault as fault:
            self._refuse(unit, fault, link, now)
            return
        if package.kind in (PackageType.QUERY_WITH_PERMISSION, PackageType.QUERY_WITHOUT_PERMISSION):
            self._arrived(unit, package, link, now, arrival)
        elif package.kind == PackageType.UNIDIRECTIONAL:
            outcome, completions = notifications(package, now + self.calendar, self.config.name)
            self.counters[outcome] += 1
            if self._settling is None:
                self._samples.extend(completions)
            else:
                others = [self._settling.ended(*ending, now) for ending in endings(package)]
                self._samples.extend(one for one, other in zip(completions, others, strict=True) if not other)
        else:
            outcome, answer = self._dialogues.receive(package, peer_of(unit), link, now)
            if outcome == "unassigned_transaction" and not self.lower.may_refuse(link, now):
                outcome, answer = "dropped_refusals_limited", None
            self.counters[outcome] += 1
            if answer is not None:
                self._reply(unit, answer, link, now)

    def _refuse(self, unit: UnitDataIndication, fault: TcapFault, link: str, now: int) -> None:
        self._dialogues.fault(fault.responding, peer_of(unit), link, now)
        answer = answer_to(fault)
        if answer is None:
            self.counters["dropped_tcap"] += 1
        elif not self.lower.may_refuse(link, now):
            self.counters["dropped_refusals_limited"] += 1
        else:
            name = "rejected_component" if fault.reject_problem is not None else "aborted_package"
            self.counters[name] += 1
            self._reply(unit, answer, link, now)

    def _reply(self, unit: UnitDataIndication, package: Package, link: str, now: int) -> bytes:
        """Send a package to the sender of `unit`; its octets."""
        octets = encode_package(package)
        called = reply_address(unit.calling, unit.label.opc)
        self.lower.answer(unit.label, called, link, octets, now, unit.called.ssn)
        return octets

    def _send(self, origin: Origin, octets: bytes, now: int) -> None:
        """Send a package that nothing received just now has asked for."""
        self.lower.answer(origin.label, origin.called, origin.link, octets, now)

    def _reject(
        self, waiting: Package, unit: UnitDataIndication, link: str, name: str, part: Component, now: int
    ) -> None:
        """Refuse a query with one component."""
        if not self.lower.may_refuse(link, now):
            self.counters["dropped_refusals_limited"] += 1
            return
        self.counters[name] += 1
        self._reply(unit, response(waiting.originating or 0, part), link, now)

    # Queries

    def _arrived(self, unit: UnitDataIndication, package: Package, link: str, now: int, arrival: int) -> None:
        """Check that it is a query of ours, answer a repeated one, admit a new one."""
        if len(package.components) != 1 or not package.components[0].is_invoke:
            named = package.components[0].invoke_id if package.components else None
            problem = reject(named, RejectProblem.GENERAL_INCORRECT_COMPONENT_PORTION)
            self._reject(package, unit, link, "rejected_component", problem, now)
            return
        component = package.components[0]
        opcode = component.code or 0
        known = operation(opcode) if component.private else None
        if known is None or opcode not in MESSAGES:
            problem = reject(component.invoke_id, RejectProblem.INVOKE_UNRECOGNIZED_OPERATION)
            self._reject(package, unit, link, "rejected_operation", problem, now)
            return
        if self._repeated(unit, package, link, now):
            return
        code = code_of(component.parameter or b"")
        queue = self._queue
        age = max(queue.age(now), self.backlog)
        verdict = self.overload.arrived(unit.label.opc, code, queue.waiting, age, now)
        if verdict is not Verdict.SERVE:
            self._shed(unit, package, code, link, verdict, now)
            return
        waiting = Waiting(unit, package, component, known, code, link, arrival)
        if not is_emergency(code):
            self._queue.push(waiting)
        elif self._queue.push_urgent(waiting):
            self.counters["emergency"] += 1
        else:
            self._shed(unit, package, code, link, Verdict.SHED, now)

    def _repeated(self, unit: UnitDataIndication, package: Package, link: str, now: int) -> bool:
        """Whether the query came before within T1; then it gets the same answer, or a reject if it is another one."""
        before = self.repetition.answer((unit.label.opc, package.originating or 0), unit.data, now)
        if before is Repeated.NEW:
            return False
        if isinstance(before, bytes):
            component = package.components[0]
            if self.records.stopped and asks_billable(component):
                self.counters["refused_unrecorded"] += 1
                self._reply(
                    unit, response(package.originating or 0, unavailable(component.invoke_id)), link, now
                )
            else:
                self.counters["replayed"] += 1
                called = reply_address(unit.calling, unit.label.opc)
                self.lower.answer(unit.label, called, link, before, now, unit.called.ssn)
        else:
            part = reject(package.components[0].invoke_id, RejectProblem.INVOKE_DUPLICATE_INVOCATION)
            self._reject(package, unit, link, "rejected_duplicate", part, now)
        return True

    def _shed(
        self, unit: UnitDataIndication, package: Package, code: str, link: str, verdict: Verdict, now: int
    ) -> None:
        """Refuse a query for want of capacity: cheaply, with a control, and silently beyond a rate."""
        if not self.overload.may_answer_busy(now):
            self._silent_until = now + SILENCE_NS
            self.counters["shed_silent"] += 1
            return
        focused = verdict is Verdict.SHED_FOCUSED
        self.counters["shed_focused" if focused else "shed_busy"] += 1
        parts = [failure_report(package.components[0].invoke_id, FailureCause.RATE_TOO_HIGH)]
        control = self.overload.control(unit.label.opc, code, now, focused=focused)
        if control is not None:
            parts.append(control)
            self.counters["acg"] += 1
        self._reply(unit, response(package.originating or 0, *parts), link, now)

    def _turn(self, one: Waiting, now: int) -> None:
        """Answer an admitted query."""
        unit, package, component, link = one.unit, one.package, one.component, one.link
        if self.overload.due(one.code, one.arrival, now) is Verdict.STALE:
            self.counters["dropped_stale"] += 1
            return
        if self._repeated(unit, package, link, now):
            return
        try:
            parameters = decode_parameters(one.known, component.parameter or b"")
        except AinFault as fault:
            error = error_correlated(component.invoke_id, fault.error_cause)
            self._reject(package, unit, link, "rejected_argument", error, now)
            return
        opcode = one.known.code
        moment = (now + self.calendar) // SECOND_NS
        draw = self._draw()
        trace = Trace() if self._record else None
        services = self.program.services
        if services is not None:
            asked = service_query_of(opcode, parameters, unit.called, moment, draw)
            outcome = services.answer(asked, trace)
            if outcome is not None:
                self._serve(one, outcome, trace, now)
                return
        query = query_of(opcode, parameters, self.program.snapshot, moment, draw)
        decision = self.program.decide(query, trace)
        if isinstance(decision, Undecidable):
            self.counters["undecidable"] += 1
            self._note(one, now, None, None, decision.reason, trace)
            self._reply(unit, response(package.originating or 0, undecidable(component.invoke_id)), link, now)
            return
        if not self._converse(one, query, decision, now):
            self._answer(one, decision, trace, now)

    def _serve(
        self, one: Waiting, outcome: ServiceOutcome | ServiceRefusal, trace: Trace | None, now: int
    ) -> None:
        """Send what a service beside the dialing plan's decided."""
        if isinstance(outcome, ServiceRefusal):
            self.service_answers[outcome.service, "REFUSED"] += 1
            self.counters["undecidable"] += 1
            self._note(one, now, None, None, outcome.reason, trace, outcome)
            error = error_correlated(one.component.invoke_id, ErrorCause[outcome.cause])
            self._reply(one.unit, response(one.transaction, error), one.link, now)
            return
        self.service_answers[outcome.service, outcome.outcome] += 1
        if self.lnp_measured is not None:
            self.lnp_measured.count(outcome, one.unit.label.opc, one.code)
        echo = self._next_echo() if outcome.notify and self.config.notify else None
        parts = service_components(outcome, self.program.snapshot, one.component.invoke_id, echo)
        self._note(one, now, None, None, None, trace, outcome)
        self.counters["answered"] += 1
        self._send_answer(one, parts, now)

    def _answer(self, one: Waiting, decision: Decision, trace: Trace | None, now: int) -> None:
        """Send the one answer of a query and keep it for a repetition."""
        host = one.known.code == TERMINATION_ATTEMPT
        parts, echo = self._carry_out(decision, one.component.invoke_id, now, host=host)
        self._note(one, now, echo, decision, None, trace)
        if self._withheld(decision, host=host):
            self.counters["refused_unrecorded"] += 1
        else:
            self.counters["answered"] += 1
        self._send_answer(one, parts, now)

    def _send_answer(self, one: Waiting, parts: tuple[Component, ...], now: int) -> None:
        """Send the components of an answer, with a control while one is due."""
        unit = one.unit
        if self.overload.level or self.overload.controls:
            control = self.overload.control(unit.label.opc, one.code, now)
            if control is not None:
                self.counters["acg"] += 1
                parts = (*parts, control)
        if self.leaving:
            self.counters["answered_while_leaving"] += 1
        octets = self._reply(unit, response(one.transaction, *parts), one.link, now)
        self.repetition.keep((unit.label.opc, one.transaction), unit.data, octets, now)

    def _converse(self, one: Waiting, query: Query, decision: Decision, now: int) -> bool:
        """Begin a dialogue where the script wants one or the query leaves us no permission to end; whether it was so."""
        permitted = one.package.kind is PackageType.QUERY_WITH_PERMISSION
        host = one.known.code == TERMINATION_ATTEMPT
        exchange = None
        if self._withheld(decision, host=host):
            return False
        if self._script is not None and not self.leaving:
            asked = Asked(now, peer_of(one.unit), one.transaction, self._next_echo)
            exchange = self._script.begin(query, decision, asked)
        if exchange is None and permitted:
            return False
        unit, theirs = one.unit, one.transaction
        origin = Origin(reply_address(unit.calling, unit.label.opc), unit.label, one.link)
        dialogue = Dialogue(origin, decision, exchange, one.component.invoke_id, host)
        begin = self._dialogues.begin if exchange is not None else self._dialogues.grant
        package = begin(theirs, dialogue, now)
        if package is None:
            self.counters["aborted_resources"] += 1
            self._reply(unit, p_abort(theirs, PAbortCause.RESOURCE_UNAVAILABLE), one.link, now)
            return True
        self._note(one, now, None, decision, None, None)
        self.counters["answered" if package.kind is PackageType.RESPONSE else "conversed"] += 1
        self.counters["dialogues_opened"] += package.kind is not PackageType.RESPONSE
        octets = self._reply(unit, package, one.link, now)
        self.repetition.keep((unit.label.opc, theirs), unit.data, octets, now)
        return True

    def _routed(
        self, decision: Decision, invoke_id: int | None, now: int, host: bool, echo: bytes | None
    ) -> tuple[Component, ...]:
        """The components that carry a decision out within a dialogue, its sample taken."""
        self.counters["refused_in_dialogue"] += self._withheld(decision, host=host)
        return self._carry_out(decision, invoke_id, now, host=host, given=echo)[0]

    def _carry_out(
        self,
        decision: Decision,
        invoke_id: int | None,
        now: int,
        *,
        host: bool,
        given: bytes | None = None,
    ) -> tuple[tuple[Component, ...], bytes | None]:
        """The components that carry a decision out, its sample taken, and the echo data; or that it cannot be recorded.

        With echo data that a script has `given` the end of the call is always notified.
        """
        if self._withheld(decision, host=host):
            return (unavailable(invoke_id),), None
        echo = self._sample(decision, now, given)
        notify = echo if self.config.notify or given is not None else None
        return components(decision, self.program.snapshot, invoke_id, notify, host=host), echo

    def _withheld(self, decision: Decision, *, host: bool) -> bool:
        """Whether a decision must not be carried out because its sample could not be stored."""
        return bool(self.records.stopped) and is_billable(decision, host=host)

    def _sample(self, decision: Decision, now: int, given: bytes | None = None) -> bytes | None:
        """s216: the echo data of a sampled call, those `given` or new ones."""
        if not decision.sampled:
            return given
        echo = self._next_echo() if given is None else given
        self._samples.extend(samples_of(decision, echo, now + self.calendar, self.config.name))
        return echo

    def _next_echo(self) -> bytes:
        """Six octets of echo data, never the same twice from one node: the node's id and a count."""
        self._echo += 1
        return bytes((self.config.node_id,)) + self._echo.to_bytes(5, "big")

    def _note(
        self,
        one: Waiting,
        now: int,
        echo: bytes | None,
        decision: Decision | None,
        error: str | None,
        trace: Trace | None,
        outcome: ServiceOutcome | ServiceRefusal | None = None,
    ) -> None:
        if self._record:
            transaction = one.transaction
            self._events.append(
                Decided(
                    one.link,
                    one.unit.label.opc,
                    transaction,
                    now + self.calendar,
                    echo,
                    decision,
                    error,
                    trace,
                    outcome,
                )
            )


def peer_of(unit: UnitDataIndication) -> int:
    """Who sends: the point code of the calling address, else the originating one, which may be that of a translating node."""
    code = reply_address(unit.calling, unit.label.opc).point_code
    return unit.label.opc if code is None else code


def _no_token() -> int:
    """Never asked: a table without room opens nothing."""
    return 0
