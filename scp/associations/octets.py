"""What must be known of M3UA octets without reading them whole: is it DATA, which link selection has it, which routing context.

Source: RFC 4666 clauses 3.1 and 3.3.1.
"""

from typing import Final

_DATA: Final = b"\x01\x00\x01\x01"
_PROTOCOL_DATA: Final = b"\x02\x10"
_ROUTING_CONTEXT: Final = b"\x00\x06"
_SLS_AT: Final = 15  # after tag, length, OPC, DPC, SI, NI, MP


def is_data(octets: bytes) -> bool:
    """Say whether a message is DATA by its header."""
    return octets[:4] == _DATA


def sls_of(octets: bytes) -> int:
    """Return the link selection of a DATA message of ours; 0 if it has none."""
    at = _find(octets, _PROTOCOL_DATA)
    return octets[at + _SLS_AT] if at and at + _SLS_AT < len(octets) else 0


def with_routing_context(octets: bytes, contexts: tuple[int, ...]) -> bytes:
    """Return a DATA message of ours with a routing context that its receiver serves: unchanged if it has one already.

    One that has none, or a receiver that named none, leaves it as it is.
    """
    at = _find(octets, _ROUTING_CONTEXT)
    if not at or not contexts or octets[at + 2 : at + 4] != b"\x00\x08":
        return octets
    if int.from_bytes(octets[at + 4 : at + 8], "big") in contexts:
        return octets
    return octets[: at + 4] + contexts[0].to_bytes(4, "big") + octets[at + 8 :]


def _find(octets: bytes, tag: bytes) -> int:
    """Return where a parameter begins, 0 if it is not there."""
    at = 8
    while at + 4 <= len(octets):
        if octets[at : at + 2] == tag:
            return at
        length = octets[at + 2] << 8 | octets[at + 3]
        if length < 4:
            return 0
        at += length + -length % 4
    return 0
