"""The collector: sources read into the store, batches sealed into the outbox, receipts read, batches delivered.

The order of one turn is that of what makes room: receipts, then sources, then sealing, then delivery. Each event of the
order store, retrieve, encrypt, send goes to `trace` (sequences and batch numbers, nothing else).

Source: C-001, C-005, C-010, C-011, C-015, C-017.
"""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files
from ain_scp.couriers.observing import LIVE, Seen, silent
from ain_scp.couriers.place import Place, Result, Trace
from ain_scp.couriers.provider_line import ProviderLine
from ain_scp.couriers.tcp import Connections
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalBusy, JournalFault
from ain_scp.journal.writer import Journal
from ain_scp.journal.writer import Limits as JournalLimits
from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.collector.frames import LONGEST_OBJECT
from ain_scp.tickets.collector.settings import Collector, Source, read_collector
from ain_scp.tickets.collector.sources import layout_of
from ain_scp.tickets.collector.store import CUT, Positions, Store
from ain_scp.tickets.envelope.content import digest_of
from ain_scp.tickets.layout.library import find
from ain_scp.tickets.layout.masking import Masker
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.trial import lines_of
from ain_scp.tickets.names import SettingsError
from ain_scp.tickets.site import Site, read_site

SETTLED_S: Final = 5.0
POSITIONS: Final = "positions.json"


class Pending(msgspec.Struct, frozen=True):
    """How far one provider is: records stored, batches sealed and receipted, records not receipted, what is wrong."""

    provider: str
    store: str
    stored: int
    sealed: int
    receipted: int
    waiting_tickets: int
    stopped: str
    refused: str


