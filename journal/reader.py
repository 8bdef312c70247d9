"""Reading records by position, from the writer's own process or from a copy of the directory.

`JournalReader` follows a live journal and never shows a record that is not durable. `read_directory` reads the files
alone (a command, an importer): only sealed segments are promised; of an unsealed last one it yields what is readable,
because the writer may be in the middle of it.

Source: reliability.md section 5 (rule 4), D7.
"""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from ain_scp.journal.faults import JournalFault, fault_of
from ain_scp.journal.recovery import SegmentInfo
from ain_scp.journal.segment import (
    HEADER_OCTETS,
    MAX_SEGMENT_OCTETS,
    RECORD_OCTETS,
    SUFFIX,
    TRAILER_OCTETS,
    Record,
    decode_header,
    decode_record,
    decode_run,
    decode_trailer,
    name_of,
    records_of,
)
from ain_scp.journal.storage import Storage
from ain_scp.journal.writer import Journal

_CHUNK_OCTETS: Final = 1 << 18


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One durable record and its sequence number."""

    sequence: int
    payload: bytes


class Place(NamedTuple):
    """Where a record stands: its sequence number, segment and offset. Good as long as the segment is kept."""

    sequence: int
    name: str
    offset: int


class JournalReader:
    """A cursor on a live journal; reading on costs nothing for what was read before."""

    def __init__(self, journal: Journal, after: int, near: Place | None = None) -> None:
        """Begin after sequence number `after` (0: at the oldest record still kept).

        `near`: a place of this journal at or before that record, where another reader has been: a segment is not read from
        its start again.
        """
        self._journal = journal
        self._name = ""
        self._offset = 0
        self._end = 0
        if near is not None and near.sequence <= after + 1 and self._is_kept(near.name):
            _sequence, self._name, self._offset = near
        self.next_sequence = after + 1
        self._octets = b""
        self._octets_at = self._offset

    @property
    def place(self) -> Place | None:
        """Where the next record stands; None before anything was read."""
        return Place(self.next_sequence, self._name, self._offset) if self._name else None

    def _is_kept(self, name: str) -> bool:
        return name == self._journal.active_segment()[0] or any(
            one.name == name for one in self._journal.segments
        )

    def read(self, most: int) -> list[Entry]:
        """Return up to `most` durable records from the cursor on, in order; [] when there are none yet.

        JournalFault CORRUPT when a durable record cannot be read, or is no longer kept.
        """
        entries: list[Entry] = []
        while len(entries) < most and self.next_sequence <= self._journal.durable:
            for record in self._read_already(most - len(entries)) or (self._record(),):
                if record.sequence >= self.next_sequence:
                    entries.append(Entry(record.sequence, record.payload))
                    self.next_sequence = record.sequence + 1
        return entries

    def _read_already(self, most: int) -> list[Record]:
        """Records that follow the cursor among the octets read before; the cursor steps past them."""
        if self._offset >= self._end:
            return []
        found = decode_run(self._octets, self._offset - self._octets_at, most)
        self._offset += sum(RECORD_OCTETS + len(one.payload) for one in found)
        return found

    def _record(self) -> Record:
        """Read the record at the cursor's offset and step past it."""
        if self._offset >= self._end:
            self._end = self._limit() if self._name else 0
            if self._offset >= self._end:
                self._seek()
        try:
            record = self._decode()
        except OSError as error:
            raise fault_of(error, f"reading {self._name}") from error
        self._offset += RECORD_OCTETS + len(record.payload)
        return record

    def _decode(self) -> Record:
        record = decode_record(self._octets, self._offset - self._octets_at)
        if isinstance(record, str):
            self._fill(min(_CHUNK_OCTETS, self._end - self._offset))
            record = decode_record(self._octets, 0)
        if isinstance(record, str):
            self._fill(self._end - self._offset)
            record = decode_record(self._octets, 0)
        if isinstance(record, str):
            raise JournalFault("CORRUPT", f"{self._name}, octet {self._offset}: {record}")
        return record

    def _fill(self, length: int) -> None:
        self._octets = self._journal.storage.read(self._name, self._offset, length)
        self._octets_at = self._offset

    def _limit(self) -> int:
        """Offset after the last durable record of the cursor's segment."""
        name, _, octets = self._journal.active_segment()
        if name == self._name:
            return octets
        for segment in self._journal.segments:
            if segment.name == self._name:
                return segment.octets - TRAILER_OCTETS
        raise JournalFault("CORRUPT", f"{self._name} is no longer kept")

    def _seek(self) -> None:
        """Stand at the start of the segment that holds the next record."""
        name, first, _ = self._journal.active_segment()
        if self.next_sequence < first:
            name = self._sealed_name()
        self._name, self._offset = name, HEADER_OCTETS
        self._octets, self._octets_at = b"", HEADER_OCTETS
        self._end = self._limit()

    def _sealed_name(self) -> str:
        oldest = self._journal.segments[0] if self._journal.segments else None
        if oldest is not None and self.next_sequence == 1 < oldest.first:
            self.next_sequence = oldest.first
        for segment in self._journal.segments:
            if segment.first <= self.next_sequence <= segment.last:
                return segment.name
        raise JournalFault("CORRUPT", f"record {self.next_sequence} is no longer kept")


