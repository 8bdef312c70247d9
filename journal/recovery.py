"""What a journal's directory holds, judged at open: which segments are whole, what was torn, what is damaged.

Rules, in this order:
1. Drafts (`*.new`) are remains of an interrupted step and are removed.
2. Segments follow each other without a gap; all but the last are sealed, and their trailers agree with their names.
3. The last segment is scanned whole. A torn tail is cut and reported; damage to what had been durable is refused.
4. What survives of an unsealed segment is copied into a new, synced, sealed file that takes its place in one rename.
   Copying, not truncating: after a failed fsync the kernel may show octets that are not on the disk, and only fresh
   pages can be made durable.
5. The head file names the oldest and newest segment and the last sealed record: what is missing of them is a loss: refused.
6. A consumer that acknowledged more than the journal holds proves a loss: refused.

Source: reliability.md section 5 (design rule 5), D1-D3.
"""

from typing import Final

import msgspec

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.head import Head, check_last, check_names, read_head
from ain_scp.journal.segment import (
    HEADER_OCTETS,
    MAX_SEGMENT_OCTETS,
    SUFFIX,
    TRAILER_OCTETS,
    Header,
    Scan,
    Trailer,
    decode_header,
    decode_trailer,
    encode_trailer,
    name_of,
    scan,
)
from ain_scp.journal.storage import Storage, replace_file

DRAFT: Final = ".new"


class SegmentInfo(msgspec.Struct, frozen=True):
    """One sealed segment: where its records are and when it was sealed (ms, as passed in)."""

    name: str
    first: int
    last: int
    octets: int
    sealed_ms: int


class Recovery(msgspec.Struct, frozen=True):
    """What opening found: `last` is the highest sequence number, `cut_octets` how much torn tail was dropped and why.

    Records cut were never acknowledged, unless the medium itself changed the last commit group: a cut is therefore
    reported, never silent.
    """

    head: Head
    identity: bytes
    segments: tuple[SegmentInfo, ...]
    last: int
    cut_octets: int
    reason: str


def recover(storage: Storage, identity: bytes, now_ms: int) -> Recovery:
    """Bring the directory into a state where every segment is sealed; OSError or JournalFault when it cannot be."""
    for name in storage.names():
        if name.endswith(DRAFT):
            storage.remove(name)
    names = [name for name in storage.names() if name.endswith(SUFFIX)]
    head = read_head(storage)
    check_names(head, names)
    if not names:
        return Recovery(head=head, identity=identity, segments=(), last=0, cut_octets=0, reason="")
    sealed = [_sealed_info(storage, name) for name in names[:-1]]
    for before, after in zip(sealed, names[1:], strict=True):
        if name_of(before.last + 1) != after:
            raise JournalFault(
                "CORRUPT", f"{after} does not follow {before.name}, which ends at {before.last}"
            )
    header, info, cut, reason = _settle_last(storage, names[-1], head, now_ms)
    segments = (*sealed, info) if info is not None else tuple(sealed)
    last = header.first - 1 if info is None else info.last
    return Recovery(
        head=head,
        identity=header.identity,
        segments=segments,
        last=last,
        cut_octets=cut,
        reason=reason,
    )


def _sealed_info(storage: Storage, name: str) -> SegmentInfo:
    """Read header and trailer of a segment that must be sealed."""
    octets = storage.size(name)
    header = _header_of(storage, name)
    trailer = decode_trailer(storage.read(name, octets - TRAILER_OCTETS, TRAILER_OCTETS))
    if trailer is None or trailer.first != header.first:
        raise JournalFault("CORRUPT", f"{name} is followed by others but has no good trailer")
    if HEADER_OCTETS + trailer.body_octets + TRAILER_OCTETS != octets:
        raise JournalFault("CORRUPT", f"{name} has {octets} octets, its trailer speaks of another length")
    return _info(name, trailer, octets)


def _header_of(storage: Storage, name: str) -> Header:
    header = decode_header(storage.read(name, 0, HEADER_OCTETS))
    if name_of(header.first) != name:
        raise JournalFault("CORRUPT", f"{name} begins with sequence number {header.first}")
    return header


def _info(name: str, trailer: Trailer, octets: int) -> SegmentInfo:
    return SegmentInfo(
        name=name,
        first=trailer.first,
        last=trailer.last,
        octets=octets,
        sealed_ms=trailer.sealed_ms,
    )


def _settle_last(
    storage: Storage, name: str, head: Head, now_ms: int
) -> tuple[Header, SegmentInfo | None, int, str]:
    """Judge the last segment; copy what survives of an unsealed one. An empty one is left to be replaced."""
    octets = storage.size(name)
    if octets > MAX_SEGMENT_OCTETS:
        raise JournalFault("CORRUPT", f"{name} has {octets} octets, more than any segment")
    header = _header_of(storage, name)
    content = storage.read(name, 0, octets)
    found = scan(content, header.first)
    if found.proof:
        raise JournalFault(
            "CORRUPT",
            f"{name}, octet {found.end}: {found.problem}, but record {found.proof} was written after"
            f" record {found.last + 1} had been made durable",
        )
    check_last(head, found.last)
    if found.trailer is not None:
        return header, _info(name, found.trailer, octets), 0, ""
    cut = octets - found.end
    reason = f"{name}, octet {found.end}: {found.problem}; kept to record {found.last}" if cut else ""
    if found.last < header.first:
        return header, None, cut, reason
    return header, _rewrite(storage, name, content, header, found, now_ms), cut, reason


def _rewrite(
    storage: Storage, name: str, content: bytes, header: Header, found: Scan, now_ms: int
) -> SegmentInfo:
    trailer = seal_of(header.first, found.last, found.end - HEADER_OCTETS, found.checksum, now_ms)
    whole = content[: found.end] + encode_trailer(trailer)
    replace_file(storage, name, whole)
    return _info(name, trailer, len(whole))


def seal_of(first: int, last: int, body_octets: int, checksum: int, now_ms: int) -> Trailer:
    """Make the trailer for records `first`..`last`."""
    return Trailer(
        first=first,
        last=last,
        count=last - first + 1,
        body_octets=body_octets,
        sealed_ms=now_ms,
        checksum=checksum,
    )
