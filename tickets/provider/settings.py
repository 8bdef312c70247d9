"""`provider.toml`: the provider's keys, where batches arrive, and which enterprises are registered.

Source: C-006; docs/tickets.md names every key.
"""

from pathlib import Path
from typing import Literal

import msgspec

from ain_scp.tickets.collector.settings import KeyPair, Mailbox, Smtp, mailbox_problems
from ain_scp.tickets.names import SettingsError, decode, named


class ProviderKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Decryption keys (newest first), the receipt key, who issues the enterprises' certificates."""

    decrypt: tuple[KeyPair, ...]
    sign: KeyPair
    ca: str
    crl: str = ""
    suites: tuple[Literal["2026"], ...] = ("2026",)


class Https(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The door for batches over https."""

    address: str
    certificate: str
    key: str
    max_octets: int = 16 << 20
    rate_per_minute: int = 600


class Inbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where batches lie, and where receipts go: a directory, or a mailbox whose receipts go by `reply_by`."""

    kind: Literal["directory", "maildir", "imap", "pop3"]
    path: str = ""
    receipts: str = ""
    server: str = ""
    user: str = ""
    password_file: str = ""
    folder: str = "INBOX"
    tls: Literal["required", "implicit"] = "implicit"
    ca: str = ""
    every_s: int = 60
    reply_by: Smtp | None = None

    @property
    def mailbox(self) -> Mailbox | None:
        """The mailbox to read; None for a directory."""
        if self.kind == "directory":
            return None
        return Mailbox(
            kind=self.kind, path=self.path, server=self.server, user=self.user, password_file=self.password_file,
            folder=self.folder, tls=self.tls, ca=self.ca, every_s=self.every_s,
        )  # fmt: skip


class Enterprise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A registered enterprise: its signing certificates, and what its calls are read and priced with.

    `layouts` are files that take the place of the layouts of the same names which came with the tickets. `mail` is where receipts of batches go that came by mail: never the sender that a mail names.
    """

    id: str
    certificates: tuple[str, ...]
    site: str
    directory: str = ""
    rates: str = ""
    areas: str = ""
    unusual: str = ""
    layouts: tuple[str, ...] = ()
    charging: str = ""
    tariff: str = ""
    hide_digits: int = 0
    mail: str = ""


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    schema: Literal[1]
    provider: str
    keys: ProviderKeys
    data: str = "data"
    https: Https | None = None
    inbox: tuple[Inbox, ...] = ()
    enterprise: tuple[Enterprise, ...] = ()


def read_provider(file: Path) -> Provider:
    """Read and check; SettingsError names the file and each key."""
    found = decode(file, Provider)
    problems = [*named(found.provider, "provider", upper=True)]
    names = [one.id for one in found.enterprise]
    for one in found.enterprise:
        problems += named(one.id, "enterprise.id", upper=True)
        if bool(one.charging) != bool(one.tariff):
            problems.append(f"enterprise {one.id}: charging (a data set) and tariff belong together")
        if one.charging and one.rates:
            problems.append(f"enterprise {one.id}: rates or charging: one of the two")
        if not one.certificates:
            problems.append(f"enterprise {one.id}: expected at least one certificate")
    for inbox in found.inbox:
        box = inbox.mailbox
        if box is not None:
            problems += mailbox_problems(box, "inbox: ")
        elif not inbox.path:
            problems.append("inbox: directory needs path")
        if box is not None and inbox.reply_by is None:
            problems.append(f"inbox: {inbox.kind} needs reply_by = {{ server = ..., from = ... }}")
    problems += [
        f"enterprise {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if not found.keys.decrypt:
        problems.append("keys.decrypt: expected at least one certificate with its key")
    if problems:
        raise SettingsError("\n".join(f"{file}: {problem}" for problem in problems))
    return found
