"""The door out of a switch: a call stopped at a detection point becomes a query or report of AIN.

The way back, from an answer to what the switch does, is instruction.py. The mapping is the one the service control point reads.

Source: ain-wire.md sections 2.2, 3 and 4.1; A-011 to A-014, A-140 to A-145; [0045], [0126]-[0131].
"""

from typing import Final, NamedTuple

from ain_scp.signaling.ain import Parameters, encode_parameters, operation_named
from ain_scp.signaling.ain.structured_types import redirection_of
from ain_scp.signaling.ain.structures import (
    Carrier,
    Cause,
    ControlCause,
    EventDetectionPoint,
    TimeoutTimer,
    UserID,
    UserIDChoice,
    Value,
)
from ain_scp.signaling.ain.values import BearerCapability, TriggerCriteriaType
from ain_scp.signaling.bcd import Digits, octets_of
from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint, PointInCall
from ain_scp.ssp_sim.nodes.collection import MAX_COLLECTED
from ain_scp.ssp_sim.nodes.gapping import RefusedControl
from ain_scp.ssp_sim.nodes.instruction import EventRequest
from ain_scp.terms.triggers import TRIGGERS
from ain_scp.terms.units import SECOND_NS
from ain_scp.terms.vocabulary import NON_NATIONAL

BEARER_CAPABILITY: Final[dict[str, int]] = {
    "SPEECH": BearerCapability.SPEECH,
    "AUDIO_3K1": BearerCapability.F3_1_KHZ_AUDIO,
    "FAX": BearerCapability.F3_1_KHZ_AUDIO,
    "MODEM_56": BearerCapability.F3_1_KHZ_AUDIO,
    "RDI_56": BearerCapability.B56_KBPS,
    "UDI_64": BearerCapability.B64_KBPS,
}
"""bearerCapability of each bearer of the service."""

TRIGGER_CRITERIA: Final[dict[str, int]] = {row.name: row.criteria for row in TRIGGERS}
"""triggerCriteriaType of each trigger of the service."""

TERMINATION_INDICATOR: Final[dict[str, int]] = {
    "COMPLETED": 0,
    "BUSY": 1,
    "NO_ANSWER": 2,
    "ABANDONED": 3,
    "FAILED": 4,
    "ALL_CIRCUITS_BUSY": 5,
    "REFUSED": 6,
}
"""The octet terminationIndicator by final status; every other status is 4, failed. Coding of this simulator: unconfirmed."""

_QUERIES: Final[dict[DetectionPoint, str]] = {
    DetectionPoint.INFO_COLLECTED: "infoCollected",
    DetectionPoint.INFO_ANALYZED: "infoAnalyzed",
    DetectionPoint.TERMINATION_ATTEMPT: "terminationAttempt",
    DetectionPoint.NETWORK_BUSY: "networkBusy",
}

EVENT_REPORTS: Final[dict[DetectionPoint, tuple[EventDetectionPoint, str]]] = {
    DetectionPoint.O_CALLED_PARTY_BUSY: (EventDetectionPoint.O_CALLED_PARTY_BUSY, "oCalledPartyBusy"),
    DetectionPoint.O_NO_ANSWER: (EventDetectionPoint.O_NO_ANSWER, "oNoAnswer"),
    DetectionPoint.O_TERM_SEIZED: (EventDetectionPoint.O_TERM_SEIZED, "oTermSeized"),
    DetectionPoint.O_ANSWER: (EventDetectionPoint.O_ANSWER, "oAnswer"),
    DetectionPoint.O_DISCONNECT: (EventDetectionPoint.O_DISCONNECT, "oDisconnect"),
    DetectionPoint.O_ABANDON: (EventDetectionPoint.O_ABANDON, "oAbandon"),
    DetectionPoint.TIMEOUT: (EventDetectionPoint.TIMEOUT, "timeout"),
}
"""The event detection points a switch reports: the bit that asks for it, and the operation that reports."""

CLEARED: Final = 0
NOTHING_KEYED: Final = 1
"""clearCause: played or collected to the end; nothing was keyed (unconfirmed)."""

_NOT_PRESUBSCRIBED: Final = 4  # carrier selection: input by the caller
_ISDN: Final = 1  # numbering plan E.164


