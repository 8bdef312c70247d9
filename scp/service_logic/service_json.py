"""What a service beside the dialing plan's decided, as JSON: the `decision` and refusal forms of these services.

Source: services design section 4.3.
"""

from typing import Final

import msgspec

from ain_scp.scp.service_logic.decision_json import StepForm
from ain_scp.terms.service import ServiceOutcome, ServiceRefusal
from ain_scp.terms.trace import Trace

_OPERATIONS: Final = {
    "ANALYZE_ROUTE": "AnalyzeRoute",
    "SEND_TO_RESOURCE": "SendToResource",
    "AUTHORIZE_TERMINATION": "AuthorizeTermination",
    "FORWARD_CALL": "ForwardCall",
    "DISCONNECT": "Disconnect",
}


def operation_of(response: str) -> str:
    """The operation that a response's type means."""
    return _OPERATIONS.get(response, response)


class ServiceResponseForm(msgspec.Struct):
    """The `response` object of a service; what is not sent is null."""

    type: str
    announcement: str | None = None
    called_party_id: str | None = None
    called_non: int | None = None
    original_called_party_id: str | None = None
    original_called_non: int | None = None
    trunk_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    ama_slp_id: str | None = None
    charge_number: str | None = None
    charge_party_station_type: int | None = None
    primary_billing_indicator: tuple[str, str] | None = None
    redirecting_party_id: str | None = None
    redirection_count: int | None = None
    calling_name: str | None = None
    calling_name_presentation: str | None = None


class ServiceDecisionForm(msgspec.Struct):
    """The `decision` object of a service."""

    service: str
    outcome: str
    path: list[str]
    response: ServiceResponseForm
    steps: list[StepForm]


class ServiceAnswerLine(msgspec.Struct, omit_defaults=True):
    """One answer line of a service: a decision, or the refusal of a query that it cannot answer."""

    id: str | int | None
    decision: ServiceDecisionForm | None = None
    service: str | None = None
    error_cause: str | None = None
    error: str | None = None


def service_line(
    identity: str | int | None, result: ServiceOutcome | ServiceRefusal, trace: Trace | None
) -> ServiceAnswerLine:
    """The answer to one query line."""
    if isinstance(result, ServiceRefusal):
        return ServiceAnswerLine(
            identity, service=result.service, error_cause=result.cause, error=result.reason
        )
    return ServiceAnswerLine(identity, decision=outcome_form(result, trace))


def outcome_form(outcome: ServiceOutcome, trace: Trace | None) -> ServiceDecisionForm:
    """The `decision` object of what a service decided."""
    return ServiceDecisionForm(
        outcome.service,
        outcome.outcome,
        trace.path() if trace is not None else [],
        response_form(outcome),
        [StepForm(*step) for step in trace.steps] if trace is not None else [],
    )


def response_form(outcome: ServiceOutcome) -> ServiceResponseForm:
    """The JSON form of what is sent."""
    called, name = outcome.called, outcome.name
    return ServiceResponseForm(
        type=outcome.type,
        announcement=outcome.announcement,
        called_party_id=called.digits if called is not None else None,
        called_non=called.nature if called is not None else None,
        carriers=outcome.carriers,
        ama_slp_id=outcome.ama_slp_id,
        charge_number=outcome.charge.digits if outcome.charge is not None else None,
        charge_party_station_type=outcome.charge_station_type,
        primary_billing_indicator=outcome.billing_indicator,
        redirecting_party_id=outcome.redirecting,
        redirection_count=outcome.redirection_count,
        calling_name=name.text if name is not None else None,
        calling_name_presentation=name.presentation if name is not None else None,
    )


def said(decision: ServiceDecisionForm) -> str:
    """Outcome, where it leads, and by which carriers."""
    answer = decision.response
    to = answer.announcement or answer.called_party_id
    by = f" by {', '.join(answer.carriers)}" if answer.carriers else ""
    return f"{decision.outcome}{f' {to}' if to else ''}{by}"
