"""libusrsctp through ctypes: where it is, what its functions take, and its structures, which are not those of Linux.

The library is BSD's SCTP as a user-space library; the package is optional (Debian and Ubuntu: libusrsctp2). All calls of a
process happen in one thread, the event loop's: the library is started without threads of its own.

Source: usrsctp.h of release 0.9.5.0, RFC 6458, sctp-lab section 5.
"""

import ctypes
import errno
import socket
import struct
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Any

from ain_scp.transport.link import M3UA_PPID
from ain_scp.transport.sctp_structs import IPPROTO_SCTP, NotificationType, Tuning

NAMES = ("libusrsctp.so.2", "libusrsctp.so.1", "libusrsctp.so", "libusrsctp.2.dylib", "libusrsctp.dylib")
PACKAGE = "libusrsctp2"
AF_CONN = 123
MSG_NOTIFICATION = 0x2000
MSG_EOR = 0x80
SENDV_SNDINFO = 1
RECEIVE_OCTETS = 65_536

_ADDRESS = struct.Struct("=H2s4xQ")  # struct sockaddr_conn: family, port in network order, an opaque pointer
_INITMSG = struct.Struct("=HHHH")
_RTOINFO = struct.Struct("=IIII")
_ASSOCINFO = struct.Struct("=IIIIHH")
_PEER_ADDRESS = struct.Struct("=128sIIIIIHBx")
_EVENT = struct.Struct("=IHBx")
_SNDINFO = struct.Struct("=HHIII")
_RECEIVED = struct.Struct("=HHHxxI")
_LINGER = struct.Struct("=ii")

OUTPUT = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint8, ctypes.c_uint8
)
UPCALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


class Option(IntEnum):
    """Socket options of the library at level IPPROTO_SCTP."""

    RTOINFO = 0x01
    ASSOCINFO = 0x02
    INITMSG = 0x03
    NODELAY = 0x04
    PEER_ADDR_PARAMS = 0x0A
    EVENT = 0x1E
    RECVRCVINFO = 0x1F


NOTIFICATIONS = {
    0x0001: NotificationType.ASSOC_CHANGE,
    0x0002: NotificationType.PEER_ADDR_CHANGE,
    0x0005: NotificationType.SHUTDOWN_EVENT,
    0x0007: NotificationType.PARTIAL_DELIVERY,
}
"""Notifications of the library: its numbers are not those of Linux; states of an ASSOC_CHANGE are one higher there."""


@cache
def find() -> ctypes.CDLL | None:
    """Load the library and declare what is used of it; None when it is not installed."""
    for name in NAMES:
        try:
            library = ctypes.CDLL(name, use_errno=True)
        except OSError:
            continue
        try:
            _declare(library)
        except AttributeError:
            continue  # a release without one of the functions
        return library
    return None


def missing() -> str | None:
    """Say what to install, or None when the library is there."""
    return None if find() is not None else f"libusrsctp is not installed: apt-get install {PACKAGE}"


def _declare(library: ctypes.CDLL) -> None:
    pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    rows: tuple[tuple[str, Any, list[Any]], ...] = (
        ("init_nothreads", None, [ctypes.c_uint16, OUTPUT, pointer]),
        (
            "socket",
            pointer,
            [number, number, number, pointer, pointer, ctypes.c_uint32, pointer],
        ),
        ("setsockopt", number, [pointer, number, number, ctypes.c_char_p, ctypes.c_uint32]),
        ("bind", number, [pointer, ctypes.c_char_p, ctypes.c_uint32]),
        ("listen", number, [pointer, number]),
        ("accept", pointer, [pointer, pointer, pointer]),
        ("connect", number, [pointer, ctypes.c_char_p, ctypes.c_uint32]),
        ("shutdown", number, [pointer, number]),
        ("close", None, [pointer]),
        ("set_non_blocking", number, [pointer, number]),
        ("set_upcall", number, [pointer, UPCALL, pointer]),
        ("register_address", None, [pointer]),
        ("deregister_address", None, [pointer]),
        ("conninput", None, [pointer, ctypes.c_char_p, size, ctypes.c_uint8]),
        ("handle_timers", None, [ctypes.c_uint32]),
        (
            "sendv",
            ctypes.c_ssize_t,
            [
                pointer,
                ctypes.c_char_p,
                size,
                pointer,
                number,
                ctypes.c_char_p,
                ctypes.c_uint32,
                ctypes.c_uint,
                number,
            ],
        ),
        (
            "recvv",
            ctypes.c_ssize_t,
            [pointer, pointer, size, pointer, pointer, pointer, pointer, pointer, pointer],
        ),
        ("sysctl_set_sctp_ecn_enable", number, [ctypes.c_uint32]),
        ("sysctl_set_sctp_asconf_enable", number, [ctypes.c_uint32]),
        ("sysctl_set_sctp_no_csum_on_loopback", number, [ctypes.c_uint32]),
    )
    for name, result, arguments in rows:
        function: Callable[..., Any] = getattr(library, f"usrsctp_{name}")
        function.restype = result  # type: ignore[attr-defined] # a function of ctypes
        function.argtypes = arguments  # type: ignore[attr-defined]


def address(tunnel: int, port: int) -> bytes:
    """Return the address of a peer behind a tunnel; tunnel 0 means all of them."""
    return _ADDRESS.pack(AF_CONN, port.to_bytes(2, "big"), tunnel)


def read_address(octets: bytes) -> tuple[int, int]:
    """Return (tunnel, port) of an address."""
    _, port, tunnel = _ADDRESS.unpack_from(octets)
    return tunnel, int.from_bytes(port, "big")


