"""A signalling gateway (or the serving side of an IPSP): admits ASPs, keeps their AS, shares traffic among them.

The machine has no socket and no clock; an association is a number its owner chooses. Rules:
1. An address no peer row has is refused: no answer, one counter. Dynamic registration is off.
2. An ASP is its association; a later ASPUP of the same peer on another association replaces the earlier one, and the
   owner is asked to close that.
3. ERR is answered to known peers only, at most 20 a second each, and never to an ERR.
4. While an AS is pending its traffic waits for T(r), bounded; DUNA follows only when that ends without an active ASP.
5. A message taken is delivered, sent, queued, answered or counted as refused or dropped.

Times are nanoseconds of the caller's clock. Limits: 256 associations, 4,096 events, 1,024 other destinations.
Source: RFC 4666 clauses 1.4.2, 4.3-4.5; TS 102 381 (SGP); reliability target S1.
"""

from msgspec import Struct

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.application_server import AsConfig, Queued
from ain_scp.signaling.m3ua.beat import BeatVerdict
from ain_scp.signaling.m3ua.message import decode
from ain_scp.signaling.m3ua.numbers import ErrorCode, MessageClass, MessageKind, StatusType
from ain_scp.signaling.m3ua.peers import Peers, Refusal
from ain_scp.signaling.m3ua.refusal import error_message, error_of
from ain_scp.signaling.m3ua.registration import refuse_registration
from ain_scp.signaling.m3ua.remote_asp import Association, RemoteAsp
from ain_scp.signaling.m3ua.sg_registry import (
    AS_STATUS,
    AsChanged,
    CloseAssociation,
    Registry,
    SgDataIndication,
    SgEvent,
)
from ain_scp.signaling.m3ua.sg_tables import AsState, RemoteAspInput, RemoteAspState
from ain_scp.signaling.m3ua.structs import AffectedPointCode, InvalidMessageError, Message, ProtocolData

__all__ = [
    "AsChanged",
    "CloseAssociation",
    "Gateway",
    "SgConfig",
    "SgDataIndication",
    "SgEvent",
]

MAX_ASSOCIATIONS = 256
MAX_DESTINATIONS = 1024


class SgConfig(Struct, frozen=True):
    """A gateway: its own point codes, its AS, outgoing streams, supervision of ASPs (`t_beat_ms` 0 = off).

    `asp_identifiers` gives the identifier each peer must show in ASPUP (none if not listed); `blocked` names peers an
    operator keeps out for now. Source: RFC 4666 clause 1.4.2.
    """

    point_codes: frozenset[int]
    servers: tuple[AsConfig, ...]
    streams: int = 1
    t_beat_ms: int = 0
    beat_misses: int = 2
    asp_identifiers: tuple[tuple[str, int], ...] = ()
    blocked: frozenset[str] = frozenset()


