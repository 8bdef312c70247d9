"""The pieces of a batch in several processes, or on a Dask cluster: the same pure function, the totals in order.

Source: D-006.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from scp.batch.totals import Totals
    from scp.batch.work import Task


def in_processes(tasks: "Iterable[Task]", jobs: int) -> "Iterator[Totals]":
    """Count tasks in `jobs` processes; no more than twice as many are under way, so memory stays bounded.

    Where processes can be forked, they share the tables of this one.
    """
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    from scp.batch.work import count_task, engine_of

    waiting = iter(tasks)
    fork = sys.platform.startswith("linux")
    first = next(waiting, None)
    if first is None:
        return
    if fork:
        for directory in filter(None, (first.dataset, first.against)):
            engine_of(directory)
    context = multiprocessing.get_context("fork" if fork else "spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        under_way: deque[Future[Totals]] = deque([pool.submit(count_task, first)])
        for task in waiting:
            under_way.append(pool.submit(count_task, task))
            if len(under_way) >= 2 * jobs:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def on_cluster(tasks: "Iterable[Task]", address: str) -> "Iterator[Totals]":
    """Count tasks on a Dask cluster whose workers see the same directories and files."""
    try:
        from distributed import Client  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise click.UsageError("--cluster needs dask (pip install 'ain-scp[cluster]')") from None
    from scp.batch.work import count_task

    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as fault:
        raise click.UsageError(f"--cluster {address}: {fault}") from None
    with client:
        for future in client.map(count_task, list(tasks), pure=False):
            yield future.result()
