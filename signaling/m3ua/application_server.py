"""One application server of a gateway: its ASPs, its state, who gets the next message, and what waits while pending.

Limits: the queue of a pending AS is bounded by messages and by octets; both overflow and the end of T(r) are counted.
Source: RFC 4666 clauses 1.4.2.4 (AS and traffic modes), 4.3.2, 4.3.4.3.
"""

from collections import Counter, deque

from msgspec import Struct

from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.m3ua.sg_tables import AsInput, AsState, RemoteAspState
from ain_scp.signaling.m3ua.structs import ProtocolData
from ain_scp.signaling.mtp3 import MAX_POINT_CODE


class AsConfig(Struct, frozen=True):
    """An AS: the destinations it serves, its routing context, its ASPs by peer name and how they share.

    `by_sls` gives all messages of one SLS to one ASP under loadshare; otherwise they take turns. `required` is the
    number of active ASPs below which the inactive ones are notified (n of n+k). Source: RFC 4666 clause 1.4.2.
    """

    name: str
    routing_context: int
    point_codes: tuple[int, ...]
    asps: tuple[str, ...]
    traffic_mode: TrafficMode = TrafficMode.OVERRIDE
    by_sls: bool = False
    required: int = 1
    t_r_ms: int = 2000
    queue_messages: int = 1000
    queue_octets: int = 1_048_576

    def problems(self) -> list[str]:
        """Return what is wrong with this row, in words."""
        checks = (
            (0 <= self.routing_context <= 0xFFFF_FFFF, "routing context must have 32 bits"),
            (all(0 <= code <= MAX_POINT_CODE for code in self.point_codes), "a point code has 24 bits"),
            (len(set(self.asps)) == len(self.asps), "an ASP is given twice"),
            (self.required >= 1, "at least one ASP is required"),
            (self.t_r_ms > 0, "T(r) must be positive"),
            (self.queue_messages >= 0 and self.queue_octets >= 0, "the queue cannot be negative"),
        )
        return [f"AS {self.name!r}: {problem}" for good, problem in checks if not good]


class Queued(Struct, frozen=True):
    """A message that waits for an active ASP."""

    protocol_data: ProtocolData
    network_appearance: int | None
    correlation_id: int | None


class ApplicationServer:
    """The moving parts of one AS; the gateway runs its tables."""

    def __init__(self, config: AsConfig) -> None:
        """Start down with all ASPs down."""
        self.config = config
        self.state = AsState.DOWN
        self.asps: dict[str, RemoteAspState] = dict.fromkeys(config.asps, RemoteAspState.DOWN)
        self.t_r: int | None = None
        self.queue: deque[Queued] = deque()
        self.counters: Counter[str] = Counter()
        self._queued_octets = 0
        self._turn = 0
        self._active: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[str, ...]:
        """The active ASPs, in the order they were provisioned."""
        return self._active

    def set_asp(self, name: str, state: RemoteAspState) -> None:
        """Note the state of one ASP."""
        self.asps[name] = state
        self._active = tuple(asp for asp, now in self.asps.items() if now is RemoteAspState.ACTIVE)

    def condition(self) -> AsInput:
        """Return what the states of its ASPs mean for the AS. Source: RFC 4666 figure 4."""
        if self._active:
            return AsInput.ASP_ACTIVE
        if RemoteAspState.INACTIVE in self.asps.values():
            return AsInput.NONE_ACTIVE if self.state is AsState.ACTIVE else AsInput.ASP_INACTIVE
        return AsInput.ALL_DOWN

    def t_r_condition(self) -> AsInput:
        """Return what the end of T(r) means for the AS."""
        some = RemoteAspState.INACTIVE in self.asps.values()
        return AsInput.T_R_SOME if some else AsInput.T_R_NONE

    def select(self, sls: int) -> tuple[str, ...]:
        """Return which ASPs get the next message: one, or all of them under broadcast. Source: clause 1.4.2.4."""
        active = self._active
        if len(active) <= 1 or self.config.traffic_mode is TrafficMode.BROADCAST:
            return active
        if self.config.traffic_mode is TrafficMode.OVERRIDE:
            return active[:1]
        if self.config.by_sls:
            return (active[sls % len(active)],)
        self._turn += 1
        return (active[self._turn % len(active)],)

    def enqueue(self, message: Queued) -> bool:
        """Keep a message while pending; False (counted) when the queue is full."""
        size = len(message.protocol_data.payload)
        full = len(self.queue) >= self.config.queue_messages
        if full or self._queued_octets + size > self.config.queue_octets:
            self.counters["dropped_queue_full"] += 1
            return False
        self.queue.append(message)
        self._queued_octets += size
        self.counters["queued"] += 1
        return True

    def take_queue(self) -> tuple[Queued, ...]:
        """Return all that waits, in order, and forget it."""
        waiting = tuple(self.queue)
        self.queue.clear()
        self._queued_octets = 0
        return waiting
