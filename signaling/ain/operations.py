"""Every AIN operation and error, made from the rows of `operation_rows`, found by code and by name.

SendNotification's code is unconfirmed; a `Registry` takes another. Other operations that tshark names have no public
argument order; `NAMED_OPCODES` names them.

Source: ain-wire sections 2.1-2.3, 4.2; GR-1299-CORE.
"""

from typing import Final

from ain_scp.signaling.ain.messages import Direction, Message, Operation
from ain_scp.signaling.ain.operation_rows import ROWS, SEND_NOTIFICATION_OPCODE

_UNCONFIRMED: Final = frozenset(("sendNotification", "oCalledPartyBusy", "reportError"))

_RESULTS: Final[dict[str, str]] = {
    "sendToResource": "extensionParameter",
    "resourceClear": "extensionParameter",
    "acgGlobalCtrlRestore": "extensionParameter",
    "updateRequest": "failureCause",
    "echoRequest": "failureCause",
    "createCall": "failureCause",
    "activityTest": "actResult!",
    "callTypeRequest": "callType!",
}

_NO_ERRORS: Final = frozenset(
    (
        "close",
        "acgOverflow",
        "terminationNotification",
        "nCAData",
        "controlRequest",
        "sendNotification",
        "reportError",
    )
)

_ANSWERS: Final[dict[str, str]] = {
    "infoAnalyzed": "analyzeRoute continue sendToResource disconnect collectInformation",
    "infoCollected": "analyzeRoute sendToResource disconnect continue",
    "originationAttempt": "analyzeRoute sendToResource disconnect",
    "terminationAttempt": "authorizeTermination forwardCall sendToResource disconnect",
    "networkBusy": "analyzeRoute sendToResource disconnect continue forwardCall",
    "oNoAnswer": "analyzeRoute sendToResource continue",
    "oCalledPartyBusy": "analyzeRoute sendToResource continue",
    "tBusy": "forwardCall offerCall continue sendToResource",
    "tNoAnswer": "forwardCall sendToResource continue",
    "resourceClear": "analyzeRoute forwardCall sendToResource authorizeTermination disconnect continue offerCall "
    "collectInformation",
    "oDisconnect": "collectInformation sendToResource analyzeRoute connectToResource disconnect disconnectLeg "
    "mergeCall reconnect",
    "timeout": "analyzeRoute connectToResource continue disconnect forwardCall sendToResource",
    "sendToResource": "resourceClear callInfoFromResource",
    "cancelResourceEvent": "resourceClear",
    "connectToResource": "callInfoFromResource cTRClear",
    "monitorForChange": "monitorSuccess statusReported",
    "createCall": "originationAttempt",
}

APPLICATION_ERROR: Final = Message("applicationError", 1, "applicationErrorString!")
FAILURE_REPORT: Final = Message("failureReport", 2, "failureCause! failureCauseData")
ERRORS: Final[dict[int, Message]] = {1: APPLICATION_ERROR, 2: FAILURE_REPORT}
"""The errors by private error code."""

NAMED_OPCODES: Final[dict[int, str]] = {
    25613: "termResourceAvailable",
    25615: "oMidCall",
    25617: "successOutcome",
    25618: "tDisconnect",
    25619: "tMidCall",
    25625: "oSuspended",
    25628: "tDTMFEntered",
    25864: "disconnectLeg",
    25865: "mergeCall",
    25866: "moveLeg",
    25867: "originateCall",
    25868: "splitLeg",
    25870: "reconnect",
    26626: "queryRequest",
    26627: "update",
    27393: "nCARequest",
}
"""Operations known by name only; they decode as unrecognised."""


def _errors(name: str, direction: Direction) -> tuple[str, ...]:
    if name in _NO_ERRORS:
        return ()
    return ("applicationError", "failureReport") if direction is Direction.TO_SCP else ("applicationError",)


def _operation(name: str, opcode: int, direction: Direction, row: str) -> Operation:
    result = Message(name, opcode, _RESULTS[name]) if name in _RESULTS else None
    answers = tuple(_ANSWERS.get(name, "").split())
    return Operation(
        name,
        opcode,
        row,
        direction,
        _errors(name, direction),
        result,
        answers,
        unconfirmed=name in _UNCONFIRMED,
    )


class Registry:
    """The operations by code and by name; SendNotification's code can be set (16 bits, no other operation's)."""

    def __init__(self, send_notification_opcode: int = SEND_NOTIFICATION_OPCODE) -> None:
        self.by_opcode: dict[int, Operation] = {}
        self.by_name: dict[str, Operation] = {}
        for name, code, direction, row in ROWS:
            opcode = send_notification_opcode if name == "sendNotification" else code
            if opcode in self.by_opcode or not 0 <= opcode <= 0xFFFF:
                message = f"operation code {opcode} is taken or over 16 bits"
                raise ValueError(message)
            one = _operation(name, opcode, direction, row)
            self.by_opcode[opcode] = self.by_name[name] = one

    def operation(self, opcode: int) -> Operation | None:
        """Find an operation by its code; None when not known."""
        return self.by_opcode.get(opcode)

    def named(self, name: str) -> Operation:
        """Find an operation by its name; KeyError when there is none."""
        return self.by_name[name]


REGISTRY: Final = Registry()
"""The operations with the default codes."""

OPERATIONS: Final[tuple[Operation, ...]] = tuple(REGISTRY.by_opcode.values())
"""Every operation, in the order of the table."""


def operation(opcode: int) -> Operation | None:
    """Find an operation by its default code; None when not known."""
    return REGISTRY.by_opcode.get(opcode)


def operation_named(name: str) -> Operation:
    """Find an operation by its name; KeyError when there is none."""
    return REGISTRY.by_name[name]