class CallLook(NamedTuple):
    """What a query says besides numbers; queries of one look with numbers of one length have one layout.

    `trigger` is the line's, None without one; `group` the number of a PBX trunk group; `nature` None = the switch has not
    read the digits, `valid` False = it found a vacant code.
    """

    point: DetectionPoint
    bearer: str
    trigger: str | None
    group: int | None
    access_code: str | None
    nature: int | None
    carrier: str | None
    valid: bool
    called_non: int
    original_called_non: int
    redirecting_non: int
    redirection_information: bytes
    criteria: int | None = None
    """Trigger criteria of a query to a service asked by called number; None = the dialing plan's."""
    jurisdiction: str = ""


class CallNumbers(NamedTuple):
    """The numbers of a query: caller, digits as dialed, the switch's reading of them, and what an address message said."""

    calling: str | None
    digits: str
    read: str | None
    called: str
    original_called: str | None
    redirecting: str | None


def look_of(call: Call, point: DetectionPoint) -> tuple[CallLook, CallNumbers]:
    """Take from a call stopped at a detection point what its query says."""
    line, group, reading = call.line, call.group, call.reading
    look = CallLook(
        point,
        call.bearer,
        line.trigger if line is not None else None,
        group.number if group is not None else None,
        call.access_code,
        reading.non if reading is not None else None,
        reading.carrier if reading is not None else None,
        reading is not None and reading.valid,
        call.called_non,
        call.original_called_non,
        call.redirecting_non,
        call.redirection_information,
    )
    services = call.services
    if services is not None and services.asking:
        look = look._replace(criteria=services.criteria, jurisdiction=services.jurisdiction)
    read = reading.number if reading is not None else None
    return look, CallNumbers(
        call.calling, call.digits, read, call.called, call.original_called, call.redirecting
    )


def query_arguments(
    look: CallLook, numbers: CallNumbers, lata: str, gapped: ControlCause | None = None
) -> tuple[str, bytes]:
    """Return the operation's name and its argument; `gapped` = control met."""
    name = _QUERIES[look.point]
    values: dict[str, Value] = {"bearerCapability": BEARER_CAPABILITY.get(look.bearer, 0)}
    if len(lata) == 3:
        values["lata"] = Digits(0, 0, lata)
    if numbers.calling is not None:
        values["callingPartyID"] = Digits(NON_NATIONAL, _ISDN, numbers.calling)
        values["chargeNumber"] = Digits(NON_NATIONAL, _ISDN, numbers.calling[:10])
    if gapped is not None:
        values["aCGEncountered"] = gapped
    if look.criteria is not None and look.point is not DetectionPoint.TERMINATION_ATTEMPT:
        _number_values(look, numbers, values)
    elif look.point is DetectionPoint.TERMINATION_ATTEMPT:
        _terminating_values(look, numbers, values)
    elif look.point is DetectionPoint.NETWORK_BUSY:
        _busy_values(look, numbers, values)
    else:
        _originating_values(look, numbers, values)
    return name, encode_parameters(operation_named(name), values)


def _number_values(look: CallLook, numbers: CallNumbers, values: dict[str, Value]) -> None:
    """Add the called number and what a query by called number says besides: no access code, no digits as dialed."""
    values["userID"] = _user(look, numbers)
    values["triggerCriteriaType"] = look.criteria or 0
    values["calledPartyID"] = Digits(look.called_non, _ISDN, numbers.called)
    if numbers.calling is not None:
        values["chargePartyStationType"] = 0
    if look.jurisdiction:
        values["jurisdictionInformation"] = octets_of(look.jurisdiction)


def _terminating_values(look: CallLook, numbers: CallNumbers, values: dict[str, Value]) -> None:
    """Add what the host says: the RTL number called, and the number the caller meant ([0129])."""
    values["userID"] = UserID(UserIDChoice.DN, digits=numbers.called)
    values["triggerCriteriaType"] = TRIGGER_CRITERIA["TAT"]
    values["calledPartyID"] = Digits(look.called_non, _ISDN, numbers.called)
    _redirection(look, numbers, values)


def _busy_values(look: CallLook, numbers: CallNumbers, values: dict[str, Value]) -> None:
    """Add where the call could not go, and the number the caller meant (A-147)."""
    values["userID"] = _user(look, numbers)
    values["triggerCriteriaType"] = TriggerCriteriaType.NETWORK_BUSY
    values["calledPartyID"] = Digits(look.called_non, _ISDN, numbers.called)
    _redirection(look, numbers, values)


def _redirection(look: CallLook, numbers: CallNumbers, values: dict[str, Value]) -> None:
    """Add the numbers the call had before."""
    if numbers.original_called is not None:
        values["originalCalledPartyID"] = Digits(look.original_called_non, _ISDN, numbers.original_called)
    if numbers.redirecting is not None:
        values["redirectingPartyID"] = Digits(look.redirecting_non, _ISDN, numbers.redirecting)
    if look.redirection_information:
        values["redirectionInformation"] = redirection_of(look.redirection_information)


