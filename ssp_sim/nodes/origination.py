"""What a switch does with a caller before there is a route: dial tone, access code, second dial tone, digits, triggers.

A line with a customized dialing plan dials an access code (one of the declared codes, or any digit that does not start
an extension of its own group) and hears dial tone again; without one it dials a four-digit extension, which stays inside
the group and never triggers. A PRI call set-up brings everything at once; a one-way MF trunk brings no code.

Source: A-011 to A-017, A-020, A-021, [0045], [0051], [0062], [0064].
"""

from collections.abc import Mapping
from typing import Final

from ain_scp.ssp_sim.nodes import call_events as ev
from ain_scp.ssp_sim.nodes import points_in_call as pic
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_control import CallControl
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint, originating_walk
from ain_scp.ssp_sim.nodes.collection import COMPLETE, PERHAPS, completeness, read
from ain_scp.ssp_sim.nodes.events import LineEvent, LineKind, LineSignal, Noted
from ain_scp.ssp_sim.nodes.makes import can_trigger
from ain_scp.ssp_sim.nodes.numbering import Line
from ain_scp.ssp_sim.nodes.trunks import PSTN
from ain_scp.terms.dialed import EMERGENCY_NUMBER, emergency_digits, emergency_sent
from ain_scp.terms.digits import is_digits
from ain_scp.terms.triggers import TRIGGERS, beginning

EXTENSION_DIGITS: Final = 4
MOST_DIGITS: Final = 32
"""Digits a register holds; more are not taken."""

DETECTION: Final[Mapping[str, DetectionPoint]] = {row.name: DetectionPoint[row.stops_at] for row in TRIGGERS}
"""Where each trigger stops the call. The service calls all three originating queries INFO_ANALYZED."""


_DIALS_CODE: Final = beginning("ACCESS_CODE")
_OFF_HOOK: Final = beginning("OFF_HOOK")
_CODE, _NUMBER, _EXTENSION = "code", "number", "extension"


