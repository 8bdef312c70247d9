"""The frame of an ISUP message: fixed part, pointers, variable parts, optional part.

A pointer counts from its own octet. The parts must cover the rest of the message exactly. The optional part is name,
length, value ... 0x00; a pointer 0 says that there is none. Limits: 272 octets a message, 32 optional parameters.

Source: T1.113.3 clause 1.
"""

from ain_scp.signaling.errors import DecodeError

MAX_OCTETS = 272
MAX_OPTIONAL_PARAMETERS = 32
END_OF_OPTIONAL = 0x00

Located = tuple[bytes, int]


def split(octets: bytes, start: int, variables: int) -> tuple[list[Located], list[tuple[int, bytes, int]]]:
    """Read the pointers at `start` and return (variable parts, optional parameters), each with its offset.

    `variables` is the number of mandatory variable parts; one pointer more is that of the optional part. DecodeError
    for pointers out of range, parts that overlap or leave octets over, an optional part without end.
    """
    size = len(octets)
    if start + variables + 1 > size:
        raise DecodeError(size, "isup", "pointers are missing")
    parts: list[Located] = []
    expected = start + variables + 1
    spans: list[tuple[int, int]] = []
    for at in range(start, start + variables):
        begin = at + octets[at]
        if octets[at] == 0 or begin >= size or begin + 1 + octets[begin] > size:
            raise DecodeError(at, "isup", "pointer is out of range")
        end = begin + 1 + octets[begin]
        spans.append((begin, end))
        parts.append((octets[begin + 1 : end], begin + 1))
    for begin, end in sorted(spans):
        if begin != expected:
            raise DecodeError(begin, "isup", "parts overlap or leave octets over")
        expected = end
    at = start + variables
    if octets[at] == 0:
        if expected != size:
            raise DecodeError(expected, "isup", "octets after the end of the message")
        return parts, []
    if at + octets[at] != expected:
        raise DecodeError(at, "isup", "pointer to the optional part is wrong")
    return parts, _optional(octets, expected)


def join(head: bytes, variables: list[bytes], optional: list[tuple[int, bytes]]) -> bytes:
    """Return head, pointers, variable parts and optional part; ValueError over 272 octets."""
    body = b"".join(bytes((len(value),)) + value for value in variables)
    pointers: list[int] = []
    position = len(variables) + 1
    for index, value in enumerate(variables):
        pointers.append(position - index)
        position += 1 + len(value)
    pointers.append(position - len(variables) if optional else 0)
    parts = b"".join(bytes((name, len(value))) + value for name, value in optional)
    octets = head + bytes(pointers) + body + (parts + b"\x00" if optional else b"")
    if len(octets) > MAX_OCTETS:
        raise ValueError(f"ISUP message of {len(octets)} octets is too long")
    return octets


def _optional(octets: bytes, position: int) -> list[tuple[int, bytes, int]]:
    """Read the optional part; each step consumes at least two octets."""
    found: list[tuple[int, bytes, int]] = []
    size = len(octets)
    while position < size and octets[position] != END_OF_OPTIONAL:
        end = position + 2 + octets[position + 1] if position + 1 < size else size + 1
        if end > size:
            raise DecodeError(position, "isup", "optional parameter is longer than the message")
        if len(found) >= MAX_OPTIONAL_PARAMETERS:
            raise DecodeError(position, "isup", "too many optional parameters")
        found.append((octets[position], octets[position + 2 : end], position + 2))
        position = end
    if position != size - 1:
        raise DecodeError(position, "isup", "optional part does not end with the message")
    return found
