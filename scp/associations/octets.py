"""What must be known of M3UA octets without reading them whole: is it DATA, and which link selection has it.

Source: RFC 4666 clauses 3.1 and 3.3.1.
"""

from typing import Final

_DATA: Final = b"\x01\x00\x01\x01"
_PROTOCOL_DATA: Final = b"\x02\x10"
_SLS_AT: Final = 15  # after tag, length, OPC, DPC, SI, NI, MP


def is_data(octets: bytes) -> bool:
    """Say whether a message is DATA by its header."""
    return octets[:4] == _DATA


def sls_of(octets: bytes) -> int:
    """Return the link selection of a DATA message of ours; 0 if it has none."""
    at = 8
    while at + _SLS_AT < len(octets):
        if octets[at : at + 2] == _PROTOCOL_DATA:
            return octets[at + _SLS_AT]
        length = octets[at + 2] << 8 | octets[at + 3]
        if length < 4:
            return 0
        at += length + -length % 4
    return 0
