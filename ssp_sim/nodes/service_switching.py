"""The service switching function: queries, the response timer, answers, and what a switch does with wrong ones.

Rules:
1. A query opens a transaction; its answer closes it (Response) or keeps it open (Conversation). T1 runs meanwhile.
2. T1 expired, Abort, Reject, Return Error, a returned query, an answer that cannot be read: default treatment (A-263).
3. A Response for a transaction that is not open (late, duplicate, unknown) is discarded and reported with ReportError; a
   Conversation for one draws Abort cause 4. A Unidirectional is never answered.
4. Code gapping (ACG) holds queries back, with the default treatment; those that pass say that they met it.
5. SendNotification beside the routing instruction leaves six octets with the call; its end sends them back.
6. A Conversation may ask for digits (SendToResource, ResourceClear with what was keyed) or for events
   (RequestReportBCMEvent). Events are reported in Conversations; at those requested the call waits for an instruction, T1
   running. When no event is left to report, or the call ends, Close ends the transaction.
7. A gap control there is no room for is refused with AcgOverflow.

Source: A-142, A-144, A-260 to A-263; AMB-70; ain-wire.md sections 4.1-4.3 (items 5, 9, 10).
"""

from collections import Counter, deque
from typing import Final

from ain_scp.signaling.ain import REGISTRY, Registry, encode_parameters
from ain_scp.signaling.ain.values import CloseCause, ErrorCause
from ain_scp.signaling.sccp import Address
from ain_scp.signaling.tcap import (
    Package,
    PackageType,
    TcapFault,
    conversation,
    decode_package,
    encode_package,
    invoke,
    response,
)
from ain_scp.ssp_sim.nodes import detection_points as dp
from ain_scp.ssp_sim.nodes.answer_reader import Reading, only_instructs, read_answer
from ain_scp.ssp_sim.nodes.answer_shapes import AnswerShapes
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_control import AFTER_ROUTE, CallControl
from ain_scp.ssp_sim.nodes.call_ending import REFUSED, is_refusal
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.events import Noted, TransactionOpened
from ain_scp.ssp_sim.nodes.gapping import GapControls
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.known_answers import KnownAnswers
from ain_scp.ssp_sim.nodes.queries import acg_overflow, event_report, look_of, resource_cleared, spoken
from ain_scp.ssp_sim.nodes.query_templates import QueryTemplates
from ain_scp.ssp_sim.nodes.refusals import Refusals
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress, SignallingLink
from ain_scp.terms.units import SECOND_NS

EMERGENCY: Final = "911"
"""Never gapped."""

AFTER_ANSWER: Final = frozenset({dp.O_DISCONNECT, dp.TIMEOUT})
"""What can still happen to an answered call."""

WAITS: Final = AFTER_ROUTE | {dp.TIMEOUT}
"""Requested events at which a call waits for an instruction; one that has been up for its time continues meanwhile."""

LAST_EVENTS: Final = frozenset({dp.O_DISCONNECT, dp.O_ABANDON})
"""Events with which the call itself ends, and its end closes the transaction."""

ECHO_OCTETS: Final = 6

REMEMBERED: Final = 4096
"""Closed transactions a switch remembers to distinguish a late or duplicate answer from an unknown one."""


