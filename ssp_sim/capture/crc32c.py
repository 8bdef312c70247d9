"""CRC-32C (Castagnoli), the check sum of SCTP.

Two octets per step by one table of 65,536 entries (256 KiB), made at first use: about half the time of the usual
octet-wise loop.

Source: RFC 9260 6.8 and appendix A.
"""

import struct
from array import array
from functools import cache
from typing import Final

_REFLECTED_POLYNOMIAL: Final = 0x82F63B78


def _octet_table() -> list[int]:
    table = []
    for octet in range(256):
        value = octet
        for _ in range(8):
            value = (value >> 1) ^ _REFLECTED_POLYNOMIAL if value & 1 else value >> 1
        table.append(value)
    return table


@cache
def _pair_table() -> "array[int]":
    octets = _octet_table()
    pairs = array("L" if array("L").itemsize == 4 else "I")
    for high in range(256):
        for low in range(256):
            first = octets[low]
            pairs.append(octets[(first ^ high) & 0xFF] ^ first >> 8)
    return pairs


def crc32c(octets: bytes) -> int:
    """Return the CRC-32C of octets; SCTP sends it least significant octet first."""
    pairs = _pair_table()
    value = 0xFFFFFFFF
    even = len(octets) & ~1
    for (pair,) in struct.iter_unpack("<H", octets[:even]):
        value = pairs[(value ^ pair) & 0xFFFF] ^ value >> 16
    if even < len(octets):
        value = _octet_table()[(value ^ octets[-1]) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF
