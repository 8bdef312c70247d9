"""How a call ends in a switch: either party leaves, it is refused, or an announcement is played.

What a switch knows of a call ends in `end`, whichever way it came there, exactly once.
Source: A-112, A-143, A-175 to A-179; ain-wire.md section 4.3 item 3; [0119], [0128]-[0130].
"""

from typing import Final

from ain_scp.ssp_sim.nodes import call_events as ev
from ain_scp.ssp_sim.nodes import detection_points as dp
from ain_scp.ssp_sim.nodes import points_in_call as pic
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.events import (
    CAUSE_BUSY,
    CAUSE_NO_ANSWER,
    CAUSE_NO_CIRCUIT,
    CAUSE_NORMAL,
    CAUSE_REFUSED,
    CAUSE_REJECTED,
    CAUSE_VACANT,
    Announced,
    CallEnded,
    Noted,
    Refused,
)
from ain_scp.ssp_sim.nodes.legs import Legs
from ain_scp.ssp_sim.nodes.usage import usage_of

ANY_DIGITS: Final = 32
"""Asked for more digits than this, a caller may key as many as wanted."""

REFUSED: Final = "REFUSED"
"""Status of a call that was refused with an announcement after it was routed: by a host, or for want of credit."""

STATUS_OF_CAUSE: Final[dict[int, str]] = {
    CAUSE_NORMAL: "FAILED",
    CAUSE_BUSY: "BUSY",
    CAUSE_NO_ANSWER: "NO_ANSWER",
    CAUSE_NO_CIRCUIT: "ALL_CIRCUITS_BUSY",
    CAUSE_REFUSED: REFUSED,
    42: "ALL_CIRCUITS_BUSY",
}
"""How a call that was never answered ended, by the cause that released it; every other cause is FAILED."""


def is_refusal(status: str) -> bool:
    """Whether a call ends with an announcement that an SCP or a charging processor chose, known by its number."""
    return status == REFUSED or status.removeprefix("ANNOUNCEMENT:").isdigit()


class CallEnding(Legs):
    """The ends of the calls of one switch."""

    def caller_left(self, call: Call, now: int) -> None:
        """Release a call whose caller hung up (or whose incoming circuit was released)."""
        active = call.o is pic.O_ACTIVE
        self.report(call, dp.O_DISCONNECT if active else dp.O_ABANDON, now)
        if call.o is not pic.O_NULL:
            call.originating(ev.CALLING_DISCONNECT)
        if call.t is not pic.T_NULL:
            call.terminating(ev.CALLING_DISCONNECT)
        self.release_ahead(call, CAUSE_NORMAL)
        self.end(call, "COMPLETED" if active else call.status or "ABANDONED", now)

    def called_left(self, call: Call, now: int) -> None:
        """Release a call whose called party hung up after the answer."""
        self.report(call, dp.O_DISCONNECT, now)
        call.terminating(ev.CALLED_DISCONNECT)
        call.originating(ev.CALLED_DISCONNECT)
        self.release_ahead(call, CAUSE_NORMAL)
        self.release_back(call, CAUSE_NORMAL)
        self.end(call, "COMPLETED", now)

    def refuse(self, call: Call, cause: int, now: int) -> None:
        """Report to the caller's side that the call failed, both halves being null already."""
        if call.services is not None:
            self.emit(Refused(call.id, cause))
        self.release_ahead(call, cause)
        self.release_back(call, cause)
        self.end(call, call.status or STATUS_OF_CAUSE.get(cause, "FAILED"), now)

    def treat(self, call: Call, status: str, cause: int, now: int) -> None:
        """End the attempt in whichever point it is."""
        if call.t is not pic.T_NULL:
            call.terminating(ev.TREATED if call.t is pic.AUTHORIZE_TERMINATION else ev.CALLED_DISCONNECT)
        if call.o is not pic.O_NULL:
            call.originating(ev.TREATED if call.o is not pic.O_ALERTING else ev.CALLED_DISCONNECT)
        call.status = status
        self.refuse(call, cause, now)

    def announce(self, call: Call, announcement: int, cause: str, collect: int = 0, text: str = "") -> None:
        """Play an announcement to the caller, then end the call (or report to the SCP that waits for it).

        `collect` digits are asked for with it: 0 none, over 32 as many as the caller keys. `text` is its variable data.
        """
        call.announced, call.collecting, call.keyed, call.prompted = announcement, collect, "", bool(collect)
        if call.suspended is None:
            default = cause == "DEFAULT_TREATMENT"
            call.status = cause if default else f"ANNOUNCEMENT:{cause or announcement}"
            self.emit(Announced(call.id, announcement, cause))
        if call.from_line:
            self.line(call, "ANNOUNCEMENT", announcement=announcement, collects=bool(collect), text=text)
        else:
            self.emit(Noted(call.id, "Announcement", (("id", str(announcement)), ("towards", "caller"))))
        if collect:
            self.start(call, self.durations.first_digit, self._keying_ended)
        else:
            self.start(call, self.durations.announcement, self._announced)

    def _announced(self, call: Call, now: int) -> None:
        if call.suspended is not None:
            self.cleared(call, now)
            return
        if is_refusal(call.status):
            cause = CAUSE_REFUSED
        else:
            cause = CAUSE_VACANT if "VACANT" in call.status else CAUSE_REJECTED
        self.treat(call, call.status, cause, now)

    def keyed(self, call: Call, digits: str, now: int) -> None:
        """Take digits that a caller keys when asked to."""
        most = min(call.collecting, ANY_DIGITS)
        call.keyed = (call.keyed + digits)[:most]
        if len(call.keyed) >= call.collecting:
            self._keying_ended(call, now)
        else:
            self.start(call, self.durations.interdigit, self._keying_ended)

    def _keying_ended(self, call: Call, now: int) -> None:
        """Report what was keyed, whether all that was asked for or nothing."""
        call.collecting = 0
        self.cleared(call, now)

    def stop_resource(self, call: Call, now: int) -> None:
        """Break off an announcement of a conversation, digits and all."""
        if call.suspended is not None and call.announced is not None:
            self._keying_ended(call, now)

    def end(self, call: Call, status: str, now: int) -> None:
        """Forget a call that is over, and report it where it must be known."""
        call.stop_timer()
        call.stop_talk_timer()
        call.status = status
        if call.from_line:
            self.by_id.pop(call.id, None)
        self.stop_ringing(call)
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
        if self.over is not None:
            self.over(call, now)
        self.board.leave(call.id, self.name)
        if call.from_line or self.watched:
            self.emit(CallEnded(call.id, status, call.from_line))
