"""The SCP node, without I/O: M3UA octets in, M3UA octets out, one query at a time.

    octets -> M3UA -> SCCP -> TCAP -> AIN parameters -> Query -> Decision -> components -> ... -> octets

The verbs are those of every protocol machine here. What cannot be taken is answered once, with the layer's own reject, or
dropped; each outcome has exactly one counter.

Source: house.md section 2, D-002, A-003, A-260..A-264, ain-wire section 4.3.
"""

from collections import Counter, deque
from collections.abc import Callable

import msgspec

from scp.config import NodeConfig
from scp.sampling import completion_of, samples_of
from scp.service_logic.call import MESSAGES, query_of
from scp.service_logic.program import Program, Undecidable
from scp.service_logic.response import components
from signaling import m3ua, sccp
from signaling.ain.codec import decode_parameters, encode_parameters
from signaling.ain.operations import APPLICATION_ERROR, operation
from signaling.ain.structures import AinFault, ApplicationErrorString
from signaling.ain.values import ErrorCause
from signaling.errors import DecodeError
from signaling.m3ua import MessageKind
from signaling.mtp3 import RoutingLabel
from signaling.sccp.routing import SccpRouting, UnitDataIndication, reply_address
from signaling.tcap import (
    Component,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
    decode_package,
    encode_package,
    p_abort,
    reject,
    response,
    return_error,
)
from smdr.sample import Sample
from terms.decision import Decision
from terms.trace import Trace

SCCP_SERVICE_INDICATOR = 3
NATIONAL_NETWORK = 2
TERMINATION_ATTEMPT = 0x6405
TERMINATION_NOTIFICATION = 0x6704
SECOND_NS = 1_000_000_000


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


