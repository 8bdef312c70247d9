"""The process of one partition of a ledger: its accounts, its journal, and nothing that listens.

Run by `ain_scp.ain.serve.partitions` as `python -m ain_scp.ain.serve.partition SETTINGS` with two open sockets. Their end ends
it, so none outlives its front; a ledger that cannot be written ends it as well, and the next one reads what is durable.

Source: charging.md 4.3, 4.4.
"""

import asyncio
import secrets
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Final

import click
import msgspec

from ain_scp.ain.account.books import Books, charged_snapshot, engine_of, wall_ms
from ain_scp.ain.serve.records import tell
from ain_scp.ain.serve.snapshots import SnapshotChild, retire
from ain_scp.ain.streams import guard
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.partition import part_of
from ain_scp.billing.charging.port import DirectPort
from ain_scp.billing.ledger.durable import DurableLedger, open_ledger
from ain_scp.billing.ledger.record import RecordFault
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.charging.charger import Charger, Instant
from ain_scp.scp.charging.diameter import DiameterDoor
from ain_scp.scp.edges.charging.ledger_keeper import LedgerKeeper
from ain_scp.scp.edges.charging.partition_server import PartitionServer
from ain_scp.scp.edges.clock import LocalClock
from ain_scp.scp.edges.reload import freeze
from ain_scp.terms.units import DAY_MS, MS_NS

TICK_S: Final = 1.0
PATIENCE_S: Final = 10.0
LOOK_S: Final = 0.1


class Settings(msgspec.Struct, frozen=True):
    """What a partition is given at its start; sockets by descriptor, and how Diameter calls the node."""

    ledger: str
    dataset: str
    partition: int
    asks: int
    calls: int
    synced: bool
    host: str
    realm: str
    snapshots_s: float | None = None
    keep_days: int | None = None


class PartitionProcess:
    """The process, from opening its ledger to the end."""

    def __init__(self, settings: Settings) -> None:
        """JournalFault, RecordFault when the ledger cannot be opened; Trouble for the data set."""
        self.settings = settings
        self._books = Books(Path(settings.ledger), settings.partition)
        self._clock = LocalClock()
        self._over = asyncio.Event()
        self._port = DirectPort(self._open())
        charger = Charger(self._port, self._instant)
        self._keeper = LedgerKeeper(self._port, wall_ms, self._alarm, self._open, self._retire)
        door = DiameterDoor(charger, settings.host, settings.realm)
        self._server = PartitionServer(
            charger, self._keeper, door, self._clock.now, self._load, self._over.set
        )
        self._following = SnapshotChild(
            self._books.root, settings.snapshots_s, ("--partition", str(settings.partition))
        )

    async def run(self) -> str:
        """Serve until the front is gone, then write everything; what could not be kept."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):  # the front's to heed
            loop.add_signal_handler(one, lambda: None)
        for frames, number in (
            (self._server.asks, self.settings.asks),
            (self._server.calls, self.settings.calls),
        ):
            end = socket.socket(fileno=number)
            await loop.create_connection(lambda frames=frames: frames, sock=end)  # type: ignore[misc]
        freeze()
        self._keeper.start()
        self._keeper.wake()
        self._server.tell(list(self._port.engine.desk.open_calls))
        tending = loop.create_task(self._tend())
        await self._over.wait()
        tending.cancel()
        self._following.stop()
        said = await self._keeper.stop()
        self._server.asks.close()
        return said

    async def _tend(self) -> None:
        """Once a second: reservations that were not settled, payments of the day."""
        while True:
            self._following.tend()
            await asyncio.sleep(TICK_S)
            self._clock.adjust()
            self._port.handle_timer(self._instant(self._clock.now()).at_ms)
            self._keeper.wake()

    def _instant(self, now: int) -> Instant:
        """UTC, never before what the ledger has seen, and the host's offset."""
        ahead_ms = self._clock.ahead_s * 1000
        local_ms = (now + self._clock.calendar) // MS_NS
        return Instant(max(local_ms - ahead_ms, self._port.engine.desk.now_ms), ahead_ms)

    def _open(self) -> Engine:
        limits = Limits(low_octets=64 << 20, floor_octets=16 << 20)
        journal = DiskStorage(self._books.journal.directory, synced=self.settings.synced)
        ledger = open_ledger(journal, wall_ms(), self._books.snapshots, limits, secrets.token_bytes(16))
        ledger.commits_itself = True
        engine = self._engine(ledger)
        ledger.commit(wall_ms())
        ledger.commits_itself = False
        return engine

    def _engine(self, ledger: DurableLedger) -> Engine:
        snapshot = charged_snapshot(Path(self.settings.dataset))
        part = part_of(snapshot, self._books.placement(), self.settings.partition)
        return engine_of(part, ledger, at="scp", now_ms=wall_ms(), own_timers=False)

    def _load(self) -> bool:
        """Charge by the data set as it is now; one that cannot be used leaves the one before in force."""
        try:
            self._port.engine = self._engine(self._keeper.ledger)
        except click.ClickException as fault:
            tell(f"partition {self.settings.partition}: {fault.message}; the data set before stays in use")
            return False
        self._keeper.wake()
        return True

    def _retire(self, journal: Journal) -> None:
        if self.settings.keep_days is not None:
            retire(journal, self._books.snapshots, wall_ms() - self.settings.keep_days * DAY_MS)

    def _alarm(self, line: str) -> None:
        """Nothing more can be kept: end, and let the next one read what is durable."""
        tell(f"partition {self.settings.partition}: {line}")
        self._over.set()


def main() -> None:
    """Be a partition; status 1 and one line when its ledger cannot be opened or not everything was kept."""
    sys.stderr = guard(sys.stderr)
    settings = msgspec.json.decode(sys.argv[1], type=Settings)

    async def run() -> str:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                process = PartitionProcess(settings)
            except JournalFault as fault:  # the process before this one may still be writing what it had
                if fault.cause != "LOCKED" or time.monotonic() > end:
                    raise
                await asyncio.sleep(LOOK_S)
            else:
                return await process.run()

    try:
        said = asyncio.run(run())
    except (JournalFault, RecordFault) as fault:
        hint = "; another process has it open" if getattr(fault, "cause", "") == "LOCKED" else ""
        said = f"{fault}{hint}"
    except click.ClickException as fault:
        said = fault.message
    if said:
        tell(f"{settings.ledger}: partition {settings.partition}: {said}")
        sys.exit(1)


if __name__ == "__main__":
    main()
