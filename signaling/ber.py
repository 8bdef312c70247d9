"""BER, bounded and iterative: the tag-length-value layer under ANSI TCAP and AIN.

Rules, each with its precedent among decoder faults seen in other stacks:

- no recursion; nesting over `MAX_DEPTH` and more than `MAX_ELEMENTS` elements are refused (deep nesting exhausts stacks);
- an identifier has at most two octets beyond the first; a length may be written with more octets than it needs (X.690
  8.1.3.5: up to 126), but is at most 65,535;
- a child ends inside its parent, end-of-contents is exactly `00 00` and stands only where an indefinite length was opened;
- indefinite lengths are read (only on constructed elements) and turned into definite ones at once, so everything above
  this module sees definite lengths only; definite, shortest lengths are written;
- one element per message, nothing after it; integers are at most eight octets;
- whatever is wrong raises `DecodeError` with source "ber" and nothing else.

A tag is kept as its identifier octets read as one big-endian number: `0xE2`, `0x9F29`, `0x9F8100`.

Source: ITU-T X.690 clauses 8.1-8.3, 8.9; T1.114 (ANSI TCAP) encoding rules.
"""

from typing import Final

from ain_scp.signaling.errors import DecodeError

MAX_DEPTH: Final = 12  # the deepest AIN message known here (ReturnError with failedMessage) nests seven
MAX_ELEMENTS: Final = 256  # a UDT message holds at most 255 octets, so no honest one comes near
MAX_INTEGER_OCTETS: Final = 8
MOST_OCTETS: Final = 0xFFFF
MOST_LENGTH_OCTETS: Final = 126
CONSTRUCTED: Final = 0x20

_SHORT: Final = [bytes((number,)) for number in range(256)]
_SOURCE: Final = "ber"


def identifier(tag: int) -> bytes:
    """Write a tag number of this module (`0x9F29`) as its identifier octets."""
    if tag < 0x100:
        return _SHORT[tag]
    return tag.to_bytes(2 if tag < 0x10000 else 3, "big")


def length(size: int) -> bytes:
    """Write a definite length in the shortest form; raises ValueError over 65,535."""
    if size < 0x80:
        return _SHORT[size]
    if size < 0x100:
        return b"\x81" + _SHORT[size]
    if size < 0x10000:
        return b"\x82" + size.to_bytes(2, "big")
    message = f"{size} octets do not fit a two-octet length"
    raise ValueError(message)


def element(tag: bytes, contents: bytes) -> bytes:
    """Write one element: identifier octets, shortest definite length, contents."""
    size = len(contents)
    if size < 0x80:
        return tag + _SHORT[size] + contents
    return tag + length(size) + contents


