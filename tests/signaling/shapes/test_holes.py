"""Octets with holes: what is filled in comes out, the rest is as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.signaling.shapes.holes import SWAP, Holes, cut

parts = st.lists(st.binary(max_size=6), min_size=1, max_size=9).filter(lambda many: len(many) % 2 == 1)


@given(parts, st.data())
def test_holes_are_filled_in_the_order_they_stand(many, data):
    """Any octets, those that mean something to bytes formatting (%) among them."""
    octets, places, at = b"".join(many), [], 0
    for number, part in enumerate(many):
        if number % 2:
            places.append((at, at + len(part)))
        at += len(part)
    assert b"".join(cut(octets, places)) == octets
    fields = tuple(data.draw(st.binary(max_size=6)) for _ in places)
    expected = list(many)
    expected[1::2] = fields
    assert Holes(octets, reversed(places)).fill(fields) == b"".join(expected)


def test_a_percent_sign_is_an_octet_like_any_other():
    assert Holes(b"%b%%s", [(2, 3)]).fill((b"%d",)) == b"%b%d%s"


@pytest.mark.parametrize("places", [[(0, 2), (1, 3)], [(2, 5)], [(3, 2)]])
def test_places_that_overlap_or_leave_the_octets_are_refused(places):
    assert cut(b"abcd", places) is None
    with pytest.raises(ValueError, match="places overlap"):
        Holes(b"abcd", places)


def test_swapped_twice_is_as_before():
    assert b"\x21\x43".translate(SWAP) == b"\x12\x34"
    assert all(bytes((octet,)).translate(SWAP).translate(SWAP) == bytes((octet,)) for octet in range(256))
