"""The memory of shapes: it finds what a slow search finds, keeps its bounds, and forgets the oldest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.signaling.shapes.known import Known, mask_of, only

messages = st.binary(min_size=2, max_size=3).map(lambda octets: bytes(octet & 3 for octet in octets))
places = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(lambda two: (min(two), max(two)))


def like(octets, other, varying):
    """Whether two messages are equal but for what varies, octet by octet."""
    return len(octets) == len(other) and all(
        one == two or any(start <= at < until for start, until in varying)
        for at, (one, two) in enumerate(zip(octets, other, strict=True))
    )


@given(st.lists(st.tuples(messages, st.lists(places, max_size=2)), max_size=12), messages)
def test_a_message_is_known_as_the_first_kept_that_it_is_like(kept, asked):
    known = Known(masks=64, most=64)
    searched = []
    for octets, given_places in kept:
        varying = [(start, min(until, len(octets))) for start, until in given_places if start < len(octets)]
        mask = mask_of(len(octets), varying)
        before = next((one for one in searched if one[1] == mask and like(octets, one[0], varying)), None)
        assert known.keep(octets, mask, octets) == (octets if before is None else before[0])
        if before is None:
            searched.append((octets, mask, varying))
    alike = [octets for octets, _, varying in searched if like(asked, octets, varying)]
    found = known.find(asked)
    assert found in alike if alike else found is None
    assert len(known) == len(searched)


def test_the_mask_has_zeros_where_octets_vary():
    assert mask_of(4, [(1, 2), (3, 4)]) == 0xFF00FF00
    assert mask_of(2, []) == 0xFFFF


def test_a_length_has_a_bounded_number_of_masks_and_others_keep_theirs():
    known = Known(masks=2, most=10)
    assert [known.keep(b"abc", mask_of(3, [(at, at + 1)]), at) for at in range(3)] == [0, 1, None]
    assert known.keep(b"abcd", mask_of(4, [(2, 3)]), 4) == 4
    assert (known.find(b"xbc"), known.find(b"axc"), known.find(b"abx"), known.find(b"abxd")) == (
        0,
        1,
        None,
        4,
    )


def test_the_shape_kept_first_leaves_and_gives_its_mask_free():
    known = Known(masks=1, most=2)
    assert known.keep(b"ab", mask_of(2, [(0, 1)]), 1) == 1
    assert known.keep(b"abc", mask_of(3, [(0, 1)]), 2) == 2
    assert known.keep(b"xbd", mask_of(3, [(0, 1)]), 3) == 3
    assert (known.find(b"ab"), known.find(b"abc"), known.find(b"abd")) == (None, 2, 3)
    assert known.keep(b"ab", mask_of(2, [(1, 2)]), 4) == 4
    assert len(known) == 2
    known.clear()
    assert (len(known), known.find(b"ab")) == (0, None)


@pytest.mark.parametrize(
    ("head", "part", "place"),
    [
        (b"", b"bc", (1, 3)),
        (b"b", b"c", (2, 3)),
        (b"a", b"b", None),
        (b"", b"xx", None),
        (b"cab", b"", (5, 5)),
    ],
)
def test_a_part_stands_after_its_head_once_or_nowhere(head, part, place):
    assert only(b"abcabd", head, part) == place
