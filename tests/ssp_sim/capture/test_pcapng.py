"""The newer format: sections, interfaces, resolutions, all packet blocks, and what contradicts itself."""

import io
import struct

import pytest

from ain_scp.ssp_sim.capture.frame import CaptureFault, Cause, Limits
from ain_scp.ssp_sim.capture.reader import CaptureReader


def read(octets, **options):
    reader = CaptureReader(io.BytesIO(octets), **options)
    return list(reader), reader


@pytest.fixture
def packet(layers, query):
    return layers.ipv4(layers.sctp(layers.data_chunk(query)))


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("options", "units", "time_ns"),
    [
        ([], 5_000_001, 5_000_001_000),
        ([(9, b"\x06")], 5_000_001, 5_000_001_000),
        ([(9, b"\x09")], 1 << 40, 1 << 40),
        ([(9, b"\x00")], 7, 7_000_000_000),
        ([(9, b"\x0c")], 5_999, 5),
        ([(9, b"\x8a")], 1024 + 512, 1_500_000_000),
        ([(9, b"\xa0")], 1 << 32, 1_000_000_000),
        ([(14, 100)], 1_000_000, 101_000_000_000),
        ([(14, -1), (9, b"\x03")], 3_000, 2_000_000_000),
        ([(2, b"eth0"), (0, b"")], 1, 1_000),
        ([(0, b""), (9, b"\x09")], 1, 1_000),
    ],
)
def test_time_stamps_by_resolution_and_offset(layers, packet, order, options, units, time_ns):
    octets = b"".join(
        option(code, struct.pack(order + "q", value) if isinstance(value, int) else value, order)
        for code, value in options
    )
    whole = (
        layers.section(order)
        + layers.interface(228, order, options=octets)
        + layers.enhanced(packet, units, 0, order)
    )
    (frame,), _ = read(whole)
    assert frame.time_ns == time_ns
    assert frame.offset == len(whole) - len(layers.enhanced(packet))


def test_sections_have_their_own_order_and_interfaces(layers, packet, query):
    """A packet's interface is that of its section; unknown blocks and their contents are passed over."""
    whole = (
        layers.section("<")
        + layers.interface(1)
        + layers.interface(228)
        + layers.enhanced(packet, 1, 1)
        + layers.block(0x80000001, b"custom")
        + layers.section(">")
        + layers.interface(1, ">")
        + layers.enhanced(layers.ethernet(layers.ipv4(layers.sctp(layers.data_chunk(query, 2)))), 2, 0, ">")
    )
    frames, reader = read(whole)
    assert [(frame.number, frame.time_ns) for frame in frames] == [(1, 1_000), (2, 2_000)]
    assert (reader.counts.records, reader.counts.causes) == (2, {})


def test_simple_and_obsolete_packet_blocks(layers, packet, query):
    """A simple block has no time and is cut at the snapshot length of interface 0."""
    simple = layers.block(3, struct.pack("<I", len(packet)) + packet)
    obsolete = layers.block(2, struct.pack("<HHIIII", 0, 0xFFFF, 0, 9, len(packet), len(packet)) + packet)
    (frame,), _ = read(layers.section() + layers.interface() + simple)
    assert (frame.octets, frame.time_ns) == (query, 0)
    (frame,), _ = read(layers.section() + layers.interface() + obsolete)
    assert (frame.octets, frame.time_ns) == (query, 9_000)
    _, reader = read(layers.section() + layers.interface(snap=60) + simple)
    assert reader.counts.causes == {Cause.IP_CUT: 1}


def test_a_link_type_that_is_not_read_is_counted_and_the_others_go_on(layers, packet, query):
    whole = layers.section() + layers.interface(105) + layers.interface(228)
    whole += layers.enhanced(b"radio", 0, 0) + layers.enhanced(packet, 0, 1)
    frames, reader = read(whole)
    assert [frame.octets for frame in frames] == [query]
    assert reader.counts.causes == {Cause.LINK_TYPE: 1}


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (struct.pack("<III", 6, 8, 8), "length of 8"),
        (struct.pack("<III", 6, 14, 14), "length of 14"),
        (struct.pack("<III", 5, 1 << 31, 0), "length of"),
        (struct.pack("<IIII", 5, 16, 0, 20), "two lengths differ"),
        (struct.pack("<IIIII", 6, 20, 0, 0, 20), "too short"),
        (struct.pack("<IIIII", 2, 20, 0, 0, 20), "too short"),
        (struct.pack("<III", 3, 12, 12), "too short"),
        (struct.pack("<III", 1, 12, 12), "too short"),
        (struct.pack("<IIIIIIII", 6, 32, 9, 0, 0, 0, 0, 32), "interface 9"),
        (struct.pack("<IIIIIIII", 6, 32, 0, 0, 0, 5, 5, 32), "claims 5"),
        (struct.pack("<IIHHIIIII", 2, 32, 0, 0, 0, 0, 5, 5, 32), "claims 5"),
        (struct.pack("<IIHHIHHI", 1, 24, 1, 0, 0, 2, 9, 24), "longer than its block"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<III", 28, 7, 0) + bytes(12), "octet order mark"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<III", 16, 0x1A2B3C4D, 16), "too short"),
    ],
)
def test_a_block_that_contradicts_itself_is_one_fault_and_what_was_before_is_delivered(
    layers, packet, tail, reason
):
    before = layers.section() + layers.interface() + layers.enhanced(packet)
    reader = CaptureReader(io.BytesIO(before + tail))
    frames = iter(reader)
    assert next(frames).number == 1
    with pytest.raises(CaptureFault, match=reason) as caught:
        next(frames)
    assert len(before) <= caught.value.offset < len(before + tail)


def test_a_simple_packet_without_an_interface_is_a_fault(layers):
    with pytest.raises(CaptureFault, match="names interface 0"):
        read(layers.section() + layers.block(3, struct.pack("<I", 0)))


def test_bounds_on_packets_and_interfaces(layers, packet):
    whole = layers.section() + layers.interface() + layers.enhanced(packet)
    with pytest.raises(CaptureFault, match="claims"):
        read(whole, limits=Limits(record_octets=100))
    with pytest.raises(CaptureFault, match="length of"):
        read(whole, limits=Limits(block_octets=100))
    with pytest.raises(CaptureFault, match="interfaces"):
        read(layers.section() + layers.interface() * 3, limits=Limits(interfaces=2))
    simple = layers.block(3, struct.pack("<I", len(packet)) + packet)
    with pytest.raises(CaptureFault, match="claims"):
        read(layers.section() + layers.interface() + simple, limits=Limits(record_octets=100))


def test_every_truncation_delivers_what_is_whole(layers, packet, query):
    whole = layers.section() + layers.interface() + layers.enhanced(packet)
    first = len(whole)
    whole += layers.enhanced(layers.ipv4(layers.sctp(layers.data_chunk(query, 2))), 1)
    for end in range(28, len(whole)):
        frames, reader = read(whole[:end])
        assert len(frames) == (1 if end >= first else 0)
        assert (reader.truncation is None) == (end in (28, 28 + 20, first))