def header(octets: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read the header at `at`: (tag, first octet of the contents, octet after the contents).

    `end` is where the enclosing contents stop; an element that would pass it is refused. Indefinite lengths are refused
    here because `definite` has removed them from every message that came through a package decoder.
    """
    end = min(end, len(octets))
    tag, at = _tag(octets, at, end)
    if at >= end:
        raise DecodeError(at, _SOURCE, "length is missing")
    size = octets[at]
    at += 1
    if size >= 0x80:
        if size == 0x80:
            raise DecodeError(at - 1, _SOURCE, "indefinite length where a definite one is expected")
        size, at = _long_length(octets, at, end, size & 0x7F)
    stop = at + size
    if stop > end:
        raise DecodeError(at, _SOURCE, "contents pass the end of what encloses them")
    return tag, at, stop


def _tag(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """Read identifier octets: (tag, next octet)."""
    if at >= end:
        raise DecodeError(at, _SOURCE, "tag is missing")
    tag = octets[at]
    at += 1
    if tag & 0x1F != 0x1F:
        return tag, at
    if at >= end:
        raise DecodeError(at, _SOURCE, "tag is cut short")
    more = octets[at]
    at += 1
    tag = tag << 8 | more
    if more < 0x80:
        if more < 0x1F:
            raise DecodeError(at - 1, _SOURCE, "long tag form for a short tag number")
        return tag, at
    if more == 0x80:
        raise DecodeError(at - 1, _SOURCE, "tag number starts with zero bits")
    if at >= end:
        raise DecodeError(at, _SOURCE, "tag is cut short")
    more = octets[at]
    if more >= 0x80:
        raise DecodeError(at, _SOURCE, "tag has more than two further octets")
    return tag << 8 | more, at + 1


def _long_length(octets: bytes, at: int, end: int, count: int) -> tuple[int, int]:
    """Read `count` further length octets: (size, next octet)."""
    if count > MOST_LENGTH_OCTETS:
        raise DecodeError(at - 1, _SOURCE, "length begins with 0xFF, which no length does")
    if at + count > end:
        raise DecodeError(at, _SOURCE, "length is cut short")
    size = int.from_bytes(octets[at : at + count], "big")
    if size > MOST_OCTETS:
        raise DecodeError(at - 1, _SOURCE, f"length is over {MOST_OCTETS}")
    return size, at + count


def definite(octets: bytes) -> bytes:
    """Check the structure of exactly one element and everything constructed in it; return it with definite lengths.

    Octets without an indefinite length come back unchanged (the same object). Offsets of later errors then count in what
    is returned. Refused: everything the head of this module lists, and octets after the element.
    """
    return _rewrite(octets) if _walk(octets) else octets


def _walk(octets: bytes) -> bool:
    """Check every element of one message; True when some length in it is indefinite.

    A frame is the octet where an open element ends, or `~limit` for one closed by end-of-contents, where `limit` is the
    nearest definite end outside it. Each turn of the loop reads one header or closes one frame, so it ends.
    """
    limit = len(octets)
    frames: list[int] = []
    frame = limit
    at = count = 0
    indefinite = False
    while True:
        if at == frame:  # a definite frame is full
            if not frames:
                if count == 0:
                    raise DecodeError(0, _SOURCE, "no element")
                return indefinite
            frame = frames.pop()
            limit = frame if frame >= 0 else ~frame
            continue
        if frame < 0 and at < limit and octets[at] == 0:
            if at + 2 > limit or octets[at + 1] != 0:
                raise DecodeError(at, _SOURCE, "end-of-contents is not 00 00")
            at += 2
            frame = frames.pop()
            limit = frame if frame >= 0 else ~frame
            continue
        if not frames and count:
            raise DecodeError(at, _SOURCE, "octets after the element")
        first = octets[at] if at < limit else 0
        if first == 0:
            raise DecodeError(
                at,
                _SOURCE,
                "end-of-contents is missing" if at >= limit else "end-of-contents is out of place",
            )
        count += 1
        if count > MAX_ELEMENTS:
            raise DecodeError(at, _SOURCE, "too many elements")
        at = at + 1 if first & 0x1F != 0x1F else _tag(octets, at, limit)[1]
        if at >= limit:
            raise DecodeError(at, _SOURCE, "length is missing")
        size = octets[at]
        at += 1
        if size == 0x80:
            if not first & CONSTRUCTED:
                raise DecodeError(at - 1, _SOURCE, "indefinite length on a primitive element")
            indefinite = True
            frames.append(frame)
            frame = ~limit
        else:
            if size > 0x80:
                size, at = _long_length(octets, at, limit, size & 0x7F)
            stop = at + size
            if stop > limit:
                raise DecodeError(at, _SOURCE, "contents pass the end of what encloses them")
            if not first & CONSTRUCTED:
                at = stop
                continue
            frames.append(frame)
            frame = limit = stop
        if len(frames) > MAX_DEPTH:
            raise DecodeError(at, _SOURCE, "nested too deeply")


def _rewrite(octets: bytes) -> bytes:
    """Write an element that `_walk` accepted with definite lengths; inside out, without recursion."""
    at = 0
    tags: list[bytes] = []
    ends: list[int] = []  # -1: closed by end-of-contents
    parts: list[list[bytes]] = [[]]
    while True:
        while ends and (at == ends[-1] or (ends[-1] < 0 and octets[at] == 0)):
            if ends.pop() < 0:
                at += 2
            contents = b"".join(parts.pop())
            parts[-1].append(element(tags.pop(), contents))
        if not ends and parts[0]:
            return parts[0][0]
        start = at
        _, at = _tag(octets, at, len(octets))
        tag = octets[start:at]
        size = octets[at]
        at += 1
        if size > 0x80:
            size, at = _long_length(octets, at, len(octets), size & 0x7F)
        elif size == 0x80:
            size = -1
        if tag[0] & CONSTRUCTED:
            tags.append(tag)
            ends.append(at + size if size >= 0 else -1)
            parts.append([])
        else:
            parts[-1].append(element(tag, octets[at : at + size]))
            at += size


def children(octets: bytes, start: int, end: int, most: int = MAX_ELEMENTS) -> list[tuple[int, int, int]]:
    """Read the headers of the elements that fill `start`..`end`; refuses more than `most`."""
    found: list[tuple[int, int, int]] = []
    at = start
    while at < end:
        child = header(octets, at, end)
        found.append(child)
        at = child[2]
        if len(found) > most:
            raise DecodeError(at, _SOURCE, "too many elements")
    return found


def integer(contents: bytes) -> int:
    """Read the contents of an INTEGER or ENUMERATED: two's complement, one to eight octets."""
    size = len(contents)
    if size == 1:
        number = contents[0]
        return number if number < 0x80 else number - 0x100
    if not 0 < size <= MAX_INTEGER_OCTETS:
        raise DecodeError(0, _SOURCE, "integer is empty or longer than eight octets")
    return int.from_bytes(contents, "big", signed=True)


def integer_contents(number: int) -> bytes:
    """Write the contents of an INTEGER or ENUMERATED in the fewest octets; raises ValueError over eight octets."""
    if 0 <= number < 0x80:
        return _SHORT[number]
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    if size > MAX_INTEGER_OCTETS:
        message = "integer is longer than eight octets"
        raise ValueError(message)
    return number.to_bytes(size, "big", signed=True)
