"""Puts the frames of a capture in order of time: a file merged from several interfaces, or put together of several files, is not.

Limits: WINDOW frames and WINDOW_OCTETS octets wait; what is earlier than a frame that left already is given late, and counted.
Source: D-006.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from ain_scp.ssp_sim.capture.frame import CaptureFault, Frame
from ain_scp.terms.units import SECOND_NS

WINDOW: Final = 100_000
WINDOW_OCTETS: Final = 64 * 1024 * 1024
LIVE_NS: Final = 10 * SECOND_NS
"""How long frames of a stream that may still be growing wait for earlier ones."""

_Timed = tuple[int, int, Frame]


class TimeOrder:
    """Gives frames by time, those of one time as they come. `late` counts those that came too late for their place.

    `horizon_ns`: a frame leaves as soon as one that much later has come; None = frames wait for `window` others.
    """

    def __init__(
        self, horizon_ns: int | None = None, *, window: int = WINDOW, octets: int = WINDOW_OCTETS
    ) -> None:
        self.late = 0
        self._horizon_ns = horizon_ns
        self._window = window
        self._bound = octets
        self._rising: deque[_Timed] = deque()  # in order of time
        self._earlier: list[_Timed] = []  # a heap of those that came after a later one
        self._octets = 0

    def frames(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """All frames in order; a fault of the file is raised after what was read before it."""
        last = newest = None
        fault: CaptureFault | None = None
        try:
            for count, frame in enumerate(frames):
                now = frame.time_ns
                if last is not None and now < last:
                    self.late += 1
                newest = now if newest is None or now > newest else newest
                self._add((now, count, frame))
                while self._full(newest):
                    leaving = self._next()
                    last = leaving.time_ns if last is None or leaving.time_ns > last else last
                    yield leaving
        except CaptureFault as found:
            fault = found
        while self._rising or self._earlier:
            yield self._next()
        if fault is not None:
            raise fault

    def _add(self, timed: _Timed) -> None:
        self._octets += len(timed[2].octets)
        if not self._rising or timed[0] >= self._rising[-1][0]:
            self._rising.append(timed)
        else:
            heapq.heappush(self._earlier, timed)

    def _full(self, newest: int) -> bool:
        waiting = len(self._rising) + len(self._earlier)
        if waiting > self._window or (self._octets > self._bound and waiting > 1):
            return True
        if self._horizon_ns is None or not waiting:
            return False
        return newest - self._first()[0] >= self._horizon_ns

    def _first(self) -> _Timed:
        return self._earlier[0] if self._is_earlier() else self._rising[0]

    def _is_earlier(self) -> bool:
        return bool(self._earlier) and (not self._rising or self._earlier[0][:2] < self._rising[0][:2])

    def _next(self) -> Frame:
        frame = (heapq.heappop(self._earlier) if self._is_earlier() else self._rising.popleft())[2]
        self._octets -= len(frame.octets)
        return frame
