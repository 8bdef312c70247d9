"""Calls to numbers that a service knows: when a switch asks, what it makes of the answer, what it does without one.

    toll free    asked first, before number portability and before a carrier is chosen
    portability  asked unless the number was looked up before, is served here, or the call goes to an interexchange carrier
    terminating  asked where the line is

Without an answer of number portability the call continues as dialed, not marked as looked up (unconfirmed), and the switch that had the
number asks in its turn. A call that was looked up and still comes to a switch that no longer has the number is released with cause 26.

Source: B4-012; services design sections 5.1 (P1, P7), 6.1 (F1, F8), 7 (N1); T1.113 (M bit, generic address).
"""

from typing import Final

from ain_scp.ssp_sim.nodes import detection_points as dp
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_ending import CallEnding
from ain_scp.ssp_sim.nodes.events import Presented, Setup, Translation
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.number_triggers import NATIONAL_DIGITS, CallServices, NumberTriggers
from ain_scp.ssp_sim.nodes.trunks import PSTN, Choice, facility_order
from ain_scp.terms.service import LNP, TERMINATING, TOLLFREE
from ain_scp.terms.vocabulary import NON_NATIONAL

CAUSE_MISROUTED: Final = 26
"""A call to a ported number came to the switch that no longer has it (unconfirmed)."""


