"""The event kernel: virtual time, and what happens next.

Time is an int, simulated local nanoseconds since 1970-01-01; it moves only when an event is due. Events of one instant
run in the order they were scheduled, so a run with one seed is one run. There is no wall clock here: who wants real
time paces the calls of `step` from outside.

Events wait unordered in slices of a thirtieth of a second; the present slice is a heap. What was cancelled by the time its
slice comes, as most timers are, never gets into the heap.

Source: interfaces.md section 3, A-264, D-004.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
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


Start = Callable[[int, Action, object], Event]
SLICE_BITS: Final = 25
"""Slices are of 2**25 ns, about 34 ms."""

Entry = tuple[int, int, Any, Any]
"""Instant, order, an Event (then the next is None) or what takes the next when it arrives."""


class Timers(Protocol):
    """What a node asks of time: the present, and a call back later."""

    @property
    def now(self) -> int:
        """The present instant."""

    def reach(self, now: int) -> None:
        """Learn that it is at least `now`."""

    def start(self, delay_ns: int, action: Action, about: object) -> Event:
        """Let `action` run `delay_ns` from now."""

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
        """What was scheduled last; with `horizon`, `heap` and `enter` it is what lanes work on."""
        self.horizon = 0
        self.heap: list[Entry] = []
        self._later: dict[int, list[Entry]] = {}
        self._slices: list[int] = []
        self.start: Start = self.starting(None)
        """Let an action run some nanoseconds (at least 0) from now."""

    def schedule(self, at_ns: int, action: Callable[[], None]) -> Event:
        """Let `action` run at `at_ns`; an instant already past means now (never earlier than what runs now)."""
        return self.at(at_ns, _call, action)

    def at(self, at_ns: int, action: Action, about: object) -> Event:
        """Let `action` run at `at_ns`, as `schedule` does."""
        event = Event(action, about)
        self.put_at(at_ns, event, None)
        return event

    def put_at(self, at_ns: int, take: Any, what: Any) -> None:
        """Let `take` have something (not None) at `at_ns`, as `schedule` does; it cannot be cancelled."""
        self.order += 1
        self.enter((max(at_ns, self.now), self.order, take, what))

    def enter(self, entry: Entry) -> None:
        """Let an entry wait for its time."""
        if entry[0] < self.horizon:
            heappush(self.heap, entry)
            return
        within = self._later.get(entry[0] >> SLICE_BITS)
        if within is None:
            self._later[entry[0] >> SLICE_BITS] = [entry]
            heappush(self._slices, entry[0] >> SLICE_BITS)
        else:
            within.append(entry)

    def starting(self, then: Callable[[], None] | None) -> Start:
        """Return what lets an action run, and `then`, some nanoseconds (at least 0) from now."""
        later = self._later

        def start(delay_ns: int, action: Action, about: object) -> Event:
            event = Event(action, about, then)
            self.order = order = self.order + 1
            at_ns = self.now + delay_ns
            entry = (at_ns, order, event, None)
            within = later.get(at_ns >> SLICE_BITS)
            if within is None:
                self.enter(entry)
            else:
                within.append(entry)
            return event

        return start

    def lane(
        self,
        delay_ns: int,
        take: Callable[[Any], object],
        through: Callable[[Any], Any] | None = None,
    ) -> "Lane":
        """Return what lets `take` have things after a time; each goes `through` something first, if given."""
        return Lane(self, delay_ns, take, through)

    def reach(self, now: int) -> None:
        """Learn that it is at least `now`; runs nothing."""
        self.now = max(self.now, now)

    def next_at(self) -> int | None:
        """Return the instant of the next event, None when nothing will ever happen."""
        heap = self.heap
        while heap or self._slices:
            if not heap:
                self._advance()
            elif heap[0][3] is not None or heap[0][2].action is not None:
                return heap[0][0]
            else:
                heappop(heap)
        return None

    def step(self) -> bool:
        """Run the next event; False when there is none."""
        if self.next_at() is None:
            return False
        at_ns, _order, target, what = heappop(self.heap)
        self.now = max(self.now, at_ns)
        self.events_run += 1
        if what is None:
            target.fire(at_ns)
        else:
            target(what)
        return True

    def run_until(self, at_ns: int) -> None:
        """Run every event due up to and including `at_ns`, then stand at `at_ns`."""
        while (due := self.next_at()) is not None and due <= at_ns:
            self.step()
        self.now = max(self.now, at_ns)

    def run(self) -> None:
        """Run until nothing is left to happen: all that `step` does, in one piece."""
        heap = self.heap
        while heap or self._slices:
            if not heap:
                self._advance()
                continue
            at, _order, target, what = heappop(heap)
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

    def _advance(self) -> None:
        """Go on to the next slice: what waits in it and was not cancelled becomes the heap, which is empty."""
        following = heappop(self._slices)
        waiting = self._later.pop(following)
        self.heap += [one for one in waiting if one[3] is not None or one[2].action is not None]
        heapify(self.heap)
        self.horizon = following + 1 << SLICE_BITS


class Lane:
    """A way into the future of one length: what is `put` in is taken after `delay_ns`; it cannot be cancelled.

    `through`, if any, is what each thing becomes on its way.
    """

    __slots__ = ("_count", "put")

    def __init__(
        self,
        kernel: Kernel,
        delay_ns: int,
        take: Callable[[Any], object],
        through: Callable[[Any], Any] | None = None,
    ) -> None:
        count, heap = [0], kernel.heap

        def put(what: Any) -> None:
            count[0] += 1
            kernel.order = order = kernel.order + 1
            at_ns = kernel.now + delay_ns
            if at_ns < kernel.horizon:
                heappush(heap, (at_ns, order, take, what))
            else:
                kernel.enter((at_ns, order, take, what))

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
        self.start: Start = kernel.starting(woken)
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
