"""`quote`: how long a call may last for an amount of money; the inverse of `rate`.

The answer is 0 or the end of an increment of the main row: service paid for is given. For a row in exact proportion it is
a whole second. A charge never falls as a call grows longer, so the last end that the money pays is found by halving.

Source: charging design 3.5; B1-008, B1-022, B4-003, BAMB-15.
"""

from collections.abc import Callable

from ain_scp.billing.rating.rate import amount, row_at
from ain_scp.billing.rating.usage import FULL_DAY_MS, MS, Refusal, Usage, with_duration
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import TariffRow
from ain_scp.provisioning.tables.tariffs import Tariff

Run = tuple[int, int, int]
"""Increments that follow each other: where the first begins, their length, how many; in milliseconds of the call."""


def quote(charging: Charging, usage: Usage, money: int) -> int | Refusal | None:
    """Give the longest duration in ms whose charge is at most `money`; None = no bound below 24 hours.

    The talk time in `usage.meters` does not count; other meters are charged besides.
    """

    def cost(duration_ms: int) -> int | Refusal:
        return amount(charging, with_duration(usage, duration_ms))

    whole_day = cost(FULL_DAY_MS)
    if isinstance(whole_day, str):
        return whole_day
    if whole_day <= money:
        return None
    tariff = charging.tariffs[usage.tariff]
    row = row_at(tariff, usage, MS, "", usage.start_ms)
    if row is None:
        return "NO_ROW"

    def pays(duration_ms: int) -> bool:
        found = cost(duration_ms)
        return not isinstance(found, str) and found <= money

    if row.increment == "exact":
        return _last([(0, 1000, FULL_DAY_MS // 1000)], pays)
    return _last(increment_runs(tariff, usage, row), pays)


def _last(runs: list[Run], pays: Callable[[int], bool]) -> int:
    """Give the last end that is paid for; 0 when none is."""
    best = 0
    for begin, length, count in runs:
        low, high = 0, count
        while low < high:
            middle = (low + high + 1) // 2
            if pays(begin + middle * length):
                low = middle
            else:
                high = middle - 1
        if low:
            best = begin + low * length
        if low < count:
            break
    return best


def increment_runs(tariff: Tariff, usage: Usage, row: TariffRow) -> list[Run]:
    """Give the increments of the main row that begin within 24 hours, band by band."""
    runs: list[Run] = [(0, row.first_units, 1)] if row.first_units else []
    at = row.first_units
    while at < FULL_DAY_MS:
        current, end = row, FULL_DAY_MS
        if row.band_at == "increment" and tariff.scheme is not None:
            moment = usage.start_ms + at
            current = row_at(tariff, usage, MS, "", moment) or row
            end = min(end, tariff.scheme.until(moment) - usage.start_ms)
        if not current.next_units:
            break
        count = -(-(end - at) // current.next_units)
        runs.append((at, current.next_units, count))
        at += count * current.next_units
    return runs
