"""s216: the SCP's samples for Virtual SMDR, from its queries and from termination notifications.

The attempt is sampled before the answer is sent (AMB-81), the completion when the switch reports the end; a refused call has
both at once. Times are local milliseconds.

Source: A-240..A-244, A-255, A-256, AMB-24, AMB-62, AMB-66, AMB-70, AMB-75, AMB-81.
"""

from typing import Final

import msgspec

from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.tcap import Component, Package
from ain_scp.smdr.sample import AFTER_ROUTING, AttemptSample, CompletionSample, Sample, blocked, identifier_of
from ain_scp.terms.decision import Decision
from ain_scp.terms.units import MS_NS

TENTH_MS: Final = 100

TERMINATION_NOTIFICATION: Final = operation_named("terminationNotification")

REPORTS: Final = {
    operation_named("acgOverflow").code: "control_overflows",
    operation_named("reportError").code: "error_reports",
}
"""Other reports of a switch, by the counter each has."""

STATUS_OF_INDICATOR: Final = (
    "COMPLETED",
    "BUSY",
    "NO_ANSWER",
    "ABANDONED",
    "FAILED",
    "ALL_CIRCUITS_BUSY",
    f"BLOCKED:{AFTER_ROUTING}",
)
"""Final status by terminationIndicator octet; any other octet is FAILED. Coding of this simulator, unconfirmed."""


def samples_of(decision: Decision, echo: bytes, now: int, scp: str) -> tuple[Sample, ...]:
    """The attempt of a sampled decision, and its completion when the call is refused."""
    attempt = AttemptSample(
        identifier=identifier_of(echo),
        customer_group=decision.customer,
        calling=decision.calling_party or "",
        called=decision.response_called_party_id or decision.called_number or "",
        start_ms=now // MS_NS,
        original_called=decision.response_original_called_party_id,
        scp=scp,
    )
    if decision.response_type == "SEND_TO_RESOURCE":
        return attempt, blocked(attempt, decision.announcement or "")
    return (attempt,)


def completion_of(
    echo: bytes, indicator: int, connect_tenths: int | None, now: int, scp: str
) -> CompletionSample:
    """The completion that a TerminationNotification reports: end = its arrival, connect = end less the connect time."""
    end = now // MS_NS
    known = indicator < len(STATUS_OF_INDICATOR)
    return CompletionSample(
        identifier=identifier_of(echo),
        status=STATUS_OF_INDICATOR[indicator] if known else "FAILED",
        end_ms=end,
        connect_ms=None if connect_tenths is None else end - connect_tenths * TENTH_MS,
        scp=scp,
    )


def notifications(package: Package, now: int, scp: str) -> tuple[str, list[CompletionSample]]:
    """The outcome (a counter's name) of a Unidirectional package and the completions it reports.

    A TerminationNotification is matched by its echo data only and never answered (ain-wire section 4.3 item 5). A switch
    reports also that it has no room for a control (AcgOverflow), and what was wrong with an answer (ReportError).
    """
    outcome = "unidirectional_other"
    completions = []
    for component in package.components:
        if not component.is_invoke or component.code != TERMINATION_NOTIFICATION.code:
            if outcome == "unidirectional_other" and component.is_invoke:
                outcome = REPORTS.get(component.code or 0, outcome)
            continue
        completion = _completion(component, now, scp)
        if completion is not None:
            completions.append(completion)
            outcome = "notifications"
        elif not completions:
            outcome = "dropped_notification"
    return outcome, completions


def endings(package: Package) -> list[tuple[bytes, int | None]]:
    """Of each completion that `notifications` reads: the echo data, and the connect time in tenths of seconds."""
    found = []
    for component in package.components:
        told = _told(component) if component.is_invoke else None
        if told is not None and component.code == TERMINATION_NOTIFICATION.code:
            found.append((told.echo, told.connect_tenths))
    return found


class Told(msgspec.Struct, frozen=True):
    """What a TerminationNotification says."""

    echo: bytes
    indicator: int
    connect_tenths: int | None


def _completion(component: Component, now: int, scp: str) -> CompletionSample | None:
    told = _told(component)
    if told is None:
        return None
    return completion_of(told.echo, told.indicator, told.connect_tenths, now, scp)


def _told(component: Component) -> Told | None:
    try:
        parameters = decode_parameters(TERMINATION_NOTIFICATION, component.parameter or b"")
    except AinFault:
        return None
    echo, indicator = parameters.octets("echoData"), parameters.octets("terminationIndicator")
    if echo is None or indicator is None:
        return None
    return Told(echo, indicator[0], parameters.integer("connectTime"))
