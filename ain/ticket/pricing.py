"""What a ticket's call costs by the tariffs of a data set: the rating engine as profiles take it.

Source: C-009.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ain_scp.terms.zone import Zone
    from ain_scp.tickets.call import Call
    from ain_scp.tickets.profile.charges import Price

CENT = 10_000
"""Micros in a cent."""


def by_tariffs(dataset: Path, tariff: str, zone: "Zone") -> "Price":
    """Answered outgoing and tandem calls by one tariff, from answer on, in cents (half up); None: it has no price for it."""
    from ain_scp.ain.rate.command import open_charging
    from ain_scp.billing.rating.forms import Priced, UsageFault, UsageLine, answer
    from ain_scp.terms.money import parse_money, round_half_up

    snapshot, charging = open_charging(dataset)

    def price(call: "Call") -> int | None:
        if not call.answered or call.direction not in ("outgoing", "tandem"):
            return 0
        if call.called is None or call.called_kind not in ("national", "international"):
            return None if call.called_kind == "unknown" else 0
        began = call.answer if call.answer is not None else call.start + (call.ring_s or 0)
        local = datetime.fromisoformat(zone.text(began)).replace(tzinfo=None)
        called = f"+{call.called}" if call.called_kind == "international" else call.called
        line = UsageLine(
            at=local.isoformat(), tariff=tariff, called=called, duration_ms=1000 * call.duration_s
        )
        try:
            result = answer(snapshot, charging, line, 1)
        except UsageFault:
            return None
        if not isinstance(result, Priced):
            return None
        return round_half_up(parse_money(result.amount), CENT) // CENT

    return price
