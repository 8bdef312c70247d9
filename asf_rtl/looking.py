"""What the ASF tables say about a caller and a called number: its profile, and the ASF-RTL row the number leads to.

Source: [0094]-[0105], A-130, A-132, A-151..A-154.
"""

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.facts import NO_PROFILE, NO_ROW
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import StationClass


def profile_of(customer: Customer, calling: str, trace: Trace | None = None) -> int:
    """The ASF profile of the originating number, by longest prefix; NO_PROFILE = no ASF at this location (A-130)."""
    row = customer.asf_originating.longest(calling)
    profile = NO_PROFILE if row < 0 else customer.profile_of[row]
    if trace is not None:
        if row < 0:
            trace.note("s200", "asf", "", "no ASF profile for this originating number")
        else:
            entry, chosen = customer.rows.asf_originating[row], customer.profiles[profile]
            includes = "includes ASF-RTL" if chosen.has_rtl else "no ASF-RTL"
            trace.note(
                "s200", "asf", str(entry.where), f"{entry.prefix} -> profile {chosen.name}, {includes}"
            )
    return profile


def rtl_rows(customer: Customer, digits: str, *, whole: bool) -> tuple[int, ...]:
    """For each profile the ASF-RTL row of a number: that of the number itself, else of its longest prefix (A-132)."""
    found = []
    for table in customer.rtl_tables:
        row = table.numbers.find(digits) if whole else NO_ROW
        found.append(row if row >= 0 else table.prefixes.longest(digits))
    return tuple(found)


def authorized(
    snapshot: Snapshot,
    customer: Customer,
    calling: str,
    trigger: int,
    station: StationClass,
    trace: Trace | None = None,
) -> bool:
    """s2114: the calling number is a triggering number of this customer and not terminating only (A-151, A-152).

    `trigger` is its row or -1. A call without a calling number fails (A-154).
    """
    mine = snapshot.originates(trigger) and snapshot.customer_of(trigger) is customer
    ok = mine and station != "TO"
    if trace is not None:
        where = snapshot.where_trigger(trigger) if trigger >= 0 else ""
        trace.note("s2112", "triggers", where, f"calling party {calling or 'absent'}")
        trace.note("s2112", "", "", "authorized" if ok else "not authorized", step="s2114")
    return ok
