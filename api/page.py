"""A decision for people, as `ain explain` prints it: question, steps with rows, answer, and what would change it.

Source: D-010, interfaces.md section 4.
"""

from collections.abc import Sequence

from ain_scp.scp.service_logic.decision_json import AnswerLine, DecisionForm
from ain_scp.scp.service_logic.otherwise import Change, changes, other_codes
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.steps import STEPS
from ain_scp.terms.digits import spaced
from ain_scp.terms.localtime import text
from ain_scp.terms.query import Query
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL


def page(program: Program, query: Query, answer: AnswerLine) -> str:
    """The whole page; `answer` holds a decision."""
    decision = answer.decision
    if decision is None:
        return ""
    lines = [_question(query), ""]
    lines += _steps(decision)
    lines += ["", *_answer(program, decision)]
    found = changes(program, query)
    if found:
        lines += ["", "What would change this decision", *(f"  - {change.text}" for change in found)]
    return "\n".join(lines)


def tree(program: Program, query: Query, answer: AnswerLine) -> str:
    """The same in the order of the console's page: answer first, then the steps, what would change it at the step where it would."""
    decision = answer.decision
    if decision is None:
        return ""
    lines = [_question(query), "", *_answer(program, decision), ""]
    return "\n".join(lines + _steps(decision, [*other_codes(program, query), *changes(program, query)]))


def _question(query: Query) -> str:
    when = text(query.time).replace("T", " ")
    if query.message == "TERMINATION_ATTEMPT":
        called = _number(query.original_called_party, query.original_called_non) or "nothing"
        return f"Host query for {spaced(query.called_party or '')}: {spaced(query.calling_party or 'nobody')} called {called}, {query.bearer}, {when}"
    code = f"{query.access_code}+" if query.access_code is not None else ""
    dialed = spaced(query.dialed) if query.dialed[:1] not in ("0", "1") else query.dialed
    behind = f" behind {query.trunk_group}" if query.trunk_group else ""
    return f"{spaced(query.calling_party or 'nobody')}{behind} dialed {f'{code}{dialed}' or 'nothing'}, {query.bearer}, {when}"


_NATURES = {NON_NATIONAL: "national", NON_INTERNATIONAL: "international"}


def _number(digits: str | None, nature: int | None) -> str:
    """A number with the word for its nature: `925-834-1234 (national)`; empty without digits."""
    if not digits:
        return ""
    word = _NATURES.get(nature or 0)
    return spaced(digits, nature) + (
        f" ({word})" if word else f" (nature of number {nature})" if nature else ""
    )


def _steps(decision: DecisionForm, found: Sequence[Change] = ()) -> list[str]:
    """The steps; each change beneath the last step of its name, or the last of all when its step was not taken."""
    place = {step.step: at for at, step in enumerate(decision.steps)}
    end = len(decision.steps) - 1
    lines: list[str] = []
    last = ""
    for at, step in enumerate(decision.steps):
        if step.step != last:
            lines.append(f"{step.step:>6}  {STEPS.get(step.step, '')}")
            last = step.step
        if step.found:
            row = f"   [{step.row}]" if step.row else ""
            lines.append(f"        = {step.found}{row}")
        lines += [f"        ? {one.text}" for one in found if place.get(one.step, end) == at]
    return lines


def _answer(program: Program, decision: DecisionForm) -> list[str]:
    response = decision.response
    if response.type == "SEND_TO_RESOURCE":
        announcement = program.snapshot.announcements.get(response.announcement or "")
        said = f': "{announcement.text}"' if announcement is not None and announcement.text else ""
        number = f" (announcement {announcement.id})" if announcement is not None else ""
        return [f"Answer: SendToResource, {response.announcement}{number}{said}"]
    lines = [f"Answer: AnalyzeRoute to {_number(response.called_party_id, response.called_non)}"]
    if response.announcement:
        lines.append(f"        {response.announcement}: the number plays the announcement")
    if response.original_called_party_id:
        number = _number(response.original_called_party_id, response.original_called_non)
        lines.append(f"        original called party {number}")
    if response.trunk_groups:
        lines.append(f"        trunk groups {', '.join(response.trunk_groups)}")
    if response.carriers:
        lines.append(f"        carriers {', '.join(response.carriers)}")
    lines.append(f"        AMAslpID {response.ama_slp_id or 'none: normal record'}")
    return lines
