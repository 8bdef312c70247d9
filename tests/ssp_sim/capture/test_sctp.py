"""SCTP in captures: bundling, fragments, duplicates, payload protocols, malformed chunks."""

import io
import struct
from itertools import permutations

import pytest

from ain_scp.ssp_sim.capture.frame import Cause, Limits
from ain_scp.ssp_sim.capture.reader import CaptureReader


def read(octets, **options):
    reader = CaptureReader(io.BytesIO(octets), **options)
    return list(reader), reader


def payloads(octets, **options):
    return [frame.octets for frame in read(octets, **options)[0]]


def test_bundled_chunks_are_all_delivered(layers, query, answer):
    sack = struct.pack(">BBHIIHH", 3, 0, 16, 1, 1, 0, 0)
    packet = layers.sctp(
        sack, layers.data_chunk(query, 1), layers.data_chunk(answer, 2), layers.data_chunk(query, 3)
    )
    frames, reader = read(layers.pcap([layers.ipv4(packet)]))
    assert [frame.octets for frame in frames] == [query, answer, query]
    assert {frame.number for frame in frames} == {1}
    assert reader.counts.causes == {Cause.SCTP_CONTROL: 1}
    assert (reader.counts.frames, reader.counts.carried, reader.counts.dropped) == (3, 1, 0)


@pytest.mark.parametrize("unordered", [0, 4])
@pytest.mark.parametrize("first", [5, 0xFFFFFFFE])
def test_fragmented_messages_in_any_order(layers, answer, unordered, first):
    """TSNs may wrap within a message; two messages of one stream do not mix."""
    third = len(answer) // 3
    parts = [answer[:third], answer[third : 2 * third], answer[2 * third :]]
    packets = [
        layers.ipv4(
            layers.sctp(layers.data_chunk(part, (first + index) & 0xFFFFFFFF, unordered | flags, sequence=3))
        )
        for index, (part, flags) in enumerate(zip(parts, (2, 0, 1), strict=True))
    ]
    other = layers.ipv4(
        layers.sctp(layers.data_chunk(b"other", (first + 3) & 0xFFFFFFFF, unordered | 2, sequence=4))
    )
    for order in permutations(packets):
        frames, reader = read(layers.pcap([order[0], other, *order[1:]]))
        assert [frame.octets for frame in frames] == [answer]
        assert reader.counts.causes == {Cause.SCTP_FRAGMENT_AGE: 1}
        assert (reader.counts.kept, reader.counts.carried) == (3, 1)


def test_the_table_of_message_fragments_is_bounded(layers):
    def causes(packets, **limits):
        return read(layers.pcap(packets), limits=Limits(**limits))[1].counts.causes

    begun = [
        layers.ipv4(layers.sctp(layers.data_chunk(bytes(100), number * 2, 2, sequence=number)))
        for number in range(10)
    ]
    assert causes(begun, messages=4) == {Cause.SCTP_FRAGMENT_LIMIT: 6, Cause.SCTP_FRAGMENT_AGE: 4}
    assert causes(begun, message_octets=250) == {Cause.SCTP_FRAGMENT_LIMIT: 8, Cause.SCTP_FRAGMENT_AGE: 2}
    endless = [layers.ipv4(layers.sctp(layers.data_chunk(bytes(9), number, 0))) for number in range(10)]
    assert causes(endless, message_pieces=4) == {Cause.SCTP_FRAGMENT_LIMIT: 10}


@pytest.mark.parametrize("fast", [True, False])
def test_a_retransmitted_chunk_is_delivered_once(layers, query, answer, fast):
    """Also when it is bundled the second time; the same TSN of the other direction or association is another chunk."""
    first = layers.sctp(layers.data_chunk(query, 10))
    bundled = layers.sctp(layers.data_chunk(query, 10), layers.data_chunk(answer, 11))
    elsewhere = layers.ipv4(first, source=layers.DESTINATION, destination=layers.SOURCE)
    other_tag = layers.ipv4(layers.sctp(layers.data_chunk(query, 10), tag=8))
    packets = [layers.ipv4(first), layers.ipv4(first), layers.ipv4(bundled), elsewhere, other_tag]
    frames, reader = read(layers.pcap(packets), fast=fast)
    assert [(frame.number, frame.octets) for frame in frames] == [
        (1, query),
        (3, answer),
        (4, query),
        (5, query),
    ]
    assert reader.counts.causes == {Cause.SCTP_DUPLICATE: 2}


@pytest.mark.parametrize("fast", [True, False])
def test_chunks_that_share_a_tsn_but_not_the_content_are_all_delivered(layers, query, answer, fast):
    """Captures made by hand often number every chunk alike."""
    packets = [
        layers.ipv4(layers.sctp(layers.data_chunk(payload, 0)))
        for payload in (query, answer, query[:-1] + b"\1")
    ]
    assert len(payloads(layers.pcap(packets), fast=fast)) == 3


