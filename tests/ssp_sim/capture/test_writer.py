"""What the writer writes, octet by octet and read back."""

import io
import struct

import pytest

from ain_scp.ssp_sim.capture.crc32c import crc32c
from ain_scp.ssp_sim.capture.frame import Endpoint, Transport
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.writer import CaptureWriter

SSP = Endpoint("10.0.0.1", 2905)
SCP = Endpoint("10.0.0.2", 2906)
START_NS = 1_700_000_000_123_456_789
ASPUP = bytes.fromhex("01000301000000100011000800000001")


def written(messages, **options):
    out = io.BytesIO()
    writer = CaptureWriter(out, **options)
    for message in messages:
        writer.write(*message)
    writer.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("octets", "check"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_the_check_sum_is_that_of_the_standard_vectors(octets, check):
    """RFC 3720 B.4, and the usual check value for an odd length."""
    assert crc32c(octets) == check


@pytest.mark.parametrize("framing", ["sctp", "udp"])
@pytest.mark.parametrize(("form", "unit_ns"), [("pcap", 1000), ("pcap-ns", 1), ("pcapng", 1)])
def test_what_is_written_is_read_back(form, unit_ns, framing, query, answer):
    octets = written(
        [(START_NS, SSP, SCP, query, "call 1"), (START_NS + 5_001, SCP, SSP, answer)],
        format=form,
        framing=framing,
    )
    reader = CaptureReader(io.BytesIO(octets))
    frames = list(reader)
    assert [frame.octets for frame in frames] == [query, answer]
    assert [frame.time_ns for frame in frames] == [
        time_ns // unit_ns * unit_ns for time_ns in (START_NS, START_NS + 5_001)
    ]
    assert [(frame.source, frame.destination) for frame in frames] == [(SSP, SCP), (SCP, SSP)]
    assert {frame.transport for frame in frames} == {Transport.SCTP if framing == "sctp" else Transport.UDP}
    assert reader.truncation is None


def test_a_classic_record_is_the_octets_of_the_specification(query):
    """File header of link type 228, record header, IPv4, SCTP with its check sum, DATA with PPID 3."""
    octets = written([(1_500_000_002_000, SSP, SCP, query)])
    assert octets[:24] == struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 228)
    size = 20 + 12 + 16 + len(query)
    assert struct.unpack("<IIII", octets[24:40]) == (1500, 2, size, size)
    packet = octets[40:]
    assert struct.unpack(">BBHHHBB", packet[:10]) == (0x45, 0, size, 1, 0x4000, 64, 132)
    assert packet[12:20] == bytes((10, 0, 0, 1, 10, 0, 0, 2))
    segment = packet[20:]
    assert segment[:4] == struct.pack(">HH", 2905, 2906)
    check = struct.unpack("<I", segment[8:12])[0]
    assert check == crc32c(segment[:8] + bytes(4) + segment[12:])
    assert struct.unpack(">BBHIHHI", segment[12:28]) == (0, 3, 16 + len(query), 1, 1, 0, 3)
    assert segment[28:] == query


def test_the_ip_header_check_sum_is_right(query):
    header = written([(0, SSP, SCP, query)])[40:60]
    total = sum(struct.unpack(">10H", header))
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


def test_the_udp_check_sum_is_right(query):
    packet = written([(0, SSP, SCP, query)], framing="udp")[40:]
    pseudo = packet[12:20] + struct.pack(">HH", 17, len(packet) - 20) + packet[20:]
    total = sum(struct.unpack(f">{len(pseudo) // 2}H", pseudo))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF


def test_each_direction_counts_its_own_tsn_and_stream_sequence(query, answer):
    """Management on stream 0, DATA on stream 1, TSNs from 1 in both directions, one tag per direction."""
    messages = [(1, SSP, SCP, ASPUP), (2, SSP, SCP, query), (3, SCP, SSP, answer), (4, SSP, SCP, query)]
    octets, at, seen, tags = written(messages), 24, [], []
    while at < len(octets):
        size = struct.unpack("<I", octets[at + 8 : at + 12])[0]
        tags.append(octets[at + 40 : at + 44])
        seen.append(struct.unpack(">IHH", octets[at + 52 : at + 60]))
        at += 16 + size
    assert seen == [(1, 0, 0), (2, 1, 0), (1, 1, 0), (3, 1, 1)]
    assert tags[0] == tags[1] == tags[3] != tags[2]


