"""SCTP without the kernel: libusrsctp over UDP encapsulation (RFC 6951), driven by asyncio, unprivileged.

The event loop owns one UDP socket per stack. A datagram that comes is put into the library, what the library wants sent
leaves by the same socket, and its timers run every ten milliseconds. Each peer address (host and UDP port) is a tunnel
with a number, which is the address the library knows. The rules of ends, pieces and queues are those of `association`.

Limits: 256 tunnels; one without a link gives way to a new peer.
Source: RFC 6951, RFC 4666 clause 7, sctp-lab section 5.
"""

import asyncio
import ctypes
import errno
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable

from ain_scp.transport.association import CONNECT_PATIENCE_S, MESSAGES_PER_TURN
from ain_scp.transport.link import Endpoint, LinkEnd, LinkUser
from ain_scp.transport.sctp_kernel import BACKLOG
from ain_scp.transport.sctp_structs import Tuning
from ain_scp.transport.sctp_usr_library import OUTPUT, UPCALL, Socket, address, find, missing
from ain_scp.transport.sctp_usr_link import UsrSctpLink
from ain_scp.transport.waiting import QueueAge, stamp_of

__all__ = ["ENCAPSULATION_PORT", "UsrSctpStack", "UsrSctpUnavailableError", "missing"]

ENCAPSULATION_PORT = 9899
"""The UDP port of SCTP, RFC 6951 clause 4.1."""
TICK_S = 0.01
MOST_MS_AT_ONCE = 10_000
MAX_TUNNELS = 256
MAX_DATAGRAM = 65_507
_FIRST_PORT = 49_152


class UsrSctpUnavailableError(Exception):
    """The library is not here; the text says what to install."""


def nothing() -> None:
    """Nothing is to be done when every socket has had its turn."""


class _Process:
    """The library's state, one per process: which stack owns which tunnel, and which sockets have something."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.library = library
        self.stacks: dict[int, UsrSctpStack] = {}
        self.ready: set[int] = set()
        self._ticked = time.monotonic()
        self._next = 1
        self._output = OUTPUT(self._send)  # kept, or the library would call freed memory
        self.upcall = UPCALL(self._wake)
        library.usrsctp_init_nothreads(0, self._output, None)
        library.usrsctp_sysctl_set_sctp_ecn_enable(0)
        library.usrsctp_sysctl_set_sctp_asconf_enable(0)
        library.usrsctp_sysctl_set_sctp_no_csum_on_loopback(0)

    def tunnel(self, stack: "UsrSctpStack") -> int:
        """Give a stack a new tunnel number."""
        number = self._next
        self._next += 1
        self.stacks[number] = stack
        self.library.usrsctp_register_address(number)
        return number

    def forget(self, number: int) -> None:
        """Take a tunnel number back."""
        if self.stacks.pop(number, None) is not None:
            self.library.usrsctp_deregister_address(number)

    def tick(self) -> None:
        """Let the library's time, which all stacks of the process share, advance to now."""
        elapsed = int((time.monotonic() - self._ticked) * 1000)
        if elapsed > 0:
            self._ticked += elapsed / 1000
            self.library.usrsctp_handle_timers(min(elapsed, MOST_MS_AT_ONCE))

    def _send(self, tunnel: int, octets: int, size: int, _tos: int, _df: int) -> int:
        stack = self.stacks.get(tunnel)
        return stack.output(tunnel, ctypes.string_at(octets, size)) if stack is not None else 0

    def _wake(self, pointer: int, _argument: int, _flags: int) -> None:
        self.ready.add(pointer)


_process: list[_Process] = []


def _the_process() -> _Process:
    """Start the library with its first use."""
    if not _process:
        library = find()
        if library is None:
            raise UsrSctpUnavailableError(missing() or "libusrsctp cannot be loaded")
        _process.append(_Process(library))
    return _process[0]


class UsrSctpListener:
    """Takes associations on one SCTP port."""

    def __init__(self, stack: "UsrSctpStack", sock: Socket, port: int, user: LinkUser) -> None:
        self.port = port
        self.user = user
        self._stack = stack
        self._socket = sock

    def close(self) -> None:
        """Take no more associations."""
        self._stack.stop_listening(self._socket)

    def turn(self) -> bool:
        """Accept what waits."""
        for _ in range(BACKLOG):
            try:
                sock, tunnel, port = self._socket.accept()
            except OSError:
                return False
            self._stack.accepted(sock, tunnel, port, self.user)
        return True


