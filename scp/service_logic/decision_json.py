"""A decision as JSON, and a query read from JSON: the forms of interfaces.md section 4.

Source: interfaces.md section 4, acceptance schema.
"""

from typing import Final

import msgspec

from ain_scp.scp.service_logic.program import Undecidable
from ain_scp.terms.conditions import DRAWS
from ain_scp.terms.decision import Decision
from ain_scp.terms.dialed import keyed
from ain_scp.terms.localtime import parse
from ain_scp.terms.query import Query
from ain_scp.terms.service import Number, ServiceQuery
from ain_scp.terms.trace import Trace
from ain_scp.terms.triggers import TRIGGER_TYPES, TRIGGERS
from ain_scp.terms.vocabulary import BEARERS, MESSAGE_KINDS, NON_NATIONAL


class QueryForm(msgspec.Struct, forbid_unknown_fields=True):
    """The `query` object of a query line."""

    message: str
    trigger: str = ""
    calling_party: str | None = None
    time: str = ""
    ssp: str = ""
    trunk_group: str | None = None
    access_code: str | None = None
    dialed: str = ""
    bearer: str = "SPEECH"
    called_party: str | None = None
    called_non: int | None = 3
    original_called_party: str | None = None
    original_called_non: int | None = None
    trigger_criteria: int | None = None
    ssn: int | None = None
    translation_type: int | None = None
    lata: str | None = None
    charge_number: str | None = None
    charge_party_station_type: int | None = None
    calling_non: int | None = None
    calling_presentation: str | None = None
    redirection_count: int | None = None
    draw: int | None = None


DIALING_FIELDS: Final = tuple(
    field.name
    for field in msgspec.structs.fields(QueryForm)[: QueryForm.__struct_fields__.index("trigger_criteria")]
)
"""What the dialing plan service asks; the fields after them are the other services'."""


class QueryLine(msgspec.Struct):
    """One line of a queries file; keys beside these two are ignored, so a line of the acceptance cases is accepted."""

    query: QueryForm
    id: str | int | None = None


def query_line(form: QueryForm, identity: str | int | None = None) -> dict[str, object]:
    """A query as the shortest line that asks it: what is absent or as usual is left out."""
    usual = {"ssp": "", "dialed": "", "called_non": 3, "trigger": ""}
    query = {
        name: value
        for name, value in msgspec.to_builtins(form).items()
        if value is not None and usual.get(name) != value
    }
    return ({} if identity is None else {"id": identity}) | {"query": query}


class RouteForm(msgspec.Struct):
    """The `route` object."""

    kind: str
    asf_results: int
    outcome: str | None
    rtl_number: str | None


class ResponseForm(msgspec.Struct):
    """The `response` object."""

    type: str
    announcement: str | None
    called_party_id: str | None
    called_non: int | None
    original_called_party_id: str | None
    original_called_non: int | None
    trunk_groups: tuple[str, ...]
    carriers: tuple[str, ...]
    ama_slp_id: str | None


class StepForm(msgspec.Struct):
    """One element of `steps`."""

    step: str
    table: str
    row: str
    found: str


class DecisionForm(msgspec.Struct):
    """The `decision` object; `path` and `steps` are empty when no trace was kept."""

    path: list[str]
    plan: str | None
    called_number: str | None
    called_non: int | None
    on_net: bool | None
    cic: str | None
    calling_class: str
    called_class: str | None
    privilege_class: int | None
    ctc: int
    ctc_source: str | None
    screening: str
    blocking: str
    route: RouteForm
    response: ResponseForm
    steps: list[StepForm]


class AnswerLine(msgspec.Struct, omit_defaults=True):
    """One answer line: a decision, or why there is none."""

    id: str | int | None
    decision: DecisionForm | None = None
    error: str | None = None


class QueryFault(ValueError):
    """A query line that cannot be asked; the text says which field and why."""


