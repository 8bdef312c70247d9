"""Accounts that live together: who pays for whom, members of a group, everybody in one pool of discounts.

Source: charging design 4.4, 8.10, 10.1; B4-009.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ain_scp.provisioning.rows_charging import AccountRow, LineRow, MemberRow, PlanRow, ProfileRow

Pools = dict[str, dict[str, None]]
"""The accounts of each pool, by its name in messages: `plan P`, `group G`."""


def pools_of(
    accounts: Iterable[AccountRow],
    lines: Iterable[LineRow],
    members: Iterable[MemberRow],
    profiles: Iterable[ProfileRow],
    plans: Mapping[str, PlanRow],
) -> Pools:
    """Give the accounts of every plan that pools its members, and of every group; who pays stands for who does not."""
    accounts = list(accounts)
    payer = {row.account: row.pays or row.account for row in accounts}
    used = [(row.account, row.plan) for row in accounts if not row.pays]
    used += [(row.account, row.plan) for row in lines]
    used += [(row.account, row.value) for row in profiles if row.field == "plan"]
    pools: Pools = defaultdict(dict)
    for account, plan in used:
        pooled = _pool_of(plans.get(plan), plans)
        if pooled:
            pools[f"plan {pooled}"][payer.get(account, account)] = None
    for row in members:
        pools[f"group {row.group}"][payer.get(row.account, row.account)] = None
    return pools


def _pool_of(plan: PlanRow | None, plans: Mapping[str, PlanRow]) -> str:
    """Name the plan whose totals this one's calls count in; "" when it pools nothing."""
    if plan is None:
        return ""
    home = plans.get(plan.pool_with, plan)
    return home.name if any(row.pool == "PLAN" for row in home.discounts) else ""


def units_of(accounts: Iterable[AccountRow], pools: Pools) -> dict[str, str]:
    """Name the unit of each account by one of its accounts: those joined by payer, group or pool are in one unit."""
    accounts = list(accounts)
    parent = {row.account: row.account for row in accounts}

    def root(account: str) -> str:
        while parent[account] != account:
            parent[account] = account = parent[parent[account]]
        return account

    joined = [(row.account, row.pays) for row in accounts]
    joined += [(next(iter(members)), account) for members in pools.values() for account in members]
    for one, other in joined:
        if one in parent and other in parent:
            parent[root(one)] = root(other)
    return {account: root(account) for account in parent}
