"""The event kernel: virtual time, and what happens next.

Time is an int, simulated local nanoseconds since 1970-01-01; it moves only when an event is due. Events of one instant
run in the order they were scheduled, so a run with one seed is one run. There is no wall clock here: who wants real
time paces the calls of `step` from outside.

Source: interfaces.md section 3, A-264, D-004.
"""

import heapq
from collections.abc import Callable
from typing import Final, Protocol

NS_PER_SECOND: Final = 1_000_000_000
NS_PER_MILLISECOND: Final = 1_000_000


class Event:
    """One thing that will happen: `action` at `at_ns`; `cancel` makes it never happen."""

    __slots__ = ("action", "at_ns")

    def __init__(self, at_ns: int, action: Callable[[], None]) -> None:
        self.at_ns = at_ns
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Drop the event and what its action holds; cancelling twice, or after it ran, changes nothing."""
        self.action = None


class Timers(Protocol):
    """What a node asks of time: the present, and to be told later."""

    @property
    def now(self) -> int:
        """The present instant."""

    def reach(self, now: int) -> None:
        """Learn that it is at least `now`."""

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`."""

    def next_at(self) -> int | None:
        """Return when `run_until` must be called, or None."""

    def run_until(self, at_ns: int) -> None:
        """Let everything due by `at_ns` run."""


class Kernel:
    """A heap of events and the present instant."""

    def __init__(self, now: int = 0) -> None:
        self.now = now
        self.events_run = 0
        self._heap: list[tuple[int, int, Event]] = []
        self._order = 0

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`; an instant already past means now (never earlier than what runs now)."""
        self._order += 1
        at_ns = max(at_ns, self.now)
        event = Event(at_ns, action)
        heapq.heappush(self._heap, (at_ns, self._order, event))
        return event

    def reach(self, now: int) -> None:
        """Learn that it is at least `now`; runs nothing."""
        self.now = max(self.now, now)

    def next_at(self) -> int | None:
        """Return the instant of the next event, None when nothing will ever happen."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def step(self) -> bool:
        """Run the next event; False when there is none."""
        if self.next_at() is None:
            return False
        event = heapq.heappop(self._heap)[2]
        action, event.action = event.action, None
        self.now = event.at_ns
        self.events_run += 1
        if action is not None:
            action()
        return True

    def run_until(self, at_ns: int) -> None:
        """Run every event due up to and including `at_ns`, then stand at `at_ns`."""
        while (due := self.next_at()) is not None and due <= at_ns:
            self.step()
        self.now = max(self.now, at_ns)

    def run(self) -> None:
        """Run until nothing is left to happen."""
        heap, pop = self._heap, heapq.heappop
        while heap:
            at, _order, event = pop(heap)
            action = event.action
            if action is None:
                continue
            event.action = None
            self.now = at
            self.events_run += 1
            action()


class NodeTimers:
    """The timers of one node, kept by the kernel of the network it is in; `woken` is called after each that expires.

    Nobody need ask the node when its next timer is due: `next_at` is always None.
    """

    def __init__(self, kernel: Kernel, woken: Callable[[], None]) -> None:
        self._kernel = kernel
        self._woken = woken

    @property
    def now(self) -> int:
        """The present instant."""
        return self._kernel.now

    def reach(self, now: int) -> None:
        """Change nothing: the network's time is the node's."""

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`, and then the network take what the node has to say."""

        def expire() -> None:
            action()
            self._woken()

        return self._kernel.schedule(at_ns, expire)

    def next_at(self) -> int | None:
        """Return None: the network's kernel runs every timer."""
        return None

    def run_until(self, at_ns: int) -> None:
        """Run nothing: the network's kernel does."""
