"""The door between a switch's call and the AIN messages: queries out of a call, instructions out of an answer.

Nothing else in the simulator knows AIN parameters. The mapping is the one the service control point reads.

Source: ain-wire.md sections 2.2, 3 and 4.1; A-011 to A-014, A-140 to A-145; [0045], [0126]-[0131].
"""

from collections.abc import Callable
from typing import Final

from signaling.ain import Parameters, encode_parameters, operation_named
from signaling.ain.structured_types import redirection_of
from signaling.ain.structures import (
    AnnouncementBlock,
    AnnouncementDigitBlock,
    Carrier,
    Cause,
    ControlCause,
    UserID,
    UserIDChoice,
    Value,
)
from signaling.ain.values import BearerCapability, TriggerCriteriaType
from signaling.bcd import Digits
from ssp_sim.kernel import NS_PER_SECOND
from ssp_sim.nodes.call import Call, Instruction
from ssp_sim.nodes.call_model import DetectionPoint
from ssp_sim.nodes.collection import MAX_COLLECTED
from terms.vocabulary import NON_NATIONAL

BEARER_CAPABILITY: Final[dict[str, int]] = {
    "SPEECH": BearerCapability.SPEECH,
    "AUDIO_3K1": BearerCapability.F3_1_KHZ_AUDIO,
    "FAX": BearerCapability.F3_1_KHZ_AUDIO,
    "MODEM_56": BearerCapability.F3_1_KHZ_AUDIO,
    "RDI_56": BearerCapability.B56_KBPS,
    "UDI_64": BearerCapability.B64_KBPS,
}
"""bearerCapability of each bearer of the service."""

TRIGGER_CRITERIA: Final[dict[str, int]] = {
    "CDP_AC": TriggerCriteriaType.CUSTOMIZED_ACCESS,
    "OHD": TriggerCriteriaType.OFF_HOOK_DELAY,
    "PRIBC": TriggerCriteriaType.CHANNEL_SETUP_PRI,
    "TAT": TriggerCriteriaType.TERMINATION_ATTEMPT,
}
"""triggerCriteriaType of each trigger of the service."""

TERMINATION_INDICATOR: Final[dict[str, int]] = {
    "COMPLETED": 0,
    "BUSY": 1,
    "NO_ANSWER": 2,
    "ABANDONED": 3,
    "FAILED": 4,
}
"""The octet terminationIndicator by final status; every other status is 4, failed. Coding of this simulator: unconfirmed."""

_QUERIES: Final[dict[DetectionPoint, str]] = {
    DetectionPoint.INFO_COLLECTED: "infoCollected",
    DetectionPoint.INFO_ANALYZED: "infoAnalyzed",
    DetectionPoint.TERMINATION_ATTEMPT: "terminationAttempt",
}

_NOT_PRESUBSCRIBED: Final = 4  # carrier selection: input by the caller
_ISDN: Final = 1  # numbering plan E.164


def query_arguments(
    call: Call, point: DetectionPoint, lata: str, gapped: ControlCause | None = None
) -> tuple[str, bytes]:
    """Return the operation's name and its argument for a call stopped at a detection point; `gapped` = control met."""
    name = _QUERIES[point]
    values: dict[str, Value] = {"bearerCapability": BEARER_CAPABILITY.get(call.bearer, 0)}
    if len(lata) == 3:
        values["lata"] = Digits(0, 0, lata)
    if call.calling is not None:
        values["callingPartyID"] = Digits(NON_NATIONAL, _ISDN, call.calling)
        values["chargeNumber"] = Digits(NON_NATIONAL, _ISDN, call.calling[:10])
    if gapped is not None:
        values["aCGEncountered"] = gapped
    if point is DetectionPoint.TERMINATION_ATTEMPT:
        _terminating_values(call, values)
    else:
        _originating_values(call, point, values)
    return name, encode_parameters(operation_named(name), values)


def _terminating_values(call: Call, values: dict[str, Value]) -> None:
    """Add what the host tells: the RTL number called, and the number the caller meant ([0129])."""
    values["userID"] = UserID(UserIDChoice.DN, digits=call.called)
    values["triggerCriteriaType"] = TRIGGER_CRITERIA["TAT"]
    values["calledPartyID"] = Digits(call.called_non, _ISDN, call.called)
    if call.original_called is not None:
        values["originalCalledPartyID"] = Digits(call.original_called_non, _ISDN, call.original_called)
    if call.redirecting is not None:
        values["redirectingPartyID"] = Digits(call.redirecting_non, _ISDN, call.redirecting)
    if call.redirection_information:
        values["redirectionInformation"] = redirection_of(call.redirection_information)


