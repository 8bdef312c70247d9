"""What follows a decision: the query of the ASF-RTL host that the call reaches, and the routing logic that it went through.

Source: D-010, Figs. 3, 5 and 6.
"""

from ain_scp.asf_rtl.graph import Graph, host_graph, profile_graph
from ain_scp.provisioning.options import EMPTY_PROFILE
from ain_scp.scp.service_logic.decision_json import DecisionForm
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.terms.facts import NO_PROFILE, NO_ROW
from ain_scp.terms.query import Query
from ain_scp.terms.questions import facts_of


def host_query(query: Query, decision: DecisionForm) -> Query | None:
    """What the ASF-RTL host asks when the call of `query` reaches it; None when it goes to none."""
    number, response = decision.route.rtl_number, decision.response
    if decision.route.kind != "ASF_RTL" or number is None:
        return None
    return Query(
        "TERMINATION_ATTEMPT",
        "TAT",
        query.calling_party,
        query.time,
        bearer=query.bearer,
        called_party=number,
        original_called_party=response.original_called_party_id,
        original_called_non=response.original_called_non,
        draw=query.draw,
    )


def routing_graph(program: Program, query: Query) -> Graph | None:
    """The routing logic that this call went through, the way taken marked; None for a query that cannot be decided."""
    decision = program.decide(query)
    if isinstance(decision, Undecidable):
        return None
    customer = program.snapshot.customer_by_group[decision.customer]
    called = decision.called_number or ""
    facts = facts_of(query, decision.ctc, called, decision.called_non)
    if query.message == "TERMINATION_ATTEMPT":
        logic = customer.rtl[query.called_party or ""]
        reached = facts if decision.announcement != "RTL_UNAUTHORIZED" else None
        return host_graph(customer, logic, reached)
    profile, row = EMPTY_PROFILE, NO_ROW
    undisturbed = decision.pair is not None and decision.pair.called.special
    routed = decision.route_kind != "NONE" or decision.announcement == "CTC_BLOCKED"
    if decision.pair is not None and decision.pair.caller.profile != NO_PROFILE:
        profile = customer.profiles[decision.pair.caller.profile]
        if routed and not undisturbed:
            row = profile.rtl_row(decision.pair.called.rtl[decision.pair.caller.profile], decision.ctc)
    return profile_graph(profile, row, facts if routed and not undisturbed else None)
