"""The octets of one segment: header, records, trailer; and the scan that distinguishes a torn tail from damage.

```
header   "AINJRNL1" version(2) length(2) identity(16) first sequence(8) created ms(8) crc(4)             48 octets
record   "AJR1" payload length(4) sequence(8) place in group(4) crc(4) payload                           24 + n octets
trailer  "AJS1" first(8) last(8) count(8) body octets(8) sealed ms(8) body checksum(4) crc(4)            52 octets
```
Big-endian. A record's CRC covers its header and payload, so a stale or misplaced record is not taken for a good one.
The place in the group says what was durable when the record was written: everything before its group, because groups
are written one after another, each synced before the next. So a readable record of a later group proves that an
unreadable earlier one had been acknowledged: that is damage, and the journal refuses to open. Unreadable octets with no
such proof after them are a torn tail and are cut. CRC-32 as in ISO 3309 (zlib).

Source: libraries.md section 6a (segment files), reliability.md D3; the layout is this project's own.
"""

import zlib
from collections.abc import Iterator, Sequence
from struct import Struct as Layout
from typing import Final

import msgspec

from ain_scp.journal.faults import JournalFault

VERSION: Final = 1
SUFFIX: Final = ".segment"
_MAGIC: Final = b"AINJRNL1"
_RECORD_MARK: Final = b"AJR1"
_TRAILER_MARK: Final = b"AJS1"
_HEADER: Final = Layout(">8sHH16sQq")
_RECORD: Final = Layout(">4sIQI")
_RECORD_WHOLE: Final = Layout(">4sIQII")
_TRAILER: Final = Layout(">4sQQQQqI")
_CRC: Final = Layout(">I")

HEADER_OCTETS: Final = _HEADER.size + _CRC.size
RECORD_OCTETS: Final = _RECORD.size + _CRC.size
TRAILER_OCTETS: Final = _TRAILER.size + _CRC.size
MAX_RECORD_OCTETS: Final = 1 << 20
"""Longest payload any version of this format may hold: a length beyond it is damage."""
MAX_SEGMENT_OCTETS: Final = 1 << 30
"""Longest segment that is read at all."""


class Header(msgspec.Struct, frozen=True):
    """Who the journal is, the first sequence number of the segment, and when it was begun (ms, as passed in)."""

    identity: bytes
    first: int
    created_ms: int


