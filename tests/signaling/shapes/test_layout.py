"""Only a message of the plain form has a layout: M3UA DATA with one UDT that holds one TCAP package, parts in their order."""

import pytest

from ain_scp.signaling.shapes.layout import layout_of
from tests.kit.query import query_octets

PLAIN = query_octets(7)
SCCP = PLAIN.index(b"\x09\x80") if b"\x09\x80" in PLAIN else PLAIN.index(b"\x09\x00")


def changed(at, octet):
    return PLAIN[:at] + bytes((octet,)) + PLAIN[at + 1 :]


def test_a_plain_query_has_a_layout_that_points_at_its_parts():
    layout = layout_of(PLAIN)
    assert PLAIN[layout.transaction_at : layout.transaction_at + 4] == (7).to_bytes(4, "big")
    assert len(layout.invokes) == 1
    assert layout.numbering[0][0] == layout.sls_at


@pytest.mark.parametrize("kind", [0x01, 0x0A, 0x11, 0x13, 0xFF])
def test_an_sccp_message_of_another_type_has_none(kind):
    assert layout_of(changed(SCCP, kind)) is None


@pytest.mark.parametrize("pointer", [2, 3, 4])
@pytest.mark.parametrize("by", [-1, 1])
def test_parameters_that_stand_elsewhere_have_none(pointer, by):
    at = SCCP + pointer
    assert layout_of(changed(at, PLAIN[at] + by)) is None


@pytest.mark.parametrize("length", range(len(PLAIN)))
def test_a_message_cut_short_has_none(length):
    assert layout_of(PLAIN[:length]) is None
