"""An application server process: the side of M3UA that registers with a gateway and answers its traffic.

The machine has no socket and no clock: `connected`, `receive`, `lost` and `handle_timer` take the time (nanoseconds of
the caller's clock), `octets_to_send` returns (stream, octets). What it does is the table of `asp_table`; what it wants is
its target (down, inactive as a standby, or active), to which it returns by itself after T(ack), a lost peer or an
acknowledgement it did not ask for.

Limits: 256 audited destinations, 20 ERR a second, 4,096 events waiting for the owner (more are counted and dropped).
Source: RFC 4666 clauses 4.3-4.5, sctp-lab section 1 (orders of a real STP).
"""

from collections import Counter, deque

from msgspec import Struct

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.m3ua.asp_table import TABLE, AspAction, AspInput, AspState
from ain_scp.signaling.m3ua.audit import Audit
from ain_scp.signaling.m3ua.beat import BeatSupervision, BeatVerdict
from ain_scp.signaling.m3ua.message import data, decode, encode
from ain_scp.signaling.m3ua.numbers import (
    AsStatus,
    ErrorCode,
    MessageClass,
    MessageKind,
    OtherStatus,
    StatusType,
)
from ain_scp.signaling.m3ua.refusal import error_message, error_of
from ain_scp.signaling.m3ua.structs import InvalidMessageError, Message, ProtocolData
from ain_scp.terms.units import MS_NS

MAX_EVENTS = 4096
ASPDN_TRIES = 3
_MANAGEMENT_STREAM = 0
_ACKS = {
    MessageKind.ASPUP_ACK.value: AspInput.ASPUP_ACK,
    MessageKind.ASPAC_ACK.value: AspInput.ASPAC_ACK,
    MessageKind.ASPIA_ACK.value: AspInput.ASPIA_ACK,
    MessageKind.ASPDN_ACK.value: AspInput.ASPDN_ACK,
}
_RECEIVING = frozenset({AspState.ACTIVE_SENT, AspState.ACTIVE, AspState.INACTIVE_SENT})


class AspConfig(Struct, frozen=True):
    """How one ASP registers.

    `routing_contexts` empty lets the gateway decide; `traffic_mode` None leaves it out. `standby` stays inactive until
    a NTFY says that the AS is pending. `streams` is the number of outgoing streams (1 over UDP; DATA then uses 0).
    `t_ack_ms` and `t_beat_ms` (0 = off) are the standard's timers; `association` False means datagrams: after the peer
    is lost the ASP starts again by itself. `destinations` are audited after each activation, and every `t_audit_ms`
    while they are not known to be available. Source: RFC 4666 clauses 3.5-3.7 and 4.3.4.
    """

    routing_contexts: tuple[int, ...] = ()
    asp_identifier: int | None = None
    traffic_mode: int | None = None
    network_appearance: int | None = None
    standby: bool = False
    streams: int = 1
    association: bool = True
    destinations: tuple[int, ...] = ()
    t_ack_ms: int = 2000
    t_beat_ms: int = 30_000
    beat_misses: int = 2
    t_audit_ms: int = 5000


class AspChanged(Struct, frozen=True):
    """The ASP came to another of its stable states (DOWN, INACTIVE or ACTIVE)."""

    state: AspState


class DataIndication(Struct, frozen=True):
    """A message for the MTP user; the whole M3UA message, so that its routing context and appearance are there."""

    message: Message
    protocol_data: ProtocolData


class DestinationStatus(Struct, frozen=True):
    """DUNA, DAVA, DRST, SCON or DUPU as received: what it says stands in the message."""

    message: Message


class Notified(Struct, frozen=True):
    """A NTFY as received."""

    message: Message


class ErrorReceived(Struct, frozen=True):
    """An ERR as received; never answered, never fatal."""

    error_code: int


class PeerLost(Struct, frozen=True):
    """The peer returned no BEAT: over SCTP the owner closes the association."""


