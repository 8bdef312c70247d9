"""The clock of a serving node."""

import time

from ain_scp.terms.units import SECOND_NS


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