def query_of(form: QueryForm, draw: int = 0) -> Query:
    """Turn the JSON form into a query; QueryFault names the field that is wrong."""
    for field, value, known in (
        ("message", form.message, MESSAGE_KINDS),
        ("trigger", form.trigger or TRIGGER_TYPES[0], TRIGGER_TYPES),
        ("bearer", form.bearer, BEARERS),
    ):
        if value not in known:
            msg = f"{field}: {value!r} is not one of {', '.join(known)}"
            raise QueryFault(msg)
    try:
        time = parse(form.time)
    except ValueError:
        msg = f"time: a local time such as 2001-01-17T10:00:00, not {form.time!r}"
        raise QueryFault(msg) from None
    return Query(
        form.message,
        form.trigger,
        _number(form.calling_party),
        time,
        ssp=form.ssp,
        trunk_group=form.trunk_group,
        access_code=None if form.access_code is None else _keys("access_code", form.access_code),
        dialed=_keys("dialed", form.dialed),
        bearer=form.bearer,
        called_party=_number(form.called_party),
        called_non=3 if form.called_non is None else form.called_non,
        original_called_party=_number(form.original_called_party),
        original_called_non=form.original_called_non,
        draw=draw if form.draw is None else form.draw,
    )


def service_query_of(form: QueryForm, query: Query) -> ServiceQuery:
    """The query of a form as the services beside the dialing plan's see it; digits stand as they are given.

    QueryFault names a field that is wrong. A trigger that is named stands for its criteria.
    """
    if form.draw is not None and not 0 <= form.draw < DRAWS:
        msg = f"draw: {form.draw} is not 0 to {DRAWS - 1}"
        raise QueryFault(msg)
    presentation = form.calling_presentation or "ALLOWED"
    if presentation not in ("ALLOWED", "RESTRICTED"):
        msg = f"calling_presentation: {presentation!r} is neither ALLOWED nor RESTRICTED"
        raise QueryFault(msg)
    called = form.called_party or None
    nature = NON_NATIONAL if form.calling_non is None else form.calling_non
    calling = form.calling_party
    return ServiceQuery(
        form.message,
        query.time,
        Number(called, query.called_non) if called else Number(query.dialed) if query.dialed else None,
        Number(calling, nature, presentation == "RESTRICTED") if calling else None,
        Number(form.charge_number) if form.charge_number else None,
        form.charge_party_station_type,
        form.lata or None,
        _CRITERIA.get(form.trigger) if form.trigger_criteria is None else form.trigger_criteria,
        form.ssn,
        form.translation_type,
        form.redirection_count,
        query.draw,
    )


_CRITERIA: Final[dict[str, int]] = {row.name: row.criteria for row in TRIGGERS}


def _keys(field: str, text: str) -> str:
    """What was keyed, without what is for the eye; QueryFault when no telephone has such keys."""
    try:
        return keyed(text)
    except ValueError as fault:
        msg = f"{field}: {fault}"
        raise QueryFault(msg) from None


def _number(text: str | None) -> str | None:
    """A directory number without the blanks and hyphens that people write; what is none stays as it is."""
    try:
        return None if text is None else keyed(text)
    except ValueError:
        return text


def answer_line(
    identity: str | int | None, result: Decision | Undecidable, trace: Trace | None
) -> AnswerLine:
    """The answer to one query line."""
    if isinstance(result, Undecidable):
        return AnswerLine(identity, error=result.reason)
    return AnswerLine(identity, decision=decision_form(result, trace))


def decision_form(decision: Decision, trace: Trace | None = None) -> DecisionForm:
    """The JSON form of a decision."""
    return DecisionForm(
        trace.path() if trace is not None else [],
        decision.plan,
        decision.called_number,
        decision.called_non,
        decision.on_net,
        decision.cic,
        decision.calling_class,
        decision.called_class,
        decision.privilege_class,
        decision.ctc,
        decision.ctc_source,
        decision.screening,
        decision.blocking,
        RouteForm(decision.route_kind, decision.asf_results, decision.outcome, decision.rtl_number),
        ResponseForm(
            decision.response_type,
            decision.announcement,
            decision.response_called_party_id,
            decision.response_called_non,
            decision.response_original_called_party_id,
            decision.response_original_called_non,
            decision.trunk_groups,
            decision.carriers,
            decision.ama_slp_id,
        ),
        [StepForm(*step) for step in trace.steps] if trace is not None else [],
    )
