"""Judging: where a toll free call goes, from the facts alone.

Source: B4-012; services design section 6.1, steps F4 to F7.
"""

from ain_scp.provisioning.rows_services import Branch, RecordRow, Template, TollFreeOptions
from ain_scp.terms.conditions import first_match
from ain_scp.terms.service import (
    INTERLATA,
    INTRALATA_TOLL,
    TOLLFREE,
    Number,
    ServiceOutcome,
)
from ain_scp.tollfree.facts import TollFreeFacts

DIAL = "DIAL"
LEC = "LEC"
VACANT = "TF_VACANT"
DISCONNECTED = "TF_DISCONNECTED"


def judge(facts: TollFreeFacts, options: TollFreeOptions) -> tuple[ServiceOutcome, Branch | None]:
    """The answer, and the branch that decided it."""
    record = facts.record
    if record is None:
        return _announced("VACANT", VACANT), None
    if record.status != "WORKING":
        return _announced("DISCONNECTED", DISCONNECTED), None
    choice = facts.choice
    if choice is None:
        return _routed(facts, options, record.tel, facts.tel_lata, "", record), None
    at = first_match(choice.conditions, facts.asked)
    if at < 0:
        return _announced("NO_BRANCH", VACANT), None
    branch = choice.template.logic[at]
    if branch.announcement:
        return _announced("ANNOUNCED", branch.announcement), branch
    return _routed(facts, options, branch.tel, choice.latas[at], branch.carrier, choice.template), branch


def _announced(outcome: str, cause: str) -> ServiceOutcome:
    return ServiceOutcome(TOLLFREE, outcome, "SEND_TO_RESOURCE", announcement=cause)


def _routed(
    facts: TollFreeFacts,
    options: TollFreeOptions,
    tel: str,
    tel_lata: str,
    carrier: str,
    carriers: RecordRow | Template,
) -> ServiceOutcome:
    """F5 to F7: within the LATA of the caller or beyond it, and by which carrier."""
    outcome = "INTERLATA"
    if tel == DIAL:
        outcome = "TURNAROUND"
    elif tel_lata and tel_lata == facts.asked.origin.lata:
        outcome = "INTRALATA"
    intra = outcome == "INTRALATA"
    chosen = carrier or (carriers.carrier_intra if intra else carriers.carrier_inter)
    return ServiceOutcome(
        TOLLFREE,
        outcome,
        "ANALYZE_ROUTE",
        called=facts.called if tel == DIAL else Number(tel),
        carriers=() if chosen in ("", LEC) else (chosen,),
        carrier_nature=INTRALATA_TOLL if intra else INTERLATA,
        ama_slp_id=options.ama_slp_id or None,
        notify=options.notify,
    )