AspEvent = AspChanged | DataIndication | DestinationStatus | Notified | ErrorReceived | PeerLost


def stream_for(sls: int, streams: int) -> int:
    """Return the stream of `streams` for DATA of a link selection; 0 is for management. Source: RFC 4666 clause 1.4.7."""
    return 1 + sls % (streams - 1) if streams > 1 else 0


class Asp:
    """One ASP towards one gateway (or IPSP); `counters` names every message dropped or refused."""

    def __init__(self, config: AspConfig) -> None:
        """Make it down, with nothing wanted; ValueError for timers or streams that are not possible."""
        if config.t_ack_ms <= 0 or config.streams < 1:
            raise ValueError("an ASP needs a positive T(ack) and at least one stream")
        self.config = config
        self.state = AspState.DOWN
        self.counters: Counter[str] = Counter()
        self._target = AspState.DOWN
        self._connected = False
        self._standing_by = False  # inactive because another ASP serves, not because the owner wants to leave
        self._tries = 0
        self._t_ack: int | None = None
        self._beat = BeatSupervision(config.t_beat_ms, config.beat_misses)
        self._audit = Audit(config.t_audit_ms)
        self._errors = Allowance(20.0, 20.0)
        self._events: deque[AspEvent] = deque()
        self._outgoing: list[tuple[int, bytes]] = []

    def connected(self, now: int) -> None:
        """The association is up (or datagrams may be sent): register. Source: RFC 4666 clause 4.3.4.1."""
        self._connected = True
        self._standing_by = self.config.standby
        self._target = AspState.INACTIVE if self.config.standby else AspState.ACTIVE
        self._step(AspInput.UP, now)

    def lost(self, now: int) -> None:
        """The association is gone: nothing more is sent. Source: RFC 4666 clause 4.2.1."""
        self._connected = not self.config.association
        self._step(AspInput.LOST, now)
        self._beat.stop()
        self._audit.clear()
        if self.config.association:
            self._outgoing.clear()
        elif self._target is not AspState.DOWN:
            self.connected(now)

    def send_active(self, now: int) -> None:
        """Take traffic: ASPUP if needed, then ASPAC. Source: RFC 4666 clause 4.3.4.3."""
        self._target = AspState.ACTIVE
        if self._connected:
            self._step(AspInput.ACTIVATE, now)

    def send_inactive(self, now: int) -> None:
        """Take no new traffic: ASPIA; DATA is still delivered until it is acknowledged. Source: clause 4.3.4.4."""
        self._target = AspState.INACTIVE
        self._standing_by = False
        self._step(AspInput.DEACTIVATE, now)

    def send_down(self, now: int) -> None:
        """Leave: ASPDN. Source: RFC 4666 clause 4.3.4.2."""
        self._target = AspState.DOWN
        self._standing_by = False
        self._tries = 0
        self._step(AspInput.STOP, now)

    def send_data(self, protocol_data: ProtocolData, routing_context: int | None = None) -> bool:
        """Send a message; False (and counted) while the ASP takes no traffic.

        The routing context is the given one, else the only one configured, else none. DATA of one SLS keeps its order:
        it uses one stream, never 0 when there are others. Source: RFC 4666 clauses 3.3.1 and 1.4.7.
        """
        if self.state not in {AspState.ACTIVE, AspState.INACTIVE_SENT}:
            self.counters["dropped_data_not_active"] += 1
            return False
        if routing_context is None and len(self.config.routing_contexts) == 1:
            routing_context = self.config.routing_contexts[0]
        p = protocol_data
        octets = data(
            p.opc,
            p.dpc,
            p.si,
            p.ni,
            p.mp,
            p.sls,
            p.payload,
            routing_context,
            self.config.network_appearance,
        )
        self._outgoing.append((self.stream_of(p.sls), octets))
        return True

    def stream_of(self, sls: int) -> int:
        """Return the stream for DATA of a link selection: 1 and up when there are several. Source: clause 1.4.7."""
        return stream_for(sls, self.config.streams)

    def receive(self, octets: bytes, now: int) -> None:
        """Take one message of the gateway. What is wrong is answered with ERR and counted, never raised."""
        try:
            message = decode(octets)
        except InvalidMessageError as error:
            self.counters["refused_malformed"] += 1
            answer = error_of(error, octets)
            if answer is not None:
                self._refuse(answer, now)
            return
        except DecodeError:
            self.counters["refused_malformed"] += 1
            return
        kind = message.kind
        if kind == MessageKind.DATA:
            self._receive_data(message)
        elif kind in _ACKS:
            self._step(_ACKS[kind], now)
        elif kind == MessageKind.BEAT:
            self._send(Message(MessageKind.BEAT_ACK, heartbeat=message.heartbeat))
        elif kind == MessageKind.BEAT_ACK:
            if not self._beat.returned(message.heartbeat):
                self.counters["dropped_beat_ack"] += 1
        elif kind == MessageKind.NTFY:
            self._receive_notify(message, now)
        elif kind == MessageKind.ERR:
            self._tell(ErrorReceived(message.error_code or 0))
        elif kind >> 8 == MessageClass.SSNM and kind != MessageKind.DAUD:
            self._receive_status(message, now)
        else:
            self.counters["refused_unexpected"] += 1
            self._step(AspInput.UNEXPECTED, now)

    def next_event(self) -> AspEvent | None:
        """Return the next event for the owner, or None."""
        return self._events.popleft() if self._events else None

    def octets_to_send(self) -> list[tuple[int, bytes]]:
        """Return and forget what must be sent: (stream, octets), in order."""
        outgoing = self._outgoing
        self._outgoing = []
        return outgoing

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, or None."""
        times = (self._t_ack, self._beat.next_timer(), self._audit.next_timer())
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self, now: int) -> None:
        """Repeat what was not acknowledged, beat, audit."""
        if self._t_ack is not None and now >= self._t_ack:
            self.counters["t_ack_expired"] += 1
            self._t_ack = None
            self._step(AspInput.T_ACK, now)
        verdict = self._beat.handle_timer(now)
        if verdict is BeatVerdict.SEND:
            self._send(Message(MessageKind.BEAT, heartbeat=self._beat.heartbeat))
        elif verdict is BeatVerdict.LOST:
            self.counters["peer_lost"] += 1
            self._tell(PeerLost())
            self.lost(now)
        self._send_audit(self._audit.handle_timer(now))

    def _receive_data(self, message: Message) -> None:
        contexts = self.config.routing_contexts
        if self.state not in _RECEIVING:
            self.counters["dropped_data_not_active"] += 1
        elif contexts and not set(message.routing_contexts) <= set(contexts):
            self.counters["dropped_routing_context"] += 1
        elif message.network_appearance not in {None, self.config.network_appearance}:
            self.counters["dropped_network_appearance"] += 1
        elif message.protocol_data is not None:
            self._tell(DataIndication(message, message.protocol_data))

    def _receive_notify(self, message: Message, now: int) -> None:
        self._tell(Notified(message))
        if message.status == (StatusType.OTHER, OtherStatus.ALTERNATE_ASP_ACTIVE):
            self._standing_by = self._standing_by or self.state is AspState.ACTIVE
            self._target = AspState.INACTIVE if self.state is AspState.ACTIVE else self._target
            self._step(AspInput.ALTERNATE_ACTIVE, now)
        elif message.status == (StatusType.AS_STATE_CHANGE, AsStatus.PENDING) and self._standing_by:
            self._target = AspState.ACTIVE
            self._step(AspInput.ACTIVATE, now)

    def _receive_status(self, message: Message, now: int) -> None:
        if self.state not in _RECEIVING:
            self.counters["dropped_status_not_active"] += 1
            return
        for affected in message.affected_point_codes:
            if message.kind == MessageKind.DAVA:
                self._audit.known(affected.point_code, affected.mask)
            elif not affected.mask:
                self._audit.doubt(affected.point_code, now)
        self._tell(DestinationStatus(message))

    def _step(self, what: AspInput, now: int) -> None:
        self.state, actions = TABLE[self.state, what]
        for action in actions:
            self._do(action, now)

    def _do(self, action: AspAction, now: int) -> None:
        if action is AspAction.SEND_ERR:
            self._refuse(error_message(ErrorCode.UNEXPECTED_MESSAGE), now)
        elif action is AspAction.STOP_T_ACK:
            self._t_ack = None
        elif action is AspAction.TO_TARGET:
            self._to_target(now)
        elif action is AspAction.RETRY:
            self._retry(now)
        elif action in _TOLD:
            self._tell_state(_TOLD[action], now)
        else:
            self._request(_REQUESTS[action], now)

    def _to_target(self, now: int) -> None:
        if self._target is AspState.ACTIVE:
            self._step(AspInput.ACTIVATE, now)
        elif self._target is AspState.INACTIVE and self.state is AspState.DOWN:
            self._step(AspInput.UP, now)

    def _retry(self, now: int) -> None:
        self._tries += 1
        if self.state is AspState.DOWN_SENT and self._tries >= ASPDN_TRIES:
            self._step(AspInput.ASPDN_ACK, now)  # a peer that is gone cannot keep us
        else:
            self._request(_WAITING[self.state], now)

    def _request(self, kind: MessageKind, now: int) -> None:
        contexts = self.config.routing_contexts if kind in {MessageKind.ASPAC, MessageKind.ASPIA} else ()
        identifier = self.config.asp_identifier if kind is MessageKind.ASPUP else None
        mode = self.config.traffic_mode if kind is MessageKind.ASPAC else None
        self._send(Message(kind, routing_contexts=contexts, traffic_mode=mode, asp_identifier=identifier))
        self._t_ack = now + self.config.t_ack_ms * MS_NS

    def _tell_state(self, state: AspState, now: int) -> None:
        self._tell(AspChanged(state))
        if state is AspState.DOWN:
            self._beat.stop()
        else:
            self._beat.start(now)
        if state is AspState.ACTIVE:
            for point_code in self.config.destinations:
                self._audit.doubt(point_code, now)
            self._send_audit(self.config.destinations)
        else:
            self._audit.clear()

    def _send_audit(self, point_codes: tuple[int, ...]) -> None:
        if point_codes:
            self._send(
                self._audit.message(point_codes, self.config.routing_contexts, self.config.network_appearance)
            )

    def _refuse(self, answer: Message, now: int) -> None:
        if self._connected and self._errors.take(now):
            self._send(answer)

    def _send(self, message: Message) -> None:
        self._outgoing.append((_MANAGEMENT_STREAM, encode(message)))

    def _tell(self, event: AspEvent) -> None:
        if len(self._events) >= MAX_EVENTS:
            self.counters["dropped_event_queue_full"] += 1
            return
        self._events.append(event)


_TOLD = {
    AspAction.TELL_UP: AspState.INACTIVE,
    AspAction.TELL_ACTIVE: AspState.ACTIVE,
    AspAction.TELL_INACTIVE: AspState.INACTIVE,
    AspAction.TELL_DOWN: AspState.DOWN,
}
_REQUESTS = {
    AspAction.SEND_ASPUP: MessageKind.ASPUP,
    AspAction.SEND_ASPAC: MessageKind.ASPAC,
    AspAction.SEND_ASPIA: MessageKind.ASPIA,
    AspAction.SEND_ASPDN: MessageKind.ASPDN,
}
_WAITING = {
    AspState.UP_SENT: MessageKind.ASPUP,
    AspState.ACTIVE_SENT: MessageKind.ASPAC,
    AspState.INACTIVE_SENT: MessageKind.ASPIA,
    AspState.DOWN_SENT: MessageKind.ASPDN,
}
