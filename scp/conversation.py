"""Dialogues of more than one message: what a service may ask a switch to do, and what it hears back.

A `Script` looks at each decision before it is answered; for most calls it has nothing to add. Where it has, it hands back an
`Exchange`, which gives one instruction at a time and gets every report: collect digits or play an announcement
(SendToResource), stop collecting (CancelResourceEvent), route and watch events (AnalyzeRoute with RequestReportBCMEvent),
speak into a call (ConnectToResource), let a call go on (Continue), end it (Disconnect), or answer. No script is the
default, and then no decision is touched.

The state of a dialogue is a literal table, `TABLE`: what each report means in each state. A dialogue that is not answered in
time is cancelled once, then answered as if there had been no script; a watch that lasts too long is closed.
Times are nanoseconds of the caller's clock.

Source: ain-wire sections 4.2, 4.3 items 3, 4; T1.114.4; GR-1299-CORE; D-002.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, Protocol

import msgspec

from ain_scp.signaling.ain.messages import Parameters
from ain_scp.signaling.ain.structures import EventDetectionPoint
from ain_scp.signaling.ain.values import CloseCause
from ain_scp.terms.decision import Decision
from ain_scp.terms.query import Query


class Collect(msgspec.Struct, frozen=True):
    """Play an announcement and collect digits: at most 32, or 253 for normal, 254 for variable numbers."""

    announcement: int
    maximum_digits: int


class Cancel(msgspec.Struct, frozen=True):
    """Stop what the resource is doing; it clears, and that is the next report."""


class Play(msgspec.Struct, frozen=True):
    """Play an announcement before the call is routed, with its variable data; that it was played is the next report."""

    announcement: int
    data: bytes = b""


class Watch(msgspec.Struct, frozen=True):
    """Route the call as decided and report the events named: `request` stops the call there, `notify` only reports.

    `timeout_s` is how long after the answer a timeout is reported. `echo` are the six octets under which the switch notifies
    the end of the call, for a call whose end is reported whether it has an SMDR record or not; `charged` says that this dialogue
    lasts as long as the call does, and that the exchange hears of its end. When nothing comes until `until` (0: the node's
    longest watch), the dialogue times out. `display` is what the caller's telephone is shown ("" = nothing).
    """

    request: frozenset[EventDetectionPoint] = frozenset()
    notify: frozenset[EventDetectionPoint] = frozenset()
    o_no_answer_s: int | None = None
    t_no_answer_s: int | None = None
    timeout_s: int | None = None
    echo: bytes | None = None
    charged: bool = False
    until: int = 0
    display: str = ""


class Speak(msgspec.Struct, frozen=True):
    """Play an announcement into a call that is up; that it was played is the next report."""

    announcement: int


class Proceed(msgspec.Struct, frozen=True):
    """Watch on with another timer; a call that waits for an instruction (`waits`) continues."""

    watch: Watch
    waits: bool = True


class Wait(msgspec.Struct, frozen=True):
    """Send nothing; report TIMEOUT at an instant unless something else comes before."""

    until: int


class Drop(msgspec.Struct, frozen=True):
    """End the call: Disconnect, and the dialogue with it."""


class Answer(msgspec.Struct, frozen=True):
    """End with the instruction of a decision; `echo` as in `Watch`."""

    decision: Decision
    echo: bytes | None = None


class Finish(msgspec.Struct, frozen=True):
    """End with Close: nothing more is asked of the switch."""

    cause: CloseCause = CloseCause.EDPS_COMPLETED


Instruction = Collect | Cancel | Play | Watch | Speak | Proceed | Wait | Drop | Answer | Finish


class DialogueInput(IntEnum):
    """What can happen to a dialogue."""

    RESOURCE_CLEAR = 0
    CALL_INFORMATION = 1
    EVENT = 2
    CLOSE = 3
    RESULT = 4
    FAILURE = 5
    OTHER = 6
    PEER_ENDED = 7
    ABORT = 8
    TIMEOUT = 9


class DialogueState(IntEnum):
    """What the node waits for."""

    COLLECTING = 0
    CANCELLING = 1
    WATCHING = 2
    GRANTED = 3
    """The answer to a query without permission is sent; the peer ends the transaction."""
    PLAYING = 4
    """An announcement is played before the call is routed."""
    CHARGED = 5
    """The call is routed, and its script hears of it until it ends."""
    SPEAKING = 6
    """An announcement is played into such a call."""


class DialogueAction(IntEnum):
    """What is then done."""

    RESUME = 0
    """Hand the script a report; its next instruction is sent (none: wait on)."""
    NOTE = 1
    """Nothing."""
    REFUSE = 2
    """Return an application error, unexpected message; wait on."""
    END = 3
    """Forget the dialogue; nothing is sent."""
    CANCEL = 4
    """Ask the resource to stop and wait once more."""
    FALL_BACK = 5
    """Answer with the decision there was before the script."""
    CLOSE = 6
    """End the dialogue with Close."""
    LEAVE = 7
    """Hand the script a last report, whose instruction can no longer be sent, and forget the dialogue."""


_I, _A = DialogueInput, DialogueAction

TABLE: Final[dict[DialogueState, dict[DialogueInput, DialogueAction]]] = {
    DialogueState.COLLECTING: {
        _I.RESOURCE_CLEAR: _A.RESUME,
        _I.CALL_INFORMATION: _A.RESUME,
        _I.EVENT: _A.REFUSE,
        _I.CLOSE: _A.END,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.FALL_BACK,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.END,
        _I.ABORT: _A.END,
        _I.TIMEOUT: _A.CANCEL,
    },
    DialogueState.CANCELLING: {
        _I.RESOURCE_CLEAR: _A.RESUME,
        _I.CALL_INFORMATION: _A.NOTE,
        _I.EVENT: _A.REFUSE,
        _I.CLOSE: _A.END,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.FALL_BACK,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.END,
        _I.ABORT: _A.END,
        _I.TIMEOUT: _A.FALL_BACK,
    },
    DialogueState.WATCHING: {
        _I.RESOURCE_CLEAR: _A.REFUSE,
        _I.CALL_INFORMATION: _A.REFUSE,
        _I.EVENT: _A.RESUME,
        _I.CLOSE: _A.END,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.CLOSE,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.END,
        _I.ABORT: _A.END,
        _I.TIMEOUT: _A.CLOSE,
    },
    DialogueState.GRANTED: {
        _I.RESOURCE_CLEAR: _A.REFUSE,
        _I.CALL_INFORMATION: _A.REFUSE,
        _I.EVENT: _A.REFUSE,
        _I.CLOSE: _A.END,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.END,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.END,
        _I.ABORT: _A.END,
        _I.TIMEOUT: _A.END,
    },
    DialogueState.PLAYING: {
        _I.RESOURCE_CLEAR: _A.RESUME,
        _I.CALL_INFORMATION: _A.NOTE,
        _I.EVENT: _A.REFUSE,
        _I.CLOSE: _A.LEAVE,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.RESUME,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.LEAVE,
        _I.ABORT: _A.LEAVE,
        _I.TIMEOUT: _A.RESUME,
    },
    DialogueState.CHARGED: {
        _I.RESOURCE_CLEAR: _A.REFUSE,
        _I.CALL_INFORMATION: _A.REFUSE,
        _I.EVENT: _A.RESUME,
        _I.CLOSE: _A.LEAVE,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.RESUME,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.LEAVE,
        _I.ABORT: _A.LEAVE,
        _I.TIMEOUT: _A.RESUME,
    },
    DialogueState.SPEAKING: {
        _I.RESOURCE_CLEAR: _A.RESUME,
        _I.CALL_INFORMATION: _A.NOTE,
        _I.EVENT: _A.RESUME,
        _I.CLOSE: _A.LEAVE,
        _I.RESULT: _A.NOTE,
        _I.FAILURE: _A.RESUME,
        _I.OTHER: _A.REFUSE,
        _I.PEER_ENDED: _A.LEAVE,
        _I.ABORT: _A.LEAVE,
        _I.TIMEOUT: _A.RESUME,
    },
}
"""What each report means in each state. Source: T1.114.4; the choice of packages is unconfirmed."""


class Report(msgspec.Struct, frozen=True):
    """What the switch said: the input, the operation's name, its parameters (None: a timeout or failure), and when."""

    input: DialogueInput
    operation: str = ""
    parameters: Parameters | None = None
    now: int = 0


