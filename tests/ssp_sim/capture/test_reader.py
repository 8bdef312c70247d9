"""What the reader gives for captures built by hand, layer by layer."""

import io
import struct
from itertools import permutations

import pytest

from ain_scp.ssp_sim.capture.frame import CaptureFault, Cause, Endpoint, Limits, Transport
from ain_scp.ssp_sim.capture.reader import CaptureReader


def read(octets, **options):
    reader = CaptureReader(io.BytesIO(octets), **options)
    return list(reader), reader


def payloads(octets, **options):
    return [frame.octets for frame in read(octets, **options)[0]]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "time_ns"), [(0xA1B2C3D4, 1_000_000_007_000), (0xA1B23C4D, 1_000_000_000_007)]
)
def test_classic_captures_of_both_orders_and_resolutions(layers, query, order, magic, time_ns):
    packet = layers.ipv4(layers.sctp(layers.data_chunk(query)))
    frames, reader = read(layers.pcap([packet], order=order, magic=magic, fraction=7))
    (frame,) = frames
    assert (frame.number, frame.time_ns, frame.offset, frame.octets) == (1, time_ns, 24, query)
    assert (frame.source, frame.destination) == (Endpoint("10.0.0.1", 2905), Endpoint("10.0.0.2", 2905))
    assert frame.transport is Transport.SCTP
    assert not frame.is_mtp3
    assert reader.counts.causes == {}


def link_forms(layers, packet):
    return {
        "ethernet": (1, layers.ethernet(packet)),
        "ethernet padded": (1, layers.ethernet(packet) + bytes(9)),
        "vlan": (1, layers.ethernet(packet, tags=(0x8100,))),
        "qinq": (1, layers.ethernet(packet, tags=(0x88A8, 0x8100))),
        "old qinq": (1, layers.ethernet(packet, tags=(0x9100, 0x8100))),
        "raw": (101, packet),
        "ipv4": (228, packet),
        "cooked 1": (113, bytes(14) + b"\x08\x00" + packet),
        "cooked 1 vlan": (113, bytes(14) + b"\x81\x00\x00\x05\x08\x00" + packet),
        "cooked 2": (276, b"\x08\x00" + bytes(18) + packet),
        "cooked 2 vlan": (276, b"\x81\x00" + bytes(18) + b"\x00\x05\x08\x00" + packet),
    }


@pytest.mark.parametrize("fast", [True, False])
def test_every_link_type_that_carries_ip(layers, query, fast):
    for name, (link_type, packet) in link_forms(
        layers, layers.ipv4(layers.sctp(layers.data_chunk(query)))
    ).items():
        assert payloads(layers.pcap([packet], link_type), fast=fast) == [query], name


def test_ipv6_on_every_link_type(layers, query):
    packet = layers.ipv6(layers.sctp(layers.data_chunk(query)))
    for link_type, octets in (
        (229, packet),
        (101, packet),
        (1, layers.ethernet(packet, 0x86DD)),
        (113, bytes(14) + b"\x86\xdd" + packet),
        (276, b"\x86\xdd" + bytes(18) + packet),
    ):
        (frame,), _ = read(layers.pcap([octets], link_type))
        assert (frame.octets, frame.source, frame.destination) == (
            query,
            Endpoint("::1", 2905),
            Endpoint("::2", 2905),
        )


MTP3 = bytes.fromhex("83f50102f60304 05".replace(" ", "")) + bytes.fromhex("0900")


@pytest.mark.parametrize(
    ("link_type", "head", "tail", "transport"),
    [
        (141, b"", b"", Transport.MTP3),
        (140, bytes((0x81, 0x82, len(MTP3))), b"\xaa\xbb", Transport.MTP2),
        (139, bytes((0, 0, 0, 0, 0x81, 0x82, len(MTP3))), b"", Transport.MTP2),
        (139, bytes((0, 2, 0, 0, 0x81, 0x82, len(MTP3))), b"", Transport.MTP2),
        (139, bytes((1, 1, 0, 0, 1, 0, 2, 0, len(MTP3), 0)), b"\xaa\xbb", Transport.MTP2),
    ],
)
def test_mtp_links_give_the_message_from_its_service_information_octet(
    layers, link_type, head, tail, transport
):
    """Check bits after the length indicator's octets are cut; annex A has two octets where there is one."""
    (frame,), reader = read(layers.pcap([head + MTP3 + tail], link_type))
    assert (frame.octets, frame.transport, frame.is_mtp3) == (MTP3, transport, True)
    assert reader.counts.carried == 1


