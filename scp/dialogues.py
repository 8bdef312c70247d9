"""The dialogues one node holds open: packages in, packages out, timers.

Joins the transaction table (`scp/transactions.py`) with the state table and the scripts (`scp/conversation.py`). A message
for a transaction of another peer is dropped; a conversation of no transaction is aborted; responses and aborts never are.

Source: ain-wire section 4.3 items 3, 4; T1.114.4; reliability section 3.3.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ain_scp.scp.conversation import (
    INPUT_OF_OPERATION,
    TABLE,
    Answer,
    Cancel,
    Collect,
    DialogueAction,
    DialogueInput,
    DialogueState,
    Drop,
    Finish,
    Instruction,
    Play,
    Proceed,
    Report,
    Speak,
    Wait,
    Watch,
    bits_of,
)
from ain_scp.scp.dialogue import Dialogue, Origin
from ain_scp.scp.service_logic.response import PLAY_ANNOUNCEMENT, displaying, error_correlated
from ain_scp.scp.transactions import Transaction, Transactions
from ain_scp.scp.wrong_answers import problem_of
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.messages import Operation
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.structures import (
    AinFault,
    Announcement,
    AnnouncementBlock,
    AnnouncementDigitBlock,
    TimeoutTimer,
    Value,
)
from ain_scp.signaling.ain.values import CloseCause, ErrorCause
from ain_scp.signaling.tcap import (
    Component,
    ComponentType,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    conversation,
    invoke,
    p_abort,
    reject,
    response,
)
from ain_scp.terms.decision import Decision

SEND_TO_RESOURCE: Final = operation_named("sendToResource")
CANCEL_RESOURCE_EVENT: Final = operation_named("cancelResourceEvent")
REQUEST_REPORT: Final = operation_named("requestReportBCMEvent")
CLOSE: Final = operation_named("close")
CONNECT_TO_RESOURCE: Final = operation_named("connectToResource")
CONTINUE: Final = operation_named("continue")
DISCONNECT: Final = operation_named("disconnect")
_RESULTS: Final = frozenset((ComponentType.RETURN_RESULT_LAST, ComponentType.RETURN_RESULT_NOT_LAST))
_OF_NO_INVOKE: Final = frozenset(
    (
        RejectProblem.RETURN_RESULT_UNRECOGNIZED_CORRELATION_ID,
        RejectProblem.RETURN_ERROR_UNRECOGNIZED_CORRELATION_ID,
    )
)
PLAY_AND_COLLECT: Final = 1
"""resourceType: play and collect (unconfirmed)."""


Routed = Callable[[Decision, int | None, int, bool, bytes | None], tuple[Component, ...]]
"""Components that carry a decision out, effects included: decision, invoke answered, now, host query, echo data."""


class Dialogues:
    """All open dialogues of one node."""

    def __init__(
        self,
        table: Transactions[Dialogue],
        routed: Routed,
        collect_ns: int,
        watch_ns: int,
        cancel_ns: int,
        *,
        any_link: bool,
    ) -> None:
        """`routed` makes the components of an answer; the times bound a collection, a watch and a cancellation.

        `any_link` says that links are screened, so a peer's message may come by another link than its query did.
        """
        self.table = table
        self._routed = routed
        self._collect_ns = collect_ns
        self._watch_ns = watch_ns
        self._cancel_ns = cancel_ns
        self._any_link = any_link
        self.timed_out = 0

    def begin(self, theirs: int, dialogue: Dialogue, now: int) -> Package | None:
        """The first package of a dialogue with a script; None when there is no room."""
        exchange = dialogue.exchange
        if exchange is None:
            return None
        first = exchange.start()
        if isinstance(first, Answer):
            components = self._routed(first.decision, dialogue.query_invoke, now, dialogue.host, first.echo)
            return response(theirs, *components)
        opened = self.table.open(theirs, dialogue.origin.peer, dialogue.origin.link, dialogue)
        if opened is None:
            return None
        return self._instruct(opened, first, dialogue.query_invoke, now)

    def grant(self, theirs: int, dialogue: Dialogue, now: int) -> Package | None:
        """The answer to a query without permission, in a conversation which the peer ends; None when there is no room."""
        opened = self.table.open(theirs, dialogue.origin.peer, dialogue.origin.link, dialogue)
        if opened is None:
            return None
        self.table.arm(opened, now + self._watch_ns)
        parts = self._routed(dialogue.decision, dialogue.query_invoke, now, dialogue.host, None)
        dialogue.invoke_id = len(parts) + 1
        dialogue.note(parts)
        return conversation(opened.own, theirs, *parts)

    def receive(self, package: Package, peer: int, link: str, now: int) -> tuple[str, Package | None]:
        """Take a Conversation, Response or Abort; the outcome's counter and what to send back."""
        ending = package.kind in (PackageType.RESPONSE, PackageType.ABORT)
        found = self.table.find(package.responding or 0)
        if found is None:
            if package.kind is PackageType.ABORT:
                return "aborts", None
            if ending or package.originating is None:
                return "dropped_unknown_response", None
            abort = p_abort(package.originating, PAbortCause.UNASSIGNED_RESPONDING_TRANSACTION_ID)
            return "unassigned_transaction", abort
        other_id = package.originating is not None and package.originating != found.theirs
        if other_id or not self._is_peer(found, peer, link):
            return "dropped_foreign_transaction", None
        if ending:
            self._end(found, package, now)
            return ("aborts" if package.kind is PackageType.ABORT else "ended"), None
        return self._conversation(found, package, now)

    def fault(self, own: int | None, peer: int, link: str, now: int) -> None:
        """A faulty package ended the transaction it named, if that was the peer's."""
        found = self.table.find(own) if own is not None else None
        if found is not None and self._is_peer(found, peer, link):
            action = TABLE[found.state.state][DialogueInput.ABORT]
            self._act(found, action, Report(DialogueInput.ABORT, now=now), None, now)

    def _end(self, found: Transaction[Dialogue], package: Package, now: int) -> None:
        """The peer has ended the transaction, perhaps with Close."""
        kind = DialogueInput.ABORT if package.kind is PackageType.ABORT else DialogueInput.PEER_ENDED
        self._act(found, TABLE[found.state.state][kind], Report(kind, now=now), None, now)

    def _is_peer(self, found: Transaction[Dialogue], peer: int, link: str) -> bool:
        return found.peer == peer and (self._any_link or found.link == link)

    def handle_timer(self, now: int) -> list[tuple[Origin, Package]]:
        """What is sent because dialogues are due."""
        packages = []
        while (due := self.table.expired(now)) is not None:
            self.timed_out += 1
            dialogue = due.state
            action = TABLE[dialogue.state][DialogueInput.TIMEOUT]
            _, package = self._act(due, action, Report(DialogueInput.TIMEOUT, now=now), None, now)
            if package is not None:
                packages.append((dialogue.origin, package))
        return packages

    def _conversation(
        self, found: Transaction[Dialogue], package: Package, now: int
    ) -> tuple[str, Package | None]:
        """Take the components in order; the first that asks for more than a note decides what is sent."""
        if not package.components:
            return "noted", None
        for component in package.components:
            outcome, answer = self._component(found, component, now)
            if answer is not None or outcome != "noted":
                return outcome, answer
        return "noted", None

    def _component(
        self, found: Transaction[Dialogue], component: Component, now: int
    ) -> tuple[str, Package | None]:
        report = Report(DialogueInput.OTHER)
        if component.is_invoke:
            known = operation(component.code or 0) if component.private else None
            if known is None:
                problem = RejectProblem.INVOKE_UNRECOGNIZED_OPERATION
                return "rejected_operation", self._answer(found, reject(component.invoke_id, problem))
            try:
                parameters = decode_parameters(known, component.parameter or b"")
            except AinFault as fault:
                error = error_correlated(component.invoke_id, fault.error_cause)
                return "rejected_argument", self._answer(found, error)
            named = component.correlation_id
            if named is not None and not 1 < named <= found.state.invoke_id:
                problem = RejectProblem.INVOKE_UNRECOGNIZED_CORRELATION_ID
                return "rejected_component", self._answer(found, reject(component.invoke_id, problem))
            kind = INPUT_OF_OPERATION.get(known.name, DialogueInput.OTHER)
            report = Report(kind, known.name, parameters, now)
        else:
            return self._answered(found, component, now)
        action = TABLE[found.state.state][report.input]
        return self._act(found, action, report, component, now)

    def _answered(
        self, found: Transaction[Dialogue], component: Component, now: int
    ) -> tuple[str, Package | None]:
        """Take a result, an error or a Reject; what is wrong with it is reported beside what else is sent."""
        dialogue = found.state
        problem = problem_of(component, dialogue.sent.get(component.correlation_id or 0))
        told = None if problem is None else reject(component.correlation_id, problem)
        if told is not None and problem in _OF_NO_INVOKE:
            return "rejected_component", self._answer(found, told)
        failed = component.kind not in _RESULTS
        report = Report(DialogueInput.FAILURE if failed else DialogueInput.RESULT, now=now)
        action = TABLE[dialogue.state][report.input]
        outcome, package = self._act(found, action, report, component, now)
        if told is None or action is DialogueAction.END:
            return outcome, package
        if package is None:
            return "rejected_component", self._answer(found, told)
        return outcome, msgspec.structs.replace(package, components=(told, *package.components))

    def _act(
        self,
        found: Transaction[Dialogue],
        action: DialogueAction,
        report: Report,
        component: Component | None,
        now: int,
    ) -> tuple[str, Package | None]:
        dialogue = found.state
        if action is DialogueAction.RESUME and dialogue.exchange is not None:
            following = dialogue.exchange.resume(report)
            if isinstance(following, Wait):
                self.table.arm(found, following.until)
            if following is None or isinstance(following, Wait):
                return "noted", None
            answered = component.invoke_id if component is not None else None
            return "conversed", self._instruct(found, following, answered, now)
        if action is DialogueAction.REFUSE and component is not None:
            error = error_correlated(component.invoke_id, ErrorCause.UNEXPECTED_MESSAGE)
            return "rejected_unexpected", self._answer(found, error)
        if action is DialogueAction.CANCEL:
            return "conversed", self._instruct(found, Cancel(), None, now)
        if action is DialogueAction.FALL_BACK:
            return "conversed", self._instruct(found, Answer(dialogue.decision), dialogue.query_invoke, now)
        if action is DialogueAction.CLOSE:
            finish = Finish(CloseCause.UNEXPECTED_COMMUNICATION)
            return "conversed", self._instruct(found, finish, None, now)
        if action is DialogueAction.LEAVE and dialogue.exchange is not None:
            dialogue.exchange.resume(report)
        if action in (DialogueAction.END, DialogueAction.LEAVE):
            self.table.close(found.own)
            return "ended", None
        return "noted", None

    def _answer(self, found: Transaction[Dialogue], component: Component) -> Package:
        return conversation(found.own, found.theirs, component)

    def _instruct(
        self, found: Transaction[Dialogue], instruction: Instruction, answered: int | None, now: int
    ) -> Package:
        """The package of an instruction; `answered` is the invoke it answers."""
        dialogue = found.state
        if isinstance(instruction, Answer | Finish | Drop):
            self.table.close(found.own)
            return response(found.theirs, *self._last(dialogue, instruction, answered, now))
        parts = self._next(found, instruction, answered, now)
        dialogue.note(parts)
        return conversation(found.own, found.theirs, *parts)

    def _last(
        self, dialogue: Dialogue, instruction: Answer | Finish | Drop, answered: int | None, now: int
    ) -> tuple[Component, ...]:
        """The components of an instruction that ends a dialogue."""
        if isinstance(instruction, Answer):
            return self._routed(instruction.decision, answered, now, dialogue.host, instruction.echo)
        if isinstance(instruction, Drop):
            return (self._invoke(dialogue, DISCONNECT, {}, answered),)
        return (self._invoke(dialogue, CLOSE, {"closeCause": instruction.cause}, answered),)

    def _next(
        self, found: Transaction[Dialogue], instruction: Instruction, answered: int | None, now: int
    ) -> tuple[Component, ...]:
        """The components of an instruction after which the dialogue continues, its state and timer set."""
        dialogue = found.state
        if isinstance(instruction, Collect):
            self._enter(found, DialogueState.COLLECTING, now + self._collect_ns)
            prompt = (Announcement(instruction.announcement),)
            block = AnnouncementDigitBlock(instruction.maximum_digits, prompt)
            return (self._resource(dialogue, SEND_TO_RESOURCE, PLAY_AND_COLLECT, block, answered),)
        if isinstance(instruction, Play | Speak):
            before = isinstance(instruction, Play)
            self._enter(
                found, DialogueState.PLAYING if before else DialogueState.SPEAKING, now + self._collect_ns
            )
            known = SEND_TO_RESOURCE if before else CONNECT_TO_RESOURCE
            data = instruction.data if isinstance(instruction, Play) else b""
            spoken = AnnouncementBlock((Announcement(instruction.announcement, data),))
            return (self._resource(dialogue, known, PLAY_ANNOUNCEMENT, spoken, answered),)
        if isinstance(instruction, Proceed):
            self._enter(found, DialogueState.CHARGED, instruction.watch.until or now + self._watch_ns)
            goes_on = (self._invoke(dialogue, CONTINUE, {}, answered),) if instruction.waits else ()
            return (*goes_on, self._report_request(dialogue, instruction.watch, answered))
        if isinstance(instruction, Watch):
            state = DialogueState.CHARGED if instruction.charged else DialogueState.WATCHING
            self._enter(found, state, instruction.until or now + self._watch_ns)
            route = self._routed(dialogue.decision, answered, now, dialogue.host, instruction.echo)
            dialogue.invoke_id = max(dialogue.invoke_id, len(route) + 1)
            if instruction.display:
                route = (displaying(route[0], instruction.display), *route[1:])
            return (*route, self._report_request(dialogue, instruction, answered))
        self._enter(found, DialogueState.CANCELLING, now + self._cancel_ns)
        return (self._invoke(dialogue, CANCEL_RESOURCE_EVENT, {}, dialogue.invoke_id),)

    def _enter(self, found: Transaction[Dialogue], state: DialogueState, deadline: int) -> None:
        found.state.state = state
        self.table.arm(found, deadline)

    def _resource(
        self,
        dialogue: Dialogue,
        known: Operation,
        kind: int,
        block: AnnouncementBlock | AnnouncementDigitBlock,
        answered: int | None,
    ) -> Component:
        """Play, with or without digits to collect."""
        values: dict[str, Value] = {"resourceType": kind, "strParameterBlock": block}
        return self._invoke(dialogue, known, values, answered)

    def _report_request(self, dialogue: Dialogue, watch: Watch, answered: int | None) -> Component:
        """RequestReportBCMEvent: the events and timers of a watch."""
        values: dict[str, Value] = {}
        if watch.request:
            values["eDPRequest"] = bits_of(watch.request)
        if watch.notify:
            values["eDPNotification"] = bits_of(watch.notify)
        if watch.o_no_answer_s is not None:
            values["oNoAnswerTimer"] = watch.o_no_answer_s
        if watch.t_no_answer_s is not None:
            values["tNoAnswerTimer"] = watch.t_no_answer_s
        if watch.timeout_s is not None:
            values["timeoutTimer"] = TimeoutTimer(0, watch.timeout_s)
        return self._invoke(dialogue, REQUEST_REPORT, values, answered)

    def _invoke(
        self,
        dialogue: Dialogue,
        known: Operation,
        values: dict[str, Value],
        answered: int | None,
    ) -> Component:
        """The next Invoke of a dialogue; its own id counts up from 2 and starts again after 255."""
        dialogue.invoke_id = dialogue.invoke_id % 255 + 1
        return invoke(known.code, encode_parameters(known, values), dialogue.invoke_id, answered)
