"""Judging: where a toll free call goes, from the facts alone.

Source: B4-012; services design section 6.1, steps F4 to F7.
"""

from typing import Final, NamedTuple

from ain_scp.provisioning.rows_services import Branch, RecordRow, Template, TollFreeOptions
from ain_scp.terms.questions import Facts
from ain_scp.terms.service import (
    INTERLATA,
    INTRALATA_TOLL,
    TOLLFREE,
    Number,
    ServiceOutcome,
)
from ain_scp.tollfree.facts import Choice, TollFreeFacts

DIAL: Final = "DIAL"
LEC: Final = "LEC"
VACANT: Final = "TF_VACANT"


class Ending(NamedTuple):
    """Where a call ends: the service's word, destination and carrier or announcement, and the branch that decided."""

    outcome: str
    tel: str = ""
    carrier: str = ""
    announcement: str = ""
    branch: Branch | None = None


NO_RECORD: Final = Ending("VACANT", announcement=VACANT)
DISCONNECTED: Final = Ending("DISCONNECTED", announcement="TF_DISCONNECTED")
NO_BRANCH: Final = Ending("NO_BRANCH", announcement=VACANT)


def ending(record: RecordRow | None, choice: Choice | None, tel_lata: str, asked: Facts) -> Ending:
    """F4 to F6; `choice` is the record's template, `tel_lata` the LATA of its own destination."""
    if record is None:
        return NO_RECORD
    if record.status != "WORKING":
        return DISCONNECTED
    if choice is None:
        return _routed(record.tel, tel_lata, asked, record, None)
    at = choice.ordered.first(asked)
    if at < 0:
        return NO_BRANCH
    branch = choice.template.logic[at]
    if branch.announcement:
        return Ending("ANNOUNCED", announcement=branch.announcement, branch=branch)
    return _routed(branch.tel, choice.latas[at], asked, choice.template, branch)


def _routed(
    tel: str, tel_lata: str, asked: Facts, carriers: RecordRow | Template, branch: Branch | None
) -> Ending:
    """F5 and F6: within the LATA of the caller or beyond it, and by which carrier."""
    outcome = "INTERLATA"
    if tel == DIAL:
        outcome = "TURNAROUND"
    elif tel_lata and tel_lata == asked.origin.lata:
        outcome = "INTRALATA"
    chosen = branch.carrier if branch is not None else ""
    if not chosen:
        chosen = carriers.carrier_intra if outcome == "INTRALATA" else carriers.carrier_inter
    return Ending(outcome, tel, "" if chosen == LEC else chosen, branch=branch)


def judge(facts: TollFreeFacts, options: TollFreeOptions) -> tuple[ServiceOutcome, Branch | None]:
    """The answer, and the branch that decided it."""
    end = ending(facts.record, facts.choice, facts.tel_lata, facts.asked)
    if end.announcement:
        announced = ServiceOutcome(TOLLFREE, end.outcome, "SEND_TO_RESOURCE", announcement=end.announcement)
        return announced, end.branch
    routed = ServiceOutcome(
        TOLLFREE,
        end.outcome,
        "ANALYZE_ROUTE",
        called=facts.called if end.tel == DIAL else Number(end.tel),
        carriers=(end.carrier,) if end.carrier else (),
        carrier_nature=INTRALATA_TOLL if end.outcome == "INTRALATA" else INTERLATA,
        ama_slp_id=options.ama_slp_id or None,
        notify=options.notify,
    )
    return routed, end.branch