def test_a_length_indicator_of_63_means_63_or_more(layers):
    long = MTP3 + bytes(200)
    assert payloads(layers.pcap([bytes((0, 0, 63)) + long], 140)) == [long]


@pytest.mark.parametrize(
    ("link_type", "packet", "cause"),
    [
        (140, b"\x00\x00\x00", Cause.MTP2_FILL_IN),
        (140, b"\x00\x00\x01\x00", Cause.MTP2_FILL_IN),
        (140, b"\x00\x00\x02\x00\x00", Cause.MTP2_FILL_IN),
        (140, b"\x00\x00", Cause.MTP_MALFORMED),
        (140, b"\x00\x00\x09\x83", Cause.MTP_MALFORMED),
        (140, b"\x00\x00\x03\x83\x01\x02", Cause.MTP_MALFORMED),
        (139, b"\x00\x01", Cause.MTP_MALFORMED),
        (141, b"\x83", Cause.MTP_MALFORMED),
        (1, bytes(13), Cause.LINK_SHORT),
        (1, bytes(12) + b"\x81\x00\x00\x01", Cause.LINK_SHORT),
        (1, bytes(12) + b"\x81\x00\x00\x01" * 6, Cause.NOT_IP),
        (1, bytes(12) + b"\x08\x06" + bytes(28), Cause.NOT_IP),
        (1, bytes(12) + b"\x08\x00", Cause.IP_MALFORMED),
        (113, bytes(15), Cause.LINK_SHORT),
        (276, bytes(19), Cause.LINK_SHORT),
        (276, b"\x08\x06" + bytes(40), Cause.NOT_IP),
        (228, b"", Cause.IP_MALFORMED),
        (228, b"\x75" + bytes(30), Cause.IP_MALFORMED),
        (228, b"\x44" + bytes(30), Cause.IP_MALFORMED),
        (228, b"\x45" + bytes(10), Cause.IP_MALFORMED),
        (228, b"\x45\x00\x00\x13" + bytes(30), Cause.IP_MALFORMED),
        (228, b"\x45\x00\x00\xff" + bytes(30), Cause.IP_CUT),
        (228, b"\x45\x00\x00\x14" + bytes(5) + b"\x06" + bytes(10), Cause.IP_PROTOCOL),
        (228, b"\x45\x00\x00\x18" + bytes(5) + b"\x84" + bytes(14), Cause.SCTP_MALFORMED),
        (228, b"\x45\x00\x00\x18" + bytes(5) + b"\x11" + bytes(14), Cause.UDP_MALFORMED),
        (229, b"\x60" + bytes(20), Cause.IP_MALFORMED),
        (229, b"\x60\x00\x00\x00\x00\x20" + bytes(40), Cause.IP_CUT),
    ],
)
def test_a_packet_left_out_is_counted_under_one_cause(layers, link_type, packet, cause):
    frames, reader = read(layers.pcap([packet], link_type))
    counts = reader.counts
    assert frames == []
    assert counts.causes == {cause: 1}
    assert (counts.records, counts.carried, counts.kept, counts.dropped) == (1, 0, 0, 1)


