"""How long a process was ready to run and was given no processor, so that a busy machine is not taken for a hanging process.

Linux adds a wait to a thread's figures when the wait ends; one that still lasts shows as a thread that is ready to run and did
not run since the last look.

Limits: elsewhere, and where the kernel does not count, nothing is known and the figure is 0. A stopped or sleeping process and
one that loops wait for nothing: none of them is excused by it.
Source: proc(5) (/proc/PID/task/TID/stat and schedstat), D-003.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")


class ThreadTimes(NamedTuple):
    """What the kernel counted of one thread."""

    ready: bool
    """Runs or is ready to run."""
    ran_ns: int
    waited_ns: int


class Starvation:
    """The waits of all threads of one process, from one look to the next."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._seen = thread_times(process)

    def since_s(self, passed_s: float) -> float:
        """Seconds of those that passed since the last look in which a thread waited for a processor: of the longest waiting one."""
        before, self._seen = self._seen, thread_times(self._process)
        return longest_wait_s(before, self._seen, passed_s)


def longest_wait_s(
    before: Mapping[str, ThreadTimes], now: Mapping[str, ThreadTimes], passed_s: float
) -> float:
    """The longest wait of one thread between two looks in seconds, at most what passed; a new thread has not waited."""
    waits = [0.0]
    for name, at in now.items():
        last = before.get(name, at)
        never_ran = last is not at and at.ready and last.ready and at.ran_ns == last.ran_ns
        waits.append(passed_s if never_ran else (at.waited_ns - last.waited_ns) / 1e9)
    return min(max(waits), passed_s)


def thread_times(process: int) -> dict[str, ThreadTimes]:
    """The times of each thread of a process by the thread's number; empty when it has ended or nothing is counted."""
    try:
        tasks = list((_PROC / str(process) / "task").iterdir())
        return {task.name: _times(task) for task in tasks}
    except (OSError, ValueError, IndexError):
        return {}


def _times(task: Path) -> ThreadTimes:
    ran, waited, _ = (task / "schedstat").read_text().split()
    state = (task / "stat").read_text().rpartition(") ")[2][:1]
    return ThreadTimes(state == "R", int(ran), int(waited))
