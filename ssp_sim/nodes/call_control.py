"""Call control of a switch: from a route to an answer to the release, both halves of the model at once.

One rule for the order of things: a half call moves first, then the signal goes out. Failures of a facility are tried on
the next one the answer named; failures of the called party are passed on to the caller. What a switch knows of a call ends
in `_end`, whichever way it came there, exactly once.

Source: A-112, A-123, A-143, A-171, A-175 to A-179, A-263; requirements.md section 4.6; [0119], [0128]-[0130].
"""

from typing import Final

from ain_scp.ssp_sim.nodes import call_events as ev
from ain_scp.ssp_sim.nodes import detection_points as dp
from ain_scp.ssp_sim.nodes import points_in_call as pic
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_model import (
    CallEvent,
    DetectionPoint,
    originating_walk,
    terminating_walk,
)
from ain_scp.ssp_sim.nodes.conversation_timer import ConversationTimer
from ain_scp.ssp_sim.nodes.events import (
    CAUSE_BUSY,
    CAUSE_NO_ANSWER,
    CAUSE_NO_CIRCUIT,
    CAUSE_REJECTED,
    CAUSE_TIMER,
    TRY_NEXT,
    Addressed,
    CallAnswered,
    FacilityChosen,
    LineEvent,
    LineSignal,
    Noted,
    Setup,
    TrunkKind,
    TrunkSignal,
)
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.trunks import PSTN, Choice, Circuit, TrunkGroup, facility_order
from ain_scp.terms.dialed import EMERGENCY_NUMBER, emergency_sent
from ain_scp.terms.triggers import beginning

_CALLED: Final = beginning("CALLED")
AFTER_ROUTE: Final = frozenset({
    dp.NETWORK_BUSY,
    dp.O_CALLED_PARTY_BUSY,
    dp.O_NO_ANSWER,
})  # fmt: skip
"""Detection points at which "continue", and no answer at all, mean that the call fails as it would have."""

_WATCHED: Final = {
    ev.BUSY: dp.O_CALLED_PARTY_BUSY,
    ev.NO_ANSWER: dp.O_NO_ANSWER,
}


