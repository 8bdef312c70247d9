"""`ain explain DATASET --service NAME`: one query to a service beside the dialing plan's, its steps and its answer.

Names of callers are private: the page hides them unless they are asked for.

Source: services design sections 4.3 and 7.
"""

from pathlib import Path
from typing import Literal

import click

from ain_scp.ain.explain.drawn import write_graph
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.asf_rtl.graph import Edge, Graph, Node
from ain_scp.provisioning.rows_services import Template
from ain_scp.scp.service_logic.asking import answer_of
from ain_scp.scp.service_logic.decision_json import QueryFault
from ain_scp.scp.service_logic.otherwise import Change
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.service_json import (
    ServiceAnswerLine,
    ServiceResponseForm,
    operation_of,
)
from ain_scp.scp.service_logic.service_otherwise import changes_of, form_for
from ain_scp.scp.service_logic.steps import STEPS
from ain_scp.terms.conditions import ALWAYS
from ain_scp.terms.digits import spaced
from ain_scp.terms.trace import Trace


def explain_service(
    program: Program,
    name: str,
    called: str,
    calling: str | None,
    at: str,
    *,
    graph: Path | str | None,
    show_names: bool,
    as_json: bool,
) -> int:
    """Ask one query as the first row of services.csv for the service selects it, and print the answer."""
    trace = Trace()
    try:
        form = form_for(program, name, called, calling, at)
        line = answer_of(program, None, form, 0, trace)
    except QueryFault as fault:
        raise Trouble(str(fault)) from None
    if not isinstance(line, ServiceAnswerLine):
        raise Trouble(f"{called}: {name} leaves this query to the dialing plan service")
    if graph is not None:
        _draw(program, called, graph)
    if as_json:
        write_json(line)
    else:
        changes = changes_of(program, form)
        click.echo(_page(program, name, called, calling, at, line, trace, changes, show_names=show_names))
    return 0


def _page(
    program: Program,
    name: str,
    called: str,
    calling: str | None,
    at: str,
    line: ServiceAnswerLine,
    trace: Trace,
    changes: list[Change],
    *,
    show_names: bool,
) -> str:
    when = at.replace("T", " ")
    lines = [
        f"{name} query for {spaced(called)}, from {spaced(calling) if calling else 'an unknown caller'}, {when}",
        "",
    ]
    last = ""
    for step in trace.steps:
        if step.step != last:
            lines.append(f"{step.step:>6}  {STEPS.get(step.step, '')}")
            last = step.step
        lines.append(f"        = {step.found}" + (f"   [{step.row}]" if step.row else ""))
    lines.append("")
    if line.decision is None:
        lines.append(f"Answer: ReturnError applicationError, {line.error_cause}: {line.error}")
        return "\n".join(lines)
    lines.append(f"Answer: {line.decision.outcome}, {_said(program, line.decision.response)}")
    lines += _parameters(line.decision.response, show_names=show_names)
    if changes:
        lines += ["", "What would change this decision", *(f"  - {change.text}" for change in changes)]
    return "\n".join(lines)


def _said(program: Program, response: ServiceResponseForm) -> str:
    operation = operation_of(response.type)
    if response.announcement is None:
        return operation
    announcement = program.snapshot.announcements.get(response.announcement)
    text = f' {announcement.id} "{announcement.text}"' if announcement is not None else ""
    return f"{operation}, {response.announcement}{text}"


def _parameters(response: ServiceResponseForm, *, show_names: bool) -> list[str]:
    hidden = response.calling_name is not None and not show_names
    name = "hidden (--show-names)" if hidden else response.calling_name
    rows = (
        ("calledPartyID", response.called_party_id),
        ("chargeNumber", response.charge_number),
        ("carriers", ", ".join(response.carriers) or None),
        ("primaryBillingIndicator", " ".join(response.primary_billing_indicator or ()) or None),
        ("aMAslpID", response.ama_slp_id),
        ("redirectingPartyID", response.redirecting_party_id),
        ("redirections", response.redirection_count),
        ("calling name", name),
        ("presentation of the name", response.calling_name_presentation),
    )
    return [f"  {label}: {value}" for label, value in rows if value is not None]


# The template of a toll free number, drawn


def _draw(program: Program, called: str, target: Path | str) -> None:
    tables = program.snapshot.services
    record = tables.tollfree.records.get(called) if tables is not None else None
    template = tables.tollfree.templates.get(record.template) if tables is not None and record else None
    if template is None:
        raise Trouble(f"--graph: {called} has no template")
    try:
        write_graph(template_graph(template.row), target)
    except OSError as fault:
        raise file_trouble(target, fault) from None


def template_graph(template: Template) -> Graph:
    """The branches of a template as a chain of questions."""
    nodes = {"start": Node("start", "start", template.name, str(template.where), taken=False)}
    edges: list[Edge] = []
    last = ("start", "")
    for index, branch in enumerate(template.logic):
        text = branch.announcement or f"{branch.tel} {branch.carrier}".strip()
        kind: Literal["refused", "outcome"] = "refused" if branch.announcement else "outcome"
        outcome = Node(f"to {text}", kind, text, "", taken=False)
        nodes[outcome.key] = outcome
        if branch.condition == ALWAYS:
            edges.append(Edge(last[0], outcome.key, last[1], taken=False))
            return Graph(f"Template {template.name}", tuple(nodes.values()), tuple(edges))
        key = f"branch{index}"
        nodes[key] = Node(key, "question", branch.condition.text(), str(branch.where), taken=False)
        edges += [Edge(last[0], key, last[1], taken=False), Edge(key, outcome.key, "yes", taken=False)]
        last = (key, "no")
    nodes["none"] = Node("none", "refused", "TF_VACANT", "", taken=False)
    edges.append(Edge(last[0], "none", last[1], taken=False))
    return Graph(f"Template {template.name}", tuple(nodes.values()), tuple(edges))
