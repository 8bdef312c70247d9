"""One provider as the collector sees it: batches sealed from the store, delivered, receipted.

Source: C-001, C-005, C-011, C-015, C-017.
"""

import random
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography import x509

from ain_scp.couriers import files
from ain_scp.couriers.aside import Aside
from ain_scp.couriers.keyring import load_authority, load_certificates, load_pair
from ain_scp.couriers.mail import Parties, write_mail
from ain_scp.couriers.mail_times import MailTimes
from ain_scp.couriers.place import Parcel, Place, Sealed
from ain_scp.couriers.receipts import Receipts, remove
from ain_scp.couriers.smtp import send
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.writer import Journal, Limits
from ain_scp.tickets.collector.batching import Lines, Undecided, gather
from ain_scp.tickets.collector.chain import Chain, Link
from ain_scp.tickets.collector.outbox import Names, Outbox, read_state
from ain_scp.tickets.collector.settings import Provider
from ain_scp.tickets.collector.store import Store
from ain_scp.tickets.envelope.content import digest_of, write_content
from ain_scp.tickets.envelope.seal import Keys, seal, sign
from ain_scp.tickets.envelope.trust import TrustError, check, check_ours, fingerprint
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.names import several

if TYPE_CHECKING:
    from ain_scp.couriers.https_client import Sender, Sent

AT_ONCE: Final = 4
"""Batches that are handed to the wire together; then receipts are looked at again."""


def _sender(place: Place, settings: Provider) -> "Sender | None":
    if settings.deliver.kind != "https":
        return None
    from ain_scp.couriers.https_client import Sender

    ca = place.base / settings.deliver.ca if settings.deliver.ca else None
    return Sender(settings.deliver.url, ca, random.Random().random, time.monotonic)


