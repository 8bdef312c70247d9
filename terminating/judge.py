"""Judging: what becomes of a call at the line it reaches, from the facts alone.

Source: B4-012; services design section 8.
"""

from ain_scp.provisioning.rows_services import LineRule
from ain_scp.terminating.facts import LineFacts
from ain_scp.terms.service import TERMINATING, Number, ServiceOutcome, ServiceQuery

LEC = "LEC"
LOOP = "TERM_LOOP"


def judge(
    facts: LineFacts, query: ServiceQuery, ama_slp_id: str, name_slp_id: str, most_redirections: int
) -> tuple[ServiceOutcome, LineRule | None]:
    """The answer, and the rule that decided it: the first that holds; without one the call is presented."""
    at = facts.ordered.first(facts.asked)
    rule = facts.rules[at] if at >= 0 else None
    if rule is None or rule.action == "AUTHORIZE":
        return _authorized(facts, name_slp_id), rule
    if rule.action == "FORWARD":
        return _forwarded(facts, rule, query, ama_slp_id, most_redirections), rule
    if rule.action == "ANNOUNCE":
        return _announced("ANNOUNCED", rule.announcement), rule
    return ServiceOutcome(TERMINATING, "REJECTED", "DISCONNECT"), rule


def _authorized(facts: LineFacts, name_slp_id: str) -> ServiceOutcome:
    slp = name_slp_id or None if facts.name is not None else None
    return ServiceOutcome(TERMINATING, "AUTHORIZED", "AUTHORIZE_TERMINATION", name=facts.name, ama_slp_id=slp)


def _forwarded(
    facts: LineFacts, rule: LineRule, query: ServiceQuery, ama_slp_id: str, most: int
) -> ServiceOutcome:
    """The forwarding line pays; a call that was redirected too often hears an announcement instead.

    That the charge number of ForwardCall is the paying line is unconfirmed.
    """
    count = (query.redirection_count or 0) + 1
    if count > most:
        return _announced("LOOP", LOOP)
    return ServiceOutcome(
        TERMINATING,
        "FORWARDED",
        "FORWARD_CALL",
        called=Number(rule.to),
        calling=query.calling,
        charge=Number(facts.line),
        carriers=() if rule.carrier in ("", LEC) else (rule.carrier,),
        ama_slp_id=ama_slp_id or None,
        redirecting=facts.line,
        redirection_count=count,
    )


def _announced(outcome: str, cause: str) -> ServiceOutcome:
    return ServiceOutcome(TERMINATING, outcome, "SEND_TO_RESOURCE", announcement=cause)
