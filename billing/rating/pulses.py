"""Pulses of a meter at the line: how often, and how many so far.

A row whose increments count when they are finished (`down`) is one of pulses of equal value.

Source: charging design 3.3, 11.4; B1-020, B1-021.
"""

import msgspec

from ain_scp.billing.rating.rate import reckon
from ain_scp.billing.rating.usage import Refusal, Usage
from ain_scp.provisioning.charging import Charging


class Pulses(msgspec.Struct, frozen=True):
    """The interval between pulses, those that have fallen, and what they come to in micros."""

    interval_ms: int
    pulses: int
    amount: int


def pulses(charging: Charging, usage: Usage) -> Pulses | Refusal:
    """Count the pulses of a call so far; the first meter of the usage is its talk time."""
    found = reckon(charging, usage)
    if isinstance(found, str):
        return found
    main = found[0]
    count = sum(part[1] for part in main.parts)
    return Pulses(main.row.next_units, count, main.amount())
