"""Links over UDP, one M3UA message per datagram: a peer is an address.

This form is ours, not a standard's: nothing below supervises a peer or mends a loss, so M3UA's BEAT must do the first and
the timers of TCAP live with the second. A link to a peer is up at once; a datagram of an address not seen before makes a
link for the listening user, who ends it if that peer is unknown, and nothing is answered.

Limits: 256 links of peers that came by themselves; datagrams above 4,096 octets are dropped.
Source: interfaces.md section 5 (M3UA on UDP), sctp-lab section 5, reliability section 10 (no state before verification).
"""

import asyncio
import time
from collections import Counter

from ain_scp.transport.link import Endpoint, LinkEnd, LinkUser
from ain_scp.transport.udp import LARGEST, Address, UdpPort
from ain_scp.transport.waiting import QueueAge

MAX_LINKS = 256
ROUNDS = 16


class UdpLink:
    """One peer on a UDP socket."""

    def __init__(self, endpoint: "UdpEndpoint", address: Address, user: LinkUser) -> None:
        self.name = f"{address[0]}:{address[1]}"
        self.streams = 1
        self.waited_ns = 0
        self.counters: Counter[str] = Counter()
        self.user = user
        self.up = False
        self._endpoint = endpoint
        self._address = address

    def send(self, octets: bytes, stream: int) -> bool:
        """Send one message; what the kernel does not take now is lost, as UDP loses it."""
        if not self.up or stream != 0 or not 0 < len(octets) <= LARGEST:
            self.counters["dropped_unsendable" if self.up else "dropped_not_up"] += 1
            return False
        self._endpoint.port.send(self._address, [octets])
        return True

    def close(self) -> None:
        """Forget the peer; there is nothing to shut down."""
        self._endpoint.forget(self._address, self)

    def abort(self) -> None:
        """Forget the peer."""
        self.close()


class UdpEndpoint:
    """One UDP socket with all its links. OSError when the address cannot be had."""

    def __init__(self, local: Endpoint, *, receive_buffer: int | None = None) -> None:
        """Bind to the first host of an endpoint."""
        host = local.hosts[0]
        if receive_buffer is None:
            self.port = UdpPort(host, local.port)
        else:
            self.port = UdpPort(host, local.port, receive_buffer=receive_buffer)
        self.counters: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._links: dict[Address, UdpLink] = {}
        self._listener: LinkUser | None = None
        self._age = QueueAge()
        self._loop.add_reader(self.port.fileno(), self._readable)

    @property
    def address(self) -> Endpoint:
        """Where the socket is bound."""
        host, port = self.port.endpoint
        return Endpoint((host,), port)

    def listen(self, user: LinkUser) -> None:
        """Take peers that come by themselves."""
        self._listener = user

    def connect(self, remote: Endpoint, user: LinkUser) -> UdpLink:
        """Make a link to a peer; the user hears at once, from the loop, that it is up."""
        address = (remote.hosts[0], remote.port)
        before = self._links.get(address)
        if before is not None:
            before.close()
        link = self._links[address] = UdpLink(self, address, user)
        self._loop.call_soon(self._up, link)
        return link

    def discard_waiting(self) -> int:
        """Drop every datagram that waits in the socket, unread; how many. For a process that was stopped too long."""
        dropped = 0
        while groups := self.port.receive():
            dropped += sum(len(datagrams) for _, datagrams in groups)
        self.counters["dropped_stale"] += dropped
        return dropped

    def close(self) -> None:
        """End every link and give the socket back."""
        self._loop.remove_reader(self.port.fileno())
        for link in list(self._links.values()):
            link.close()
        self.port.close()

    def forget(self, address: Address, link: UdpLink) -> None:
        """A link is over."""
        if self._links.get(address) is link:
            del self._links[address]
            link.up = False
            link.user.link_down(link, LinkEnd.CLOSED)

    def _up(self, link: UdpLink) -> None:
        if link in self._links.values():
            link.up = True
            link.user.link_up(link)

    def _readable(self) -> None:
        for _ in range(ROUNDS):
            groups = self.port.receive()
            if not groups:
                self._age.empty(time.monotonic_ns())
                return
            waited = self._age.now(self.port.stamp())
            for address, datagrams in groups:
                self._received(address, datagrams, waited)

    def _received(self, address: Address, datagrams: list[bytes], waited_ns: int) -> None:
        link = self._links.get(address) or self._new(address)
        if link is None:
            self.counters["dropped_unknown_peer"] += len(datagrams)
            return
        link.waited_ns = waited_ns
        for octets in datagrams:
            if not link.up:
                self.counters["dropped_unknown_peer"] += 1
            else:
                link.user.link_received(link, octets, 0)

    def _new(self, address: Address) -> UdpLink | None:
        if self._listener is None or len(self._links) >= MAX_LINKS:
            return None
        link = self._links[address] = UdpLink(self, address, self._listener)
        link.up = True
        self._listener.link_up(link)
        return link
