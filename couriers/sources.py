"""The sources of a collector: what they print is stored first, and read only for what it is.

Source: C-005, C-010, C-015.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files
from ain_scp.couriers.deciding import AUTO, Held, decide, decided, in_words, place_of
from ain_scp.couriers.observing import LIVE, Seen
from ain_scp.couriers.place import Result, Trace
from ain_scp.couriers.tcp import Connections
from ain_scp.couriers.whole_files import lines_after, put_away, wanted
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal
from ain_scp.journal.writer import Limits as JournalLimits
from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.collector.settings import Collector, Source, read_collector
from ain_scp.tickets.collector.sources import layout_of
from ain_scp.tickets.collector.store import CUT, Line, Positions, Store, Ticket
from ain_scp.tickets.layout.library import find
from ain_scp.tickets.layout.masking import Masker
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.names import SettingsError, text_of
from ain_scp.tickets.site import Site, SiteError, read_site

SETTLED_S: Final = 5.0
POSITIONS: Final = "positions.json"
RUN: Final = 500
"""Lines of a file that are taken together."""


class Sources:
    """The sources of one collector, and the store that they fill. JournalFault when another process has the store."""

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
        self.layouts: dict[str, Layout] = {}
        self._maskers: dict[str, Masker] = {}
        self.seen: dict[str, Seen] = {}
        self._held: dict[str, Held] = {}
        self._root = self._base / self.settings.store
        self._site = _site(self._base, self.settings.site)
        self._use(self._known_layouts())
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
            self._hold(chance)
        except (JournalFault, OSError):
            self._journal.abandon()
            raise

    def _text(self, name: str) -> str:
        return text_of(self._base / name)

    def _layout_path(self, layout: str) -> str:
        beside = self._base / layout
        return str(beside) if beside.is_file() else layout

    def _ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    def _known_layouts(self) -> dict[str, Layout]:
        """Layouts of the sources that have one: named in the settings, or decided by their lines."""
        chosen = decided(self._root)
        return {
            one.name: self._layout_of(one, name)
            for one in self.settings.source
            if (name := chosen.get(one.name, AUTO) if one.layout == AUTO else one.layout) != AUTO
        }

    def _layout_of(self, source: Source, layout: str) -> Layout:
        return layout_of(source, find(self._layout_path(layout)), self._text)

    def _use(self, layouts: dict[str, Layout]) -> None:
        """Read sources with these layouts from now on."""
        for one in self.settings.source:
            layout = layouts.get(one.name)
            if layout is not None and layout != self.layouts.get(one.name):
                self.layouts[one.name] = layout
                self._maskers[one.name] = Masker(layout, one.mask)
                self.seen[one.name] = Seen(layout, self._site, live=one.kind in LIVE)

    def reload(self) -> None:
        """Read layouts and the site again; what cannot be read is an alarm, and those before stay."""
        try:
            site, layouts = _site(self._base, self.settings.site), self._known_layouts()
        except (SettingsError, SiteError, ProvisioningError, OSError) as fault:
            self.result.alarm(f"not reloaded: {fault}")
            return
        if site != self._site:
            self._site = site
            self.layouts.clear()
        self._use(layouts)

    def _hold(self, chance: Callable[[int], bytes]) -> None:
        """Sources whose layout is not decided, and those whose tickets were held until it was."""
        for source in self.settings.source:
            place = place_of(self._root, source.name)
            if source.name not in self.layouts or place.exists():
                self._held[source.name] = Held(place, self._ms(), chance(16))
            if source.name in self.layouts and source.name in self._held:
                self._release(source)

    def _decide(self) -> None:
        """See whether the lines of a source say by now which layout it has."""
        for source in self.settings.source:
            held = self._held.get(source.name)
            judged = held.judge(self._site) if held is not None else None
            if judged is None:
                continue
            layout, found = judged
            if layout is None:
                self.result.alarm(in_words(source.name, found))
                continue
            try:
                self._use({source.name: self._layout_of(source, layout)})
            except SettingsError as fault:
                self.result.alarm(str(fault))
                continue
            decide(self._root, source.name, layout)
            self._release(source)

    def _release(self, source: Source) -> None:
        """Take the tickets of a source into the store, now that its layout is known."""
        held = self._held[source.name]
        self.store.add_layout(self.layouts[source.name])
        for ticket in held.after(self.store.last.get(source.name)):
            self._keep(source, [(ticket.line, ticket.o)], ticket.t)
        self._commit()
        held.drop(self._ms())
        del self._held[source.name]

    def listen(self) -> Connections:
        """Open the streams: connections and standard input. Called once."""
        framings = {name: layout.record.framing for name, layout in self.layouts.items()}
        last = [
            *self.store.last.values(),
            *(one for held in self._held.values() for one in held.store.last.values()),
        ]
        streams = [one.o for one in last if isinstance(one.o, int)]
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
            self.step()

    def step(self) -> None:
        """What else is done between two looks at the streams."""

    def close_streams(self) -> None:
        """End every stream; an unfinished line is stored as it is."""
        if self._connections is not None:
            self._connections.close()

    def close_store(self) -> None:
        """Commit and release."""
        for held in self._held.values():
            held.close(self._ms())
        self.store.close(self._ms())

    @property
    def store_octets(self) -> int:
        """What the store takes on disk."""
        held = sum(one.octets for one in self._held.values())
        return held + sum(one.octets for one in self._journal.segments) + self._journal.active_segment()[2]

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
        self._decide()

    def _commit(self) -> None:
        for held in self._held.values():
            if held.journal.pending:
                held.journal.commit(self._ms())
        before = self._journal.durable
        if not self._journal.pending:
            return
        last = self._journal.commit(self._ms())
        self.accepts()
        if last > before:
            self._trace("stored", {"first": before + 1, "last": last})

    def take(self, source: Source, lines: Sequence[Line]) -> None:
        """Store printed lines that came together; an empty one is nothing."""
        self.result.read += len(lines)
        kept = [one for one in lines if one[0].strip(b"\0")]
        self.result.stored += len(kept)
        if source.name in self._held:
            self._add(self._held[source.name].store, source.name, kept, self._ms())
        else:
            self._keep(source, kept, self._ms())

    def _keep(self, source: Source, lines: Sequence[Line], received_ms: int) -> None:
        """Store lines, masked, and look at what they are."""
        mask = self._maskers[source.name].mask
        self._add(self.store, source.name, [(mask(line), origin) for line, origin in lines], received_ms)
        seen = self.seen[source.name]
        self.result.quarantined += seen.lines([line for line, _origin in lines], received_ms // 1000)

    def _add(self, store: Store, source: str, lines: Sequence[Line], received_ms: int) -> None:
        while lines:
            lines = lines[store.add(source, lines, received_ms) :]
            if lines:
                self._commit()

    def _last(self, source: Source) -> Ticket | None:
        """A source's newest ticket."""
        held = self._held.get(source.name)
        found = held.store.last.get(source.name) if held is not None else None
        return found or self.store.last.get(source.name)

    def _read_file(self, source: Source) -> None:
        last = self._last(source)
        position = None if last is None or isinstance(last.o, int) else last.o
        line = b"" if last is None or CUT.search(last.line) else last.line
        masker = self._maskers.get(source.name)
        mask = masker.mask if masker and source.name not in self._held else bytes
        self._take_all(source, files.follow(self._base / source.path, position, line, mask))

    def _take_all(self, source: Source, printed: Iterator[Line]) -> bool:
        """Store what a file has to show, while there is room; whether it is all in."""
        while not self._full():
            lines = list(islice(printed, RUN))
            if not lines:
                return True
            self.take(source, lines)
        return False

    def _read_directory(self, source: Source) -> None:
        for file in files.whole_files(
            self._base / source.path, source.pattern, self._now().timestamp() - SETTLED_S
        ):
            layout = self.layouts.get(source.name)
            if not wanted(layout, file):
                continue
            if self._full():
                return
            mark = files.digest_of(file)
            lines = lines_after(layout, file, self._read_to(source, mark))
            if not self._take_all(source, ((line, (mark, end)) for line, end in lines)):
                return
            self._commit()
            put_away(source, file)

    def _read_to(self, source: Source, mark: str) -> int:
        """How far a whole file was read."""
        stores = [self.store, *(one.store for one in (self._held.get(source.name),) if one is not None)]
        return max(store.files.get(source.name, {}).get(mark, 0) for store in stores)


def _site(base: Path, name: str) -> Site:
    return read_site(text_of(base / name), name) if name else Site(name="none", zone="UTC")


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
