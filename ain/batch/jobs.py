"""The pieces of a batch in several processes, or on a Dask cluster: the same pure function, the totals in order.

Source: D-006.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

import click

CONNECT_S: Final = 10
Task = TypeVar("Task")
Result = TypeVar("Result")


def in_processes(
    tasks: Iterable[Task], jobs: int, work: Callable[[Task], Result], warm: Callable[[Task], object]
) -> Iterator[Result]:
    """Do tasks in `jobs` processes; no more than twice as many are under way, so memory stays bounded.

    Where processes can be forked, they share the tables of this one, which `warm` makes from the first task.
    """
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    waiting = iter(tasks)
    fork = sys.platform.startswith("linux")
    first = next(waiting, None)
    if first is None:
        return
    if fork:
        warm(first)
    context = multiprocessing.get_context("fork" if fork else "spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_end_with_parent) as pool:
        under_way: deque[Future[Result]] = deque([pool.submit(work, first)])
        for task in waiting:
            under_way.append(pool.submit(work, task))
            if len(under_way) >= 2 * jobs:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _end_with_parent() -> None:
    """End this process when the one that started it has ended, however: a pool's process would wait for work for ever."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()


def on_cluster(
    tasks: Iterable[Task], address: str, work: Callable[[Task], Result], faults: tuple[type[Exception], ...]
) -> Iterator[Result]:
    """Do tasks on a Dask cluster whose workers see the same directories and files.

    A worker that is lost has its pieces done by others. UsageError when there is no such cluster, when it is lost, and
    when its workers lack this package or the files.
    """
    try:
        from distributed import Client, KilledWorker  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise click.UsageError("--cluster needs dask (pip install 'ain-scp[cluster]')") from None
    import logging
    from concurrent.futures import CancelledError

    from ain_scp.provisioning.problems import ProvisioningError

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is reported below
    waiting = iter(tasks)
    try:
        client = Client(address, timeout=CONNECT_S)
    except (OSError, ValueError) as fault:
        raise click.UsageError(f"--cluster {address}: {fault}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except OSError:
            raise click.UsageError(f"--cluster {address}: has no workers") from None
        most = 4 * sum(client.nthreads().values())
        under_way = deque(client.submit(work, task, pure=False) for task in islice(waiting, most))
        while under_way:
            try:
                totals = under_way.popleft().result()
            except (OSError, ImportError, *faults, ProvisioningError, KilledWorker) as fault:
                raise click.UsageError(f"--cluster {address}: a worker failed: {fault}") from None
            except CancelledError:
                raise click.UsageError(
                    f"--cluster {address}: lost; the same command with --checkpoint resumes from its last piece"
                ) from None
            under_way.extend(client.submit(work, task, pure=False) for task in islice(waiting, 1))
            yield totals