class NumberServices(CallEnding):
    """The part of call control that asks by called number; `number_triggers` None = this network has no such services."""

    number_triggers: NumberTriggers | None = None

    def route(self, call: Call, choices: tuple[Choice, ...], now: int) -> None:
        """Select among facilities for `call.called`."""
        raise NotImplementedError

    def _present(self, call: Call, now: int) -> None:
        raise NotImplementedError

    # --- asking -----------------------------------------------------------------------------------------------------

    def stops(self, call: Call, choices: tuple[Choice, ...], now: int) -> bool:
        """Whether a call that is to be routed stops here: to ask, or because it cannot go on."""
        triggers = self.number_triggers
        if triggers is None:
            return False
        state = self._state(call, triggers)
        if call.called_non != NON_NATIONAL or len(call.called) != NATIONAL_DIGITS:
            return False
        if self._is_over(call, state, triggers, now):
            return True
        if state.here or len(choices) != 1 or choices[0] != PSTN:
            return False
        number = call.called
        if triggers.is_toll_free(number) and TOLLFREE not in state.asked:
            state.billed, state.toll_free = number, True
            return self._asks(call, state, TOLLFREE, choices, now)
        if state.translated or LNP in state.asked or not triggers.is_portable(number):
            return self._is_vacant(call, triggers, now)
        hop = self.routes.next_hop(number, NON_NATIONAL)
        served = hop == self.name and not triggers.is_gone(number)
        if served or self.routes.is_default_carrier(hop):
            return False
        state.billed = state.billed or number
        return self._asks(call, state, LNP, choices, now)

    def _state(self, call: Call, triggers: NumberTriggers) -> CallServices:
        if call.services is None:
            call.services = CallServices()
            if call.from_line:
                call.services.jurisdiction = triggers.jurisdiction
        return call.services

    def _is_over(self, call: Call, state: CallServices, triggers: NumberTriggers, now: int) -> bool:
        """Arrived at a routing number of ours: complete on the number dialed. Looked up, and not here: misrouted."""
        if call.called in triggers.lrns:
            if not state.dialed_ported:
                self.announce(call, self.announcements.vacant_code, "VACANT_CODE")
                return True
            call.called, state.here = state.dialed_ported, True
            return False
        if not state.translated or state.here or not triggers.is_gone(call.called):
            return False
        if self.plan.serving(call.called, NON_NATIONAL) != self.name:
            return False
        self.treat(call, "FAILED", CAUSE_MISROUTED, now)
        return True

    def _is_vacant(self, call: Call, triggers: NumberTriggers, _now: int) -> bool:
        """A number that has left for an unknown network."""
        if self.plan.serving(call.called, NON_NATIONAL) != self.name or not triggers.is_gone(call.called):
            return False
        self.announce(call, self.announcements.vacant_code, "VACANT_CODE")
        return True

    def _asks(
        self, call: Call, state: CallServices, service: str, choices: tuple[Choice, ...], now: int
    ) -> bool:
        triggers = self.number_triggers
        state.asking, state.pending = service, choices
        state.criteria = triggers.criteria[service] if triggers is not None else 0
        if self.ask(call, dp.INFO_ANALYZED, now):
            return True
        state.asking = ""
        return False

    def asks_at_line(self, call: Call, now: int) -> bool:
        """Whether a call that reached its line stops to ask what becomes of it there."""
        triggers = self.number_triggers
        if triggers is None or TERMINATING not in triggers.asks or call.called not in triggers.lines:
            return False
        state = self._state(call, triggers)
        if TERMINATING in state.asked:
            return False
        state.asking, state.criteria = TERMINATING, triggers.criteria[TERMINATING]
        self.backward(call, "ACCEPTED")
        if self.ask(call, dp.TERMINATION_ATTEMPT, now):
            return True
        state.asking = ""
        return False

    # --- answers ----------------------------------------------------------------------------------------------------

    def obeys(self, call: Call, answer: Instruction, now: int) -> bool:
        """Carry out the answer to a query of a service; False: the usual way does it."""
        state = call.services
        if state is None or not state.asking:
            return False
        service, state.asking = state.asking, ""
        state.asked.add(service)
        if service == LNP:
            self._portability(call, state, answer, now)
            return True
        if service == TOLLFREE:
            return self._toll_free(call, answer, now)
        if answer.kind in {"FAULT", "CONTINUE"}:
            state.name = answer.name
            call.ama_slp_id = answer.ama_slp_id or call.ama_slp_id
            self._present(call, now)
            return True
        if answer.kind == "ROUTE":  # forwarded: another number, of which nothing is known yet
            state.here = state.translated = False
            state.forwarded = True
            state.dialed_ported = ""
            state.asked.clear()  # how often a call is sent on, its redirection count limits
            if not call.from_line:
                state.billed, state.toll_free = "", False
        return False

    def _portability(self, call: Call, state: CallServices, answer: Instruction, now: int) -> None:
        """The routing number, or the dialed one; both count as looked up. Without an answer: on as dialed, M 0 (unconfirmed)."""
        if answer.kind == "ROUTE":
            state.translated, state.lnp_query = True, "ANSWERED"
            if answer.called != call.called:
                state.dialed_ported, state.lrn = call.called, answer.called
                call.called = answer.called
            call.ama_slp_id = call.ama_slp_id or answer.ama_slp_id
            carriers = facility_order((), answer.carriers) if answer.carriers else state.pending
        else:
            silent = answer.reason in {"T1 expired", "gapped"}
            state.lnp_query = "NO_ANSWER" if silent else "ERROR"
            carriers = state.pending
        self.route(call, tuple(one for one in carriers if isinstance(one, Choice)), now)

    def _toll_free(self, call: Call, answer: Instruction, now: int) -> bool:
        """The destination and perhaps a carrier; the record keeps the number that was dialed."""
        if answer.kind != "ROUTE":
            return False
        call.ama_slp_id, call.echo = answer.ama_slp_id, answer.echo or call.echo
        call.called, call.called_non = answer.called, answer.called_non
        self.route(call, facility_order((), answer.carriers), now)
        return True

    # --- what goes on and what is told -------------------------------------------------------------------------------

    @staticmethod
    def take_translation(call: Call, setup: Setup) -> None:
        """Take what an address message says of the called number."""
        if setup.translation is not None:
            state = call.services = CallServices()
            state.translated = setup.translation.translated
            state.dialed_ported = setup.translation.dialed
            state.jurisdiction = setup.translation.jurisdiction

    @staticmethod
    def translation(call: Call) -> Translation | None:
        """What the next switch gets about the called number; None where no service had to do with the call."""
        state = call.services
        if state is None:
            return None
        dialed = "" if state.here else state.dialed_ported
        return Translation(state.translated, dialed, state.jurisdiction)

    def tell_presented(self, call: Call) -> None:
        """Say which line rings, and what it is shown of the caller."""
        if self.number_triggers is not None:
            name = call.services.name if call.services is not None else ""
            self.emit(Presented(call.id, call.called, call.calling or "", name))
