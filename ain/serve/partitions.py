"""`ain serve --charging` with several partitions: a process for each, and this one in front with the doors.

A partition whose process has ended is started again and reads what is durable; meanwhile its prepaid calls are refused, and the
other partitions serve on.

Source: charging.md 4.4, decision 8.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from typing import Final

import msgspec

from ain_scp.ain.account.books import engine_of, wall_ms
from ain_scp.ain.faults import Trouble
from ain_scp.ain.serve.charging import ServerCharging
from ain_scp.ain.serve.partition import Settings
from ain_scp.ain.serve.records import tell
from ain_scp.ain.serve.sums import added_up
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.partition import Router, UnitApart, placed
from ain_scp.billing.charging.port import DirectPort
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.scp.edges.charging.diameter_server import Answer
from ain_scp.scp.edges.charging.holding import Keeps
from ain_scp.scp.edges.charging.partition_front import (
    DiameterFront,
    PartitionedPort,
    PartitionKeeper,
    PartitionOrders,
    PartitionTeller,
)
from ain_scp.scp.edges.charging.partition_homes import Partitions
from ain_scp.scp.edges.charging.partition_link import PartitionLink
from ain_scp.scp.edges.charging.teller import Tells
from ain_scp.scp.edges.control import Verb
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.units import MS_NS

AGAIN_S: Final = 2.0
"""How long after its start a process that has ended is started again, at the earliest."""
GOODBYE_S: Final = 10.0
HUNG_S: Final = 10.0
"""A process that has not reported its figures for so long hangs, and is killed."""


class Member:
    """The process of one partition, over its lives."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.begun = -AGAIN_S
        self.lines: list[str] = []
        self.asked: float | None = None
        """When its figures were asked for, until it has reported them."""

    def report(self, lines: list[str] | None) -> None:
        """Its figures as they are now."""
        self.lines, self.asked = lines or [], None

    @property
    def hangs(self) -> bool:
        """It was asked, and says nothing."""
        return self.asked is not None and time.monotonic() > self.asked + HUNG_S

    @property
    def due(self) -> bool:
        """It has ended, and not just now begun."""
        ended = self.process is None or self.process.poll() is not None
        return ended and time.monotonic() >= self.begun + AGAIN_S


