"""Publishing a journal to a broker, without the broker: batches out, acknowledgements in, nothing lost.

A `Publication` reads the journal as the named consumer and hands out batches; the edge that owns a connection sends
each payload and reports what the broker confirmed; the durable position moves over confirmed batches without a gap. After a loss of the connection, or a restart, everything after the position is sent again. So a receiver may see
a batch twice but never misses one: `Receiver` recognises repeats by the journal's identity and the sequence numbers.

Payload (JSON, UTF-8): {"stream", "journal" (hex), "first", "last", "records": [{"sequence", "record"}]}. A record is
embedded as it is when it is JSON, else as {"base64": "..."}.

Source: A-225, A-242 (events), reliability.md section 5 (sequence numbers, acknowledged position).
"""

import base64
from collections import deque
from typing import Final

import msgspec

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.reader import Entry, JournalReader
from ain_scp.journal.writer import Journal

MAX_PAYLOAD_OCTETS: Final = 16 << 20
"""Longest batch a receiver looks at."""
_ENCODER: Final = msgspec.json.Encoder()


class PublishedRecord(msgspec.Struct, frozen=True):
    """One journal record inside a batch."""

    sequence: int
    record: msgspec.Raw


class BatchBody(msgspec.Struct, frozen=True):
    """The JSON of one batch."""

    stream: str
    journal: str
    first: int
    last: int
    records: tuple[PublishedRecord, ...]


class Batch(msgspec.Struct, frozen=True):
    """One batch to send: its sequence numbers and its octets."""

    first: int
    last: int
    payload: bytes


class Publication:
    """The sending side for one stream of one journal.

    At most `in_flight` batches of at most `records` records and about `octets` octets are out unconfirmed. The position is
    made durable after every `save_every` confirmed batches, and whenever nothing is out.
    """

    def __init__(
        self,
        journal: Journal,
        stream: str,
        records: int = 100,
        octets: int = 256 << 10,
        in_flight: int = 8,
        save_every: int = 1,
    ) -> None:
        self._journal = journal
        self.stream = stream
        self._records = records
        self._octets = octets
        self._in_flight = in_flight
        self._out: deque[Batch] = deque()
        self._confirmed: set[int] = set()
        self._held: Entry | None = None
        self._save_every = save_every
        self._unsaved = 0
        self.confirmed_to = journal.position(stream)
        """Last record confirmed without a gap; the durable position may be lower."""
        journal.acknowledge(
            stream, journal.position(stream)
        )  # known from now on, so nothing unsent is retired
        self._reader = JournalReader(journal, journal.position(stream))

    @property
    def position(self) -> int:
        """The durable acknowledged position."""
        return self._journal.position(self.stream)

    @property
    def waiting(self) -> int:
        """Durable records not yet confirmed by the broker."""
        return self._journal.durable - self.confirmed_to

    @property
    def out(self) -> int:
        """Batches out unconfirmed."""
        return len(self._out)

    @property
    def journal(self) -> str:
        """The journal's identity as it stands in batches."""
        return self._journal.identity.hex()

    def next_batch(self) -> Batch | None:
        """Return the next batch to send, or None when all is out or enough is unconfirmed."""
        if len(self._out) >= self._in_flight:
            return None
        entries = self._take()
        if not entries:
            return None
        batch = encode_batch(self.stream, self._journal.identity, entries)
        self._out.append(batch)
        return batch

    def confirmed(self, last: int) -> int:
        """Take the broker's confirmation of the batch that ends with `last`; return the new position.

        Confirmations may come in any order; the position moves over the batches confirmed without a gap.
        Confirmations of batches no longer out (from before a loss) are ignored. JournalFault when the position cannot
        be made durable: then the batches are sent again, and recognised.
        """
        if all(batch.last != last for batch in self._out):
            return self.confirmed_to
        self._confirmed.add(last)
        while self._out and self._out[0].last in self._confirmed:
            done = self._out.popleft().last
            self._confirmed.discard(done)
            self.confirmed_to = max(self.confirmed_to, done)
            self._unsaved += 1
        if self._unsaved >= self._save_every or not self._out:
            self.save()
        return self.confirmed_to

    def accepted(self, last: int) -> int:
        """Take a receiver's word that it has everything up to `last`: confirms every batch out that ends there or before."""
        for batch in [batch for batch in self._out if batch.last <= last]:
            self.confirmed(batch.last)
        return self.confirmed_to

    def save(self) -> None:
        """Make the position durable now; JournalFault when that cannot be done."""
        if self.confirmed_to > self.position:
            self._journal.acknowledge(self.stream, self.confirmed_to)
        self._unsaved = 0

    def lost(self, again: int = 0) -> None:
        """The connection is gone: begin again after the position, or `again` records before it, as far as they are kept.

        A broker that died may have lost what it confirmed; receivers recognise what they get twice.
        """
        self._out.clear()
        self._confirmed.clear()
        self._held = None
        after = self.confirmed_to - max(again, 0)
        self._reader = JournalReader(self._journal, max(after, self._oldest() - 1, 0))

    def _oldest(self) -> int:
        segments = self._journal.segments
        return segments[0].first if segments else self._journal.active_segment()[1]

    def _take(self) -> list[Entry]:
        """Read up to one batch of entries; the one that would make it too long is held for the next."""
        entries: list[Entry] = []
        octets = 0
        while len(entries) < self._records:
            entry = self._held or next(iter(self._reader.read(1)), None)
            self._held = None
            if entry is None:
                break
            octets += len(entry.payload)
            if entries and octets > self._octets:
                self._held = entry
                break
            entries.append(entry)
        return entries