class ProviderLine:
    """The line to one provider."""

    def __init__(self, place: Place, settings: Provider, store: Store) -> None:
        self.settings, self._place, self._store = settings, place, store
        reserve = place.settings.limits.reserve_octets
        self._sealed = place.root / f"outbox-{settings.name}"
        self._sealed.mkdir(mode=0o700, exist_ok=True)
        storage = DiskStorage(self._sealed)
        chain = Chain(
            Journal.open(
                DiskStorage(place.root / f"chain-{settings.name}"),
                place.ms,
                Limits(low_octets=reserve, floor_octets=reserve // 2),
                identity=place.chance(16),
            ),
            read_state(storage).accepted_to,
        )
        names = Names(place.settings.enterprise, settings.name, store.identity)
        self.outbox = Outbox(names, chain, storage)
        if settings.start == "now":
            self.outbox.begin_after(store.journal.durable)
        self._sender = _sender(place, settings)
        self._receipts = Receipts(place, settings, self.outbox, self._alarm)
        self._times = MailTimes(time.monotonic, random.Random().random)
        self._sending = Aside()
        self.error = ""

    def _alarm(self, text: str) -> None:
        self.error = text
        self._place.result.alarm(f"{self.settings.name}: {text}")

    # sealing

    def seal_all(self, *, force: bool) -> None:
        """Close and seal what is due; `force`: everything."""
        outbox = self.outbox
        if outbox.state.stopped:
            self._alarm(f"{outbox.state.stopped}: sealing has stopped; see docs/tickets.md")
            return
        if not outbox.chain.has_room():
            self._alarm("the disk is full: nothing is sealed; receipts and removal go on")
            return
        try:
            keys, recipient = self._keys()
        except TrustError as fault:
            self._alarm(f"{fault}; nothing is sealed, tickets wait in the store")
            return
        while len(outbox.unreceipted()) < self._place.settings.batch.outbox_batches:
            try:
                lines = self._next_lines()
            except Undecided as source:
                self._alarm(
                    f"source {source} has tickets to send and no layout: put its [[source]] back into the settings"
                )
                return
            if lines is None or not (force or self._due(lines)):
                return
            self._seal_next(lines, keys, recipient)

    def _next_lines(self) -> Lines | None:
        limits, chain = self._place.settings.batch, self.outbox.chain
        return gather(
            self._store,
            self.outbox.last_ticket,
            self._place.layouts,
            chain.carried,
            limits.tickets,
            limits.octets,
        )

    def _due(self, lines: Lines) -> bool:
        return lines.complete or self._place.ms - lines.oldest_ms >= 1000 * self._place.settings.batch.age_s

    def again(self, link: Link) -> Lines | None:
        """The lines of a batch of the chain, gathered once more from the store; None when some are no longer there."""
        after = link.header.first - 1
        carried = self.outbox.chain.carried - set(link.layouts)
        try:
            lines = gather(
                self._store, after, self._layouts_of(link), carried, 1 << 30, 1 << 40, link.header.last
            )
        except Undecided:
            return None
        whole = lines is not None and lines.tickets == link.header.tickets
        return lines if whole else None

    def _layouts_of(self, link: Link) -> dict[str, Layout]:
        """Layouts by source as they were when a batch was made."""
        found = dict(self._place.layouts)
        for source, digest in link.sources.items():
            now = found.get(source)
            text = self._store.layouts.get(digest)
            if (now is None or now.digest != digest) and text is not None:
                found[source] = parse(text, source, shipped)
        return found

    def _keys(self) -> tuple[Keys, x509.Certificate]:
        place, keys = self._place, self._place.settings.keys
        mine = load_pair(place.base, keys.sign)
        authority = load_authority(place.base, keys.ca, keys.crl)
        check_ours(mine.certificate, authority, place.now())
        recipient = self._recipient()
        check(recipient, authority, "decrypt", place.now())
        return mine, recipient

    def _recipient(self) -> x509.Certificate:
        """The one that the provider's last receipt asks for, if it is configured; else the first."""
        found = [
            one
            for name in several(self.settings.encrypt_to)
            for one in load_certificates(self._place.base, name)
        ]
        asked = self.outbox.state.encrypt_to
        return next((one for one in found if fingerprint(one) == asked), found[0])

    def _seal_next(self, lines: Lines, keys: Keys, recipient: x509.Certificate) -> None:
        place = self._place
        header = self.outbox.header_of(lines, place.now(), compress=place.settings.batch.compress)
        facts = {
            "provider": self.settings.name,
            "number": header.number,
            "first": lines.first,
            "last": lines.last,
        }
        place.trace("retrieved", facts)
        marks = fingerprint(keys.certificate), fingerprint(recipient)
        link = self.outbox.link(header, lines, *marks, place.ms)
        self._write(link, lines.body, keys, recipient)

    def _write(self, link: Link, body: bytes, keys: Keys, recipient: x509.Certificate) -> None:
        header = link.header
        content = write_content(link.head.encode(), body, compress=header.compress == "gzip")
        octets = seal(sign(content, keys), recipient, self._place.chance)
        name = self.outbox.file_of(link.number)
        files.put(self._sealed, name, octets)
        self._place.trace("sealed", {"provider": self.settings.name, "number": link.number})
        self._place.result.sealed.append(
            Sealed(
                self.settings.name,
                link.number,
                header.first,
                header.last,
                link.digest,
                len(octets),
                str(self._sealed / name),
            )
        )

    # delivery

    def deliver(self, *, force: bool = False, wait: bool = True) -> None:
        """Send what is not receipted, oldest first; what is missing or sealed with other keys is sealed again.

        `force`: once, whatever the times of mail say. `wait`: come back when it is sent; else the wire is used aside.
        """
        if self.outbox.state.stopped or self._sending.busy or (self._sender and not self._sender.due):
            return
        try:
            keys, recipient = self._keys()
        except TrustError:
            return
        parcels = self._parcels(keys, recipient, force=force, most=1 << 30 if wait else AT_ONCE)
        if parcels:
            (self._sending.run if wait else self._sending.start)(partial(self._carry, parcels))

    def _parcels(self, keys: Keys, recipient: x509.Certificate, *, force: bool, most: int) -> list[Parcel]:
        """What is to be sent over the wire now; files of a directory are put there."""
        marks = fingerprint(keys.certificate), fingerprint(recipient)
        parcels: list[Parcel] = []
        unreceipted = self.outbox.unreceipted()
        numbers = [link.number for link in unreceipted]
        for link in unreceipted:
            if self.settings.deliver.kind == "smtp" and not self._times.due(
                link.number, numbers, force=force
            ):
                continue
            sealed = self._sealed / self.outbox.file_of(link.number)
            if not sealed.exists() or (link.signed_by, link.sealed_to) != marks:
                lines = self.again(link)
                if lines is None:
                    self._gone(link)
                    continue
                if not self._seal_again(link, lines, keys, recipient):
                    break
            if self.settings.deliver.kind == "directory":
                self._put(link, sealed)
                continue
            parcels.append(Parcel(link, sealed))
            if len(parcels) >= most:
                break
        return parcels

    def _put(self, link: Link, sealed: Path) -> None:
        target = self._place.base / self.settings.deliver.path
        if not (target / sealed.name).exists():
            files.put(target, sealed.name, sealed.read_bytes())
            self._note_sent(link)

    def _note_sent(self, link: Link) -> None:
        self._place.trace("sent", {"provider": self.settings.name, "number": link.number})

    def _gone(self, link: Link) -> None:
        header = link.header
        self._alarm(
            f"batch {link.number}: GONE: tickets {header.first} to {header.last} are no longer in the store, or their source "
            f"not in the settings; if they are lost for good, at the provider: ain ticket enterprise rebase "
            f"{header.enterprise} provider.toml --store {header.store} --after {link.number}"
        )

    def _seal_again(self, link: Link, lines: Lines, keys: Keys, recipient: x509.Certificate) -> bool:
        if digest_of(link.head.encode(), lines.body) != link.digest:
            self._alarm(f"batch {link.number}: the store gives another digest than the chain has")
            return False
        changed = msgspec.structs.replace(
            link, signed_by=fingerprint(keys.certificate), sealed_to=fingerprint(recipient)
        )
        if changed != link:
            self.outbox.chain.add(changed, self._place.ms)
        self._write(changed, lines.body, keys, recipient)
        return True

    def _carry(self, parcels: list[Parcel]) -> None:
        """Aside: hand batches over one by one, until one is not taken."""
        for parcel in parcels:
            try:
                octets = parcel.file.read_bytes()
            except FileNotFoundError:  # receipted meanwhile
                continue
            names = self.outbox.names
            if self._sender is not None:
                sent = self._sender.send(names.enterprise, names.store, parcel.link.number, octets)
                done = partial(self._answered, parcel.link, sent)
            else:
                done = partial(self._mailed, parcel.link, self._mail(parcel, octets))
            if not self._sending.here(done):
                return

    def _answered(self, link: Link, sent: "Sent") -> bool:
        """Whether the next one may be sent now."""
        self._note_sent(link)
        if sent.receipt:
            self._receipts.take(sent.receipt, f"batch {link.number}")
        return not sent.fault

    def _mail(self, parcel: Parcel, octets: bytes) -> str:
        deliver, names, place = self.settings.deliver, self.outbox.names, self._place
        message_id = f"{names.store}.{parcel.link.number}@{names.enterprise.lower()}"
        parties = Parties(deliver.sender, deliver.to)
        mail = write_mail(octets, "authEnveloped-data", parcel.file.name, parties, message_id, place.now())
        return send(place.base, deliver.smtp, mail)

    def _mailed(self, link: Link, fault: str) -> bool:
        if fault:
            self._alarm(f"mail: {fault}; it is tried again")
            return False
        self._times.sent(link.number)
        self._note_sent(link)
        return True

    # receipts

    def receipts(self, *, force: bool = False, wait: bool = True) -> None:
        """Read the receipts that have come, and remove the sealed batches that are the provider's. `force`: whenever it was read last."""
        self._receipts.read(force=force, wait=wait)
        remove(self._sealed, self._store.identity, ".p7m", self.outbox.state.accepted_to)

    def step(self) -> None:
        """Do what the threads of mail and https hand back."""
        self._receipts.step()
        self._sending.step()

    def close(self) -> None:
        """End; what waits for a server is left."""
        self._receipts.close()
        self._sending.close()
        if self._sender is not None:
            self._sender.close()
        self.outbox.chain.close(self._place.ms)
