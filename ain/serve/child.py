"""A worker process as the process that started it sees it: its reports and beats, its orders, its metrics.

Limits: an order is answered within `ORDER_S`, metrics within `METRICS_S`; a worker that got on with nothing for `HUNG_S` hangs.
Source: interfaces.md section 1 (`--workers`), reliability section 9.
"""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ain_scp.ain.serve.starved import Starvation
from ain_scp.ain.serve.worker import Order, Report

if TYPE_CHECKING:
    pass

ORDER_S: Final = 600.0
METRICS_S: Final = 0.2
HUNG_S: Final = 0.75


class WorkerFault(Exception):
    """A worker that cannot be had; the text says why."""


class Child:
    """A running worker process, its stream of orders and the socket of its metrics."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        metrics: socket.socket,
        image: Path,
    ) -> None:
        self.process = process
        self.image = image
        self.silent_s: float | None = None
        """How long it was not heard to get on, in time that this process was awake; None: not expected to be heard."""
        self._starvation = Starvation(process.pid)
        self._reader = reader
        self._reports: asyncio.Queue[Report | None] = asyncio.Queue()
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self._writer = writer
        self._metrics = metrics
        self._metrics.settimeout(METRICS_S)

    def unheard(self, passed_s: float) -> bool:
        """Whether it hangs now that it was not heard for so much longer, the time it waited for a processor left out."""
        if self.silent_s is None:
            return False
        self.silent_s += passed_s - self._starvation.since_s(passed_s)
        return self.is_hung()

    def is_hung(self) -> bool:
        """Whether it was not heard for too long."""
        return (self.silent_s or 0.0) > HUNG_S

    async def report(self) -> Report:
        """What it says next; WorkerFault when it ended instead."""
        self.silent_s = None
        try:
            report = await asyncio.wait_for(self._reports.get(), ORDER_S)
        except TimeoutError:
            report = None
        if report is None:
            raise WorkerFault("does not answer")
        self.silent_s = 0.0
        return report

    async def _read(self) -> None:
        """Sort what it says into reports and beats, until it ends."""
        with suppress(OSError):
            while line := await self._reader.readline():
                report = msgspec.json.decode(line, type=Report)
                if not report.beat:
                    self._reports.put_nowait(report)
                elif self.silent_s is not None:
                    self.silent_s = 0.0
        self._reports.put_nowait(None)

    async def map(self, image: Path) -> None:
        """Let it decide from another image; WorkerFault when it cannot."""
        self._writer.write(msgspec.json.encode(Order(str(image))) + b"\n")
        report = await self.report()
        if not report.done:
            raise WorkerFault(report.why)
        self.image = image

    def set_rate(self, rate: int) -> None:
        """Let its tap take so many exchanges a second."""
        self._writer.write(msgspec.json.encode(Order(rate=rate)) + b"\n")

    def metrics(self) -> str:
        """Its metrics; empty when it does not send them in time, and not asked for while it is silent."""
        if (self.silent_s or 0.0) > HUNG_S / 2:
            return ""
        with suppress(OSError):
            self._metrics.send(b"?")
            return self._metrics.recv(1 << 20).decode()
        return ""

    def close(self) -> None:
        """Close what leads to it."""
        self._reading.cancel()
        self._writer.close()
        self._metrics.close()
