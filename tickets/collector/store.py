"""The store: every ticket is in the journal before anything reads, seals or counts it.

A record is one ticket (source, receipt, origin, octets) or one layout that tickets are read with. A ticket's identity is
the journal's and its sequence, known once for good.

Source: C-005, C-015.
"""

import base64
import hashlib
import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from ain_scp.journal.reader import JournalReader, Place
from ain_scp.journal.storage import replace_file
from ain_scp.journal.writer import Journal
from ain_scp.tickets.layout.schema import Layout

CUT: Final = re.compile(rb" \[cut: [0-9]+ octets, sha256 [0-9a-f]{16}\]$")
"""The end of a line that was too long to keep whole."""
CHUNK: Final = 500
KEPT: Final = "store.json"
WORTH: Final = 5_000
MUCH: Final = 50_000
"""Records that are worth writing down what they come to, at the end and on the way."""
MOST_PLACES: Final = 1024
"""Places remembered, of the newest half a million records."""
LONGEST: Final = 65_000
"""Octets of a record; the provider adds a little to each."""
Origin = tuple[str, int] | int
"""A file and where the line ended in it, or the number of a connection."""
Line = tuple[bytes, Origin]
"""A printed line and where it came from."""


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A stored ticket. `t` is the receipt in milliseconds; `r` the line as text, or `b` in base64."""

    s: str
    t: int
    o: Origin
    r: str | None = None
    b: str | None = None

    @property
    def line(self) -> bytes:
        """The octets that were printed."""
        return self.r.encode() if self.r is not None else base64.b64decode(self.b or "")


class LayoutLine(msgspec.Struct, frozen=True):
    """A stored layout."""

    layout: str
    digest: str
    toml: str


Stored = Ticket | LayoutLine


_encode: Final = msgspec.json.Encoder().encode
_ticket_of: Final = msgspec.json.Decoder(Ticket).decode
_layout_of: Final = msgspec.json.Decoder(LayoutLine).decode
_LAYOUT: Final = b'{"layout":'
"""How the record of a layout begins; that of a ticket begins with its source."""


def decode(payload: bytes) -> Stored:
    """A record of the store."""
    return _layout_of(payload) if payload.startswith(_LAYOUT) else _ticket_of(payload)


class Positions(msgspec.Struct, frozen=True):
    """How far sources were read, kept beside the store for tickets that are let go, or that another store has."""

    last: dict[str, Ticket]
    files: dict[str, dict[str, int]]


class _Known(msgspec.Struct, frozen=True):
    """What the records up to a position come to, and the record there. Nothing in it is the truth."""

    position: int
    record: str
    last: dict[str, Ticket]
    files: dict[str, dict[str, int]]
    layouts: dict[str, str]


class Store:
    """One journal of tickets.

    `last` is each source's newest ticket, `files` how far each of its files was read, `layouts` texts by digest.

    `before`: positions from before the journal's oldest record; a newer ticket replaces them.
    """

    def __init__(self, journal: Journal, before: Positions | None = None) -> None:
        self.journal = journal
        found = before or Positions({}, {})
        self.last: dict[str, Ticket] = dict(found.last)
        self.files: dict[str, dict[str, int]] = {name: dict(ends) for name, ends in found.files.items()}
        self.layouts: dict[str, str] = {}
        self._places: list[Place] = []
        self._kept = self._recall()
        for _sequence, one in self.records(self._kept):
            self._note(one)

    def _recall(self) -> int:
        """Take up what was kept beside the journal; the position after which records are still to be read, 0: all of them.

        It counts if the journal has the very record there after which it was kept.
        """
        storage = self.journal.storage
        if KEPT not in storage.names():
            return 0
        try:
            kept = msgspec.json.decode(storage.read(KEPT, 0, storage.size(KEPT)), type=_Known)
        except (msgspec.DecodeError, RecursionError):
            return 0
        if self._record(kept.position) != kept.record:
            return 0
        self.last.update(kept.last)
        for name, ends in kept.files.items():
            self.files.setdefault(name, {}).update(ends)
        self.layouts.update(kept.layouts)
        return kept.position

    def _record(self, position: int) -> str:
        segments = self.journal.segments
        oldest = segments[0].first if segments else self.journal.active_segment()[1]
        if not oldest <= position <= self.journal.durable:
            return ""
        found = JournalReader(self.journal, position - 1).read(1)
        return found[0].payload.decode() if found else ""

    def keep(self, least: int) -> None:
        """Write down what the records come to, all of them durable, if so many are new: the next start need not read them again."""
        last = self.journal.durable
        if last - self._kept < least:
            return
        known = _Known(last, self._record(last), self.last, self.files, self.layouts)
        with suppress(OSError):
            replace_file(self.journal.storage, KEPT, msgspec.json.encode(known))
            self._kept = last

    def close(self, now_ms: int) -> None:
        """Commit and release."""
        if self.journal.state in ("OPEN", "LOW"):
            self.journal.commit(now_ms)
            self.keep(WORTH)
        self.journal.close(now_ms)

    @property
    def identity(self) -> str:
        """The store's identity, hex."""
        return self.journal.identity.hex()

    @property
    def positions(self) -> Positions:
        """How far sources have been read."""
        return Positions(self.last, self.files)

    def _note(self, one: Stored) -> None:
        if isinstance(one, LayoutLine):
            self.layouts[one.digest] = one.toml
            return
        self.last[one.s] = one
        if not isinstance(one.o, int):
            self.files.setdefault(one.s, {})[one.o[0]] = one.o[1]

    def add(self, source: str, lines: Sequence[Line], received_ms: int) -> int:
        """Take lines in, in order, as many as may wait for a commit, after which they are durable; how many.

        A line too long for a record is cut and says so.
        """
        made = [_ticket(source, line, received_ms, origin) for line, origin in lines]
        count = self.journal.append_all([payload for _one, payload in made])
        if count:
            self.last[source] = made[count - 1][0]
            ends = [origin for _line, origin in lines[:count] if not isinstance(origin, int)]
            if ends:
                self.files.setdefault(source, {}).update(ends)
        return count

    def add_layout(self, layout: Layout) -> None:
        """Keep a layout, once for each text of it."""
        if layout.digest not in self.layouts:
            self.layouts[layout.digest] = layout.text
            self.journal.append(msgspec.json.encode(LayoutLine(layout.name, layout.digest, layout.text)))

    def records(self, after: int) -> Iterator[tuple[int, Stored]]:
        """Durable records after a sequence, in order; from the oldest that is kept."""
        segments = self.journal.segments
        behind = bisect(self._places, after + 1, key=_sequence_of)
        near = self._places[behind - 1] if behind else None
        reader = JournalReader(self.journal, 0 if segments and after + 1 < segments[0].first else after, near)
        while entries := reader.read(CHUNK):
            self._remember(reader.place)
            for entry in entries:
                yield entry.sequence, decode(entry.payload)

    def _remember(self, place: Place | None) -> None:
        """Where a reader has been, so that the next one need not read a segment from its start."""
        if place is None:
            return
        at = bisect(self._places, place.sequence, key=_sequence_of)
        if not at or self._places[at - 1].sequence != place.sequence:
            self._places.insert(at, place)
            del self._places[: max(0, len(self._places) - MOST_PLACES)]


def _sequence_of(place: Place) -> int:
    return place.sequence


def _ticket(source: str, line: bytes, received_ms: int, origin: Origin) -> tuple[Ticket, bytes]:
    kept = line
    while True:
        ticket = Ticket(source, received_ms, origin, *_text(kept))
        payload = _encode(ticket)
        if len(payload) <= LONGEST:
            return ticket, payload
        mark = hashlib.sha256(line).hexdigest()[:16]
        kept = line[: len(kept) // 2] + f" [cut: {len(line)} octets, sha256 {mark}]".encode()


def _text(line: bytes) -> tuple[str | None, str | None]:
    try:
        return line.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(line).decode()
