"""Every bit of a sealed batch flipped, one at a time: `python tests/long/flips.py` (64 KiB, both kinds of keys).

Beside the bits: every truncation, and splices of two batches at random. A case counts as accepted when the batch opens, its
signature holds and its content is one; none may. The one exception is known and harmless: the ephemeral point (x, p - y)
gives the same secret, and no single bit leads there. Exit 1 when one is accepted.

    python tests/long/flips.py --octets 2048 --splices 1000    # a short one
    python tests/long/flips.py --kind ec

Source: C-012.
"""

import argparse
import os
import random
import sys
import time
from datetime import UTC, datetime

from ain_scp.tickets.envelope import content as form
from ain_scp.tickets.envelope import keys as making
from ain_scp.tickets.envelope.seal import SealError, seal, sign, unseal, verify
from ain_scp.tickets.envelope.trust import fingerprint


class Bench:
    """One pair of signer and recipient, and batches of theirs."""

    def __init__(self, kind, octets):
        now = datetime.now(UTC)
        authority = making.new_authority("CA", now)
        self.signer = making.new_keys("ACME", "sign", authority, now, kind)
        self.recipient = making.new_keys("TELCO", "decrypt", authority, now, kind)
        self.known = {fingerprint(self.signer.certificate): self.signer.certificate}
        self.octets = octets

    def sealed(self, number):
        """A batch of the size asked for, of octets that do not shrink."""
        body = random.Random(number).randbytes(self.octets)
        header = form.Header(
            "ACME", "TELCO", "00" * 16, number, form.FIRST, 1, 1, 1, len(body), "2026-11-29T12:00:00Z", "none"
        )
        content = form.write_content(form.head_of(header), body, compress=False)
        return seal(sign(content, self.signer), self.recipient.certificate, os.urandom)

    def accepts(self, octets):
        """Whether the octets open to a content."""
        try:
            signed, _ours = unseal(octets, [self.recipient])
            content, _signer = verify(signed, self.known)
            form.read_content(content)
        except (SealError, form.ContentError):
            return False
        return True


def flipped(octets):
    """Each octet string with one bit turned."""
    for at in range(len(octets)):
        for bit in range(8):
            changed = bytearray(octets)
            changed[at] ^= 1 << bit
            yield bytes(changed)


def truncated(octets):
    """Each shorter beginning, and one octet more."""
    yield from (octets[:length] for length in range(len(octets)))
    yield octets + b"\0"


def spliced(one, other, count):
    """The beginning of one batch and the end of another."""
    chance = random.Random(1)
    for _turn in range(count):
        at, to = chance.randrange(1, len(one)), chance.randrange(1, len(other))
        found = one[:at] + other[to:]
        if found not in (one, other):
            yield found


def judge(bench, splices):
    """Cases and acceptances by name."""
    one, other = bench.sealed(1), bench.sealed(2)
    assert bench.accepts(one)
    assert bench.accepts(other)
    for name, cases in (
        ("flips", flipped(one)),
        ("truncations", truncated(one)),
        ("splices", spliced(one, other, splices)),
    ):
        began, count, accepted = time.monotonic(), 0, 0
        for octets in cases:
            count += 1
            accepted += bench.accepts(octets)
        yield name, count, accepted, time.monotonic() - began


def main(words=None):
    """Run; the number of cases accepted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--octets", type=int, default=65_536, help="of the plain batch")
    parser.add_argument("--splices", type=int, default=100_000)
    parser.add_argument("--kind", choices=("ec", "rsa"), action="append")
    asked = parser.parse_args(words)
    wrong = 0
    for kind in asked.kind or ("ec", "rsa"):
        for name, count, accepted, seconds in judge(Bench(kind, asked.octets), asked.splices):
            print(f"{kind:4} {name:12} {count:8} cases, {accepted} accepted, {seconds:.0f} s", flush=True)
            wrong += accepted
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
