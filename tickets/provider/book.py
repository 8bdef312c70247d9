"""One enterprise's journal: its tickets as they came, and a closing record for each batch accepted.

A batch's tickets and its closing record are one commit. A crash between leaves tickets without a closing record; when the
batch comes again, tickets that are there already are not stored twice.

Source: C-014, C-015.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from ain_scp.journal.reader import JournalReader, Place
from ain_scp.journal.writer import Journal
from ain_scp.tickets.envelope.content import FIRST, Content
from ain_scp.tickets.provider.lines import Checked

CHUNK = 500


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


class Book:
    """What one enterprise has delivered."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._accepted: dict[str, dict[int, str]] = {}
        self._last: dict[str, int] = {}
        self._layouts: dict[str, set[str]] = {}
        self._sealed_to: dict[str, int] = {}
        self._place: Place | None = None
        for _sequence, one in self.records(0):
            if isinstance(one, Closed):
                self._close(one)
            else:
                self._note(one.store, msgspec.json.decode(one.line, type=_Sequence))

    def _close(self, one: Closed) -> None:
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
        payloads = [head + one.octets + b"}" for one in lines if one.layout or one.sequence > before]
        payloads.append(msgspec.json.encode(closing))
        while payloads:
            payloads = payloads[self.journal.append_all(payloads) :]
            self.journal.commit(now_ms)
        self._last[store] = max(before, *(one.sequence for one in lines), 0)
        self._layouts.setdefault(store, set()).update(one.layout for one in lines if one.layout)
        self._close(closing)

    def records(self, after: int) -> Iterator[tuple[int, Kept | Closed]]:
        """Durable records after a sequence, in order; nothing is read twice by who goes on where the last one ended."""
        reader = JournalReader(self.journal, after, self._place)
        while entries := reader.read(CHUNK):
            self._place = reader.place
            for entry in entries:
                payload = entry.payload
                yield entry.sequence, (_closed_of if payload.startswith(_CLOSED) else _kept_of)(payload)
