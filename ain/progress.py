"""A progress bar on a terminal, silence in a pipe.

Source: interfaces.md section 1.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from ain_scp.ain.everywhere import is_quiet
from ain_scp.ain.streams import guard, unguarded
from ain_scp.ain.words import counted
from ain_scp.ssp_sim.record import CallRecord
from ain_scp.ssp_sim.scenario import Scenario

EVERY = 200


@contextmanager
def progress_of(plan: Scenario, *, show: bool) -> Iterator[Callable[[CallRecord], None]]:
    """Give a function that counts finished calls; draws how much of the traffic's time has passed."""
    if not show or is_quiet() or not sys.stderr.isatty():
        yield lambda _record: None
        return
    from rich.console import Console
    from rich.progress import Progress

    begin = min((source.start_ns for source in plan.traffic), default=plan.start_ns)
    end = max(
        (source.start_ns + round(source.duration_s * 1e9) for source in plan.traffic), default=begin + 1
    )
    with Progress(console=Console(file=unguarded(sys.stderr)), transient=True) as bar:
        task = bar.add_task("calls", total=end - begin)
        finished = 0

        def count(record: CallRecord) -> None:
            nonlocal finished
            finished += 1
            if finished % EVERY == 0:
                bar.update(
                    task,
                    completed=min(end, record.placed_ns) - begin,
                    description=f"{counted(finished, 'call')}",
                )

        yield count


@contextmanager
def progress_of_file(stream: BinaryIO, what: str, *, show: bool) -> Iterator[Callable[[], None]]:
    """Give a function that counts one of `what`; draws how much of the file has been read. Nothing is drawn for a pipe."""
    size = _size(stream) if show and not is_quiet() and sys.stderr.isatty() else 0
    if not size:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    lines = sys.stdout.isatty()  # then they go above the bar; in a file they go to the file
    with Progress(console=Console(file=unguarded(sys.stderr)), transient=True, redirect_stdout=lines) as bar:
        sys.stdout = guard(sys.stdout)
        task = bar.add_task(what, total=size)
        finished = 0

        def count() -> None:
            nonlocal finished
            finished += 1
            if finished % EVERY == 0:
                bar.update(task, completed=stream.tell(), description=f"{finished} {what}")

        yield count


def _size(stream: BinaryIO) -> int:
    """Octets of a plain file; 0 for all else."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, AttributeError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
