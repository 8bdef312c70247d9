"""Which destinations are in doubt, and when to ask for them (DAUD).

After activation, and after every DUNA, DRST, SCON or DUPU, a destination is in doubt; it is audited each interval until
DAVA says that it is available. A gateway reports changes only, so an ASP that comes late hears nothing otherwise.
Limit: 256 destinations. Times are nanoseconds of the caller's clock.

Source: RFC 4666 clause 4.5.2 (DAUD), sctp-lab section 1.
"""

from ain_scp.signaling.m3ua.numbers import MessageKind
from ain_scp.signaling.m3ua.structs import AffectedPointCode, Message
from ain_scp.terms.units import MS_NS

MAX_DESTINATIONS = 256


class Audit:
    """The destinations of one ASP that are not known to be available; `interval_ms` 0 switches it off."""

    __slots__ = ("_due", "_interval")

    def __init__(self, interval_ms: int) -> None:
        """Start with no doubt; ValueError for an interval below 0."""
        if interval_ms < 0:
            raise ValueError("an audit needs an interval of at least 0")
        self._interval = interval_ms * MS_NS
        self._due: dict[int, int] = {}

    def doubt(self, point_code: int, now: int) -> None:
        """Ask for a destination one interval from now, unless that is planned already."""
        if self._interval and point_code not in self._due and len(self._due) < MAX_DESTINATIONS:
            self._due[point_code] = now + self._interval

    def known(self, point_code: int, mask: int) -> None:
        """A destination, or all that differ in the `mask` low bits only, is available."""
        for doubted in [code for code in self._due if code >> mask == point_code >> mask]:
            del self._due[doubted]

    def clear(self) -> None:
        """Forget all doubts: the ASP is not active."""
        self._due.clear()

    def next_timer(self) -> int | None:
        """Return when the next destination must be asked for, or None."""
        return min(self._due.values(), default=None)

    def handle_timer(self, now: int) -> tuple[int, ...]:
        """Return the destinations to ask for now; each is planned again."""
        due = tuple(point_code for point_code, at in self._due.items() if at <= now)
        for point_code in due:
            self._due[point_code] = now + self._interval
        return due

    def message(
        self, point_codes: tuple[int, ...], routing_contexts: tuple[int, ...], network_appearance: int | None
    ) -> Message:
        """Return the DAUD for some destinations. Source: RFC 4666 clause 3.4.3."""
        return Message(
            MessageKind.DAUD,
            routing_contexts=routing_contexts,
            network_appearance=network_appearance,
            affected_point_codes=tuple(AffectedPointCode(point_code) for point_code in point_codes),
        )
