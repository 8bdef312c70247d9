"""One call in one switch: its two halves, its legs, and what the service control point said about it.

Source: [0101], [0102], [0128]-[0130]; A-140, A-143, A-225; AMB-70.
"""

from ain_scp.ssp_sim.kernel import Event
from ain_scp.ssp_sim.nodes import points_in_call as pic
from ain_scp.ssp_sim.nodes.call_model import (
    ORIGINATING,
    TERMINATING,
    CallEvent,
    DetectionPoint,
    advance,
)
from ain_scp.ssp_sim.nodes.collection import DialedNumber
from ain_scp.ssp_sim.nodes.instruction import NO_POINTS, EventRequest, Instruction
from ain_scp.ssp_sim.nodes.number_triggers import CallServices
from ain_scp.ssp_sim.nodes.numbering import Line, PbxGroup
from ain_scp.ssp_sim.nodes.trunks import Choice, Circuit
from ain_scp.terms.vocabulary import NON_NATIONAL


class Call:
    """The state of one call in one switch; `origin` and `target` are circuits, None where the leg is a line here.

    `from_line`: the caller is served by this switch.

    `collecting` is how many digits the caller is asked for (0 = none, over 32 = as many as come), `keyed` those that came;
    `prompted`: the announcement of a conversation asked for any.

    `talk_timer` runs beside `timer` while the parties talk: `timeout_ns` from `timed_from_ns`, which is the answer, later the end
    of the timer before. `ended_ns` is when a call was over that was cut then and released later. `charge` belongs to who
    charges calls at the switch; `charged_transaction` is the one a charged call keeps while it asks for another way.
    """

    __slots__ = (
        "accepted_ahead",
        "accepted_back",
        "access_code",
        "alerted_back",
        "ama_slp_id",
        "announced",
        "answered_ns",
        "bearer",
        "called",
        "called_non",
        "caller",
        "calling",
        "charge",
        "charged_transaction",
        "choices",
        "chosen",
        "collecting",
        "digits",
        "echo",
        "ended_ns",
        "from_line",
        "group",
        "id",
        "instructed",
        "keyed",
        "line",
        "no_answer_ns",
        "notified",
        "o",
        "origin",
        "original_called",
        "original_called_non",
        "overflowed",
        "prompted",
        "reading",
        "redirecting",
        "redirecting_non",
        "redirection_information",
        "requested",
        "ringing",
        "services",
        "speaking",
        "stage",
        "started_ns",
        "status",
        "suspended",
        "t",
        "talk_timer",
        "target",
        "timed_from_ns",
        "timeout_ns",
        "timer",
        "transaction",
    )

    def __init__(self, call_id: str, started_ns: int, origin: Circuit | None = None) -> None:
        self.id = call_id
        self.started_ns = started_ns
        self.origin = origin
        self.from_line = origin is None
        self.o = pic.O_NULL
        self.t = pic.T_NULL
        self.target: Circuit | None = None
        self.line: Line | None = None
        self.group: PbxGroup | None = None
        self.bearer = "SPEECH"
        self.stage = ""
        self.access_code: str | None = None
        self.digits = ""
        self.reading: DialedNumber | None = None
        self.calling: str | None = None
        self.caller = ""
        self.called = ""
        self.called_non = NON_NATIONAL
        self.original_called: str | None = None
        self.original_called_non = 0
        self.redirecting: str | None = None
        self.redirecting_non = 0
        self.redirection_information = b""
        self.choices: list[Choice] = []
        self.chosen: Choice | None = None
        self.ama_slp_id: str | None = None
        self.echo: bytes | None = None
        self.transaction: int | None = None
        self.suspended: DetectionPoint | None = None
        self.instructed = False
        self.accepted_ahead = False
        self.accepted_back = False
        self.alerted_back = False
        self.overflowed = False
        self.collecting = 0
        self.keyed = ""
        self.prompted = False
        self.requested = NO_POINTS
        self.notified = NO_POINTS
        self.no_answer_ns = 0
        self.timeout_ns: int | None = None
        self.timed_from_ns: int | None = None
        self.talk_timer: Event | None = None
        self.ended_ns: int | None = None
        self.speaking = False
        self.charge: object = None
        self.charged_transaction: int | None = None
        self.announced: int | None = None
        self.ringing = False
        self.answered_ns: int | None = None
        self.status = ""
        self.timer: Event | None = None
        self.services: CallServices | None = None
        """What services asked by called number had to do with the call; None = nothing."""

    @property
    def active(self) -> bool:
        """Whether the two parties talk."""
        return self.o is pic.O_ACTIVE

    def originating(self, event: CallEvent) -> DetectionPoint | None:
        """Move the originating half; returns the detection point passed."""
        found = ORIGINATING[self.o].get(event)
        if found is None:
            found = advance(ORIGINATING, self.o, event)
        self.o, point = found
        return point

    def terminating(self, event: CallEvent) -> DetectionPoint | None:
        """Move the terminating half; returns the detection point passed."""
        found = TERMINATING[self.t].get(event)
        if found is None:
            found = advance(TERMINATING, self.t, event)
        self.t, point = found
        return point

    def take_route(self, answer: Instruction) -> None:
        """Take numbers and redirection from an answer; one without it takes the redirection off again ([0129])."""
        self.instructed = True
        self.called, self.called_non = answer.called, answer.called_non
        if answer.redirecting is not None:
            self.original_called, self.original_called_non = answer.redirecting, answer.redirecting_non
            self.redirecting, self.redirecting_non = answer.redirecting, answer.redirecting_non
            self.redirection_information = answer.redirection_information
        else:
            self.original_called = self.redirecting = None
            self.redirection_information = b""

    def watch(self, wanted: EventRequest) -> None:
        """Arm the detection points of a request, in place of those armed before."""
        self.requested, self.notified = wanted.request, wanted.notify
        self.no_answer_ns, self.timeout_ns = wanted.no_answer_ns, wanted.timeout_ns

    def stop_timer(self) -> None:
        """Cancel the one timer a call runs at a time."""
        timer = self.timer
        if timer is not None:
            timer.action = timer.about = self.timer = None

    def stop_talk_timer(self) -> None:
        """Cancel the timer of the conversation."""
        if self.talk_timer is not None:
            self.talk_timer.cancel()
            self.talk_timer = None
