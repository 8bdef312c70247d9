"""What applies to a line: which account, plan, tariff and class of service.

    account   the line's, or the one that pays for it
    plan      the line's, else the merged profile's, else the account's
    tariff    the merged profile's, else the plan's, else `default_tariff`
    cos       the line's, else the merged profile's, else the account's

Locks and limits change the class besides; they are the account's state and none of this room.

Source: charging design 5.1 ("What applies to a line").
"""

from collections.abc import Callable

import msgspec

from ain_scp.billing.rating.places import OTHER, zone_of
from ain_scp.billing.rating.usage import FULL_DAY_MS, Meters, Usage
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import FULL, LineRow
from ain_scp.provisioning.snapshot import Snapshot

Merged = Callable[[str, str], str]
"""What the merged profiles say of an account and a field; "" = nothing."""


class Applied(msgspec.Struct, frozen=True):
    """What applies; `tariff` "" = none does."""

    account: str
    plan: str
    tariff: str
    cos: str


def applied(charging: Charging, line: LineRow, merged: Merged | None = None) -> Applied:
    """Give what applies to a line; `merged` stands in for the profiles of the data set."""
    merged = merged or charging.merged
    account = charging.payer(line.account)
    row = charging.accounts[account]
    plan = line.plan or merged(account, "plan") or row.plan
    own = charging.plans[plan].tariff if plan in charging.plans else ""
    return Applied(
        account=account,
        plan=plan,
        tariff=merged(account, "tariff") or own or charging.options.default_tariff,
        cos=line.cos or merged(account, "cos") or row.cos,
    )


def origin_of(snapshot: Snapshot, calling: str, called: str, line: LineRow | None) -> str:
    """Name the zone a call comes from; that of a trunk is OTHER, whatever digits its id has."""
    if line is not None and line.kind == "TRUNK":
        return OTHER
    return zone_of(snapshot, calling, called)


def call_usage(
    snapshot: Snapshot, charging: Charging, calling: str, called: str, start_ms: int, meters: Meters
) -> Usage:
    """Give the usage of a call as its line decides it; a caller without a line pays the default tariff, class FULL."""
    line = charging.line_at(calling, start_ms // FULL_DAY_MS) if calling else None
    terms = None if line is None else applied(charging, line)
    return Usage(
        tariff=terms.tariff if terms else charging.options.default_tariff,
        start_ms=start_ms,
        meters=meters,
        origin=origin_of(snapshot, calling, called, line) if calling else "",
        destination=zone_of(snapshot, called, calling) if called else "",
        cos=terms.cos if terms else FULL,
    )