class Origination:
    """The callers of one switch, until their calls have a route."""

    def __init__(
        self, control: CallControl, kind: str, detection: Mapping[str, DetectionPoint], *, equipped: bool
    ) -> None:
        self._control = control
        self._kind = kind
        self._equipped = equipped
        self._detection = detection

    def line(self, signal: LineSignal, now: int) -> None:
        """Take one signal of a telephone, PBX trunk or called line; signals out of season are ignored."""
        control, kind = self._control, signal.kind
        if kind == "ANSWER":
            rung = control.ringing.get((signal.call, signal.line))
            if rung is not None:
                control.answered(rung, now)
            return
        call = control.by_id.get(signal.call)
        if kind in {"OFF_HOOK", "SETUP"}:
            if call is None:
                self._originate(signal, now)
        elif kind == "ON_HOOK":
            if call is not None and call.caller == signal.line:
                control.caller_left(call, now)
                return
            rung = control.ringing.get((signal.call, signal.line))
            if rung is not None and rung.active:
                control.called_left(rung, now)
        elif call is not None and kind == "DIGITS":
            self._digits(call, signal.digits, now)
        elif call is not None and call.o is pic.COLLECT_INFORMATION and call.digits:
            self._collected(call, now)

    def _originate(self, signal: LineSignal, now: int) -> None:
        control = self._control
        call = Call(signal.call, now)
        group = control.plan.pbx_groups.get(signal.trunk_group) if signal.trunk_group is not None else None
        number = group.pilot if group is not None and not group.caller_id else signal.line
        call.caller, call.group, call.calling, call.bearer = signal.line, group, number, signal.bearer
        call.line = control.plan.line(number) or Line(number, control.name)
        control.by_id[call.id] = call
        if call.line.through:
            control.board.join(call.id, call.line.through)
        control.board.join(call.id, control.name)
        call.o = originating_walk(call.o, ev.ORIGINATE, ev.AUTHORIZED)
        call.stage = _CODE if self._expects_code(call) else _NUMBER
        if signal.kind == "SETUP":
            call.access_code, call.digits = signal.access_code, signal.digits[:MOST_DIGITS]
            self._collected(call, now)
            return
        if not control.off_hook(call, self._dial_tone, now):
            self._dial_tone(call, now)

    def _dial_tone(self, call: Call, _now: int) -> None:
        self._tone(call, "DIAL_TONE")
        self._control.start(call, self._control.durations.first_digit, self._gave_up)

    def _expects_code(self, call: Call) -> bool:
        """Say whether the caller's first digits may be an access code of a dialing plan of this switch."""
        line = call.line
        if line is None or line.switch != self._control.name or line.trigger in _OFF_HOOK:
            return False
        return line.trigger in _DIALS_CODE or bool(line.pstn_codes)

    def _digits(self, call: Call, digits: str, now: int) -> None:
        if call.collecting:
            self._control.keyed(call, digits, now)
        if call.o is not pic.COLLECT_INFORMATION or call.suspended is not None:
            return
        call.stop_timer()
        call.digits = (call.digits + digits)[:MOST_DIGITS]
        if call.stage == _CODE and not self._access_code(call):
            self._control.start(call, self._control.durations.interdigit, self._paused)
            return
        if self._complete(call):
            self._collected(call, now)
        else:
            wait = self._control.durations.interdigit if call.digits else self._control.durations.first_digit
            self._control.start(call, wait, self._paused)

    def _access_code(self, call: Call) -> bool:
        """Take the access code off the front; False = its second digit must come first."""
        line, digits = call.line, call.digits
        if line is None or not digits:
            return True
        own = line.trigger in _DIALS_CODE
        codes = line.access_codes | line.pstn_codes if own else line.pstn_codes
        code = max((code for code in codes if digits.startswith(code)), key=len, default="")
        if not code and any(one.startswith(digits) for one in codes):
            return False
        if not code and own and digits[0] != line.number[6:7]:
            code = digits[0]
        if code:
            call.stage, call.access_code, call.digits = _NUMBER, code, digits[len(code) :]
            self._tone(call, "SECOND_DIAL_TONE")
        else:
            call.stage = _EXTENSION if own else _NUMBER
        return True

    @staticmethod
    def _complete(call: Call) -> bool:
        if call.stage == _EXTENSION:
            return len(call.digits) >= EXTENSION_DIGITS
        return _is_emergency(call) or completeness(call.digits) is COMPLETE

    def _paused(self, call: Call, now: int) -> None:
        """The inter-digit timer expired: what is there is what was dialed, if it can be a number."""
        from_pbx = call.group is not None
        if _is_emergency(call, whole=from_pbx) or (
            call.stage == _NUMBER and completeness(call.digits) is PERHAPS
        ):
            self._collected(call, now)
        else:
            self._gave_up(call, now)

    def _gave_up(self, call: Call, _now: int) -> None:
        self._control.emit(Noted(call.id, "PartialDial", (("digits", call.digits),)))
        self._control.announce(call, self._control.announcements.vacant_code, "PARTIAL_DIAL")

    def _collected(self, call: Call, now: int) -> None:
        """Digits are complete: Info_Collected, Info_Analyzed, and a trigger at one of them or none."""
        call.stop_timer()
        emergency = _is_emergency(call, whole=True)
        if call.stage == _EXTENSION and not (emergency and len(call.digits) < EXTENSION_DIGITS):
            self._extension(call, now)
            return
        call.reading = read(EMERGENCY_NUMBER if emergency else call.digits)
        for event in (ev.COLLECTED, ev.ANALYZED):
            point = call.originating(event)
            if point is not None and self._armed(call, point) and self._control.ask(call, point, now):
                return
        self._control.default_route(call, now)

    def _extension(self, call: Call, now: int) -> None:
        """Complete a call inside the centrex group: no trigger, no facility (A-016)."""
        line = call.line
        number = (line.number[:6] if line is not None else "") + call.digits
        call.originating(ev.COLLECTED)
        call.originating(ev.ANALYZED)
        if not is_digits(call.digits) or (
            self._control.plan.serving(number, 3) != self._control.name
            and self._control.plan.line(number) is None
        ):
            self._control.announce(call, self._control.announcements.vacant_code, "VACANT_CODE")
            return
        call.called = number
        self._control.route(call, (PSTN,), now)

    def _armed(self, call: Call, point: DetectionPoint) -> bool:
        """Say whether the caller's trigger is set here, at this detection point, and its criteria are met."""
        line = call.line
        if line is None or line.trigger is None or line.switch != self._control.name:
            return False
        if self._detection.get(line.trigger) is not point:
            return False
        if line.trigger in _DIALS_CODE and call.access_code is None:
            return False
        return can_trigger(self._kind, equipped=self._equipped, trigger=line.trigger)

    def _tone(self, call: Call, kind: LineKind) -> None:
        number = call.line.number if call.line is not None else ""
        self._control.emit(LineEvent(LineSignal(kind, call.id, number)))


def _is_emergency(call: Call, *, whole: bool = False) -> bool:
    """911, whether or not its 9 was taken for an access code (A-103); `whole`: no more digits will come."""
    read_as = emergency_sent if whole else emergency_digits
    return read_as(call.access_code, call.digits) == EMERGENCY_NUMBER
