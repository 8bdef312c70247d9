"""What is rated: how much of what was used, by whom, where to and when; and what comes of it.

Source: charging design 3.1, 3.4.
"""

from typing import Final, Literal

import msgspec

MS: Final = "ms"
"""The meter of talk time, in milliseconds."""

FULL_DAY_MS: Final = 86_400_000
"""A call of this length is the longest that a quote looks at."""

Refusal = Literal["NO_TARIFF", "NO_ROW"]
"""Why a usage has no price. It is never free for want of one."""

Meters = tuple[tuple[str, int], ...]


class Usage(msgspec.Struct, frozen=True, gc=False):
    """One usage. `start_ms` is its beginning in the originating location's own calendar, milliseconds since 1970-01-01.

    `meters` names what was used and how much, each meter once: `ms`, `octets`, `unit`, ... `origin` and `destination` are
    zones; "" is a usage without a line, which only rows for everybody match.
    """

    tariff: str
    start_ms: int
    meters: Meters
    origin: str = ""
    destination: str = ""
    cos: str = "FULL"
    features: tuple[str, ...] = ()


def with_duration(usage: Usage, duration_ms: int) -> Usage:
    """Give the same usage with another talk time."""
    others = tuple(meter for meter in usage.meters if meter[0] != MS)
    return msgspec.structs.replace(usage, meters=((MS, duration_ms), *others))


class Line(msgspec.Struct, frozen=True):
    """One line of a charge: the row that says so, what it is for, how often, and what comes of it in micros.

    Of a row charged in exact proportion `quantity` counts units of the meter, and `unit` says so: "ms of 60s".
    """

    row: str
    what: str
    quantity: int
    unit: str
    price: int
    amount: int


class Charge(msgspec.Struct, frozen=True):
    """What a usage costs, in micros. `gross` is the price before discounts of a plan; the lines add up to `amount`.

    `round_to` is the finest unit that its rows are rounded to.
    """

    currency: str
    gross: int
    amount: int
    lines: tuple[Line, ...]
    round_to: int
