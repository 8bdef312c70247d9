"""The clock of a serving node."""

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
    """Local calendar time in nanoseconds, as the node wants it: the wall clock moved by the zone's offset."""

    def __init__(self) -> None:
        self._offset_ns = 0
        self.adjust()

    def adjust(self) -> None:
        """Look at the zone's offset again (summer time begins or ends)."""
        self._offset_ns = time.localtime().tm_gmtoff * SECOND_NS

    def now(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 local time."""
        return time.time_ns() + self._offset_ns
