"""The serving side of M3UA without a list of peers: every peer that reaches us is served, for laboratories.

Each link is an ASP of its own, answered as an IPSP answers with one exchange: ASPUP, ASPAC, ASPIA and ASPDN are
acknowledged, DATA is taken from active ones only, and its answer goes back on the link it came by, with the peer's routing context.

Limits: 256 links, 20 ERR a second for each.
Source: RFC 4666 clauses 4.3.1, 4.3.4 and 5.6 (IPSP, single exchange), reliability section 10 (loopback only).
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from ain_scp.scp.associations.asp import Deliver
from ain_scp.scp.associations.octets import is_data, sls_of, with_routing_context
from ain_scp.signaling import m3ua
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import ErrorCode, InvalidMessageError, Message, MessageKind
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.m3ua.asp import stream_for
from ain_scp.signaling.m3ua.beat import BeatSupervision, BeatVerdict
from ain_scp.signaling.m3ua.numbers import AsStatus, StatusType
from ain_scp.signaling.m3ua.refusal import error_message, error_of
from ain_scp.signaling.m3ua.registration import refuse_registration
from ain_scp.signaling.m3ua.sg_tables import ASP_TABLE, RemoteAspAction, RemoteAspInput, RemoteAspState
from ain_scp.transport.link import Link, LinkEnd

MAX_LINKS: Final = 256
ERRORS_PER_SECOND: Final = 20.0
_INPUTS: Final = {
    MessageKind.ASPUP.value: (RemoteAspInput.ASPUP, MessageKind.ASPUP_ACK),
    MessageKind.ASPDN.value: (RemoteAspInput.ASPDN, MessageKind.ASPDN_ACK),
    MessageKind.ASPAC.value: (RemoteAspInput.ASPAC, MessageKind.ASPAC_ACK),
    MessageKind.ASPIA.value: (RemoteAspInput.ASPIA, MessageKind.ASPIA_ACK),
}
_STATUS: Final = {RemoteAspState.INACTIVE: AsStatus.INACTIVE, RemoteAspState.ACTIVE: AsStatus.ACTIVE}
_IGNORED: Final = frozenset({MessageKind.ERR.value, MessageKind.NTFY.value})


class _Peer:
    """One link: its state, the routing contexts it activated, its supervision, and the ERR it may still have."""

    __slots__ = ("beat", "contexts", "errors", "link", "state")

    def __init__(self, link: Link, t_beat_ms: int, misses: int) -> None:
        self.link = link
        self.state = RemoteAspState.DOWN
        self.contexts: tuple[int, ...] = ()
        self.beat = BeatSupervision(t_beat_ms, misses)
        self.errors = Allowance(ERRORS_PER_SECOND, ERRORS_PER_SECOND)


class OpenSide:
    """A user of all links that peers open to us."""

    def __init__(
        self,
        point_codes: frozenset[int],
        deliver: Deliver,
        clock: Callable[[], int],
        *,
        t_beat_ms: int = 0,
        beat_misses: int = 2,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._own = point_codes
        self._deliver = deliver
        self._clock = clock
        self._t_beat_ms = t_beat_ms
        self._misses = beat_misses
        self._peers: dict[int, _Peer] = {}
        self._by_name: dict[str, _Peer] = {}

    def send_answer(self, octets: bytes, link: str) -> bool:
        """Send DATA of the node back to the peer that asked; False when it is gone or wants no traffic."""
        peer = self._by_name.get(link)
        if peer is None or peer.state is RemoteAspState.DOWN:
            return False
        octets = with_routing_context(octets, peer.contexts)
        return peer.link.send(octets, stream_for(sls_of(octets), peer.link.streams))

    def has(self, link: str) -> bool:
        """Say whether a link of that name is here."""
        return link in self._by_name

    def close(self) -> None:
        """Close every link in order."""
        for peer in list(self._peers.values()):
            peer.link.close()

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, or None."""
        times = (peer.beat.next_timer() for peer in self._peers.values())
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self) -> None:
        """Beat, and break off who is silent."""
        now = self._clock()
        for peer in list(self._peers.values()):
            verdict = peer.beat.handle_timer(now)
            if verdict is BeatVerdict.SEND:
                self._send(peer, Message(MessageKind.BEAT, heartbeat=peer.beat.heartbeat))
            elif verdict is BeatVerdict.LOST:
                self.counters["peer_lost"] += 1
                peer.link.abort()

    def link_up(self, link: Link) -> None:
        """A peer came."""
        if len(self._peers) >= MAX_LINKS:
            self.counters["refused_association"] += 1
            link.abort()
            return
        peer = _Peer(link, self._t_beat_ms, self._misses)
        self._peers[id(link)] = self._by_name[link.name] = peer

    def link_down(self, link: Link, end: LinkEnd) -> None:
        """A peer went."""
        self.counters[f"links_ended_{end.name.lower()}"] += 1
        peer = self._peers.pop(id(link), None)
        if peer is not None and self._by_name.get(link.name) is peer:
            del self._by_name[link.name]

    def link_received(self, link: Link, octets: bytes, stream: int) -> None:
        """DATA of an active peer goes to the node; management is answered."""
        peer = self._peers.get(id(link))
        if peer is None:
            return
        if not is_data(octets):
            self._management(peer, octets)
        elif stream == 0 and link.streams > 1:
            self._refuse(peer, error_message(ErrorCode.INVALID_STREAM_IDENTIFIER))
        elif peer.state is not RemoteAspState.ACTIVE:
            self._refuse(peer, error_message(ErrorCode.UNEXPECTED_MESSAGE))
        else:
            self.counters["data_received"] += 1
            self._deliver(octets, link.name)

    def _management(self, peer: _Peer, octets: bytes) -> None:
        try:
            message = m3ua.decode(octets)
        except InvalidMessageError as error:
            self._refuse(peer, error_of(error, octets))
            return
        except DecodeError:
            self.counters["refused_malformed"] += 1
            return
        kind = message.kind
        if kind in _INPUTS:
            self._traffic(peer, message)
        elif kind == MessageKind.BEAT:
            self._send(peer, Message(MessageKind.BEAT_ACK, heartbeat=message.heartbeat))
        elif kind == MessageKind.BEAT_ACK:
            peer.beat.returned(message.heartbeat)
        elif kind == MessageKind.DAUD and peer.state is RemoteAspState.ACTIVE:
            self._audit(peer, message)
        elif kind not in _IGNORED:
            answer = refuse_registration(message, {}) if peer.state is not RemoteAspState.DOWN else None
            self._refuse(peer, answer or error_message(ErrorCode.UNEXPECTED_MESSAGE))

    def _traffic(self, peer: _Peer, message: Message) -> None:
        """ASPUP, ASPDN, ASPAC, ASPIA by the table of remote ASPs; a change of state is notified after its answer."""
        what, acknowledgement = _INPUTS[message.kind]
        before = peer.state
        if message.kind == MessageKind.ASPAC:
            peer.contexts = message.routing_contexts
        peer.state, actions = ASP_TABLE[before, what]
        if RemoteAspAction.ACK in actions:
            mode, contexts = message.traffic_mode, message.routing_contexts
            self._send(peer, Message(acknowledgement, traffic_mode=mode, routing_contexts=contexts))
        if RemoteAspAction.ERR_UNEXPECTED in actions:
            self._refuse(peer, error_message(ErrorCode.UNEXPECTED_MESSAGE))
        if peer.state is RemoteAspState.DOWN:
            peer.beat.stop()
            return
        peer.beat.start(self._clock())
        if peer.state is not before:
            status = (StatusType.AS_STATE_CHANGE, _STATUS[peer.state])
            self._send(
                peer, Message(MessageKind.NTFY, status=status, routing_contexts=message.routing_contexts)
            )

    def _audit(self, peer: _Peer, message: Message) -> None:
        for kind, ours in ((MessageKind.DAVA, True), (MessageKind.DUNA, False)):
            asked = message.affected_point_codes
            codes = tuple(code for code in asked if (code.point_code in self._own) is ours)
            if codes:
                contexts = message.routing_contexts
                self._send(peer, Message(kind, routing_contexts=contexts, affected_point_codes=codes))

    def _refuse(self, peer: _Peer, answer: Message | None) -> None:
        self.counters["refused"] += 1
        if answer is not None and peer.errors.take(self._clock()):
            self._send(peer, answer)

    def _send(self, peer: _Peer, message: Message) -> None:
        if not peer.link.send(m3ua.encode(message), 0):
            self.counters["not_sent"] += 1