def fragments(layers, payload, size):
    pieces = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        pieces.append(layers.ipv4(payload[at : at + size], identification=9, fragment=more | at // 8))
    return pieces


def test_ip_fragments_in_any_order_give_the_datagram_once(layers, query):
    pieces = fragments(layers, layers.sctp(layers.data_chunk(query)), 64)
    assert len(pieces) == 3
    for order in permutations(pieces):
        frames, reader = read(layers.pcap([*order, order[0]]))
        assert [frame.octets for frame in frames] == [query]
        assert frames[0].number == 3
        assert reader.counts.causes == {Cause.IP_FRAGMENT_AGE: 1}  # the repeated piece


def test_overlapping_fragments_discard_the_datagram(layers, query):
    payload = layers.sctp(layers.data_chunk(query))
    first = layers.ipv4(payload[:64], fragment=0x2000)
    overlapping = layers.ipv4(payload[56:], fragment=7)
    frames, reader = read(layers.pcap([first, overlapping]))
    assert frames == []
    assert reader.counts.causes == {Cause.IP_OVERLAP: 2}


@pytest.mark.parametrize(("payload", "fragment"), [(b"", 0x2000), (bytes(9), 0x2000), (bytes(16), 0x1FFF)])
def test_fragments_of_impossible_size_are_counted(layers, payload, fragment):
    _, reader = read(layers.pcap([layers.ipv4(payload, fragment=fragment)]))
    assert reader.counts.causes == {Cause.IP_FRAGMENT_SIZE: 1}


def ipv6_fragments(layers, payload, size, before=b""):
    pieces = []
    for at in range(0, len(payload), size):
        more = 1 if at + size < len(payload) else 0
        head = struct.pack(">BBHI", 132, 0, at | more, 77)
        if before:
            pieces.append(layers.ipv6(b"\x2c" + before[1:] + head + payload[at : at + size], before[0]))
        else:
            pieces.append(layers.ipv6(head + payload[at : at + size], 44))
    return pieces


@pytest.mark.parametrize("before", [b"", bytes((0, 0)) + bytes(6), bytes((60, 0)) + bytes(6)])
def test_ipv6_fragments_behind_extension_headers(layers, query, before):
    pieces = ipv6_fragments(layers, layers.sctp(layers.data_chunk(query)), 64, before)
    assert payloads(layers.pcap(pieces, 229)) == [query]
    assert payloads(layers.pcap(pieces[::-1], 229)) == [query]


@pytest.mark.parametrize(
    ("protocol", "header"),
    [
        (0, b"\x84\x00" + bytes(6)),
        (43, b"\x84\x01" + bytes(14)),
        (60, b"\x84\x00" + bytes(6)),
        (51, b"\x84\x04" + bytes(22)),
        (44, b"\x84\x00" + bytes(6)),
    ],
)
def test_ipv6_extension_headers_are_skipped(layers, query, protocol, header):
    assert payloads(
        layers.pcap([layers.ipv6(header + layers.sctp(layers.data_chunk(query)), protocol)], 229)
    ) == [query]


def test_endless_ipv6_extension_headers_end(layers):
    _, reader = read(layers.pcap([layers.ipv6((b"\x3c\x00" + bytes(6)) * 100, 60)], 229))
    assert reader.counts.causes == {Cause.IP_MALFORMED: 1}


def test_the_tables_of_fragments_are_bounded_in_count_size_and_age(layers):
    piece = bytes(800)

    def causes(packets, **limits):
        return read(layers.pcap(packets), limits=Limits(**limits))[1].counts.causes

    many = [layers.ipv4(piece, identification=number, fragment=0x2000) for number in range(10)]
    assert causes(many, datagrams=4) == {Cause.IP_FRAGMENT_LIMIT: 6, Cause.IP_FRAGMENT_AGE: 4}
    assert causes(many, datagram_octets=1700) == {Cause.IP_FRAGMENT_LIMIT: 8, Cause.IP_FRAGMENT_AGE: 2}
    assert causes(many, datagram_octets=700) == {Cause.IP_FRAGMENT_LIMIT: 10}
    one = [layers.ipv4(bytes(8), fragment=0x2000 | number) for number in range(10)]
    assert causes(one, datagram_pieces=4) == {Cause.IP_FRAGMENT_LIMIT: 10}
    assert causes(many, datagram_age_ns=3_000_000_000) == {Cause.IP_FRAGMENT_AGE: 10}


def test_sctp_over_udp(layers, query):
    ports = struct.pack(">HH", 9899, 9899)
    packet = layers.ipv4(layers.udp(layers.sctp(layers.data_chunk(query)), ports), 17)
    (frame,), _ = read(layers.pcap([packet]))
    assert (frame.octets, frame.transport, frame.source) == (
        query,
        Transport.SCTP_UDP,
        Endpoint("10.0.0.1", 2905),
    )


def test_m3ua_over_udp_is_found_by_its_form_on_any_port(layers, query):
    ports = struct.pack(">HH", 4000, 5000)
    (frame,), _ = read(layers.pcap([layers.ipv4(layers.udp(query, ports), 17)]))
    assert (frame.octets, frame.transport, frame.source) == (query, Transport.UDP, Endpoint("10.0.0.1", 4000))


def test_other_udp_is_not_taken_for_m3ua(layers, query):
    """On the M3UA port a header is proof enough, elsewhere the length and first parameter must agree."""
    strange = query[:4] + b"\x00\x00\x00\x08" + query[8:]
    anywhere = struct.pack(">HH", 4000, 5000)
    assert payloads(layers.pcap([layers.ipv4(layers.udp(strange), 17)])) == [strange]
    for payload in (
        strange,
        b"\x01\x00\x01\x01\x00\x00\x00\x0c\x99\x99\x00\x04",
        b"",
        b"\x01\x00\x07\x01" + bytes(20),
    ):
        frames, reader = read(layers.pcap([layers.ipv4(layers.udp(payload, anywhere), 17)]))
        assert frames == []
        assert reader.counts.causes == {Cause.UDP_OTHER: 1}


def test_a_record_cut_by_the_end_is_told_and_all_before_it_delivered(layers, query):
    packet = layers.ipv4(layers.sctp(layers.data_chunk(query)))
    other = layers.ipv4(layers.sctp(layers.data_chunk(query, 2)))
    octets = layers.pcap([packet, other])
    boundary = len(octets) - 16 - len(other)
    for end in range(boundary, len(octets)):
        frames, reader = read(octets[:end])
        assert [frame.octets for frame in frames] == [query]
        if end == boundary:
            assert reader.truncation is None
        else:
            assert reader.truncation.offset == boundary
            assert "cut" in reader.truncation.reason
            assert reader.counts.causes == {Cause.TRUNCATED: 1}


@pytest.mark.parametrize(
    ("octets", "offset", "reason"),
    [
        (b"", 0, "fewer than four"),
        (b"GIF89a", 0, "not a pcap or pcapng file"),
        (b"\x1f\x8b\x08\x00", 0, "gzip"),
        (b"\xd4\xc3\xb2\xa1\x02\x00", 0, "cut"),
        (struct.pack("<IHHiIII", 0xA1B2C3D4, 9, 4, 0, 0, 1, 228), 4, "version 9"),
        (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1, 105), 20, "link type 105"),
        (
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1, 228) + struct.pack("<IIII", 0, 0, 1 << 31, 0),
            24,
            "claims",
        ),
    ],
)
def test_a_file_that_is_no_capture_has_one_clear_fault(octets, offset, reason):
    with pytest.raises(CaptureFault) as caught:
        read(octets)
    assert caught.value.offset == offset
    assert reason in caught.value.reason
    assert str(caught.value) == f"octet {offset}: {caught.value.reason}"


