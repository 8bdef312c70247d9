"""What a call costs, and how its cost is split over the extensions that had a part in it.

Source: C-009.
"""

from collections.abc import Callable

from ain_scp.tickets.call import Call
from ain_scp.tickets.profile.tables import Rates

Price = Callable[[Call], int | None]
"""Cents of a call; None: no rate fits. The rating engine comes in as one of these."""
MINUTE_S = 60


def by_rates(rates: Rates) -> Price:
    """Started minutes of answered outgoing and tandem calls at the rates of a file; other calls are free."""

    def price(call: Call) -> int | None:
        if not call.answered or call.direction not in ("outgoing", "tandem"):
            return 0
        cents = rates.per_minute(call.called_kind, call.called)
        return None if cents is None else cents * -(-call.duration_s // MINUTE_S)

    return price


def split(cents: int, seconds: list[int]) -> list[int]:
    """Shares in proportion to seconds that sum to the whole; the largest remainders get what is left over.

    No second at all: the first has it all.
    """
    total = sum(seconds)
    if not total:
        return [cents, *(0 for _one in seconds[1:])]
    shares = [cents * one // total for one in seconds]
    order = sorted(range(len(seconds)), key=lambda at: (-(cents * seconds[at] % total), at))
    for at in order[: cents - sum(shares)]:
        shares[at] += 1
    return shares