def encode_batch(stream: str, identity: bytes, entries: list[Entry]) -> Batch:
    """Write entries (at least one, in order) as one batch."""
    first, last = entries[0].sequence, entries[-1].sequence
    body = BatchBody(
        stream=stream,
        journal=identity.hex(),
        first=first,
        last=last,
        records=tuple(PublishedRecord(entry.sequence, _raw(entry.payload)) for entry in entries),
    )
    return Batch(first=first, last=last, payload=_ENCODER.encode(body))


def _raw(payload: bytes) -> msgspec.Raw:
    """Embed a payload as JSON when it is JSON."""
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return msgspec.Raw(_ENCODER.encode({"base64": base64.b64encode(payload).decode("ascii")}))
    return msgspec.Raw(payload)


class Receiver:
    """The receiving side: passes each record on once, in order, and says when something is missing."""

    def __init__(self, stream: str, position: int = 0, journal: str = "") -> None:
        """Resume after `position` of the journal with that identity ("" takes the first one seen)."""
        self.stream = stream
        self.position = position
        self.journal = journal
        self.repeated = 0
        self._decoder = msgspec.json.Decoder(BatchBody)

    def receive(self, payload: bytes) -> list[PublishedRecord]:
        """Return the records not seen before; JournalFault CORRUPT for a gap, another stream, or no batch at all."""
        body = self._decode(payload)
        if body.stream != self.stream or (self.journal and body.journal != self.journal):
            raise JournalFault("CORRUPT", f"a batch of {body.stream}/{body.journal}, not of this stream")
        if self.position and body.first > self.position + 1:
            raise JournalFault("CORRUPT", f"batch begins at {body.first}, {self.position + 1} is missing")
        self.journal = body.journal
        fresh = [record for record in body.records if record.sequence > self.position]
        self.repeated += len(body.records) - len(fresh)
        self.position = max(self.position, body.last)
        return fresh

    def _decode(self, payload: bytes) -> BatchBody:
        if len(payload) > MAX_PAYLOAD_OCTETS:
            raise JournalFault("CORRUPT", "batch is too long")
        try:
            body = self._decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise JournalFault("CORRUPT", "not a batch") from error
        numbers = [record.sequence for record in body.records]
        if not numbers or numbers != list(range(body.first, body.last + 1)):
            raise JournalFault("CORRUPT", "batch's sequence numbers are not contiguous")
        return body
