"""The SCP's place in a simulated network: out of service in windows, slow when asked, otherwise the node itself.

Source: A-263, interfaces.md section 3 ([network]).
"""

import heapq
from collections.abc import Callable
from typing import Protocol

from ain_scp.ssp_sim.histogram import Histogram


class Scp(Protocol):
    """The verbs of a service control point node."""

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one message."""

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent."""

    def next_event(self) -> object | None:
        """Return the next event, or None."""

    def next_timer(self) -> int | None:
        """When handle_timer must be called, or None."""

    def handle_timer(self, now: int) -> None:
        """Let timers expire."""


class ScpPort:
    """Passes messages to the node; what arrives while it is down is lost, answers wait for `delay_ns`.

    With a `clock` (nanoseconds, any origin) the node's real time per message goes into `busy_ns`; results do not depend on it.
    """

    def __init__(
        self,
        node: Scp,
        down: tuple[tuple[int, int], ...] = (),
        delay_ns: int = 0,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._node = node
        self._clock = clock
        self.busy_ns = Histogram()
        self._down = down
        self._delay = delay_ns
        self._waiting: list[tuple[int, int, str, bytes]] = []
        self._ready: list[tuple[str, bytes]] = []
        self._order = 0
        self.lost = 0
        self.next_event: Callable[[], object | None] = node.next_event
        """The node's next event, or None."""

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Hand a message over, unless the SCP is down."""
        if self._down and any(start <= now < until for start, until in self._down):
            self.lost += 1
            return
        if self._clock is None:
            self._node.receive(octets, link, now)
        else:
            began = self._clock()
            self._node.receive(octets, link, now)
            self.busy_ns.record(self._clock() - began)
        if self._delay:
            self._collect(now)

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """What is due."""
        if not self._delay:
            return self._node.octets_to_send()
        ready, self._ready = self._ready, []
        return ready

    def next_timer(self) -> int | None:
        """The node's timer, or the next answer that is due."""
        timer = self._node.next_timer()
        if not self._waiting:
            return timer
        due = self._waiting[0][0]
        return due if timer is None else min(timer, due)

    def handle_timer(self, now: int) -> None:
        """Let answers that are due go, and the node's timers expire."""
        while self._waiting and self._waiting[0][0] <= now:
            _, _, link, octets = heapq.heappop(self._waiting)
            self._ready.append((link, octets))
        timer = self._node.next_timer()
        if timer is not None and timer <= now:
            self._node.handle_timer(now)
            if self._delay:
                self._collect(now)

    def _collect(self, now: int) -> None:
        """Let the node's answers wait."""
        for link, octets in self._node.octets_to_send():
            self._order += 1
            heapq.heappush(self._waiting, (now + self._delay, self._order, link, octets))
