"""The provider: batches read from inboxes or files, judged, stored, receipted; what is refused goes to quarantine.

A file of an inbox is removed after its outcome is durable. A batch that came too early waits, sealed, and is opened and
judged again when its turn comes.

Source: C-003, C-006, C-013, C-014.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.couriers import files
from ain_scp.couriers.aside import Aside
from ain_scp.couriers.keyring import load_authority, load_certificates, load_pair
from ain_scp.couriers.mail import MOST_OCTETS, Mail, Parties, read_mail, write_mail
from ain_scp.couriers.mailboxes import Inbox as Mailbox
from ain_scp.couriers.mailboxes import MailboxFault
from ain_scp.couriers.refused import RefusedFiles
from ain_scp.couriers.smtp import send
from ain_scp.couriers.standing import standing_of
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal, Limits
from ain_scp.terms.units import DAY_MS
from ain_scp.tickets.collector.batching import Line
from ain_scp.tickets.collector.settings import KeyPair
from ain_scp.tickets.envelope.keys import revoked_by
from ain_scp.tickets.envelope.seal import addressed
from ain_scp.tickets.envelope.trust import TrustError, check, fingerprint
from ain_scp.tickets.provider.book import Book, Closed, Kept
from ain_scp.tickets.provider.intake import MAX_WAITING, Answer, Intake, Registered
from ain_scp.tickets.provider.lines import Kind, line_octets
from ain_scp.tickets.provider.settings import Enterprise, Inbox, Provider, read_provider

Trace = Callable[[str, dict[str, object]], None]
Reply = Callable[[str, str, bytes], None]
"""Hands on a receipt: whose it is, its name as a file, its octets."""
_DER: Final = b"0"
"""The first octet of a sealed batch; a mail never begins with it."""
RETIRE_MS: Final = 35 * DAY_MS
SEGMENT_OCTETS: Final = 2 << 20
"""A command that opens the journal reads its last segment whole: that is what it holds in memory at most."""


class Taken(msgspec.Struct, frozen=True):
    """One file of a run."""

    file: str
    enterprise: str | None
    number: int | None
    outcome: str
    reason: str


class Result(msgspec.Struct):
    """What a run did."""

    batches: list[Taken] = []
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    waiting: int = 0
    alarms: list[str] = []


class ProviderRun:
    """One provider over its files."""

    def __init__(
        self,
        config: Path,
        now: Callable[[], datetime],
        chance: Callable[[int], bytes],
        trace: Trace | None = None,
    ) -> None:
        self.settings: Provider = read_provider(config)
        self._base, self._now, self._chance = config.parent, now, chance
        self._trace: Trace = trace or (lambda _event, _facts: None)
        self._data = self._base / self.settings.data
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = self.settings.keys
        decrypt = [load_pair(self._base, one) for one in keys.decrypt]
        self._sign = load_pair(self._base, keys.sign)
        self._authority = load_authority(self._base, keys.ca, keys.crl)
        self.refused = RefusedFiles(self._data / "quarantine")
        self.result = Result(batches=[], alarms=[])
        self._inboxes = [
            (one, Mailbox(self._base, one.mailbox) if one.mailbox else None, Aside())
            for one in self.settings.inbox
        ]
        self.registered: dict[str, Registered] = {}
        try:
            for one in self.settings.enterprise:
                self.registered[one.id] = self._register(one)
        except (JournalFault, OSError):
            self.close()
            raise
        self.intake = Intake(self.settings.provider, decrypt, self._sign, self._authority, self.registered)

    @property
    def base(self) -> Path:
        """What paths of the settings are relative to."""
        return self._base

    @property
    def data(self) -> Path:
        """Where everything is kept."""
        return self._data

    def check(self) -> tuple[int, list[str]]:
        """Every store's batches, 1 to the last, without a gap."""
        checked, problems = 0, []
        for one in self.registered.values():
            for store in one.book.stores:
                for number in range(1, one.book.last_number(store) + 1):
                    checked += 1
                    if not one.book.digest(store, number):
                        problems.append(f"{one.id}: store {store[:8]}: batch {number} is missing")
            problems += self._compromised(one)
        return checked, problems

    def _compromised(self, owner: Registered) -> list[str]:
        """Batches that came after their signer's key was compromised and are not left out of the calls."""
        crl = self._authority.crl
        if crl is None:
            return []
        since = {one.serial: one.since for one in revoked_by(crl) if one.reason == "keyCompromise"}
        marks = {fingerprint(one): since.get(one.serial_number) for one in owner.certificates}
        out = standing_of(self.home(owner.id)).discarded
        found = []
        for _sequence, one in owner.book.records(0):
            if not isinstance(one, Closed) or f"{one.closed}:{one.number}" in out:
                continue
            at = marks.get(one.signed_by)
            if at is not None and one.t >= at.timestamp() * 1000:
                found.append(
                    f"{owner.id}: store {one.closed[:8]}: batch {one.number} came after its key was compromised; to leave it "
                    f"out: ain ticket quarantine CONFIG discard --enterprise {owner.id} --batch {one.number}"
                )
        return found

    def needs(self, pair: KeyPair) -> str:
        """Why a decryption key has to stay, or ""."""
        certificate = load_certificates(self._base, pair.certificate)[0]
        for one in self.registered.values():
            place = self.home(one.id) / "waiting"
            for file in sorted(place.glob("*.p7m")) if place.is_dir() else ():
                if addressed(file.read_bytes(), certificate):
                    return f"{one.id}: a waiting batch is sealed to it"
            last = one.book.last_sealed_to(fingerprint(certificate))
            if self._ms() - last < RETIRE_MS:
                return f"{one.id}: a batch sealed to it came less than 35 days ago"
        return ""

    def _alarm(self, text: str) -> None:
        """Name something once."""
        if text not in self.result.alarms:
            self.result.alarms.append(text)

    def _ms(self) -> int:
        return int(self._now().timestamp() * 1000)

    def home(self, enterprise: str) -> Path:
        """The directory of one enterprise's data."""
        return self._data / enterprise

    def _register(self, one: Enterprise) -> Registered:
        home = self.home(one.id)
        home.mkdir(mode=0o700, exist_ok=True)
        storage, limits = DiskStorage(home / "journal"), Limits(segment_octets=SEGMENT_OCTETS)
        book = Book(Journal.open(storage, self._ms(), limits, identity=self._chance(16)))
        standing = standing_of(home)
        return Registered(
            id=one.id,
            certificates=tuple(
                certificate
                for name in one.certificates
                for certificate in load_certificates(self._base, name)
            ),
            book=book,
            suspended=standing.suspended,
            stores=standing.stores,
            closed_stores=standing.closed_stores,
            holes=standing.holes,
        )

    def close(self) -> None:
        """Commit and release; what waits for a server is left."""
        for _inbox, _box, aside in self._inboxes:
            aside.close()
        for one in self.registered.values():
            one.book.close(self._ms())

    def once(self, named: Iterable[Path] = (), *, wait: bool = True) -> Result:
        """Every file of the inboxes, or the named ones, which are left where they are.

        `wait`: come back when all mailboxes are read; else they are read aside, and `step` does the rest.
        """
        if not self._clock_is_right():
            return self.result
        paths = list(named)
        for one in self.settings.enterprise:
            self._turns(one.id)
        for path in paths:
            self._take(path, keep_file=True, reply=self._reply())
        for inbox, box, aside in () if paths else self._inboxes:
            if box is None:
                self._directory(inbox)
            elif box.due(time.monotonic()):
                (aside.run if wait else aside.start)(partial(self._mails, inbox, box, aside))
        return self.result

    def _directory(self, inbox: Inbox) -> None:
        place = self._base / inbox.path
        for path in sorted(place.glob("*.p7m")) if place.is_dir() else ():
            self._take(path, keep_file=False, reply=self._into(inbox.receipts))

    def step(self) -> None:
        """Do what the threads of mailboxes hand back."""
        for _inbox, _box, aside in self._inboxes:
            aside.step()

    def _mails(self, inbox: Inbox, box: Mailbox, aside: Aside) -> None:
        """Aside: take every mail with a batch in it; each is removed after its outcome is durable and its receipt is sent."""

        def take(octets: bytes) -> bool:
            for enterprise, mail in aside.here(partial(self._take_mail, inbox, octets)):
                fault = send(self._base, inbox.reply_by, mail) if inbox.reply_by else ""
                if fault:
                    aside.here(partial(self._alarm, f"{enterprise}: no receipt is sent: {fault}"))
            return True

        try:
            box.each("authEnveloped-data", take)
        except MailboxFault as fault:
            aside.here(partial(self._alarm, f"inbox: {fault}; it is tried again"))

    def _take_mail(self, inbox: Inbox, batch: bytes) -> list[tuple[str, Mail]]:
        """The receipts to send for a mailed batch, each with the enterprise whose it is."""
        replies: list[tuple[str, Mail]] = []
        self._trace("received", {"file": "mail"})
        self._judge(batch, "mail", lambda *receipt: replies.extend(self._mail(inbox, *receipt)))
        return replies

    def _mail(self, inbox: Inbox, enterprise: str, name: str, receipt: bytes) -> list[tuple[str, Mail]]:
        """A receipt by mail, to the address that the settings have; lost, the batch comes again and is receipted again."""
        to = next(one.mail for one in self.settings.enterprise if one.id == enterprise)
        if inbox.reply_by is None or not to:
            self._alarm(f"{enterprise}: no receipt is sent: mail = its address is missing from the settings")
            return []
        stamp = self._now().strftime("%Y%m%dT%H%M%S%f")
        message_id = f"{name.removesuffix('.p7s')}.{stamp}@{self.settings.provider.lower()}"
        parties = Parties(inbox.reply_by.sender, to)
        return [(enterprise, write_mail(receipt, "signed-data", name, parties, message_id, self._now()))]

    def _clock_is_right(self) -> bool:
        """A wrong year must refuse nothing: our own receipt certificate has to count now."""
        try:
            check(
                self._sign.certificate,
                msgspec.structs.replace(self._authority, crl=None),
                "sign",
                self._now(),
            )
        except TrustError as fault:
            self._alarm(f"clock: our receipt certificate does not count now ({fault}); nothing is opened")
            return False
        return True

    def _reply(self) -> "Reply | None":
        found = next((one.receipts for one in self.settings.inbox if one.receipts), "")
        return self._into(found)

    def _into(self, receipts: str) -> "Reply | None":
        """Receipts as files of a directory, a folder for each enterprise."""
        if not receipts:
            return None
        place = self._base / receipts
        return lambda enterprise, name, receipt: files.put(place / enterprise, name, receipt)

    def take(self, octets: bytes) -> Answer:
        """A batch that came by the door; its receipt goes back the same way."""
        self._trace("received", {})
        return self._judge(octets, "https", None)

    @property
    def ready(self) -> bool:
        """Whether batches are opened: our clock is right."""
        return self._clock_is_right()

    def _take(self, path: Path, *, keep_file: bool, reply: Reply | None) -> None:
        octets = path.read_bytes() if keep_file else files.read_plain(path, MOST_OCTETS + 1)
        if octets is None:
            self._alarm(f"inbox: {path.name}: no plain file that can be read; it is left there")
            return
        self._trace("received", {"file": path.name})
        batch = octets if octets[:1] == _DER else read_mail(octets, "authEnveloped-data")
        if batch is None:
            self._count(
                Answer(outcome="REFUSED", reason="neither a sealed batch nor a mail with one"), path.name
            )
            self._refuse(octets, path.name, "neither a sealed batch nor a mail with one")
        else:
            self._judge(batch, path.name, reply)
        if not keep_file:
            path.unlink()

    def _judge(self, octets: bytes, name: str, reply: Reply | None) -> Answer:
        answer = self.intake.take(octets, self._now())
        self._count(answer, name)
        if answer.enterprise is None or answer.store is None or answer.number is None:
            self._refuse(octets, name, answer.reason)
            return answer
        if reply is not None:
            reply(answer.enterprise, f"{answer.store[:8]}-{answer.number:08}.p7s", answer.receipt)
        if answer.keep:
            self._keep(octets, answer.enterprise, answer.store, answer.number)
        if answer.outcome == "ACCEPTED":
            self._trace("processed", {"enterprise": answer.enterprise, "number": answer.number})
            self._next(answer.enterprise, answer.store, answer.number, reply)
        return answer

    def _count(self, answer: Answer, name: str) -> None:
        result = self.result
        result.batches.append(Taken(name, answer.enterprise, answer.number, answer.outcome, answer.reason))
        result.accepted += answer.outcome == "ACCEPTED"
        result.repeated += answer.outcome == "REPEATED"
        result.refused += answer.outcome == "REFUSED"
        result.waiting += answer.outcome == "WAITING"

    def _keep(self, octets: bytes, enterprise: str, store: str, number: int) -> None:
        place = self.home(enterprise) / "waiting"
        if place.is_dir() and len(list(place.iterdir())) >= MAX_WAITING:
            return
        files.put(place, f"{store[:8]}-{number:08}.p7m", octets)

    def _next(self, enterprise: str, store: str, number: int, reply: Reply | None) -> None:
        """The batch that waited for this one, opened and judged again now that its turn has come."""
        place = self.home(enterprise) / "waiting"
        (place / f"{store[:8]}-{number:08}.p7m").unlink(missing_ok=True)
        waiting = place / f"{store[:8]}-{number + 1:08}.p7m"
        if waiting.is_file():
            octets = waiting.read_bytes()
            self.result.waiting -= any(
                (one.enterprise, one.number, one.outcome) == (enterprise, number + 1, "WAITING")
                for one in self.result.batches
            )
            self._judge(octets, waiting.name, reply)
            waiting.unlink(missing_ok=True)

    def _turns(self, enterprise: str) -> None:
        """Waiting batches whose turn came without one before them: a hole was given up."""
        place, owner = self.home(enterprise) / "waiting", self.registered[enterprise]
        for store, after in owner.holes.items():
            waiting = place / f"{store[:8]}-{after + 1:08}.p7m"
            if waiting.is_file() and owner.follows(after + 1, store):
                self._judge(waiting.read_bytes(), waiting.name, self._reply())

    def _refuse(self, octets: bytes, name: str, reason: str) -> None:
        if not self.refused.keep(octets, name, reason, self._now()):
            self._alarm("quarantine: full; refused files are counted and not kept")

    def release(self, number: int) -> Answer:
        """Open a refused file again, by the keys and settings of today; it leaves quarantine unless it is refused again."""
        octets = self.refused.octets(number)
        answer = self.intake.open_again(octets, self._now())
        if answer is None:
            answer = self._judge(octets, f"quarantine {number}", self._reply())
            self.refused.drop(number)
        return answer

    def line_of(self, enterprise: str, store: str, sequence: int) -> bytes:
        """The octets of one stored ticket."""
        for _at, one in self.registered[enterprise].book.records(0):
            if not isinstance(one, Kept) or one.store != store:
                continue
            if msgspec.json.decode(one.line, type=Kind).layout is None:
                line = msgspec.json.decode(one.line, type=Line)
                if line.q == sequence:
                    return line_octets(line)
        return b""
