"""One enterprise's journal: its tickets as they came, and a closing record for each batch accepted.

A batch's tickets and its closing record are one commit. A crash between leaves tickets without a closing record; when the
batch comes again, tickets that are there already are not stored twice.

Source: C-014, C-015.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import islice

import msgspec

from ain_scp.journal.reader import JournalReader, Place
from ain_scp.journal.storage import replace_file
from ain_scp.journal.writer import Journal
from ain_scp.tickets.envelope.content import FIRST, Content
from ain_scp.tickets.provider.lines import Checked, lines_in

CHUNK = 500
KEPT = "book.json"
WORTH = 5_000
MUCH = 50_000
"""Records that are worth writing down what they come to, at the end and on the way."""


class Closed(msgspec.Struct, frozen=True):
    """A batch accepted. `t` is its arrival in milliseconds."""

    closed: str
    number: int
    digest: str
    tickets: int
    t: int
    signed_by: str
    sealed_to: str = ""


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A line of a batch (a ticket or a layout) with the store it came from and its arrival."""

    store: str
    t: int
    line: msgspec.Raw


_kept_of = msgspec.json.Decoder(Kept).decode
_closed_of = msgspec.json.Decoder(Closed).decode
_CLOSED = b'{"closed":'
"""How the record of a batch begins; that of a line begins with its store."""


class _Sequence(msgspec.Struct, frozen=True):
    q: int
    t: int = 0
    layout: str | None = None
    digest: str = ""


def record_of(payload: bytes) -> Kept | Closed:
    """A record of an enterprise's journal."""
    return _closed_of(payload) if payload.startswith(_CLOSED) else _kept_of(payload)


class _Known(msgspec.Struct, frozen=True):
    """What the records up to a batch come to: the batch and its position, digests, last sequences and layouts by store."""

    position: int
    newest: Closed
    accepted: dict[str, dict[int, str]]
    last: dict[str, int]
    layouts: dict[str, set[str]]
    sealed_to: dict[str, int]


