"""How octets cross a link: delay, loss, duplication, reordering, links that are down, links that are congested.

A fabric is asked once per message and says when which octets arrive; the world's kernel delivers them. It may pass the
octets through a real socket meanwhile (the UDP fabric in `transport` does): virtual time does not notice, so a run over
a real transport is as deterministic and as quick as one in memory.

Source: A-005, interfaces.md section 3 ([network]: delays, losses, links down).
"""

import random
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from ain_scp.terms.units import MS_NS, SECOND_NS
from ain_scp.transport.loopback import Carried

DEFAULT_DELAY_NS: Final = 2 * MS_NS


class Arrival(msgspec.Struct, frozen=True):
    """Octets that reach the far end, `delay_ns` after they were sent."""

    delay_ns: int
    octets: bytes


class LinkConditions(msgspec.Struct, frozen=True):
    """What one link (both directions) does to its messages.

    Probabilities are 0.0 to 1.0. `reordering` is the share of messages held back by `reordering_delay_ns`. `down` lists
    the intervals (from, until) in simulated local nanoseconds, until excluded. `messages_per_second` 0 = no limit; a
    limited link queues up to `queue_limit` messages and drops the rest (congestion).
    """

    delay_ns: int = DEFAULT_DELAY_NS
    jitter_ns: int = 0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    reordering_delay_ns: int = 20 * MS_NS
    down: tuple[tuple[int, int], ...] = ()
    messages_per_second: int = 0
    queue_limit: int = 1000

    def is_down(self, now: int) -> bool:
        """Say whether the link is out of service at `now`."""
        return any(start <= now < until for start, until in self.down)


class Steady(msgspec.Struct, frozen=True):
    """A link that only delays: by how much, and what its octets go through on their way, if anything (real sockets)."""

    delay_ns: int
    through: Callable[[bytes], bytes] | None = None


class Fabric(Protocol):
    """What the world asks of a transport: one message in, what arrives of it out (nothing = lost)."""

    def carry(self, octets: bytes, source: str, destination: str, now: int) -> tuple[Arrival, ...]:
        """Take one message from `source` to the adjacent node `destination` at `now`."""

    def carry_beside(self, octets: bytes, source: str, destination: str, now: int) -> tuple[Arrival, ...]:
        """Take a message of a link that is no signaling link (Diameter): it behaves as a link does, and has no socket."""

    def is_down(self, source: str, destination: str, now: int) -> bool:
        """Say whether the link between two adjacent nodes is out of service at `now`."""

    def steady(self, source: str, destination: str) -> Steady | None:
        """Describe a link that delays every message by the same time and nothing else; None for every other one.

        The world need not ask `carry` about such a link, and `carry` then does not count what crosses it.
        """

    def close(self) -> None:
        """Release what the fabric holds (sockets); a fabric without any does nothing."""


def way_round(mates: Mapping[str, str], fabric: Fabric, source: str, destination: str, now: int) -> str:
    """Choose the adjacent node as MTP does: past a link that is down by the mate at its far end, else by one's own.

    A message goes to one's own mate only if that one can proceed, so none goes round in a circle.
    """
    is_down = fabric.is_down
    if not is_down(source, destination, now):
        return destination
    beyond, beside = mates.get(destination), mates.get(source)
    if beyond is not None and not is_down(source, beyond, now):
        return beyond
    if beside is None or is_down(source, beside, now) or is_down(beside, destination, now):
        return destination
    return beside


class Sockets(Protocol):
    """Real links of a host: what is carried comes out as the kernel delivered it."""

    def carry(self, octets: bytes, source: str, destination: str) -> bytes:
        """Send a message and return it as received."""

    def carried(self) -> tuple[Carried, ...]:
        """Return what each association carried so far, none where there are none; also after `close`."""

    def close(self) -> None:
        """Close every socket."""


