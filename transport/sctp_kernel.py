"""SCTP of the operating system, one-to-one sockets, under asyncio.

The sockets are non-blocking and watched with add_reader; asyncio's own transports are not used, because they merge
messages or stall on SCTP. Rules:
1. Association events are always subscribed: after an abort a socket shows no end of file, and an error is reported only once,
   to whichever of receive and send comes first.
2. Each of these ends a link: COMM_LOST, SHUTDOWN_COMP, CANT_STR, RESTART, end of file, any error of receive or send but
   "try again", and a shutdown of the peer that does not complete in two seconds.
3. A message is given to the user when its last piece (MSG_EOR) is there.
4. A send that would block queues the whole message and waits for the socket.

Source: RFC 4666 clauses 1.4.7 and 7, RFC 6458, sctp-lab section 6.
"""

import asyncio
import contextlib
import errno
import socket
import struct
import time
from collections import Counter

from ain_scp.transport.link import LARGEST_MESSAGE, M3UA_PPID, Endpoint, LinkEnd, LinkUser, SendQueue
from ain_scp.transport.sctp_structs import (
    IPPROTO_SCTP,
    MSG_EOR,
    MSG_NOTIFICATION,
    SO_TIMESTAMPNS,
    STATUS_SIZE,
    AssociationChange,
    NotificationType,
    Option,
    Tuning,
    addresses,
    options,
    read_notification,
    received_on,
    send_info,
    stamped_at,
    streams_of,
)
from ain_scp.transport.waiting import QueueAge

RECEIVE_OCTETS = 65_536
ANCILLARY_OCTETS = 128
MESSAGES_PER_TURN = 64
SHUTDOWN_PATIENCE_S = 2.0
CONNECT_PATIENCE_S = 5.0
MAX_ACCEPTED = 256
BACKLOG = 64
_AGAIN = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})
_REFUSES_MESSAGE = frozenset({errno.EMSGSIZE, errno.EINVAL})
_ENDS = {
    AssociationChange.COMM_LOST: LinkEnd.ABORTED,
    AssociationChange.SHUTDOWN_COMP: LinkEnd.SHUTDOWN,
    AssociationChange.CANT_STR: LinkEnd.REFUSED,
    AssociationChange.RESTART: LinkEnd.RESTARTED,
}


def missing() -> str | None:
    """Say what stands against SCTP here, or None when the kernel has it."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_SCTP).close()
    except OSError as error:
        return f"this kernel has no SCTP ({error.strerror}): load it with 'modprobe sctp'"
    return None


def make_socket(tuning: Tuning) -> socket.socket:
    """Make a non-blocking one-to-one socket with every option set; OSError when the kernel has no SCTP."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_SCTP)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        for option, value in options(tuning):
            made.setsockopt(IPPROTO_SCTP, option, value)
    except OSError:
        made.close()
        raise
    return made


