"""`ain serve --workers N` from its options to its exit status: sockets, workers, health, control, the ready line.

Source: interfaces.md section 1 (`--workers`), A-265.
"""

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import encoded
from ain_scp.ain.serve.child import WorkerFault
from ain_scp.ain.serve.log import Form
from ain_scp.ain.serve.running import tapped
from ain_scp.ain.serve.workers import Workers, tell
from ain_scp.transport.urgent import WorkerSockets, worker_sockets

if TYPE_CHECKING:
    from ain_scp.transport.link import Endpoint


def serve(
    dataset: Path,
    host: str,
    port: int,
    workers: int,
    *,
    seed: int,
    general: bool,
    as_json: bool,
    told_at: "Endpoint | None",
    control: Path | None = None,
    tap: Path | None = None,
    log: tuple[Form, Path | None] = ("plain", None),
) -> None:
    """Serve until SIGTERM. Exit 2 for a data set that cannot be used, 1 when the workers do not stay alive."""
    if not dataset.is_dir():
        raise click.UsageError(f"{dataset}: no such data set directory")
    if not sys.platform.startswith("linux"):
        raise click.UsageError("--workers: needs Linux; elsewhere serve with one process")
    for number in range(workers):
        probe = tapped(tap and tap.with_name(f"{tap.name}.{number}"), number)
        if probe is not None:
            probe.close()
    try:
        sockets = worker_sockets(host, port, workers)
    except OSError as fault:
        raise Trouble(f"--udp {host}:{port}: {fault.strerror}") from None
    if not sockets.filtered:
        tell("the kernel does not sort by transaction here: the workers hand messages to each other")
    status = asyncio.run(
        _serve(
            dataset,
            sockets,
            seed=seed,
            general=general,
            as_json=as_json,
            told_at=told_at,
            control=control,
            tap=tap,
            log=log,
        )
    )
    sys.exit(status)


async def _serve(
    dataset: Path,
    sockets: WorkerSockets,
    *,
    seed: int,
    general: bool,
    as_json: bool,
    told_at: "Endpoint | None",
    control: Path | None,
    tap: Path | None,
    log: tuple[Form, Path | None],
) -> int:
    from ain_scp.scp.edges.control import ControlSocket
    from ain_scp.transport.status import HealthEndpoint

    workers = Workers(dataset, sockets, seed=seed, general=general, log=log, tap=tap)
    health = HealthEndpoint(workers.metrics, workers.status)
    orders = None if control is None else ControlSocket(control, workers.verbs())
    try:
        told = None if told_at is None else await health.start(told_at)
        if not await workers.start():
            return 2
        if orders is not None:
            await orders.start()
        workers.heed_signals()  # who reads that we are ready may send one at once
        sys.stdout.write(_ready(dataset, sockets.plain, told, as_json=as_json) + "\n")
        sys.stdout.flush()
        failure = await workers.serve()
    except OSError as fault:
        tell(f"ain serve: {fault.strerror or fault}")
        return 2
    except WorkerFault as fault:
        failure = f"a worker did not start: {fault}"
    finally:
        if orders is not None:
            await orders.close()
        await health.close()
        workers.close()
    if failure:
        tell(f"ain serve: {failure}")
    return 1 if failure else 0


def _ready(dataset: Path, bound: list[socket.socket], told: int | None, *, as_json: bool) -> str:
    from ain_scp.ain.build import mode

    host, port = bound[0].getsockname()[:2]
    if as_json:
        line = {"ready": True, "udp": f"{host}:{port}"} | (
            {} if told is None else {"http": f"127.0.0.1:{told}"}
        )
        line |= {"pid": os.getpid(), "mode": mode(), "workers": len(bound)}
        return encoded(line).decode()
    http = "" if told is None else f" http 127.0.0.1:{told}"
    return f"ready udp {host}:{port}{http} dataset {dataset} pid {os.getpid()} {mode()} workers {len(bound)}"
