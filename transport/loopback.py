"""Real UDP under a simulated network: every message of a run crosses a loopback socket and comes out as it arrived.

Each node of the simulation has a UDP socket on 127.0.0.1; a message goes from the sender's socket to the receiver's, one
M3UA message per datagram, and is read back before simulated time moves on. So the octets that are decided on are octets
the kernel delivered, and the run stays deterministic and as fast as the machine.

Source: interfaces.md sections 3 and 5, D-001.
"""

import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from msgspec import Struct

Address = tuple[str, int]

LARGEST = 65_507
"""The largest UDP payload over IPv4, in octets."""

PATIENCE_S = 2.0
"""How long a datagram on loopback may take before the host is called unfit, in seconds."""


class Carried(Struct):
    """What an association carried: who registered and who answered, how many streams it has, which DATA went on, how many."""

    client: str
    server: str
    streams: int
    used: set[int]
    messages: int = 0


class LoopbackFault(Exception):
    """The host did not deliver a loopback datagram; the text says between whom."""


class UdpLoopback:
    """One socket per node name, made when the node first sends or receives."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        self._sockets: dict[str, socket.socket] = {}
        self._ways: dict[tuple[str, str], Way] = {}
        self.datagrams = 0

    def carry(self, octets: bytes, source: str, destination: str) -> bytes:
        """Send a message and return it as received; LoopbackFault when it does not arrive."""
        size = len(octets)
        if size > LARGEST:
            raise LoopbackFault(f"{source} to {destination}: {size} octets do not fit a datagram")
        way = self._ways.get((source, destination)) or self._way(source, destination)
        send, address, receiver, expected = way
        try:
            send(octets, address)
            try:
                received, origin = receiver.recvfrom(size or 1)
                if origin != expected:
                    received = _awaited(receiver, expected, size or 1)
            except BlockingIOError:
                received = _awaited(receiver, expected, size or 1)
        except OSError as fault:
            raise LoopbackFault(f"{source} to {destination}: {fault}") from None
        self.datagrams += 1
        return received

    def carried(self) -> tuple[Carried, ...]:
        """UDP has no associations."""
        return ()

    def endpoint(self, node: str) -> tuple[str, int]:
        """Address and port of a node's socket."""
        host, port = self._socket(node).getsockname()
        return str(host), int(port)

    def close(self) -> None:
        """Close every socket."""
        for one in self._sockets.values():
            one.close()
        self._sockets.clear()
        self._ways.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _way(self, source: str, destination: str) -> "Way":
        """Make what it takes to send from one node to another."""
        sender, receiver = self._socket(source), self._socket(destination)
        way = sender.sendto, receiver.getsockname(), receiver, sender.getsockname()
        self._ways[source, destination] = way
        return way

    def _socket(self, node: str) -> socket.socket:
        one = self._sockets.get(node)
        if one is None:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind((self._address, 0))
            one.setblocking(False)
            self._sockets[node] = one
        return one


Way = tuple[Callable[[bytes, Address], int], Address, socket.socket, Address]
"""How to send, to which address, who receives, and from which address."""


def _awaited(receiver: socket.socket, expected: Address, size: int) -> bytes:
    """Wait for a datagram from `expected`, which has not come at once, passing over those of strangers."""
    receiver.settimeout(PATIENCE_S)
    try:
        while True:
            received, origin = receiver.recvfrom(size)
            if origin == expected:
                return received
    finally:
        receiver.setblocking(False)
