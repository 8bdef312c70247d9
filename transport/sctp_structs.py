"""The socket interface of Linux SCTP as octets: option numbers, what is set, what is reported.

Python knows only the protocol number, so the structures of <linux/sctp.h> are packed here. They are those of 64-bit
Linux; native byte order, except the payload protocol identifier, which the interface leaves as it is on the wire.

Source: RFC 6458 clauses 5.3, 6.1 and 8, RFC 4666 clause 7.1, sctp-lab section 6 (sizes checked against a kernel).
"""

import socket
import struct
from enum import IntEnum

from msgspec import Struct

from ain_scp.transport.link import M3UA_PPID
from ain_scp.transport.waiting import TIMESPEC_OCTETS, nanoseconds

IPPROTO_SCTP = 132
MSG_NOTIFICATION = 0x8000
MSG_EOR = 0x80
SO_TIMESTAMPNS = 35  # also the type of the ancillary data that it brings
SNDINFO = 2  # ancillary data type
_RECEIVED_TYPES = frozenset({1, 3})  # SNDRCV, RCVINFO: both begin with stream, ssn, flags, pad, ppid

_INITMSG = struct.Struct("=HHHH")
_RTOINFO = struct.Struct("=iIII")
_ASSOCINFO = struct.Struct("=iHHIII")
_PEER_ADDRESS = struct.Struct("=i128sIHIIIIBx")
_SNDINFO = struct.Struct("=HHIIi")
_RECEIVED = struct.Struct("=HHHxxI")
_NOTIFICATION = struct.Struct("=HHI")
_ASSOC_CHANGE = struct.Struct("=HHHHi")
_STATUS_HEAD = struct.Struct("=iIIHHHHI")
_STATUS_SIZE = 176
_ADDRESS = struct.Struct("=H2s4s8x")
_HEARTBEAT_ENABLE = 1
_EVENTS = bytes(
    (1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
)  # data_io, assoc, address, peer error, shutdown, partial


class Option(IntEnum):
    """Socket options at level IPPROTO_SCTP, <linux/sctp.h>."""

    RTOINFO = 0
    ASSOCINFO = 1
    INITMSG = 2
    NODELAY = 3
    PEER_ADDR_PARAMS = 9
    EVENTS = 11
    STATUS = 14
    BINDX_ADD = 100
    CONNECTX = 110


class NotificationType(IntEnum):
    """What a notification is about, RFC 6458 clause 6.1."""

    ASSOC_CHANGE = 0x8001
    PEER_ADDR_CHANGE = 0x8002
    SEND_FAILED = 0x8003
    REMOTE_ERROR = 0x8004
    SHUTDOWN_EVENT = 0x8005
    PARTIAL_DELIVERY = 0x8006


class AssociationChange(IntEnum):
    """States reported by ASSOC_CHANGE, RFC 6458 clause 6.1.1."""

    COMM_UP = 0
    COMM_LOST = 1
    RESTART = 2
    SHUTDOWN_COMP = 3
    CANT_STR = 4


class Tuning(Struct, frozen=True):
    """How soon a dead path is noticed (milliseconds) and how many streams are asked for.

    The defaults find a dead path in about a second; the kernel's own need a minute. Source: RFC 4960 clause 15,
    reliability section 2.2, sctp-lab section 4.
    """

    streams: int = 16
    init_attempts: int = 4
    rto_initial_ms: int = 200
    rto_min_ms: int = 100
    rto_max_ms: int = 400
    path_max_retrans: int = 2
    association_max_retrans: int = 8
    heartbeat_ms: int = 1000
    sack_delay_ms: int = 100


def options(tuning: Tuning) -> list[tuple[int, bytes | int]]:
    """Return what is set on every socket before it listens or connects: (option, value)."""
    return [
        (Option.NODELAY, 1),
        (
            Option.INITMSG,
            _INITMSG.pack(tuning.streams, tuning.streams, tuning.init_attempts, tuning.rto_max_ms),
        ),
        (Option.EVENTS, _EVENTS),
        (Option.RTOINFO, _RTOINFO.pack(0, tuning.rto_initial_ms, tuning.rto_max_ms, tuning.rto_min_ms)),
        (Option.ASSOCINFO, _ASSOCINFO.pack(0, tuning.association_max_retrans, 0, 0, 0, 0)),
        (
            Option.PEER_ADDR_PARAMS,
            _PEER_ADDRESS.pack(
                0,
                bytes(128),
                tuning.heartbeat_ms,
                tuning.path_max_retrans,
                0,
                0,
                _HEARTBEAT_ENABLE,
                0,
                0,
            ),
        ),
    ]


def send_info(stream: int) -> tuple[int, int, bytes]:
    """Return the ancillary data that sends a message on a stream with M3UA's identifier."""
    return IPPROTO_SCTP, SNDINFO, _SNDINFO.pack(stream, 0, socket.htonl(M3UA_PPID), 0, 0)


def received_on(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, int]:
    """Return (stream, payload protocol identifier) of a received message; (0, 0) when the kernel did not say."""
    for level, kind, octets in ancillary:
        if level == IPPROTO_SCTP and kind in _RECEIVED_TYPES and len(octets) >= _RECEIVED.size:
            stream, _, _, ppid = _RECEIVED.unpack_from(octets)
            return stream, socket.ntohl(ppid)
    return 0, 0


def stamped_at(ancillary: list[tuple[int, int, bytes]]) -> int:
    """When a message reached the host, nanoseconds of the wall clock; 0 when the kernel did not say."""
    for level, kind, octets in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(octets) == TIMESPEC_OCTETS:
            return nanoseconds(octets)
    return 0


class Notification(Struct, frozen=True):
    """A notification; `state` and `streams_out` only for ASSOC_CHANGE."""

    kind: int
    state: int = 0
    streams_out: int = 0


def read_notification(octets: bytes) -> Notification | None:
    """Read a notification; None if it is cut short."""
    if len(octets) < _NOTIFICATION.size:
        return None
    kind, _, _ = _NOTIFICATION.unpack_from(octets)
    if kind != NotificationType.ASSOC_CHANGE:
        return Notification(kind)
    if len(octets) < _NOTIFICATION.size + _ASSOC_CHANGE.size:
        return None
    state, _, outgoing, _, _ = _ASSOC_CHANGE.unpack_from(octets, _NOTIFICATION.size)
    return Notification(kind, state, outgoing)


def addresses(hosts: tuple[str, ...], port: int) -> bytes:
    """Return IPv4 addresses as BINDX_ADD and CONNECTX take them."""
    number = port.to_bytes(2, "big")
    return b"".join(_ADDRESS.pack(socket.AF_INET, number, socket.inet_aton(host)) for host in hosts)


def streams_of(status: bytes) -> int:
    """Return the outgoing streams from the octets of a STATUS option; 1 if they are cut short."""
    if len(status) < _STATUS_HEAD.size:
        return 1
    return int(_STATUS_HEAD.unpack_from(status)[6])


STATUS_SIZE = _STATUS_SIZE
