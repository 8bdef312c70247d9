"""Real SCTP under a simulated network: every node has an address of its own, every link is an M3UA association.

Of two neighbours the one that is no signal transfer point dials and registers as an ASP (ASPUP, ASPAC); the other one
answers as a gateway does. Two of a kind (two STPs, two switches) are IPSPs with one exchange: the first sender registers. A
message goes by the association of its two nodes, on the stream of its SLS, and is read back before simulated time moves on:
what is decided on was carried by SCTP, and the run stays deterministic. At the end each ASP leaves by ASPIA and ASPDN.

The SCTP is the kernel's, else libusrsctp's over UDP. BEAT is off: it would only measure this process.

Source: RFC 4666 clauses 1.4.7, 4.3.4 and 5.6, RFC 6951, interfaces.md section 1 (`ain run --transport sctp`).
"""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Final

from msgspec import Struct

from ain_scp.scp.associations.asp import AspAssociation, AspRow, Leaving
from ain_scp.scp.associations.driver import sctp_here
from ain_scp.scp.associations.octets import sls_of
from ain_scp.scp.associations.open_side import OpenSide
from ain_scp.signaling.m3ua.asp import AspConfig, stream_for
from ain_scp.transport import sctp_kernel
from ain_scp.transport.link import M3UA_PORT, Endpoint, Link, LinkEnd, LinkUser, Listener
from ain_scp.transport.loopback import PATIENCE_S, Carried, LoopbackFault
from ain_scp.transport.sctp_usr import UsrSctpStack

ACTIVE_S: Final = 5.0
"""How long an association may take to come up and to be active, seconds."""
LEAVE_S: Final = 2.0
LOOK_S: Final = 0.001
HOSTS_OF_A_NET: Final = 250


class _Side:
    """The serving side of one node, which remembers which neighbour each link is of."""

    def __init__(self, deliver: Callable[[bytes, str], None]) -> None:
        self.links: dict[str, Link] = {}
        self.side = OpenSide(frozenset(), deliver, time.monotonic_ns)

    def link_up(self, link: Link) -> None:
        """A neighbour came; its address names it."""
        self.links[link.name.rpartition(":")[0]] = link
        self.side.link_up(link)

    def link_received(self, link: Link, octets: bytes, stream: int) -> None:
        """DATA or management."""
        self.side.link_received(link, octets, stream)

    def link_down(self, link: Link, end: LinkEnd) -> None:
        """A neighbour went."""
        self.links.pop(link.name.rpartition(":")[0], None)
        self.side.link_down(link, end)

    def send(self, octets: bytes, host: str) -> bool:
        """Send DATA to the neighbour at an address."""
        link = self.links.get(host)
        return link is not None and self.side.send_answer(octets, link.name)


class _Place(Struct):
    """Where one node is, what listens there, and its SCTP when that is not the kernel's."""

    host: str
    side: _Side
    listener: Listener
    stack: UsrSctpStack | None