class SctpLink:
    """One association. Made by `connect` or by a listener."""

    def __init__(
        self, sock: socket.socket, name: str, user: LinkUser, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.name = name
        self.streams = 1
        self.waited_ns = 0
        self.counters: Counter[str] = Counter()
        self._socket = sock
        self._user = user
        self._loop = loop
        self._queue = SendQueue()
        self._pieces: list[bytes] = []
        self._size = 0
        self._up = False
        self._leaving: LinkEnd | None = None
        self._ended = False
        self._writing = False
        self._patience: asyncio.TimerHandle | None = None
        self._age = QueueAge()
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        loop.add_reader(sock.fileno(), self._readable)

    # -- what the user asks for ---------------------------------------------------------------------------------------

    def send(self, octets: bytes, stream: int) -> bool:
        """Send one message; False (counted) when the link is not up, is leaving, or its queue is full."""
        if not self._up or self._leaving is not None:
            self.counters["dropped_not_up"] += 1
            return False
        if not 0 <= stream < self.streams or not 0 < len(octets) <= LARGEST_MESSAGE:
            self.counters["dropped_unsendable"] += 1
            return False
        if not self._queue and self._put(octets, stream):
            return True
        if self._ended:
            return False
        if not self._queue.put(octets, stream):
            self.counters["dropped_queue_full"] += 1
            return False
        self._watch_writing()
        return True

    def close(self) -> None:
        """Send what is queued, then shut the association down; the end comes with the peer's answer, or after 2 s."""
        if self._ended or self._leaving is not None:
            return
        self._leaving = LinkEnd.CLOSED
        if not self._up:
            self._end(LinkEnd.CLOSED)
            return
        self._patience = self._loop.call_later(SHUTDOWN_PATIENCE_S, self._end, LinkEnd.CLOSED)
        if not self._queue:
            self._shut_down()

    def abort(self) -> None:
        """Send ABORT and forget everything."""
        if not self._ended:
            self._linger_not()
            self._end(LinkEnd.CLOSED)

    # -- life ---------------------------------------------------------------------------------------------------------

    def established(self) -> None:
        """The association is up: learn its streams and inform the user."""
        if self._up or self._ended:
            return
        try:
            status = self._socket.getsockopt(IPPROTO_SCTP, Option.STATUS, STATUS_SIZE)
        except OSError:
            self._end(LinkEnd.REFUSED)
            return
        self.streams = max(1, streams_of(status))
        self._up = True
        self._stop_patience()
        self._user.link_up(self)

    def connecting(self) -> None:
        """Wait for a connect that is under way, at most five seconds."""
        self._patience = self._loop.call_later(CONNECT_PATIENCE_S, self._end, LinkEnd.REFUSED)
        self._watch_writing()

    def refused(self) -> None:
        """The connect failed at once; the user hears it from the loop, never from within `connect`."""
        self._loop.call_soon(self._end, LinkEnd.REFUSED)

    def _end(self, end: LinkEnd) -> None:
        if self._ended:
            return
        self._ended = True
        self._stop_patience()
        self.counters["lost_in_queue"] += len(self._queue.take())
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        if not self._up and end is LinkEnd.ABORTED:
            end = LinkEnd.REFUSED
        self._up = False
        self._user.link_down(self, self._leaving if self._leaving is not None else end)

    def _shut_down(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(LinkEnd.CLOSED)

    def _linger_not(self) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            self.counters["abort_refused"] += 1

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    # -- receiving ----------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        for turn in range(MESSAGES_PER_TURN):
            if self._ended:
                return
            try:
                octets, ancillary, flags, _ = self._socket.recvmsg(RECEIVE_OCTETS, ANCILLARY_OCTETS)
            except OSError as error:
                if error.errno not in _AGAIN:
                    self._end(LinkEnd.ABORTED)
                self._age.empty(time.monotonic_ns())
                return
            if turn == 0:
                self.waited_ns = self._age.now(stamped_at(ancillary))
            if flags & MSG_NOTIFICATION:
                self._notified(octets)
            elif not octets:
                self._end(LinkEnd.SHUTDOWN)
            else:
                self._piece(octets, ancillary, whole=bool(flags & MSG_EOR))

    def _piece(self, octets: bytes, ancillary: list[tuple[int, int, bytes]], *, whole: bool) -> None:
        self._size += len(octets)
        if self._size > LARGEST_MESSAGE:
            self._linger_not()
            self._end(LinkEnd.OVERSIZE)
            return
        if not whole:
            self._pieces.append(octets)
            return
        if self._pieces:
            self._pieces.append(octets)
            octets = b"".join(self._pieces)
            self._pieces.clear()
        self._size = 0
        stream, ppid = received_on(ancillary)
        if ppid not in (M3UA_PPID, 0):
            self.counters["dropped_payload_protocol"] += 1
            return
        if not self._up:
            self.established()
        if self._up and self._leaving is None:
            self._user.link_received(self, octets, stream)

    def _notified(self, octets: bytes) -> None:
        notification = read_notification(octets)
        if notification is None:
            return
        if notification.kind == NotificationType.ASSOC_CHANGE:
            if notification.state == AssociationChange.COMM_UP:
                self.established()
                return
            end = _ENDS.get(AssociationChange(notification.state)) if notification.state <= 4 else None
            if end is LinkEnd.RESTARTED:
                self._linger_not()
            self._end(end or LinkEnd.ABORTED)
        elif notification.kind == NotificationType.SHUTDOWN_EVENT:
            self.counters["peer_shutdowns"] += 1
            if self._patience is None:
                self._patience = self._loop.call_later(SHUTDOWN_PATIENCE_S, self._end, LinkEnd.SHUTDOWN)
        elif notification.kind == NotificationType.PARTIAL_DELIVERY:
            self._pieces.clear()
            self._size = 0
        elif notification.kind == NotificationType.PEER_ADDR_CHANGE:
            self.counters["path_changes"] += 1

    # -- sending ------------------------------------------------------------------------------------------------------

    def _put(self, octets: bytes, stream: int) -> bool:
        """Give one message to the kernel; False when it must wait, or when the link ended."""
        try:
            self._socket.sendmsg([octets], [send_info(stream)])
        except OSError as error:
            if error.errno in _REFUSES_MESSAGE:
                self.counters["dropped_unsendable"] += 1
                return True
            if error.errno not in _AGAIN:
                self._end(LinkEnd.ABORTED)
            return False
        return True

    def _watch_writing(self) -> None:
        if not self._writing:
            self._writing = True
            self._loop.add_writer(self._socket.fileno(), self._writable)

    def _writable(self) -> None:
        if not self._up:
            self._connected_or_not()
            if not self._up:
                return
        waiting = self._queue.take()
        for at, (octets, stream) in enumerate(waiting):
            if not self._put(octets, stream):
                if self._ended:
                    self.counters["lost_in_queue"] += len(waiting) - at
                else:
                    self._queue.put_back(waiting[at:])
                return
        if self._ended:
            return
        self._writing = False
        self._loop.remove_writer(self._socket.fileno())
        if self._leaving is not None:
            self._shut_down()

    def _connected_or_not(self) -> None:
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._end(LinkEnd.REFUSED)
        else:
            self.established()


class SctpListener:
    """Takes associations; each accepted one is a link of the user. At most 256 are up at once."""

    def __init__(self, sock: socket.socket, user: LinkUser, loop: asyncio.AbstractEventLoop) -> None:
        self.port = int(sock.getsockname()[1])
        self.counters: Counter[str] = Counter()
        self._socket = sock
        self._user = user
        self._loop = loop
        self._links: set[SctpLink] = set()
        loop.add_reader(sock.fileno(), self._acceptable)

    def close(self) -> None:
        """Take no more associations."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _acceptable(self) -> None:
        for _ in range(BACKLOG):
            try:
                accepted, peer = self._socket.accept()
            except OSError:
                return
            self._links = {link for link in self._links if not link._ended}  # noqa: SLF001 - its own kind
            if len(self._links) >= MAX_ACCEPTED:
                self.counters["refused_too_many"] += 1
                accepted.close()
                continue
            accepted.setblocking(False)
            link = SctpLink(accepted, f"{peer[0]}:{peer[1]}", self._user, self._loop)
            self._links.add(link)
            link.established()


def listen(local: Endpoint, user: LinkUser, tuning: Tuning | None = None) -> SctpListener:
    """Listen on every host of an endpoint; OSError when that is not possible."""
    sock = make_socket(tuning or Tuning())
    try:
        _bind(sock, local)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return SctpListener(sock, user, asyncio.get_running_loop())


def connect(
    remote: Endpoint, user: LinkUser, local: Endpoint | None = None, tuning: Tuning | None = None
) -> SctpLink:
    """Open an association; the user hears whether it came up. OSError when no socket can be had."""
    sock = make_socket(tuning or Tuning())
    try:
        if local is not None:
            _bind(sock, local)
    except OSError:
        sock.close()
        raise
    link = SctpLink(sock, f"{remote.hosts[0]}:{remote.port}", user, asyncio.get_running_loop())
    try:
        if len(remote.hosts) > 1:
            sock.setsockopt(IPPROTO_SCTP, Option.CONNECTX, addresses(remote.hosts, remote.port))
        else:
            sock.connect((remote.hosts[0], remote.port))
    except OSError as error:
        if error.errno != errno.EINPROGRESS:
            link.refused()
            return link
    link.connecting()
    return link


def _bind(sock: socket.socket, local: Endpoint) -> None:
    sock.bind((local.hosts[0], local.port))
    if len(local.hosts) > 1:
        port = int(sock.getsockname()[1])
        sock.setsockopt(IPPROTO_SCTP, Option.BINDX_ADD, addresses(local.hosts[1:], port))
