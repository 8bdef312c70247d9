"""One association of libusrsctp; the rules are those of `association`.

Source: RFC 6951, RFC 6458, sctp-lab section 6.
"""

import asyncio
import errno
from typing import Protocol

from ain_scp.transport.association import AGAIN, MESSAGES_PER_TURN, Association
from ain_scp.transport.link import LinkEnd, LinkUser
from ain_scp.transport.sctp_structs import Notification, NotificationType
from ain_scp.transport.sctp_usr_library import MSG_EOR, MSG_NOTIFICATION, NOTIFICATIONS, Socket


class Stack(Protocol):
    """Whose link it is."""

    loop: asyncio.AbstractEventLoop
    together: "list[UsrSctpLink] | None"
    """While messages are sent together: the links that have some."""
    waited_ns: int

    def ended(self, sock: Socket) -> None:
        """The link is over; its socket must be closed."""


class UsrSctpLink(Association):
    """One association over a tunnel. Made by a stack."""

    again = AGAIN | {errno.ENOBUFS}

    def __init__(self, stack: Stack, sock: Socket, name: str, tunnel: int, user: LinkUser) -> None:
        super().__init__(name, user, stack.loop)
        self.tunnel = tunnel
        self._stack = stack
        self._socket = sock

    @property
    def waited_ns(self) -> int:
        """The packets of all links wait in one UDP socket."""
        return self._stack.waited_ns

    def _release(self) -> None:
        self._stack.ended(self._socket)

    def _finish(self) -> None:
        self._socket.shut_down()

    def _linger_not(self) -> None:
        self._socket.linger_not()

    def _give(self, octets: bytes, stream: int) -> None:
        self._socket.send(octets, stream)

    def _at_once(self, octets: bytes, stream: int) -> bool:
        if self._stack.together is None:
            return self._put(octets, stream)
        self._stack.together.append(self)
        return False

    def turn(self) -> bool:
        """Receive what is there and send what waits; True when there may be more."""
        for _ in range(MESSAGES_PER_TURN):
            if self._ended:
                return False
            try:
                octets, flags, stream, ppid = self._socket.receive()
            except OSError as error:
                if error.errno not in self.again:
                    self.end(LinkEnd.ABORTED)
                else:
                    self._send_waiting()
                return False
            if flags & MSG_NOTIFICATION:
                about = notification(octets)
                if about is not None:
                    self._notified(about)
            elif not octets:
                self.end(LinkEnd.SHUTDOWN)
            else:
                self._piece(octets, stream, ppid, whole=bool(flags & MSG_EOR))
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


def notification(octets: bytes) -> Notification | None:
    """Read a notification of the library; None for one that is not used or cut short."""
    kind, state, streams = (int.from_bytes(octets[at : at + 2], "little") for at in (0, 8, 12))
    known = NOTIFICATIONS.get(kind)
    if known is None or (known is NotificationType.ASSOC_CHANGE and len(octets) < 16):
        return None
    return Notification(known, state - 1, streams)
