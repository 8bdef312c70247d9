"""How many unasked-for messages a node may send in a while: a bucket that fills again with time.

Answers to faults (ERR, DUNA, UDTS) are limited so that a node that is unwell, or a peer that is, cannot make a flood of
them: the lesson of the 1990 and 1991 network failures.

Source: reliability target O6, RFC 4666 clause 3.8.1.
"""


class Allowance:
    """A bucket of at most `burst` messages that gains `per_second` each second; `now` is nanoseconds."""

    __slots__ = ("_at", "_burst", "_left", "_per_second", "refused")

    def __init__(self, per_second: float, burst: float) -> None:
        """Start full; ValueError for a rate or burst that is not positive."""
        if per_second <= 0 or burst < 1:
            raise ValueError("an allowance needs a positive rate and a burst of at least 1")
        self._per_second = per_second
        self._burst = burst
        self._left = burst
        self._at: int | None = None
        self.refused = 0

    def take(self, now: int) -> bool:
        """Return whether one message more may be sent now; count it in `refused` otherwise."""
        if self._at is not None and now > self._at:
            self._left = min(self._burst, self._left + (now - self._at) * self._per_second / 1_000_000_000)
        self._at = now if self._at is None else max(self._at, now)
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        return True