def test_pcapng_has_one_named_interface_per_link_and_keeps_comments(query):
    other = Endpoint("10.0.0.3", 2905)
    octets = written(
        [(1, SSP, SCP, query, "call 7", "A1 - SCP"), (2, SCP, SSP, query), (3, other, SCP, query)],
        format="pcapng",
    )
    assert octets.count(b"A1 - SCP") == 1
    assert b"10.0.0.3:2905 - 10.0.0.2:2906" in octets
    assert b"call 7" in octets
    assert [frame.octets for frame in CaptureReader(io.BytesIO(octets))] == [query] * 3


def test_ipv6_links_go_into_pcapng_only(query):
    first, second = Endpoint("2001:db8::1", 2905), Endpoint("2001:db8::2", 2905)
    for framing in ("sctp", "udp"):
        octets = written([(1, first, second, query)], format="pcapng", framing=framing)
        (frame,) = CaptureReader(io.BytesIO(octets))
        assert (frame.source, frame.destination, frame.octets) == (first, second, query)
    with pytest.raises(ValueError, match="pcapng"):
        written([(1, first, second, query)])


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ((-1, SSP, SCP, b""), "no time"),
        ((2**32 * 1_000_000_000, SSP, SCP, b""), "no time"),
        ((0, SSP, SCP, bytes(65_536)), "does not fit"),
        ((0, SSP, SCP, bytes(65_485)), "does not fit"),
        ((0, Endpoint("nowhere", 1), SCP, b""), "nowhere"),
        ((0, Endpoint("::1", 1), SCP, b""), "different IP versions"),
    ],
)
def test_what_no_capture_can_hold_is_refused(message, reason):
    with pytest.raises(ValueError, match=reason):
        written([message])


def test_a_refused_message_leaves_a_valid_capture(query):
    """Nothing of it is written, and the next message follows as if it had not been."""
    out = io.BytesIO()
    writer = CaptureWriter(out)
    with pytest.raises(ValueError, match="does not fit"):
        writer.write(1, SSP, SCP, bytes(65_530))
    writer.write(2, SSP, SCP, query)
    assert [frame.octets for frame in CaptureReader(io.BytesIO(out.getvalue()))] == [query]
    assert out.getvalue()[24 + 16 + 32 + 4 :][:4] == struct.pack(">I", 1)  # its TSN


def test_options_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="format"):
        CaptureWriter(io.BytesIO(), "erf")
    with pytest.raises(ValueError, match="framing"):
        CaptureWriter(io.BytesIO(), "pcap", "tcp")


def test_after_close_nothing_is_written(query):
    out = io.BytesIO()
    writer = CaptureWriter(out)
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(1, SSP, SCP, query)
    assert not out.closed
    assert len(out.getvalue()) == 24


@pytest.mark.parametrize("form", ["pcap", "pcap-ns", "pcapng"])
def test_an_empty_capture_is_a_valid_file(form):
    assert list(CaptureReader(io.BytesIO(written([], format=form)))) == []


def test_a_comment_too_long_is_cut_between_characters(query):
    octets = written([(1, SSP, SCP, query, "é" * 40_000)], format="pcapng")
    (frame,) = CaptureReader(io.BytesIO(octets))
    assert frame.octets == query
    assert octets.count("é".encode()) == 65_535 // 2


@pytest.mark.parametrize("framing", ["sctp", "udp"])
def test_the_longest_message_fits(framing):
    """65,484 octets: with headers and padding, one IPv4 packet."""
    message = b"\x01\x00\x01\x01" + (65_484).to_bytes(4, "big") + b"\x02\x10" + bytes(65_474)
    (frame,) = CaptureReader(io.BytesIO(written([(1, SSP, SCP, message)], framing=framing)))
    assert frame.octets == message
