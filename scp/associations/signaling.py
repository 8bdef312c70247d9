"""All associations of one node: which DATA goes in, which answer leaves where, and how the node leaves the network.

Rule: an answer goes back by the association its query came by; if that is gone, by any other association towards an STP,
which can route it as well; if there is none it is lost and counted.

There is no socket and no loop here: links and clocks are handed in, so that tests run it in memory and virtual time.
Times of associations are nanoseconds of `clock`, which never goes back; the node gets its own local time.

Source: house.md section 2 (steps 1 and 8), reliability targets F1-F5, sctp-lab section 2.
"""

from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol

from ain_scp.scp.associations.asp import AspAssociation, AspRow, Dial, Leaving
from ain_scp.scp.mate import Fence, Pulse
from ain_scp.terms.units import MS_NS

DRAIN_MS: Final = 2_000
STRAGGLERS_MS: Final = 100
"""How long DATA that was under way when ASPIA was acknowledged is still waited for."""
LEAVE_MS: Final = 5_000
PULSE_NS: Final = 200 * MS_NS
TOGETHER: Final = 64
"""Messages held at most."""
QUEUE_LEAST: Final = 32
"""Messages of one wake-up that make a queue."""
LOOK_NS: Final = 10 * MS_NS
"""How often a node that leaves looks whether it may proceed."""


