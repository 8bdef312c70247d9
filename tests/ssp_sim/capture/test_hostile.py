"""Hostile captures: whatever the octets, frames or one `CaptureFault`, the same on both paths, nothing uncounted."""

import io
import random
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ain_scp.ssp_sim.capture.columns import ColumnReader
from ain_scp.ssp_sim.capture.frame import CaptureFault, Frame, Limits
from ain_scp.ssp_sim.capture.reader import CaptureReader

SMALL = Limits(
    datagrams=4,
    datagram_pieces=4,
    datagram_octets=4096,
    messages=4,
    message_pieces=4,
    message_octets=4096,
    remembered_tsns=40,
    interfaces=4,
)


def outcome(octets, *, fast, limits=SMALL):
    """Everything a reading gives: frames, fault, truncation, counts."""
    reader = CaptureReader(io.BytesIO(octets), fast=fast, limits=limits)
    frames, fault = [], None
    try:
        for frame in reader:
            frames.append(frame)  # noqa: PERF402  (the frames before a fault are wanted)
    except CaptureFault as caught:
        fault = (caught.offset, caught.reason)
    counts = reader.counts
    assert counts.records == counts.carried + counts.kept + counts.dropped
    assert counts.frames == len(frames)
    assert sum(counts.causes.values()) >= counts.dropped
    cut = reader.truncation
    assert fault is None or cut is None
    fates = (counts.records, counts.carried, counts.kept, counts.dropped)
    return frames, fault, cut and (cut.offset, cut.reason), fates, counts.causes


def in_columns(octets, limits):
    """The same of a reading in blocks, however short the stretches; of frames what blocks tell."""
    reader = ColumnReader(io.BytesIO(octets), limits=limits)
    reader.least_rows = 1
    frames, fault = [], None
    try:
        for piece in reader.blocks():
            if isinstance(piece, Frame):
                frames.append((piece.number, piece.time_ns, piece.octets))
                continue
            columns = (piece.number, piece.time_ns, piece.at, piece.length)
            for number, time_ns, at, length in zip(*(one.tolist() for one in columns), strict=True):
                frames.append((number, time_ns, piece.buffer[at : at + length]))
    except CaptureFault as caught:
        fault = (caught.offset, caught.reason)
    counts, cut = reader.counts, reader.truncation
    fates = (counts.records, counts.carried, counts.kept, counts.dropped)
    return frames, fault, cut and (cut.offset, cut.reason), fates, counts.causes


def check(octets, limits=SMALL):
    general = outcome(octets, fast=False, limits=limits)
    assert outcome(octets, fast=True, limits=limits) == general
    told = [(frame.number, frame.time_ns, frame.octets) for frame in general[0]]
    assert in_columns(octets, limits) == (told, *general[1:])


def specimens(layers):
    """One small capture per file format and link type, with every kind of packet in it."""
    query, answer = layers.QUERY, layers.ANSWER
    whole = layers.sctp(layers.data_chunk(query, 1))
    third = len(answer) // 3
    packets = [
        layers.ipv4(whole),
        layers.ipv4(whole),
        layers.ipv4(layers.sctp(layers.data_chunk(query, 2), layers.data_chunk(answer, 3))),
        layers.ipv4(whole[:64], identification=5, fragment=0x2000),
        layers.ipv4(whole[64:], identification=5, fragment=8),
        layers.ipv4(layers.sctp(layers.data_chunk(answer[:third], 4, 2))),
        layers.ipv4(layers.sctp(layers.data_chunk(answer[third:], 5, 1))),
        layers.ipv4(layers.udp(query), 17),
        layers.ipv6(layers.sctp(layers.data_chunk(query, 6))),
    ]
    frames = [layers.ethernet(packet, 0x86DD if packet[0] >> 4 == 6 else 0x0800) for packet in packets]
    newer = (
        layers.section(">")
        + layers.interface(101, ">")
        + layers.interface(1, ">", options=b"\0\x09\0\1\x09\0\0\0")
    )
    for packet, frame in zip(packets, frames, strict=True):
        newer += layers.enhanced(packet, 5, 0, ">") + layers.enhanced(frame, 6, 1, ">")
    mtp2 = bytes((1, 2, 20)) + bytes(20)
    return {
        "ethernet": layers.pcap([*frames, layers.ethernet(packets[0], tags=(0x8100,))], 1),
        "raw": layers.pcap(packets, 101, ">"),
        "cooked": layers.pcap([b"\x08\x00" + bytes(18) + packet for packet in packets], 276),
        "mtp2": layers.pcap([mtp2, b"\0\0\1\0", mtp2 + b"\0\0"], 140),
        "pcapng": newer
        + layers.section()
        + layers.interface()
        + layers.block(3, struct.pack("<I", 40) + bytes(40)),
    }