class Asked(msgspec.Struct, frozen=True):
    """A query's place and time: who asked, in which transaction, at which instant of the node; `echo` gives echo data."""

    now: int
    peer: int
    transaction: int
    echo: Callable[[], bytes]


class Exchange(Protocol):
    """The script of one call."""

    def start(self) -> Instruction:
        """Give the first instruction."""

    def resume(self, report: Report) -> Instruction | None:
        """Give the next instruction, or None to wait on."""


class Script(Protocol):
    """A service that talks longer than one answer."""

    def begin(self, query: Query, decision: Decision, asked: Asked) -> Exchange | None:
        """The exchange of this call, or None to answer as decided."""


class Settling(Protocol):
    """A script that hears of the end of calls and that time passes, too."""

    def ended(self, echo: bytes, connect_tenths: int | None, now: int) -> bool:
        """A termination notification came; whether it is of a call without an SMDR record."""

    def next_timer(self) -> int | None:
        """When `handle_timer` must be called."""

    def handle_timer(self, now: int) -> None:
        """Let time pass."""


INPUT_OF_OPERATION: Final[dict[str, DialogueInput]] = {
    "resourceClear": _I.RESOURCE_CLEAR,
    "cTRClear": _I.RESOURCE_CLEAR,
    "callInfoFromResource": _I.CALL_INFORMATION,
    "close": _I.CLOSE,
    "networkBusy": _I.EVENT,
    "oCalledPartyBusy": _I.EVENT,
    "oNoAnswer": _I.EVENT,
    "oTermSeized": _I.EVENT,
    "oAnswer": _I.EVENT,
    "oAbandon": _I.EVENT,
    "oDisconnect": _I.EVENT,
    "tBusy": _I.EVENT,
    "tNoAnswer": _I.EVENT,
    "tAnswer": _I.EVENT,
    "timeout": _I.EVENT,
}
"""What an Invoke within a dialogue is; any other operation is OTHER."""


def bits_of(points: frozenset[EventDetectionPoint]) -> str:
    """The bit string of event detection points, as short as it can be; "" for none."""
    last = max(points, default=-1)
    return "".join("1" if point in points else "0" for point in range(last + 1))
