"""Work that waits for a server, on a thread of its own, beside the loop of a collector or provider.

The thread does nothing but talk to the server: whatever touches a store or a result it hands back with `here`, and the loop does
that at its next `step`. So a mail server that does not answer holds up nothing but its own mails.

Source: C-008, C-015.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")
TICK_S: Final = 0.2


class Ended(Exception):
    """The loop has ended: what a thread still hands back is not done."""


class Aside:
    """One kind of work; a second piece is not begun while one is under way."""

    def __init__(self) -> None:
        self._handed: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None
        self._is_closed = False

    @property
    def busy(self) -> bool:
        """Whether a piece of work is under way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, work: Callable[[], None]) -> None:
        """Begin, unless something is under way."""
        if not self.busy and not self._is_closed:
            self._thread = threading.Thread(target=self._work, args=(work,), daemon=True)
            self._thread.start()

    def run(self, work: Callable[[], None]) -> None:
        """Do it, and come back when it is done."""
        self.finish()
        self.start(work)
        self.finish()

    def finish(self) -> None:
        """Return when nothing is under way any more."""
        while self.busy:
            self._take(TICK_S)
        self.step()

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Ended:
            pass
        except Exception as fault:  # noqa: BLE001 - raised again by the loop
            self._fault = fault
        self._handed.put(None)

    def here(self, call: Callable[[], T]) -> T:
        """In the thread: have the loop do this, and wait for what it gives. Raises Ended."""
        answer: Future[T] = Future()
        self._handed.put((call, answer))
        if self._is_closed:
            self.close()  # it came too late to be taken
        return answer.result()

    def step(self) -> None:
        """On the loop: do what was handed back. Raises what the work raised."""
        while self._take(0):
            continue
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def _take(self, timeout_s: float) -> bool:
        try:
            handed = self._handed.get(block=timeout_s > 0, timeout=timeout_s or None)
        except queue.Empty:
            return False
        if handed is not None:
            call, answer = handed
            try:
                answer.set_result(call())
            except Exception as fault:  # noqa: BLE001 - raised again in the thread
                answer.set_exception(fault)
        return True

    def close(self) -> None:
        """End: nothing is begun any more, and what is handed back is not done. A thread that waits for a server is left."""
        self._is_closed = True
        while not self._handed.empty():
            handed = self._handed.get()
            if handed is not None:
                handed[1].set_exception(Ended())