class PartitionedCharging(ServerCharging):
    """The charging of a node in front of partitions."""

    def _door(self) -> DirectPort:
        snapshot = self._program.snapshot
        charging = snapshot.charging
        if charging is None:
            raise ValueError("nothing charges here")
        count = charging.options.partitions
        self._members = [Member() for _ in range(count)]
        self._tasks: set[asyncio.Task[bool]] = set()
        self._partitions = Partitions(Router(charging, self._place(self._program)), count)
        return PartitionedPort(self._tables(self._program), self._partitions)

    def _tables(self, program: Program) -> Engine:
        return engine_of(program.snapshot, Ledger(), at="scp", now_ms=wall_ms(), own_timers=False)

    def _place(self, program: Program) -> dict[str, int]:
        """Where every account lives, noted; Trouble for units that are apart."""
        charging, known = program.snapshot.charging, self.books.placement()
        if charging is None:
            return known
        if not known and any(part.exists for part in self.books.parts()):
            raise Trouble(
                f"{self.books.root}/placement.csv: is gone, and accounts live in the partitions: restore it from a copy"
            )
        try:
            homes = known | placed(charging.rows, len(self._members), known)
        except UnitApart as apart:
            raise Trouble(f"{self.dataset}: {apart}; keep them apart, or begin another ledger") from None
        if homes != known:
            self.books.keep_placement(homes)
        return homes

    def _keeping(self) -> Keeps:
        return Waits(self._partitions, self._members)

    def _orders(self) -> dict[str, Verb]:
        return PartitionOrders(self._partitions).verbs()

    def _answers(self) -> Answer:
        return DiameterFront(self._partitions, self.charger, *self.names, self._now).answer

    def _teller(self) -> Tells:
        return PartitionTeller(self._partitions, lambda: (self._now() + self._calendar()) // MS_NS)

    # Processes

    async def begin(self) -> None:
        """Start every partition, and wait until all are there; Trouble when one is not."""
        there = await asyncio.gather(*(self._start(home) for home in range(len(self._members))))
        if not all(there):
            await self.end()
            raise Trouble(f"{self.books.root}: partition {there.index(False)} did not start")

    async def _start(self, home: int) -> bool:
        member, ends = self._members[home], [socket.socketpair() for _ in range(2)]
        (asks, their_asks), (calls, their_calls) = ends
        options = self.options
        settings = Settings(
            str(options.ledger), str(self.dataset), home, their_asks.fileno(), their_calls.fileno(),
            options.synced, *self.names, options.snapshots_s, options.keep_days,
        )  # fmt: skip
        words = ("-P", "-m", "ain_scp.ain.serve.partition", msgspec.json.encode(settings).decode())
        member.begun = time.monotonic()
        member.process = subprocess.Popen(  # noqa: ASYNC220, S603 - it does not wait; this program itself
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(their_asks.fileno(), their_calls.fileno()),
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        their_asks.close()
        their_calls.close()

        def news(_durable: int, calls: list[str] | None) -> None:
            for call in calls or ():
                self._partitions.router.note(call, home)
            self._waits.settle()

        link = self._partitions.links[home] = PartitionLink(asks, calls, news)
        return await link.start()

    @property
    def _waits(self) -> "Waits":
        if not isinstance(self.keeper, Waits):
            raise TypeError("partitions keep the ledger")
        return self.keeper

    async def end(self) -> str:
        """Let every partition write what it has, and end."""
        for link in self._partitions.links:
            if link is not None:
                link.close()
        left = [
            home for home, member in enumerate(self._members) if not await asyncio.to_thread(_ended, member)
        ]
        return f"partition {left[0]} did not keep everything" if left else ""

    def tick(self) -> None:
        """Once a second: start again what has ended; ask for figures."""
        for home, member in enumerate(self._members):
            link = self._partitions.links[home]
            if member.due:
                code = None if member.process is None else member.process.returncode
                tell(f"partition {home} ended with {code}; starting it again")
                if link is not None:
                    link.close()
                task = asyncio.get_running_loop().create_task(self._start(home))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif member.hangs and member.process is not None:
                tell(f"partition {home} hangs: not heard for {HUNG_S:g} s, killed")
                member.asked = None
                member.process.kill()
            elif link is not None and member.asked is None:
                member.asked = time.monotonic()
                link.ask("lines", None, member.report)

    def install(self, program: Program) -> None:
        """Charge by another data set from now on; one that cannot be used leaves that before it in force."""
        if self._http is not None:
            self._http.read_again()
        charging = program.snapshot.charging
        if charging is None or charging.options.partitions != len(self._members):
            tell(
                "charging: the data set loaded has no accounts, or other partitions; those before it stay in use"
            )
            return
        try:
            homes = self._place(program)
        except Trouble as trouble:
            tell(f"charging: {trouble.message}; accounts and tariffs before it stay in use")
            return
        self._program = program
        router = self._partitions.router
        router.charging, router.homes = charging, homes
        self.port.engine = self._tables(program)
        for link in self._partitions.links:
            if link is not None:
                link.ask("load", None, lambda _: None)


class Waits(PartitionKeeper):
    """The keeper of a front, with the figures of its partitions."""

    def __init__(self, partitions: Partitions, members: list[Member]) -> None:
        super().__init__(partitions)
        self._members = members

    def lines(self) -> list[str]:
        """The figures of all partitions, added up."""
        return added_up(["\n".join(member.lines) for member in self._members]).splitlines()


def _ended(member: Member) -> bool:
    """Wait for the end of a process; whether it had kept everything."""
    if member.process is None:
        return True
    try:
        return member.process.wait(GOODBYE_S) == 0
    except subprocess.TimeoutExpired:
        member.process.kill()
        return member.process.wait() == 0
