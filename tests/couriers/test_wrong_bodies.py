"""A registered enterprise whose lines are wrong is refused before anything is stored, and does no harm (C-012)."""

import json
import os

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers.keyring import load_certificates, load_pair
from ain_scp.tickets.collector.settings import KeyPair
from ain_scp.tickets.envelope.content import read_content, write_content
from ain_scp.tickets.envelope.seal import seal, sign, unseal, verify
from ain_scp.tickets.envelope.trust import fingerprint

from .test_pair import Pair


def lines_with(change):
    return lambda lines: [change(json.loads(line)) for line in lines]


WRONG = {
    "no JSON": lambda lines: [*lines, b"nothing"],
    "deep": lambda lines: [*lines, b"[" * 100_000],
    "a ticket too many": lambda lines: [*lines, lines[-1]],
    "out of order": lambda lines: [lines[0], *reversed(lines[1:])],
    "a ticket is missing": lambda lines: lines[:-1],
    "the layout is missing": lambda lines: lines[1:],
    "another layout's digest": lines_with(lambda one: one | {"digest": "0" * 64} if "toml" in one else one),
    "a layout that is none": lines_with(lambda one: one | {"toml": "x ="} if "toml" in one else one),
    "no base64": lines_with(lambda one: {**one, "r": None, "b": "%%"} if "s" in one else one),
    "a text for a number": lines_with(lambda one: one | {"q": "1"}),
    "no layout of that kind": lines_with(lambda one: one | {"layout": 5}),
    "a line longer than a record": lines_with(lambda one: one | {"r": "z" * 66_000} if "s" in one else one),
    "a receipt before there were any": lines_with(lambda one: one | {"t": -1} if "s" in one else one),
    "a receipt after all years": lines_with(lambda one: one | {"t": 1 << 62} if "s" in one else one),
    "a place beyond any file": lines_with(lambda one: one | {"e": 1 << 63} if "s" in one else one),
}
HEADERS = {
    "a path for a store": {"store": "../../elsewhere"},
    "a store of another form": {"store": "A" * 32},
    "no store": {"store": ""},
    "a sequence beyond any count": {"last": 1 << 63},
    "a number beyond any count": {"number": 1 << 62},
}


@pytest.mark.parametrize("name", [*WRONG, *HEADERS])
def test_a_wrong_body_or_head_is_refused_whole_and_the_next_right_batch_is_taken(name, tmp_path):
    two = Pair(tmp_path)
    two.write(1, 2, 3)
    two.collect()
    file = next(two.inbox.iterdir())
    good = file.read_bytes()
    keys, mine = two.root / "TELCO" / "keys", two.root / "ACME" / "keys"
    theirs = load_pair(keys, KeyPair("telco-enc.pem", "telco-enc.key"))
    signer = load_pair(mine, KeyPair("acme-sign.pem", "acme-sign.key"))
    content, _certificate = verify(
        unseal(good, [theirs])[0], {fingerprint(signer.certificate): signer.certificate}
    )
    found = read_content(content)
    lines = WRONG.get(name, list)(found.body.splitlines())
    body = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    head = json.loads(found.head) | {"plain_octets": len(body)} | HEADERS.get(name, {})
    octets = json.dumps(head, separators=(",", ":")).encode()
    recipient = load_certificates(keys, "telco-enc.pem")[0]
    file.write_bytes(seal(sign(write_content(octets, body, compress=True), signer), recipient, os.urandom))
    refused = two.receive().batches
    assert [(one.enterprise, one.outcome) for one in refused] == [(None, "REFUSED")]
    assert refused[0].reason.startswith("body:" if name in WRONG else "the header")
    assert two.received() == []
    file.write_bytes(good)
    assert [one.outcome for one in two.receive().batches] == ["ACCEPTED"]
    assert two.received() == [1, 2, 3]
