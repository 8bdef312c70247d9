"""The registry of a gateway: its AS, the ASPs that are up, their associations, and what they must be sent.

It runs the two tables of `sg_tables`; the gateway in front of it judges what is received.

Source: RFC 4666 clauses 1.4.2, 4.3.2, 4.3.4, 4.5.
"""

from collections import Counter, deque
from collections.abc import Iterable

from msgspec import Struct

from ain_scp.signaling.m3ua.application_server import ApplicationServer, AsConfig, Queued
from ain_scp.signaling.m3ua.message import data, encode
from ain_scp.signaling.m3ua.numbers import (
    AsStatus,
    ErrorCode,
    MessageKind,
    OtherStatus,
    StatusType,
    TrafficMode,
)
from ain_scp.signaling.m3ua.refusal import error_message
from ain_scp.signaling.m3ua.remote_asp import Association, RemoteAsp
from ain_scp.signaling.m3ua.sg_tables import (
    AS_TABLE,
    ASP_TABLE,
    AsAction,
    AsInput,
    AsState,
    RemoteAspAction,
    RemoteAspInput,
    RemoteAspState,
)
from ain_scp.signaling.m3ua.structs import AffectedPointCode, Message, ProtocolData
from ain_scp.terms.units import MS_NS

MAX_EVENTS = 4096


class SgDataIndication(Struct, frozen=True):
    """DATA of an admitted, active ASP; `peer` is its name."""

    peer: str
    message: Message
    protocol_data: ProtocolData


class AsChanged(Struct, frozen=True):
    """An AS came to another state."""

    name: str
    state: AsState


class CloseAssociation(Struct, frozen=True):
    """The owner must close this association: its peer has another, or was silent for too long."""

    association: int


SgEvent = SgDataIndication | AsChanged | CloseAssociation


