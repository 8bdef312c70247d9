"""Whether octets have the form of an M3UA message: for carriers that do not say what they carry.

Source: RFC 4666 3.1, 3.2.
"""

from typing import Final

_TYPES: Final = {
    0: frozenset({0, 1}),  # management
    1: frozenset({1}),  # transfer
    2: frozenset({1, 2, 3, 4, 5, 6}),  # signaling network management
    3: frozenset({1, 2, 3, 4, 5, 6}),  # ASP state maintenance
    4: frozenset({1, 2, 3, 4}),  # ASP traffic maintenance
    9: frozenset({1, 2, 3, 4}),  # routing key management
}
_DATA_TAGS: Final = frozenset({b"\x02\x00", b"\x00\x06", b"\x02\x10"})


def has_m3ua_header(octets: bytes) -> bool:
    """Return whether octets open with version 1 and a class and type that exist."""
    return len(octets) >= 8 and octets[0] == 1 and octets[3] in _TYPES.get(octets[2], ())


def looks_like_m3ua(octets: bytes) -> bool:
    """Return whether octets are, by header, length and first parameter, one whole M3UA message."""
    if not has_m3ua_header(octets) or octets[1]:
        return False
    length = int.from_bytes(octets[4:8], "big")
    if length < 8 or (length + 3) & ~3 != (len(octets) + 3) & ~3:
        return False
    return octets[2] != 1 or octets[8:10] in _DATA_TAGS
