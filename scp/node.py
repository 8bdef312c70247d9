"""The SCP node, without I/O: M3UA octets in, M3UA octets out, one query at a time.

    octets -> M3UA -> SCCP -> TCAP -> admitted? -> AIN parameters -> Query -> Decision -> components -> ... -> octets

The verbs are those of every protocol machine here. `receive` does all at once; a server that may fall behind calls `offer`
for each message as it arrives, which answers everything but queries and admits those to a bounded queue, and `work` to
answer one query from it. A message that cannot be processed is rejected once by its own layer, or dropped; each message has
exactly one outcome (`scp/counters.py`).

Source: house.md section 2, D-002, A-003, A-260..A-264, ain-wire section 4.3, reliability targets O1-O6, D5, S2.
"""

from collections.abc import Callable
from typing import Final

from ain_scp.scp.answering import Answering, Decided, peer_of
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Script, Settling
from ain_scp.scp.overload.codes import code_of, is_emergency, may_be_shed_unread
from ain_scp.scp.overload.control import Verdict
from ain_scp.scp.overload.queue import AdmissionQueue, Waiting
from ain_scp.scp.records_gate import (
    Records,
)
from ain_scp.scp.sampling import endings, notifications
from ain_scp.scp.service_logic.call import MESSAGES
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.response import failure_report
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.ain.values import FailureCause
from ain_scp.signaling.sccp.routing import UnitDataIndication
from ain_scp.signaling.tcap import (
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
    answer_to,
    decode_package,
    encode_package,
    reject,
    response,
)
from ain_scp.smdr.sample import Sample
from ain_scp.terms.units import MS_NS

READ_TO_REFUSE: Final = 2
"""Queries of one batch that are read only to be refused: reading costs most of what answering does."""
SILENCE_NS: Final = 20 * MS_NS
"""How long queries go unread once the rate of refusals is used up."""


class ScpNode(Answering):
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
        super().__init__(
            program,
            config,
            draw,
            record_decisions=record_decisions,
            token=token,
            script=script,
            records=records,
        )
        self.lower.status.ready = lambda: self.calm and not self.leaving
        self._settling = settling
        self._queue = AdmissionQueue(config.overload.queue, config.overload.wait_ms * MS_NS)
        self._silent_until = 0
        self.backlog = 0
        """How long what comes now has waited before it reached the node, ns; set by what reads the sockets."""
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
