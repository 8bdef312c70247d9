"""Long messages come out of reassembly as they went into segmentation, or not at all, and within bounds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import sccp
from ain_scp.signaling.sccp import Address, ExtendedUnitData
from ain_scp.signaling.sccp.segmentation import Reassembly, ReassemblyLimits, ReassemblyOutcome, segment

SCP, SSP = Address(250, 0xF50102), Address(250, 0xF60304)
S = 1_000_000_000
LONG = bytes(range(250)) * 4


def message(data=LONG, **fields):
    return ExtendedUnitData(SCP, SSP, data, **fields)


@given(st.binary(min_size=1, max_size=3808), st.integers(1, 0xFFFFFF))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_what_is_cut_comes_together_again(data, reference):
    reassembly = Reassembly()
    pieces = segment(message(data), reference)
    outcomes = [reassembly.receive(sccp.decode(sccp.encode(piece)), 1, 0) for piece in pieces]
    assert outcomes[:-1] == [ReassemblyOutcome.PENDING] * (len(pieces) - 1)
    assert outcomes[-1].data == data
    assert outcomes[-1].segmentation is None
    assert (reassembly.open_messages, reassembly.octets_held) == (0, 0)


def test_first_middle_and_last_count_down():
    pieces = segment(message(LONG[:700]), 7)
    assert [(p.segmentation.first, p.segmentation.remaining) for p in pieces] == [
        (True, 2),
        (False, 1),
        (False, 0),
    ]
    assert {p.segmentation.local_reference for p in pieces} == {7}
    assert {p.protocol_class for p in pieces} == {1}


def test_a_short_message_is_not_cut():
    assert segment(message(b"abc"), 7) == (message(b"abc"),)


def test_more_than_sixteen_segments_are_refused():
    with pytest.raises(ValueError, match="16 segments"):
        segment(message(bytes(3809)), 7)
    with pytest.raises(ValueError, match="not possible"):
        segment(message(), 7, 239)


# name, which of four pieces arrive, the outcome of each ("whole" for the completed message)
ORDERS = [
    ("missing middle", (0, 2), ("PENDING", "OUT_OF_ORDER")),
    ("missing first", (1, 2, 3), ("UNEXPECTED", "UNEXPECTED", "UNEXPECTED")),
    ("duplicate first", (0, 0), ("PENDING", "DUPLICATE_FIRST")),
    ("duplicate middle", (0, 1, 1), ("PENDING", "PENDING", "OUT_OF_ORDER")),
    ("out of order", (0, 2, 1, 3), ("PENDING", "OUT_OF_ORDER", "UNEXPECTED", "UNEXPECTED")),
    ("last repeated", (0, 1, 2, 3, 3), ("PENDING", "PENDING", "PENDING", "whole", "UNEXPECTED")),
]


@pytest.mark.parametrize(("name", "order", "expected"), ORDERS, ids=[row[0] for row in ORDERS])
def test_segments_in_a_wrong_order(name, order, expected):
    reassembly = Reassembly()
    pieces = segment(message(LONG[:940]), 7)
    assert len(pieces) == 4
    got = [reassembly.receive(pieces[index], 1, 0) for index in order]
    assert tuple(o.name if isinstance(o, ReassemblyOutcome) else "whole" for o in got) == expected
    assert reassembly.open_messages == 0
    assert reassembly.octets_held == 0


def test_two_messages_of_one_sender_interleave():
    reassembly = Reassembly()
    one, two = segment(message(LONG[:400]), 1), segment(message(LONG[400:800]), 2)
    outcomes = [reassembly.receive(piece, 1, 0) for piece in (one[0], two[0], two[1], one[1])]
    assert [o.data for o in outcomes[2:]] == [LONG[400:800], LONG[:400]]


def test_the_same_reference_from_another_point_code_is_another_message():
    reassembly = Reassembly()
    pieces = segment(message(LONG[:400]), 1)
    reassembly.receive(pieces[0], 1, 0)
    assert reassembly.receive(pieces[1], 2, 0) is ReassemblyOutcome.UNEXPECTED


def test_an_old_message_is_dropped_and_counted():
    reassembly = Reassembly()
    pieces = segment(message(LONG[:400]), 1)
    reassembly.receive(pieces[0], 1, 10 * S)
    assert reassembly.next_timer() == 15 * S
    assert reassembly.handle_timer(15 * S - 1) == 0
    assert reassembly.handle_timer(15 * S) == 1
    assert reassembly.next_timer() is None
    assert reassembly.receive(pieces[1], 1, 16 * S) is ReassemblyOutcome.UNEXPECTED
    assert reassembly.counters[ReassemblyOutcome.TOO_OLD] == 1


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (ReassemblyLimits(messages=3), ReassemblyOutcome.TOO_MANY),
        (ReassemblyLimits(octets=800), ReassemblyOutcome.TOO_MANY),
        (ReassemblyLimits(message_octets=200), ReassemblyOutcome.TOO_LONG),
    ],
)
def test_memory_is_bounded(limits, outcome):
    reassembly = Reassembly(limits)
    for reference in range(50):
        reassembly.receive(segment(message(LONG[:900]), reference)[0], 1, 0)
    assert reassembly.open_messages <= limits.messages
    assert reassembly.octets_held <= limits.octets
    assert reassembly.counters[outcome] > 0


def test_a_later_segment_longer_than_the_first_is_refused():
    reassembly = Reassembly()
    first, last = segment(message(LONG[:300]), 1, 150)
    reassembly.receive(first, 1, 0)
    longer = ExtendedUnitData(SCP, SSP, bytes(151), 1, segmentation=last.segmentation)
    assert reassembly.receive(longer, 1, 0) is ReassemblyOutcome.TOO_LONG
    assert reassembly.open_messages == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 20)), max_size=60))
@settings(derandomize=True, deadline=None, max_examples=80)
def test_octets_held_is_what_is_open(steps):
    reassembly = Reassembly(ReassemblyLimits(messages=2, octets=600))
    now = 0
    for index, reference, pause in steps:
        now += pause * S
        reassembly.receive(segment(message(LONG[:800], return_on_error=True), reference, 200)[index], 1, now)
        assert 0 <= reassembly.octets_held <= 600
        assert (reassembly.octets_held == 0) == (reassembly.open_messages == 0)