class Trailer(msgspec.Struct, frozen=True):
    """What a sealed segment holds; `last` is `first - 1` when it holds nothing."""

    first: int
    last: int
    count: int
    body_octets: int
    sealed_ms: int
    checksum: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as read: its sequence number, the first sequence number of its commit group, its payload."""

    sequence: int
    group_first: int
    payload: bytes


class Scan(msgspec.Struct, frozen=True):
    """What a scan of a segment's body found.

    `end` is the offset after the last good record, `problem` says why the scan stopped there ("" when it stopped at
    the end of the file or at a good trailer), `proof` is the sequence number of a readable record after the problem
    that was written after the unreadable one had been made durable (0: none).
    """

    last: int
    end: int
    checksum: int
    trailer: Trailer | None
    problem: str
    proof: int


def name_of(first: int) -> str:
    """File name of the segment that begins with sequence number `first`; names sort as the numbers do."""
    return f"{first:020d}{SUFFIX}"


def encode_header(header: Header) -> bytes:
    """Write a segment header."""
    octets = _HEADER.pack(_MAGIC, VERSION, HEADER_OCTETS, header.identity, header.first, header.created_ms)
    return octets + _CRC.pack(zlib.crc32(octets))


def decode_header(octets: bytes) -> Header:
    """Read a segment header; JournalFault CORRUPT when it is none."""
    if len(octets) < HEADER_OCTETS:
        raise JournalFault("CORRUPT", f"segment header has {len(octets)} of {HEADER_OCTETS} octets")
    body = octets[: _HEADER.size]
    magic, version, length, identity, first, created_ms = _HEADER.unpack(body)
    if magic != _MAGIC or octets[_HEADER.size : HEADER_OCTETS] != _CRC.pack(zlib.crc32(body)):
        raise JournalFault("CORRUPT", "segment header is not one, or its checksum is wrong")
    if version != VERSION or length != HEADER_OCTETS:
        raise JournalFault("CORRUPT", f"segment of version {version}; this release reads version {VERSION}")
    return Header(identity=identity, first=first, created_ms=created_ms)


def encode_record(payload: bytes, sequence: int, place: int) -> bytes:
    """Write one record; `place` is how many records of its commit group come before it."""
    head = _RECORD.pack(_RECORD_MARK, len(payload), sequence, place)
    return head + _CRC.pack(zlib.crc32(payload, zlib.crc32(head))) + payload


def encode_group(payloads: Sequence[bytes], first: int) -> bytes:
    """Write the records of a commit group; the first one has this sequence number."""
    pack, pack_crc, crc32 = _RECORD.pack, _CRC.pack, zlib.crc32
    pieces: list[bytes] = []
    add = pieces.append
    for place, payload in enumerate(payloads):
        head = pack(_RECORD_MARK, len(payload), first + place, place)
        add(head)
        add(pack_crc(crc32(payload, crc32(head))))
        add(payload)
    return b"".join(pieces)


def decode_record(octets: bytes, offset: int) -> Record | str:
    """Read the record at `offset`; a string says what is wrong with it."""
    if len(octets) - offset < RECORD_OCTETS:
        return "record header is incomplete"
    mark, length, sequence, place = _RECORD.unpack_from(octets, offset)
    if mark != _RECORD_MARK:
        return "no record mark"
    if length > MAX_RECORD_OCTETS:
        return "record length is impossible"
    start = offset + RECORD_OCTETS
    payload = octets[start : start + length]
    if len(payload) < length:
        return "record is incomplete"
    crc = zlib.crc32(payload, zlib.crc32(octets[offset : offset + _RECORD.size]))
    if crc != _CRC.unpack_from(octets, offset + _RECORD.size)[0]:
        return "record checksum is wrong"
    return Record(sequence=sequence, group_first=sequence - place, payload=payload)


def decode_run(octets: bytes, offset: int, most: int) -> list[Record]:
    """Read the records that follow each other from `offset` on, at most so many; it ends before the first other thing."""
    unpack, crc32, size = _RECORD_WHOLE.unpack_from, zlib.crc32, _RECORD.size
    found: list[Record] = []
    last = len(octets) - RECORD_OCTETS
    while offset <= last and len(found) < most:
        mark, length, sequence, place, crc = unpack(octets, offset)
        start = offset + RECORD_OCTETS
        payload = octets[start : start + length]
        if (
            mark != _RECORD_MARK
            or len(payload) < length
            or crc32(payload, crc32(octets[offset : offset + size])) != crc
        ):
            break
        found.append(Record(sequence, sequence - place, payload))
        offset = start + length
    return found


def encode_trailer(trailer: Trailer) -> bytes:
    """Write the trailer that seals a segment."""
    octets = _TRAILER.pack(
        _TRAILER_MARK,
        trailer.first,
        trailer.last,
        trailer.count,
        trailer.body_octets,
        trailer.sealed_ms,
        trailer.checksum,
    )
    return octets + _CRC.pack(zlib.crc32(octets))


def decode_trailer(octets: bytes) -> Trailer | None:
    """Read the last octets of a segment as a trailer; None when they are none."""
    if len(octets) != TRAILER_OCTETS or octets[:4] != _TRAILER_MARK:
        return None
    body = octets[: _TRAILER.size]
    if octets[_TRAILER.size :] != _CRC.pack(zlib.crc32(body)):
        return None
    _, first, last, count, body_octets, sealed_ms, checksum = _TRAILER.unpack(body)
    return Trailer(
        first=first,
        last=last,
        count=count,
        body_octets=body_octets,
        sealed_ms=sealed_ms,
        checksum=checksum,
    )


def records_of(octets: bytes, first: int) -> Iterator[tuple[Record, int]]:
    """Yield each good record from the start of the body with the offset after it; stop at the first other thing."""
    offset, sequence = HEADER_OCTETS, first
    while offset < len(octets):
        record = decode_record(octets, offset)
        if isinstance(record, str) or record.sequence != sequence:
            return
        offset += RECORD_OCTETS + len(record.payload)
        sequence += 1
        yield record, offset


def scan(octets: bytes, first: int) -> Scan:
    """Walk the whole segment `octets` that begins with sequence number `first`."""
    end, last = _good_part(octets, first)
    checksum = zlib.crc32(memoryview(octets)[HEADER_OCTETS:end])
    rest = octets[end:]
    if not rest:
        return Scan(last=last, end=end, checksum=checksum, trailer=None, problem="", proof=0)
    trailer = decode_trailer(rest)
    if trailer is not None and _agrees(trailer, first, last, end, checksum):
        return Scan(last=last, end=end, checksum=checksum, trailer=trailer, problem="", proof=0)
    found = decode_record(octets, end)
    problem = found if isinstance(found, str) else f"record {found.sequence} stands where {last + 1} belongs"
    return Scan(
        last=last,
        end=end,
        checksum=checksum,
        trailer=None,
        problem=problem,
        proof=_proof_behind(octets, end, last + 1),
    )


def _good_part(octets: bytes, first: int) -> tuple[int, int]:
    """Return the offset after the last good record and its number: `records_of` without making the records."""
    view = memoryview(octets)
    offset, sequence, size = HEADER_OCTETS, first, len(octets)
    while offset + RECORD_OCTETS <= size:
        mark, length, number, _ = _RECORD.unpack_from(octets, offset)
        start = offset + RECORD_OCTETS
        behind = start + length
        if mark != _RECORD_MARK or number != sequence or length > MAX_RECORD_OCTETS or behind > size:
            break
        crc = zlib.crc32(view[start:behind], zlib.crc32(view[offset : start - _CRC.size]))
        if crc != _CRC.unpack_from(octets, start - _CRC.size)[0]:
            break
        offset, sequence = behind, sequence + 1
    return offset, sequence - 1


def _agrees(trailer: Trailer, first: int, last: int, end: int, checksum: int) -> bool:
    return (
        trailer.first == first
        and trailer.last == last
        and trailer.count == last - first + 1
        and trailer.body_octets == end - HEADER_OCTETS
        and trailer.checksum == checksum
    )


def _proof_behind(octets: bytes, offset: int, missing: int) -> int:
    """Find a later sign that record `missing` was durable: a record of a later group, or a trailer.

    A trailer proves it too: a segment is sealed only after its records were synced.
    """
    trailer = decode_trailer(octets[-TRAILER_OCTETS:])
    if trailer is not None and trailer.last >= missing:
        return trailer.last
    at = octets.find(_RECORD_MARK, offset)
    while at >= 0:
        record = decode_record(octets, at)
        if isinstance(record, Record) and record.group_first > missing:
            return record.sequence
        at = octets.find(_RECORD_MARK, at + 1)
    return 0
