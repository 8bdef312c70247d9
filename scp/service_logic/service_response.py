"""The door out for the services beside the dialing plan's: an outcome becomes the components of the answer.

The parameters stand in the order of the operation's row. What is unconfirmed has one place each: `_name` (which parameter
carries a calling name), `_billing` (billing indicators of an LNP answer).

Source: ain-wire section 2.2; services design sections 5.2, 6.2, 7, 8.
"""

from typing import Final

from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.scp.service_logic.response import (
    ANALYZE_ROUTE,
    CARRIERS,
    E164,
    FORWARD_CALL,
    SEND_NOTIFICATION,
    announce,
)
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.messages import Operation
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import (
    BillingIndicator,
    Carrier,
    RedirectionInformation,
    TaggedList,
    Value,
)
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import Component, invoke
from ain_scp.terms.service import CallerName, Number, ServiceOutcome

AUTHORIZE_TERMINATION: Final = operation_named("authorizeTermination")
DISCONNECT: Final = operation_named("disconnect")
OPERATIONS: Final[dict[str, Operation]] = {
    "ANALYZE_ROUTE": ANALYZE_ROUTE,
    "FORWARD_CALL": FORWARD_CALL,
    "AUTHORIZE_TERMINATION": AUTHORIZE_TERMINATION,
    "DISCONNECT": DISCONNECT,
}

CALLING_PARTY_NAME: Final = 0x8D
"""The element of displayText that is the caller's name."""

GENERIC_NAME: Final = {"ALLOWED": 0x20, "RESTRICTED": 0x21, "UNAVAILABLE": 0x30}
"""First octet of genericName: calling name (bits 8-6), availability (bit 5), presentation (bits 2-1)."""

UNCONDITIONAL: Final = 3
DIVERTED: Final = 3


def service_components(
    outcome: ServiceOutcome, snapshot: Snapshot, invoke_id: int | None, echo: bytes | None
) -> tuple[Component, ...]:
    """The components of the answer; `echo` = the echo data of a notification that is asked for, or None."""
    if outcome.type == "SEND_TO_RESOURCE":
        return (announce(outcome.announcement or "", snapshot, invoke_id),)
    operation = OPERATIONS[outcome.type]
    answer = invoke(operation.code, encode_parameters(operation, _values(outcome)), 2, invoke_id)
    if echo is None:
        return (answer,)
    notify = encode_parameters(SEND_NOTIFICATION, {"echoData": echo})
    return (answer, invoke(SEND_NOTIFICATION.code, notify, 3, invoke_id))


def _values(outcome: ServiceOutcome) -> dict[str, Value]:
    """The parameters that have a value."""
    values: dict[str, Value] = {}
    for name, number in (
        ("callingPartyID", outcome.calling),
        ("chargeNumber", outcome.charge),
        ("calledPartyID", outcome.called),
    ):
        if number is not None:
            values[name] = _digits(number)
    if outcome.charge_station_type is not None:
        values["chargePartyStationType"] = outcome.charge_station_type
    carriers = (Carrier(0, outcome.carrier_nature, code) for code in outcome.carriers)
    values.update(zip(CARRIERS, carriers, strict=False))
    if outcome.billing_indicator is not None:
        values["primaryBillingIndicator"] = _billing(outcome.billing_indicator)
    if outcome.ama_slp_id is not None:
        values["aMAslpID"] = outcome.ama_slp_id
    if outcome.redirecting is not None:
        values["redirectingPartyID"] = _digits(Number(outcome.redirecting))
        count = outcome.redirection_count or 1
        values["redirectionInformation"] = RedirectionInformation(
            UNCONDITIONAL, DIVERTED, UNCONDITIONAL, count
        )
    if outcome.name is not None:
        values.update(_name(outcome.name))
    return values


def _digits(number: Number) -> Digits:
    return Digits(number.nature, E164, number.digits, int(number.restricted), number.screening)


def _billing(indicator: tuple[str, str]) -> BillingIndicator:
    """AMA call type and feature, three digits each; that they stand in an AIN answer is unconfirmed."""
    return BillingIndicator(*indicator)


def _name(name: CallerName) -> dict[str, Value]:
    """A calling name in the parameters that the data set names; which one a switch reads is unconfirmed."""
    values: dict[str, Value] = {}
    text = (name.text or "").encode("ascii")
    if name.carry != "genericName" and text:
        values["displayText"] = TaggedList(((CALLING_PARTY_NAME, text),))
    if name.carry != "displayText":
        values["genericName"] = bytes((GENERIC_NAME[name.presentation],)) + text
    return values
