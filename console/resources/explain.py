"""One call explained: the answer as a sentence, the steps with their rows, what would decide it otherwise, the routing logic.

Source: D-010, interfaces.md section 4; console.md section 7 (`/explain`).
"""

import shlex
from collections.abc import Mapping
from typing import Final

import msgspec

from ain_scp.asf_rtl.graph import laid_out
from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.sessions import Identity
from ain_scp.console.sets import Opened
from ain_scp.figures.decision import Layout
from ain_scp.provisioning.rows import CallType
from ain_scp.scp.service_logic.asking import answer_of
from ain_scp.scp.service_logic.decision_json import (
    DecisionForm,
    QueryFault,
    QueryForm,
    StepForm,
    answer_line,
    query_of,
)
from ain_scp.scp.service_logic.onward import host_query, routing_graph
from ain_scp.scp.service_logic.otherwise import Change, changes, other_codes
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.service_json import ServiceAnswerLine, ServiceDecisionForm, operation_of, said
from ain_scp.scp.service_logic.service_otherwise import changes_of, form_for
from ain_scp.scp.service_logic.steps import STEPS
from ain_scp.terms.dialed import keyed
from ain_scp.terms.digits import spaced
from ain_scp.terms.query import Query
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import BEARERS

_AT: Final = "2001-01-17T10:00:00"
HOST: Final = "TERMINATION_ATTEMPT"
KEYS: Final = (
    "ds", "from", "dial", "at", "bearer", "trunk_group", "access_code", "called", "original_called", "original_non", "service",
)  # fmt: skip


class StepView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step: the figure's question, what was found, and what would change it there."""

    step: str
    asks: str
    table: str
    row: str
    found: str
    otherwise: tuple["Otherwise", ...] = ()