def read_directory(storage: Storage, after: int = 0, *, proven: bool = False) -> Iterator[Entry]:
    """Yield the records of a journal's files with a sequence number above `after`, in order, each checked.

    Segments that end before `after` are not opened. `proven`: of an unsealed last segment only what is known to be
    durable, which is everything before its last group. JournalFault CORRUPT for a gap or for damage in a sealed
    segment; an unsealed last segment just ends.
    """
    expected = 0
    for name in _names_behind(storage, after):
        octets = _whole(storage, name)
        first = decode_header(octets[:HEADER_OCTETS]).first
        if name_of(first) != name or (expected and first != expected):
            raise JournalFault("CORRUPT", f"{name} does not follow record {expected - 1}")
        expected, end = first, HEADER_OCTETS
        sealed = not proven or decode_trailer(octets[-TRAILER_OCTETS:]) is not None
        group: list[Record] = []
        for record, behind in records_of(octets, first):
            expected, end = record.sequence + 1, behind
            if record.sequence <= after:
                continue
            if sealed:
                yield Entry(sequence=record.sequence, payload=record.payload)
                continue
            if group and group[0].group_first != record.group_first:
                yield from [Entry(sequence=durable.sequence, payload=durable.payload) for durable in group]
                group = []
            group.append(record)
        _check_end(name, octets, end, expected - 1)


def _names_behind(storage: Storage, after: int) -> list[str]:
    """Names of the segments, without those that end at or before record `after`."""
    names = [name for name in storage.names() if name.endswith(SUFFIX)]
    begun = sum(name <= name_of(after + 1) for name in names)
    return names[max(begun - 1, 0) :]


def _whole(storage: Storage, name: str) -> bytes:
    try:
        size = storage.size(name)
        if size > MAX_SEGMENT_OCTETS:
            raise JournalFault("CORRUPT", f"{name} has {size} octets, more than any segment")
        return storage.read(name, 0, size)
    except OSError as error:
        raise fault_of(error, f"reading {name}") from error


def _check_end(name: str, octets: bytes, end: int, last: int) -> None:
    """Check a sealed segment against its trailer."""
    trailer = decode_trailer(octets[-TRAILER_OCTETS:])
    if trailer is None:
        return
    whole = trailer.last == last and trailer.count == last - trailer.first + 1
    if not whole or trailer.checksum != zlib.crc32(memoryview(octets)[HEADER_OCTETS:end]):
        raise JournalFault(
            "CORRUPT", f"{name}, octet {end}: readable to record {last}, sealed with {trailer.last}"
        )


def damage_of(storage: Storage, segment: SegmentInfo) -> str:
    """What is wrong with a sealed segment whose trailer was good at open; empty for nothing, or when it was retired."""
    try:
        octets = storage.read(segment.name, HEADER_OCTETS, segment.octets - HEADER_OCTETS)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{segment.name}: {error.strerror or error}"
    trailer = decode_trailer(octets[-TRAILER_OCTETS:])
    if trailer is None or trailer.checksum != zlib.crc32(memoryview(octets)[:-TRAILER_OCTETS]):
        return f"{segment.name} is damaged (records {segment.first} to {segment.last})"
    return ""
