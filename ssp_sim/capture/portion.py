"""The transaction portion of a TCAP package, read alone: a package with unknown components has one, too.

Source: T1.114.2, T1.114.3, ain-wire 1.1.
"""

from typing import Final

import msgspec

from ain_scp.signaling import ber
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import PackageType

_QUERIES: Final = frozenset({PackageType.QUERY_WITH_PERMISSION, PackageType.QUERY_WITHOUT_PERMISSION})
_CONVERSATIONS: Final = frozenset(
    {PackageType.CONVERSATION_WITH_PERMISSION, PackageType.CONVERSATION_WITHOUT_PERMISSION}
)
_TAGS: Final = {kind.value: kind for kind in PackageType}
_ID_OCTETS: Final = {
    PackageType.UNIDIRECTIONAL: 0,
    PackageType.RESPONSE: 4,
    PackageType.ABORT: 4,
    PackageType.QUERY_WITH_PERMISSION: 4,
    PackageType.QUERY_WITHOUT_PERMISSION: 4,
    PackageType.CONVERSATION_WITH_PERMISSION: 8,
    PackageType.CONVERSATION_WITHOUT_PERMISSION: 8,
}


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """The transaction portion of a package: the sender's own ID and the receiver's, where the package type has them."""

    kind: PackageType
    originating: int | None
    responding: int | None


def transaction(octets: bytes) -> Transaction:
    """Read the transaction portion of a TCAP package; raises `DecodeError` when there is none.

    Source: T1.114.3, ain-wire 1.1.
    """
    usual = _usual(octets)
    if usual is not None:
        return usual
    if octets[1:2] == b"\x80":
        octets = ber.definite(octets)
    tag, at, end = ber.header(octets, 0, len(octets))
    kind = _TAGS.get(tag)
    if kind is None:
        raise DecodeError(0, "tcap", "unrecognized package type")
    tag, start, stop = ber.header(octets, at, end)
    if tag != 0xC7 or stop - start != _ID_OCTETS[kind]:
        raise DecodeError(at, "tcap", "transaction ID is missing or of the wrong size")
    first = int.from_bytes(octets[start : start + 4], "big") if stop > start else None
    if kind in _CONVERSATIONS:
        return Transaction(kind, first, int.from_bytes(octets[start + 4 : stop], "big"))
    return Transaction(kind, first, None) if kind in _QUERIES else Transaction(kind, None, first)


def _usual(octets: bytes) -> Transaction | None:
    """Read the transaction portion of a package with a length of one or two octets; None leaves it to the full reader."""
    if len(octets) < 8:
        return None
    size, at = (octets[1], 2) if octets[1] < 0x80 else (octets[2], 3)
    kind = _TAGS.get(octets[0])
    if kind is None or octets[1] > 0x81 or octets[1] == 0x80 or at + size != len(octets):
        return None
    if octets[at] != 0xC7 or octets[at + 1] != _ID_OCTETS[kind] or octets[at + 1] + 2 > size:
        return None
    first = int.from_bytes(octets[at + 2 : at + 6], "big")
    if kind in _QUERIES:
        return Transaction(kind, first, None)
    if kind in _CONVERSATIONS:
        return Transaction(kind, first, int.from_bytes(octets[at + 6 : at + 10], "big"))
    return Transaction(kind, None, first if octets[at + 1] else None)
