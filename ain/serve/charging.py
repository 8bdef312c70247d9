"""What `ain serve --charging` adds to a server: the ledger with its keeper, the script of the node, and the other doors.

One engine serves all doors: calls over AIN, Diameter, HTTP, and the operator's orders. Its time is UTC; the offset is the host's.

Source: charging.md 4.3, 6, 9.1.
"""

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ain_scp.ain.account.books import wall_ms
from ain_scp.ain.account.place import Place
from ain_scp.ain.account.shared import books_of, opened
from ain_scp.ain.faults import Trouble
from ain_scp.ain.serve.records import tell
from ain_scp.ain.serve.snapshots import SnapshotChild, retire
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.port import DirectPort
from ain_scp.billing.ledger.durable import DurableLedger, open_ledger
from ain_scp.billing.ledger.record import RecordFault
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.charging.charger import Charger, Instant
from ain_scp.scp.charging.diameter import DiameterDoor
from ain_scp.scp.charging.script import ChargingScript
from ain_scp.scp.edges.charging.diameter_server import Answer, DiameterServer, here
from ain_scp.scp.edges.charging.holding import Holding, Keeps
from ain_scp.scp.edges.charging.ledger_keeper import LedgerKeeper
from ain_scp.scp.edges.charging.orders import Orders
from ain_scp.scp.edges.charging.teller import Teller, Tells
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling.diameter.peer import PeerConfig
from ain_scp.terms.units import DAY_MS, MS_NS

if TYPE_CHECKING:
    from ain_scp.ain.serve.charging_http import HttpServer
    from ain_scp.scp.edges.clock import LocalClock
    from ain_scp.scp.edges.control import ControlSocket, Verb
    from ain_scp.scp.fast.node import FastNode

REALM = "ain-scp"


class ChargingOptions(msgspec.Struct, frozen=True):
    """How a server charges: where the ledger is, where its other doors listen, whether an answer waits for the disk.

    Every `snapshots_s` a child process writes a snapshot (None: none are written); segments before the older one that were sealed
    `keep_days` ago are removed (None: none is).
    """

    ledger: Place
    diameter: tuple[str, int] | None = None
    synced: bool = True
    snapshots_s: float | None = None
    keep_days: int | None = None


