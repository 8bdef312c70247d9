"""`provider.toml`: the provider's keys, where batches arrive, and which enterprises are registered.

Source: C-006; docs/tickets.md names every key.
"""

from pathlib import Path
from typing import Literal

import msgspec

from ain_scp.tickets.collector.settings import KeyPair
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
    """Where batches lie, and where receipts go."""

    kind: Literal["directory"]
    path: str
    receipts: str = ""


class Enterprise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A registered enterprise: its signing certificates, and what its calls are read and priced with."""

    id: str
    certificates: tuple[str, ...]
    site: str
    directory: str = ""
    rates: str = ""
    areas: str = ""
    hide_digits: int = 0


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
        if not one.certificates:
            problems.append(f"enterprise {one.id}: at least one certificate is due")
    problems += [
        f"enterprise {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if not found.keys.decrypt:
        problems.append("keys.decrypt: at least one certificate with its key is due")
    if problems:
        raise SettingsError("\n".join(f"{file}: {problem}" for problem in problems))
    return found
