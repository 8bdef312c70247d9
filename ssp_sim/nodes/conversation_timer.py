"""How long two parties may talk: the timer that an instruction gave an answered call, and what happens when it ends.

The timer counts from the answer, a later one from the end of the one before, so that what is said between two of them takes no
time from anybody. At its end the call is reported and goes on while the instruction comes. When none comes, it goes on as long
as was paid for (`charge_lead` past a timer that was longer than that) and ends there: no free minutes, no cut within paid time.
A call that is cut was over when its timer ended, whenever the release went out.

Source: charging.md 6.1; decision 11. The order of these messages is GR-1299, unconfirmed.
"""

from ain_scp.ssp_sim.nodes import call_events as ev
from ain_scp.ssp_sim.nodes import detection_points as dp
from ain_scp.ssp_sim.nodes import points_in_call as pic
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.events import CAUSE_NORMAL, Noted
from ain_scp.ssp_sim.nodes.instruction import Instruction
from ain_scp.ssp_sim.nodes.number_services import NumberServices


class ConversationTimer(NumberServices):
    """The conversations of one switch that are timed."""

    def time_conversation(self, call: Call, _now: int) -> None:
        """Start the timer that was asked for, when the call is up."""
        if call.timeout_ns is None or call.answered_ns is None or call.o is not pic.O_ACTIVE:
            return
        begins = call.answered_ns if call.timed_from_ns is None else call.timed_from_ns
        call.stop_talk_timer()
        due = begins + call.timeout_ns
        call.talk_timer = self.timers.schedule(due, lambda: self._timed_out(call, due))

    def _timed_out(self, call: Call, due: int) -> None:
        call.talk_timer = None
        call.timed_from_ns = due
        if not self.report(call, dp.TIMEOUT, due):
            self._go_on_unanswered(call, due)

    def instruct_timed_out(self, call: Call, answer: Instruction, now: int) -> None:
        """Do what was said about a call whose time had passed."""
        if answer.kind == "CONTINUE":
            return
        if answer.kind == "SPEAK":
            call.suspended = dp.TIMEOUT
            self.speak(call, answer.announcement)
        elif answer.kind == "FAULT":
            self._go_on_unanswered(call, now)
        else:
            self.cut(call, now)

    def _go_on_unanswered(self, call: Call, now: int) -> None:
        """There is no instruction: what is paid for is not taken away, and nothing is given."""
        lead = self.durations.charge_lead
        begins = now if call.timed_from_ns is None else call.timed_from_ns
        paid = begins + (lead if (call.timeout_ns or 0) > lead else 0)
        call.timed_from_ns = paid
        if paid <= now:
            self.cut(call, now)
        else:
            call.talk_timer = self.timers.schedule(paid, lambda: self.cut(call, paid))

    def speak(self, call: Call, announcement: int) -> None:
        """Play an announcement to the caller of a call that is up; the requester hears when it was played."""
        call.announced, call.speaking = announcement, True
        if call.from_line:
            self.line(call, "ANNOUNCEMENT", announcement=announcement)
        else:
            self.emit(Noted(call.id, "Announcement", (("id", str(announcement)), ("towards", "caller"))))
        self.start(call, self.durations.announcement, self._spoken)

    def _spoken(self, call: Call, now: int) -> None:
        self.cleared(call, now)
        call.speaking = False

    def cut(self, call: Call, now: int) -> None:
        """End a call that is up, as of the moment its time had passed."""
        if call.o is not pic.O_ACTIVE:
            return
        call.stop_talk_timer()
        timed = call.timed_from_ns
        call.ended_ns = now if timed is None else min(now, timed)
        self.emit(Noted(call.id, "Cut"))
        if call.t is not pic.T_NULL:
            call.terminating(ev.CALLED_DISCONNECT)
        call.originating(ev.CALLED_DISCONNECT)
        call.announced = None
        self.release_ahead(call, CAUSE_NORMAL)
        self.release_back(call, CAUSE_NORMAL)
        self.end(call, "COMPLETED", now)
