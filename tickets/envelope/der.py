"""Strict DER: definite, shortest lengths, no octet left over.

Source: ITU-T X.690; C-012 (altered data is refused).
"""

from collections.abc import Iterable
from typing import Final

MAX_LENGTH: Final = 1 << 26
SEQUENCE: Final = 0x30
SET: Final = 0x31
INTEGER: Final = 0x02
BITS: Final = 0x03
OCTETS: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
UTC_TIME: Final = 0x17
Octets = bytes | memoryview
"""Octets, or a place among others: what is large is not copied to be looked at."""


class DerError(ValueError):
    """Octets that are not what was due; `offset` counts from the first of the structure."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(f"octet {offset}: {what}")
        self.offset = offset


def element(tag: int, *parts: Octets) -> tuple[Octets, ...]:
    """One element in pieces, its head first: what is large is copied once, when all is put together."""
    length = sum(map(len, parts))
    if length < 0x80:
        return bytes((tag, length)), *parts
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)), length.to_bytes(size, "big"), *parts


def tlv(tag: int, *parts: Octets) -> bytes:
    """One element."""
    return b"".join(element(tag, *parts))


def oid(dotted: str) -> bytes:
    """An object identifier from its dotted form."""
    first, second, *others = (int(part) for part in dotted.split("."))
    octets = bytearray()
    for part in (40 * first + second, *others):
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(0x80 | part & 0x7F)
        octets += bytes(reversed(groups))
    return tlv(OID, bytes(octets))


def integer(value: int) -> bytes:
    """A whole number of 0 or more, in the fewest octets."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def set_of(elements: Iterable[bytes]) -> bytes:
    """A set, its elements in the order that DER asks for."""
    return tlv(SET, *sorted(elements))


def are(octets: bytes, parts: Iterable[Octets]) -> bool:
    """Whether octets are these parts, one behind the other, and nothing else."""
    at = 0
    for part in parts:
        if not octets.startswith(part, at):
            return False
        at += len(part)
    return at == len(octets)


class Reader:
    """Walks through octets from one place to another; everything must be taken before `done`. What is inside is not copied."""

    __slots__ = ("_at", "_end", "_octets")

    def __init__(self, octets: bytes, at: int = 0, end: int | None = None) -> None:
        self._octets, self._at, self._end = octets, at, len(octets) if end is None else end

    def value(self, tag: int) -> bytes:
        """The octets of the next element, which must have this tag."""
        start, end = self._next(tag)
        self._at = end
        return self._octets[start:end]

    def view(self, tag: int) -> memoryview:
        """The same, not copied."""
        start, self._at = self._next(tag)
        return memoryview(self._octets)[start : self._at]

    def inside(self, tag: int) -> "Reader":
        """A reader of the next element's inside."""
        start, end = self._next(tag)
        self._at = end
        return Reader(self._octets, start, end)

    def whole(self, tag: int) -> bytes:
        """The next element with its head."""
        begin = self._at
        _start, self._at = self._next(tag)
        return self._octets[begin : self._at]

    def exactly(self, octets: bytes, what: str) -> None:
        """The next octets must be these."""
        end = self._at + len(octets)
        if not self._octets.startswith(octets, self._at, self._end):
            raise DerError(self._at, f"expected {what}")
        self._at = end

    def either(self, choices: Iterable[bytes], what: str) -> bytes:
        """The next octets must be one of these; which."""
        for octets in choices:
            if self._octets.startswith(octets, self._at, self._end):
                self._at += len(octets)
                return octets
        raise DerError(self._at, f"expected {what}")

    @property
    def tag(self) -> int:
        """The next element's tag; -1 at the end."""
        return self._octets[self._at] if self._at < self._end else -1

    def done(self) -> None:
        """Nothing may follow."""
        if self._at != self._end:
            raise DerError(self._at, "something follows that does not belong here")

    def _next(self, tag: int) -> tuple[int, int]:
        at, octets = self._at, self._octets
        if at + 2 > self._end or octets[at] != tag:
            raise DerError(at, f"expected tag {tag:02x}")
        length, at = octets[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(octets[at : at + size], "big")
            at += size
            if not 1 <= size <= 4 or length < 0x80 or length >> 8 * (size - 1) == 0:
                raise DerError(at, "expected a length in its shortest form")
        if length > MAX_LENGTH or at + length > self._end:
            raise DerError(at, "the element ends after its surroundings")
        return at, at + length
