"""A provider's receipts as they come back to the collector: from a directory, from a mailbox, or in the answer of its door.

Each is judged by the certificates that the settings name (`receipts_by`); one that does not hold is an alarm and counts for nothing.

Source: C-014, C-015, C-017.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509

from ain_scp.couriers import files
from ain_scp.couriers.aside import Aside
from ain_scp.couriers.keyring import load_authority, load_certificates
from ain_scp.couriers.mailboxes import Inbox, MailboxFault
from ain_scp.couriers.place import Place
from ain_scp.tickets.collector.outbox import Outbox
from ain_scp.tickets.collector.settings import Mailbox, Provider
from ain_scp.tickets.envelope.receipt import read_receipt
from ain_scp.tickets.envelope.seal import SealError
from ain_scp.tickets.envelope.trust import Authority, TrustError, check, fingerprint
from ain_scp.tickets.names import several

MOST_RECEIPT: Final = 65_537
KEPT_RECEIPTS: Final = 1_000
"""Receipts that are left in their directory, for people; older ones are removed."""
_Judges = tuple[dict[str, x509.Certificate], Authority]
"""Certificates that may sign receipts, by fingerprint, and who issues them."""


class Receipts:
    """What comes back from one provider. `alarm` takes one line for the operator."""

    def __init__(
        self, place: Place, settings: Provider, outbox: Outbox, alarm: Callable[[str], None]
    ) -> None:
        self._place, self._settings, self._outbox, self._alarm = place, settings, outbox, alarm
        receipts = settings.deliver.receipts
        self._mailbox = Inbox(place.base, receipts) if isinstance(receipts, Mailbox) else None
        self._reading = Aside()
        self._taken: set[int] = set()

    def read(self, *, force: bool = False, wait: bool = True) -> None:
        """Read those that lie in the directory, or have come to the mailbox. `force`: whenever it was read last."""
        receipts, base = self._settings.deliver.receipts, self._place.base
        if self._mailbox is not None and (self._mailbox.due(time.monotonic()) or force):
            (self._reading.run if wait else self._reading.start)(partial(self._mailed, self._mailbox))
        elif isinstance(receipts, str) and receipts and (base / receipts).is_dir():
            self._from_directory(base / receipts)

    def take(self, octets: bytes, what: str, judges: _Judges | None = None) -> bool:
        """Take one receipt; whether it was one. `what` names it in an alarm."""
        known, authority = judges or self._judges()
        outbox = self._outbox
        try:
            receipt, certificate = read_receipt(octets, known)
            check(certificate, authority, "sign", self._place.now())
        except (SealError, TrustError) as fault:
            self._alarm(f"{what}: {fault}; the receipt counts for nothing")
            return False
        before = outbox.state.accepted_to
        alarm = outbox.receive(receipt)
        if alarm:
            self._alarm(f"batch {receipt.number}: {alarm}")
        self._place.result.receipted += max(0, outbox.state.accepted_to - before)
        return True

    def step(self) -> None:
        """Do what the thread of the mailbox hands back."""
        self._reading.step()

    def close(self) -> None:
        """End; what waits for a server is left."""
        self._reading.close()

    def _judges(self) -> _Judges:
        base, keys = self._place.base, self._place.settings.keys
        names = several(self._settings.receipts_by)
        known = {fingerprint(one): one for name in names for one in load_certificates(base, name)}
        return known, load_authority(base, keys.ca, keys.crl)

    def _from_directory(self, place: Path) -> None:
        """Those that were not taken as they are; of the receipted batches the newest thousand are left there."""
        judges = self._judges()
        for file in sorted(place.glob("*.p7s")):
            mark = files.mark_of(file)
            if mark in self._taken:
                continue
            octets = files.read_plain(file, MOST_RECEIPT)
            if octets is None:
                self._alarm(f"receipts: {file.name}: no plain file that can be read; it counts for nothing")
            elif self.take(octets, file.name, judges):
                self._taken.add(mark)
        remove(place, self._outbox.names.store, ".p7s", self._outbox.state.accepted_to - KEPT_RECEIPTS)

    def _mailed(self, mailbox: Inbox) -> None:
        """Aside: each mail of the mailbox."""
        here = self._reading.here
        try:
            mailbox.each("signed-data", lambda octets: here(partial(self.take, octets, "a mailed receipt")))
        except MailboxFault as fault:
            here(partial(self._alarm, f"receipts: {fault}; it is tried again"))


def remove(place: Path, store: str, ending: str, last: int) -> None:
    """Remove the files of a store's batches up to one."""
    for file in place.glob(f"*{store[:8]}-*{ending}"):
        number = file.stem.rpartition("-")[2]
        if number.isascii() and number.isdigit() and int(number) <= last:
            with suppress(OSError):
                file.unlink()
