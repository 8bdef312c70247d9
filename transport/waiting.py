"""How long what is read from a socket has waited in the kernel, by its receive time stamps.

The stamps are of the wall clock, which may be set. So an age is never taken for more than what was read before had waited,
plus the time since by the monotonic clock: whatever waits longer would have been read before it. An age that says more means
that a clock was set, and the comparison begins anew.

Source: reliability finding 3 (the kernel's buffer is part of the queue), targets O1-O5.
"""

import contextlib
import fcntl
import struct
import time
from typing import Final

SLACK_NS: Final = 1_000_000
TIMESPEC_OCTETS: Final = 16
_SIOCGSTAMPNS: Final = 0x8907


def stamp_of(fileno: int) -> int:
    """When the datagram taken last from a socket reached the host: nanoseconds of the wall clock, 0 where the kernel does not say."""
    words = bytearray(TIMESPEC_OCTETS)
    with contextlib.suppress(OSError):
        fcntl.ioctl(fileno, _SIOCGSTAMPNS, words)
    return nanoseconds(words)


def nanoseconds(timespec: bytes | bytearray) -> int:
    """The time of a `struct timespec`."""
    seconds, rest = struct.unpack("=qq", timespec)
    return int(seconds) * 1_000_000_000 + int(rest)


class QueueAge:
    """The age of what was read last, in nanoseconds."""

    def __init__(self) -> None:
        self._least: int | None = None
        self._age = 0
        self._at = 0

    def empty(self, monotonic: int) -> None:
        """Nothing waits."""
        self._age, self._at = 0, monotonic

    def now(self, stamp: int) -> int:
        """The age of what is read at this moment, 0 without a stamp."""
        return self.read(stamp, time.time_ns(), time.monotonic_ns()) if stamp else 0

    def read(self, stamp: int, wall: int, monotonic: int) -> int:
        """The age of a datagram of this stamp, read now by both clocks."""
        apart = wall - stamp
        if self._least is None or apart < self._least:
            self._least = apart
        age = apart - self._least
        if age > self._age + monotonic - self._at + SLACK_NS:
            age = self._age
            self._least = apart - age
        self._age, self._at = age, monotonic
        return age