class Otherwise(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change: a sentence, and the parameters to ask again with, if the change is one of the call."""

    text: str
    ask: dict[str, str] | None = None


class Leg(msgspec.Struct, frozen=True, omit_defaults=True):
    """One query decided."""

    name: str
    sentence: str
    outcome: str
    tags: tuple[tuple[str, str], ...]
    steps: tuple[StepView, ...]
    facilities: tuple[tuple[str, str], ...]
    decision: DecisionForm | ServiceDecisionForm
    graph: Layout | None = None
    ctc: int | None = None
    cells: str = ""
    privilege_class: int | None = None


class Explained(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole page."""

    digest: str
    asked: dict[str, str]
    legs: tuple[Leg, ...]
    command: str
    bearers: tuple[str, ...]


def explain(scope: Identity, opened: Opened, asked: Mapping[str, str], name: str) -> Explained:
    """Decide one call; PageFault names what is wrong with it. `name` is the data set in the command."""
    program = usable(opened)
    if asked.get("service"):
        return _service(scope, opened, program, asked, name)
    form = _form(program, asked)
    owned(scope, program, form.calling_party)
    if form.message == HOST:
        owned(scope, program, form.called_party)
    try:
        query = query_of(form)
    except QueryFault as fault:
        raise PageFault(400, str(fault)) from None
    group = query.trunk_group
    seen = [
        one for one in program.snapshot.customers if scope.role != "customer" or one.name == scope.customer
    ]
    if group is not None and all(group not in one.trunk_groups for one in seen):
        raise PageFault(400, f"trunk_group: {group} is not in the data set")
    first, decision = _leg("Leg 1", program, query, {**asked})
    legs = [first]
    onward = host_query(query, decision)
    if onward is not None:
        legs.append(_leg("Host leg", program, onward, {})[0])
    kept = {key: asked[key] for key in KEYS if asked.get(key)}
    return Explained(opened.digest, kept, tuple(legs), _command(kept, name), BEARERS)


def usable(opened: Opened) -> Program:
    """The program of a data set; PageFault with every error when it cannot be used."""
    if opened.program is None:
        problems = tuple(map(str, opened.errors))
        raise PageFault(422, "the data set has errors and decides nothing", problems)
    return opened.program


def owned(scope: Identity, program: Program, number: str | None) -> None:
    """Let a customer ask for its own callers only; any other is not there."""
    if scope.role != "customer":
        return
    trigger = program.snapshot.triggers.find("".join(filter(str.isdigit, number or "")))
    if trigger < 0 or program.snapshot.customer_of(trigger).name != scope.customer:
        raise absent("such caller")


def _form(program: Program, asked: Mapping[str, str]) -> QueryForm:
    calling, at = asked.get("from") or None, asked.get("at") or _AT
    bearer = asked.get("bearer") or "SPEECH"
    if asked.get("called"):
        nature = asked.get("original_non") or "3"
        if nature not in ("3", "4"):
            raise PageFault(400, "original_non: 3 (national) or 4 (international)")
        return QueryForm(
            message=HOST, trigger="TAT", calling_party=calling, time=at, bearer=bearer, called_party=asked["called"],
            original_called_party=asked.get("original_called") or None, original_called_non=int(nature),
        )  # fmt: skip
    if calling is None or not asked.get("dial"):
        raise PageFault(400, "a caller and what is dialed are needed")
    group = asked.get("trunk_group") or None
    try:
        code, digits = program.dialed(calling, asked["dial"], asked.get("access_code") or None, group)
    except ValueError as fault:
        raise PageFault(400, f"dial: {fault}") from None
    return QueryForm(
        message="INFO_ANALYZED", trigger="CDP_AC", calling_party=calling, time=at, trunk_group=group, access_code=code, dialed=digits,
        bearer=bearer,
    )  # fmt: skip


def _leg(name: str, program: Program, query: Query, asked: dict[str, str]) -> tuple[Leg, DecisionForm]:
    trace = Trace()
    answer = answer_line(None, program.decide(query, trace), trace)
    decision = answer.decision
    if decision is None:
        raise PageFault(422, f"no decision: {answer.error}")
    found = [*other_codes(program, query), *changes(program, query)]
    graph = routing_graph(program, query)
    kind = _call_type(program, query, decision.ctc)
    leg = Leg(
        name, sentence(decision, query), _outcome(decision), tuple(_tags(decision)), _steps(decision.steps, found, query.dialed, asked),
        tuple(_facilities(decision)), msgspec.structs.replace(decision, steps=[]), None if graph is None else laid_out(graph),
        decision.ctc or None, "" if kind is None else kind.privilege, decision.privilege_class,
    )  # fmt: skip
    return leg, decision


def sentence(decision: DecisionForm, query: Query) -> str:
    """What the switch is told, in one sentence."""
    answer = decision.response
    if answer.announcement is not None:
        cause = answer.announcement.replace("_", " ").lower()
        return f"The call is refused: announcement “{cause}”."
    called = spaced(answer.called_party_id or "", answer.called_non)
    first = (
        *(f"trunk group {one}" for one in answer.trunk_groups),
        *(f"carrier {one}" for one in answer.carriers),
    )
    if query.message == HOST:
        way = f", {first[0]} first" if first else " over the public network"
        return f"The host is told to forward the call to {called}{way}."
    if decision.route.kind == "ASF_RTL":
        return f"The switch is told to call {called}, the ASF-RTL host, which asks again."
    way = f" and to try {first[0]} first" if first else " over the public network"
    return f"The switch is told to call {called}{way}."


def _outcome(decision: DecisionForm) -> str:
    return decision.response.announcement or decision.route.kind


def _tags(decision: DecisionForm) -> list[tuple[str, str]]:
    answer = decision.response
    refused = answer.announcement is not None
    tags = [("SendToResource" if refused else "AnalyzeRoute", "bad" if refused else "on")]
    tags += [(f"CTC {decision.ctc}", "")] if decision.ctc else []
    tags += [(f"class {decision.privilege_class}", "")] if decision.privilege_class else []
    tags += [(f"AMAslpID {answer.ama_slp_id}", "ok")] if answer.ama_slp_id else []
    if answer.original_called_party_id:
        number = spaced(answer.original_called_party_id, answer.original_called_non)
        tags.append((f"original called party {number}", ""))
    return tags


def _facilities(decision: DecisionForm) -> list[tuple[str, str]]:
    answer = decision.response
    return [
        *(("trunk group", one) for one in answer.trunk_groups),
        *(("carrier", one) for one in answer.carriers),
    ]


def _steps(
    steps: list[StepForm], found: list[Change], dialed: str, asked: dict[str, str]
) -> tuple[StepView, ...]:
    """The steps, each change at the last step of its name; one whose step was not taken stands at the end."""
    place = {step.step: at for at, step in enumerate(steps)}
    at: dict[int, list[Otherwise]] = {}
    for change in found:
        where = place.get(change.step, len(steps) - 1)
        at.setdefault(where, []).append(_otherwise(change, dialed, asked))
    return tuple(
        StepView(
            step.step, STEPS.get(step.step, ""), step.table, step.row, step.found, tuple(at.get(number, ()))
        )
        for number, step in enumerate(steps)
    )


def _otherwise(change: Change, dialed: str, asked: dict[str, str]) -> Otherwise:
    if not asked:
        return Otherwise(change.text)
    if change.access_code is not None:
        return Otherwise(change.text, {**asked, "dial": dialed, "access_code": change.access_code})
    if change.at is not None:
        return Otherwise(change.text, {**asked, "at": change.at})
    return Otherwise(change.text)


def _service(
    scope: Identity, opened: Opened, program: Program, asked: Mapping[str, str], name: str
) -> Explained:
    """A query to a service beside the dialing plan's; the network's own, and so no customer's. Names are not shown."""
    if scope.role == "customer":
        raise absent("such service")
    word, called = asked["service"], asked.get("called") or asked.get("dial") or ""
    try:
        form = form_for(
            program, word, keyed(called), keyed(asked.get("from") or "") or None, asked.get("at") or _AT
        )
        trace = Trace()
        line = answer_of(program, None, form, 0, trace)
    except (QueryFault, ValueError) as fault:
        raise PageFault(400, str(fault)) from None
    if not isinstance(line, ServiceAnswerLine):
        raise PageFault(422, f"{word} leaves this query to the dialing plan service")
    kept = {key: asked[key] for key in ("ds", "from", "at", "service") if asked.get(key)} | {"called": called}
    decision = line.decision
    if decision is None:
        raise PageFault(422, f"{line.error_cause}: {line.error}")
    answer = decision.response
    answer.calling_name = None
    leg = Leg(
        word, f"{operation_of(answer.type)}: {said(decision)}.", decision.outcome, ((operation_of(answer.type), "on"),),
        _steps(decision.steps, changes_of(program, form), "", {**kept}), tuple(("carrier", one) for one in answer.carriers),
        msgspec.structs.replace(decision, steps=[]),
    )  # fmt: skip
    return Explained(opened.digest, kept, (leg,), _command(kept, name), BEARERS)


def _call_type(program: Program, query: Query, ctc: int) -> CallType | None:
    """The row of the call type: the customer's own, else the network's."""
    trigger = program.snapshot.triggers.find(query.calling_party or "")
    own = program.snapshot.customer_of(trigger).rows.call_types if trigger >= 0 else ()
    return next((row for row in (*own, *program.snapshot.dataset.call_types) if row.ctc == ctc), None)


def _command(asked: Mapping[str, str], name: str) -> str:
    words = ["ain", "explain", name]
    options = {"from": "--from", "dial": "--dial", "at": "--at", "bearer": "--bearer", "trunk_group": "--trunk-group",
               "access_code": "--access-code", "called": "--called", "original_called": "--original-called",
               "original_non": "--original-non", "service": "--service"}  # fmt: skip
    for key, option in options.items():
        if asked.get(key):
            words += [option, asked[key]]
    return shlex.join(words)
