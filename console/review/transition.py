"""What differs between two decisions of one call: the kind, as the caller or the bill notices it, its words, the first step.

Source: D-006; console.md section 7.1.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ain_scp.scp.service_logic.decision_json import DecisionForm
from ain_scp.scp.service_logic.service_json import ServiceDecisionForm, operation_of

Decided = DecisionForm | ServiceDecisionForm
Kind = Literal["lost", "gained", "announcement", "elsewhere", "billed", "reason"]
KINDS: Final[dict[str, str]] = {
    "lost": "complete now, would be refused",
    "gained": "refused now, would complete",
    "announcement": "refused either way, another announcement",
    "elsewhere": "go to another number, route or facility",
    "billed": "billed otherwise",
    "reason": "same answer, other reason",
}
"""What a caller or the bill notices, in the order of the page."""
_NUMBERS: Final = frozenset({"calledPartyID", "original called party"})


def first_difference(before: Decided | None, after: Decided | None) -> str:
    """The first step of which the finding differs; empty when the steps are the same."""
    old = [(step.step, step.found) for step in before.steps] if before is not None else []
    new = [(step.step, step.found) for step in after.steps] if after is not None else []
    for one, other in zip(old, new, strict=False):
        if one != other:
            return one[0] if one[0] == other[0] else other[0]
    longer = old if len(old) > len(new) else new
    return longer[min(len(old), len(new))][0] if len(old) != len(new) else ""


def _completes(decision: Decided | None) -> bool:
    if decision is None:
        return False
    return decision.response.announcement is None and decision.response.type != "DISCONNECT"


def kind_of(before: Decided | None, after: Decided | None) -> Kind | None:
    """What the caller notices first; None when nothing differs."""
    if before is None or after is None:
        return (
            "elsewhere"
            if _completes(before) == _completes(after)
            else "lost"
            if _completes(before)
            else "gained"
        )
    if _completes(before) != _completes(after):
        return "lost" if _completes(before) else "gained"
    old, new = before.response, after.response
    if old.announcement != new.announcement:
        return "announcement"
    if _way(before) != _way(after):
        return "elsewhere"
    if old.ama_slp_id != new.ama_slp_id:
        return "billed"
    return "reason" if _bare(before) != _bare(after) else None


def _way(decision: Decided) -> tuple[object, ...]:
    answer = decision.response
    way = (
        answer.type, answer.called_party_id, answer.called_non, answer.original_called_party_id,
        answer.original_called_non, answer.trunk_groups, answer.carriers,
    )  # fmt: skip
    if isinstance(decision, ServiceDecisionForm):
        answer = decision.response
        return (
            *way,
            decision.service,
            answer.redirecting_party_id,
            answer.calling_name,
            answer.calling_name_presentation,
        )
    return (*way, decision.route.kind, decision.cic)


def _bare(decision: Decided) -> Decided:
    return msgspec.structs.replace(decision, steps=[], path=[])


def transition_of(kind: Kind, before: Decided | None, after: Decided | None) -> tuple[object, ...]:
    """What is alike in all calls of a group; numbers that vary from call to call count only as different."""
    if before is None or after is None or kind in ("lost", "gained", "announcement"):
        return tuple(None if one is None else _end(one) for one in (before, after))
    texts = dict(told(before)), dict(told(after))
    names = [name for name in {**texts[0], **texts[1]} if texts[0].get(name) != texts[1].get(name)]
    return tuple(
        (name,) if name in _NUMBERS else (name, texts[0].get(name), texts[1].get(name)) for name in names
    )


def told(decision: Decided) -> Iterator[tuple[str, str]]:
    """What the switch is told, name and text; what is absent is left out. Names of callers are private and not among it."""
    answer = decision.response
    values: tuple[tuple[str, object], ...] = (
        ("response", operation_of(answer.type)),
        ("announcement", answer.announcement),
        ("calledPartyID", answer.called_party_id),
        ("original called party", answer.original_called_party_id),
        ("trunk groups", ", ".join(answer.trunk_groups)),
        ("carriers", ", ".join(answer.carriers)),
        ("AMAslpID", answer.ama_slp_id),
    )
    if isinstance(decision, DecisionForm):
        values += (
            ("route", decision.route.kind),
            ("call type code", decision.ctc),
            ("privilege class", decision.privilege_class),
        )
    else:
        values += (
            ("presentation of the name", decision.response.calling_name_presentation),
            ("service", decision.service),
            ("outcome", decision.outcome),
        )
    return ((name, str(value)) for name, value in values if value not in (None, ""))


def words_of(kind: Kind, before: Decided | None, after: Decided | None) -> tuple[str, str]:
    """A title for the transition, and one sentence of what differs."""
    if before is None or after is None:
        old, new = (("no decision" if one is None else _end(one)) for one in (before, after))
        return f"{old} → {new}", "one of the two data sets does not decide it"
    texts = dict(told(before)), dict(told(after))
    names = [name for name in {**texts[0], **texts[1]} if texts[0].get(name) != texts[1].get(name)]
    what = "; ".join(f"{name} {texts[0].get(name, 'none')} → {texts[1].get(name, 'none')}" for name in names)
    if kind in ("lost", "gained", "announcement"):
        return f"{_end(before)} → {_end(after)}", what
    if kind == "billed":
        return "Billed otherwise", what
    if kind == "reason":
        return "Same answer, other reason", what
    called = before.response.called_party_id != after.response.called_party_id
    return ("Another called number" if called else "Another route or facility"), what


def _end(decision: Decided) -> str:
    cause = decision.response.announcement
    if decision.response.type == "DISCONNECT":
        return "Rejected"
    return "Completed" if cause is None else cause.replace("_", " ").capitalize()
