"""The serving side of M3UA with a list of peers: who is not on it is not answered.

The gateway machine judges; this owns its associations: a link is one, its number its key. Two things it adds. A peer that
has just become inactive may still answer, for two seconds, what was sent to it before: without that, whatever crosses an
ASPIA or an override on its way would be lost. And a peer may call only the subsystems and translation types of its row.

Source: RFC 4666 clauses 1.4.2, 4.3 and 4.3.4.4, reliability targets S1 and F1.
"""

from collections.abc import Callable

from ain_scp.scp.associations.asp import Deliver
from ain_scp.scp.associations.octets import is_data
from ain_scp.scp.associations.screen import called_of
from ain_scp.signaling import m3ua
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.peers import Peer
from ain_scp.signaling.m3ua.sg import CloseAssociation, Gateway, SgDataIndication
from ain_scp.signaling.m3ua.sg_tables import RemoteAspState
from ain_scp.signaling.m3ua.structs import ProtocolData
from ain_scp.transport.link import Link, LinkEnd

LATE_NS = 2_000_000_000


class GatewaySide:
    """A user of all links that peers open to us."""

    def __init__(self, gateway: Gateway, deliver: Deliver, clock: Callable[[], int]) -> None:
        self.gateway = gateway
        self.counters = gateway.counters
        self._deliver = deliver
        self._clock = clock
        self._links: dict[int, Link] = {}
        self._numbers: dict[int, int] = {}
        self._by_name: dict[str, int] = {}
        self._peers: dict[int, Peer] = {}
        self._asked: dict[int, int] = {}
        self._next = 1

    def send_answer(self, octets: bytes, link: str) -> bool:
        """Send DATA of the node to the AS of its destination; False (counted there) when none can be reached."""
        del link  # the destination decides: a switch may have more than one association
        try:
            message = m3ua.decode(octets)
        except DecodeError:
            return False
        if message.protocol_data is None:
            return False
        sent = self.gateway.send_data(message.protocol_data, self._clock(), message.network_appearance)
        self._pump()
        return sent

    def has(self, link: str) -> bool:
        """Say whether a link of that name is here."""
        return link in self._by_name

    def close(self) -> None:
        """Close every link in order; their peers hear it from the transport."""
        for link in list(self._links.values()):
            link.close()

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, or None."""
        return self.gateway.next_timer()

    def handle_timer(self) -> None:
        """Let the gateway's timers expire."""
        self.gateway.handle_timer(self._clock())
        self._pump()

    def link_up(self, link: Link) -> None:
        """Admit a peer that is known; anybody else is broken off without a word."""
        number = self._next
        self._next += 1
        peer = self.gateway.peers.of_address(link.name)
        if peer is None or not self.gateway.connected(number, link.name, self._clock()):
            link.abort()
            return
        self._peers[number] = peer
        self._links[number] = link
        self._numbers[id(link)] = number
        self._by_name[link.name] = number

    def link_received(self, link: Link, octets: bytes, stream: int) -> None:
        """Give the gateway a message; DATA it accepts goes to the node as it came."""
        number = self._numbers.get(id(link))
        if number is None:
            return
        if is_data(octets):
            if self._is_late(number) and self._deliver_late(octets, number, link):
                return
            if link.streams == 1:
                stream = 1  # a transport without streams breaks no rule of streams
        self.gateway.receive(octets, number, self._clock(), stream)
        self._pump(octets, link)

    def link_down(self, link: Link, end: LinkEnd) -> None:
        """Forget a link."""
        number = self._numbers.pop(id(link), None)
        self.counters[f"links_ended_{end.name.lower()}"] += 1
        if number is not None:
            del self._links[number], self._peers[number]
            self._asked.pop(number, None)
            if self._by_name.get(link.name) == number:
                del self._by_name[link.name]
            self.gateway.lost(number, self._clock())
            self._pump()

    def _is_late(self, number: int) -> bool:
        """Say whether a peer is up, no longer active, and was sent DATA not long ago."""
        name = self._peers[number].name
        states = {server.asps.get(name) for server in self.gateway.servers.values()}
        if RemoteAspState.ACTIVE in states or RemoteAspState.INACTIVE not in states:
            return False
        return self._clock() - self._asked.get(number, -LATE_NS) < LATE_NS

    def _deliver_late(self, octets: bytes, number: int, link: Link) -> bool:
        """Screen a late answer as the gateway would, and deliver it; False leaves it to the gateway to refuse."""
        try:
            message = m3ua.decode(octets)
        except DecodeError:
            return False
        data, contexts = message.protocol_data, message.routing_contexts
        if data is None:
            return False
        appearance = message.network_appearance
        if (
            self.gateway.peers.refuse_data(self._peers[number], data.opc, data.si, contexts, appearance)
            is not None
        ):
            return False
        self.counters["accepted_late"] += 1
        self._screened(octets, data, self._peers[number], link)
        return True

    def _screened(self, octets: bytes, data: ProtocolData, peer: Peer, link: Link) -> None:
        """Deliver DATA that calls what the peer may call; anything else is dropped and counted."""
        called = called_of(data)
        refused = None if called is None else self.gateway.peers.refuse_called(peer, *called)
        if refused is None:
            self._deliver(octets, link.name)
        else:
            self.counters[f"dropped_{refused.name.lower()}"] += 1

    def _pump(self, octets: bytes = b"", link: Link | None = None) -> None:
        while (event := self.gateway.next_event()) is not None:
            if isinstance(event, SgDataIndication):
                if link is not None:
                    peer = self._peers[self._numbers[id(link)]]
                    self._screened(octets, event.protocol_data, peer, link)
            elif isinstance(event, CloseAssociation):
                silent = self._links.get(event.association)
                if silent is not None:
                    self.counters["links_broken_off"] += 1
                    silent.abort()
        for number, stream, out in self.gateway.octets_to_send():
            to = self._links.get(number)
            if to is None or not to.send(out, min(stream, to.streams - 1)):
                self.counters["not_sent"] += 1
            elif is_data(out):
                self._asked[number] = self._clock()