def options(tuning: Tuning) -> list[tuple[int, bytes]]:
    """Return what is set on every socket before it listens or connects: (option, value)."""
    one = (1).to_bytes(4, "little")
    t = tuning
    rows = [
        (Option.NODELAY, one),
        (Option.RECVRCVINFO, one),
        (Option.INITMSG, _INITMSG.pack(t.streams, t.streams, t.init_attempts, t.rto_max_ms)),
        (Option.RTOINFO, _RTOINFO.pack(0, t.rto_initial_ms, t.rto_max_ms, t.rto_min_ms)),
        (Option.ASSOCINFO, _ASSOCINFO.pack(0, 0, 0, 0, t.association_max_retrans, 0)),
        (
            Option.PEER_ADDR_PARAMS,
            _PEER_ADDRESS.pack(bytes(128), 0, t.heartbeat_ms, 0, 1, 0, t.path_max_retrans, 0),
        ),
    ]
    events = [(Option.EVENT, _EVENT.pack(0, kind, 1)) for kind in NOTIFICATIONS]
    return [(int(option), value) for option, value in rows + events]


def send_info(stream: int) -> bytes:
    """Return the structure that sends a message on a stream with M3UA's identifier."""
    return _SNDINFO.pack(stream, 0, socket.htonl(M3UA_PPID), 0, 0)


def received_on(info: bytes) -> tuple[int, int]:
    """Return (stream, payload protocol identifier) from the structure of a received message."""
    stream, _, _, ppid = _RECEIVED.unpack_from(info)
    return stream, socket.ntohl(ppid)


def abort_linger() -> bytes:
    """Return the linger option that makes a close an ABORT."""
    return _LINGER.pack(1, 0)


class Socket:
    """One socket of the library: the calls raise OSError as those of the operating system do."""

    __slots__ = ("_buffer", "_flags", "_info", "_library", "pointer")

    def __init__(self, library: ctypes.CDLL, pointer: int) -> None:
        self._library = library
        self.pointer = pointer
        self._buffer = ctypes.create_string_buffer(RECEIVE_OCTETS)
        self._info = ctypes.create_string_buffer(64)
        self._flags = ctypes.c_int(0)
        self._check(library.usrsctp_set_non_blocking(pointer, 1))

    @classmethod
    def make(cls, library: ctypes.CDLL, tuning: Tuning) -> "Socket":
        """Make a one-to-one socket with every option set."""
        pointer = library.usrsctp_socket(AF_CONN, socket.SOCK_STREAM, IPPROTO_SCTP, None, None, 0, None)
        if not pointer:
            raise _fault()
        made = cls(library, pointer)
        for option, value in options(tuning):
            made._check(library.usrsctp_setsockopt(pointer, IPPROTO_SCTP, option, value, len(value)))
        return made

    def bind(self, octets: bytes) -> None:
        """Take a local address."""
        self._check(self._library.usrsctp_bind(self.pointer, octets, len(octets)))

    def listen(self, backlog: int) -> None:
        """Take associations."""
        self._check(self._library.usrsctp_listen(self.pointer, backlog))

    def accept(self) -> tuple["Socket", int, int]:
        """Return the next association, its tunnel and port."""
        room, size = ctypes.create_string_buffer(64), ctypes.c_uint32(64)
        pointer = self._library.usrsctp_accept(self.pointer, room, ctypes.byref(size))
        if not pointer:
            raise _fault()
        return Socket(self._library, pointer), *read_address(room.raw)

    def connect(self, octets: bytes) -> None:
        """Start an association."""
        self._check(self._library.usrsctp_connect(self.pointer, octets, len(octets)))

    def send(self, octets: bytes, stream: int) -> None:
        """Send one message."""
        info = send_info(stream)
        self._check(
            self._library.usrsctp_sendv(
                self.pointer, octets, len(octets), None, 0, info, len(info), SENDV_SNDINFO, 0
            )
        )

    def receive(self) -> tuple[bytes, int, int, int]:
        """Return (octets, flags, stream, payload protocol identifier)."""
        size, kind = ctypes.c_uint32(64), ctypes.c_uint(0)
        self._flags.value = 0
        count = self._check(
            self._library.usrsctp_recvv(
                self.pointer,
                self._buffer,
                RECEIVE_OCTETS,
                None,
                None,
                self._info,
                ctypes.byref(size),
                ctypes.byref(kind),
                ctypes.byref(self._flags),
            )
        )
        stream, ppid = received_on(self._info.raw) if kind.value and size.value >= _RECEIVED.size else (0, 0)
        return ctypes.string_at(self._buffer, count), self._flags.value, stream, ppid

    def upcall(self, function: Any) -> None:
        """Call a function whenever there is something to receive, to accept, or room to send."""
        self._check(self._library.usrsctp_set_upcall(self.pointer, function, None))

    def nodelay(self, *, on: bool) -> None:
        """Whether a message leaves at once, or may wait for the next; of no matter to a socket that is over."""
        value = int(on).to_bytes(4, "little")
        self._library.usrsctp_setsockopt(self.pointer, IPPROTO_SCTP, Option.NODELAY, value, 4)

    def shut_down(self) -> None:
        """Send no more."""
        self._check(self._library.usrsctp_shutdown(self.pointer, socket.SHUT_WR))

    def linger_not(self) -> None:
        """Make the close an ABORT."""
        value = abort_linger()
        self._check(
            self._library.usrsctp_setsockopt(
                self.pointer, socket.SOL_SOCKET, socket.SO_LINGER, value, len(value)
            )
        )

    def close(self) -> None:
        """Give the socket back."""
        self._library.usrsctp_close(self.pointer)

    @staticmethod
    def _check(result: int) -> int:
        if result < 0:
            raise _fault()
        return result


def _fault() -> OSError:
    number = ctypes.get_errno() or errno.EIO
    return OSError(number, errno.errorcode.get(number, str(number)))