class UsrSctpStack:
    """SCTP over one UDP socket. OSError when the port cannot be had, UsrSctpUnavailableError without the library."""

    def __init__(self, local: Endpoint) -> None:
        """Bind the UDP socket to the first host of an endpoint; its port is the encapsulation port, 0 = any."""
        self._process = _the_process()
        self._process.tick()  # an association that begins now is no older than now
        self.loop = asyncio.get_running_loop()
        self.waited_ns = 0
        self._age = QueueAge()
        self.counters: Counter[str] = Counter()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.setblocking(False)
        try:
            self._udp.bind((local.hosts[0], local.port))
        except OSError:
            self._udp.close()
            raise
        self.encapsulation_port = int(self._udp.getsockname()[1])
        self._tunnels: dict[tuple[str, int], int] = {}
        self._peers: dict[int, tuple[str, int]] = {}
        self._turns: dict[int, UsrSctpLink | UsrSctpListener] = {}
        # A kernel that still holds an association of the port used before would not take a new one.
        self._next_port = _FIRST_PORT + secrets.randbelow(0x10000 - _FIRST_PORT)
        self._tick = self.loop.call_later(TICK_S, self._tick_now)
        self._pumping = False
        self.together: list[UsrSctpLink] | None = None
        self.pumped: Callable[[], None] = nothing
        """Called when every socket has had its turn."""
        self.loop.add_reader(self._udp.fileno(), self._readable)

    def listen(self, port: int, user: LinkUser) -> UsrSctpListener:
        """Take associations on an SCTP port from every peer; 0 takes one of the dynamic ones."""
        port = port or self._local_port()
        sock = Socket.make(self._process.library, Tuning())
        try:
            sock.bind(address(0, port))
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
        sock.upcall(self._process.upcall)
        listener = UsrSctpListener(self, sock, port, user)
        self._turns[sock.pointer] = listener
        return listener

    def connect(
        self, remote: Endpoint, user: LinkUser, encapsulation_port: int = ENCAPSULATION_PORT
    ) -> UsrSctpLink:
        """Open an association to the first host of an endpoint; the user hears whether it came up."""
        tunnel = self._tunnel((remote.hosts[0], encapsulation_port))
        sock = Socket.make(self._process.library, Tuning())
        link = UsrSctpLink(self, sock, str(remote), tunnel, user)
        self._turns[sock.pointer] = link
        sock.upcall(self._process.upcall)
        try:
            sock.bind(address(tunnel, self._local_port()))
            sock.connect(address(tunnel, remote.port))
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                self.loop.call_soon(link.end, LinkEnd.REFUSED)
                return link
        link.wait(CONNECT_PATIENCE_S, LinkEnd.REFUSED)
        return link

    def bundle(self, *, on: bool) -> None:
        """From now on messages wait for each other; off: those of each link leave together."""
        links, self.together = self.together or [], [] if on else None
        for link in links:
            link.send_waiting()

    @property
    def pumping(self) -> bool:
        """Whether sockets are having their turn, and `pumped` will be called."""
        return self._pumping

    def close(self) -> None:
        """Abort what is still up and give the UDP socket back."""
        for owner in list(self._turns.values()):
            owner.close() if isinstance(owner, UsrSctpListener) else owner.abort()
        self._tick.cancel()
        self.loop.remove_reader(self._udp.fileno())
        for tunnel in self._peers:
            self._process.forget(tunnel)
        self._udp.close()

    # -- what links and the library ask for ---------------------------------------------------------------------------

    def output(self, tunnel: int, octets: bytes) -> int:
        """Send a packet of the library to its peer; 0 always, as a lost datagram is SCTP's to mend."""
        peer = self._peers.get(tunnel)
        if peer is None:
            return 0
        try:
            self._udp.sendto(octets, peer)
        except OSError:
            self.counters["unsent"] += 1
        return 0

    def accepted(self, sock: Socket, tunnel: int, port: int, user: LinkUser) -> None:
        """A peer's association came up."""
        host, udp = self._peers.get(tunnel, ("0.0.0.0", 0))  # noqa: S104 - a name, not a bind
        self.counters["accepted"] += 1
        link = UsrSctpLink(self, sock, f"{host}:{port}", tunnel, user)
        link.counters["encapsulation_port"] = udp
        self._turns[sock.pointer] = link
        sock.upcall(self._process.upcall)
        self._process.ready.add(sock.pointer)

    def ended(self, sock: Socket) -> None:
        """A link is over."""
        self._turns.pop(sock.pointer, None)
        self._process.ready.discard(sock.pointer)
        sock.close()

    def stop_listening(self, sock: Socket) -> None:
        """A listener is over."""
        if self._turns.pop(sock.pointer, None) is not None:
            sock.close()

    # -- the pump -----------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        for turn in range(MESSAGES_PER_TURN):
            try:
                octets, peer = self._udp.recvfrom(MAX_DATAGRAM)
            except OSError:
                self._age.empty(time.monotonic_ns())
                break
            if turn == 0:
                self.waited_ns = self._age.now(stamp_of(self._udp.fileno()))
            if len(octets) < 12:
                self.counters["dropped_no_sctp"] += 1
                continue
            self._process.library.usrsctp_conninput(self._tunnel(peer), octets, len(octets), 0)
        self._pump()

    def _tick_now(self) -> None:
        self._process.tick()
        self._tick = self.loop.call_later(TICK_S, self._tick_now)
        self._process.ready.update(self._turns)
        self._pump()

    def _pump(self) -> None:
        """Give every socket that has something its turn; a user may send meanwhile, which wakes others."""
        if self._pumping:
            return
        self._pumping = True
        ready = self._process.ready
        again: set[int] = set()
        while mine := [pointer for pointer in ready if pointer in self._turns]:
            for pointer in mine:
                ready.discard(pointer)
                owner = self._turns.get(pointer)
                if owner is not None and owner.turn():
                    again.add(pointer)
        self.pumped()
        ready |= again
        if again:
            self.loop.call_soon(self._pump)
        else:
            self.waited_ns = 0
        self._pumping = False

    def _tunnel(self, peer: tuple[str, int]) -> int:
        known = self._tunnels.get(peer)
        if known is not None:
            return known
        if len(self._tunnels) >= MAX_TUNNELS:
            self._free_a_tunnel()
        number = self._process.tunnel(self)
        self._tunnels[peer] = number
        self._peers[number] = peer
        return number

    def _free_a_tunnel(self) -> None:
        used = {owner.tunnel for owner in self._turns.values() if isinstance(owner, UsrSctpLink)}
        for peer, number in self._tunnels.items():
            if number not in used:
                del self._tunnels[peer], self._peers[number]
                self._process.forget(number)
                return

    def _local_port(self) -> int:
        self._next_port = _FIRST_PORT if self._next_port >= 65_535 else self._next_port + 1
        return self._next_port
