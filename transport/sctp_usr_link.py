"""One association of libusrsctp: its life, its pieces, its queue. The rules are those of `sctp_kernel`.

Source: RFC 6951, RFC 6458, sctp-lab section 6.
"""

import asyncio
import errno
from collections import Counter
from typing import Protocol

from ain_scp.transport.link import LARGEST_MESSAGE, M3UA_PPID, LinkEnd, LinkUser, SendQueue
from ain_scp.transport.sctp_kernel import MESSAGES_PER_TURN, SHUTDOWN_PATIENCE_S
from ain_scp.transport.sctp_usr_library import (
    MSG_EOR,
    MSG_NOTIFICATION,
    AssociationChange,
    NotificationType,
    Socket,
)

_AGAIN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR, errno.ENOBUFS})
_REFUSES_MESSAGE = frozenset({errno.EMSGSIZE, errno.EINVAL})
_ENDS = {
    AssociationChange.COMM_LOST: LinkEnd.ABORTED,
    AssociationChange.SHUTDOWN_COMP: LinkEnd.SHUTDOWN,
    AssociationChange.CANT_STR: LinkEnd.REFUSED,
    AssociationChange.RESTART: LinkEnd.RESTARTED,
}


class Stack(Protocol):
    """Whose link it is."""

    loop: asyncio.AbstractEventLoop
    together: "list[UsrSctpLink] | None"
    """While messages are sent together: the links that have some."""
    waited_ns: int

    def ended(self, sock: Socket) -> None:
        """The link is over; its socket must be closed."""


class UsrSctpLink:
    """One association over a tunnel. Made by a stack."""

    def __init__(self, stack: Stack, sock: Socket, name: str, tunnel: int, user: LinkUser) -> None:
        self.name = name
        self.streams = 1
        self.tunnel = tunnel
        self.counters: Counter[str] = Counter()
        self._stack = stack
        self._socket = sock
        self._user = user
        self._queue = SendQueue()
        self._pieces: list[bytes] = []
        self._size = 0
        self._up = False
        self._leaving = False
        self._ended = False
        self._patience: asyncio.TimerHandle | None = None

    @property
    def waited_ns(self) -> int:
        """The packets of all links wait in one UDP socket."""
        return self._stack.waited_ns

    # -- what the user asks for ---------------------------------------------------------------------------------------

    def send(self, octets: bytes, stream: int) -> bool:
        """Send one message; False (counted) when the link is not up, is leaving, or its queue is full."""
        if not self._up or self._leaving:
            self.counters["dropped_not_up"] += 1
            return False
        if not 0 <= stream < self.streams or not 0 < len(octets) <= LARGEST_MESSAGE:
            self.counters["dropped_unsendable"] += 1
            return False
        if not self._queue:
            if self._stack.together is not None:
                self._stack.together.append(self)
            elif self._put(octets, stream):
                return True
        if self._ended:
            return False
        taken = self._queue.put(octets, stream)
        self.counters["dropped_queue_full"] += not taken
        return taken

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
        self._patience = self._stack.loop.call_later(seconds, self.end, end)

    def established(self, streams: int) -> None:
        """The association is up."""
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
        self._stack.ended(self._socket)
        if not self._up and end is LinkEnd.ABORTED:
            end = LinkEnd.REFUSED
        self._up = False
        self._user.link_down(self, LinkEnd.CLOSED if self._leaving else end)

    def _break_off(self, end: LinkEnd) -> None:
        try:
            self._socket.linger_not()
        except OSError:
            self.counters["abort_refused"] += 1
        self.end(end)

    def _shut_down(self) -> None:
        try:
            self._socket.shut_down()
        except OSError:
            self.end(LinkEnd.CLOSED)

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    # -- messages -----------------------------------------------------------------------------------------------------

    def turn(self) -> bool:
        """Receive what is there and send what waits; True when there may be more."""
        for _ in range(MESSAGES_PER_TURN):
            if self._ended:
                return False
            try:
                octets, flags, stream, ppid = self._socket.receive()
            except OSError as error:
                if error.errno not in _AGAIN:
                    self.end(LinkEnd.ABORTED)
                else:
                    self._send_waiting()
                return False
            if flags & MSG_NOTIFICATION:
                self._notified(octets)
            elif not octets:
                self.end(LinkEnd.SHUTDOWN)
            else:
                self._piece(octets, stream, ppid, whole=bool(flags & MSG_EOR))
        return True

    def _piece(self, octets: bytes, stream: int, ppid: int, *, whole: bool) -> None:
        self._size += len(octets)
        if self._size > LARGEST_MESSAGE:
            self._break_off(LinkEnd.OVERSIZE)
            return
        self._pieces.append(octets)
        if not whole:
            return
        message = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if ppid not in (M3UA_PPID, 0):
            self.counters["dropped_payload_protocol"] += 1
        elif self._up and not self._leaving:
            self._user.link_received(self, message, stream)

    def _notified(self, octets: bytes) -> None:
        kind = int.from_bytes(octets[:2], "little")
        if kind == NotificationType.ASSOC_CHANGE and len(octets) >= 16:
            state, streams = (int.from_bytes(octets[at : at + 2], "little") for at in (8, 12))
            if state == AssociationChange.COMM_UP:
                self.established(streams)
                return
            end = _ENDS[AssociationChange(state)] if 2 <= state <= 5 else LinkEnd.ABORTED
            if end is LinkEnd.RESTARTED:
                self._break_off(end)
            else:
                self.end(end)
        elif kind == NotificationType.SHUTDOWN_EVENT:
            self.counters["peer_shutdowns"] += 1
            if not self._leaving:
                self.wait(SHUTDOWN_PATIENCE_S, LinkEnd.SHUTDOWN)
        elif kind == NotificationType.PARTIAL_DELIVERY:
            self._pieces.clear()
            self._size = 0
        elif kind == NotificationType.PEER_ADDR_CHANGE:
            self.counters["path_changes"] += 1

    def _put(self, octets: bytes, stream: int) -> bool:
        try:
            self._socket.send(octets, stream)
        except OSError as error:
            if error.errno in _REFUSES_MESSAGE:
                self.counters["dropped_unsendable"] += 1
                return True
            if error.errno not in _AGAIN:
                self.end(LinkEnd.ABORTED)
            return False
        return True

    def send_waiting(self) -> None:
        """Send what waits: several messages in one packet, as long as it holds them (RFC 9260 clause 6.10); none waits for more."""
        if not self._ended:
            self._send_waiting()

    def _send_waiting(self) -> None:
        if not self._queue:
            return
        waiting = self._queue.take()
        last = len(waiting) - 1
        if last > 0:
            self._socket.nodelay(on=False)
        for at, (octets, stream) in enumerate(waiting):
            if at == last and last > 0:
                self._socket.nodelay(on=True)
            if not self._put(octets, stream):
                if not self._ended:
                    self._queue.put_back(waiting[at:])
                    self._socket.nodelay(on=True)
                return
        if self._leaving and not self._ended:
            self._shut_down()