class NodePort(Protocol):
    """The verbs of a node that associations use."""

    backlog: int

    def receive_all(self, datagrams: list[bytes], link: str, now: int) -> None:
        """Take the messages of one link that came together."""

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: link and octets."""

    def next_timer(self) -> int | None:
        """When handle_timer must be called, or None."""

    def handle_timer(self, now: int) -> None:
        """Let timers expire."""

    def leave(self) -> None:
        """Begin no new dialogues."""

    @property
    def drained(self) -> bool:
        """Whether nothing waits and no dialogue is open."""


class Serving(Protocol):
    """The side that peers come to: with a list of peers (GatewaySide) or without (OpenSide)."""

    counters: Counter[str]

    def send_answer(self, octets: bytes, link: str) -> bool:
        """Send DATA."""

    def has(self, link: str) -> bool:
        """Say whether a link is here."""

    def close(self) -> None:
        """Close every link."""

    def next_timer(self) -> int | None:
        """When handle_timer must be called, or None."""

    def handle_timer(self) -> None:
        """Let timers expire."""


class Phase(IntEnum):
    """Where the node is in its life on the network."""

    SERVING = 0
    LEAVING = 1  # ASPIA sent, answers still leave
    STOPPING = 2  # ASPDN sent
    GONE = 3


class Signaling:
    """The associations of one node. `on_stale` drops, unread, what waits in the sockets.

    With `hold`, DATA of one wake-up goes to the node together: `hold` is called for the first of it, and calls `let_go` soon.
    `bundle` is called with True before several answers are sent, and with False after them.
    """

    def __init__(
        self,
        node: NodePort,
        clock: Callable[[], int],
        node_clock: Callable[[], int],
        chance: Callable[[], float],
        fence: Fence | None = None,
        on_stale: Callable[[], int] = lambda: 0,
        hold: Callable[[], object] | None = None,
        bundle: Callable[[bool], object] = lambda _: None,
    ) -> None:
        self._hold = hold
        self._bundle = bundle
        self._held: list[tuple[str, bytes]] = []
        self._waited_ns = 0
        self.node = node
        self.phase = Phase.SERVING
        self.counters: Counter[str] = Counter()
        self.asps: list[AspAssociation] = []
        self.servings: list[Serving] = []
        self._clock = clock
        self._node_clock = node_clock
        self._chance = chance
        self._fence = fence
        self._on_stale = on_stale
        self._pulse_at = clock() if fence is not None else None
        self._left_at = 0
        self._look_at: int | None = None
        self._owners: dict[str, AspAssociation] = {}

    # -- building -----------------------------------------------------------------------------------------------------

    def add_asp(self, row: AspRow, dial: Dial) -> AspAssociation:
        """Make an association towards an STP; it dials with `start`."""
        association = AspAssociation(
            row,
            dial,
            lambda octets, link: self._deliver(octets, link, association),
            self._clock,
            self._chance,
        )
        self.asps.append(association)
        return association

    def add_serving(self, serving: Serving) -> None:
        """Let peers come to us."""
        self.servings.append(serving)

    def start(self) -> None:
        """Dial."""
        for association in self.asps:
            association.start()

    # -- traffic ------------------------------------------------------------------------------------------------------

    def deliver(self, octets: bytes, link: str) -> None:
        """Give the node DATA that a serving side accepted, now or with the rest of the wake-up."""
        if self._hold is None or len(self._held) >= TOGETHER:
            self._held.append((link, octets))
            self.let_go()
            return
        if not self._held:
            self._hold()
        self._held.append((link, octets))

    def waited(self, age_ns: int) -> None:
        """What is delivered next had waited so long before it was read."""
        self._waited_ns = max(self._waited_ns, age_ns)

    def let_go(self) -> None:
        """Give the node what was held, and send its answers. The overload control hears of the queue it stood in.

        Of a few no queue stands: the host was late, and all can be answered at once.
        """
        held, self._held = self._held, []
        self.node.backlog = self._waited_ns if len(held) >= QUEUE_LEAST else 0
        self._waited_ns = 0
        for link, group in groupby(held, itemgetter(0)):
            self.node.receive_all([octets for _, octets in group], link, self._node_clock())
        self.node.backlog = 0
        self.flush()

    def _deliver(self, octets: bytes, link: str, association: AspAssociation) -> None:
        self._owners[link] = association
        self.deliver(octets, link)

    def flush(self) -> None:
        """Send what the node has to send."""
        out = self.node.octets_to_send()
        if len(out) < 2:
            for link, octets in out:
                self._send(link, octets)
            return
        self._bundle(True)
        try:
            for link, octets in out:
                self._send(link, octets)
        finally:
            self._bundle(False)

    def _send(self, link: str, octets: bytes) -> None:
        for serving in self.servings:
            if serving.has(link):
                self.counters["answers_sent" if serving.send_answer(octets, link) else "answers_lost"] += 1
                return
        owner = self._owners.get(link)
        if owner is not None and owner.send_answer(octets):
            self.counters["answers_sent"] += 1
            return
        for association in self.asps:
            if association is not owner and association.send_answer(octets):
                self.counters["answers_rerouted"] += 1
                return
        self.counters["answers_lost"] += 1

    # -- time ---------------------------------------------------------------------------------------------------------

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, in time of `clock`, or None."""
        times = [association.next_timer() for association in self.asps]
        times += [serving.next_timer() for serving in self.servings]
        times.append(self._pulse_at)
        node = self.node.next_timer()
        if node is not None:
            times.append(self._clock() + max(0, node - self._node_clock()))
        times.append(self._look_at)
        return min((at for at in times if at is not None), default=None)

    def handle_timer(self) -> None:
        """Let what is due expire."""
        now = self._clock()
        if self._pulse_at is not None and now >= self._pulse_at:
            self.pulse()
        for association in self.asps:
            association.handle_timer()
        for serving in self.servings:
            serving.handle_timer()
        node_now, due = self._node_clock(), self.node.next_timer()
        if due is not None and due <= node_now:
            self.node.handle_timer(node_now)
            self.flush()
        if self._look_at is not None and now >= self._look_at:
            self._go_on_leaving()

    def pulse(self) -> Pulse:
        """Notice that the process was stopped; then register again, and drop what is no longer awaited."""
        if self._fence is None:
            return Pulse.STEADY
        now = self._clock()
        self._pulse_at = now + PULSE_NS
        verdict = self._fence.pulse(now)
        if verdict is Pulse.STALE:
            self.counters["dropped_stale"] += self._on_stale()
        if verdict is not Pulse.STEADY:
            self.counters["stalls"] += 1
            for association in self.asps:
                association.register_again()
        return verdict

    # -- leaving ------------------------------------------------------------------------------------------------------

    def leave(self) -> None:
        """Leave the network so that nothing is lost: ASPIA, answer, ASPDN, close."""
        if self.phase is not Phase.SERVING:
            return
        self.phase = Phase.LEAVING
        self._left_at = self._clock()
        self.node.leave()
        for association in self.asps:
            association.leave()
        self._go_on_leaving()

    @property
    def gone(self) -> bool:
        """Whether the node has left; what is still up then is broken off by its owner."""
        return self.phase is Phase.GONE

    def _go_on_leaving(self) -> None:
        now = self._clock()
        waited = now - self._left_at
        self._look_at = now + LOOK_NS
        if self.phase is Phase.LEAVING:
            acknowledged = all(association.leaving is not Leaving.DEACTIVATING for association in self.asps)
            quiet = acknowledged and not self._held and self.node.drained and waited >= STRAGGLERS_MS * MS_NS
            if quiet or waited >= DRAIN_MS * MS_NS:
                self.phase = Phase.STOPPING
                for association in self.asps:
                    association.stop()
                for serving in self.servings:
                    serving.close()
        done = all(association.leaving is Leaving.GONE for association in self.asps)
        if self.phase is Phase.STOPPING and (done or waited >= LEAVE_MS * MS_NS):
            self.phase = Phase.GONE
            self._look_at = None
