"""SCTP of the operating system, one-to-one sockets, under asyncio.

The sockets are non-blocking and watched with add_reader; asyncio's own transports are not used, because they merge
messages or stall on SCTP. Association events are always subscribed: after an abort a socket shows no end of file, and an
error is reported only once, to whichever of receive and send comes first. The other rules are those of `association`.

Source: RFC 4666 clauses 1.4.7 and 7, RFC 6458, sctp-lab section 6.
"""

import asyncio
import contextlib
import errno
import socket
import struct
import time
from collections import Counter

from ain_scp.transport.association import CONNECT_PATIENCE_S, MESSAGES_PER_TURN, Association
from ain_scp.transport.link import Endpoint, LinkEnd, LinkUser
from ain_scp.transport.sctp_structs import (
    IPPROTO_SCTP,
    MSG_EOR,
    MSG_NOTIFICATION,
    SO_TIMESTAMPNS,
    STATUS_SIZE,
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
MAX_ACCEPTED = 256
BACKLOG = 64


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


class SctpLink(Association):
    """One association. Made by `connect` or by a listener."""

    waited_ns = 0

    def __init__(
        self, sock: socket.socket, name: str, user: LinkUser, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(name, user, loop)
        self._socket = sock
        self._writing = False
        self._age = QueueAge()
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        loop.add_reader(sock.fileno(), self._readable)

    def come_up(self, streams: int = 0) -> None:
        """The association is up, with as many streams as the socket says."""
        if not (self._up or self._ended):
            try:
                streams = streams_of(self._socket.getsockopt(IPPROTO_SCTP, Option.STATUS, STATUS_SIZE))
            except OSError:
                self.end(LinkEnd.REFUSED)
        super().come_up(streams)

    def connecting(self) -> None:
        """Wait for a connect that is under way, at most five seconds."""
        self.wait(CONNECT_PATIENCE_S, LinkEnd.REFUSED)
        self._queued()

    def refused(self) -> None:
        """The connect failed at once; the user hears it from the loop, never from within `connect`."""
        self._loop.call_soon(self.end, LinkEnd.REFUSED)

    def _release(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()

    def _finish(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def _linger_not(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _give(self, octets: bytes, stream: int) -> None:
        self._socket.sendmsg([octets], [send_info(stream)])

    def _readable(self) -> None:
        for turn in range(MESSAGES_PER_TURN):
            if self._ended:
                return
            try:
                octets, ancillary, flags, _ = self._socket.recvmsg(RECEIVE_OCTETS, ANCILLARY_OCTETS)
            except OSError as error:
                if error.errno not in self.again:
                    self.end(LinkEnd.ABORTED)
                self._age.empty(time.monotonic_ns())
                return
            if turn == 0:
                self.waited_ns = self._age.now(stamped_at(ancillary))
            if flags & MSG_NOTIFICATION:
                about = read_notification(octets)
                if about is not None:
                    self._notified(about)
            elif not octets:
                self.end(LinkEnd.SHUTDOWN)
            else:
                self.come_up()
                self._piece(octets, *received_on(ancillary), whole=bool(flags & MSG_EOR))

    def _queued(self) -> None:
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
        if self._leaving:
            self._shut_down()

    def _connected_or_not(self) -> None:
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.end(LinkEnd.REFUSED)
        else:
            self.come_up()


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
            link.come_up()


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
