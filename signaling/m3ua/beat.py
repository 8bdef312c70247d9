"""Supervision of a peer by BEAT: who is silent for too long is gone.

A beat is sent every interval and carries its number; the peer must return it. After `misses` beats in a row without
their return the peer counts as lost, even if the association below still looks healthy: over UDP nothing else would
notice, and over SCTP a peer whose program hangs keeps its association. Times are nanoseconds of the caller's clock.

Source: RFC 4666 clause 4.3.4.6 (BEAT), reliability target F3.
"""

from enum import IntEnum

from ain_scp.terms.units import MS_NS


class BeatVerdict(IntEnum):
    """What a timer of the supervision asks for."""

    NOTHING = 0
    SEND = 1
    LOST = 2


class BeatSupervision:
    """One peer under supervision; `interval_ms` 0 switches it off."""

    __slots__ = ("_due", "_interval", "_misses", "_number", "_outstanding")

    def __init__(self, interval_ms: int, misses: int) -> None:
        """Make it stopped; ValueError for an interval below 0 or misses below 1."""
        if interval_ms < 0 or misses < 1:
            raise ValueError("BEAT supervision needs an interval of at least 0 and at least one miss")
        self._interval = interval_ms * MS_NS
        self._misses = misses
        self._number = 0
        self._outstanding = 0
        self._due: int | None = None

    @property
    def heartbeat(self) -> bytes:
        """The data of the beat sent last: its number, 8 octets."""
        return self._number.to_bytes(8, "big")

    def start(self, now: int) -> None:
        """Begin, or go on if it runs already."""
        if self._interval and self._due is None:
            self._outstanding = 0
            self._due = now + self._interval

    def stop(self) -> None:
        """End supervision."""
        self._due = None

    def returned(self, heartbeat: bytes | None) -> bool:
        """Take the data of a BEAT ACK; return whether it is the beat sent last. Source: RFC 4666 clause 4.3.4.6."""
        if heartbeat != self.heartbeat or not self._outstanding:
            return False
        self._outstanding = 0
        return True

    def next_timer(self) -> int | None:
        """Return when the next beat or verdict is due, or None."""
        return self._due

    def handle_timer(self, now: int) -> BeatVerdict:
        """Return whether a beat must be sent or the peer is lost."""
        if self._due is None or now < self._due:
            return BeatVerdict.NOTHING
        if self._outstanding >= self._misses:
            self._due = None
            return BeatVerdict.LOST
        self._outstanding += 1
        self._number += 1
        self._due = now + self._interval
        return BeatVerdict.SEND
