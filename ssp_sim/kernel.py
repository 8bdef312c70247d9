"""The event kernel: virtual time, and what happens next.

Time is an int, simulated local nanoseconds since 1970-01-01; it moves only when an event is due. Events of one instant
run in the order they were scheduled, so a run with one seed is one run. There is no wall clock here: who wants real
time paces the calls of `step` from outside.

Most events come a fixed time after now (a link's delay, a timer), so those of one such time are in order by themselves:
each has a lane, and only the first of every lane is in a heap. The other events wait unordered in slices of an eighth of
a second, and the present slice is a heap.

Source: interfaces.md section 3, A-264, D-004.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any, Final, Protocol

Action = Callable[[Any, int], None]
"""What happens: takes what it is about, and the instant."""


class Event:
    """One thing that will happen: `action` about `about`, then `then`; `cancel` makes it never happen."""

    __slots__ = ("about", "action", "then")

    def __init__(self, action: Action, about: object, then: Callable[[], None] | None = None) -> None:
        self.action: Action | None = action
        self.about = about
        self.then = then

    def cancel(self) -> None:
        """Drop the event and what its action holds; cancelling twice, or after it ran, changes nothing."""
        self.action = None
        self.about = None

    def fire(self, now: int) -> None:
        """Let it happen, unless it was cancelled."""
        action, about = self.action, self.about
        self.action = self.about = None
        if action is not None:
            action(about, now)
            if self.then is not None:
                self.then()


SLICE_BITS: Final = 27
"""Slices are of 2**27 ns, about 134 ms."""

Queue = deque[tuple[Any, ...]]
Entry = tuple[int, int, Any, Any, Queue | None]
"""Instant, order, an Event (then the next is None) or what takes the next when it arrives, and the lane's queue."""


