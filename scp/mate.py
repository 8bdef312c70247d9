"""What lets two nodes stand for one: a node that was stopped for a while must not continue as if nothing had happened.

A mate takes over within the BEAT supervision of the STP. A process that is stopped (SIGSTOP, a suspended machine) and goes
on later would answer queries whose switches gave up long ago, and believe itself in service while the mate serves. The
fence notices by its own pulse: two beats of the loop that lie too far apart.

Source: reliability target F3 (silent hang: stale queries dropped, the old active fenced), section 4 (mates).
"""

from enum import IntEnum

from ain_scp.terms.units import MS_NS


class Pulse(IntEnum):
    """What a pulse finds."""

    STEADY = 0
    STALLED = 1  # long enough for the STP to have given us up: register again
    STALE = 2  # longer than a switch waits: also drop, unread, what came meanwhile


class Fence:
    """Judges the time between two pulses; `stalled_ms` is what the STP allows (BEAT), `stale_ms` what a switch does (T1)."""

    __slots__ = ("_last", "_stale", "_stalled", "longest_ns", "stalls")

    def __init__(self, stalled_ms: int, stale_ms: int) -> None:
        """Start with the first pulse; ValueError unless 0 < stalled_ms <= stale_ms."""
        if not 0 < stalled_ms <= stale_ms:
            raise ValueError("a fence needs 0 < stalled_ms <= stale_ms")
        self._stalled = stalled_ms * MS_NS
        self._stale = stale_ms * MS_NS
        self._last: int | None = None
        self.stalls = 0
        self.longest_ns = 0

    def pulse(self, now: int) -> Pulse:
        """Take a pulse at `now` (nanoseconds that never go back)."""
        last, self._last = self._last, now
        gap = 0 if last is None else now - last
        self.longest_ns = max(self.longest_ns, gap)
        if gap < self._stalled:
            return Pulse.STEADY
        self.stalls += 1
        return Pulse.STALE if gap >= self._stale else Pulse.STALLED