class Registry:
    """The AS and ASPs of one gateway; what must be sent and reported is kept in `outgoing` and `events`."""

    def __init__(self, rows: tuple[AsConfig, ...], point_codes: frozenset[int], streams: int) -> None:
        """Check the AS rows as a whole; ValueError lists every problem."""
        problems = [problem for row in rows for problem in row.problems()]
        self.servers: dict[int, ApplicationServer] = {}
        self.by_point_code: dict[int, ApplicationServer] = {}
        for row in rows:
            if row.routing_context in self.servers:
                problems.append(f"AS {row.name!r}: routing context {row.routing_context} is given twice")
            server = self.servers[row.routing_context] = ApplicationServer(row)
            for point_code in row.point_codes:
                if point_code in self.by_point_code or point_code in point_codes:
                    problems.append(f"AS {row.name!r}: point code {point_code} is served elsewhere")
                self.by_point_code[point_code] = server
        if problems:
            raise ValueError("; ".join(problems))
        self._streams = streams
        self.counters: Counter[str] = Counter()
        self.associations: dict[int, Association] = {}
        self.asps: dict[str, RemoteAsp] = {}
        self.events: deque[SgEvent] = deque()
        self.outgoing: list[tuple[int, int, bytes]] = []

    def move(
        self,
        asp: RemoteAsp,
        what: RemoteAspInput,
        servers: list[ApplicationServer],
        now: int,
        answer: Message | None = None,
    ) -> None:
        """Run the ASP table in some AS, answer once, then let each AS and the other ASPs follow."""
        actions: set[RemoteAspAction] = set()
        states: list[RemoteAspState] = []
        for server in servers:
            before = server.asps[asp.name]
            after, cell_actions = ASP_TABLE[before, what]
            actions.update(cell_actions)
            states.append(before)
            server.set_asp(asp.name, after)
        if answer is not None and (RemoteAspAction.ACK in actions or not servers):
            self.send(asp.association, answer)
        if RemoteAspAction.ERR_UNEXPECTED in actions:
            self.refuse(self.associations[asp.association], ErrorCode.UNEXPECTED_MESSAGE, now)
        for server, before in zip(servers, states, strict=True):
            self._follow(server, asp, before, what, now)

    def _follow(
        self,
        server: ApplicationServer,
        asp: RemoteAsp,
        before: RemoteAspState,
        what: RemoteAspInput,
        now: int,
    ) -> None:
        after = server.asps[asp.name]
        if after is RemoteAspState.ACTIVE and server.config.traffic_mode is TrafficMode.OVERRIDE:
            for name in server.active:
                if name != asp.name:
                    self._override(server, name, asp)
        self.step_as(server, server.condition(), now)
        if what is RemoteAspInput.LOST and before is not RemoteAspState.DOWN and asp.identifier is not None:
            status = (StatusType.OTHER, OtherStatus.ASP_FAILURE)
            self._notify_all(server, status, asp.identifier, (RemoteAspState.INACTIVE, RemoteAspState.ACTIVE))
        if before is RemoteAspState.ACTIVE and 0 < len(server.active) < server.config.required:
            status = (StatusType.OTHER, OtherStatus.INSUFFICIENT_ASP_RESOURCES)
            self._notify_all(server, status, None, (RemoteAspState.INACTIVE,))

    def _override(self, server: ApplicationServer, name: str, by: RemoteAsp) -> None:
        server.set_asp(name, ASP_TABLE[server.asps[name], RemoteAspInput.OVERRIDDEN][0])
        overridden = self.asps.get(name)
        if overridden is not None:
            status = (StatusType.OTHER, OtherStatus.ALTERNATE_ASP_ACTIVE)
            self.notify(server, overridden, status, by.identifier)

    def step_as(self, server: ApplicationServer, what: AsInput, now: int) -> None:
        """Run the AS table of one AS. Source: RFC 4666 figure 4."""
        before = server.state
        server.state, actions = AS_TABLE[before, what]
        if server.state is not before:
            self.tell(AsChanged(server.config.name, server.state))
        for action in actions:
            self._do(action, server, now)

    def _do(self, action: AsAction, server: ApplicationServer, now: int) -> None:
        if action is AsAction.NOTIFY:
            status = (StatusType.AS_STATE_CHANGE, AS_STATUS[server.state])
            self._notify_all(server, status, None, (RemoteAspState.INACTIVE, RemoteAspState.ACTIVE))
        elif action is AsAction.START_T_R:
            server.t_r = now + server.config.t_r_ms * MS_NS
        elif action is AsAction.STOP_T_R:
            server.t_r = None
        elif action is AsAction.SEND_QUEUE:
            for waiting in server.take_queue():
                self.transfer(server, waiting)
        elif action is AsAction.DROP_QUEUE:
            server.counters["dropped_t_r"] += len(server.take_queue())
        else:
            available = action is AsAction.TELL_AVAILABLE
            kind = MessageKind.DAVA if available else MessageKind.DUNA
            self.broadcast(kind, server.config.point_codes, server)

    def transfer(self, server: ApplicationServer, message: Queued) -> None:
        """Send DATA to the ASP, or ASPs, whose turn it is. Source: RFC 4666 clause 4.3.4.3."""
        p = message.protocol_data
        octets = data(
            p.opc,
            p.dpc,
            p.si,
            p.ni,
            p.mp,
            p.sls,
            p.payload,
            server.config.routing_context,
            message.network_appearance,
            message.correlation_id,
        )
        stream = 1 + p.sls % (self._streams - 1) if self._streams > 1 else 0
        server.counters["sent"] += 1
        for name in server.select(p.sls):
            self.outgoing.append((self.asps[name].association, stream, octets))

    def broadcast(
        self, kind: MessageKind, point_codes: tuple[int, ...], about: ApplicationServer | None
    ) -> None:
        """Send DUNA or DAVA to the ASPs that are active in another AS than `about`."""
        affected = tuple(AffectedPointCode(point_code) for point_code in point_codes)
        for asp in self.active_asps(about):
            if affected:
                self.send_status(asp, kind, affected)

    def active_asps(self, but: ApplicationServer | None) -> list[RemoteAsp]:
        """Return the ASPs that are active in any AS but one."""
        names: dict[str, None] = {}
        for server in self.servers.values():
            if server is not but:
                names.update(dict.fromkeys(server.active))
        return [self.asps[name] for name in names if name in self.asps]

    def send_status(
        self,
        asp: RemoteAsp,
        kind: MessageKind,
        affected: tuple[AffectedPointCode, ...],
        *,
        contexts: tuple[int, ...] | None = None,
        congestion_level: int | None = None,
        user_cause: tuple[int, int] | None = None,
    ) -> None:
        """Send one SSNM message to one ASP, with the routing contexts it is active in unless others are given."""
        if contexts is None:
            own = self.servers_of(asp.name)
            contexts = tuple(
                s.config.routing_context for s in own if s.asps[asp.name] is RemoteAspState.ACTIVE
            )
        appearance = self.associations[asp.association].peer.network_appearance
        message = Message(
            kind,
            routing_contexts=contexts,
            network_appearance=appearance,
            affected_point_codes=affected,
            congestion_level=congestion_level,
            user_cause=user_cause,
        )
        self.send(asp.association, message)

    def _notify_all(
        self,
        server: ApplicationServer,
        status: tuple[int, int],
        identifier: int | None,
        states: Iterable[RemoteAspState],
    ) -> None:
        wanted = frozenset(states)
        for name, state in server.asps.items():
            asp = self.asps.get(name)
            if asp is not None and state in wanted:
                self.notify(server, asp, status, identifier)

    def notify(
        self,
        server: ApplicationServer,
        asp: RemoteAsp,
        status: tuple[int, int],
        identifier: int | None = None,
    ) -> None:
        """Send NTFY to one ASP; `identifier` is the ASP that a status other than an AS state change is about."""
        about = asp.identifier if status[0] == StatusType.AS_STATE_CHANGE else identifier
        contexts = (server.config.routing_context,)
        message = Message(MessageKind.NTFY, status=status, asp_identifier=about, routing_contexts=contexts)
        self.send(asp.association, message)

    def refuse(
        self, known: Association, code: ErrorCode, now: int, routing_contexts: tuple[int, ...] = ()
    ) -> None:
        """Count a refusal by its code and answer it with ERR."""
        self.counters[f"refused_{code.name.lower()}"] += 1
        self.answer(known, error_message(code, routing_contexts), now)

    def answer(self, known: Association, message: Message | None, now: int) -> None:
        """Send an answer to a fault, if the association may still have one."""
        if message is not None and known.errors.take(now):
            self.send(known.number, message)

    def send(self, association: int, message: Message) -> None:
        """Send one message on the management stream."""
        self.outgoing.append((association, 0, encode(message)))

    def current(self, known: Association) -> RemoteAsp | None:
        """Return the ASP of an association, if it is up on this one."""
        asp = self.asps.get(known.peer.name)
        return asp if asp is not None and asp.association == known.number else None

    def servers_of(self, name: str) -> list[ApplicationServer]:
        """Return the AS an ASP is provisioned in."""
        return [server for server in self.servers.values() if name in server.asps]

    def tell(self, event: SgEvent) -> None:
        """Give the owner an event; beyond 4,096 that wait it is counted and dropped."""
        if len(self.events) >= MAX_EVENTS:
            self.counters["dropped_event_queue_full"] += 1
            return
        self.events.append(event)


AS_STATUS = {
    AsState.DOWN: AsStatus.INACTIVE,  # never sent: no ASP is up
    AsState.INACTIVE: AsStatus.INACTIVE,
    AsState.ACTIVE: AsStatus.ACTIVE,
    AsState.PENDING: AsStatus.PENDING,
}