class CallControl(ConversationTimer):
    """The calls of one switch, by both halves of the model."""

    # --- what arrives on trunks -------------------------------------------------------------------------------------

    def trunk(self, signal: TrunkSignal, now: int) -> None:
        """Take one signal of a circuit; signals of calls that are gone are ignored (their release is answered)."""
        if signal.kind == "SETUP":
            self._setup(signal, now)
            return
        call = self.by_circuit.get(signal.circuit)
        if signal.kind == "RELEASED":
            self.release_circuit(signal.circuit)
        elif signal.kind == "RELEASE":
            self.send(TrunkSignal("RELEASED", signal.circuit))
            self.release_circuit(signal.circuit)
            if call is not None:
                self._released(call, signal, now)
        elif call is not None and call.target == signal.circuit:
            self._progress(call, signal.kind, now)

    def _setup(self, signal: TrunkSignal, now: int) -> None:
        circuit, setup = signal.circuit, signal.setup
        if circuit in self.by_circuit or setup is None:
            return  # a repeated address message on a circuit that already has its call
        call = Call(self.board.call_on(circuit.near, circuit.far, circuit.number), now, circuit)
        call.calling = setup.calling
        call.called, call.called_non = setup.called, setup.called_non
        call.original_called, call.original_called_non = setup.original_called, setup.original_called_non
        call.redirecting, call.redirecting_non = setup.redirecting, setup.redirecting_non
        call.redirection_information = setup.redirection_information
        call.bearer = setup.bearer
        if setup.translation is not None:
            self.take_translation(call, setup)
        self.by_circuit[circuit] = call
        self.board.join(call.id, self.name)
        call.o = originating_walk(call.o, ev.ORIGINATE, ev.AUTHORIZED, ev.COLLECTED, ev.ANALYZED)
        self.route(call, (PSTN,), now)

    def _progress(self, call: Call, kind: TrunkKind, now: int) -> None:
        """Address complete or answer from the switch ahead."""
        if kind == "ANSWER":
            self.answered(call, now)
        elif call.o is not pic.O_ACTIVE:
            self._start_no_answer(call)
            call.accepted_ahead = True
            if kind in {"ALERTING", "PROGRESS"} and call.t is pic.PRESENT_CALL:
                self._alerting(call, now)
            else:
                self.backward(call, "ACCEPTED")

    def _alerting(self, call: Call, now: int) -> None:
        call.terminating(ev.SEIZED)
        if call.o is pic.SEND_CALL:
            call.originating(ev.SEIZED)
        self.backward(call, "ALERTING")
        self.report(call, dp.O_TERM_SEIZED, now)

    def _released(self, call: Call, signal: TrunkSignal, now: int) -> None:
        if signal.circuit == call.origin:
            self.by_circuit.pop(signal.circuit, None)
            self.caller_left(call, now)
            return
        call.target = None
        self.by_circuit.pop(signal.circuit, None)
        if call.o is pic.O_ACTIVE:
            self.called_left(call, now)
        else:
            self._failed_ahead(call, signal.cause, now)

    def _failed_ahead(self, call: Call, cause: int, now: int) -> None:
        left = call.choices or self._may_overflow(call)
        if cause in TRY_NEXT and call.o is pic.SEND_CALL and not call.accepted_ahead and left:
            call.terminating(ev.NETWORK_BUSY)
            call.originating(ev.NETWORK_BUSY)
            self.try_next(call, now)
        elif cause == CAUSE_BUSY:
            self._fail_both(call, ev.BUSY, cause, now)
        elif cause == CAUSE_NO_ANSWER:
            self._fail_both(call, ev.NO_ANSWER, cause, now)
        else:
            self._fail_both(call, ev.CALLED_DISCONNECT, cause, now)

    def _fail_both(self, call: Call, event: CallEvent, cause: int, now: int) -> None:
        """End both halves with a failure, unless the service control point wants to be asked about it first."""
        call.terminating(event)
        point = _WATCHED.get(event)
        if point is not None and self.report(call, point, now):
            self.release_ahead(call, cause)
            self.stop_ringing(call)
            return
        call.originating(event)
        self.refuse(call, cause, now)

    # --- routing ----------------------------------------------------------------------------------------------------

    def instruct(self, call: Call, answer: Instruction, now: int) -> None:
        """Do what the service control point said; the call is no longer suspended."""
        point, call.suspended = call.suspended, None
        call.stop_timer()
        if point in AFTER_ROUTE and answer.kind in {"CONTINUE", "FAULT"}:
            self._fail_after_all(call, point, now)
            return
        if point is dp.TIMEOUT:
            self.instruct_timed_out(call, answer, now)
            return
        if call.services is not None and self.obeys(call, answer, now):
            return
        at_called_end = point is dp.TERMINATION_ATTEMPT
        call.ama_slp_id, call.echo = answer.ama_slp_id, answer.echo or call.echo
        if answer.kind == "ROUTE":
            call.take_route(answer)
            if answer.text and call.from_line:
                self.line(call, "DISPLAY", text=answer.text)
            self.reroute(
                call, facility_order(answer.trunk_groups, answer.carriers), now, at_called_end=at_called_end
            )
        elif answer.kind == "ANNOUNCE":
            call.suspended = None if answer.disconnect else point
            self.announce(call, answer.announcement, "", answer.collect, answer.text)
        elif answer.kind == "CONTINUE" and at_called_end:
            self._present(call, now)
        elif answer.kind == "CONTINUE":
            self.default_route(call, now)
        elif answer.kind == "DISCONNECT":
            self.treat(call, "FAILED", CAUSE_REJECTED, now)
        else:
            self.default_treatment(call, answer.reason, now, at_called_end=at_called_end)

    def _fail_after_all(self, call: Call, point: DetectionPoint | None, now: int) -> None:
        """Let a call fail that had stopped to ask."""
        if point is dp.NETWORK_BUSY:
            self._all_busy(call, now)
            return
        busy = point is dp.O_CALLED_PARTY_BUSY
        call.originating(ev.BUSY if busy else ev.NO_ANSWER)
        self.refuse(call, CAUSE_BUSY if busy else CAUSE_NO_ANSWER, now)

    def reroute(self, call: Call, choices: tuple[Choice, ...], now: int, *, at_called_end: bool) -> None:
        """Route a call that an answer sent somewhere, from whichever half asked."""
        if at_called_end:
            call.terminating(ev.FORWARDED)
        call.originating(ev.ROUTED)
        self.route(call, choices, now)

    def route(self, call: Call, choices: tuple[Choice, ...], now: int) -> None:
        """Select among facilities for `call.called`, the call being in Select_Route."""
        if self.number_triggers is not None and self.stops(call, choices, now):
            return
        intercept = self.plan.intercepts.get(call.called)
        if intercept is not None:
            self.announce(call, intercept, "VACANT_NUMBER")
            return
        if call.from_line and self.authorize(call, choices, now):
            return
        call.choices = list(choices)
        self.try_next(call, now)

    def try_next(self, call: Call, now: int) -> None:
        """Take the first facility that is free; none = all circuits busy (requirements.md section 4.6)."""
        while call.choices:
            choice = call.choices.pop(0)
            here = call.services is not None and call.services.here
            if (choice is PSTN or choice == PSTN) and (
                here or self.routes.next_hop(call.called, call.called_non) == self.name
            ):
                self._choose(call, choice)
                self._terminate(call, now)
                return
            circuit = self._seize(call, choice, now)
            if circuit is not None:
                self._choose(call, choice)
                self._forward(call, circuit)
                return
        if self._may_overflow(call):
            call.overflowed = True
            if self.ask(call, dp.NETWORK_BUSY, now):
                return
        self._all_busy(call, now)

    @staticmethod
    def _may_overflow(call: Call) -> bool:
        """Whether the service may still find another way for a call that its ASF-RTL host cannot be reached with (A-147)."""
        return call.from_line and call.redirecting is not None and not call.overflowed

    def _all_busy(self, call: Call, now: int) -> None:
        call.originating(ev.NETWORK_BUSY)
        if call.from_line or call.instructed:
            self.emit(FacilityChosen(call.id, "ALL_CIRCUITS_BUSY"))
        if call.from_line:
            self.line(call, "ANNOUNCEMENT", announcement=self.announcements.all_circuits_busy)
        self.refuse(call, CAUSE_NO_CIRCUIT, now)

    def _seize(self, call: Call, choice: Choice, now: int) -> Circuit | None:
        facility = choice.id if choice.id is not None else call.called
        if self.board.is_out(call.id, facility, now):
            self.emit(Noted(call.id, "FacilityBusy", (("facility", facility),)))
            return None
        group = self._group(call, choice)
        circuit = group.seize() if group is not None else None
        if circuit is None or group is None:
            self.emit(Noted(call.id, "FacilityBusy", (("facility", facility),)))
            return None
        self.groups[circuit] = group
        self.board.hold(circuit, call.id)
        return circuit

    def _group(self, call: Call, choice: Choice) -> TrunkGroup | None:
        if choice.kind == "TRUNK":
            return self.routes.private(choice.id or "", call.called_non)
        if choice.kind == "CARRIER":
            return self.routes.carrier(choice.id or "")
        return self.routes.towards(self.routes.next_hop(call.called, call.called_non))

    def _choose(self, call: Call, choice: Choice) -> None:
        call.chosen = choice
        call.o = originating_walk(call.o, ev.FACILITY_FOUND, ev.SENT)
        if call.from_line or call.instructed:
            self.emit(FacilityChosen(call.id, choice.kind, choice.id))
            if self.watched:
                self._note_facility(call, choice)

    def _note_facility(self, call: Call, choice: Choice) -> None:
        interlata = self.routes.is_interlata(call.called, call.called_non)
        fields = (
            ("facility", choice.kind),
            ("id", choice.id or ""),
            ("called", call.called),
            ("LATA", "interLATA" if interlata else "intraLATA or unknown"),
        )
        self.emit(Noted(call.id, "FacilitySeized", fields))

    def _forward(self, call: Call, circuit: Circuit) -> None:
        call.t = terminating_walk(call.t, ev.TERMINATE, ev.AUTHORIZED, ev.FACILITY_FOUND)
        call.target = circuit
        call.accepted_ahead = False
        self.by_circuit[circuit] = call
        chosen = call.chosen
        setup = Setup(
            call.called,
            call.called_non,
            call.calling,
            call.original_called,
            call.original_called_non,
            call.redirecting,
            call.redirecting_non,
            call.redirection_information,
            call.bearer,
            chosen.id or "" if chosen is not None and chosen.kind == "CARRIER" else "",
            self.translation(call),
        )
        if setup.translation is not None:
            self.emit(Addressed(call.id, circuit.far, call.called, setup.translation))
        self.send(TrunkSignal("SETUP", circuit, setup))
        if circuit.signaling == "ISUP":
            self.start(call, self.durations.t7_address_complete, self._no_address_complete)
        else:
            self._start_no_answer(call)
            self.backward(call, "ACCEPTED")

    # --- the called end ---------------------------------------------------------------------------------------------

    def _terminate(self, call: Call, now: int) -> None:
        point = call.terminating(ev.TERMINATE)
        line = self.plan.line(call.called)
        if line is not None and line.trigger in _CALLED and point is not None:
            self.backward(call, "ACCEPTED")
            if self.ask(call, point, now):
                return
        elif self.asks_at_line(call, now):
            return
        self._present(call, now)

    def _present(self, call: Call, now: int) -> None:
        call.terminating(ev.AUTHORIZED)
        if self.board.called_busy(call.id):
            self._fail_both(call, ev.BUSY, CAUSE_BUSY, now)
            return
        call.terminating(ev.FACILITY_FOUND)
        call.ringing = True
        self.ringing[call.id, call.called] = call
        self.emit(LineEvent(LineSignal("RINGING", call.id, call.called)))
        self.tell_presented(call)
        self._start_no_answer(call)
        self._alerting(call, now)

    def answered(self, call: Call, now: int) -> None:
        """Connect the two parties; a second answer changes nothing."""
        if call.o is pic.O_ACTIVE or (call.t is not pic.PRESENT_CALL and call.t is not pic.T_ALERTING):
            return
        call.stop_timer()
        call.terminating(ev.ANSWERED)
        call.originating(ev.ANSWERED)
        call.answered_ns = now
        self.backward(call, "ANSWER")
        if call.from_line:
            self.emit(CallAnswered(call.id))
        self.report(call, dp.O_ANSWER, now)
        self.time_conversation(call, now)
        if self.talking is not None:
            self.talking(call, now)

    def default_treatment(self, call: Call, reason: str, now: int, *, at_called_end: bool) -> None:
        """Go on without the service control point: 911 and public-network codes as dialed, else an announcement (A-263)."""
        self.emit(Noted(call.id, "DefaultTreatment", (("reason", reason),)))
        line = call.line
        code = call.access_code
        if code is None and call.group is not None:
            code = call.group.implied_access_code
        emergency = emergency_sent(code, call.digits) == EMERGENCY_NUMBER
        if not at_called_end and line is not None and (emergency or (code or "") in line.pstn_codes):
            self.default_route(call, now)
        else:
            self.announce(call, self.announcements.default_treatment, "DEFAULT_TREATMENT")

    def default_route(self, call: Call, now: int) -> None:
        """Route by the switch's own reading of the digits, over the public network or the carrier the caller dialed."""
        reading = call.reading
        if reading is None or not reading.valid:
            self.announce(call, self.announcements.vacant_code, "VACANT_CODE")
            return
        npa = (call.calling or "")[:3]
        call.called, call.called_non = self.plan.complete(reading.number, reading.non, npa)
        call.originating(ev.ROUTED)
        self.route(call, facility_order((), (reading.carrier,) if reading.carrier else ()), now)

    def _start_no_answer(self, call: Call) -> None:
        """Wait for the answer where the caller is; elsewhere the caller's switch does."""
        if call.from_line:
            self.start(call, call.no_answer_ns or self.durations.no_answer, self._no_answer)
        else:
            call.stop_timer()

    def _no_answer(self, call: Call, now: int) -> None:
        self._fail_both(call, ev.NO_ANSWER, CAUSE_NO_ANSWER, now)

    def _no_address_complete(self, call: Call, now: int) -> None:
        self.emit(Noted(call.id, "T7 expired"))
        self._fail_both(call, ev.CALLED_DISCONNECT, CAUSE_TIMER, now)
