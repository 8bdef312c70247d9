"""A progress bar on a terminal, silence in a pipe.

Source: interfaces.md section 1.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ssp_sim.record import CallRecord
from ssp_sim.scenario import Scenario

EVERY = 200


@contextmanager
def progress_of(plan: Scenario, *, show: bool) -> Iterator[Callable[[CallRecord], None]]:
    """Give a function that counts finished calls; draws how much of the traffic's time has passed."""
    if not show or not sys.stderr.isatty():
        yield lambda _record: None
        return
    from rich.console import Console
    from rich.progress import Progress

    begin = min((source.start_ns for source in plan.traffic), default=plan.start_ns)
    end = max(
        (source.start_ns + round(source.duration_s * 1e9) for source in plan.traffic), default=begin + 1
    )
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("calls", total=end - begin)
        finished = 0

        def count(record: CallRecord) -> None:
            nonlocal finished
            finished += 1
            if finished % EVERY == 0:
                bar.update(
                    task, completed=min(end, record.placed_ns) - begin, description=f"{finished} calls"
                )

        yield count
