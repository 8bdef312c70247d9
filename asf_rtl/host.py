"""Fig. 5 at the ASF-RTL host: s2112/s2114 security check, s2120 routing logic (Fig. 6), s2122 ASF-RTL table.

Three ends are easy to confuse: a branch that reaches s2350 names PSTN_DEFAULT and the call goes out over the PSTN; a
branch that names nothing blocks the call; an outcome without a row is a critical error (AMB-37).

Source: [0104]-[0125], A-150..A-172, AMB-36..AMB-38, AMB-57, AMB-77, decision tables 4.5 and 4.6.
"""

from ain_scp.provisioning.rows import RtlNumber
from ain_scp.provisioning.snapshot import Customer, HostLogic, Snapshot
from ain_scp.terms.conditions import Facts, first_match
from ain_scp.terms.decision import Route
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import PSTN_DEFAULT, Cause


def authorized(
    snapshot: Snapshot, customer: Customer, calling: str | None, station: int, trace: Trace | None
) -> bool:
    """s2114: the calling number is a triggering number of this customer and not terminating only (A-151, A-152).

    A call without a calling number fails (A-154). `station` is the caller's screening row or -1.
    """
    row = -1 if calling is None else snapshot.triggers.find(calling)
    known = snapshot.originates(row) and snapshot.customer_of(row) is customer
    ok = known and customer.class_of(station) != "TO"
    if trace is not None:
        where = snapshot.where_trigger(row) if row >= 0 else ""
        trace.add("s2112", "triggers", where, f"calling party {calling or 'absent'}")
        trace.add("s2114", "", "", "authorized" if ok else "not authorized")
    return ok


def route(customer: Customer, logic: HostLogic, facts: Facts, trace: Trace | None) -> Route:
    """s2120..s2122: the outcome of the RTL number's routing logic and the row it names."""
    rtl = logic.rtl
    index = first_match(logic.conditions, facts)
    outcome = rtl.logic[index].outcome if index >= 0 else None
    if trace is not None:
        where = str(rtl.logic[index].where if index >= 0 else rtl.where)
        trace.add("s2120", "rtl", where, f"outcome {outcome or 'none named'}")
    if outcome is None or outcome == PSTN_DEFAULT:
        if trace is not None:
            trace.add("s2122", "", "", "no look-up")
        refused: Cause | None = "RTL_NO_OUTCOME" if outcome is None else None
        return Route("ASF_RTL_HOST", outcome=outcome, rtl_number=rtl.number, announcement=refused)
    return _look_up(customer, rtl, outcome, trace)


def _look_up(customer: Customer, rtl: RtlNumber, outcome: str, trace: Trace | None) -> Route:
    """s2122: the ASF-RTL table row of (originating location, destination location) (A-160..A-162)."""
    row = customer.asf_rtl.get((rtl.number, outcome))
    if row is None:
        if trace is not None:
            trace.add("s2122", "asf_rtl", "", f"no row for ({rtl.number}, {outcome}): critical error")
        return Route("ASF_RTL_HOST", outcome=outcome, rtl_number=rtl.number, announcement="RTL_NO_ROW")
    facilities = row.facilities
    if trace is not None:
        trace.add("s2122", "asf_rtl", str(row.where), str(facilities))
    if not facilities.trunk_groups and not facilities.carriers:
        return Route("ASF_RTL_HOST", outcome=outcome, rtl_number=rtl.number, announcement="RTL_INVALID_ROW")
    return Route(
        "ASF_RTL_HOST",
        outcome=outcome,
        rtl_number=rtl.number,
        trunk_groups=facilities.trunk_groups,
        carriers=facilities.carriers,
    )