NAMES = ["ethernet", "raw", "cooked", "mtp2", "pcapng"]


@pytest.fixture(scope="module")
def captures(layers):
    return specimens(layers)


@pytest.mark.parametrize("name", NAMES)
def test_every_specimen_is_read_alike_on_both_paths(captures, name):
    frames, fault, cut, _fates, _causes = outcome(captures[name], fast=True, limits=Limits())
    assert frames
    assert fault is None
    assert cut is None
    check(captures[name], Limits())


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation(captures, name):
    octets = captures[name]
    step = 1 if len(octets) < 2500 else 3
    for end in range(0, len(octets), step):
        check(octets[:end])


@pytest.mark.parametrize("name", NAMES)
def test_seeded_mutants(captures, name):
    """Thousands of captures with a few octets changed, removed, repeated or exchanged."""
    chance = random.Random(name)
    original = captures[name]
    for _ in range(1200):
        octets = bytearray(original)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(octets))
            turn = chance.randrange(5)
            if turn == 0:
                octets[at] = chance.randrange(256)
            elif turn == 1:
                octets[at] ^= 1 << chance.randrange(8)
            elif turn == 2:
                octets[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\0\0\0\1", b"\x7f\xff\xff\xff"])
            elif turn == 3:
                del octets[at : at + chance.randint(1, 16)]
            else:
                octets[at:at] = octets[at : at + chance.randint(1, 64)]
        check(bytes(octets))


FAST_SHAPE = st.fixed_dictionaries(
    {
        "first": st.sampled_from([0x45, 0x46, 0x44, 0x65, 0x55]),
        "tos": st.integers(0, 255),
        "total": st.integers(-40, 40),
        "fragment": st.sampled_from([0, 0x4000, 0x8000, 0x2000, 1, 0x3FFF]),
        "protocol": st.sampled_from([132, 132, 17, 6]),
        "flags": st.sampled_from([3, 3, 7, 2, 1, 0, 11, 0x83]),
        "kind": st.sampled_from([0, 0, 0, 3, 64]),
        "length": st.sampled_from([0, 0, 0, -1, 1, 4, -17, 1000]),
        "ppid": st.sampled_from([3, 3, 0, 5, 0x03000000]),
        "tsn": st.sampled_from([0, 1, 2, 3, 0xFFFFFFFF]),
        "address": st.integers(1, 3),
        "payload": st.binary(min_size=0, max_size=9),
        "tail": st.sampled_from([b"", b"\0\0\0", bytes(6), b"\0\3\0\x14" + bytes(16)]),
        "cut": st.sampled_from([0, 0, 0, 1, 5, 40]),
    }
)


def shaped(form):
    """A packet near the fast path's shape."""
    payload = form["payload"]
    padded = payload + bytes(-len(payload) % 4)
    length = (16 + len(payload) + form["length"]) & 0xFFFF
    chunk = (
        struct.pack(">BBHIHHI", form["kind"], form["flags"], length, form["tsn"], 1, 0, form["ppid"]) + padded
    )
    segment = bytes((11, 89, 11, 89)) + bytes(8) + chunk
    total = max(0, 20 + len(segment) + form["total"] * (form["total"] % 3 == 0))
    head = struct.pack(
        ">BBHHHBBH", form["first"], form["tos"], total, 1, form["fragment"], 64, form["protocol"], 0
    )
    packet = head + bytes((10, 0, 0, form["address"], 10, 0, 0, 9)) + segment + form["tail"]
    return packet[: len(packet) - form["cut"]]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(FAST_SHAPE, min_size=1, max_size=12), st.sampled_from([1, 101, 228]), st.integers(0, 2))
def test_the_fast_path_gives_what_the_general_path_gives(layers, forms, link_type, seconds):
    packets = [shaped(form) for form in forms]
    if link_type == 1:
        packets = [layers.ethernet(packet) for packet in packets]
    octets = bytearray(layers.pcap(packets, link_type))
    check(bytes(octets), Limits(remembered_tsns=6, tsn_age_ns=seconds * 1_000_000_000))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.binary(max_size=300))
@example(b"\x0a\x0d\x0d\x0a")
def test_any_octets_after_any_magic(octets):
    for magic in (
        b"",
        b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(12) + b"\xe4\0\0\0",
        b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a",
    ):
        check(magic + octets)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(st.binary(max_size=120), max_size=6),
    st.sampled_from([1, 101, 113, 139, 140, 141, 228, 229, 276]),
)
def test_any_packets_of_any_link_type(layers, packets, link_type):
    octets = layers.pcap(packets, link_type)
    check(octets)
    assert outcome(octets, fast=True)[3][0] == len(packets)
