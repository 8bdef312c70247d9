"""One UDP socket, read and answered in batches.

What the platform offers is found out once: `recvmmsg` and `sendmmsg` (Linux, through ctypes) move up to 64 datagrams per
call, UDP segmentation offload (`UDP_SEGMENT`) sends a run of answers of one length to one peer as one message, receive
offload (`UDP_GRO`) takes such runs in one piece when the sender or the network card made them; elsewhere, and where either is
refused, plain sockets do the same work one datagram at a time. A batch forms only when a queue already stands, so it adds no
delay.

Answers of one batch to one peer leave in runs of equal length, not in the order they were asked: they belong to
transactions of their own, sent in SCCP class 0, which promises no sequence.

Limits: datagrams over `LARGEST` octets are dropped and counted; the receive buffer is bounded because what waits in it is
part of the queue (reliability.md finding 3).

Source: performance.md sections 1 and 7, RFC 4666 over UDP as ain-wire section 5 has it, T1.112.4 clause 1.1.2 (class 0).
"""

import errno
import socket
import struct
import sys
from collections.abc import Callable
from functools import partial
from typing import Final

from ain_scp.transport.runs import by_length, cut
from ain_scp.transport.vectors import CONTROL_OCTETS, NAME_OCTETS, Vector, vectors_work
from ain_scp.transport.waiting import stamp_of

LARGEST: Final = 4096
"""The largest datagram taken, in octets; a message with an MSU of 272 octets is far below."""

BATCH: Final = 64
"""Datagrams per system call."""

RECEIVE_BUFFER: Final = 1 << 20
"""Octets of SO_RCVBUF asked for; the kernel may give less (net.core.rmem_max)."""

MAX_SEGMENTS: Final = 64
MAX_RUN_OCTETS: Final = 60_000
MAX_PEERS_KNOWN: Final = 4096

_SOL_UDP: Final = 17
_UDP_SEGMENT: Final = 103
_UDP_GRO: Final = 104
_SO_MEMINFO: Final = 55
_MEMINFO_WORDS: Final = 9
_DROPS_WORD: Final = 8
_SLOT: Final = LARGEST + 1  # a datagram that fills its slot was longer than LARGEST
_RUN_SLOT: Final = 65_536
_RUNS: Final = 32
_BUSY: Final = frozenset((errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EINTR))

Address = tuple[str, int] | tuple[str, int, int, int]
"""A socket address as the socket module gives it."""
Groups = list[tuple[Address, list[bytes]]]
"""Datagrams by peer."""


def segmentation_works() -> bool:
    """Whether this kernel can cut one UDP message into datagrams of one size (Linux 4.18)."""
    if not sys.platform.startswith("linux"):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(_SOL_UDP, _UDP_SEGMENT, 0)
        except OSError:
            return False
    return True


def coalescing_works() -> bool:
    """Whether this kernel can hand over a run of datagrams in one piece (Linux 5.0)."""
    if not vectors_work():
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(_SOL_UDP, _UDP_GRO, 1)
        except OSError:
            return False
    return True


