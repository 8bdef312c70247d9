"""The collector: sources read into the store, batches sealed into the outbox, receipts read, batches delivered.

The order of one turn is that of what makes room: receipts, then sources, then sealing, then delivery. Each event of the
order store, retrieve, encrypt, send goes to `trace` (sequences and batch numbers, nothing else).

Source: C-001, C-005, C-010, C-011, C-015, C-017.
"""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from ain_scp.couriers import files
from ain_scp.couriers.keyring import load_authority, load_certificates, load_pair
from ain_scp.couriers.tcp import Connections
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalBusy, JournalFault
from ain_scp.journal.writer import Journal
from ain_scp.tickets.collector.batching import Lines, gather
from ain_scp.tickets.collector.chain import Chain, Link
from ain_scp.tickets.collector.outbox import Names, Outbox
from ain_scp.tickets.collector.settings import Collector, Provider, Source, read_collector
from ain_scp.tickets.collector.store import Store
from ain_scp.tickets.envelope.content import digest_of, write_content
from ain_scp.tickets.envelope.receipt import read_receipt
from ain_scp.tickets.envelope.seal import Keys, SealError, seal, sign
from ain_scp.tickets.envelope.trust import TrustError, check, fingerprint
from ain_scp.tickets.layout.library import find
from ain_scp.tickets.layout.masking import Masker
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.names import several

Trace = Callable[[str, dict[str, object]], None]
DAY_MS: Final = 86_400_000
SETTLED_S: Final = 5.0


class Sealed(msgspec.Struct, frozen=True):
    """A batch sealed in this run."""

    provider: str
    number: int
    first: int
    last: int
    digest: str
    octets: int
    file: str


class Result(msgspec.Struct):
    """What a run did. `alarms` name what an operator must see to."""

    read: int = 0
    stored: int = 0
    sealed: list[Sealed] = []
    receipted: int = 0
    pending: int = 0
    alarms: list[str] = []


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


