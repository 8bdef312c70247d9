"""What the provider answers to a batch: the order of opening, then one table.

| batch n, N the last accepted of its store, D its digest        | outcome            | kept |
|-----------------------------------------------------------------|--------------------|------|
| n = N + 1, previous = D                                         | ACCEPTED           | yes  |
| n <= N, the digest accepted then                                | REPEATED           | -    |
| n <= N, another digest                                          | REFUSED CONFLICT   | -    |
| n = N + 1, another previous                                     | REFUSED CHAIN      | -    |
| a store that is not registered                                  | REFUSED STORE      | -    |
| n > N + 1                                                       | WAITING            | sealed |
| the enterprise is suspended                                     | WAITING SUSPENDED  | -    |
| anything before: structure, key, tag, signature, certificate    | REFUSED, unsigned  | quarantine |

Source: C-006, C-012, C-013, C-014.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from cryptography import x509

from ain_scp.tickets.envelope.content import Content, ContentError, read_content
from ain_scp.tickets.envelope.receipt import Outcome, Receipt, write_receipt
from ain_scp.tickets.envelope.seal import Keys, SealError, unseal, verify
from ain_scp.tickets.envelope.trust import Authority, TrustError, check, fingerprint
from ain_scp.tickets.layout.library import by_mark
from ain_scp.tickets.provider.book import Book
from ain_scp.tickets.provider.lines import Checked, check_lines

MAX_WAITING: Final = 256


class Registered(msgspec.Struct, kw_only=True):
    """An enterprise as intake sees it. `stores`: those that may deliver; empty: the first that does is taken.

    `holes`: by store, the batch up to which an operator gave up what is missing.
    """

    id: str
    certificates: tuple[x509.Certificate, ...]
    book: Book
    suspended: bool = False
    stores: tuple[str, ...] = ()
    closed_stores: tuple[str, ...] = ()
    holes: dict[str, int] = {}

    def follows(self, number: int, store: str) -> bool:
        """Whether a batch's turn has come: it is the next one, or the first after a hole that was given up."""
        last = self.book.last_number(store)
        return number == max(last, self.holes.get(store, 0)) + 1


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one file. `receipt` is signed octets, empty where only silence is due; `keep`: it waits, sealed."""

    outcome: Outcome
    reason: str = ""
    enterprise: str | None = None
    store: str | None = None
    number: int | None = None
    receipt: bytes = b""
    keep: bool = False


class Opened(msgspec.Struct, frozen=True):
    """A batch whose octets, signer and names hold."""

    owner: Registered
    content: Content
    lines: list[Checked]
    signed_by: str
    sealed_to: str


class Refused(Exception):
    """Why a file is no batch of a registered enterprise; for quarantine, never for the peer."""


class Intake:
    """Takes batches. Nothing here is kept between calls but the books."""

    def __init__(
        self,
        name: str,
        decrypt: Sequence[Keys],
        sign: Keys,
        authority: Authority,
        enterprises: Mapping[str, Registered],
    ) -> None:
        self.name, self._decrypt, self._sign, self._authority = name, decrypt, sign, authority
        self.enterprises = enterprises
        self._known = {
            fingerprint(certificate): certificate
            for one in enterprises.values()
            for certificate in one.certificates
        }
        self._owners = {
            fingerprint(certificate): one for one in enterprises.values() for certificate in one.certificates
        }

    def open(self, octets: bytes, now: datetime) -> Opened:
        """The fixed order: envelope, key, tag, signature, register, certificate, content, names. Raises Refused."""
        try:
            signed, ours = unseal(octets, self._decrypt)
            content, certificate = verify(signed, self._known)
            check(certificate, self._authority, "sign", now)
            found = read_content(content)
            del signed, content  # of a large batch nothing is there twice
        except (SealError, TrustError, ContentError) as fault:
            raise Refused(str(fault)) from fault
        mark = fingerprint(certificate)
        owner = self._owners[mark]
        if found.header.enterprise != owner.id:
            raise Refused("header: another enterprise than the signer's")
        if found.header.provider != self.name:
            raise Refused("header: sealed for another provider")
        try:
            lines = check_lines(found, self._layouts_before(owner, found))
        except ContentError as fault:
            raise Refused(str(fault)) from fault
        return Opened(owner, found, lines, mark, fingerprint(ours.certificate))

    def _layouts_before(self, owner: Registered, content: Content) -> frozenset[str] | None:
        header, book = content.header, owner.book
        if not owner.follows(header.number, header.store):
            return None
        known = book.layouts(header.store)
        return (
            known | by_mark().keys() if header.store in owner.holes else known
        )  # theirs may have lain in the hole

    def open_again(self, octets: bytes, now: datetime) -> Answer | None:
        """Why a file is still refused; None when it holds now."""
        try:
            self.open(octets, now)
        except Refused as fault:
            return Answer(outcome="REFUSED", reason=str(fault))
        return None

    def take(self, octets: bytes, now: datetime) -> Answer:
        """Judge one file, store what is accepted, answer."""
        try:
            opened = self.open(octets, now)
        except Refused as fault:
            return Answer(outcome="REFUSED", reason=str(fault))
        outcome, reason = self._judge(opened)
        if outcome == "ACCEPTED":
            now_ms = int(now.timestamp() * 1000)
            opened.owner.book.accept(opened.content, opened.lines, now_ms, opened.signed_by, opened.sealed_to)
        return self._answer(opened, outcome, reason, now)

    def _judge(self, opened: Opened) -> tuple[Outcome, str]:
        owner, header = opened.owner, opened.content.header
        if owner.suspended:
            return "WAITING", "SUSPENDED"
        if not _may_deliver(owner, header.store):
            return "REFUSED", "STORE"
        last = owner.book.last_number(header.store)
        if header.number <= max(last, owner.holes.get(header.store, 0)):
            known = owner.book.digest(header.store, header.number)
            if not known:
                return "REPEATED", "GIVEN_UP"
            return ("REPEATED", "") if known == opened.content.digest else ("REFUSED", "CONFLICT")
        if not owner.follows(header.number, header.store):
            return "WAITING", ""
        chained = header.number > last + 1 or owner.book.digest(header.store, last) == header.previous
        return ("ACCEPTED", "") if chained else ("REFUSED", "CHAIN")

    def _answer(self, opened: Opened, outcome: Outcome, reason: str, now: datetime) -> Answer:
        header, book = opened.content.header, opened.owner.book
        receipt = Receipt(
            provider=self.name,
            enterprise=opened.owner.id,
            store=header.store,
            number=header.number,
            digest=opened.content.digest,
            outcome=outcome,
            reason=reason,
            accepted_to=book.last_number(header.store),
            tickets=header.tickets,
            time=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            encrypt_to=fingerprint(self._decrypt[0].certificate),
        )
        return Answer(
            outcome=outcome,
            reason=reason,
            enterprise=opened.owner.id,
            store=header.store,
            number=header.number,
            receipt=write_receipt(receipt, self._sign),
            keep=outcome == "WAITING" and not reason,
        )


def _may_deliver(owner: Registered, store: str) -> bool:
    if store in owner.closed_stores:
        return False
    if owner.stores:
        return store in owner.stores
    delivered = owner.book.stores
    return not delivered or store in delivered