def bound_socket(
    host: str, port: int, *, receive_buffer: int = RECEIVE_BUFFER, shared: bool = False
) -> socket.socket:
    """Bind a socket to a numeric address; OSError when that cannot be. `shared` = SO_REUSEPORT."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


class UdpPort:
    """A bound UDP socket. `received`, `sent`, `too_long` and `unsent` count datagrams; `kernel_drops` asks the kernel."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        receive_buffer: int = RECEIVE_BUFFER,
        vectors: bool | None = None,
        segmentation: bool | None = None,
        coalescing: bool | None = None,
        bound: socket.socket | None = None,
    ) -> None:
        """Bind to a numeric address; OSError when that cannot be. None = as the platform can; `bound` = this socket."""
        self._socket = bound or bound_socket(host, port, receive_buffer=receive_buffer)
        self._socket.setblocking(False)
        self._fileno = self._socket.fileno()
        self.vectors = vectors_work() if vectors is None else vectors
        self.segmentation = segmentation_works() if segmentation is None else segmentation
        self.coalescing = self.vectors and (coalescing_works() if coalescing is None else coalescing)
        self.receive: Callable[[], Groups] = self._receive_plain
        """Take what waits, grouped by peer in order of arrival; empty when nothing waits.

        At most 64 datagrams, or 32 runs of them where the kernel hands over runs.
        """
        if self.coalescing:
            self._socket.setsockopt(_SOL_UDP, _UDP_GRO, 1)
            runs = Vector("recvmmsg", _RUNS, _RUN_SLOT)
            runs.offer_controls(_RUNS)
            self.receive = partial(self._receive_runs, runs)
        elif self.vectors:
            self.receive = partial(self._receive_vector, Vector("recvmmsg", BATCH, _SLOT))
        self._out = Vector("sendmmsg", BATCH, _SLOT) if self.vectors else None
        self._known: dict[bytes, Address] = {}
        self._controls: dict[int, list[tuple[int, int, bytes]]] = {}
        self.runs = 0
        """Batches with runs in one piece."""
        self.received = 0
        self.sent = 0
        self.too_long = 0
        self.unsent = 0

    @property
    def endpoint(self) -> tuple[str, int]:
        """The address bound to."""
        host, port = self._socket.getsockname()[:2]
        return str(host), int(port)

    @property
    def receive_buffer(self) -> int:
        """What the kernel gave of the receive buffer, in octets (it counts its own headers, hence doubles)."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def fileno(self) -> int:
        """The descriptor, for an event loop."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def kernel_drops(self) -> int:
        """Datagrams the kernel dropped because the receive buffer was full; 0 where it cannot be asked."""
        try:
            words = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * _MEMINFO_WORDS)
        except OSError:
            return 0
        return int(struct.unpack(f"={len(words) // 4}I", words)[_DROPS_WORD]) if len(words) >= 36 else 0

    def stamp(self) -> int:
        """When the datagram taken last reached the host: nanoseconds of the wall clock, 0 where the kernel does not say."""
        return stamp_of(self._socket.fileno())

    # Receiving

    def _receive_runs(self, vector: Vector) -> Groups:
        """Take runs of datagrams; the control data of a run say how long each datagram is, the last perhaps shorter."""
        count = vector.call(self._fileno, _RUNS)
        if count == 1 and not vector.control_sizes[0]:
            vector.control_sizes[0] = CONTROL_OCTETS
            return self._single(vector)
        if count <= 0:
            return []
        used = vector.control_sizes[:count].tolist()
        vector.offer_controls(count)
        if not any(used):
            return self._singles(vector, count)
        self.runs += 1
        groups: dict[bytes, list[bytes]] = {}
        sizes = vector.sizes[:count].tolist()
        for index in range(count):
            octets = vector.slots[index][: sizes[index]].tobytes()
            segment = (_segment_of(vector, index) if used[index] else 0) or len(octets)
            name = vector.names[index * NAME_OCTETS : (index + 1) * NAME_OCTETS].tobytes()
            group = groups.get(name)
            if group is None:
                group = groups[name] = []
            found = [octets] if segment >= len(octets) else cut(octets, segment)
            self.received += len(found)
            if segment > LARGEST:
                self.too_long += len(found)
            else:
                group += found
        return [(self._address(name), group) for name, group in groups.items() if group]

    def _receive_vector(self, vector: Vector) -> Groups:
        count = vector.call(self._fileno, BATCH)
        if count == 1:
            return self._single(vector)
        if count <= 0:
            return []  # nothing there, or an error of an earlier answer (a peer that went away)
        return self._singles(vector, count)

    def _single(self, vector: Vector) -> Groups:
        """The one datagram of a call that took no more."""
        self.received += 1
        size, name = vector.sizes[0], vector.first_name.tobytes()
        if size > LARGEST:
            self.too_long += 1
            return []
        return [(self._known.get(name) or self._address(name), [vector.first[:size].tobytes()])]

    def _singles(self, vector: Vector, count: int) -> Groups:
        """The datagrams of a call that took them one by one."""
        self.received += count
        sizes = vector.sizes[:count].tolist()
        datagrams = [slot[:size].tobytes() for slot, size in zip(vector.slots, sizes, strict=False)]
        names = vector.names
        first = names[:NAME_OCTETS].tobytes()
        if max(sizes) <= LARGEST and names[: count * NAME_OCTETS].tobytes() == first * count:
            return [(self._address(first), datagrams)]
        return self._by_peer(datagrams, names.tobytes())

    def _by_peer(self, datagrams: list[bytes], names: bytes) -> Groups:
        groups: dict[bytes, list[bytes]] = {}
        for index, datagram in enumerate(datagrams):
            if len(datagram) > LARGEST:
                self.too_long += 1
                continue
            name = names[index * NAME_OCTETS : (index + 1) * NAME_OCTETS]
            groups.setdefault(name, []).append(datagram)
        return [(self._address(name), group) for name, group in groups.items()]

    def _address(self, name: bytes) -> Address:
        address = self._known.get(name)
        if address is None:
            if len(self._known) >= MAX_PEERS_KNOWN:
                self._known.clear()
            address = self._known[name] = read_name(name)
        return address

    def _receive_plain(self) -> Groups:
        groups: dict[Address, list[bytes]] = {}
        for _ in range(BATCH):
            try:
                datagram, address = self._socket.recvfrom(_SLOT)
            except OSError:
                break
            self.received += 1
            if len(datagram) > LARGEST:
                self.too_long += 1
            else:
                groups.setdefault(address, []).append(datagram)
        return list(groups.items())

    # Sending

    def send(self, address: Address, datagrams: list[bytes]) -> None:
        """Send datagrams to one peer. What the kernel does not take now is lost and counted, as UDP loses it."""
        if len(datagrams) == 1:
            self._send_one(address, datagrams[0])
            return
        if self.segmentation and len(datagrams) > 1:
            runs = by_length(datagrams)
            rest: list[bytes] = []
            for size, run in runs.items():
                if len(run) == 1 or not self._send_run(address, size, run):
                    rest += run
            datagrams = rest
        if self._out is not None and len(datagrams) > 1:
            self._send_vector(self._out, address, datagrams)
        else:
            for datagram in datagrams:
                self._send_one(address, datagram)

    def _send_run(self, address: Address, size: int, run: list[bytes]) -> bool:
        """Send datagrams of one size with segmentation; False when nothing of them was sent and it is of no use here."""
        if size == 0:
            return False
        control = self._controls.get(size)
        if control is None:
            control = self._controls[size] = [(_SOL_UDP, _UDP_SEGMENT, struct.pack("=H", size))]
        most = min(MAX_SEGMENTS, max(1, MAX_RUN_OCTETS // size))
        for at in range(0, len(run), most):
            part = run[at : at + most] if len(run) > most else run
            try:
                self._socket.sendmsg((b"".join(part),), control, 0, address)
            except OSError as fault:
                if fault.errno in _BUSY:
                    self.unsent += len(part)
                    continue
                if at == 0:
                    self.segmentation = False  # a path that cannot: larger than its MTU, or no offload
                    return False
                self.unsent += len(part)
            else:
                self.sent += len(part)
        return True

    def _send_vector(self, vector: Vector, address: Address, datagrams: list[bytes]) -> None:
        if any(len(datagram) > _SLOT for datagram in datagrams):
            for datagram in datagrams:
                self._send_one(address, datagram)
            return
        name = write_name(address)
        for at in range(0, len(datagrams), BATCH):
            part = datagrams[at : at + BATCH]
            count = len(part)
            vector.names[: count * NAME_OCTETS] = name * count
            for index, datagram in enumerate(part):
                vector.slots[index][: len(datagram)] = datagram
                vector.iovec_sizes[index] = len(datagram)
            moved = max(vector.call(self._fileno, count), 0)
            self.sent += moved
            self.unsent += count - moved

    def _send_one(self, address: Address, datagram: bytes) -> None:
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            self.unsent += 1
        else:
            self.sent += 1


def _segment_of(vector: Vector, index: int) -> int:
    """The length of the datagrams of one run, from its control data; 0 when those are of another kind."""
    at = index * CONTROL_OCTETS // 4
    level, kind, segment = vector.controls[at + 2 : at + 5].tolist()
    return segment if (level, kind) == (_SOL_UDP, _UDP_GRO) else 0


def read_name(name: bytes) -> Address:
    """Read a sockaddr_in or sockaddr_in6 as Linux lays it out."""
    (port,) = struct.unpack_from(">H", name, 2)
    if struct.unpack_from("=H", name)[0] == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    flow, scope = struct.unpack_from(">I", name, 4)[0], struct.unpack_from("=I", name, 24)[0]
    return socket.inet_ntop(socket.AF_INET6, name[8:24]), port, flow, scope


def write_name(address: Address) -> bytes:
    """Write a socket address as Linux lays it out, padded to the larger form."""
    host, port = address[0], address[1]
    if len(address) == 2:
        name = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port)
        name += socket.inet_pton(socket.AF_INET, host)
    else:
        name = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, address[2])
        name += socket.inet_pton(socket.AF_INET6, host) + struct.pack("=I", address[3])
    return name.ljust(NAME_OCTETS, b"\x00")