def _originating_values(look: CallLook, numbers: CallNumbers, values: dict[str, Value]) -> None:
    """Add the caller, the access code, the digits as dialed and the switch's own reading of them."""
    values["userID"] = _user(look, numbers)
    values["triggerCriteriaType"] = TRIGGER_CRITERIA[look.trigger or "CDP_AC"]
    if look.access_code is not None:
        values["accessCode"] = Digits(0, 0, look.access_code)
    name = "collectedAddressInfo" if len(numbers.digits) <= MAX_COLLECTED else "collectedDigits"
    values[name] = Digits(look.nature or 0, _ISDN, numbers.digits)
    if look.valid and look.point is DetectionPoint.INFO_ANALYZED:
        values["calledPartyID"] = Digits(look.nature or 0, _ISDN, numbers.read or "")
    if look.carrier is not None:
        values["carrier"] = Carrier(_NOT_PRESUBSCRIBED, 0, look.carrier)


def _user(look: CallLook, numbers: CallNumbers) -> UserID:
    if look.group is not None:
        return UserID(UserIDChoice.TRUNK_GROUP_ID, number=look.group)
    return UserID(UserIDChoice.DN, digits=(numbers.calling or "").rjust(10, "0"))


def event_report(
    point: DetectionPoint, look: CallLook, numbers: CallNumbers, *, notification: bool
) -> tuple[str, bytes]:
    """Return the operation that reports an event and its argument; `notification` False = the call waits."""
    name = EVENT_REPORTS[point][1]
    values: dict[str, Value] = {
        "userID": _user(look, numbers),
        "bearerCapability": BEARER_CAPABILITY.get(look.bearer, 0),
        "notificationIndicator": notification,
    }
    if point in {DetectionPoint.O_CALLED_PARTY_BUSY, DetectionPoint.O_NO_ANSWER}:
        values["calledPartyID"] = Digits(look.called_non, _ISDN, numbers.called)
    if point is DetectionPoint.TIMEOUT:
        values["pointInCall"] = PointInCall.O_ACTIVE
    return name, encode_parameters(operation_named(name), values)


def spoken() -> bytes:
    """Return the argument of CTRClear: an announcement was played into a call."""
    return encode_parameters(operation_named("cTRClear"), {"clearCause": CLEARED})


def resource_cleared(keyed: str, *, asked: bool) -> bytes:
    """Return the argument of ResourceClear: the digits keyed, when any were asked for."""
    values: dict[str, Value] = {"clearCause": NOTHING_KEYED if asked and not keyed else CLEARED}
    if asked and keyed:
        values["collectedDigits"] = Digits(0, 0, keyed)
    return encode_parameters(operation_named("resourceClear"), values)


def event_request(parameters: Parameters) -> EventRequest:
    """Read RequestReportBCMEvent; bits of events this switch does not report are passed over."""
    seconds = parameters.integer("oNoAnswerTimer") or 0
    timer = parameters.get("timeoutTimer")
    timed = isinstance(timer, TimeoutTimer) and timer.choice == 0
    return EventRequest(
        _points(parameters.text("eDPRequest") or ""),
        _points(parameters.text("eDPNotification") or ""),
        seconds * SECOND_NS,
        timer.seconds * SECOND_NS if timed and isinstance(timer, TimeoutTimer) else None,
    )


def _points(bits: str) -> frozenset[DetectionPoint]:
    return frozenset(point for point, (bit, _name) in EVENT_REPORTS.items() if bits[bit : bit + 1] == "1")


def acg_overflow(refused: RefusedControl) -> bytes:
    """Return the argument of AcgOverflow: the control there was no room for."""
    values: dict[str, Value] = {
        "controlCauseIndicator": refused.cause,
        "translationType": refused.translation_type,
        "globalTitleAddress": refused.digits,
    }
    return encode_parameters(operation_named("acgOverflow"), values)


def termination_notification(status: str, echo: bytes, connect_time: int | bytes | None) -> bytes:
    """Return the argument of TerminationNotification; `connect_time` (tenths, or octets) None = never answered."""
    values: dict[str, Value] = {
        "echoData": echo,
        "terminationIndicator": bytes((TERMINATION_INDICATOR.get(status, 4),)),
    }
    if connect_time is not None:
        values["connectTime"] = connect_time
    elif status == "BUSY":
        values["busyCause"] = Cause(0, 0, 17)
    return encode_parameters(operation_named("terminationNotification"), values)
