"""The pieces of a batch in several processes, or on a Dask cluster: the same pure function, the totals in order.

Source: D-006.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from ain_scp.scp.batch.totals import Totals
    from ain_scp.scp.batch.work import Task

CONNECT_S: Final = 10


def in_processes(tasks: "Iterable[Task]", jobs: int) -> "Iterator[Totals]":
    """Count tasks in `jobs` processes; no more than twice as many are under way, so memory stays bounded.

    Where processes can be forked, they share the tables of this one.
    """
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    from ain_scp.scp.batch.work import count_task, engine_of

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
    """Count tasks on a Dask cluster whose workers see the same directories and files.

    A worker that is lost has its pieces counted by others. UsageError when there is no such cluster, when it is lost, and
    when its workers lack this package or the files.
    """
    try:
        from distributed import Client, KilledWorker  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise click.UsageError("--cluster needs dask (pip install 'ain-scp[cluster]')") from None
    import logging
    from concurrent.futures import CancelledError

    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.scp.batch.sources import SourceFault
    from ain_scp.scp.batch.work import count_task

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
        under_way = deque(client.submit(count_task, task, pure=False) for task in islice(waiting, most))
        while under_way:
            try:
                totals = under_way.popleft().result()
            except (OSError, ImportError, SourceFault, ProvisioningError, KilledWorker) as fault:
                raise click.UsageError(f"--cluster {address}: a worker failed: {fault}") from None
            except CancelledError:
                raise click.UsageError(
                    f"--cluster {address}: lost; the same command with --checkpoint resumes from its last piece"
                ) from None
            under_way.extend(client.submit(count_task, task, pure=False) for task in islice(waiting, 1))
            yield totals
