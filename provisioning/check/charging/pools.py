"""Accounts that belong together: who pays for whom, pools of discounts, and how many one unit joins.

Source: charging design 4.4, 8.10, 8.11, 10.1; CH-14, CH-20, CH-23, CH-31.
"""

from collections import Counter
from collections.abc import Iterable

from ain_scp.provisioning.check.charging.cells import Cells
from ain_scp.provisioning.check.charging.tables import Tables
from ain_scp.provisioning.units import Pools, pools_of, units_of

MOST_ACCOUNTS = 1_000_000
"""Accounts one placement unit may join."""


def check_pools(tables: Tables) -> None:
    """Check payers, pools and units."""
    _check_chains(tables)
    _warn_groupless(tables)
    pools = _pools(tables)
    cells = {row.account: cells for cells, row in tables.accounts}
    bill_day = {row.account: row.bill_day for _, row in tables.accounts}
    for name, members in pools.items():
        _check_bill_days(name, members, cells, bill_day)
    _check_units(tables, pools, cells)


def _check_chains(tables: Tables) -> None:
    """Who pays for others pays for itself."""
    pays = {row.account: row.pays for _, row in tables.accounts if row.pays != row.account}
    for cells, row in tables.accounts:
        last = pays.get(row.pays, "")
        if row.account in pays and last:
            chain = f"{row.account} -> {row.pays} -> {last}"
            cells.error("pays", f"pays makes a chain: {chain}; one step only", "CH-14")


def _warn_groupless(tables: Tables) -> None:
    with_group = {row.plan for _, row in tables.plans.groups}
    groupless = {
        row.where for _, plan in tables.plans.plans if plan.name not in with_group for row in plan.discounts
    }
    for section, row in tables.plans.discounts:
        if row.pool == "GROUP" and row.where in groupless:
            section.warn("pool", "THRESHOLD with pool GROUP in a plan no group has", "CH-23")


def _pools(tables: Tables) -> Pools:
    """Give the pools of a data set that is being checked."""
    return pools_of(
        (row for _, row in tables.accounts),
        (row for _, row in tables.lines),
        (row for _, row in tables.members),
        (row for _, row in tables.profiles),
        {row.name: row for _, row in tables.plans.plans},
    )


def _check_bill_days(
    name: str, members: Iterable[str], cells: dict[str, Cells], bill_day: dict[str, int]
) -> None:
    known = [account for account in members if account in bill_day]
    days = Counter(bill_day[account] for account in known)
    if len(days) > 1:
        usual = max(days, key=lambda day: days[day])
        listed = " and ".join(map(str, sorted(days)))
        text = f"{name} pools accounts billed on days {listed}: a pool has one period"
        for account in known:
            if bill_day[account] != usual:
                cells[account].error("bill_day", text, "CH-31")


def _check_units(tables: Tables, pools: Pools, cells: dict[str, Cells]) -> None:
    """No unit may be larger than one partition can hold."""
    units = units_of((row for _, row in tables.accounts), pools)
    for unit, count in Counter(units.values()).items():
        if count > MOST_ACCOUNTS:
            names = [
                name for name, members in pools.items() if unit in {units.get(account) for account in members}
            ]
            what = f"{' and '.join(names)} join" if names else "pays joins"
            text = f"{what} {count:,} accounts in one unit; at most {MOST_ACCOUNTS:,}"
            cells[unit].error("account", text, "CH-20")