class Trickle:
    """A pipe that gives its octets a few at a time and never seeks."""

    def __init__(self, octets, sizes):
        self._octets, self._sizes, self._turn = octets, sizes, 0

    def read(self, size):
        step = self._sizes[self._turn % len(self._sizes)]
        self._turn += 1
        piece, self._octets = self._octets[: min(step, size)], self._octets[min(step, size) :]
        return piece


@pytest.mark.parametrize("sizes", [(1,), (7, 3), (15, 16, 17), (1000,)])
def test_a_capture_is_read_as_its_octets_come(layers, query, sizes):
    packets = [layers.ipv4(layers.sctp(layers.data_chunk(query, number))) for number in range(5)]
    octets = layers.pcap(packets)
    newer = layers.section() + layers.interface() + b"".join(layers.enhanced(packet) for packet in packets)
    for whole in (octets, newer):
        expected = read(whole)[0]
        assert list(CaptureReader(Trickle(whole, sizes))) == expected
        assert len(expected) == 5


def test_a_live_capture_is_followed_without_waiting_for_more(layers, query):
    """The first frame comes out before the pipe has its second packet."""
    packet = layers.ipv4(layers.sctp(layers.data_chunk(query)))

    class Live:
        pieces = [layers.pcap([packet])]  # noqa: RUF012  (a fixture of this one test)

        def read1(self, size):
            return self.pieces.pop()  # a second read would fail

        def read(self, size):
            raise AssertionError("a pipe must be read as its octets come")

    frames = iter(CaptureReader(Live()))
    assert next(frames).octets == query
