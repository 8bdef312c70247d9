"""What the screening tables say about a caller and a called number: station and privilege class, and which lists hold it.

Source: [0071]-[0083], A-050..A-064, A-090..A-094, decision table 4.2.
"""

from ain_scp.provisioning.snapshot import Customer
from ain_scp.terms.facts import NO_TABLE
from ain_scp.terms.trace import Trace


def privilege_class(customer: Customer, calling: str, station: int, trace: Trace | None = None) -> int:
    """s1004: privilege class 1..8 of the caller, NO_TABLE, or 0 without OCS. `station` is its screening row or -1.

    The index is searched with 6, 5, 4, 3, 2, 1 digits; the first hit ends the search. A hit without a row in the named
    table gives the default class; shorter prefixes are not tried (A-057).
    """
    if not customer.ocs:
        return 0
    named = customer.ocs_index.longest(calling[:6])
    if trace is not None:
        _note(customer, named, station, trace)
    if named < 0:
        return NO_TABLE
    listed = customer.station_class[station] if station >= 0 else 0
    return listed or customer.default_privilege_class


def _note(customer: Customer, named: int, station: int, trace: Trace) -> None:
    if named < 0:
        trace.note("s1004", "ocs_index", "", "no entry at 6, 5, 4, 3, 2 or 1 digits")
        return
    index, default = customer.index_row(named), customer.default_privilege_class
    trace.note("s1004", "ocs_index", str(index.where), f"{index.prefix} names table {index.name}")
    if station < 0:
        trace.note("s1004", "stations", "", f"no row in {index.name}: default class {default}")
        return
    listed = customer.station_class[station]
    found = f"class {listed}" if listed else f"no class: default class {default}"
    trace.note("s1004", "stations", customer.where_station(station), f"{customer.class_of(station)}, {found}")


def listed(customer: Customer, digits: str, *, whole: bool) -> frozenset[str]:
    """The kinds of blocking table that hold a number, complete or by a prefix (A-092..A-094)."""
    return frozenset(
        name for name, table in customer.blocking.items() if table.search(digits, whole=whole) >= 0
    )


def note_listed(customer: Customer, number: str, trace: Trace) -> None:
    """Note for each blocking table the entry that holds a number."""
    for name, table in customer.blocking.items():
        row = table.search(number, whole=True)
        where = str(table.rows[row].where) if row >= 0 else ""
        found = f"blocked by entry {table.rows[row].number}" if row >= 0 else "not listed"
        trace.note(f"blocking_{name}", f"blocking_{name}", where, f"{number} {found}", step="s130")