class Gateway:
    """One gateway with all its associations; `counters` names everything dropped or refused."""

    def __init__(self, config: SgConfig, peers: Peers) -> None:
        """Check the AS rows as a whole; ValueError lists every problem."""
        self.config = config
        self.peers = peers
        self._registry = Registry(config.servers, config.point_codes, config.streams)
        self.counters = self._registry.counters
        self.servers = self._registry.servers
        self._destinations: dict[int, bool] = {}

    # -- what happens below -------------------------------------------------------------------------------------------

    def connected(self, association: int, address: str, now: int) -> bool:
        """An association came up, or a first datagram of an address: return whether its peer is known.

        The owner closes (or ignores) what is refused; nothing is sent to it. Source: RFC 4666 clause 7.
        """
        del now
        peer = self.peers.of_address(address)
        if peer is None or len(self._registry.associations) >= MAX_ASSOCIATIONS:
            self.counters["refused_association"] += 1
            return False
        self._registry.associations[association] = Association(association, peer)
        return True

    def lost(self, association: int, now: int) -> None:
        """An association is gone. Source: RFC 4666 clause 4.3.4.2."""
        known = self._registry.associations.pop(association, None)
        asp = self._registry.asps.get(known.peer.name) if known is not None else None
        if asp is not None and asp.association == association:
            del self._registry.asps[asp.name]
            self._registry.move(asp, RemoteAspInput.LOST, self._registry.servers_of(asp.name), now)

    def receive(self, octets: bytes, association: int, now: int, stream: int = 1) -> None:
        """Take one message. Nothing wrong is raised: it is answered or ignored, and counted."""
        known = self._registry.associations.get(association)
        if known is None:
            self.counters["refused_unknown_association"] += 1
            return
        try:
            message = decode(octets)
        except InvalidMessageError as error:
            self.counters["refused_malformed"] += 1
            self._registry.answer(known, error_of(error, octets), now)
            return
        except DecodeError:
            self.counters["refused_malformed"] += 1
            return
        if message.kind == MessageKind.DATA:
            self._receive_data(message, known, stream, now)
        else:
            self._receive_other(message, known, now)

    def next_event(self) -> SgEvent | None:
        """Return the next event for the owner, or None."""
        return self._registry.events.popleft() if self._registry.events else None

    def octets_to_send(self) -> list[tuple[int, int, bytes]]:
        """Return and forget what must be sent: (association, stream, octets), in order."""
        outgoing = self._registry.outgoing
        self._registry.outgoing = []
        return outgoing

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, or None."""
        timers = [server.t_r for server in self.servers.values() if server.t_r is not None]
        timers.extend(at for asp in self._registry.asps.values() if (at := asp.beat.next_timer()) is not None)
        return min(timers, default=None)

    def handle_timer(self, now: int) -> None:
        """End T(r) of pending AS; beat and give up silent ASPs."""
        for server in self.servers.values():
            if server.t_r is not None and now >= server.t_r:
                server.t_r = None
                self._registry.step_as(server, server.t_r_condition(), now)
        for asp in list(self._registry.asps.values()):
            verdict = asp.beat.handle_timer(now)
            if verdict is BeatVerdict.SEND:
                self._registry.send(asp.association, Message(MessageKind.BEAT, heartbeat=asp.beat.heartbeat))
            elif verdict is BeatVerdict.LOST:
                self.counters["peer_lost"] += 1
                self._registry.tell(CloseAssociation(asp.association))
                self.lost(asp.association, now)

    # -- what the owner asks for --------------------------------------------------------------------------------------

    def send_data(
        self,
        protocol_data: ProtocolData,
        now: int,
        network_appearance: int | None = None,
        correlation_id: int | None = None,
        origin: str | None = None,
    ) -> bool:
        """Send a message to the AS of its DPC; True if it was sent or waits for T(r), else counted.

        With `origin`, the name of the ASP it came from, that ASP is sent DUNA (limited). Source: clause 4.5.1.
        """
        server = self._registry.by_point_code.get(protocol_data.dpc)
        waiting = Queued(protocol_data, network_appearance, correlation_id)
        if server is not None and server.active:
            self._registry.transfer(server, waiting)
            return True
        if server is not None and server.state is AsState.PENDING:
            return server.enqueue(waiting)
        self.counters["dropped_no_route" if server is None else "dropped_as_unavailable"] += 1
        asp = self._registry.asps.get(origin) if origin is not None else None
        if asp is not None and self._registry.associations[asp.association].errors.take(now):
            self._registry.send_status(asp, MessageKind.DUNA, (AffectedPointCode(protocol_data.dpc),))
        return False

    def set_destination(self, point_code: int, available: bool) -> None:
        """Say that another destination (not of an AS here) can or cannot be reached; active ASPs are notified."""
        if point_code not in self._destinations and len(self._destinations) >= MAX_DESTINATIONS:
            self.counters["dropped_destination_table_full"] += 1
            return
        self._destinations[point_code] = available
        self._registry.broadcast(MessageKind.DAVA if available else MessageKind.DUNA, (point_code,), None)

    def send_congestion(self, point_code: int, level: int) -> None:
        """Send the active ASPs SCON: a destination is congested (level 0-3). Source: RFC 4666 clause 3.4.4."""
        for asp in self._registry.active_asps(None):
            self._registry.send_status(
                asp, MessageKind.SCON, (AffectedPointCode(point_code),), congestion_level=level
            )

    def send_user_unavailable(self, peer: str, point_code: int, cause: int, user: int) -> None:
        """Send one ASP DUPU: a user part is missing there (cause 0-2, user = SI). Source: RFC 4666 clause 3.4.5."""
        asp = self._registry.asps.get(peer)
        if asp is not None:
            self._registry.send_status(
                asp, MessageKind.DUPU, (AffectedPointCode(point_code),), user_cause=(cause, user)
            )

    def is_available(self, point_code: int) -> bool:
        """Return whether a destination is ours, has an active or pending AS, or was said to be available."""
        server = self._registry.by_point_code.get(point_code)
        if server is not None:
            return server.state in {AsState.ACTIVE, AsState.PENDING}
        return point_code in self.config.point_codes or self._destinations.get(point_code, False)

    # -- messages -----------------------------------------------------------------------------------------------------

    def _receive_data(self, message: Message, known: Association, stream: int, now: int) -> None:
        peer = known.peer
        if stream == 0 and self.config.streams > 1:
            self._registry.refuse(known, ErrorCode.INVALID_STREAM_IDENTIFIER, now)
            return
        asp = self._registry.current(known)
        active = [
            s for s in self._registry.servers_of(peer.name) if s.asps[peer.name] is RemoteAspState.ACTIVE
        ]
        if asp is None or not active:
            self._registry.refuse(known, ErrorCode.UNEXPECTED_MESSAGE, now)
            return
        contexts = {server.config.routing_context for server in active}
        named = message.routing_contexts
        if len(named) > 1 or not contexts.issuperset(named) or (not named and len(contexts) > 1):
            self._registry.refuse(known, ErrorCode.INVALID_ROUTING_CONTEXT, now, named)
            return
        p = message.protocol_data
        if p is None:
            return
        refusal = self.peers.refuse_data(peer, p.opc, p.si, named, message.network_appearance)
        if refusal is None:
            self._registry.tell(SgDataIndication(peer.name, message, p))
            return
        self.counters[f"refused_{refusal.name.lower()}"] += 1
        if refusal is Refusal.NETWORK_APPEARANCE:
            answer = error_message(ErrorCode.INVALID_NETWORK_APPEARANCE, (), message.network_appearance)
            self._registry.answer(known, answer, now)
        elif refusal is Refusal.ROUTING_CONTEXT:
            self._registry.answer(known, error_message(ErrorCode.INVALID_ROUTING_CONTEXT, named), now)

    def _receive_other(self, message: Message, known: Association, now: int) -> None:
        kind = message.kind
        if kind == MessageKind.BEAT:
            self._registry.send(known.number, Message(MessageKind.BEAT_ACK, heartbeat=message.heartbeat))
        elif kind == MessageKind.BEAT_ACK:
            asp = self._registry.current(known)
            if asp is None or not asp.beat.returned(message.heartbeat):
                self.counters["dropped_beat_ack"] += 1
        elif kind == MessageKind.ERR:
            self.counters["errors_received"] += 1
        elif kind == MessageKind.NTFY:
            self.counters["notifies_received"] += 1
        elif kind == MessageKind.ASPUP:
            self._receive_up(message, known, now)
        elif kind == MessageKind.ASPDN:
            self._receive_down(known, now)
        elif kind in {MessageKind.ASPAC, MessageKind.ASPIA}:
            self._receive_traffic(message, known, now)
        elif kind == MessageKind.DAUD:
            self._receive_audit(message, known, now)
        elif kind >> 8 == MessageClass.RKM:
            self._receive_registration(message, known, now)
        else:
            self._registry.refuse(known, ErrorCode.UNEXPECTED_MESSAGE, now)

    def _receive_up(self, message: Message, known: Association, now: int) -> None:
        name = known.peer.name
        code = self._refusal_of_up(message, name)
        if code is not None:
            self._registry.refuse(known, code, now)
            return
        asp = self._registry.asps.get(name)
        if asp is not None and asp.association != known.number:
            self.counters["replaced_association"] += 1
            self._registry.tell(CloseAssociation(asp.association))
            self.lost(asp.association, now)
            asp = None
        if asp is None:
            asp = RemoteAsp(name, known.number, self.config.t_beat_ms, self.config.beat_misses)
            self._registry.asps[name] = asp
        asp.identifier = message.asp_identifier
        asp.beat.start(now)
        servers = self._registry.servers_of(name)
        before = [server.state for server in servers]
        self._registry.move(asp, RemoteAspInput.ASPUP, servers, now, Message(MessageKind.ASPUP_ACK))
        for server, state in zip(servers, before, strict=True):
            if server.state is state and state is not AsState.DOWN:
                self._registry.notify(server, asp, (StatusType.AS_STATE_CHANGE, AS_STATUS[state]))

    def _refusal_of_up(self, message: Message, name: str) -> ErrorCode | None:
        if name in self.config.blocked:
            return ErrorCode.REFUSED_MANAGEMENT_BLOCKING
        expected = dict(self.config.asp_identifiers).get(name)
        if expected is not None and message.asp_identifier is None:
            return ErrorCode.ASP_IDENTIFIER_REQUIRED
        if expected is not None and message.asp_identifier != expected:
            return ErrorCode.INVALID_ASP_IDENTIFIER
        return None

    def _receive_down(self, known: Association, now: int) -> None:
        asp = self._registry.current(known)
        if asp is None:
            self._registry.answer(known, Message(MessageKind.ASPDN_ACK), now)
            return
        del self._registry.asps[asp.name]
        self._registry.move(
            asp,
            RemoteAspInput.ASPDN,
            self._registry.servers_of(asp.name),
            now,
            Message(MessageKind.ASPDN_ACK),
        )

    def _receive_traffic(self, message: Message, known: Association, now: int) -> None:
        """ASPAC and ASPIA: for the routing contexts named, or all of the ASP. Source: clauses 4.3.4.3, 4.3.4.4."""
        activation = message.kind == MessageKind.ASPAC
        asp, servers = self._registry.current(known), self._registry.servers_of(known.peer.name)
        if asp is None or known.peer.name in self.config.blocked:
            blocked = asp is not None
            code = ErrorCode.REFUSED_MANAGEMENT_BLOCKING if blocked else ErrorCode.UNEXPECTED_MESSAGE
            self._registry.refuse(known, code, now)
            return
        if not servers:
            self._registry.refuse(known, ErrorCode.NO_CONFIGURED_AS, now)
            return
        own = {server.config.routing_context for server in servers}
        invalid = tuple(context for context in message.routing_contexts if context not in own)
        if invalid:
            self._registry.refuse(known, ErrorCode.INVALID_ROUTING_CONTEXT, now, invalid)
        if message.routing_contexts:
            servers = [
                server for server in servers if server.config.routing_context in message.routing_contexts
            ]
        mode = message.traffic_mode
        if activation and mode is not None and any(server.config.traffic_mode != mode for server in servers):
            self._registry.refuse(known, ErrorCode.UNSUPPORTED_TRAFFIC_MODE, now, message.routing_contexts)
            return
        if servers:
            valid = tuple(context for context in message.routing_contexts if context in own)
            kind = MessageKind.ASPAC_ACK if activation else MessageKind.ASPIA_ACK
            what = RemoteAspInput.ASPAC if activation else RemoteAspInput.ASPIA
            self._registry.move(
                asp, what, servers, now, Message(kind, traffic_mode=mode, routing_contexts=valid)
            )

    def _receive_audit(self, message: Message, known: Association, now: int) -> None:
        asp = self._registry.current(known)
        active = any(
            s.asps[known.peer.name] is RemoteAspState.ACTIVE
            for s in self._registry.servers_of(known.peer.name)
        )
        if asp is None or not active:
            self._registry.refuse(known, ErrorCode.UNEXPECTED_MESSAGE, now)
            return
        asked = message.affected_point_codes
        for kind, state in ((MessageKind.DAVA, True), (MessageKind.DUNA, False)):
            codes = tuple(code for code in asked if self.is_available(code.point_code) is state)
            if codes:
                self._registry.send_status(asp, kind, codes, contexts=message.routing_contexts)

    def _receive_registration(self, message: Message, known: Association, now: int) -> None:
        states = {
            s.config.routing_context: s.asps[known.peer.name]
            for s in self._registry.servers_of(known.peer.name)
        }
        answer = refuse_registration(message, states) if self._registry.current(known) is not None else None
        if answer is None:
            self._registry.refuse(known, ErrorCode.UNEXPECTED_MESSAGE, now)
        else:
            self.counters["refused_registration"] += 1
            self._registry.answer(known, answer, now)