class ScpNode:
    """One service control point. `draw` gives each query its share of chance, 0..9999, from a seeded source."""

    def __init__(
        self,
        program: Program,
        config: NodeConfig,
        draw: Callable[[], int],
        *,
        record_decisions: bool = False,
    ) -> None:
        self.program = program
        self.config = config
        self.counters: Counter[str] = Counter()
        self._draw = draw
        self._record = record_decisions
        self._sccp = SccpRouting(frozenset({config.point_code}), frozenset({config.ssn}))
        self._own = sccp.Address(config.ssn, config.point_code)
        self._out: deque[tuple[str, bytes]] = deque()
        self._events: deque[Decided] = deque()
        self._samples: list[Sample] = []
        self._echo = 0

    # The verbs

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one M3UA message from a link; `now` is local time in nanoseconds."""
        self.counters["received"] += 1
        try:
            message = m3ua.decode(octets)
        except DecodeError:
            self.counters["dropped_m3ua"] += 1
            return
        if message.protocol_data is None:
            self._management(message, link)
            return
        data = message.protocol_data
        if data.si != SCCP_SERVICE_INDICATOR:
            self.counters["dropped_service_indicator"] += 1
            return
        label = RoutingLabel(data.opc, data.dpc, data.sls)
        self._sccp.receive(data.payload, label, now)
        self._drain(link, now)

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: link and M3UA octets."""
        out = list(self._out)
        self._out.clear()
        return out

    def next_event(self) -> Decided | None:
        """Return the next event, or None."""
        return self._events.popleft() if self._events else None

    def samples(self) -> list[Sample]:
        """Return and forget the SMDR samples taken, in order; whoever runs the node stores them (A-244)."""
        taken = self._samples
        self._samples = []
        return taken

    def next_timer(self) -> int | None:
        """When `handle_timer` must be called, local nanoseconds, or None."""
        return self._sccp.next_timer()

    def handle_timer(self, now: int) -> None:
        """Let old reassemblies end."""
        self._sccp.handle_timer(now)

    def replace(self, program: Program) -> None:
        """Decide from another snapshot from the next query on (A-060, A-265)."""
        self.program = program

    # M3UA and SCCP

    def _management(self, message: m3ua.Message, link: str) -> None:
        """Answer a heartbeat unchanged; other management messages belong to the link's own machine."""
        if message.kind == MessageKind.BEAT:
            self.counters["heartbeats"] += 1
            self._out.append((link, m3ua.encode(msgspec.structs.replace(message, kind=MessageKind.BEAT_ACK))))
        else:
            self.counters["management"] += 1

    def _drain(self, link: str, now: int) -> None:
        while (event := self._sccp.next_event()) is not None:
            if isinstance(event, UnitDataIndication):
                self._unit_data(event, link, now)
            else:
                self.counters["notices"] += 1
        context = self.config.routing_context
        for transfer in self._sccp.octets_to_send():
            label = transfer.label
            octets = m3ua.data(
                label.opc,
                label.dpc,
                SCCP_SERVICE_INDICATOR,
                NATIONAL_NETWORK,
                0,
                label.sls,
                transfer.octets,
                context,
            )
            self._out.append((link, octets))

    def _unit_data(self, unit: UnitDataIndication, link: str, now: int) -> None:
        """One TCAP package; a fault is answered as the fault itself says."""
        try:
            package = decode_package(unit.data)
        except TcapFault as fault:
            self._refuse(unit, fault, now)
            return
        if package.kind in (PackageType.QUERY_WITH_PERMISSION, PackageType.QUERY_WITHOUT_PERMISSION):
            self._query(unit, package, link, now)
        elif package.kind == PackageType.UNIDIRECTIONAL:
            self._unidirectional(package, now)
        elif package.kind == PackageType.ABORT:
            self.counters["aborts"] += 1
        else:
            self._unassigned(unit, package, now)

    def _refuse(self, unit: UnitDataIndication, fault: TcapFault, now: int) -> None:
        if fault.originating is None:
            self.counters["dropped_tcap"] += 1
            return
        if fault.reject_problem is not None:
            self.counters["rejected_component"] += 1
            self._reply(unit, response(fault.originating, reject(fault.invoke_id, fault.reject_problem)), now)
        else:
            self.counters["aborted_package"] += 1
            cause = fault.p_abort_cause or PAbortCause.BADLY_STRUCTURED_TRANSACTION_PORTION
            self._reply(unit, p_abort(fault.originating, cause), now)

    def _unassigned(self, unit: UnitDataIndication, package: Package, now: int) -> None:
        """A Response or Conversation of a transaction we do not hold: abort a conversation, never an unknown answer."""
        self.counters["unassigned_transaction"] += 1
        if package.originating is not None:
            abort = p_abort(package.originating, PAbortCause.UNASSIGNED_RESPONDING_TRANSACTION_ID)
            self._reply(unit, abort, now)

    def _reply(self, unit: UnitDataIndication, package: Package, now: int) -> None:
        called = reply_address(unit.calling, unit.label.opc)
        answer = sccp.UnitData(called, self._own, encode_package(package))
        self._sccp.send(answer, self.config.point_code, unit.label.sls, now)

    # TCAP and AIN

    def _query(self, unit: UnitDataIndication, package: Package, link: str, now: int) -> None:
        originating = package.originating or 0
        component = package.components[0]
        if len(package.components) != 1 or not component.is_invoke:
            self.counters["rejected_component"] += 1
            problem = RejectProblem.GENERAL_INCORRECT_COMPONENT_PORTION
            self._reply(unit, response(originating, reject(component.invoke_id, problem)), now)
            return
        opcode = component.code or 0
        known = operation(opcode) if component.private else None
        if known is None or opcode not in MESSAGES:
            self.counters["rejected_operation"] += 1
            problem = RejectProblem.INVOKE_UNRECOGNIZED_OPERATION
            self._reply(unit, response(originating, reject(component.invoke_id, problem)), now)
            return
        try:
            parameters = decode_parameters(known, component.parameter or b"")
        except AinFault as fault:
            self.counters["rejected_argument"] += 1
            self._reply(unit, response(originating, _application_error(component, fault.error_cause)), now)
            return
        query = query_of(opcode, parameters, self.program.snapshot, now // SECOND_NS, self._draw())
        trace = Trace() if self._record else None
        decision = self.program.decide(query, trace)
        if isinstance(decision, Undecidable):
            self.counters["undecidable"] += 1
            self._note(link, unit, originating, now, None, None, decision.reason, trace)
            error = _application_error(component, ErrorCause.ERRONEOUS_DATA_VALUE)
            self._reply(unit, response(originating, error), now)
            return
        self.counters["answered"] += 1
        host = opcode == TERMINATION_ATTEMPT
        echo = self._next_echo() if decision.sampled else None
        if echo is not None:
            self._samples.extend(samples_of(decision, echo, now, self.config.name))
        self._note(link, unit, originating, now, echo, decision, None, trace)
        notify = echo if self.config.notify else None
        parts = components(decision, self.program.snapshot, component.invoke_id, notify, host=host)
        self._reply(unit, response(originating, *parts), now)

    def _unidirectional(self, package: Package, now: int) -> None:
        for component in package.components:
            if component.is_invoke and component.code == TERMINATION_NOTIFICATION:
                self._notification(component, now)
            else:
                self.counters["unidirectional_other"] += 1

    def _notification(self, component: Component, now: int) -> None:
        """TerminationNotification: matched by echo data only, never answered (ain-wire section 4.3 item 5)."""
        known = operation(TERMINATION_NOTIFICATION)
        if known is None:
            return
        try:
            parameters = decode_parameters(known, component.parameter or b"")
        except AinFault:
            self.counters["dropped_notification"] += 1
            return
        echo, indicator = parameters.get("echoData"), parameters.get("terminationIndicator")
        connect = parameters.get("connectTime")
        if isinstance(echo, bytes) and isinstance(indicator, bytes):
            self.counters["notifications"] += 1
            tenths = connect if isinstance(connect, int) else None
            self._samples.append(completion_of(echo, indicator[0], tenths, now, self.config.name))

    def _next_echo(self) -> bytes:
        """Six octets of echo data, never the same twice from one node: the node's id and a count."""
        self._echo += 1
        return bytes((self.config.node_id,)) + self._echo.to_bytes(5, "big")

    def _note(
        self,
        link: str,
        unit: UnitDataIndication,
        transaction: int,
        now: int,
        echo: bytes | None,
        decision: Decision | None,
        error: str | None,
        trace: Trace | None,
    ) -> None:
        if self._record:
            self._events.append(Decided(link, unit.label.opc, transaction, now, echo, decision, error, trace))


def _application_error(component: Component, cause: ErrorCause) -> Component:
    """ReturnError applicationError with its cause (ain-wire sections 2.3, 4.3 item 10)."""
    contents = encode_parameters(APPLICATION_ERROR, {"applicationErrorString": ApplicationErrorString(cause)})
    return return_error(component.invoke_id or 0, APPLICATION_ERROR.code, contents)
