"""How unwell the node is, as a level 0..30; each level lets through 90 % of what the one below did.

Rules: windows of one second; a window in which more than 8 % of the queries were shed or waited longer than `raise_ms`
raises the level, by as many steps as what was served falls short of what was offered; then one window passes in which the
switches can act on it. A window that serves nine tenths of what is offered, and is offered hardly more than was served at most
since the level rose, is a burst: it raises nothing. Only a number of calm windows lowers it, in which hardly a query was shed
or late and half waited less than `clear_ms` (for the last two steps: all of them): to the level at which what is offered now
would grow to 108 % of what was served under pressure (shedding costs capacity), by one step at least. A raise soon after
lowering doubles that number (up to 60), so the level settles instead of swinging; back at 0 it is forgotten. A window whose
pressure one code alone explains (as many queries were shed for it) raises nothing.
Times are nanoseconds of the caller's clock.

Source: reliability section 2.3 (short windows, small steps, response time as the trigger), targets O1, O4.
"""

from typing import Final

WINDOW_NS: Final = 1_000_000_000
MAX_LEVEL: Final = 30
STEP: Final = 0.9
PRESSED_SHARE: Final = 0.08
RARE_SHARE: Final = 0.04
SLOW_SHARE: Final = 0.5
LAST_STEPS: Final = 2
FITS: Final = 1.05
MILD: Final = 0.9
LEAST_QUERIES: Final = 20
SOON_WINDOWS: Final = 5
SETTLE_WINDOWS: Final = 1
AIM: Final = 1.08
MAX_HOLD: Final = 60

FRACTION: Final = tuple(STEP**level for level in range(MAX_LEVEL + 1))
"""Share of the offered queries to be let through, by level."""


class Levels:
    """The level of one node. `observe` each query, shed or served."""

    def __init__(self, raise_ms: int, clear_ms: int, hold: int = 3) -> None:
        """`raise_ms` above `clear_ms` is the hysteresis; `hold` the calm windows before the level falls."""
        self._raise_ns = raise_ms * 1_000_000
        self._clear_ns = clear_ms * 1_000_000
        self._base_hold = hold
        self._hold = hold
        self._calm = 0
        self._settle = 0
        self._capacity = 0
        self._since_lowered = MAX_HOLD
        self._window: int | None = None
        self._offered = self._shed = self._late = self._focused = 0
        self._slow = 0
        self._most = 0
        self.level = 0
        self.changes = 0

    @property
    def fraction(self) -> float:
        """The share of offered queries to be let through now."""
        return FRACTION[self.level]

    def observe(self, now: int, age: int, *, shed: bool) -> bool:
        """Count one query of age `age` ns; whether a window ended with it."""
        ended = self.advance(now)
        self._offered += 1
        if shed:
            self._shed += 1
        else:
            self._late += age >= self._raise_ns
            self._slow += age > self._clear_ns
        return ended

    def observe_many(self, now: int, served: int, age: int, shed: int) -> None:
        """Count queries at once: so many served at this age, so many shed or lost."""
        self.advance(now)
        self._offered += served + shed
        self._shed += shed
        if served:
            self._late += served if age >= self._raise_ns else 0
            self._slow += served if age > self._clear_ns else 0

    def focused(self, now: int) -> None:
        """Count one query shed for a code that stands out."""
        self.advance(now)
        self._focused += 1

    def advance(self, now: int) -> bool:
        """End the windows that are over; silent ones are calm."""
        if self._window is None:
            self._window = now
            return False
        passed = (now - self._window) // WINDOW_NS
        if passed <= 0:
            return False
        self._judge()
        self._rest(min(passed - 1, MAX_HOLD * MAX_LEVEL))
        self._window += passed * WINDOW_NS
        return True

    def _judge(self) -> None:
        offered, pressed = self._offered, self._shed + self._late
        served = offered - self._shed
        burst = self.level > 0 and offered <= FITS * self._most and served >= MILD * offered
        self._most = max(served, self._most if self.level else 0)
        if offered >= LEAST_QUERIES and pressed > offered * PRESSED_SHARE:
            self._calm = 0
            if self._focused >= pressed or burst:
                pass  # the focused control deals with it; or as many were served before, and a control would only cost
            elif self._settle:
                self._settle -= 1
                self._capacity = served
            else:
                self._capacity = served
                self._rise(max(served, 1) / offered)
        elif self._calm_enough(offered, pressed):
            self._rest(1)
        else:
            self._calm = 0
            self._since_lowered += 1
        self._offered = self._shed = self._late = self._slow = self._focused = 0

    def _calm_enough(self, offered: int, pressed: int) -> bool:
        """Whether a window may count towards falling; the last steps need windows without any that waited."""
        if self.level <= LAST_STEPS:
            return not pressed and not self._slow
        return pressed <= offered * RARE_SHARE and self._slow <= offered * SLOW_SHARE

    def _rise(self, served: float) -> None:
        """Go up by at least one step, more while even the next level's share is above what was served."""
        if self.level < MAX_LEVEL:
            self.changes += 1
        target = self.fraction * served
        self.level = min(self.level + 1, MAX_LEVEL)
        while self.level < MAX_LEVEL and FRACTION[self.level] * STEP >= target:
            self.level += 1
        if self._since_lowered <= SOON_WINDOWS:
            self._hold = min(self._hold * 2, MAX_HOLD)
        self._since_lowered = MAX_HOLD
        self._settle = SETTLE_WINDOWS

    def _rest(self, windows: int) -> None:
        """Take calm windows into account."""
        for _ in range(windows):
            if self.level == 0:
                self._hold = self._base_hold
                self._calm = self._settle = 0
                return
            self._calm += 1
            self._since_lowered += 1
            if self._calm >= self._hold:
                self._fall()

    def _fall(self) -> None:
        """Go down by at least one step, more while the lower level would still not bring too much."""
        aim = self.fraction * AIM * self._capacity / max(self._offered, 1)
        self.level -= 1
        while self.level > 0 and FRACTION[self.level - 1] <= aim:
            self.level -= 1
        self.changes += 1
        self._calm = self._settle = 0
        self._since_lowered = 0