def _originating_values(call: Call, point: DetectionPoint, values: dict[str, Value]) -> None:
    """Add the caller, the access code, the digits as dialed and the switch's own reading of them."""
    line, group, reading = call.line, call.group, call.reading
    if group is not None:
        values["userID"] = UserID(UserIDChoice.TRUNK_GROUP_ID, number=group.number)
    else:
        values["userID"] = UserID(UserIDChoice.DN, digits=(call.calling or "").rjust(10, "0"))
    values["triggerCriteriaType"] = TRIGGER_CRITERIA[
        line.trigger if line is not None and line.trigger else "CDP_AC"
    ]
    if call.access_code is not None:
        values["accessCode"] = Digits(0, 0, call.access_code)
    non = reading.non if reading is not None else 0
    name = "collectedAddressInfo" if len(call.digits) <= MAX_COLLECTED else "collectedDigits"
    values[name] = Digits(non, _ISDN, call.digits)
    if reading is None:
        return
    if reading.valid and point is DetectionPoint.INFO_ANALYZED:
        values["calledPartyID"] = Digits(non, _ISDN, reading.number)
    if reading.carrier is not None:
        values["carrier"] = Carrier(_NOT_PRESUBSCRIBED, 0, reading.carrier)


def termination_notification(call: Call, now: int) -> bytes:
    """Return the argument of TerminationNotification for a call that ended."""
    values: dict[str, Value] = {
        "echoData": call.echo or b"",
        "terminationIndicator": bytes((TERMINATION_INDICATOR.get(call.status, 4),)),
    }
    if call.answered_ns is not None:
        values["connectTime"] = (now - call.answered_ns) * 10 // NS_PER_SECOND
    elif call.status == "BUSY":
        values["busyCause"] = Cause(0, 0, 17)
    return encode_parameters(operation_named("terminationNotification"), values)


def route_instruction(parameters: Parameters) -> Instruction:
    """Read AnalyzeRoute (or ForwardCall, which has the same parameters)."""
    called = parameters.digits("calledPartyID")
    if called is None or not called.digits:
        return Instruction("FAULT", reason="AnalyzeRoute without calledPartyID")
    calling = parameters.digits("callingPartyID")
    redirecting = parameters.digits("redirectingPartyID")
    information = parameters.get("redirectionInformation")
    slot = parameters.message.slot("redirectionInformation")
    return Instruction(
        "ROUTE",
        called.digits,
        called.nature,
        calling.digits if calling is not None else None,
        _named(parameters, ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")),
        _carriers(parameters),
        redirecting.digits if redirecting is not None else None,
        redirecting.nature if redirecting is not None else NON_NATIONAL,
        slot.type.encode(information) if slot is not None and information is not None else b"",
        parameters.text("aMAslpID"),
    )


def _named(parameters: Parameters, names: tuple[str, ...]) -> tuple[str, ...]:
    found = (parameters.text(name) for name in names)
    return tuple(value for value in found if value is not None)


def _carriers(parameters: Parameters) -> tuple[str, ...]:
    found = (parameters.carrier(name) for name in ("carrier", "alternateCarrier", "secondAlternateCarrier"))
    return tuple(carrier.digits for carrier in found if carrier is not None)


def announcement_instruction(parameters: Parameters) -> Instruction:
    """Read SendToResource: which announcement, and whether the call ends with it."""
    block = parameters.get("strParameterBlock")
    number = 0
    if isinstance(block, AnnouncementBlock | AnnouncementDigitBlock):
        for element in (*block.uninterruptible, *block.interruptible):
            number = element if isinstance(element, int) else getattr(element, "number", 0)
            break
    return Instruction(
        "ANNOUNCE",
        announcement=number,
        disconnect=parameters.flag("disconnectFlag"),
        ama_slp_id=parameters.text("aMAslpID"),
    )


def _proceed(parameters: Parameters) -> Instruction:
    return Instruction("CONTINUE", ama_slp_id=parameters.text("aMAslpID"))


def _disconnect(parameters: Parameters) -> Instruction:
    return Instruction("DISCONNECT", ama_slp_id=parameters.text("aMAslpID"))


INSTRUCTIONS: Final[dict[str, Callable[[Parameters], Instruction]]] = {
    "analyzeRoute": route_instruction,
    "forwardCall": route_instruction,
    "sendToResource": announcement_instruction,
    "continue": _proceed,
    "authorizeTermination": _proceed,
    "disconnect": _disconnect,
}
"""The answers a switch can carry out, by operation."""