class SocketFabric:
    """Every message crosses a real loopback socket; the conditions of the links are the inner fabric's."""

    def __init__(self, inner: Fabric, links: Sockets) -> None:
        self._inner = inner
        self._links = links

    def carry(self, octets: bytes, source: str, destination: str, now: int) -> tuple[Arrival, ...]:
        """Carry the octets through the sockets, then as the link behaves."""
        received = self._links.carry(octets, source, destination)
        return self._inner.carry(received, source, destination, now)

    def carry_beside(self, octets: bytes, source: str, destination: str, now: int) -> tuple[Arrival, ...]:
        """Carry as the link behaves."""
        return self._inner.carry_beside(octets, source, destination, now)

    def is_down(self, source: str, destination: str, now: int) -> bool:
        """Say what the link's conditions say."""
        return self._inner.is_down(source, destination, now)

    def carried(self) -> tuple[Carried, ...]:
        """Return what each association carried."""
        return self._links.carried()

    def steady(self, source: str, destination: str) -> Steady | None:
        """Describe the inner fabric's link, through the sockets."""
        inner = self._inner.steady(source, destination)
        if inner is None:
            return None
        carry = self._links.carry
        return Steady(inner.delay_ns, lambda octets: carry(octets, source, destination))

    def close(self) -> None:
        """Close the sockets."""
        self._links.close()
        self._inner.close()


class MemoryFabric:
    """Links without a transport under them; chance comes from the seeded stream handed in.

    `conditions` is keyed by (node, node), in either order; every other link has `default`. The counters say what
    became of the messages: carried + lost = sent.
    """

    def __init__(
        self,
        chance: random.Random,
        conditions: Mapping[tuple[str, str], LinkConditions] | None = None,
        default: LinkConditions | None = None,
    ) -> None:
        self._chance = chance
        self._default = default or LinkConditions()
        self._conditions: dict[tuple[str, str], LinkConditions] = {}
        for (one, other), link in (conditions or {}).items():
            self._conditions[one, other] = link
            self._conditions[other, one] = link
        self._free_at: dict[tuple[str, str], int] = {}
        self.carried = 0
        self.lost_down = 0
        self.lost_chance = 0
        self.lost_congestion = 0
        self.duplicated = 0

    def carry(self, octets: bytes, source: str, destination: str, now: int) -> tuple[Arrival, ...]:
        """Apply the link's conditions; the tuple is empty when the message is lost."""
        link = self._conditions.get((source, destination), self._default)
        if link.down and link.is_down(now):
            self.lost_down += 1
            return ()
        if link.loss and self._chance.random() < link.loss:
            self.lost_chance += 1
            return ()
        waiting = self._queueing(link, source, destination, now)
        if waiting < 0:
            self.lost_congestion += 1
            return ()
        self.carried += 1
        first = Arrival(waiting + self._delay(link), octets)
        if link.duplication and self._chance.random() < link.duplication:
            self.duplicated += 1
            return first, Arrival(waiting + self._delay(link), octets)
        return (first,)

    def carry_beside(self, octets: bytes, source: str, destination: str, now: int) -> tuple[Arrival, ...]:
        """Apply the link's conditions, as to any message."""
        return self.carry(octets, source, destination, now)

    def is_down(self, source: str, destination: str, now: int) -> bool:
        """Say whether the link is in one of its intervals of being down."""
        link = self._conditions.get((source, destination), self._default)
        return bool(link.down) and link.is_down(now)

    def steady(self, source: str, destination: str) -> Steady | None:
        """Describe a link that has no chance in it, no limit and no time out of service."""
        link = self._conditions.get((source, destination), self._default)
        chance = link.jitter_ns or link.loss or link.duplication or link.reordering
        return None if chance or link.down or link.messages_per_second else Steady(link.delay_ns)

    def close(self) -> None:
        """Hold nothing, release nothing."""

    def _delay(self, link: LinkConditions) -> int:
        delay = link.delay_ns
        if link.jitter_ns:
            delay += self._chance.randrange(link.jitter_ns)
        if link.reordering and self._chance.random() < link.reordering:
            delay += link.reordering_delay_ns
        return delay

    def _queueing(self, link: LinkConditions, source: str, destination: str, now: int) -> int:
        """Return how long the message waits for the link, -1 when the queue is full."""
        if not link.messages_per_second:
            return 0
        service = SECOND_NS // link.messages_per_second
        start = max(now, self._free_at.get((source, destination), 0))
        if start - now > service * link.queue_limit:
            return -1
        self._free_at[source, destination] = start + service
        return start + service - now
