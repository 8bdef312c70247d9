"""Checks of both sides left out, one at a time, and whether a test notices: `python tests/long/ticket_faults.py`.

Each fault is made in a copy of one room; the tests named with it run against the copy. Exit 1 when one passes all the same.

Source: C-012 to C-015.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
ENVELOPE, PAIR, YEAR = (
    "tests/tickets/test_envelope.py",
    "tests/couriers/test_pair.py",
    "tests/couriers/test_second_year.py",
)


class Fault(NamedTuple):
    """What is left out: the file, what stands there, what stands there now, and the tests that must notice."""

    name: str
    file: str
    before: str
    after: str
    tests: str
    only: str

    @property
    def side(self) -> str:
        """Whose check it is: of the envelope, the provider or the collector."""
        if self.tests == ENVELOPE:
            return "envelope"
        return "provider" if "provider" in self.file else "collector"


def of(side):
    """The faults of a side."""
    return [one for one in FAULTS if one.side == side]


FAULTS = (
    Fault("tag", "tickets/envelope/seal.py", "    found.write(opener.finalize())\n", "", ENVELOPE, "no_flipped_bit_is_accepted and ec"),
    Fault("exact form", "tickets/envelope/structures.py", " or not are(octets, _written(parts))", "", ENVELOPE,
          "no_flipped_bit_is_accepted and ec"),
    Fault("signature", "tickets/envelope/seal.py", "        _check(parts, certificate)\n", "        pass\n", ENVELOPE, "signed_content"),
    Fault("digest", "tickets/envelope/seal.py", "if hashlib.sha256(parts.content).digest() != parts.digest:", "if False:", ENVELOPE, "signed_content"),
    Fault("padding", "tickets/envelope/content.py", "if len(view) != padded(end) or bytes(view[end:]) != bytes(len(view) - end):", "if False:",
          ENVELOPE, "padding_is_zeros"),
    Fault("revocation", "tickets/envelope/trust.py", "if certificate.issuer == crl.issuer and", "if False and", ENVELOPE, "certificates_count"),
    Fault("stale list", "tickets/envelope/trust.py", "if crl.next_update_utc is None or", "if False and", ENVELOPE, "certificates_count"),
    Fault("enterprise", "tickets/provider/intake.py", "if found.header.enterprise != owner.id:", "if False:", PAIR, "another_enterprise"),
    Fault("chain", "tickets/provider/intake.py", "chained = header.number > last + 1 or", "chained = True or", YEAR, "another_one_before_it"),
    Fault("sequence", "tickets/provider/intake.py", 'return "WAITING", ""\n        chained', "pass\n        chained", PAIR, "wait_for_their_turn"),
    Fault("repeat", "tickets/provider/intake.py", "if header.number <= max(last, owner.holes.get(header.store, 0)):", "if False:", PAIR, "repeated_and_counts_nothing"),
    Fault("conflict", "tickets/provider/intake.py", 'if known == opened.content.digest else ("REFUSED", "CONFLICT")',
          'if True else ("REFUSED", "CONFLICT")', YEAR, "number_that_was_accepted"),
    Fault("receipt's signer", "couriers/receipts.py", '            check(certificate, authority, "sign", self._place.now())\n', "", YEAR, "receipt_whose_certificate"),
    Fault("old receipts", "tickets/collector/outbox.py", "if receipt.time < state.time:", "if False:", YEAR, "gone_on_both_sides"),
    Fault("unknown receipts", "tickets/collector/outbox.py", "self.chain.digest(receipt.number) != receipt.digest\n", "not self.chain.digest(receipt.number)\n",
          YEAR, "our_chain_does_not_know"),
    Fault("clock", "couriers/provider_run.py", "            return self.result\n        paths", "            pass\n        paths", PAIR, "clock_is_wrong"),
    Fault("our own revoked", "tickets/envelope/trust.py", '        check(certificate, authority, "sign", now)\n        return',
          "        return", YEAR, "nothing_is_sealed_with"),
)  # fmt: skip


def noticed(fault, place):
    """Make the fault in a copy and run its tests; whether one failed."""
    package = place / "ain_scp"
    package.mkdir(parents=True)
    room = fault.file.partition("/")[0]
    for one in (ROOT / "src" / "ain_scp").iterdir():
        if one.is_symlink() and one.name != room:
            (package / one.name).symlink_to(one.resolve())
        elif not one.is_symlink() and one.is_file():
            shutil.copy(one, package / one.name)
    shutil.copytree(ROOT / room, package / room, ignore=shutil.ignore_patterns("__pycache__"))
    file = package / fault.file
    text = file.read_text()
    if text.count(fault.before) != 1:
        raise ValueError(f"{fault.name}: what it leaves out is no longer in {fault.file}")
    file.write_text(text.replace(fault.before, fault.after))
    words = ["-q", "-x", "-p", "no:xdist", "-W", "error", fault.tests, "-k", fault.only]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True,
        text=True, timeout=280, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise ValueError(
            f"{fault.name}: pytest ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"
        )
    return done.returncode == 1


def main():
    """Run all; names of the faults that no test noticed."""
    lived = []
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as place:
            found = noticed(fault, Path(place))
        print(f"{fault.name:18} {'noticed' if found else 'LIVED'}", flush=True)
        lived += [] if found else [fault.name]
    return lived


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
