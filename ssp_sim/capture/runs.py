"""Many packets of a capture at once: where each starts and ends in the buffer and when it came, as columns.

Only records that agree with themselves become part of a run; any other one is left to `pcap` or `pcapng`, whose errors
and bounds hold. The walk from record to record is `walk` where that is compiled.

Source: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; performance.md sections 2 and 7.
"""

import importlib.util
import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.ssp_sim.capture import pcap, pcapng
from ain_scp.ssp_sim.capture.frame import Limits
from ain_scp.ssp_sim.capture.octet_source import OctetSource
from ain_scp.ssp_sim.capture.pcap import Packet

Longs = NDArray[np.int64]
Walk = Callable[[bytes, int, bool], bytes]

_WORD: Final = {True: struct.Struct(">I"), False: struct.Struct("<I")}
_WORDS: Final = {True: ">u4", False: "<u4"}
_LARGEST_TIME: Final = 2**62
_RECORD: Final = 16
_PACKET_BLOCK: Final = 28
_LEAST_BLOCK: Final = 32


class Run(NamedTuple):
    """Consecutive packets of one link type inside one buffer.

    Columns of equal length: `at` (record, octet in `buffer`; the file's octet is `base` more), `start` and `end` of the
    packet, `time_ns` since 1970.
    """

    buffer: bytes
    base: int
    link_type: int
    at: Longs
    start: Longs
    end: Longs
    time_ns: Longs

    def packet(self, row: int) -> Packet:
        """One packet in the form that `pcap` and `pcapng` give."""
        return (
            int(self.time_ns[row]),
            self.base + int(self.at[row]),
            self.link_type,
            self.buffer,
            int(self.start[row]),
            int(self.end[row]),
        )


def windows(buffer: bytes, width: int) -> NDArray[np.void]:
    """All pieces of `width` octets of a buffer, by first octet, without a copy: an index array gathers rows of them."""
    return np.ndarray((max(len(buffer) - width + 1, 0),), f"V{width}", buffer, 0, (1,))


def words(buffer: bytes, at: Longs, big: bool) -> Longs:
    """The unsigned words of 32 bits that start at these octets."""
    return windows(buffer, 4)[at].view(_WORDS[big]).astype(np.int64)


def records(buffer: bytes, at: int, big: bool) -> bytes:
    """Where the records of a classic capture start that lie whole in a buffer: native 64-bit integers, from `at` on."""
    starts: list[int] = []
    append = starts.append
    unpack = _WORD[big].unpack_from
    last = len(buffer) - _RECORD
    while at <= last:
        (captured,) = unpack(buffer, at + 8)
        append(at)
        at += _RECORD + captured
    if at > len(buffer):
        starts.pop()
    return np.array(starts, np.int64).tobytes()


def packet_blocks(buffer: bytes, at: int, big: bool) -> bytes:
    """Where the enhanced packet blocks start that follow one another from `at` on and lie whole in a buffer."""
    starts: list[int] = []
    append = starts.append
    unpack = struct.Struct(">II" if big else "<II").unpack_from
    last = len(buffer) - _LEAST_BLOCK
    while at <= last:
        kind, total = unpack(buffer, at)
        if kind != pcapng.ENHANCED_PACKET or total < _LEAST_BLOCK:
            return np.array(starts, np.int64).tobytes()
        append(at)
        at += total
    if at > len(buffer):
        starts.pop()
    return np.array(starts, np.int64).tobytes()


def _walks() -> tuple[Walk, Walk]:
    """The two walks: compiled, where they are."""
    spec = importlib.util.find_spec("ain_scp.ssp_sim.capture.walk")
    if spec is None or spec.origin is None or spec.origin.endswith(".py"):
        return records, packet_blocks
    try:
        from ain_scp.ssp_sim.capture import walk
    except ImportError:  # compiled, but its run-time library is missing
        return records, packet_blocks
    return walk.records, walk.packet_blocks


_RECORDS, _PACKET_BLOCKS = _walks()


def classic_runs(source: OctetSource, limits: Limits) -> Iterator[Run | Packet]:
    """The packets of a classic capture as runs; raises as `pcap.packets` does."""
    opened = pcap.open_classic(source)
    longest = limits.record_octets
    while source.need(_RECORD):
        buffer = source.buffer
        at = np.frombuffer(_RECORDS(buffer, source.position, opened.big), np.int64)
        captured = words(buffer, at + 8, opened.big)
        too_long = np.flatnonzero(captured > longest)
        if too_long.size:
            at, captured = at[: too_long[0]], captured[: too_long[0]]
        if at.size:
            start = at + _RECORD
            end = start + captured
            time_ns = words(buffer, at, opened.big) * 1_000_000_000
            time_ns += words(buffer, at + 4, opened.big) * opened.unit_ns
            source.position = int(end[-1])
            yield Run(buffer, source.base, opened.link_type, at, start, end, time_ns)
        if not pcap.more(source, opened, longest):
            return
    source.end("the last record", _RECORD)


def section_runs(source: OctetSource, limits: Limits) -> Iterator[Run | Packet]:
    """The packets of a newer capture as runs, single where they follow no other; raises as `pcapng.packets` does."""
    return pcapng.walk(source, limits, _block_run)


def _block_run(section: pcapng.Section, source: OctetSource, limits: Limits) -> Iterator[Run | Packet]:
    """One run of sound enhanced packet blocks of one link type, if any comes next; what follows it goes one by one."""
    buffer, big = source.buffer, section.order == ">"
    at = np.frombuffer(_PACKET_BLOCKS(buffer, source.position, big), np.int64)
    if not at.size or not section.interfaces:
        return
    total, index, captured = (words(buffer, at + place, big) for place in (4, 8, 20))
    links = np.array([one.link_type for one in section.interfaces], np.int64)
    sound = (total & 3 == 0) & (total >= captured + _LEAST_BLOCK) & (total <= limits.block_octets)
    sound &= (captured <= limits.record_octets) & (index < links.size)
    sound &= words(buffer, at + total - 4, big) == total
    index = np.minimum(index, links.size - 1)
    sound &= links[index] == links[index[0]]
    stamp = _times(section, index, words(buffer, at + 12, big), words(buffer, at + 16, big))
    count = 0 if stamp is None else at.size if sound.all() else int(np.argmin(sound))
    if count and stamp is not None:
        source.position = int(at[count - 1] + total[count - 1])
        start = at[:count] + _PACKET_BLOCK
        end = start + captured[:count]
        yield Run(buffer, source.base, int(links[index[0]]), at[:count], start, end, stamp[:count])
    if count < at.size:
        yield from pcapng.enhanced_run(section, source, limits)


def _times(section: pcapng.Section, index: Longs, high: Longs, low: Longs) -> Longs | None:
    """Time stamps in nanoseconds; None when an interface counts time in units that 63 bits could not hold."""
    highest = int(high.max())
    for one in section.interfaces:
        units = (highest + 1 << 32) * one.numerator
        if one.denominator != 1 or max(units, units + one.offset_ns, -one.offset_ns) >= _LARGEST_TIME * 2:
            return None
    numerators = np.array([one.numerator for one in section.interfaces], np.int64)
    offsets = np.array([one.offset_ns for one in section.interfaces], np.int64)
    return (high << 32 | low) * numerators[index] + offsets[index]
