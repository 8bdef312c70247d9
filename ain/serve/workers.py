"""`ain serve --workers N`: several processes answer on one UDP port, over one mapped snapshot.

This process answers nothing. It compiles the data set into an image that every worker maps, holds the sockets, starts the
workers, starts again one that died (its socket was kept, so what waits there is answered late and not lost), hands SIGHUP and
SIGTERM on, and adds their metrics up.

A worker that hangs is one that dies: when it got on with nothing for `HUNG_S` it is killed, which does not count as a death.
Time in which it was ready to run and the machine gave it no processor is not counted.

Limits: more than `MOST_DEATHS` deaths within `DEATHS_S` seconds end the whole; a worker has `PATIENCE_S` to end.
Source: interfaces.md section 1 (`--workers`), A-060, A-265, D-003, reliability section 9.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ain_scp.ain.serve.child import HUNG_S, Child, WorkerFault
from ain_scp.ain.serve.log import Form
from ain_scp.ain.serve.running import Served, usable
from ain_scp.ain.serve.scratch import Scratch
from ain_scp.ain.serve.sums import added_up
from ain_scp.ain.serve.worker import Settings
from ain_scp.scp.edges.control import OrderFault
from ain_scp.scp.edges.metrics import gauge_lines, identity_lines, reload_lines, routed_of, with_help
from ain_scp.scp.edges.notify import Notifier
from ain_scp.scp.edges.reload import Reload, Unusable, Wanted, reload_verbs
from ain_scp.scp.edges.tap import rate_of
from ain_scp.transport.spread import mailboxes
from ain_scp.transport.urgent import WorkerSockets

if TYPE_CHECKING:
    from ain_scp.provisioning.rows import DataSet
    from ain_scp.scp.edges.control import Verb

MOST_DEATHS: Final = 5
DEATHS_S: Final = 60.0
PATIENCE_S: Final = 10.0
LOOK_S: Final = 0.1
_ROOT: Final = Path(__file__).parent.parent.parent.parent  # the folder that holds ain_scp, never resolved


class Workers:
    """The workers of one port."""

    def __init__(
        self,
        dataset: Path,
        sockets: WorkerSockets,
        *,
        seed: int,
        general: bool,
        log: tuple[Form, Path | None],
        tap: Path | None = None,
    ) -> None:
        self.sockets = sockets
        self.bound = sockets.plain
        self._log = log
        self._tap = tap
        self._dataset = dataset
        self._seed = seed
        self._general = general
        self._mail = mailboxes(len(self.bound))
        self._scratch = Scratch("ain-workers-")
        self._images = 0
        self._image = Path()
        self._running: dict[int, Child] = {}
        self._starts = [0] * len(self.bound)
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._ending = asyncio.Event()
        self._failure = ""
        self._reload = Reload(self._new_image, self._install)
        self._served = Served(dataset)
        self._notifier = Notifier()

    # The whole life

    def _reopen_logs(self, own: object) -> None:
        """Reopen the log here and in every worker."""
        if callable(own):
            own(signal.SIGUSR1, None)
        for worker in self._running.values():
            with suppress(ProcessLookupError):
                worker.process.send_signal(signal.SIGUSR1)

    async def _stay_alive(self) -> None:
        while True:
            self._notifier.alive()
            await asyncio.sleep(self._notifier.watchdog_s)

    def heed_signals(self) -> None:
        """From now on SIGTERM and SIGINT end the workers, and SIGHUP loads the data set again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        self._reload.listener = self._loading
        loop.add_signal_handler(signal.SIGHUP, self._reload.ask)
        reopen = signal.getsignal(signal.SIGUSR1)
        loop.add_signal_handler(signal.SIGUSR1, self._reopen_logs, reopen)

    async def serve(self) -> str:
        """Watch the workers until SIGTERM, SIGINT or too many deaths; what went wrong, or nothing."""
        loop = asyncio.get_running_loop()
        beats = loop.create_task(self._listen())
        self._notifier.ready()
        alive = loop.create_task(self._stay_alive()) if self._notifier.watchdog_s else None
        watching = [loop.create_task(self._watch(number)) for number in range(len(self.bound))]
        await self._ending.wait()
        beats.cancel()
        self._reload.end()
        self._notifier.stopping()
        if alive is not None:
            alive.cancel()
        for worker in self._running.values():
            with suppress(ProcessLookupError):
                worker.process.terminate()
        _, late = await asyncio.wait(watching, timeout=PATIENCE_S)
        for worker in list(self._running.values()) if late else ():
            tell(f"worker {worker.process.pid} did not end within {PATIENCE_S:g} s: killed")
            with suppress(ProcessLookupError):
                worker.process.kill()
        await asyncio.gather(*watching)
        return self._failure

    async def start(self) -> bool:
        """Make the image and start all workers; False for a data set that cannot be used. WorkerFault, OSError."""
        try:
            self._image, digest = await asyncio.to_thread(self._new_image)
        except Unusable as fault:
            for problem in fault.problems:
                tell(problem)
            return False
        self._served.note(digest)
        await asyncio.gather(*(self._start(number) for number in range(len(self.bound))))
        return True

    def close(self) -> None:
        """Give back sockets and files; workers that still run are killed."""
        for worker in self._running.values():
            with suppress(ProcessLookupError):
                worker.process.kill()
            worker.close()
        self.sockets.close()
        for one in (end for ends in self._mail for end in ends):
            one.close()
        self._scratch.close()

    # One worker

    async def _start(self, number: int) -> None:
        orders, theirs = socket.socketpair()
        metrics, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        image = self._image
        settings = Settings(
            number,
            self._starts[number],
            str(image),
            self._seed,
            self._general,
            self.sockets.filtered,
            self.bound[number].fileno(),
            self.sockets.urgent[number].fileno() if self.sockets.urgent else None,
            self._mail[number][0].fileno(),
            [end.fileno() for _, end in self._mail],
            theirs.fileno(),
            asked.fileno(),
            self._log[0],
            None if self._log[1] is None else str(self._log[1].absolute()),
            None if self._tap is None else str(self._tap.absolute()),
        )
        self._starts[number] += 1
        kept = (
            settings.bound,
            *(() if settings.urgent is None else (settings.urgent,)),
            settings.own_mail,
            *settings.mates_mail,
            settings.orders,
            settings.metrics,
        )
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "ain_scp.ain.serve.worker", msgspec.json.encode(settings).decode(),
            pass_fds=kept, stdin=asyncio.subprocess.DEVNULL, start_new_session=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        theirs.close()
        asked.close()
        reader, writer = await asyncio.open_connection(sock=orders)
        worker = self._running[number] = Child(process, reader, writer, metrics, image)
        if self._ending.is_set():
            process.terminate()
        if not (await worker.report()).done:
            raise WorkerFault(f"worker {number} did not start")
        while worker.image != self._image:  # loaded again meanwhile
            await worker.map(self._image)

    async def _watch(self, number: int) -> None:
        """Wait for the end of a worker; start it again unless all are to end."""
        while True:
            worker = self._running[number]
            status = await worker.process.wait()
            worker.close()
            if self._ending.is_set():
                del self._running[number]
                return
            how = f"signal {-status}" if status < 0 else f"status {status}"
            tell(f"worker {number} (pid {worker.process.pid}) ended with {how}; started again")
            if not worker.is_hung() and self._too_often():
                self._fail(f"workers died {MOST_DEATHS} times within {DEATHS_S:g} s: ended")
                return
            try:
                await self._start(number)
            except (WorkerFault, OSError) as fault:
                tell(f"worker {number}: {fault}")

    async def _listen(self) -> None:
        """Kill a worker that no longer gets on. A machine that lets this process sleep is not held against it."""
        before = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            passed, before = min(now - before, 2 * LOOK_S), now
            for number, worker in self._running.items():
                if worker.unheard(passed) and worker.process.returncode is None:
                    tell(
                        f"worker {number} (pid {worker.process.pid}) hangs: not heard for {HUNG_S:g} s, killed"
                    )
                    worker.process.kill()

    def _too_often(self) -> bool:
        now = time.monotonic()
        self._deaths.append(now)
        return len(self._deaths) == MOST_DEATHS and now - self._deaths[0] < DEATHS_S

    def _fail(self, why: str) -> None:
        self._failure = why
        self._ending.set()

    # The data set

    def _new_image(self, wanted: Wanted | None = None) -> tuple[Path, str]:
        """Load, check, compile and write the data set; Unusable when it cannot be used."""
        return usable(self._dataset, self._write_image, wanted)

    def _write_image(self, dataset: "DataSet") -> Path:
        from ain_scp.ain.dataset import program_of
        from ain_scp.provisioning.image import save_image

        target = self._scratch.path / f"{self._images}.image"
        program_of(save_image(dataset, target))
        self._images += 1
        return target

    async def _install(self, made: tuple[Path, str]) -> None:
        """Let all workers map another image."""
        before, self._image = self._image, made[0]
        await asyncio.gather(*(self._map(worker) for worker in list(self._running.values())))
        before.unlink(missing_ok=True)  # who has it mapped keeps it
        self._served.note(made[1])

    def _loading(self, begins: bool) -> None:
        self._notifier.reloading() if begins else self._notifier.ready()

    async def _map(self, worker: Child) -> None:
        """Let one worker map the image; one that cannot is killed and comes back with it."""
        try:
            await worker.map(self._image)
        except (WorkerFault, OSError) as fault:
            tell(f"worker {worker.process.pid} cannot map the data set ({fault}): killed")
            with suppress(ProcessLookupError):
                worker.process.kill()

    # What is told

    def metrics(self) -> str:
        """The metrics of all workers, added up."""
        texts = [text for worker in self._running.values() if (text := worker.metrics())]
        reload = self._reload
        own = [
            *reload_lines(reload.done, reload.refused, reload.loaded_at, failed=reload.last_failed),
            *identity_lines(self._served.version, self._served.mode, *self._served.dataset()),
            *gauge_lines("ain_scp_workers", {"": len(texts)}),
        ]
        return added_up(texts) + with_help("\n".join(own))

    def verbs(self) -> "dict[str, Verb]":
        """The verbs of the control socket."""
        verbs = reload_verbs(self._reload, lambda: self.status()[1] | {"state": self.status()[1]["status"]})
        return verbs | {"tap": self._set_rate, "routed": self._routed}

    async def _routed(self, _order: Mapping[str, object]) -> dict[str, object]:
        """The verb `routed`: what all workers know together; none of them charges."""
        return routed_of(self.metrics()) | {"charging": False}

    async def _set_rate(self, order: Mapping[str, object]) -> dict[str, object]:
        """The verb `tap`: every worker takes so many exchanges a second."""
        rate = rate_of(order)
        if self._tap is None:
            raise OrderFault("there is no tap; start the server with --tap PATH")
        for worker in self._running.values():
            worker.set_rate(rate)
        return {"rate": rate}

    def status(self) -> tuple[bool, dict[str, object]]:
        """Whether all workers run."""
        running = sum(worker.process.returncode is None for worker in self._running.values())
        serving = running == len(self.bound) and not self._ending.is_set()
        word = "leaving" if self._ending.is_set() else "serving" if serving else "degraded"
        told = {"status": word, "name": "SCP", "workers": len(self.bound), "running": running}
        name, digest = self._served.dataset()
        told |= {"version": self._served.version, "dataset": name, "digest": digest}
        return serving, told | {
            "reload": "failed: the data set before it is in use" if self._reload.last_failed else "ok"
        }


def tell(line: str) -> None:
    """One line on stderr, at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
