"""What a node makes of an admitted query: parameters -> Query -> Decision -> components -> octets, and what it keeps of it.

A service beside the dialing plan's may claim the query, a dialogue may follow, the records may be stopped; a query that came
before gets the answer it had.

Source: house.md section 2, A-103, A-240..A-244, A-260, A-263, A-264, ain-wire section 4.3.
"""

from collections import Counter, deque
from collections.abc import Callable

import msgspec

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import Asked, Script
from ain_scp.scp.dialogue import Dialogue, Origin
from ain_scp.scp.dialogues import Dialogues
from ain_scp.scp.lnp_measurements import LnpMeasurements
from ain_scp.scp.lower_layers import LowerLayers
from ain_scp.scp.overload.control import OverloadControl, Verdict
from ain_scp.scp.overload.queue import Waiting
from ain_scp.scp.records_gate import (
    NoRecords,
    Records,
    asks_billable,
    is_billable,
    unavailable,
)
from ain_scp.scp.repetition import Repeated, Repetition
from ain_scp.scp.sampling import samples_of
from ain_scp.scp.service_logic.call import TERMINATION_ATTEMPT, query_of
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.scp.service_logic.response import components, error_correlated, undecidable
from ain_scp.scp.service_logic.service_call import service_query_of
from ain_scp.scp.service_logic.service_response import service_components
from ain_scp.scp.transactions import Transactions
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.sccp.routing import UnitDataIndication, reply_address
from ain_scp.signaling.tcap import (
    Component,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    encode_package,
    p_abort,
    reject,
    response,
)
from ain_scp.smdr.sample import Sample
from ain_scp.terms.decision import Decision, outcome_word
from ain_scp.terms.query import Query
from ain_scp.terms.service import ServiceOutcome, ServiceRefusal
from ain_scp.terms.trace import Trace
from ain_scp.terms.units import MS_NS, SECOND_NS


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


class Answering:
    """The part of a node that answers: as `ScpNode`, which receives, admits and refuses."""

    def __init__(
        self,
        program: Program,
        config: NodeConfig,
        draw: Callable[[], int],
        *,
        record_decisions: bool,
        token: Callable[[], int] | None,
        script: Script | None,
        records: Records | None,
    ) -> None:
        self.program = program
        self.config = config
        self.counters: Counter[str] = Counter()
        self.service_answers: Counter[tuple[str, str]] = Counter()
        """Answers of the services beside the dialing plan's, by service and outcome."""
        self._decisions: Counter[tuple[str, str]] = Counter()
        self.lnp_measured: LnpMeasurements | None = None
        self.overload = OverloadControl(config.overload)
        self.repetition = Repetition(config.t1_ms * MS_NS, config.repeats_kept)
        self.lower = LowerLayers(config, self.counters)
        self.leaving = False
        self.records: Records = records or NoRecords()
        self.calendar = 0
        """What is added to `now` for the local time of records and rules, ns; set by the edge that reads a wall clock."""
        self._draw = draw
        self._record = record_decisions
        self._script = script
        capacity = config.transactions if token is not None else 0
        self._dialogues = Dialogues(
            Transactions(config.node_id, token or _no_token, capacity),
            self._routed,
            config.collect_ms * MS_NS,
            config.watch_ms * MS_NS,
            config.cancel_ms * MS_NS,
            any_link=bool(config.peers),
        )
        self._events: deque[Decided] = deque()
        self._samples: list[Sample] = []
        self._echo = 0

    @property
    def decisions(self) -> Counter[tuple[str, str]]:
        """How often each thing was decided since the node began, by customer and outcome (`outcome_word`)."""
        return self._decisions.copy()

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
        decision = self.program.nameable(decision)
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
            self._decisions[decision.customer, outcome_word(decision)] += 1
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
        self._decisions[decision.customer, outcome_word(decision)] += 1
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