class ServerCharging:
    """The charging of one serving node, from opening to the end. `names` are its host and realm as Diameter peers know it."""

    names = f"scp.{REALM}", REALM

    def __init__(
        self,
        options: ChargingOptions,
        program: Program,
        dataset: Path,
        silent: frozenset[int],
        control: Path | None = None,
        http: "HttpServer | None" = None,
    ) -> None:
        """Open the ledger; one line and exit 2 when that cannot be done. `silent`: switches without the timeout event."""
        self.options = options
        self._program = program
        self.books = books_of(options.ledger)
        if self.books.shared and not options.synced:
            raise click.UsageError(
                "--durability write is of a ledger in a directory; PostgreSQL always waits for its disk"
            )
        if self.books.shared and options.keep_days is not None:
            raise click.UsageError("--ledger-keep is of a ledger in a directory; a database keeps its log")
        if program.snapshot.charging is None:
            raise click.UsageError(f"--charging: {dataset} has no folder charging/, so it charges nothing")
        if self.books.exists and self.books.virtual:
            raise click.UsageError(
                f"--charging {self.books.root}: its time is that of events played into it; name another ledger"
            )
        self.books.make(dataset, "wall", control, program.snapshot.charging.options.partitions)
        self.control = control or self.books.control
        self.dataset = dataset
        self.port = self._door()
        self._calendar: Callable[[], int] = lambda: 0
        self._now: Callable[[], int] = time.monotonic_ns
        self.charger = Charger(self.port, self._clock, self._when)
        self.script = ChargingScript(self.charger, timed=lambda code: code not in silent)
        self.keeper = self._keeping()
        self.places: dict[str, str] = {}
        self._diameter: DiameterServer | None = None
        self._http = http

    # What differs where the accounts are kept by other processes

    def _door(self) -> DirectPort:
        """The door, over a ledger that is open."""
        try:
            return DirectPort(self._open())
        except (JournalFault, RecordFault) as fault:
            hint = "; another process has this ledger open" if getattr(fault, "cause", "") == "LOCKED" else ""
            raise Trouble(f"{self.books.root}: {fault}{hint}") from None

    def _keeping(self) -> Keeps:
        """Who keeps what is decided."""
        self._following = SnapshotChild(self.options.ledger, self.options.snapshots_s)
        return LedgerKeeper(self.port, wall_ms, tell, self._open, self._retire)

    def _orders(self) -> "dict[str, Verb]":
        return Orders(self.charger, self._own, self._now).verbs()

    def _answers(self) -> Answer:
        door = DiameterDoor(self.charger, *self.names)
        return here(door, self._own, self._now)

    def _teller(self) -> Tells:
        return Teller(self.charger, self._own, self._now)

    @property
    def _own(self) -> LedgerKeeper:
        if not isinstance(self.keeper, LedgerKeeper):
            raise TypeError("partitions keep the ledger")
        return self.keeper

    async def begin(self) -> None:
        """Begin to write."""
        self._own.start()
        self._own.wake()
        self._following.tend()

    async def end(self) -> str:
        """Write everything; what could not be kept."""
        self._following.stop()
        return await self._own.stop()

    # What does not

    def holder(self, recorder: Recorder | None) -> Holding:
        """What holds the answers of the edge."""
        return Holding(self.keeper, recorder)

    def attach(self, node: "FastNode", clock: "LocalClock", control: "ControlSocket | None") -> None:
        """Learn the node's clock; orders about accounts come over its control socket."""
        self._calendar = lambda: node.calendar
        self._now = clock.now
        if control is not None:
            control.add(self._orders())

    async def start(self) -> None:
        """Begin to write, and open the other doors; OSError for an address that cannot be had."""
        await self.begin()
        if self.options.diameter is not None:
            host, port = self.options.diameter
            config = PeerConfig(*self.names, host, int(time.time()) & 0xFFFFFFFF)
            self._diameter = DiameterServer(self._answers(), config, self._now)
            self.places["diameter"] = f"{host}:{await self._diameter.start(host, port)}"

        if self._http is not None:
            self.places["http-charging"] = await self._http.start(self.charger, self._teller(), self._now)

    async def stop(self) -> None:
        """Close the doors, write everything; exit 1 when something could not be kept."""
        if self._diameter is not None:
            await self._diameter.close()
        if self._http is not None:
            await self._http.stop()
        said = await self.end()
        if said:
            raise click.ClickException(f"{self.books.root}: {said}")

    def tick(self) -> None:
        """Once a second: reservations that were not settled, payments of the day."""
        self.port.handle_timer(self._clock(self._now()).at_ms)
        self.keeper.wake()
        self._following.tend()

    def install(self, program: Program) -> None:
        """Charge by another data set from now on; one that charges nothing is refused and the one before stays."""
        if self._http is not None:
            self._http.read_again()
        if program.snapshot.charging is None:
            tell("charging: the data set loaded charges nothing; accounts and tariffs before it stay in use")
            return
        self._program = program
        ledger = self.port.engine.desk.ledger
        self.port.engine = self._engine(ledger if isinstance(ledger, DurableLedger) else None)
        self.keeper.wake()

    def _open(self) -> Engine:
        """The engine over the ledger; accounts are opened by as many groups as they need."""
        ledger = opened(self.options.ledger) if isinstance(self.options.ledger, str) else self._directory()
        ledger.commits_itself = True
        engine = self._engine(ledger)
        ledger.commit(wall_ms())
        ledger.commits_itself = False
        return engine

    def _directory(self) -> DurableLedger:
        limits = Limits(low_octets=64 << 20, floor_octets=16 << 20)
        journal = DiskStorage(self.books.journal.directory, synced=self.options.synced)
        return open_ledger(journal, wall_ms(), self.books.snapshots, limits, secrets.token_bytes(16))

    def _retire(self, journal: Journal) -> None:
        if self.options.keep_days is not None:
            retire(journal, self.books.snapshots, wall_ms() - self.options.keep_days * DAY_MS)

    def _engine(self, ledger: DurableLedger | None) -> Engine:
        snapshot = self._program.snapshot
        if snapshot.charging is None or ledger is None:
            raise ValueError("nothing charges here")
        return Engine(snapshot, snapshot.charging, ledger, at="scp", now_ms=wall_ms(), own_timers=False)

    def _clock(self, now: int) -> Instant:
        """UTC, never before what the ledger has seen, and the host's offset."""
        offset_ms = time.localtime().tm_gmtoff * 1000
        local_ms = (now + self._calendar()) // MS_NS
        return Instant(max(local_ms - offset_ms, self.port.engine.desk.now_ms), offset_ms)

    def _when(self, due_ms: int) -> int:
        offset_ms = time.localtime().tm_gmtoff * 1000
        return (due_ms + offset_ms) * MS_NS - self._calendar()


def silent_switches(dataset: Path) -> frozenset[int]:
    """The point codes of switches that report no timeouts (`edp_timeout` N)."""
    from ain_scp.provisioning.loader import load_or_raise
    from ain_scp.signaling.mtp3 import parse_point_code

    rows = load_or_raise(dataset)[0].switches
    return frozenset(
        parse_point_code(row.point_code) for row in rows if row.point_code and not row.edp_timeout
    )
