"""What is signed: a header, the tickets as JSON lines, padding.

`AINTB1`, the header's length, the header, the body's length, the body (gzip or plain), zeros to the Padmé size. The
digest that names a batch is SHA-256 of the header and the unpacked body: another zlib packs the same lines otherwise.

Source: C-002, C-012, C-014.
"""

import gzip
import hashlib
import re
import zlib
from typing import Final

import msgspec

MAGIC: Final = b"AINTB1\n"
MAX_CONTENT: Final = 16 << 20
MAX_PLAIN: Final = 64 << 20
MAX_TICKETS: Final = 100_000
FIRST: Final = "0" * 64
MOST_NUMBER: Final = (1 << 62) - 1
_IDENTITY: Final = re.compile("[0-9a-f]{32}").fullmatch
_LEVEL: Final = 3
_WORD: Final = 4


class ContentError(ValueError):
    """A signed content that is not one of ours; the text is for quarantine, never for the peer."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The head of a batch. `store` is the journal's identity in hex, `previous` the digest of the batch before."""

    enterprise: str
    provider: str
    store: str
    number: int
    previous: str
    first: int
    last: int
    tickets: int
    plain_octets: int
    created: str
    compress: str


class Content(msgspec.Struct, frozen=True):
    """An opened batch: its head as octets and read, its lines, its digest in hex."""

    header: Header
    head: bytes
    body: bytes
    digest: str


def head_of(header: Header) -> bytes:
    """The header's octets: compact JSON, keys in this order."""
    return msgspec.json.encode(header)


def digest_of(head: bytes, body: bytes) -> str:
    """What names a batch: SHA-256 over its header and its unpacked body, hex."""
    found = hashlib.sha256(head)
    found.update(body)
    return found.hexdigest()


def padded(length: int) -> int:
    """The Padmé size: the next multiple of 2^(E - S), with E = floor(log2 L) and S = floor(log2 E) + 1."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << max(0, exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def write_content(head: bytes, body: bytes, *, compress: bool) -> bytes:
    """The octets to sign."""
    packed = gzip.compress(body, _LEVEL, mtime=0) if compress else body
    before = b"".join((MAGIC, len(head).to_bytes(_WORD, "big"), head, len(packed).to_bytes(_WORD, "big")))
    length = len(before) + len(packed)
    return b"".join((before, packed, bytes(padded(length) - length)))


def read_content(octets: bytes | memoryview) -> Content:
    """Take a content apart; ContentError unless it is whole, within the limits, and padded with zeros to its size."""
    view = memoryview(octets)
    if len(view) > MAX_CONTENT or bytes(view[: len(MAGIC)]) != MAGIC:
        raise ContentError("no batch of tickets")
    piece, at = _piece(view, len(MAGIC))
    packed, end = _piece(view, at)
    head = bytes(piece)
    if len(view) != padded(end) or bytes(view[end:]) != bytes(len(view) - end):
        raise ContentError("expected zeros up to the padded size after the body")
    try:
        header = msgspec.json.decode(head, type=Header)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise ContentError(f"header: {fault}") from fault
    if head_of(header) != head:
        raise ContentError("expected a header in its one exact form")
    if not (
        0 <= header.plain_octets <= MAX_PLAIN and 0 <= header.tickets <= MAX_TICKETS and header.number > 0
    ):
        raise ContentError("the header is beyond the limits of a batch")
    if not _IDENTITY(header.store) or max(header.last, header.number) > MOST_NUMBER:
        raise ContentError("the header names no store, or a number beyond any count")
    body = _unpacked(packed, header)
    return Content(header, head, body, digest_of(head, body))


def _piece(octets: memoryview, at: int) -> tuple[memoryview, int]:
    start = at + _WORD
    end = start + int.from_bytes(octets[at:start], "big")
    if end > len(octets):
        raise ContentError("a part ends after the content")
    return octets[start:end], end


def _unpacked(packed: memoryview, header: Header) -> bytes:
    if header.compress == "none":
        body = bytes(packed)
    elif header.compress == "gzip":
        opener = zlib.decompressobj(wbits=31)
        try:
            body = opener.decompress(packed, header.plain_octets + 1)
        except zlib.error as fault:
            raise ContentError(f"body: {fault}") from fault
        if not opener.eof or opener.unused_data:
            raise ContentError("the body does not end where it says")
    else:
        raise ContentError("compress is gzip or none")
    if len(body) != header.plain_octets:
        raise ContentError("the body is not as long as the header says")
    return body