class _Line:
    """One provider: its outbox and where files go."""

    def __init__(self, settings: Provider, outbox: Outbox, sealed: Path) -> None:
        self.settings, self.outbox, self.sealed = settings, outbox, sealed


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
        self._base, self._now, self._chance = config.parent, now, chance
        self._trace: Trace = trace or (lambda _event, _facts: None)
        self.layouts: dict[str, Layout] = {
            one.name: find(self._layout_path(one.layout))
            for one in self.settings.source
            if one.layout != "auto"
        }
        self._maskers = {
            one.name: Masker(self.layouts[one.name], one.mask)
            for one in self.settings.source
            if one.name in self.layouts
        }
        self._root = self._base / self.settings.store
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._journal = Journal.open(DiskStorage(self._root / "tickets"), self._ms(), identity=chance(16))
        self.result = Result(sealed=[], alarms=[])
        self._connections: Connections | None = None
        try:
            self.store = Store(self._journal)
            self.lines = [self._line(one) for one in self.settings.provider]
        except (JournalFault, OSError):
            self._journal.abandon()
            raise

    def _layout_path(self, layout: str) -> str:
        beside = self._base / layout
        return str(beside) if beside.is_file() else layout

    def _ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    def _line(self, settings: Provider) -> _Line:
        chain = Chain(
            Journal.open(
                DiskStorage(self._root / f"chain-{settings.name}"), self._ms(), identity=self._chance(16)
            )
        )
        place = self._root / f"outbox-{settings.name}"
        place.mkdir(mode=0o700, exist_ok=True)
        names = Names(self.settings.enterprise, settings.name, self.store.identity)
        return _Line(settings, Outbox(names, chain, DiskStorage(place)), place)

    def once(self) -> Result:
        """One turn over everything, whatever its age."""
        for line in self.lines:
            self._receipts(line)
        self.read_sources()
        for line in self.lines:
            self._seal_all(line, force=True)
            self._deliver(line)
            self._receipts(line)
        self._retire()
        self.result.pending = sum(len(line.outbox.unreceipted()) for line in self.lines)
        return self.result

    def again(self) -> Result:
        """Receipts once more, and what they make room for."""
        for line in self.lines:
            self._receipts(line)
            self._seal_all(line, force=True)
            self._deliver(line)
        self._retire()
        self.result.pending = sum(len(line.outbox.unreceipted()) for line in self.lines)
        return self.result

    def turn(self) -> None:
        """One turn of a collector that goes on: batches close when they are full or old enough."""
        for line in self.lines:
            self._receipts(line)
        self.read_sources()
        for line in self.lines:
            self._seal_all(line, force=False)
            self._deliver(line)
        self._retire()

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
                before = line.outbox.chain.links.get(link.number - 1)
                lines = self._gather(line.outbox.chain, before.header.last if before else 0, link)
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
            if self._journal.state in ("OPEN", "LOW"):
                self._connections.poll(min(step, left))
            else:
                time.sleep(min(step, left))
                self._journal.check_space()
            self._commit()

    def close(self) -> None:
        """Commit and release."""
        if self._connections is not None:
            self._connections.close()
        self._journal.close(self._ms())
        for line in self.lines:
            line.outbox.chain.close(self._ms())

    # sources

    def read_sources(self) -> None:
        """Read what files and directories have to show."""
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
        last = self._journal.commit(self._ms())
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

    def _read_file(self, source: Source) -> None:
        last = self.store.last.get(source.name)
        position = None if last is None or isinstance(last.o, int) else last.o
        line = b"" if last is None or self._masks(source) else last.line
        for printed in files.follow(self._base / source.path, position, line):
            self.take(source, printed.line, (printed.file, printed.end))

    def _masks(self, source: Source) -> bool:
        layout = self.layouts.get(source.name)
        return layout is None or bool(source.mask) or any(field.secret for field in layout.fields)

    def _read_directory(self, source: Source) -> None:
        for file in files.whole_files(
            self._base / source.path, source.pattern, self._now().timestamp() - SETTLED_S
        ):
            mark = files.digest_of(file)
            for line, end in files.lines_from(
                file, self.store.files.get(source.name, {}).get(mark, 0), whole=True
            ):
                self.take(source, line, (mark, end))
            self._commit()
            self._after(source, file)

    def _after(self, source: Source, file: Path) -> None:
        if source.after == "delete":
            file.unlink()
        elif source.after == "move":
            target = file.parent / "done"
            target.mkdir(exist_ok=True)
            shutil.move(file, target / file.name)

    # sealing

    def _seal_all(self, line: _Line, *, force: bool) -> None:
        outbox = line.outbox
        if outbox.state.stopped:
            self._alarm(
                f"{line.settings.name}: {outbox.state.stopped}: sealing has stopped; see docs/tickets.md"
            )
            return
        try:
            keys, recipient = self._keys(line.settings)
        except TrustError as fault:
            self._alarm(f"{line.settings.name}: {fault}; nothing is sealed, tickets wait in the store")
            return
        while len(outbox.unreceipted()) < self.settings.batch.outbox_batches:
            lines = self._gather(outbox.chain, outbox.chain.last_ticket)
            if lines is None or not (force or self._due(lines)):
                return
            self._seal_next(line, lines, keys, recipient)

    def _due(self, lines: Lines) -> bool:
        return lines.complete or self._ms() - lines.oldest_ms >= 1000 * self.settings.batch.age_s

    def _gather(self, chain: Chain, after: int, link: Link | None = None) -> Lines | None:
        limits = self.settings.batch
        if link is None:
            return gather(self.store, after, self.layouts, chain.carried, limits.tickets, limits.octets)
        others = {
            one for number, links in chain.links.items() if number != link.number for one in links.layouts
        }
        return gather(
            self.store, after, self.layouts, others - set(link.layouts), 1 << 30, 1 << 40, link.header.last
        )

    def _keys(self, settings: Provider) -> tuple[Keys, x509.Certificate]:
        keys = self.settings.keys
        mine = load_pair(self._base, keys.sign)
        authority = load_authority(self._base, keys.ca, keys.crl)
        recipient = load_certificates(self._base, several(settings.encrypt_to)[0])[0]
        check(mine.certificate, msgspec.structs.replace(authority, crl=None), "sign", self._now())
        check(recipient, authority, "decrypt", self._now())
        return mine, recipient

    def _seal_next(self, line: _Line, lines: Lines, keys: Keys, recipient: x509.Certificate) -> None:
        compress = self.settings.batch.compress
        header = line.outbox.header_of(lines, self._now(), compress=compress)
        self._trace(
            "retrieved",
            {
                "provider": line.settings.name,
                "number": header.number,
                "first": lines.first,
                "last": lines.last,
            },
        )
        link = line.outbox.link(
            header, lines, fingerprint(keys.certificate), fingerprint(recipient), self._ms()
        )
        self._write(line, link, lines.body, keys, recipient)

    def _write(self, line: _Line, link: Link, body: bytes, keys: Keys, recipient: x509.Certificate) -> None:
        content = write_content(link.head.encode(), body, compress=link.header.compress == "gzip")
        octets = seal(sign(content, keys), recipient, self._chance)
        name = line.outbox.file_of(link.number)
        files.put(line.sealed, name, octets)
        self._trace("sealed", {"provider": line.settings.name, "number": link.number})
        header = link.header
        self.result.sealed.append(
            Sealed(
                line.settings.name,
                link.number,
                header.first,
                header.last,
                link.digest,
                len(octets),
                str(line.sealed / name),
            )
        )

    # delivery

    def _deliver(self, line: _Line) -> None:
        if line.outbox.state.stopped:
            return
        try:
            keys, recipient = self._keys(line.settings)
        except TrustError:
            return
        marks = fingerprint(keys.certificate), fingerprint(recipient)
        for link in line.outbox.unreceipted():
            sealed = line.sealed / line.outbox.file_of(link.number)
            stale = not sealed.exists() or (link.signed_by, link.sealed_to) != marks
            if stale and not self._again(line, link, keys, recipient):
                return
            self._send(line, link, sealed)

    def _again(self, line: _Line, link: Link, keys: Keys, recipient: x509.Certificate) -> bool:
        """Seal a batch of the chain once more, to the same digest."""
        before = line.outbox.chain.links.get(link.number - 1)
        lines = self._gather(line.outbox.chain, before.header.last if before else 0, link)
        if lines is None:
            self._alarm(f"{line.settings.name}: batch {link.number}: its tickets are gone from the store")
            return False
        if digest_of(link.head.encode(), lines.body) != link.digest:
            self._alarm(
                f"{line.settings.name}: batch {link.number}: the store gives another digest than the chain has"
            )
            return False
        changed = msgspec.structs.replace(
            link, signed_by=fingerprint(keys.certificate), sealed_to=fingerprint(recipient)
        )
        if changed != link:
            line.outbox.chain.add(changed, self._ms())
        self._write(line, changed, lines.body, keys, recipient)
        return True

    def _send(self, line: _Line, link: Link, sealed: Path) -> None:
        target = self._base / line.settings.deliver.path
        if not (target / sealed.name).exists():
            files.put(target, sealed.name, sealed.read_bytes())
            self._trace("sent", {"provider": line.settings.name, "number": link.number})

    def _receipts(self, line: _Line) -> None:
        place = self._base / line.settings.deliver.receipts
        if not line.settings.deliver.receipts or not place.is_dir():
            return
        authority = load_authority(self._base, self.settings.keys.ca, self.settings.keys.crl)
        known = {
            fingerprint(one): one
            for name in several(line.settings.receipts_by)
            for one in load_certificates(self._base, name)
        }
        before = line.outbox.state.accepted_to
        for file in sorted(place.glob("*.p7s")):
            try:
                receipt, certificate = read_receipt(file.read_bytes(), known)
                check(certificate, authority, "sign", self._now())
            except (SealError, TrustError) as fault:
                self._alarm(f"{line.settings.name}: {file.name}: {fault}; the receipt counts for nothing")
                continue
            alarm = line.outbox.receive(receipt)
            if alarm:
                self._alarm(f"{line.settings.name}: batch {receipt.number}: {alarm}")
        self.result.receipted += max(0, line.outbox.state.accepted_to - before)
        self._clean(line)

    def _clean(self, line: _Line) -> None:
        """Remove what the provider has from the outbox."""
        for number in line.outbox.chain.links:
            if number <= line.outbox.state.accepted_to:
                (line.sealed / line.outbox.file_of(number)).unlink(missing_ok=True)

    def _retire(self) -> None:
        """Let go of tickets that every provider has had for the days configured."""
        for line in self.lines:
            ticket = line.outbox.accepted_ticket
            if ticket > self._journal.position(line.settings.name):
                self._journal.acknowledge(line.settings.name, ticket)
        self._journal.retire(self._ms() - DAY_MS * self.settings.limits.keep_days)

    def _alarm(self, text: str) -> None:
        if text not in self.result.alarms:
            self.result.alarms.append(text)


def utc_now() -> datetime:
    """The calendar clock."""
    return datetime.now(UTC)
