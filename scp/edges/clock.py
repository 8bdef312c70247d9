"""The clock of a serving node: it runs on, whatever becomes of the wall clock.

Timers, repetition, allowances and load levels count by it; only what says when something happened is put right by `calendar`.

Source: reliability target R1 (no clock that is set changes what is served), A-240.
"""

import time
from typing import Final

from ain_scp.terms.units import SECOND_NS

STEP_NS: Final = SECOND_NS
"""A wall clock that differs by more from what has passed was set; slewing is slower."""


class StepWatch:
    """Notices that the wall clock was set: compares it with a clock that cannot be."""

    def __init__(self) -> None:
        self.steps = 0
        self._apart = time.time_ns() - time.monotonic_ns()

    def step_ns(self) -> int:
        """By how much the wall clock was set since it was last asked; 0 when it was not."""
        before, self._apart = self._apart, time.time_ns() - time.monotonic_ns()
        step = self._apart - before
        if abs(step) <= STEP_NS:
            return 0
        self.steps += 1
        return step


class LocalClock:
    """Nanoseconds that only grow, counted from the local calendar time of the start."""

    def __init__(self) -> None:
        self.ahead_s = _ahead_s()
        """Seconds that local time is ahead of UTC."""
        self.start = time.time_ns() + self.ahead_s * SECOND_NS - time.monotonic_ns()
        """What is added to the monotonic clock."""
        self.calendar = 0
        """What is to be added for local calendar time: 0 until the wall clock is set or summer time begins or ends."""

    def adjust(self) -> None:
        """Look at the wall clock again."""
        self.ahead_s = _ahead_s()
        self.calendar = time.time_ns() + self.ahead_s * SECOND_NS - self.now()

    def now(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 local time, as if no clock had been set since the start."""
        return time.monotonic_ns() + self.start


def _ahead_s() -> int:
    return time.localtime().tm_gmtoff