class CollectorRun:
    """One collector over its files. JournalFault when another process has the store."""

    def __init__(
        self,
        config: Path,
        now: Callable[[], datetime],
        chance: Callable[[int], bytes],
        trace: Trace | None = None,
    ) -> None:
        self.settings: Collector = read_collector(config)
        self._base, self._now = config.parent, now
        self._trace: Trace = trace or (lambda _event, _facts: None)
        self.layouts: dict[str, Layout] = {
            one.name: layout_of(one, find(self._layout_path(one.layout)), self._text)
            for one in self.settings.source
        }
        self._maskers = {
            one.name: Masker(self.layouts[one.name], one.mask)
            for one in self.settings.source
            if one.name in self.layouts
        }
        self._site = _site(self._base, self.settings.site)
        self.seen = {
            one.name: Seen(self.layouts[one.name], self._site, live=one.kind in LIVE)
            for one in self.settings.source
            if one.name in self.layouts
        }
        self._root = self._base / self.settings.store
        if unfinished(self._root).exists():
            raise SettingsError(f"{unfinished(self._root)}: a renewal did not end: ain ticket renew {config}")
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        reserve = self.settings.limits.reserve_octets
        eighth = min(8 << 20, self.settings.limits.store_octets // 8)
        self._journal = Journal.open(
            DiskStorage(self._root / "tickets"),
            self._ms(),
            JournalLimits(
                segment_octets=eighth, pending_octets=eighth, low_octets=2 * reserve, floor_octets=reserve
            ),
            identity=chance(16),
        )
        self.result = Result(sealed=[], alarms=[])
        self.accepting = True
        self._connections: Connections | None = None
        try:
            self.store = Store(self._journal, read_positions(self._root))
            place = Place(
                self._base, self._root, self.settings, self.layouts, now, chance, self._trace, self.result
            )
            self.lines = [ProviderLine(place, one, self.store) for one in self.settings.provider]
        except (JournalFault, OSError):
            self._journal.abandon()
            raise

    def _text(self, name: str) -> str:
        try:
            return (self._base / name).read_text()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(f"{self._base / name}: {fault}") from fault

    def _layout_path(self, layout: str) -> str:
        beside = self._base / layout
        return str(beside) if beside.is_file() else layout

    def _ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    def once(self) -> Result:
        """One turn over everything, whatever its age."""
        self.turn(force=True)
        return self.again()

    def again(self) -> Result:
        """Receipts once more, and what they make room for."""
        for line in self.lines:
            line.receipts(force=True)
            line.seal_all(force=True)
            line.deliver()
        self._retire()
        self.result.pending = sum(len(line.outbox.unreceipted()) for line in self.lines)
        return self.result

    def turn(self, *, force: bool = False) -> None:
        """One turn of a collector that goes on: batches close when they are full or old enough."""
        self.result.sealed.clear()
        for line in self.lines:
            line.step()
            line.receipts(force=force, wait=force)
        self.read_sources()
        for line in self.lines:
            line.seal_all(force=force)
            line.deliver(force=force, wait=force)
        self._retire()

    @property
    def now_ms(self) -> int:
        """Milliseconds of the calendar."""
        return self._ms()

    def watch(self) -> None:
        """Alarms of sources: lines that cannot be read, clocks away, silence."""
        now_s = self._ms() // 1000
        for source in self.settings.source:
            found = self.seen[source.name].alarms() if source.name in self.seen else []
            last = self.store.last.get(source.name)
            if silent(last.t // 1000 if last else None, now_s, self._site, source.quiet_h):
                found.append(f"no ticket for {source.quiet_h} hours of the working day")
            for text in found:
                self.result.alarm(f"source {source.name}: {text}")

    def pending(self) -> list[Pending]:
        """How far each provider is."""
        rows = []
        for line in self.lines:
            state, chain = line.outbox.state, line.outbox.chain
            rows.append(
                Pending(
                    line.settings.name,
                    self.store.identity,
                    self._journal.durable,
                    len(chain.links),
                    state.accepted_to,
                    self._journal.durable - line.outbox.accepted_ticket,
                    state.stopped,
                    state.refused,
                )
            )
        return rows

    def check(self) -> tuple[int, list[str]]:
        """Make every batch again from the store and compare its digest with the chain's."""
        checked, problems = 0, []
        for line in self.lines:
            for link in line.outbox.chain.links.values():
                lines = line.again(link)
                checked += 1
                if lines is None or digest_of(link.head.encode(), lines.body) != link.digest:
                    problems.append(
                        f"{line.settings.name}: batch {link.number}: the store gives another digest"
                    )
        return checked, problems

    def listen(self) -> Connections:
        """Open the streams: connections and standard input. Called once."""
        framings = {name: layout.record.framing for name, layout in self.layouts.items()}
        streams = [one.o for one in self.store.last.values() if isinstance(one.o, int)]
        sources = list(self.settings.source)
        self._connections = Connections(
            sources, self._base, framings, max(streams, default=0), self.take, time.monotonic
        )
        return self._connections

    def stream(self, seconds: float) -> None:
        """Take what the streams bring for so long, committing as often as the settings say."""
        end = time.monotonic() + seconds
        step = self.settings.limits.commit_ms / 1000
        while self._connections is not None and (left := end - time.monotonic()) > 0:
            if self.accepting or self.accepts():
                self._connections.poll(min(step, left))
            else:
                time.sleep(min(step, left))
            self._commit()
            for line in self.lines:
                line.step()

    def close(self) -> None:
        """Commit and release."""
        if self._connections is not None:
            self._connections.close()
        for line in self.lines:
            line.close()
        self._journal.close(self._ms())

    # sources

    @property
    def store_octets(self) -> int:
        """What the store takes on disk."""
        return sum(one.octets for one in self._journal.segments) + self._journal.active_segment()[2]

    def accepts(self) -> bool:
        """Whether sources may be read now: there is room in the store and on the disk. If not, that is an alarm, once."""
        held, most = self.store_octets, self.settings.limits.store_octets
        state = self._journal.check_space()
        if 10 * held >= 9 * most:
            full = "full, sources are not read" if held >= most else "nearly full"
            self.result.alarm(
                f"store: {full}: store_octets = {most}; ain ticket pending names the provider that has not answered"
            )
        if state != "OPEN":
            self.result.alarm(f"store: {self._journal.alarm or state}; reserve_octets are kept free")
        self.accepting = held < most and state in ("OPEN", "LOW")
        if self._connections is not None:
            self._connections.hold(held=not self.accepting)
        return self.accepting

    def _full(self) -> bool:
        return not self.accepting

    def read_sources(self) -> None:
        """Read what files and directories have to show, while there is room for it."""
        if not self.accepts():
            return
        for source in self.settings.source:
            if source.name in self.layouts:
                self.store.add_layout(self.layouts[source.name])
            if source.kind == "file":
                self._read_file(source)
            elif source.kind == "directory":
                self._read_directory(source)
        self._commit()

    def _commit(self) -> None:
        before = self._journal.durable
        if not self._journal.pending:
            return
        last = self._journal.commit(self._ms())
        self.accepts()
        if last > before:
            self._trace("stored", {"first": before + 1, "last": last})

    def take(self, source: Source, line: bytes, origin: tuple[str, int] | int) -> None:
        """Store one printed line; an empty one is nothing."""
        self.result.read += 1
        if not line.strip(b"\0"):
            return
        masker = self._maskers.get(source.name)
        kept = masker.mask(line) if masker else line
        try:
            self.store.add(source.name, kept, self._ms(), origin)
        except JournalBusy:
            self._commit()
            self.store.add(source.name, kept, self._ms(), origin)
        self.result.stored += 1
        if source.name in self.seen:
            read = self.seen[source.name].line(line, self._ms() // 1000)
            self.result.quarantined += read == "quarantined"

    def _read_file(self, source: Source) -> None:
        last = self.store.last.get(source.name)
        position = None if last is None or isinstance(last.o, int) else last.o
        line = b"" if last is None or CUT.search(last.line) else last.line
        masker = self._maskers.get(source.name)
        mask = masker.mask if masker else bytes
        for printed in files.follow(self._base / source.path, position, line, mask):
            if self._full():
                return
            self.take(source, printed.line, (printed.file, printed.end))

    def _read_directory(self, source: Source) -> None:
        for file in files.whole_files(
            self._base / source.path, source.pattern, self._now().timestamp() - SETTLED_S
        ):
            if not self._wanted(source, file):
                continue
            if self._full():
                return
            mark = files.digest_of(file)
            for line, end in self._lines(source, file, self.store.files.get(source.name, {}).get(mark, 0)):
                if self._full():
                    return
                self.take(source, line, (mark, end))
            self._commit()
            self._after(source, file)

    def _wanted(self, source: Source, file: Path) -> bool:
        """Whether a file is one that the layout's manufacturer writes calls into."""
        layout = self.layouts.get(source.name)
        if layout is None:
            return True
        take, leave = layout.record.take, layout.record.leave
        return bool(re.search(take, file.name)) and not (leave and re.search(leave, file.name))

    def _lines(self, source: Source, file: Path, offset: int) -> Iterator[tuple[bytes, int]]:
        """Lines after an offset; a file that is one JSON object over several lines is one record."""
        layout = self.layouts.get(source.name)
        if layout is None or layout.kind != "json" or file.stat().st_size > LONGEST_OBJECT:
            return files.lines_from(file, offset, whole=True)
        octets = file.read_bytes()
        lines = lines_of(octets, layout)
        if len(lines) == 1:
            return iter([(lines[0], len(octets))][offset // len(octets) :])
        return files.lines_from(file, offset, whole=True)

    def _after(self, source: Source, file: Path) -> None:
        if source.after == "delete":
            file.unlink()
        elif source.after == "move":
            target = file.parent / "done"
            target.mkdir(exist_ok=True)
            shutil.move(file, target / file.name)

    def _retire(self) -> None:
        """Let go of tickets that every provider has had for the days configured."""
        for line in self.lines:
            ticket = line.outbox.accepted_ticket
            if ticket > self._journal.position(line.settings.name):
                self._journal.acknowledge(line.settings.name, ticket)
        keep_after = self._ms() - DAY_MS * self.settings.limits.keep_days
        if len(self._journal.segments) > 1 and self._journal.segments[0].sealed_ms < keep_after:
            write_positions(self._root, self.store.positions)
        self._journal.retire(keep_after)


def _site(base: Path, name: str) -> Site:
    return read_site((base / name).read_text(), name) if name else Site(name="none", zone="UTC")


def unfinished(root: Path) -> Path:
    """Where a renewed store is made before it takes the place of the old one."""
    return root.with_name(root.name + ".new")


def read_positions(root: Path) -> Positions | None:
    """How far sources were read before the store's oldest ticket."""
    file = root / POSITIONS
    return msgspec.json.decode(file.read_bytes(), type=Positions) if file.exists() else None


def write_positions(root: Path, positions: Positions) -> None:
    """Keep them, durably."""
    files.put(root, POSITIONS, msgspec.json.encode(positions))


def utc_now() -> datetime:
    """The calendar clock."""
    return datetime.now(UTC)
