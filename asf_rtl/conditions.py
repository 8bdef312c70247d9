"""Conditions of routing rules and logic nodes, and percentage allocation.

All conditions that are asked must hold. Of the rules whose other conditions hold, those with a percentage share the
hundred in order: the first takes its band from 0, the next the band after it, and so on, so a 70/30 pair splits the
calls 70 to 30 with one draw per call. What is left over goes to the next rule without a percentage.

Source: [0095], [0096], [0103], A-121, A-124, A-125, A-127, AMB-72, AMB-73.
"""

from typing import final

from ain_scp.provisioning.rows import Condition
from ain_scp.terms.localtime import day_of, day_of_week, minute_of_day

DRAWS = 10_000
"""A draw is 0..9999; one percent is a hundred of them."""


@final
class Facts:
    """What conditions may ask about a call. `npa` is empty for numbers outside the NANP."""

    __slots__ = ("ctc", "draw", "npa", "time")

    def __init__(self, ctc: int, npa: str, time: int, draw: int) -> None:
        self.ctc = ctc
        self.npa = npa
        self.time = time
        self.draw = draw


def holds(condition: Condition, facts: Facts) -> bool:
    """Say whether every condition but the percentage holds."""
    if condition.ctc is not None and facts.ctc not in condition.ctc:
        return False
    if condition.npa is not None and facts.npa not in condition.npa:
        return False
    if condition.dow is not None and day_of_week(facts.time) not in condition.dow:
        return False
    if condition.tod is not None and not _in_window(condition.tod, minute_of_day(facts.time)):
        return False
    return condition.date is None or day_of(facts.time) in condition.date


def _in_window(window: tuple[int, int], minute: int) -> bool:
    """Start minute included, end minute excluded; a window that ends before it starts wraps midnight (A-125)."""
    start, end = window
    return start <= minute < end if start < end else minute >= start or minute < end


def first_match(conditions: list[Condition], facts: Facts) -> int:
    """Index of the first rule that applies, or -1 (A-128)."""
    band = 0
    for index in range(len(conditions)):
        condition = conditions[index]
        if not holds(condition, facts):
            continue
        if condition.percent is None:
            return index
        band += condition.percent * (DRAWS // 100)
        if facts.draw < band:
            return index
    return -1
