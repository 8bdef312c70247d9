"""s130: emergency calling, then the blocking table of the call's type.

Which table: by call type code. Search: international complete, 3, 2, 1 digits; domestic 10, 6, 3; toll free 10, 6, never
the NPA alone; an entry of any other length matches only as a complete number. Without OCS nothing is consulted.

Source: [0071]-[0075], [0084]-[0088], A-090..A-104, AMB-25..AMB-34, decision tables 4.3 and 4.4.
"""

from typing import Final

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import Blocking

_BLOCKED: Final[dict[str, Blocking]] = {
    "international": "BLOCK_INTERNATIONAL",
    "domestic": "BLOCK_DOMESTIC",
    "800": "BLOCK_800",
}

_PREFIXES: Final = {"international": (3, 2, 1), "domestic": (6, 3), "800": (6,)}
"""Prefix lengths searched after the complete number, in order (A-092..A-094)."""


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
    kind = customer.call_types.blocking_type[ctc]
    if kind is None:
        if trace is not None:
            trace.add("s130", "", "", f"call type {ctc} belongs to no blocking table")
        return "NOT_APPLICABLE"
    if not _controlled(customer, kind, klass):
        if trace is not None:
            where = customer.control_where.get(klass, "")
            trace.add("s130", "privilege_control", where, f"PC{klass} {kind} blocking = N: bypassed")
        return "BYPASSED"
    row = customer.blocking[kind].search(called, _PREFIXES[kind])
    if trace is not None:
        _explain(customer, kind, row, called, trace)
    return "PASS" if row < 0 else _BLOCKED[kind]


def _controlled(customer: Customer, kind: str, klass: int) -> bool:
    if kind == "international":
        return customer.control_international[klass] == 1
    return (customer.control_domestic if kind == "domestic" else customer.control_800)[klass] == 1


def _explain(customer: Customer, kind: str, row: int, called: str, trace: Trace) -> None:
    if row < 0:
        trace.add("s130", f"blocking_{kind}", "", f"{called} not listed")
        return
    entry = customer.blocking_row(kind, row)
    trace.add("s130", f"blocking_{kind}", str(entry.where), f"{called} blocked by entry {entry.number}")
