"""The door of charging as a node's script uses it: the node's time turned into the ledger's.

Source: charging.md 6.2; 9.2 (a node's own clock is UTC, the offset that of the place).
"""

from collections.abc import Callable

import msgspec

from ain_scp.billing.charging.events import AnyEvent
from ain_scp.billing.charging.port import DirectPort, Result
from ain_scp.billing.ledger.export import time_text
from ain_scp.terms.units import MS_NS, SECOND_NS


class Instant(msgspec.Struct, frozen=True):
    """UTC in milliseconds, and how far local time is ahead of it."""

    at_ms: int
    offset_ms: int = 0

    @property
    def local_ms(self) -> int:
        """Local time."""
        return self.at_ms + self.offset_ms


Clock = Callable[[int], Instant]
"""The instant of a node's `now` (ns)."""


def calendar(now: int) -> Instant:
    """Of a simulated network, whose time is local and has no offset."""
    return Instant(now // MS_NS)


class Charger:
    """Asks the door at the node's time."""

    def __init__(
        self, port: DirectPort, clock: Clock = calendar, when: Callable[[int], int] = lambda ms: ms * MS_NS
    ) -> None:
        """`clock` turns the node's time into the ledger's, `when` the ledger's into the node's."""
        self.port = port
        self.clock = clock
        self.when = when

    def ask(self, request: AnyEvent, now: int) -> Result:
        """Serve a request of this moment."""
        instant = self.clock(now)
        return self.port.ask(request, instant.at_ms, instant.offset_ms)

    def text(self, now: int) -> str:
        """The local time of a moment, as event lines write it."""
        return time_text(self.clock(now).local_ms)

    @property
    def setup_ns(self) -> int:
        """How long a set-up lasts at most."""
        return self.port.engine.desk.charging.options.setup_s * SECOND_NS

    @property
    def patience_ns(self) -> int:
        """How long after the end of what is paid for somebody may still settle."""
        return self.port.engine.desk.charging.options.validity_s * SECOND_NS