@pytest.mark.parametrize("fast", [True, False])
def test_remembered_tsns_are_bounded_and_age(layers, query, fast):
    """A TSN is forgotten after two generations: by count or by capture time."""
    same = layers.ipv4(layers.sctp(layers.data_chunk(query, 7)))
    others = [layers.ipv4(layers.sctp(layers.data_chunk(query, 100 + number))) for number in range(200)]
    octets = layers.pcap([same, *others, same])  # one packet a second

    def frames(**limits):
        return len(payloads(octets, fast=fast, limits=Limits(**limits)))

    assert frames(tsn_age_ns=1_000_000_000_000) == 201
    assert frames(tsn_age_ns=1_000_000_000_000, remembered_tsns=80) == 202
    assert frames(tsn_age_ns=50_000_000_000) == 202


@pytest.mark.parametrize(
    ("ppid", "good"), [(3, True), (0, True), (0x03000000, True), (5, False), (2, False), (0x05000000, False)]
)
def test_payload_protocols(layers, query, ppid, good):
    """3 is M3UA; unset and octet-swapped ones are believed when the payload has M3UA's form."""
    frames, reader = read(layers.pcap([layers.ipv4(layers.sctp(layers.data_chunk(query, ppid=ppid)))]))
    assert [frame.octets for frame in frames] == ([query] if good else [])
    assert reader.counts.causes == ({} if good else {Cause.SCTP_PAYLOAD: 1})


@pytest.mark.parametrize("chunk", [b"\x00\x03\x00\x03", b"\x00\x03\x00\x50", b"\x00\x03\x00\x10" + bytes(12)])
def test_chunks_before_a_malformed_one_are_delivered(layers, query, chunk):
    frames, reader = read(layers.pcap([layers.ipv4(layers.sctp(layers.data_chunk(query), chunk))]))
    assert [frame.octets for frame in frames] == [query]
    assert reader.counts.causes == {Cause.SCTP_MALFORMED: 1}


OTHER_SOURCE, OTHER_DESTINATION = bytes((10, 9, 9, 1)), bytes((10, 9, 9, 2))


@pytest.mark.parametrize("fast", [True, False])
def test_an_association_is_one_whatever_path_a_chunk_takes(layers, query, answer, fast):
    """Fragments are joined across paths in any order, a repetition on the second path is known, and the ends are the first's."""
    half = len(answer) // 2
    chunks = [
        layers.sctp(layers.data_chunk(answer[:half], 5, 2)),
        layers.sctp(layers.data_chunk(answer[half:], 6, 1)),
        layers.sctp(layers.data_chunk(query, 7)),
        layers.sctp(layers.data_chunk(query, 7)),
    ]
    paths = [(layers.SOURCE, layers.DESTINATION), (OTHER_SOURCE, OTHER_DESTINATION)]
    for order in permutations(range(4)):
        packets = [
            layers.ipv4(chunks[at], source=paths[place % 2][0], destination=paths[place % 2][1])
            for place, at in enumerate(order)
        ]
        frames, reader = read(layers.pcap(packets), fast=fast)
        assert sorted(frame.octets for frame in frames) == sorted([query, answer])
        assert len({(frame.source, frame.destination) for frame in frames}) == 1
        assert reader.counts.causes == {Cause.SCTP_DUPLICATE: 1}


def i_data(payload, tsn, flags=3, stream=1, message=0, number=3):
    head = struct.pack(">BBHIHHII", 64, flags, 20 + len(payload), tsn, stream, 0, message, number)
    return head + payload + bytes(-len(payload) % 4)


def test_i_data_chunks_are_data(layers, query):
    """RFC 8260: the payload protocol stands behind the message identifier; other payloads are said to be such."""
    packets = [
        layers.ipv4(layers.sctp(i_data(query, 1))),
        layers.ipv4(layers.sctp(i_data(query, 2, number=46))),
    ]
    frames, reader = read(layers.pcap(packets))
    assert [frame.octets for frame in frames] == [query]
    assert reader.counts.causes == {Cause.SCTP_PAYLOAD: 1}


@pytest.mark.parametrize("unordered", [0, 4])
def test_interleaved_fragments_are_joined_by_message_and_number(layers, query, answer, unordered):
    """Two messages of one stream whose fragments alternate, as interleaving sends them, in any order of packets."""
    parts = []
    for message, octets in enumerate((query, answer)):
        third = len(octets) // 3
        pieces = (octets[:third], octets[third : 2 * third], octets[2 * third :])
        parts += [
            (at, i_data(piece, 10 + 2 * at + message, unordered | flags, message=message, number=at or 3))
            for at, (piece, flags) in enumerate(zip(pieces, (2, 0, 1), strict=True))
        ]
    packets = [layers.ipv4(layers.sctp(chunk)) for _, chunk in sorted(parts, key=lambda one: one[0])]
    for order in permutations(packets):
        frames, reader = read(layers.pcap(order))
        assert sorted(frame.octets for frame in frames) == sorted([query, answer])
        assert reader.counts.causes == {}


def test_an_i_data_chunk_without_a_payload_is_malformed(layers):
    assert read(layers.pcap([layers.ipv4(layers.sctp(i_data(b"", 1)))]))[1].counts.causes == {
        Cause.SCTP_MALFORMED: 1
    }
