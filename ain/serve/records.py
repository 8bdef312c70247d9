"""What `ain serve --records` adds to a server: the recorder, hourly transfer files, and publishing while it runs.

Source: A-240 to A-246, A-252, D-008; reliability.md section 5.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.mqtt_options import named_sink
from ain_scp.ain.run.records import now_ms
from ain_scp.ain.serve.log import detail
from ain_scp.ain.serve.spill import spill, take_back
from ain_scp.ain.smdr.files import transfer
from ain_scp.ain.words import counted
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.publication import Publication
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.edges.recording import LINGER_S, Recorder
from ain_scp.scp.ending import end_tasks
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.sample_journal import EchoNumbers, ScpKind
from ain_scp.smdr.sample import SampleError
from ain_scp.terms.units import DAY_MS

if TYPE_CHECKING:
    from ain_scp.journal.sinks import NamedSink
    from ain_scp.scp.edges.journals.mqtt_broker import Broker

MEBI = 1 << 20
TRANSFER_CHECK_S = 20.0
NUMBERS_CHECK_S = 1.0
PENDING_RECORDS = 1 << 18
PENDING_OCTETS = 64 * MEBI
"""What waits for a disk that is busy for a moment: half of it, seconds of full load, before billable calls are refused."""


class RecordOptions(msgspec.Struct, frozen=True):
    """How a server keeps records."""

    directory: Path
    hold: bool = False
    reserve_mib: int = 64
    keep_days: int = 30
    kind: ScpKind = "iscp"
    broker: "Broker | None" = None
    confirm: Literal["broker", "receiver"] = "broker"
    spill: Path | None = None
    sink: str | None = None


class ServerRecords:
    """The records of one serving node, from opening to the end; `name` is the SCP's."""

    def __init__(self, options: RecordOptions, name: str = "SCP", node_id: int = 1) -> None:
        """Open the journal; one line and exit 2 when that cannot be done, also for a name no journal can have.

        No loop is needed yet.
        """
        self.options = options
        self.name = name
        self._sink = named_sink(options.sink)
        self._directory = RecordDirectory(options.directory)
        began = time.monotonic()
        try:
            self._directory.prepare()
            journal = self._open()
            self.first_echo = EchoNumbers(journal, node_id).first
        except ValueError as fault:
            raise click.UsageError(f"--records: {fault}") from None
        except OSError as fault:
            raise file_trouble(options.directory, fault) from None
        except JournalFault as fault:
            raise Trouble(f"{options.directory}: {fault}") from None
        self._take_back(journal)
        self.recovery_s = time.monotonic() - began
        if journal.recovery.cut_octets:
            tell(f"records: {journal.recovery.cut_octets} octets of torn tail cut: {journal.recovery.reason}")
        self.recorder = Recorder(
            journal,
            now_ms,
            tell,
            self._open,
            options.kind,
            0.0 if options.hold else LINGER_S,
            hold=options.hold,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._given: Callable[[], int] = lambda: self.first_echo

    def start(self, node: FastNode) -> None:
        """Begin to write what a node samples, to transfer and to publish."""
        self.recorder.start()
        loop = asyncio.get_running_loop()
        self._given = lambda: node.echo_given
        self._tasks.append(loop.create_task(self._number()))
        self._tasks.append(loop.create_task(self._transfer()))
        if self.options.broker is not None:
            self._tasks.append(loop.create_task(self._publish(self.options.broker)))
        if self._sink is not None:
            self._tasks.append(loop.create_task(self._hand_over(self._sink)))

    async def stop(self) -> None:
        """End publishing, write everything, seal the journal; one line and exit 1 for samples that are lost."""
        await end_tasks(self._tasks)
        lost = await self.recorder.stop(self._given())
        if self.recorder.left and self.options.spill is not None:
            lost -= self._spilled(self.options.spill)
        if lost:
            detail(f"Error: {counted(lost, 'sample')} could not be stored in {self.options.directory}")
            raise click.ClickException(
                f"{counted(lost, 'sample')} could not be stored in {self.options.directory}"
            )

    def _spilled(self, directory: Path) -> int:
        """Keep elsewhere what the record directory did not take; how many samples."""
        left = self.recorder.left
        try:
            file = spill(directory, self.name, left, now_ms())
        except OSError as fault:
            detail(f"records: {directory}: {fault.strerror or fault}")
            return 0
        tell(f"records: {counted(len(left), 'sample')} kept in {file}; the next start stores them")
        return len(left)

    def _take_back(self, journal: Journal) -> None:
        """Store what an earlier end has kept elsewhere; what cannot be stored stays there, and is named."""
        if self.options.spill is None:
            return
        try:
            stored = take_back(self.options.spill, self.name, journal, now_ms())
        except (OSError, JournalFault, SampleError) as fault:
            tell(f"records: {self.options.spill}: {fault}; the samples kept there stay for the next start")
            return
        if stored:
            tell(f"records: {counted(stored, 'sample')} kept in {self.options.spill} stored")

    async def _number(self) -> None:
        """Keep the reserved echo numbers ahead of those given."""
        while True:
            await asyncio.sleep(NUMBERS_CHECK_S)
            with suppress(JournalFault):  # the recorder sees it, says it and opens the journal again
                await self.recorder.run(lambda: EchoNumbers.keep_ahead(self.recorder.journal, self._given()))

    def _open(self) -> Journal:
        reserve = self.options.reserve_mib * MEBI
        limits = Limits(
            low_octets=reserve * 4,
            floor_octets=reserve,
            pending_records=PENDING_RECORDS,
            pending_octets=PENDING_OCTETS,
        )
        return Journal.open(self._directory.samples(self.name), now_ms(), limits, secrets.token_bytes(16))

    async def _transfer(self) -> None:
        """Soon after each full hour, send its file to the front end's directory (A-246); retire what all have read."""
        told = ""
        while True:
            await asyncio.sleep(TRANSFER_CHECK_S)
            try:
                await self.recorder.run(self._transfer_due)
                told = ""
            except (OSError, JournalFault) as fault:
                if str(fault) != told:
                    tell(f"records: transfer: {fault}")
                told = str(fault)

    def _transfer_due(self) -> None:
        journal = self.recorder.journal
        if journal.state in {"OPEN", "LOW"}:
            transfer(journal, self.name, self._directory.transfer, now_ms(), self.options.kind)
            journal.retire(now_ms() - self.options.keep_days * DAY_MS)

    async def _publish(self, broker: "Broker") -> None:
        """Publish as records become durable; after a failure of the journal, from the one opened anew."""
        from ain_scp.scp.edges.journals.mqtt_copies import stream_of
        from ain_scp.scp.edges.journals.mqtt_publisher import MqttAbsent, Publisher

        stream = stream_of("smdr", self.name)
        while True:
            journal = self.recorder.journal
            try:
                make = partial(Publication, journal, stream, in_flight=32, save_every=32)
                publication = await self.recorder.run(make)
                publisher = Publisher(
                    broker, {f"smdr/{self.name}": publication}, self.recorder.run, tell, self.options.confirm
                )
                self.recorder.on_durable(publisher.news)
                self.recorder.broker = publisher.figures
                await publisher.publish()
            except MqttAbsent as fault:
                tell(f"mqtt: {fault}; records stay in {self.options.directory}")
                return
            except JournalFault:
                await self._opened_anew(journal)

    async def _hand_over(self, sink: "NamedSink") -> None:
        """Hand records to a sink as they become durable."""
        from ain_scp.scp.edges.journals.sink_publisher import SinkPublisher, consumer_of

        stream = f"smdr/{self.name}"
        while True:
            journal = self.recorder.journal
            try:
                make = partial(Publication, journal, consumer_of(sink.name, stream), in_flight=1)
                publication = await self.recorder.run(make)
                await SinkPublisher(sink, {stream: publication}, self.recorder.run, tell).publish()
            except JournalFault:
                await self._opened_anew(journal)

    async def _opened_anew(self, journal: Journal) -> None:
        while self.recorder.journal is journal:  # noqa: ASYNC110 - reopening is rare and sends no signal
            await asyncio.sleep(1.0)


def tell(line: str) -> None:
    """One line on stderr, at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
