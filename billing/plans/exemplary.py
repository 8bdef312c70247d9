"""What the same calls would have cost under plans a customer does not have: a shadow of the totals for each.

A shadow has its plan's tariff and discounts, and thresholds look at these calls alone.

Source: charging.md 10.3; B5-002, B5-012.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ain_scp.billing.ledger.record import Fact
from ain_scp.billing.plans.discounts import less, threshold_discount
from ain_scp.billing.plans.totals import SEPARATOR, Entry, Step, added
from ain_scp.billing.rating.rate import finest, reckon
from ain_scp.billing.rating.usage import Usage
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import DiscountRow

_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Entry)


def shadow(account: str, plan: str, octets: bytes | None) -> Entry:
    """The shadow of a plan; an empty one when nothing is kept yet."""
    return Entry(account, plan, "", "") if octets is None else _decoder.decode(octets)


def kept(entry: Entry) -> bytes:
    """The octets of a shadow."""
    return _encode(entry)


def thresholds(charging: Charging, plan: str) -> list[DiscountRow]:
    """The thresholds of a plan, with those of the plan it pools with."""
    own = charging.plans[plan]
    common = charging.plans.get(own.pool_with)
    rows = (*own.discounts, *(() if common is None else common.discounts))
    return [row for row in rows if row.kind == "THRESHOLD"]


def kind_of(account: str) -> str:
    """The kind of fact under which an account's shadows are kept, and when they reached a threshold."""
    return f"shadow/{account}"


def shadow_step(
    charging: Charging,
    entry: Entry,
    usage: Usage,
    minutes: int,
    marks: Mapping[str, bytes],
    *,
    free: bool,
    percent: int | None = None,
) -> Step | None:
    """What a call adds to a shadow; None when the plan's tariff has no price for it.

    `marks` say when thresholds without retroactive effect were reached (`moments`). `percent` is the call's own percentage when it is known already; a `free` call costs nothing under any plan.
    """
    plan = charging.plans[entry.plan]
    tariff = plan.tariff or charging.options.default_tariff
    found = reckon(charging, msgspec.structs.replace(usage, tariff=tariff))
    if isinstance(found, str):
        return None
    if percent is None:
        percent = _own_percent(charging, entry, usage.start_ms, marks)
    gross = 0 if free else sum(one.amount() for one in found)
    return Step(percent, gross, gross - less(gross, percent, finest(found)), minutes, 1)


def _own_percent(charging: Charging, entry: Entry, start_ms: int, marks: Mapping[str, bytes]) -> int:
    bands = [
        row.percent
        for row in charging.plans[entry.plan].discounts
        if row.kind == "BAND" and charging.scheme_of_band[row.band].band(start_ms) == row.band
    ]
    reached = [
        row.percent
        for row in thresholds(charging, entry.plan)
        if not row.retroactive
        and (at := marks.get(_mark(entry.plan, row))) is not None
        and int(at) <= start_ms
    ]
    return max((*bands, *reached), default=0)


def moments(charging: Charging, before: Entry, after: Entry, local_ms: int) -> list[Fact]:
    """Facts that a shadow has reached thresholds without retroactive effect at a local moment, or no longer does."""
    return [
        Fact(
            kind_of(after.account),
            _mark(after.plan, row),
            b"%d" % local_ms if after.total(row.measure) >= row.reaches else None,
        )
        for row in thresholds(charging, after.plan)
        if row.measure
        and not row.retroactive
        and (before.total(row.measure) >= row.reaches) is not (after.total(row.measure) >= row.reaches)
    ]


def _mark(plan: str, row: DiscountRow) -> str:
    return SEPARATOR.join((plan, row.measure, str(row.reaches)))


def grown(charging: Charging, entry: Entry, step: Step) -> Entry:
    """The shadow with one more call and the discount that follows from its own totals."""
    after = added(entry, step)
    reached = [
        row.percent
        for row in thresholds(charging, entry.plan)
        if row.measure and row.retroactive and after.total(row.measure) >= row.reaches
    ]
    discount = threshold_discount(after.gross, after.given, max(reached, default=0))
    return msgspec.structs.replace(after, discount=discount)
