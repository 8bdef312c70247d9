"""python-diameter reads what this codec writes, and this codec what that one writes.

Source: charging.md 6.3; RFC 8506.
"""

import pytest

from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.message import decode, encode

pytestmark = pytest.mark.interop
theirs = pytest.importorskip(
    "diameter.message", reason="needs the extra interop: pip install 'ain-scp[interop]'"
)

REQUESTS = [
    ("authorize", cc.INITIAL, 0, {"requested": True}),
    ("answered", cc.UPDATE, 1, {}),
    ("more", cc.UPDATE, 2, {"used_s": 50, "requested": True}),
    ("ended", cc.TERMINATION, 3, {"used_s": 10}),
    ("debit", cc.EVENT, 0, {"action": cc.DIRECT_DEBITING, "money": cc.Money(150, -2, 840)}),
]


def made(kind, number, fields):
    return cc.CreditRequest(
        "client.example;1;1", kind, number, "9255550301", "2125550000",
        origin_host="client.example", origin_realm="example", **fields,
    )  # fmt: skip


@pytest.mark.parametrize(("what", "kind", "number", "fields"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_a_request_is_read_alike(what, kind, number, fields):
    """By their typed attributes; and written by them it is the same request to us."""
    asked = made(kind, number, fields)
    octets = encode(cc.request_message(asked, 7, 8))
    read = theirs.Message.from_bytes(octets)
    assert (read.header.command_code, read.header.application_id, read.header.is_request) == (272, 4, True)
    assert (read.header.hop_by_hop_identifier, read.header.end_to_end_identifier) == (7, 8)
    assert (read.session_id, read.cc_request_type, read.cc_request_number) == (asked.session, kind, number)
    assert (read.origin_host, read.origin_realm) == (b"client.example", b"example")
    assert [(one.subscription_id_type, one.subscription_id_data) for one in read.subscription_id] == [
        (0, "9255550301")
    ]
    assert cc.read_request(decode(read.as_bytes())) == cc.read_request(decode(octets))
