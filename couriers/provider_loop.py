"""A running provider: inboxes looked at twice a second, and the https door beside them, on one loop.

Source: C-003, C-007.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ain_scp.couriers.provider_run import ProviderRun
from ain_scp.couriers.tcp import endpoint
from ain_scp.tickets.names import SettingsError
from ain_scp.transport.tcp import listen

if TYPE_CHECKING:
    import uvicorn

TURN_S: Final = 0.5
STEP_S: Final = 0.05


def serve(
    run: ProviderRun,
    https: str | None,
    ready: Callable[[str], None],
    alarms: Callable[[list[str]], None],
    after: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT. `https`: the door's address instead of the settings'; `ready` is given where it is.

    `after` is called after each turn.
    """
    asyncio.run(_serve(run, https, ready, alarms, after))


async def _serve(
    run: ProviderRun,
    https: str | None,
    ready: Callable[[str], None],
    alarms: Callable[[list[str]], None],
    after: Callable[[], None],
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    door = _door(run, https)
    address, serving = "", None
    if door is not None:
        server, listener = door
        address = ":".join(map(str, listener.getsockname()[:2]))
        serving = loop.create_task(server.serve(sockets=[listener]))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ready(address)
    reported: set[str] = set()
    due = loop.time()
    while not stop.is_set():
        run.step()
        if loop.time() >= due:
            run.once(wait=False)
            after()
            due = loop.time() + TURN_S
        alarms([text for text in run.result.alarms if text not in reported])
        reported |= set(run.result.alarms)
        run.result.batches.clear()
        try:
            await asyncio.wait_for(stop.wait(), STEP_S)
        except TimeoutError:
            continue
    if serving is not None:
        server.should_exit = True
        await serving


def _door(run: ProviderRun, https: str | None) -> "tuple[uvicorn.Server, socket.socket] | None":
    settings = run.settings.https
    if settings is None:
        if https:
            raise SettingsError("--https: [https] with certificate and key is missing from the settings")
        return None
    import uvicorn

    from ain_scp.couriers.https_server import Rates, app

    class Door(uvicorn.Server):
        """Without signal handlers of its own: the loop's end it."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave signals alone."""
            yield

    where = endpoint(https or settings.address, "https")
    try:
        listener = listen(*where)
    except OSError as fault:
        raise SettingsError(f"https: {where[0]}:{where[1]}: {fault.strerror}") from fault
    config = uvicorn.Config(
        app(
            run.take, lambda: run.ready, Rates(settings.rate_per_minute, time.monotonic), settings.max_octets
        ),
        ssl_certfile=str(run.base / settings.certificate),
        ssl_keyfile=str(run.base / settings.key),
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
        limit_concurrency=256,
    )
    return Door(config), listener
