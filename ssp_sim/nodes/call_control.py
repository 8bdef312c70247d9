"""Call control of a switch: from a route to an answer to the release, both halves of the model at once.

One rule for the order of things: a half call moves first, then the signal goes out. Failures of a facility are tried on
the next one the answer named; failures of the called party are told to the caller. What a switch knows of a call ends
in `_end`, whichever way it came there, exactly once.

Source: A-112, A-123, A-143, A-171, A-175 to A-179, A-263; requirements.md section 4.6; [0119], [0128]-[0130].
"""

from typing import Final

from ssp_sim.nodes.call import Call, Instruction
from ssp_sim.nodes.call_model import CallEvent, DetectionPoint, PointInCall
from ssp_sim.nodes.events import (
    CAUSE_BUSY,
    CAUSE_NO_ANSWER,
    CAUSE_NO_CIRCUIT,
    CAUSE_NORMAL,
    CAUSE_REJECTED,
    CAUSE_TIMER,
    CAUSE_VACANT,
    TRY_NEXT,
    Announced,
    CallAnswered,
    CallEnded,
    FacilityChosen,
    LineEvent,
    LineSignal,
    Noted,
    Setup,
    TrunkKind,
    TrunkSignal,
)
from ssp_sim.nodes.legs import Legs
from ssp_sim.nodes.trunks import PSTN, Choice, Circuit, TrunkGroup, facility_order
from ssp_sim.nodes.usage import usage_of

_E = CallEvent
_P = PointInCall

STATUS_OF_CAUSE: Final[dict[int, str]] = {
    CAUSE_NORMAL: "FAILED",
    CAUSE_BUSY: "BUSY",
    CAUSE_NO_ANSWER: "NO_ANSWER",
    CAUSE_NO_CIRCUIT: "ALL_CIRCUITS_BUSY",
    42: "ALL_CIRCUITS_BUSY",
}
"""How a call that was never answered ended, by the cause that released it; every other cause is FAILED."""


