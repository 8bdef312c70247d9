"""The door out: a decision becomes the components of the answer.

An originating query is answered with AnalyzeRoute, a host's TerminationAttempt with ForwardCall, which carries the same
facilities and is the operation that may answer it; a refusal with SendToResource. When the call has an SMDR record the
answer also asks for a termination notification with echo data (AMB-70). An absent AMAslpID is absent, and then
redirectionInformation, which stands after it in the row, is left out too: readers that hold AMAslpID mandatory would take
it for out of place; redirectingPartyID alone says that the call is redirected.

Source: A-111, A-140, A-145, A-172, A-225, requirements.md section 5.3, ain-wire sections 2.2, 4.2, 4.3.
"""

from typing import Final

import msgspec

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import APPLICATION_ERROR, FAILURE_REPORT, operation_named
from ain_scp.signaling.ain.structures import (
    Announcement,
    AnnouncementBlock,
    ApplicationErrorString,
    Carrier,
    RedirectionInformation,
    TaggedList,
    Value,
)
from ain_scp.signaling.ain.values import ErrorCause, FailureCause
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import Component, invoke, return_error
from ain_scp.terms.decision import Decision
from ain_scp.terms.dialed import CARRIER_EXCHANGE

ANALYZE_ROUTE: Final = operation_named("analyzeRoute")
FORWARD_CALL: Final = operation_named("forwardCall")
SEND_TO_RESOURCE: Final = operation_named("sendToResource")
SEND_NOTIFICATION: Final = operation_named("sendNotification")

PLAY_ANNOUNCEMENT: Final = 0
"""resourceType: play, do not collect (unconfirmed)."""

E164: Final = 1
NO_NATURE: Final = 1
"""Nature of number of service codes and operator digits, which have none of their own: as dialed."""

CARRIER_NUMBER: Final = 0x76
"""Nature of number of 950-XXXX (T1.113)."""

CARRIER_INTERLATA: Final = 3
REDIRECTED: Final = RedirectionInformation(original_reason=3, indicator=3, reason=3, count=1)
"""Call diverted, unconditional, once."""

TRUNKS: Final = ("primaryTrunkGroup", "alternateTrunkGroup", "secondAlternateTrunkGroup")
CARRIERS: Final = ("carrier", "alternateCarrier", "secondAlternateCarrier")


def components(
    decision: Decision, snapshot: Snapshot, invoke_id: int | None, echo: bytes | None, *, host: bool
) -> tuple[Component, ...]:
    """The components of the answer; `invoke_id` is the query's, `echo` the six octets of echo data or None."""
    if decision.response_type == "SEND_TO_RESOURCE":
        return (announce(decision.announcement or "", snapshot, invoke_id),)
    operation = FORWARD_CALL if host else ANALYZE_ROUTE
    route = invoke(operation.code, encode_parameters(operation, _route(decision)), 2, invoke_id)
    if echo is None or host:
        return (route,)
    notify = encode_parameters(SEND_NOTIFICATION, {"echoData": echo})
    return (route, invoke(SEND_NOTIFICATION.code, notify, 3, invoke_id))


def _route(decision: Decision) -> dict[str, Value]:
    """Parameters of AnalyzeRoute or ForwardCall, at most three trunk groups and three carriers (A-111)."""
    values: dict[str, Value] = {}
    if decision.calling_party is not None:
        values["callingPartyID"] = Digits(3, E164, decision.calling_party)
    called = decision.response_called_party_id or ""
    values["calledPartyID"] = Digits(called_nature(called, decision.response_called_non), E164, called)
    values.update(zip(TRUNKS, decision.trunk_groups, strict=False))
    values.update(
        zip(CARRIERS, (Carrier(0, CARRIER_INTERLATA, code) for code in decision.carriers), strict=False)
    )
    original = decision.response_original_called_party_id
    if original is not None:
        nature = decision.response_original_called_non
        values["redirectingPartyID"] = Digits(NO_NATURE if nature is None else nature, E164, original)
    if decision.ama_slp_id is not None:
        values["aMAslpID"] = decision.ama_slp_id
        if original is not None:
            values["redirectionInformation"] = REDIRECTED
    return values


DISPLAYED: Final = 0x9E
"""The element of displayText that is a text."""


def displaying(route: Component, display: str) -> Component:
    """AnalyzeRoute with a text for the caller's telephone, after all other parameters of a route."""
    shown = encode_parameters(
        ANALYZE_ROUTE, {"displayText": TaggedList(((DISPLAYED, display.encode("ascii", "replace")),))}
    )
    return msgspec.structs.replace(route, parameter=(route.parameter or b"") + shown)


def called_nature(number: str, non: int | None) -> int:
    """The nature of number that a called number is sent with."""
    if non is not None:
        return non
    return CARRIER_NUMBER if len(number) == 7 and number.startswith(CARRIER_EXCHANGE) else NO_NATURE


def announce(cause: str, snapshot: Snapshot, invoke_id: int | None) -> Component:
    """Play the announcement of a cause and disconnect (table 4.7)."""
    announcement = snapshot.announcements.get(cause)
    number = announcement.id if announcement is not None else 0
    values: dict[str, Value] = {
        "resourceType": PLAY_ANNOUNCEMENT,
        "strParameterBlock": AnnouncementBlock((Announcement(number),)),
        "disconnectFlag": True,
    }
    return invoke(SEND_TO_RESOURCE.code, encode_parameters(SEND_TO_RESOURCE, values), 2, invoke_id)


def error_correlated(invoke_id: int | None, cause: ErrorCause) -> Component:
    """ReturnError applicationError to an Invoke, with its cause (ain-wire sections 2.3, 4.3 item 10)."""
    contents = encode_parameters(APPLICATION_ERROR, {"applicationErrorString": ApplicationErrorString(cause)})
    return return_error(invoke_id or 0, APPLICATION_ERROR.code, contents)


def undecidable(invoke_id: int | None) -> Component:
    """What answers a query that cannot be decided (A-260)."""
    return error_correlated(invoke_id, ErrorCause.ERRONEOUS_DATA_VALUE)


def failure_report(invoke_id: int | None, cause: FailureCause) -> Component:
    """ReturnError failureReport to an Invoke: understood, but not now (ain-wire section 4.3 item 10)."""
    contents = encode_parameters(FAILURE_REPORT, {"failureCause": cause})
    return return_error(invoke_id or 0, FAILURE_REPORT.code, contents)
