"""Outgoing call screening, Fig. 3: which privilege class the caller has (s1004) and whether it may call (s1010).

Source: [0078]-[0083], A-050..A-065, AMB-21..AMB-24, AMB-84, AMB-85, decision table 4.2.
"""

from typing import Final

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.trace import Trace

NO_TABLE: Final = -1
"""The index search failed at all six lengths: a provisioning error (A-056)."""


def privilege_class(customer: Customer, calling: str, station: int, trace: Trace | None) -> int:
    """s1004: privilege class 1..8 of the caller, or NO_TABLE. `station` is the caller's screening row or -1.

    The index is searched with 6, 5, 4, 3, 2, 1 digits; the first hit ends the search. A hit without a row in the named
    table gives the default class; shorter prefixes are not tried (A-057).
    """
    named = customer.ocs_index.longest(calling[:6])
    if trace is not None:
        _explain(customer, named, station, trace)
    if named < 0:
        return NO_TABLE
    listed = customer.station_class[station] if station >= 0 else 0
    return listed or customer.default_privilege_class


def _explain(customer: Customer, named: int, station: int, trace: Trace) -> None:
    if named < 0:
        trace.add("s1004", "ocs_index", "", "no entry at 6, 5, 4, 3, 2 or 1 digits")
        return
    index = customer.index_row(named)
    trace.add("s1004", "ocs_index", str(index.where), f"{index.prefix} names table {index.name}")
    if station < 0:
        trace.add(
            "s1004",
            "stations",
            "",
            f"no row in {index.name}: default class {customer.default_privilege_class}",
        )
        return
    listed = customer.station_class[station]
    found = f"class {listed}" if listed else f"no class: default class {customer.default_privilege_class}"
    trace.add("s1004", "stations", customer.where_station(station), f"{customer.class_of(station)}, {found}")


def permits(customer: Customer, ctc: int, klass: int, trace: Trace | None) -> bool:
    """s1010: the cell (CTC, privilege class) of the privilege class table; an absent cell denies (A-065, AMB-85)."""
    allowed = customer.call_types.allows(ctc, klass)
    if trace is not None:
        trace.add(
            "s1010",
            "call_types",
            customer.call_types.where[ctc],
            f"({ctc}, PC{klass}) = {'Y' if allowed else 'N'}",
        )
    return allowed
