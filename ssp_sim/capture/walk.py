"""From record to record of a capture in the style that compiles best: native integers, octets read in place.

Interpreted it would be slower than the walks of `runs`, which are used then; both give the same.

Source: performance.md sections 2 and 7 (replay, compiled column), mypyc native integers.
"""

from typing import Final

from librt.strings import BytesWriter, read_i32_be, read_i32_le, write_i64_le
from mypy_extensions import i64

_RECORD: Final = 16
_LEAST_BLOCK: Final = 32
_ENHANCED_PACKET: Final = 6
_WORD: Final = 0xFFFFFFFF


def _word(buffer: bytes, at: i64, big: bool) -> i64:
    return i64(read_i32_be(buffer, at) if big else read_i32_le(buffer, at)) & _WORD


def records(buffer: bytes, at: i64, big: bool) -> bytes:
    """Where the records of a classic capture start that lie whole in a buffer: 64-bit integers, from `at` on."""
    starts = BytesWriter()
    size: i64 = len(buffer)
    while at + _RECORD <= size:
        following = at + _RECORD + _word(buffer, at + 8, big)
        if following > size:
            break
        write_i64_le(starts, at)
        at = following
    return starts.getvalue()


def packet_blocks(buffer: bytes, at: i64, big: bool) -> bytes:
    """Where the enhanced packet blocks start that follow one another from `at` on and lie whole in a buffer."""
    starts = BytesWriter()
    size: i64 = len(buffer)
    while at + _LEAST_BLOCK <= size:
        total = _word(buffer, at + 4, big)
        if _word(buffer, at, big) != _ENHANCED_PACKET or total < _LEAST_BLOCK or at + total > size:
            break
        write_i64_le(starts, at)
        at += total
    return starts.getvalue()
