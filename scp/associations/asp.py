"""One association of the SCP, as an application server process, towards one STP.

It dials, registers (ASPUP, ASPAC, DAUD), hands DATA to the node and comes back by itself: after a lost link with growing,
jittered pauses; over datagrams by ASPUP again, also when the STP answers our traffic with "unexpected message", because
it has forgotten us. Leaving goes in the order that loses nothing: ASPIA, then the last answers, ASPDN, close.

Source: RFC 4666 clauses 4.3.4 and 4.3.4.6, sctp-lab sections 1 and 2 (graceful leave), reliability targets F1-F5.
"""

from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ain_scp.scp.associations.octets import is_data, sls_of
from ain_scp.scp.associations.screen import Screen
from ain_scp.signaling.m3ua.asp import (
    Asp,
    AspChanged,
    AspConfig,
    AspEvent,
    DataIndication,
    DestinationStatus,
    ErrorReceived,
    Notified,
    PeerLost,
)
from ain_scp.signaling.m3ua.asp_table import AspState
from ain_scp.signaling.m3ua.numbers import ErrorCode, MessageKind, OtherStatus, StatusType
from ain_scp.terms.units import MS_NS
from ain_scp.transport.link import Link, LinkEnd, LinkUser

REGISTER_AGAIN_NS: Final = 1_000 * MS_NS
STEADY_NS: Final = 10_000 * MS_NS
"""How long a link must have been up for the next pause to be short again."""
_SENDING = frozenset({AspState.ACTIVE, AspState.INACTIVE_SENT})

Deliver = Callable[[bytes, str], None]
"""Gives the node one M3UA message and the name of its link."""
Dial = Callable[[LinkUser], Link]
"""Opens a link; OSError when the host cannot."""


class Leaving(IntEnum):
    """How far an association is with leaving."""

    NO = 0
    DEACTIVATING = 1  # ASPIA is sent
    ANSWERING = 2  # acknowledged: stragglers are answered until the node is drained
    STOPPING = 3  # ASPDN is sent
    GONE = 4


class AspRow(Struct, frozen=True):
    """One association: its name, how it registers, the pauses between attempts (milliseconds, first and longest).

    `screen` says what the peer may send us beyond what M3UA checks.
    """

    name: str
    asp: AspConfig
    first_pause_ms: int = 100
    longest_pause_ms: int = 5_000
    screen: Screen = Screen()