class ServiceSwitching:
    """The transactions of one switch."""

    def __init__(
        self,
        control: CallControl,
        lata: str,
        scp: ScpAddress,
        first_transaction: int,
        link: SignallingLink,
        registry: Registry = REGISTRY,
    ) -> None:
        self._control = control
        self._scp = scp
        self._next = first_transaction
        self._link = link
        self._templates = QueryTemplates(link, lata, scp)
        self._shapes = AnswerShapes()
        self._known = KnownAnswers()
        self._registry = registry
        self._open: dict[int, Call] = {}
        self._peers: dict[int, tuple[int, Address]] = {}
        self._closed: dict[int, str] = {}
        self._closing: deque[int] = deque()
        self._answered_by: dict[bytes, Address] = {}
        self.gaps = GapControls()
        self.answers_to_lose = 0
        self.counters: Counter[str] = Counter()
        self._refusals = Refusals(link, registry, scp, self.counters)
        control.ask = self.ask
        control.cleared = self.resource_clear
        control.report = self.event
        control.ended = self.call_ended

    # --- towards the SCP --------------------------------------------------------------------------------------------

    def ask(self, call: Call, point: DetectionPoint, now: int) -> bool:
        """Stop the call at a detection point and send its query, unless a gap holds it back; True: the call is ours."""
        call.suspended = point
        by_called = point is dp.TERMINATION_ATTEMPT or call.services is not None
        digits = call.called if by_called else call.calling or ""
        passes, met = self.gaps.passes(self._scp.translation_type, digits, now)
        if not passes and call.digits != EMERGENCY:
            self.counters["gapped"] += 1
            self._control.instruct(call, Instruction("FAULT", reason="gapped"), now)
            return True
        transaction = self._next
        self._next = transaction + 1 & 0xFFFF_FFFF
        call.charged_transaction = call.transaction
        call.transaction = transaction
        self._open[transaction] = call
        self.counters["queries"] += 1
        service = (call.services.asking or None) if call.services is not None else None
        self._control.emit(TransactionOpened(call.id, transaction, service))
        self._link.transmit(self._templates.query_of(call, point, transaction, met))
        self._control.start(call, self._control.durations.t1_response, self._expired)
        return True

    def resource_clear(self, call: Call, now: int) -> None:
        """Report that the announcement of a conversation was played, with the digits keyed if it asked for any."""
        asked, call.announced = call.prompted, None
        name, argument = "resourceClear", resource_cleared(call.keyed, asked=asked)
        if call.speaking:
            name, argument = "cTRClear", spoken()
        if not self._converse(call, name, argument, 2):
            if call.suspended is None:
                return
            fault = Instruction("FAULT", reason="announcement without conversation")
            self._control.instruct(call, fault, now)
            return
        if call.suspended is not None:
            self._control.start(call, self._control.durations.t1_response, self._expired)

    def event(self, call: Call, point: DetectionPoint, _now: int) -> bool:
        """Report that a call passed an armed detection point; True: the call waits there for an instruction."""
        if not (call.requested or call.notified) or point not in call.requested | call.notified:
            return False
        waits = point in call.requested and point in WAITS
        look, numbers = look_of(call, point)
        name, argument = event_report(point, look, numbers, notification=not waits)
        if not self._converse(call, name, argument, None):
            return False
        self.counters["events"] += 1
        still = AFTER_ANSWER if point is dp.O_ANSWER else call.requested | call.notified
        call.requested = (call.requested & still) - {point}
        call.notified = (call.notified & still) - {point}
        if waits:
            call.suspended = point
            self._control.start(call, self._control.durations.t1_response, self._expired)
        elif not call.requested and not call.notified and point not in LAST_EVENTS:
            self._finish(call, CloseCause.EDPS_COMPLETED)
        return waits

    def _converse(self, call: Call, name: str, argument: bytes, answers: int | None) -> bool:
        """Send one message in the conversation about a call; False when there is none. `answers` = invoke it is about."""
        transaction = call.transaction
        peer = self._peers.get(transaction) if transaction is not None else None
        if transaction is None or peer is None:
            return False
        code = self._registry.named(name).code
        package = conversation(transaction, peer[0], invoke(code, argument, 2, answers))
        self._link.send(peer[1], encode_package(package))
        return True

    def _finish(self, call: Call, cause: CloseCause) -> None:
        """End the conversation about a call that nothing more is asked or reported about."""
        transaction = call.transaction
        if transaction is None or transaction not in self._open:
            return
        peer = self._peers.get(transaction)
        if peer is not None:
            operation = self._registry.named("close")
            argument = encode_parameters(operation, {"closeCause": cause})
            self._link.send(peer[1], encode_package(response(peer[0], invoke(operation.code, argument))))
        self._close(transaction, "abandoned")

    def call_ended(self, call: Call, now: int) -> None:
        """Drop what is open for a call that is over, and send its termination notification if one was asked for."""
        self._finish(call, CloseCause.CALL_TERMINATED)
        if call.echo is not None:
            self.counters["notifications"] += 1
            called = self._answered_by.pop(call.echo, None) or self._scp.called(call.calling or "")
            answered = call.answered_ns
            over = now if call.ended_ns is None else call.ended_ns
            tenths = None if answered is None else -(-(over - answered) * 10 // SECOND_NS)
            status = REFUSED if is_refusal(call.status) else call.status
            self._link.transmit(self._templates.notification(called, status, call.echo, tenths))

    def _expired(self, call: Call, now: int) -> None:
        self.counters["t1_expired"] += 1
        self._control.emit(Noted(call.id, "T1 expired"))
        if call.transaction is not None:
            self._close(call.transaction, "late")
        self._control.instruct(call, Instruction("FAULT", reason="T1 expired"), now)

    # --- from the SCP -----------------------------------------------------------------------------------------------

    def loses(self) -> bool:
        """Whether the next answer is lost on its way, as a scenario wants the first ones to be."""
        if not self.answers_to_lose:
            return False
        self.answers_to_lose -= 1
        self.counters["lost_answers"] += 1
        return True

    def receive_known(self, octets: bytes, now: int) -> bool:
        """Take an answer like an earlier one, as a whole M3UA message; False: it is not like any, or none is awaited."""
        known = self._known.find(octets)
        if known is None:
            return False
        at, echo = known.transaction, known.echo
        transaction = int.from_bytes(octets[at : at + 4], "big")
        call = self._open.get(transaction)
        if call is None:
            return False
        self._close(transaction, "duplicate")
        data = octets[echo : echo + ECHO_OCTETS] if echo else None
        self._carry_out(call, known.instruction, known.calling, now, last=True, echo=data)
        return True

    def receive(self, data: bytes, calling: Address, now: int, octets: bytes = b"") -> None:
        """Take one TCAP message for this switch; `octets` = the M3UA message it came in, if one brought it whole."""
        known = self._shapes.read(data)
        if known is not None and known[0] in self._open:
            self._known.learn(octets, *known, calling)
            self._obey(known[0], known[1], calling, now)
            return
        try:
            package = decode_package(data)
        except TcapFault as fault:
            self._refusals.unreadable(fault, calling)
            self._fault(fault.responding, "answer cannot be read", now)
            return
        kind = package.kind
        if kind is PackageType.RESPONSE:
            learn = (data, octets) if only_instructs(package) else None
            self._answer(package, calling, now, last=True, learn=learn)
        elif kind in {PackageType.CONVERSATION_WITH_PERMISSION, PackageType.CONVERSATION_WITHOUT_PERMISSION}:
            self._answer(package, calling, now, last=False)
        elif kind is PackageType.ABORT:
            self._fault(package.responding, "aborted by the SCP", now)
        elif kind is PackageType.UNIDIRECTIONAL:
            self.counters["unidirectional"] += 1
            self._read(package, calling, now)
        else:
            self._refusals.unasked(package, calling)

    def returned(self, data: bytes, now: int) -> None:
        """Take back a query that the network could not deliver (UDTS)."""
        self.counters["returned"] += 1
        try:
            package = decode_package(data)
        except TcapFault:
            return
        self._fault(package.originating, "the query came back", now)

    def _answer(
        self,
        package: Package,
        calling: Address,
        now: int,
        *,
        last: bool,
        learn: tuple[bytes, bytes] | None = None,
    ) -> None:
        """Take a Response or a Conversation; one whose TCAP and M3UA octets are in `learn` may be known again."""
        transaction = package.responding or 0
        call = self._open.get(transaction)
        if call is None:
            why = self._closed.get(transaction, "unknown")
            self._refusals.not_open(package, calling, why, last=last)
            return
        reading = self._read(package, calling, now)
        instruction = reading.instruction
        if reading.events is not None and not last:
            call.watch(reading.events)
            self._control.time_conversation(call, now)
        if learn is not None and instruction is not None:
            self._learn(*learn, transaction, instruction, calling)
        if last:
            self._obey(transaction, instruction, calling, now)
            return
        self._peers[transaction] = package.originating or 0, calling
        if reading.cancels:
            self._control.stop_resource(call, now)
            return
        if call.suspended is None and self._talked_to(
            call, instruction, now, watched=reading.events is not None
        ):
            return
        self._carry_out(call, instruction, calling, now, last=False)

    def _learn(
        self, data: bytes, octets: bytes, transaction: int, instruction: Instruction, calling: Address
    ) -> None:
        """Remember what an answer means."""
        if instruction.kind == "ROUTE":
            self._shapes.learn(data, instruction)
        if instruction.kind in {"ROUTE", "ANNOUNCE"}:
            self._known.learn(octets, transaction, instruction, calling)

    def _obey(self, transaction: int, instruction: Instruction | None, calling: Address, now: int) -> None:
        """Close a transaction by its last answer and do what that says."""
        call = self._open[transaction]
        self._close(transaction, "duplicate")
        if call.suspended is None and self._talked_to(call, instruction, now, watched=False):
            return
        self._carry_out(call, instruction, calling, now, last=True)

    def _talked_to(self, call: Call, instruction: Instruction | None, now: int, *, watched: bool) -> bool:
        """Do what is said unasked about a call that is up: other events or timers, an announcement, its end."""
        if instruction is None:
            return watched
        if not call.active or instruction.kind not in {"SPEAK", "DISCONNECT"}:
            return False
        if instruction.kind == "SPEAK":
            self._control.speak(call, instruction.announcement)
        else:
            self._control.cut(call, now)
        return True

    def _carry_out(
        self,
        call: Call,
        instruction: Instruction | None,
        calling: Address,
        now: int,
        *,
        last: bool,
        echo: bytes | None = None,
    ) -> None:
        """Let the call proceed; `echo` are the echo data of an instruction that was known again."""
        if call.suspended is None:  # the call has gone on since an earlier message of this conversation
            self.counters["discarded_unexpected"] += 1
            self._refusals.report(ErrorCause.UNEXPECTED_MESSAGE_SEQUENCE, 0, calling)
            return
        if instruction is None:
            self.counters["without_instruction"] += 1
            if last:
                self._control.instruct(call, Instruction("FAULT", reason="answer without instruction"), now)
            return
        self.counters["answers"] += 1
        if echo is not None:
            call.echo = echo
        else:
            echo = instruction.echo
        if echo is not None and calling.point_code is not None:
            self._answered_by[echo] = Address(calling.ssn, calling.point_code)
        self._control.instruct(call, instruction, now)

    def _read(self, package: Package, calling: Address, now: int) -> Reading:
        """Read an answer; take its gap controls, or say that there is no room, and report what cannot be read."""
        reading = read_answer(package, self._registry, self.counters)
        for parameters in reading.gaps:
            self.counters["acg"] += 1
            refused = self.gaps.take(parameters, now)
            if refused is not None:
                self.counters["acg_overflow"] += 1
                self._refusals.alone(calling, "acgOverflow", acg_overflow(refused))
        if reading.error is not None:
            self._refusals.report(*reading.error)
        return reading

    def _fault(self, transaction: int | None, reason: str, now: int) -> None:
        found = self._open.get(transaction) if transaction is not None else None
        if found is None or transaction is None:
            self.counters["discarded_unknown"] += 1
            return
        self.counters["faults"] += 1
        self._close(transaction, "duplicate")
        self._control.instruct(found, Instruction("FAULT", reason=reason), now)

    def _close(self, transaction: int, why: str) -> None:
        call = self._open.pop(transaction)
        self._peers.pop(transaction, None)
        call.transaction, call.charged_transaction = call.charged_transaction, None
        self._closed[transaction] = why
        self._closing.append(transaction)
        if len(self._closing) > REMEMBERED:
            self._closed.pop(self._closing.popleft(), None)
