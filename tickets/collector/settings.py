"""`collector.toml`: what is collected, how it is batched, with which keys, and to whom it goes.

Source: C-004, C-010; docs/tickets.md names every key.
"""

from collections.abc import Iterable
from email.utils import getaddresses
from pathlib import Path
from typing import Final, Literal

import msgspec

from ain_scp.tickets.envelope.content import MAX_TICKETS
from ain_scp.tickets.names import SettingsError, decode, named

MOST_SEALED: Final = 15 << 20
MOST_MAILED: Final = 14 << 20
"""Octets at which a batch closes at the latest: padded and sealed it has at most 16 MiB, or, as a mail, 20 MiB."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the store: octets, days, milliseconds."""

    store_octets: int = 10 << 30
    reserve_octets: int = 256 << 20
    keep_days: int = 7
    commit_ms: int = 20


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where tickets come from."""

    name: str
    kind: Literal["file", "directory", "tcp-listen", "tcp-connect", "serial", "stdin"]
    layout: str
    path: str = ""
    pattern: str = "*"
    after: Literal["keep", "move", "delete"] = "keep"
    address: str = ""
    allow: tuple[str, ...] = ()
    device: str = ""
    rate: int = 9600
    bits: str = "8N1"
    login: dict[str, str] = {}
    quiet_h: int = 0
    mask: tuple[str, ...] | None = None
    site: str = ""
    dialed_includes_access_code: bool | None = None
    date_from_receipt: bool = False
    clock_offset_s: int = 0
    formats: dict[str, str] = {}


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What closes a batch, whichever comes first; how many may be out."""

    tickets: int = 5000
    octets: int = 4 << 20
    age_s: int = 300
    outbox_batches: int = 64
    compress: bool = True


class KeyPair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files of a certificate and its key."""

    certificate: str
    key: str
    passphrase_file: str = ""


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The enterprise's keys, and who issues the provider's certificates."""

    sign: KeyPair
    ca: str
    suite: Literal["2026"] = "2026"
    crl: str = ""


class Smtp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server that takes mail: TLS always, `required` by STARTTLS or `implicit` from the start."""

    server: str
    sender: str = msgspec.field(name="from")
    user: str = ""
    password_file: str = ""
    tls: Literal["required", "implicit"] = "required"
    ca: str = ""


class Mailbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where mail is read: a maildir's path, or a server with a log-in. Looked at every so many seconds."""

    kind: Literal["maildir", "imap", "pop3"]
    path: str = ""
    server: str = ""
    user: str = ""
    password_file: str = ""
    folder: str = "INBOX"
    tls: Literal["required", "implicit"] = "implicit"
    ca: str = ""
    every_s: int = 60


def mailbox_problems(one: Mailbox, where: str) -> list[str]:
    """What a mailbox lacks."""
    needs = ("path",) if one.kind == "maildir" else ("server", "user", "password_file")
    return [f"{where}{one.kind} needs {key}" for key in needs if not getattr(one, key)]


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How batches travel. `receipts`: a directory, or the mailbox they come to."""

    kind: Literal["directory", "https", "smtp"]
    path: str = ""
    receipts: str | Mailbox = ""
    url: str = ""
    ca: str = ""
    server: str = ""
    user: str = ""
    password_file: str = ""
    sender: str = msgspec.field(name="from", default="")
    to: str = ""
    tls: Literal["required", "implicit"] = "required"

    @property
    def smtp(self) -> Smtp:
        """The mail server of this delivery."""
        return Smtp(
            server=self.server, sender=self.sender, user=self.user, password_file=self.password_file,
            tls=self.tls, ca=self.ca,
        )  # fmt: skip


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who batches go to. Two certificates while keys change: now and next."""

    name: str
    encrypt_to: str | tuple[str, ...]
    receipts_by: str | tuple[str, ...]
    deliver: Delivery
    start: Literal["all", "now"] = "all"


class Collector(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    schema: Literal[1]
    enterprise: str
    keys: Keys
    store: str = "store"
    site: str = ""
    limits: Limits = Limits()
    source: tuple[Source, ...] = ()
    batch: Batch = Batch()
    provider: tuple[Provider, ...] = ()


_NEEDS: Final = {
    "file": "path", "directory": "path", "tcp-listen": "address", "tcp-connect": "address", "serial": "device",
}  # fmt: skip


_DELIVERY: Final = {"directory": ("path",), "https": ("url",), "smtp": ("server", "from", "to", "receipts")}


def _delivery_problems(provider: Provider) -> list[str]:
    deliver, where = provider.deliver, f"provider {provider.name}: "
    problems = [
        f"{where}deliver by {deliver.kind} needs {key}"
        for key in _DELIVERY[deliver.kind]
        if not getattr(deliver, "sender" if key == "from" else key)
    ]
    if deliver.kind == "smtp":
        problems += [
            f"{where}{key} {address}: an address has ASCII characters only"
            for key, text in (("from", deliver.sender), ("to", deliver.to))
            for _name, address in getaddresses([text])
            if not address.isascii()
        ]
    if deliver.user and not deliver.password_file:
        problems.append(f"{where}user needs password_file")
    if isinstance(deliver.receipts, Mailbox):
        problems += mailbox_problems(deliver.receipts, f"{where}receipts: ")
    elif deliver.kind == "smtp" and deliver.receipts:
        problems.append(f'{where}receipts of smtp come to a mailbox: {{ kind = "maildir", path = ... }}')
    return problems


def _batch(batch: Batch, deliveries: Iterable[str]) -> list[str]:
    """A batch that closes later than this may become larger than a provider opens, or a mail server takes; it could never arrive."""
    most = MOST_MAILED if "smtp" in deliveries else MOST_SEALED
    return [
        f"batch.{key} = {value}: expected 1 to {bound}"
        for key, value, bound in (("tickets", batch.tickets, MAX_TICKETS), ("octets", batch.octets, most))
        if not 1 <= value <= bound
    ]


def _limits(limits: Limits) -> list[str]:
    return [
        f"limits.{key} = {getattr(limits, key)}: expected at least {least}"
        for key, least in (
            ("store_octets", 8 << 20),
            ("reserve_octets", 0),
            ("keep_days", 0),
            ("commit_ms", 1),
        )
        if getattr(limits, key) < least
    ]


def read_collector(file: Path) -> Collector:
    """Read and check; SettingsError names the file and each key."""
    found = decode(file, Collector)
    problems = [*named(found.enterprise, "enterprise", upper=True), *_limits(found.limits)]
    problems += _batch(found.batch, [one.deliver.kind for one in found.provider])
    for source in found.source:
        problems += named(source.name, "source.name", upper=False)
        key = _NEEDS.get(source.kind)
        if key and not getattr(source, key):
            problems.append(f"source {source.name}: {source.kind} needs {key}")
    for provider in found.provider:
        problems += named(provider.name, "provider.name", upper=True)
        problems += _delivery_problems(provider)
    for what, names in (
        ("source", [one.name for one in found.source]),
        ("provider", [one.name for one in found.provider]),
    ):
        problems += [
            f"{what} {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
        ]
    if problems:
        raise SettingsError("\n".join(f"{file}: {problem}" for problem in problems))
    return found
