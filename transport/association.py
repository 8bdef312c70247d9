"""What an SCTP association is to its user, with either stack: its life, its pieces, its queue.

`sctp_kernel` and `sctp_usr_link` say how octets go out and come in. Rules of both:
1. Each of these ends a link: COMM_LOST, SHUTDOWN_COMP, CANT_STR, RESTART, end of file, any error of receive or send but
   "try again", and a shutdown of the peer that does not complete in two seconds.
2. A message is given to the user when its last piece is there.
3. A send that would block queues the whole message.

Source: RFC 4666 clauses 1.4.7 and 7, RFC 6458, sctp-lab section 6.
"""

import asyncio
import errno
from abc import ABC, abstractmethod
from collections import Counter

from ain_scp.transport.link import LARGEST_MESSAGE, M3UA_PPID, LinkEnd, LinkUser, SendQueue
from ain_scp.transport.sctp_structs import AssociationChange, Notification, NotificationType

MESSAGES_PER_TURN = 64
SHUTDOWN_PATIENCE_S = 2.0
CONNECT_PATIENCE_S = 5.0
AGAIN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})
_REFUSES_MESSAGE = frozenset({errno.EMSGSIZE, errno.EINVAL})
_ENDS: dict[int, LinkEnd] = {
    AssociationChange.SHUTDOWN_COMP: LinkEnd.SHUTDOWN,
    AssociationChange.CANT_STR: LinkEnd.REFUSED,
    AssociationChange.RESTART: LinkEnd.RESTARTED,
}


class Association(ABC):
    """One association. What a subclass adds: `_give`, `_linger_not`, `_finish` and `_release` of its socket."""

    again = AGAIN
    """Errors that a later try may not meet."""

    def __init__(self, name: str, user: LinkUser, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.streams = 1
        self.counters: Counter[str] = Counter()
        self._user = user
        self._loop = loop
        self._queue = SendQueue()
        self._pieces: list[bytes] = []
        self._size = 0
        self._up = False
        self._leaving = False
        self._ended = False
        self._patience: asyncio.TimerHandle | None = None

    @property
    @abstractmethod
    def waited_ns(self) -> int:
        """How long what came last had waited in this host before it was read."""

    @abstractmethod
    def _give(self, octets: bytes, stream: int) -> None:
        """Send one message; OSError when it cannot be taken now or at all."""

    @abstractmethod
    def _linger_not(self) -> None:
        """Let the end of the socket send ABORT; OSError where that is refused."""

    @abstractmethod
    def _finish(self) -> None:
        """Begin the orderly shutdown; OSError when the association is gone."""

    @abstractmethod
    def _release(self) -> None:
        """Close the socket."""

    # -- what the user asks for ---------------------------------------------------------------------------------------

    def send(self, octets: bytes, stream: int) -> bool:
        """Send one message; False (counted) when the link is not up, is leaving, or its queue is full."""
        if not self._up or self._leaving:
            self.counters["dropped_not_up"] += 1
            return False
        if not 0 <= stream < self.streams or not 0 < len(octets) <= LARGEST_MESSAGE:
            self.counters["dropped_unsendable"] += 1
            return False
        if not self._queue and self._at_once(octets, stream):
            return True
        if self._ended:
            return False
        if not self._queue.put(octets, stream):
            self.counters["dropped_queue_full"] += 1
            return False
        self._queued()
        return True

    def close(self) -> None:
        """Send what is queued, then shut the association down; the end comes with the peer's answer, or after 2 s."""
        if self._ended or self._leaving:
            return
        self._leaving = True
        if not self._up:
            self.end(LinkEnd.CLOSED)
            return
        self.wait(SHUTDOWN_PATIENCE_S, LinkEnd.CLOSED)
        if not self._queue:
            self._shut_down()

    def abort(self) -> None:
        """Send ABORT and forget everything."""
        if not self._ended:
            self._break_off(LinkEnd.CLOSED)

    # -- life ---------------------------------------------------------------------------------------------------------

    def wait(self, seconds: float, end: LinkEnd) -> None:
        """End the link unless something happens first."""
        self._stop_patience()
        self._patience = self._loop.call_later(seconds, self.end, end)

    def come_up(self, streams: int) -> None:
        """The association is up; the user hears it once."""
        if not self._up and not self._ended:
            self.streams = max(1, streams)
            self._up = True
            self._stop_patience()
            self._user.link_up(self)

    def end(self, end: LinkEnd) -> None:
        """Give everything back and inform the user, once."""
        if self._ended:
            return
        self._ended = True
        self._stop_patience()
        self.counters["lost_in_queue"] += len(self._queue.take())
        self._release()
        if not self._up and end is LinkEnd.ABORTED:
            end = LinkEnd.REFUSED
        self._up = False
        self._user.link_down(self, LinkEnd.CLOSED if self._leaving else end)

    def _break_off(self, end: LinkEnd) -> None:
        try:
            self._linger_not()
        except OSError:
            self.counters["abort_refused"] += 1
        self.end(end)

    def _shut_down(self) -> None:
        try:
            self._finish()
        except OSError:
            self.end(LinkEnd.CLOSED)

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    # -- messages -----------------------------------------------------------------------------------------------------

    def _piece(self, octets: bytes, stream: int, ppid: int, *, whole: bool) -> None:
        self._size += len(octets)
        if self._size > LARGEST_MESSAGE:
            self._break_off(LinkEnd.OVERSIZE)
            return
        self._pieces.append(octets)
        if not whole:
            return
        message = octets if len(self._pieces) == 1 else b"".join(self._pieces)
        self._forget_pieces()
        if ppid not in (M3UA_PPID, 0):
            self.counters["dropped_payload_protocol"] += 1
        elif self._up and not self._leaving:
            self._user.link_received(self, message, stream)

    def _forget_pieces(self) -> None:
        self._pieces.clear()
        self._size = 0

    def _notified(self, about: Notification) -> None:
        if about.kind == NotificationType.ASSOC_CHANGE:
            if about.state == AssociationChange.COMM_UP:
                self.come_up(about.streams_out)
                return
            end = _ENDS.get(about.state, LinkEnd.ABORTED)
            if end is LinkEnd.RESTARTED:
                self._break_off(end)
            else:
                self.end(end)
        elif about.kind == NotificationType.SHUTDOWN_EVENT:
            self.counters["peer_shutdowns"] += 1
            if self._patience is None:
                self.wait(SHUTDOWN_PATIENCE_S, LinkEnd.SHUTDOWN)
        elif about.kind == NotificationType.PARTIAL_DELIVERY:
            self._forget_pieces()
        elif about.kind == NotificationType.PEER_ADDR_CHANGE:
            self.counters["path_changes"] += 1

    def _put(self, octets: bytes, stream: int) -> bool:
        """Give one message away; False when it must wait, or when the link ended."""
        try:
            self._give(octets, stream)
        except OSError as error:
            if error.errno in _REFUSES_MESSAGE:
                self.counters["dropped_unsendable"] += 1
                return True
            if error.errno not in self.again:
                self.end(LinkEnd.ABORTED)
            return False
        return True

    def _at_once(self, octets: bytes, stream: int) -> bool:
        """Send a message that need not wait for others."""
        return self._put(octets, stream)

    def _queued(self) -> None:  # noqa: B027 - only the socket of the kernel must be watched
        """A message waits now."""