class SctpLoopback:
    """The SCTP of a simulated network; `gateways` names its signal transfer points. NoSctpError where there is none.

    `associations` is how many there are, `messages` how many they carried.
    """

    def __init__(self, gateways: Collection[str] = ()) -> None:
        self.kind = sctp_here()
        self.messages = 0
        self._gateways = frozenset(gateways)
        self._loop = asyncio.new_event_loop()
        self._places: dict[str, _Place] = {}
        self._asps: dict[tuple[str, str], AspAssociation] = {}
        self._dialed: list[Link] = []
        self._lines: dict[tuple[str, str], Link] = {}
        self._carried: dict[tuple[str, str], Carried] = {}
        self._received: list[bytes] = []
        self._waiting: asyncio.Future[None] | None = None

    @property
    def associations(self) -> int:
        """How many associations were made."""
        return len(self._asps)

    def carry(self, octets: bytes, source: str, destination: str) -> bytes:
        """Send a message and return it as received; LoopbackFault when there is no association or nothing arrives."""
        asp = self._asps.get((source, destination)) or self._asps.get((destination, source))
        if asp is None or not asp.active:
            self._associate(source, destination)
        self._received.clear()
        if not self._send(octets, source, destination):
            raise LoopbackFault(f"{source} to {destination}: the SCTP association takes no message")
        if not self._received:
            self._arrive(source, destination)
        self.messages += 1
        self._note(octets, source, destination)
        return self._received.pop()

    def carried(self) -> tuple[Carried, ...]:
        """Return what each association carried, in the order they were made; also after `close`."""
        return tuple(self._carried.values())

    def close(self) -> None:
        """Let every ASP leave in order, then give everything back."""
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._leave())
            self._loop.close()

    # -- one message --------------------------------------------------------------------------------------------------

    def _send(self, octets: bytes, source: str, destination: str) -> bool:
        asp = self._asps.get((source, destination))
        if asp is not None:
            return asp.send_answer(octets)
        return self._places[source].side.send(octets, self._places[destination].host)

    def _note(self, octets: bytes, source: str, destination: str) -> None:
        client, server = way = (
            (source, destination) if (source, destination) in self._asps else (destination, source)
        )
        streams = self._lines[self._places[client].host, self._places[server].host].streams
        one = self._carried.setdefault(way, Carried(client, server, streams, set()))
        one.messages += 1
        one.used.add(stream_for(sls_of(octets), streams))

    def _deliver(self, octets: bytes, _link: str) -> None:
        self._received.append(octets)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _arrive(self, source: str, destination: str) -> None:
        """Let the loop run until a message is delivered."""
        waiting = self._waiting = self._loop.create_future()
        patience = self._loop.call_later(PATIENCE_S, waiting.cancel)
        try:
            self._loop.run_until_complete(waiting)
        except asyncio.CancelledError:
            raise LoopbackFault(f"{source} to {destination}: nothing came over SCTP in time") from None
        finally:
            patience.cancel()
            self._waiting = None

    # -- associations -------------------------------------------------------------------------------------------------

    def _associate(self, source: str, destination: str) -> None:
        """Make the association of two nodes, or wait for one that was lost."""
        task = self._loop.create_task(self._activate(source, destination))
        try:
            self._loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            self._loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
            raise
        except TimeoutError:
            raise LoopbackFault(f"{source} to {destination}: no SCTP association in time") from None
        except OSError as fault:
            raise LoopbackFault(f"{source} to {destination}: {fault.strerror or fault}") from None

    async def _activate(self, source: str, destination: str) -> None:
        """Register the one that is the ASP; TimeoutError when it is not active soon."""
        serves = source in self._gateways and destination not in self._gateways
        client, server = (destination, source) if serves else (source, destination)
        asp = self._asps.get((source, destination)) or self._asps.get((destination, source))
        if asp is None:
            here, there = self._place(client), self._place(server)
            row = AspRow(client, AspConfig(t_beat_ms=0))
            asp = AspAssociation(
                row,
                lambda user: self._dial(here, there, user),
                self._deliver,
                time.monotonic_ns,
                lambda: 0.0,
            )
            self._asps[client, server] = asp
            asp.start()
        async with asyncio.timeout(ACTIVE_S):
            while not asp.active:
                asp.handle_timer()
                await asyncio.sleep(LOOK_S)

    def _place(self, node: str) -> _Place:
        """Give a node its address: 127.0.1.1, 127.0.1.2 and so on; its ports are whatever is free."""
        place = self._places.get(node)
        if place is not None:
            return place
        number = len(self._places)
        host = f"127.0.{1 + number // HOSTS_OF_A_NET}.{1 + number % HOSTS_OF_A_NET}"
        side, at = _Side(self._deliver), Endpoint((host,), 0)
        if self.kind == "kernel":
            place = _Place(host, side, sctp_kernel.listen(at, side), None)
        else:
            stack = UsrSctpStack(at)
            # One library holds the ports of all nodes: each has another.
            place = _Place(host, side, stack.listen(M3UA_PORT + number, side), stack)
        self._places[node] = place
        return place

    def _dial(self, here: _Place, there: _Place, user: LinkUser) -> Link:
        remote = Endpoint((there.host,), there.listener.port)
        link: Link
        if here.stack is None or there.stack is None:
            link = sctp_kernel.connect(remote, user, Endpoint((here.host,), 0))
        else:
            link = here.stack.connect(remote, user, there.stack.encapsulation_port)
        self._dialed.append(link)
        self._lines[here.host, there.host] = link
        return link

    async def _leave(self) -> None:
        asps = list(self._asps.values())
        try:
            async with asyncio.timeout(LEAVE_S):
                for asp in asps:
                    asp.leave()
                while any(asp.leaving is Leaving.DEACTIVATING for asp in asps):  # noqa: ASYNC110 - machines send no signal
                    await asyncio.sleep(LOOK_S)
                for asp in asps:
                    asp.stop()
                while any(asp.leaving is not Leaving.GONE for asp in asps):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            pass  # what is still up is broken off
        for link in [
            *self._dialed,
            *(link for place in self._places.values() for link in place.side.links.values()),
        ]:
            link.abort()
        for place in self._places.values():
            place.listener.close()
            if place.stack is not None:
                place.stack.close()
        await asyncio.sleep(0)