class AspAssociation:
    """A user of links, one at a time. `chance` gives 0.0 to 1.0 for the jitter of pauses."""

    def __init__(
        self,
        row: AspRow,
        dial: Dial,
        deliver: Deliver,
        clock: Callable[[], int],
        chance: Callable[[], float],
    ) -> None:
        self.row = row
        self.counters: Counter[str] = Counter()
        self.leaving = Leaving.NO
        self.unavailable: set[int] = set()
        self._dial = dial
        self._deliver = deliver
        self._clock = clock
        self._chance = chance
        self._link: Link | None = None
        self._asp = Asp(row.asp)
        self._asp.counters = self.counters
        self._dial_at: int | None = None
        self._pause_ms = row.first_pause_ms
        self._up_since = 0
        self._registered_at = 0

    @property
    def active(self) -> bool:
        """Whether traffic can be sent."""
        return self._link is not None and self._asp.state in _SENDING

    @property
    def state(self) -> AspState:
        """The state of the ASP."""
        return self._asp.state

    # -- what the owner asks for --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the first link."""
        self._open()

    def send_answer(self, octets: bytes) -> bool:
        """Send DATA of the node; False when there is no association to send it on."""
        link = self._link
        may = self._asp.state in _SENDING or self.leaving is Leaving.ANSWERING
        if link is None or not may:
            return False
        return link.send(octets, self._asp.stream_of(sls_of(octets)))

    def leave(self) -> None:
        """Begin to leave: take no new traffic."""
        if self.leaving is not Leaving.NO:
            return
        self._dial_at = None
        if self._link is None:
            self.leaving = Leaving.GONE
        elif self._asp.state in {AspState.ACTIVE, AspState.ACTIVE_SENT}:
            self.leaving = Leaving.DEACTIVATING
            self._asp.send_inactive(self._clock())
            self._pump()
        else:
            self.leaving = Leaving.ANSWERING

    def stop(self) -> None:
        """The node is drained, or has no more time: ASPDN, then close."""
        if self.leaving in {Leaving.DEACTIVATING, Leaving.ANSWERING}:
            self.leaving = Leaving.STOPPING
            self._asp.send_down(self._clock())
            self._pump()
            if self._asp.state is AspState.DOWN:
                self._close()

    def register_again(self) -> None:
        """Start over: the peer may have given us up (the process was stopped, or it says so)."""
        link, now = self._link, self._clock()
        if link is None or self.leaving is not Leaving.NO:
            return
        if now - self._registered_at < REGISTER_AGAIN_NS:
            return
        self.counters["registered_again"] += 1
        self._registered_at = now
        if self.row.asp.association:
            link.abort()
        else:
            self._asp.lost(now)
            self._pump()

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, or None."""
        times = (self._dial_at, self._asp.next_timer() if self._link is not None else None)
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self) -> None:
        """Dial again, or let the ASP's timers expire."""
        now = self._clock()
        if self._dial_at is not None and now >= self._dial_at:
            self._dial_at = None
            self._open()
        due = self._asp.next_timer()
        if self._link is not None and due is not None and now >= due:
            self._asp.handle_timer(now)
            self._pump()

    # -- what the link reports ----------------------------------------------------------------------------------------

    def link_up(self, link: Link) -> None:
        """Register."""
        now = self._clock()
        self.counters["links_up"] += 1
        self._link = link
        self._up_since = self._registered_at = now
        self._asp = Asp(replace(self.row.asp, streams=link.streams))
        self._asp.counters = self.counters
        self._asp.connected(now)
        self._pump()

    def link_received(self, link: Link, octets: bytes, stream: int) -> None:
        """DATA goes to the node if the ASP takes it; all else is the ASP's."""
        del stream
        if self.leaving is Leaving.ANSWERING and is_data(octets):
            self.counters["stragglers"] += 1
            self._deliver(octets, link.name)
            return
        self._asp.receive(octets, self._clock())
        self._pump(octets, link)

    def link_down(self, link: Link, end: LinkEnd) -> None:
        """Forget the link and dial again later."""
        self.counters[f"links_ended_{end.name.lower()}"] += 1
        now = self._clock()
        if self._link is link:
            self._link = None
            self._asp.lost(now)
            self._drain_events()
        if self.leaving is not Leaving.NO:
            self.leaving = Leaving.GONE
            return
        if self._up_since and now - self._up_since >= STEADY_NS:
            self._pause_ms = self.row.first_pause_ms
        self._up_since = 0
        pause = self._pause_ms * (0.5 + self._chance())
        self._dial_at = now + int(pause * MS_NS)
        self._pause_ms = min(self._pause_ms * 2, self.row.longest_pause_ms)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self.counters["links_dialed"] += 1
        try:
            self._dial(self)
        except OSError:
            self.counters["links_not_made"] += 1
            self._dial_at = self._clock() + self.row.longest_pause_ms * MS_NS

    def _close(self) -> None:
        if self._link is not None:
            self._link.close()
        else:
            self.leaving = Leaving.GONE

    def _pump(self, octets: bytes = b"", link: Link | None = None) -> None:
        """Send what the ASP wants sent, then act on what it reports; `octets` are those just received."""
        self._send()
        self._drain_events(octets, link)
        self._send()

    def _send(self) -> None:
        for stream, octets in self._asp.octets_to_send():
            if self._link is not None and not self._link.send(octets, stream):
                self.counters["management_not_sent"] += 1

    def _drain_events(self, octets: bytes = b"", link: Link | None = None) -> None:
        while (event := self._asp.next_event()) is not None:
            if not isinstance(event, DataIndication):
                self._told(event)
            elif link is not None:
                refused = self.row.screen.refuse(event.protocol_data)
                self.counters[refused or "data_received"] += 1
                if refused is None:
                    self._deliver(octets, link.name)

    def _told(self, event: AspEvent) -> None:
        if isinstance(event, AspChanged):
            self._changed(event.state)
        elif isinstance(event, PeerLost):
            if self.row.asp.association and self._link is not None:
                self._link.abort()
        elif isinstance(event, ErrorReceived):
            self.counters["errors_received"] += 1
            if event.error_code == ErrorCode.UNEXPECTED_MESSAGE and self._asp.state is AspState.ACTIVE:
                self.register_again()
        elif isinstance(event, Notified):
            taken_over = (StatusType.OTHER, OtherStatus.ALTERNATE_ASP_ACTIVE)
            self.counters["notified"] += 1
            self.counters["taken_over"] += event.message.status == taken_over
        elif isinstance(event, DestinationStatus):
            self._destination(event)

    def _changed(self, state: AspState) -> None:
        self.counters[f"became_{state.name.lower()}"] += 1
        if state is AspState.INACTIVE and self.leaving is Leaving.DEACTIVATING:
            self.leaving = Leaving.ANSWERING
        elif state is AspState.DOWN and self.leaving is Leaving.STOPPING:
            self._close()

    def _destination(self, event: DestinationStatus) -> None:
        codes = {affected.point_code for affected in event.message.affected_point_codes if not affected.mask}
        if event.message.kind == MessageKind.DUNA:
            self.counters["destinations_unavailable"] += 1
            self.unavailable |= codes
        elif event.message.kind == MessageKind.DAVA:
            self.counters["destinations_available"] += 1
            self.unavailable -= codes
