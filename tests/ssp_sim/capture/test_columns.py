"""Captures read in blocks: the messages, the counts and the memory of TSNs are those of packet by packet reading."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.ssp_sim.capture.columns import Block, ColumnReader
from ain_scp.ssp_sim.capture.frame import Cause, Limits
from ain_scp.ssp_sim.capture.octet_source import OctetSource
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.runs import Run, classic_runs, packet_blocks, records, section_runs

SACK = struct.pack(">BBHIIHH", 3, 0, 16, 1, 65536, 0, 0)


def told(frames):
    return [(frame.number, frame.time_ns, frame.octets) for frame in frames]


def rows_of(block):
    columns = (block.number, block.time_ns, block.at, block.length)
    return [
        (number, time_ns, block.buffer[at : at + length])
        for number, time_ns, at, length in zip(*(one.tolist() for one in columns), strict=True)
    ]


class Pieces:
    """A stream that gives few octets at a time, as a pipe does."""

    def __init__(self, octets, most):
        self._stream, self._most = io.BytesIO(octets), most

    def read(self, size):
        return self._stream.read(min(size, self._most))


def read(octets, least=1, limits=None, most=1 << 20):
    """Messages, how many of them came in blocks, and the counts."""
    reader = ColumnReader(Pieces(octets, most), limits=limits)
    reader.least_rows = least
    messages, together = [], 0
    for piece in reader.blocks():
        if isinstance(piece, Block):
            messages += rows_of(piece)
            together += piece.number.size
        else:
            messages += told([piece])
    return messages, together, reader.counts


def counted(counts):
    return counts.frames, counts.shared, counts.kept, counts.dropped, counts.causes


def check(octets, limits=None, most=1 << 20):
    """Both ways of reading agree; gives how many messages came in blocks."""
    reader = CaptureReader(io.BytesIO(octets), fast=False, limits=limits)
    expected = told(reader)
    messages, together, counts = read(octets, limits=limits, most=most)
    assert messages == expected
    assert counted(counts) == counted(reader.counts)
    return together


def timed(packets, link_type=228):
    """A classic capture of (time in ns, packet)."""
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type)
    return head + b"".join(
        struct.pack("<IIII", *divmod(time_ns, 1_000_000_000), len(packet), len(packet)) + packet
        for time_ns, packet in packets
    )


PLAIN = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ["data", "data", "data", "led", "sack", "udp", "bundle", "begin", "end", "ipv6", "i_data"]
        ),
        "tsn": st.one_of(st.integers(0, 12), st.integers(0, 100), st.integers(0xFFFFFFF0, 0xFFFFFFFF)),
        "content": st.sampled_from([0, 0, 0, 1, 2]),
        "tag": st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6]),
        "path": st.sampled_from([0, 0, 0, 1, 2]),
        "gap": st.sampled_from([0, 0, 0, 1, 400_000_000, 2_000_000_000]),
    }
)


PATHS = [(bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))), (bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2)))]
PATHS.append(PATHS[0][::-1])
"""Two paths of an association, and the first turned round."""


def packet_of(layers, form):
    message = (layers.QUERY, layers.ANSWER, layers.QUERY[:-1] + b"\x07")[form["content"]]
    tsn, tag = form["tsn"], form["tag"]
    chunks = {
        "data": [layers.data_chunk(message, tsn)],
        "led": [SACK, layers.data_chunk(message, tsn)],
        "sack": [SACK],
        "bundle": [layers.data_chunk(message, tsn), layers.data_chunk(layers.QUERY, tsn + 1 & 0xFFFFFFFF)],
        "begin": [layers.data_chunk(message[:60], tsn, 2)],
        "end": [layers.data_chunk(message[60:], tsn, 1)],
        "ipv6": [layers.data_chunk(message, tsn)],
        "i_data": [struct.pack(">BBHIHHII", 64, 3, 20 + len(message), tsn, 1, 0, tsn, 3) + message],
    }
    if form["kind"] == "udp":
        return layers.ipv4(layers.udp(message), 17)
    segment = layers.sctp(*chunks[form["kind"]], tag=tag)
    if form["kind"] == "ipv6":
        return layers.ipv6(segment)
    source, destination = PATHS[form["path"]]
    return layers.ipv4(segment, source=source, destination=destination)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.lists(PLAIN, min_size=1, max_size=60),
    st.sampled_from([1, 4, 20, 30, 40, 50, 500]),
    st.sampled_from([1, 1_000_000_000, 10**15]),
    st.sampled_from([1, 113, 228]),
    st.sampled_from([300, 1000, 4000, 1 << 20]),
)
def test_any_order_of_plain_and_other_packets(layers, forms, remembered, age_ns, link_type, most):
    """Repeated TSNs, few remembered TSNs and short memories among them."""
    time_ns, packets = 10**18, []
    before = {1: bytes(12) + b"\x08\x00", 113: bytes(14) + b"\x08\x00", 228: b""}[link_type]
    for form in forms:
        time_ns += form["gap"]
        packet = packet_of(layers, form)
        if link_type != 228 and packet[0] >> 4 == 6:
            continue
        packets.append((time_ns, before + packet))
    check(timed(packets, link_type), Limits(remembered_tsns=remembered, tsn_age_ns=age_ns), most)


def many(layers, count, **options):
    return [
        (10**18 + number, layers.ipv4(layers.sctp(layers.data_chunk(layers.QUERY, number, **options))))
        for number in range(count)
    ]


def test_distinct_chunks_come_in_blocks(layers):
    assert check(timed(many(layers, 500))) == 499  # the first begins the memory of TSNs


def test_a_vlan_tag_a_cooked_header_and_a_datagram_come_in_blocks(layers):
    tagged = [(time, layers.ethernet(packet, tags=(0x88A8, 0x8100))) for time, packet in many(layers, 100)]
    assert check(timed(tagged, 1)) == 99
    cooked = [(time, b"\x08\x00" + bytes(18) + packet) for time, packet in many(layers, 100)]
    assert check(timed(cooked, 276)) == 99
    datagram = layers.ipv4(layers.udp(layers.ANSWER, b"\x30\x39\x30\x39"), 17)
    assert check(timed([(10**18, datagram)] * 100)) == 100


def test_a_repeat_of_a_chunk_of_an_earlier_block_is_left_out(layers):
    packets = many(layers, 300)
    octets = timed([*packets, *packets[100:150], *many(layers, 320)[300:]])
    for most in (2000, 1 << 20):
        messages, _, counts = read(octets, least=10, most=most)
        assert len(messages) == 320
        assert counts.causes == {Cause.SCTP_DUPLICATE: 50}
        check(octets, most=most)


def test_the_memory_of_tsns_is_renewed_at_the_same_packet(layers):
    """Each new direction counts as sixteen chunks; a repeat is told until the packet that renews, and not after the next."""
    ways = [
        (10**18, layers.ipv4(layers.sctp(layers.data_chunk(layers.QUERY, number), tag=1 + number % 3)))
        for number in range(40)
    ]
    for remembered in range(50, 100):
        for most in (1500, 1 << 20):
            check(timed([*ways, *ways, *ways]), Limits(remembered_tsns=remembered), most)


def test_blocks_remember_within_the_bound(layers):
    """What is remembered of chunks read at once is forgotten as that of single chunks is."""
    packets = many(layers, 400)
    limits = Limits(remembered_tsns=100)
    reader = ColumnReader(io.BytesIO(timed(packets)), limits=limits)
    reader.least_rows = 10
    assert sum(piece.number.size if isinstance(piece, Block) else 1 for piece in reader.blocks()) == 400
    tsns, runs = reader._sctp.flows.memory(packets[0][1][12:28])
    assert sum(map(len, tsns)) + sum(run.tsns.size for run in runs) <= 200
    assert check(timed([*packets, *packets[:50]]), limits) > 300


def test_two_link_types_in_turn(layers):
    """A newer capture whose interfaces differ is read to its end, whatever comes in blocks."""
    newer = layers.section() + layers.interface(228) + layers.interface(1)
    for number in range(200):
        packet = layers.ipv4(layers.sctp(layers.data_chunk(layers.QUERY, number)))
        newer += layers.enhanced(packet, number) + layers.enhanced(layers.ethernet(packet), number, 1)
    check(newer)


def test_time_stamps_that_63_bits_do_not_hold(layers):
    packet = layers.ipv4(layers.udp(layers.QUERY), 17)
    for units in (2**63, 2**60):
        newer = layers.section() + layers.interface(228) + layers.enhanced(packet, units) * 3
        check(newer)
    odd = layers.interface(228, options=b"\x09\0\1\0\x0c\0\0\0")  # picoseconds
    check(layers.section() + odd + layers.enhanced(packet, 10**15 + 1) * 3)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.integers(0, 60), max_size=20), st.booleans(), st.integers(0, 200), st.binary(max_size=12))
def test_the_compiled_walks_are_the_interpreted_ones(lengths, big, cut, tail):
    walk = pytest.importorskip(
        "ain_scp.ssp_sim.capture.walk", reason="needs librt, which compiled installations have"
    )
    order = ">" if big else "<"
    classic = b"".join(struct.pack(order + "IIII", 1, 2, size, size) + bytes(size) for size in lengths) + tail
    blocks = b"".join(
        struct.pack(order + "II", 6, 32 + 4 * size)
        + bytes(20 + 4 * size)
        + struct.pack(order + "I", 32 + 4 * size)
        for size in lengths
    )
    for octets in (classic, classic[: max(0, len(classic) - cut)], b"abc" + classic):
        at = 3 if octets[:3] == b"abc" else 0
        assert walk.records(octets, at, big) == records(octets, at, big)
    for octets in (blocks + tail, blocks[: max(0, len(blocks) - cut)], blocks + b"\xff" * 40):
        assert walk.packet_blocks(octets, 0, big) == packet_blocks(octets, 0, big)
    found = np.frombuffer(records(classic, 0, big), np.int64)
    assert found.size >= len(lengths) or tail == b""


def test_runs_give_the_packets_one_by_one(layers):
    """A row of a run is the packet that the file readers give."""
    octets = layers.pcap([b"one", b"", b"three"], fraction=7)
    (run,) = classic_runs(OctetSource(io.BytesIO(octets)), Limits())
    assert isinstance(run, Run)
    time_ns, offset, link_type, buffer, start, end = run.packet(2)
    assert (time_ns, offset, link_type, buffer[start:end]) == (1002_000_007_000, 24 + 19 + 16, 228, b"three")
    newer = layers.section() + layers.interface() + layers.enhanced(b"abcd", 5)
    (run,) = section_runs(OctetSource(io.BytesIO(newer)), Limits())
    assert run.packet(0)[:3] == (5000, len(newer) - 36, 228)