class CallControl(Legs):
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
        self.by_circuit[circuit] = call
        self.board.join(call.id, self.name)
        for event in (_E.ORIGINATE, _E.AUTHORIZED, _E.COLLECTED, _E.ANALYZED):
            call.originating(event)
        self.route(call, (PSTN,), now)

    def _progress(self, call: Call, kind: TrunkKind, now: int) -> None:
        """Address complete or answer from the switch ahead."""
        if kind == "ANSWER":
            self.answered(call, now)
        elif not call.active:
            self._start_no_answer(call, now)
            call.accepted_ahead = True
            if kind == "ALERTING" and call.t is _P.PRESENT_CALL:
                self._alerting(call)
            else:
                self.backward(call, "ACCEPTED")

    def _alerting(self, call: Call) -> None:
        call.terminating(_E.SEIZED)
        if call.o is _P.SEND_CALL:
            call.originating(_E.SEIZED)
        self.backward(call, "ALERTING")

    def _released(self, call: Call, signal: TrunkSignal, now: int) -> None:
        if signal.circuit == call.origin:
            self.by_circuit.pop(signal.circuit, None)
            self.caller_left(call, now)
            return
        call.target = None
        self.by_circuit.pop(signal.circuit, None)
        if call.active:
            self.called_left(call, now)
        else:
            self._failed_ahead(call, signal.cause, now)

    def _failed_ahead(self, call: Call, cause: int, now: int) -> None:
        if cause in TRY_NEXT and call.o is _P.SEND_CALL and not call.accepted_ahead and call.choices:
            call.terminating(_E.NETWORK_BUSY)
            call.originating(_E.NETWORK_BUSY)
            self.try_next(call, now)
        elif cause == CAUSE_BUSY:
            self._fail_both(call, _E.BUSY, cause, now)
        elif cause == CAUSE_NO_ANSWER:
            self._fail_both(call, _E.NO_ANSWER, cause, now)
        else:
            self._fail_both(call, _E.CALLED_DISCONNECT, cause, now)

    def _fail_both(self, call: Call, event: CallEvent, cause: int, now: int) -> None:
        call.terminating(event)
        call.originating(event)
        self._refuse(call, cause, now)

    # --- routing ----------------------------------------------------------------------------------------------------

    def instruct(self, call: Call, answer: Instruction, now: int) -> None:
        """Do what the service control point said; the call is no longer suspended."""
        point, call.suspended = call.suspended, None
        call.stop_timer()
        at_called_end = point is DetectionPoint.TERMINATION_ATTEMPT
        call.ama_slp_id, call.echo = answer.ama_slp_id, answer.echo
        if answer.kind == "ROUTE":
            call.take_route(answer)
            self.reroute(
                call, facility_order(answer.trunk_groups, answer.carriers), now, at_called_end=at_called_end
            )
        elif answer.kind == "ANNOUNCE":
            call.suspended = None if answer.disconnect else point
            self.announce(call, answer.announcement, "", now)
        elif answer.kind == "CONTINUE" and at_called_end:
            self._present(call, now)
        elif answer.kind == "CONTINUE":
            self.default_route(call, now)
        elif answer.kind == "DISCONNECT":
            self.treat(call, "FAILED", CAUSE_REJECTED, now)
        else:
            self.default_treatment(call, answer.reason, now, at_called_end=at_called_end)

    def reroute(self, call: Call, choices: tuple[Choice, ...], now: int, *, at_called_end: bool) -> None:
        """Route a call that an answer sent somewhere, from whichever half asked."""
        if at_called_end:
            call.terminating(_E.FORWARDED)
        call.originating(_E.ROUTED)
        self.route(call, choices, now)

    def route(self, call: Call, choices: tuple[Choice, ...], now: int) -> None:
        """Select among facilities for `call.called`, the call being in Select_Route."""
        intercept = self.plan.intercepts.get(call.called)
        if intercept is not None:
            self.announce(call, intercept, "VACANT_NUMBER", now)
            return
        call.choices = list(choices)
        self.try_next(call, now)

    def try_next(self, call: Call, now: int) -> None:
        """Take the first facility that is free; none = all circuits busy (requirements.md section 4.6)."""
        while call.choices:
            choice = call.choices.pop(0)
            if choice == PSTN and self.routes.next_hop(call.called, call.called_non) == self.name:
                self._choose(call, choice)
                self._terminate(call, now)
                return
            circuit = self._seize(call, choice, now)
            if circuit is not None:
                self._choose(call, choice)
                self._forward(call, circuit, now)
                return
        call.originating(_E.NETWORK_BUSY)
        if call.from_line or call.instructed:
            self.emit(FacilityChosen(call.id, "ALL_CIRCUITS_BUSY"))
        if call.from_line:
            self.line(call, "ANNOUNCEMENT", announcement=self.announcements.all_circuits_busy)
        self._refuse(call, CAUSE_NO_CIRCUIT, now)

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
        call.originating(_E.FACILITY_FOUND)
        call.originating(_E.SENT)
        if call.from_line or call.instructed:
            self.emit(FacilityChosen(call.id, choice.kind, choice.id))
            lata = (
                "interLATA"
                if self.routes.is_interlata(call.called, call.called_non)
                else "intraLATA or unknown"
            )
            fields = (
                ("facility", choice.kind),
                ("id", choice.id or ""),
                ("called", call.called),
                ("LATA", lata),
            )
            self.emit(Noted(call.id, "FacilitySeized", fields))

    def _forward(self, call: Call, circuit: Circuit, now: int) -> None:
        call.terminating(_E.TERMINATE)
        call.terminating(_E.AUTHORIZED)
        call.terminating(_E.FACILITY_FOUND)
        call.target = circuit
        call.accepted_ahead = False
        self.by_circuit[circuit] = call
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
        )
        self.send(TrunkSignal("SETUP", circuit, setup))
        if circuit.signaling == "ISUP":
            self.start(call, self.durations.t7_address_complete, now, self._no_address_complete)
        else:
            self._start_no_answer(call, now)
            self.backward(call, "ACCEPTED")

    # --- the called end ---------------------------------------------------------------------------------------------

    def _terminate(self, call: Call, now: int) -> None:
        point = call.terminating(_E.TERMINATE)
        line = self.plan.line(call.called)
        if line is not None and line.trigger == "TAT" and point is not None:
            self.backward(call, "ACCEPTED")
            if self.ask(call, point, now):
                return
        self._present(call, now)

    def _present(self, call: Call, now: int) -> None:
        call.terminating(_E.AUTHORIZED)
        if self.board.called_busy(call.id):
            call.terminating(_E.BUSY)
            call.originating(_E.BUSY)
            self._refuse(call, CAUSE_BUSY, now)
            return
        call.terminating(_E.FACILITY_FOUND)
        call.ringing = True
        self.ringing[call.id, call.called] = call
        self.emit(LineEvent(LineSignal("RINGING", call.id, call.called)))
        self._start_no_answer(call, now)
        self._alerting(call)

    def answered(self, call: Call, now: int) -> None:
        """Connect the two parties; a second answer changes nothing."""
        if call.active or call.t not in {_P.PRESENT_CALL, _P.T_ALERTING}:
            return
        call.stop_timer()
        call.terminating(_E.ANSWERED)
        call.originating(_E.ANSWERED)
        call.answered_ns = now
        self.backward(call, "ANSWER")
        if call.from_line:
            self.emit(CallAnswered(call.id))

    # --- the end ----------------------------------------------------------------------------------------------------

    def caller_left(self, call: Call, now: int) -> None:
        """Release a call whose caller hung up (or whose incoming circuit was released)."""
        active = call.active
        if call.o is not _P.O_NULL:
            call.originating(_E.CALLING_DISCONNECT)
        if call.t is not _P.T_NULL:
            call.terminating(_E.CALLING_DISCONNECT)
        self.release_ahead(call, CAUSE_NORMAL)
        self._end(call, "COMPLETED" if active else call.status or "ABANDONED", now)

    def called_left(self, call: Call, now: int) -> None:
        """Release a call whose called party hung up after the answer."""
        call.terminating(_E.CALLED_DISCONNECT)
        call.originating(_E.CALLED_DISCONNECT)
        self.release_ahead(call, CAUSE_NORMAL)
        self.release_back(call, CAUSE_NORMAL)
        self._end(call, "COMPLETED", now)

    def _refuse(self, call: Call, cause: int, now: int) -> None:
        """Tell the caller's side that the call failed, both halves being null already."""
        self.release_ahead(call, cause)
        self.release_back(call, cause)
        self._end(call, call.status or STATUS_OF_CAUSE.get(cause, "FAILED"), now)

    def treat(self, call: Call, status: str, cause: int, now: int) -> None:
        """End the attempt in whichever point it is."""
        if call.t is not _P.T_NULL:
            call.terminating(_E.TREATED if call.t is _P.AUTHORIZE_TERMINATION else _E.CALLED_DISCONNECT)
        if call.o is not _P.O_NULL:
            call.originating(_E.TREATED if call.o is not _P.O_ALERTING else _E.CALLED_DISCONNECT)
        call.status = status
        self._refuse(call, cause, now)

    def announce(self, call: Call, announcement: int, cause: str, now: int) -> None:
        """Play an announcement to the caller, then end the call (or report to the SCP that waits for it)."""
        call.announced = announcement
        call.status = (
            "DEFAULT_TREATMENT" if cause == "DEFAULT_TREATMENT" else f"ANNOUNCEMENT:{cause or announcement}"
        )
        self.emit(Announced(call.id, announcement, cause))
        if call.from_line:
            self.line(call, "ANNOUNCEMENT", announcement=announcement)
        else:
            self.emit(Noted(call.id, "Announcement", (("id", str(announcement)), ("towards", "caller"))))
        self.start(call, self.durations.announcement, now, self._announced)

    def _announced(self, call: Call, now: int) -> None:
        if call.suspended is not None:
            call.status = ""
            self.cleared(call, now)
            return
        cause = CAUSE_VACANT if "VACANT" in call.status else CAUSE_REJECTED
        self.treat(call, call.status, cause, now)

    def default_treatment(self, call: Call, reason: str, now: int, *, at_called_end: bool) -> None:
        """Go on without the service control point: public-network codes as dialed, the rest an announcement (A-263)."""
        self.emit(Noted(call.id, "DefaultTreatment", (("reason", reason),)))
        line = call.line
        code = call.access_code
        if code is None and call.group is not None:
            code = call.group.implied_access_code
        if not at_called_end and line is not None and (code or "") in line.pstn_codes:
            self.default_route(call, now)
        else:
            self.announce(call, self.announcements.default_treatment, "DEFAULT_TREATMENT", now)

    def default_route(self, call: Call, now: int) -> None:
        """Route by the switch's own reading of the digits, over the public network or the carrier the caller dialed."""
        reading = call.reading
        if reading is None or not reading.valid:
            self.announce(call, self.announcements.vacant_code, "VACANT_CODE", now)
            return
        npa = (call.calling or "")[:3]
        call.called, call.called_non = self.plan.complete(reading.number, reading.non, npa)
        call.originating(_E.ROUTED)
        self.route(call, facility_order((), (reading.carrier,) if reading.carrier else ()), now)

    def _end(self, call: Call, status: str, now: int) -> None:
        call.stop_timer()
        call.status = status
        if call.from_line:
            self.by_id.pop(call.id, None)
        if self.ringing.get((call.id, call.called)) is call:
            del self.ringing[call.id, call.called]
        for circuit in (call.origin, call.target):
            if circuit is not None:
                self.by_circuit.pop(circuit, None)
        if (
            call.answered_ns is not None
            and self.write_usage is not None
            and (call.from_line or call.instructed)
        ):
            self.write_usage(usage_of(call, self.name, now))
        self.ended(call, now)
        self.board.leave(call.id, self.name)
        self.emit(CallEnded(call.id, status, call.from_line))

    def _start_no_answer(self, call: Call, now: int) -> None:
        """Wait for the answer where the caller is; elsewhere the caller's switch does."""
        if call.from_line:
            self.start(call, self.durations.no_answer, now, self._no_answer)
        else:
            call.stop_timer()

    def _no_answer(self, call: Call, now: int) -> None:
        self._fail_both(call, _E.NO_ANSWER, CAUSE_NO_ANSWER, now)

    def _no_address_complete(self, call: Call, now: int) -> None:
        self.emit(Noted(call.id, "T7 expired"))
        self._fail_both(call, _E.CALLED_DISCONNECT, CAUSE_TIMER, now)
