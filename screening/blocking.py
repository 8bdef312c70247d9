"""s130: emergency calling, then the blocking table of the call's type.

Which table: by call type code. Search: the complete number, then the prefixes of the table's kind (terms/blocking.py); an
entry of any other length matches only as a complete number. Without OCS nothing is consulted.

Source: [0071]-[0075], [0084]-[0088], A-090..A-104, AMB-25..AMB-34, decision tables 4.3 and 4.4.
"""

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import Blocking


def emergency_blocks(customer: Customer, klass: int, trace: Trace | None) -> bool:
    """Emergency calling is in effect and the class has Emergency = N (A-100, A-101). Never asked for 911 (A-103)."""
    if not customer.emergency_active:
        return False
    blocked = not customer.control_emergency[klass]
    if trace is not None:
        found = f"emergency calling in effect, PC{klass} Emergency = {'N' if blocked else 'Y'}"
        trace.add("s130", "privilege_control", customer.control_where.get(klass, ""), found)
    return blocked


def check_blocking(customer: Customer, klass: int, ctc: int, called: str, trace: Trace | None) -> Blocking:
    """The result of the blocking table that belongs to the call type code (A-091)."""
    name = customer.call_types.blocking_type[ctc]
    if name is None:
        if trace is not None:
            trace.add("s130", "", "", f"call type {ctc} belongs to no blocking table")
        return "NOT_APPLICABLE"
    table = customer.blocking[name]
    if not table.checked[klass]:
        if trace is not None:
            where = customer.control_where.get(klass, "")
            trace.add("s130", "privilege_control", where, f"PC{klass} {name} blocking = N: bypassed")
        return "BYPASSED"
    row = table.search(called)
    if trace is not None:
        where = str(table.rows[row].where) if row >= 0 else ""
        found = f"blocked by entry {table.rows[row].number}" if row >= 0 else "not listed"
        trace.add("s130", f"blocking_{name}", where, f"{called} {found}")
    return "PASS" if row < 0 else table.kind.blocked