class Timers(Protocol):
    """What a node asks of time: the present, and a call back later."""

    @property
    def now(self) -> int:
        """The present instant."""

    def reach(self, now: int) -> None:
        """Learn that it is at least `now`."""

    def start(self, delay_ns: int, action: Action, about: object) -> Event:
        """Let `action` run `delay_ns` from now; for times of which there are few different ones."""

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`."""

    def next_at(self) -> int | None:
        """Return when `run_until` must be called, or None."""

    def run_until(self, at_ns: int) -> None:
        """Let everything due by `at_ns` run."""


def _call(action: Callable[[], None], _now: int) -> None:
    action()


class Kernel:
    """Events in order, and the present instant."""

    def __init__(self, now: int = 0) -> None:
        self.now = now
        self.events_run = 0
        self.order = 0
        self.first: list[Entry] = []
        """The first of every lane, a heap: with `order` what lanes work on."""
        self._heap: list[Entry] = []
        self._horizon = 0
        self._later: dict[int, list[Entry]] = {}
        self._slices: list[int] = []
        self._lanes: dict[int, Queue] = {}  # of events only, as the ways are of things only
        self._ways: dict[int, Queue] = {}

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`; an instant already past means now (never earlier than what runs now)."""
        return self.at(at_ns, _call, action)

    def at(self, at_ns: int, action: Action, about: object) -> Event:
        """Let `action` run at `at_ns`, as `schedule` does."""
        self.order += 1
        event = Event(action, about)
        at_ns = max(at_ns, self.now)
        entry = (at_ns, self.order, event, None, None)
        if at_ns < self._horizon:
            heappush(self._heap, entry)
            return event
        within = self._later.get(at_ns >> SLICE_BITS)
        if within is None:
            self._later[at_ns >> SLICE_BITS] = [entry]
            heappush(self._slices, at_ns >> SLICE_BITS)
        else:
            within.append(entry)
        return event

    def start(
        self, delay_ns: int, action: Action, about: object, then: Callable[[], None] | None = None
    ) -> Event:
        """Let `action` run, and `then`, `delay_ns` (at least 0) from now; for times of which there are few different ones."""
        event = Event(action, about, then)
        queue = self._lanes.get(delay_ns)
        if queue is None:
            queue = self._lanes[delay_ns] = deque()
        self.order = order = self.order + 1
        entry = (self.now + delay_ns, order, event, None, queue)
        if not queue:
            heappush(self.first, entry)
        queue.append(entry)
        return event

    def lane(
        self,
        delay_ns: int,
        take: Callable[[Any], None],
        through: Callable[[Any], Any] | None = None,
    ) -> "Lane":
        """Return what lets `take` have things after a time as for `start`; each goes `through` something first, if given."""
        return Lane(self, delay_ns, self._ways.setdefault(delay_ns, deque()), take, through)

    def reach(self, now: int) -> None:
        """Learn that it is at least `now`; runs nothing."""
        self.now = max(self.now, now)

    def next_at(self) -> int | None:
        """Return the instant of the next event, None when nothing will ever happen."""
        entry = self._next()
        return None if entry is None else entry[0]

    def step(self) -> bool:
        """Run the next event; False when there is none."""
        entry = self._next()
        if entry is None:
            return False
        self._take(entry)
        self.now = max(self.now, entry[0])
        self.events_run += 1
        if entry[3] is None:
            entry[2].fire(entry[0])
        else:
            entry[2](entry[3])
        return True

    def run_until(self, at_ns: int) -> None:
        """Run every event due up to and including `at_ns`, then stand at `at_ns`."""
        while (due := self.next_at()) is not None and due <= at_ns:
            self.step()
        self.now = max(self.now, at_ns)

    def run(self) -> None:
        """Run until nothing is left to happen: all that `step` does, in one piece."""
        heap, first, slices = self._heap, self.first, self._slices
        while heap or first or slices:
            if heap and (not first or heap[0] < first[0]):
                at, _order, target, what, lane = heappop(heap)
            elif first and first[0][0] < self._horizon:
                at, _order, target, what, lane = first[0]
                lane.popleft()  # type: ignore[union-attr]  # the first of a lane
                if what is None:
                    while lane and lane[0][2].action is None:
                        lane.popleft()
                if lane:
                    heapreplace(first, lane[0])
                else:
                    heappop(first)
            else:
                self._advance()
                continue
            if what is not None:
                self.now = at
                self.events_run += 1
                target(what)
                continue
            action = target.action
            if action is None:
                continue
            about = target.about
            target.action = target.about = None
            self.now = at
            self.events_run += 1
            action(about, at)
            if target.then is not None:
                target.then()

    def _next(self) -> Entry | None:
        """Return the next event, forgetting those that were cancelled."""
        heap, first = self._heap, self.first
        while heap or first or self._slices:
            if heap and (not first or heap[0] < first[0]):
                entry = heap[0]
            elif first and first[0][0] < self._horizon:
                entry = first[0]
            else:
                self._advance()
                continue
            if entry[3] is not None or entry[2].action is not None:
                return entry
            self._take(entry)
        return None

    def _advance(self) -> None:
        """Go on to the slice in which the next event is: what waits in it becomes the heap, which is empty."""
        following = self._slices[0] if self._slices else -1
        if self.first and (following < 0 or self.first[0][0] >> SLICE_BITS < following):
            self._horizon = (self.first[0][0] >> SLICE_BITS) + 1 << SLICE_BITS
            return
        heappop(self._slices)
        self._heap += self._later.pop(following)
        heapify(self._heap)
        self._horizon = following + 1 << SLICE_BITS

    def _take(self, entry: Entry) -> None:
        """Take the next event off its lane or heap."""
        lane = entry[4]
        if lane is None:
            heappop(self._heap)
            return
        lane.popleft()
        if lane:
            heapreplace(self.first, lane[0])
        else:
            heappop(self.first)


class Lane:
    """A way into the future of one length: what is `put` in is taken after `delay_ns`; it cannot be cancelled.

    `through`, if any, is what each thing becomes on its way.
    """

    __slots__ = ("_count", "put")

    def __init__(
        self,
        kernel: Kernel,
        delay_ns: int,
        queue: Queue,
        take: Callable[[Any], None],
        through: Callable[[Any], Any] | None = None,
    ) -> None:
        count, first = [0], kernel.first

        def put(what: Any) -> None:
            count[0] += 1
            kernel.order = order = kernel.order + 1
            entry = (kernel.now + delay_ns, order, take, what, queue)
            if not queue:
                heappush(first, entry)
            queue.append(entry)

        self._count = count
        self.put: Callable[[Any], None] = put if through is None else lambda what: put(through(what))
        """Put something in (not None)."""

    @property
    def sent(self) -> int:
        """How many things were put in."""
        return self._count[0]


class NodeTimers:
    """The timers of one node, kept by the kernel of the network it is in; `woken` is called after each that expires.

    There is no need to ask the node when its next timer is due: `next_at` is always None.
    """

    def __init__(self, kernel: Kernel, woken: Callable[[], None]) -> None:
        self._kernel = kernel
        self._woken = woken
        self.start: Callable[[int, Action, object], Event] = partial(kernel.start, then=woken)
        """Let an action run after a time, and then the network take what the node has to say."""

    @property
    def now(self) -> int:
        """The present instant."""
        return self._kernel.now

    def reach(self, now: int) -> None:
        """Change nothing: the network's time is the node's."""

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`, and then the network take what the node has to say."""
        event = self._kernel.schedule(at_ns, action)
        event.then = self._woken
        return event

    def next_at(self) -> int | None:
        """Return None: the network's kernel runs every timer."""
        return None

    def run_until(self, at_ns: int) -> None:
        """Run nothing: the network's kernel does."""