class Book:
    """What one enterprise has delivered."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._accepted: dict[str, dict[int, str]] = {}
        self._last: dict[str, int] = {}
        self._layouts: dict[str, set[str]] = {}
        self._sealed_to: dict[str, int] = {}
        self._place: Place | None = None
        self._newest: tuple[int, Closed] | None = None
        self._unkept = 0
        for sequence, one in self.records(self._recall()):
            self._unkept += 1
            if isinstance(one, Closed):
                self._close(one, sequence)
            else:
                self._note(one.store, msgspec.json.decode(one.line, type=_Sequence))

    def _recall(self) -> int:
        """Take up what was kept beside the journal; the position after which records are still to be read, 0: all of them.

        It counts if the journal has the very batch there after which it was kept: the chain of digests speaks for those before.
        """
        storage = self.journal.storage
        if KEPT not in storage.names():
            return 0
        try:
            kept = msgspec.json.decode(storage.read(KEPT, 0, storage.size(KEPT)), type=_Known)
        except (msgspec.DecodeError, RecursionError):
            return 0
        there = (
            JournalReader(self.journal, kept.position - 1).read(1)
            if 0 < kept.position <= self.journal.durable
            else []
        )
        if not there or there[0].payload != msgspec.json.encode(kept.newest):
            return 0
        self._accepted, self._last, self._layouts = kept.accepted, kept.last, kept.layouts
        self._sealed_to, self._newest = kept.sealed_to, (kept.position, kept.newest)
        return kept.position

    def _keep(self, least: int) -> None:
        """Write down what is known, so that the next start need not read the whole journal. Nothing in it is the truth."""
        if self._newest is None or self._unkept < least:
            return
        known = _Known(*self._newest, self._accepted, self._last, self._layouts, self._sealed_to)
        with suppress(OSError):
            replace_file(self.journal.storage, KEPT, msgspec.json.encode(known))
            self._unkept = 0

    def close(self, now_ms: int) -> None:
        """Commit and release."""
        if self.journal.state in ("OPEN", "LOW"):
            self._keep(WORTH)
        self.journal.close(now_ms)

    def _close(self, one: Closed, position: int) -> None:
        self._newest = position, one
        self._accepted.setdefault(one.closed, {})[one.number] = one.digest
        self._sealed_to[one.sealed_to] = one.t

    def last_sealed_to(self, mark: str) -> int:
        """When the last batch was accepted that was sealed to a certificate (its fingerprint), in milliseconds; 0: never."""
        return self._sealed_to.get(mark, 0)

    def _note(self, store: str, line: _Sequence) -> None:
        if line.layout is None:
            self._last[store] = max(self._last.get(store, 0), line.q)
        else:
            self._layouts.setdefault(store, set()).add(line.digest[:16])

    def layouts(self, store: str) -> frozenset[str]:
        """Marks of the layouts that a store has sent."""
        return frozenset(self._layouts.get(store, ()))

    @property
    def stores(self) -> list[str]:
        """Stores with at least one batch accepted."""
        return sorted(self._accepted)

    def last_number(self, store: str) -> int:
        """The last batch accepted of a store."""
        return max(self._accepted.get(store, {}), default=0)

    def digest(self, store: str, number: int) -> str:
        """The digest of an accepted batch; of number 0 what a first batch names."""
        return self._accepted.get(store, {}).get(number, FIRST if not number else "")

    def first_since(self, received_ms: int) -> int:
        """The position of the first ticket that the enterprise received at or after an instant; 0: there is none."""
        for at, one in self.records(0):
            if isinstance(one, Kept):
                line = msgspec.json.decode(one.line, type=_Sequence)
                if line.layout is None and line.t >= received_ms:
                    return at
        return 0

    def first_of(self, marks: AbstractSet[str]) -> int:
        """The position of the first of some lines (store:sequence) or batches (store:number); 0: there is none.

        A mark may be either: the earlier of the two is given.
        """
        begins: dict[str, int] = {}
        for at, one in self.records(0):
            if isinstance(one, Closed):
                if f"{one.closed}:{one.number}" in marks:
                    return begins[one.closed]
                begins.pop(one.closed, None)
                continue
            begins.setdefault(one.store, at)
            line = msgspec.json.decode(one.line, type=_Sequence)
            if line.layout is None and f"{one.store}:{line.q}" in marks:
                return at
        return 0

    def accept(
        self, content: Content, lines: Sequence[Checked], now_ms: int, signed_by: str, sealed_to: str = ""
    ) -> None:
        """Store a batch, whose lines were checked; it is accepted when this returns."""
        header, store = content.header, content.header.store
        before, head = self._last.get(store, 0), b'{"store":"%b","t":%d,"line":' % (store.encode(), now_ms)
        closing = Closed(store, header.number, content.digest, header.tickets, now_ms, signed_by, sealed_to)
        new = (
            head + octets + b"}"
            for one, octets in zip(lines, lines_in(content.body), strict=True)
            if one.layout or one.sequence > before
        )
        while payloads := list(islice(new, CHUNK)):
            self._append(payloads, now_ms)
        self._append([msgspec.json.encode(closing)], now_ms)
        self.journal.commit(now_ms)
        self._last[store] = max(before, *(one.sequence for one in lines), 0)
        self._layouts.setdefault(store, set()).update(one.layout for one in lines if one.layout)
        self._close(closing, self.journal.durable)
        self._unkept += len(lines)
        self._keep(MUCH)

    def _append(self, payloads: list[bytes], now_ms: int) -> None:
        """Records of the next commit; what is there already is committed first where more may not wait."""
        while payloads := payloads[self.journal.append_all(payloads) :]:
            self.journal.commit(now_ms)

    def records(self, after: int) -> Iterator[tuple[int, Kept | Closed]]:
        """Durable records after a sequence, in order; who continues where the last reading ended reads nothing twice."""
        reader = JournalReader(self.journal, after, self._place)
        while entries := reader.read(CHUNK):
            self._place = reader.place
            for entry in entries:
                yield entry.sequence, record_of(entry.payload)
