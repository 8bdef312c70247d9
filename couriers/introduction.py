"""Two machines get to know each other: a request goes one way, a bundle of certificates comes back.

No private key leaves its machine. The provider pins the certificate it issues; the enterprise prints the provider's
fingerprints, which two people compare by telephone. The same steps bring a new certificate later.

Source: C-004, C-006, C-013, C-016.
"""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ain_scp.couriers import files, key_files
from ain_scp.couriers.keyring import load_key
from ain_scp.couriers.pair import COLLECTOR, SITE, join
from ain_scp.couriers.settings_text import line_of, replace_key
from ain_scp.tickets.envelope.keys import KeyFileError, pem, read_certificates
from ain_scp.tickets.envelope.trust import fingerprint
from ain_scp.tickets.names import SettingsError, named
from ain_scp.tickets.provider.settings import read_provider

MOST_OCTETS: Final = 1 << 20
_BUNDLE: Final = "bundle.json"
_CERTIFICATES: Final = ("sign.pem", "ca.pem", "enc.pem", "receipt.pem")


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a provider hands to an enterprise beside certificates: the names, and where batches go."""

    enterprise: str
    provider: str
    url: str = ""


class Accepted(NamedTuple):
    """What came of a bundle: the settings, and fingerprints to compare, by name."""

    collector: Path
    fingerprints: dict[str, str]


def begin(root: Path, enterprise: str, site: str = SITE) -> Path:
    """The enterprise's side alone: a key and its request, waiting for a bundle. The request's file."""
    home = root / enterprise
    problems = named(enterprise, "--enterprise", upper=True)
    if (home / "keys" / f"{enterprise.lower()}-sign.key").exists():
        problems.append(f"{home}: is there already; choose another --enterprise or directory")
    if problems:
        raise SettingsError("\n".join(problems))
    files.put(home, "site.toml", site.encode())
    return key_files.make(home / "collector.toml", f"{enterprise.lower()}-sign", "ec", None).resolve()


def add(config: Path, enterprise: str, request: Path, bundle: Path, url: str, now: datetime) -> str:
    """Issue an enterprise's certificate, register it (beside those it has) and write a bundle; the fingerprint."""
    settings, home = read_provider(config), config.parent
    problems = named(enterprise, "ENTERPRISE", upper=True)
    if problems:
        raise SettingsError("\n".join(problems))
    place = home / "enterprises" / enterprise
    known = next((one for one in settings.enterprise if one.id == enterprise), None)
    name = "sign.pem" if known is None else f"sign-{len(known.certificates) + 1}.pem"
    mark = key_files.issue_to(config, request, enterprise, "sign", place / name, now)
    certificate = (place / name).read_bytes()
    if known is None:
        join(home, enterprise, certificate)
    else:
        _beside(config, known.certificates, f"enterprises/{enterprise}/{name}")
    _write(bundle, settings.provider, enterprise, url, home, certificate)
    return mark


def _beside(config: Path, before: tuple[str, ...], name: str) -> None:
    """Register one more certificate of an enterprise."""
    old = "[" + ", ".join(f'"{one}"' for one in before) + "]"
    new = "[" + ", ".join(f'"{one}"' for one in (*before, name)) + "]"
    replace_key(config, "enterprise", "certificates", old, new)


def _write(bundle: Path, provider: str, enterprise: str, url: str, home: Path, certificate: bytes) -> None:
    settings = read_provider(home / "provider.toml")
    parts = {
        _BUNDLE: msgspec.json.encode(Bundle(enterprise=enterprise, provider=provider, url=url)),
        "sign.pem": certificate,
        "ca.pem": (home / settings.keys.ca).read_bytes(),
        "enc.pem": (home / settings.keys.decrypt[0].certificate).read_bytes(),
        "receipt.pem": (home / settings.keys.sign.certificate).read_bytes(),
    }
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    files.put(bundle.parent, bundle.name, octets.getvalue())


def accept(root: Path, bundle: Path) -> Accepted:
    """Take a provider's bundle: certificates into `keys/`, the settings written, or brought up to date."""
    found, parts = _read(bundle)
    home = root / found.enterprise
    mine = read_certificates(parts["sign.pem"])[0]
    name = _key_of(
        home,
        found.enterprise,
        mine.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
    keys, other = home / "keys", found.provider.lower()
    files.put(keys, f"{name}.pem", pem(mine))
    files.put(keys, "ca.pem", parts["ca.pem"])
    config = home / "collector.toml"
    if config.exists():
        key_files.use_sign(config, name)
        _update(config, keys, other, parts)
    else:
        files.put(keys, f"{other}-enc.pem", parts["enc.pem"])
        files.put(keys, f"{other}-sign.pem", parts["receipt.pem"])
        files.put(home, "collector.toml", _settings(found, name).encode())
    marks = {
        one: fingerprint(read_certificates(parts[one])[0]) for one in ("ca.pem", "enc.pem", "receipt.pem")
    }
    return Accepted(config.resolve(), marks)


def _read(bundle: Path) -> tuple[Bundle, Mapping[str, bytes]]:
    """A bundle taken apart; SettingsError unless every part is there and is what it is called."""
    try:
        with zipfile.ZipFile(bundle) as archive:
            if sum(one.file_size for one in archive.infolist()) > MOST_OCTETS:
                raise SettingsError(f"{bundle}: larger than a bundle may be")
            parts = {name: archive.read(name) for name in (_BUNDLE, *_CERTIFICATES)}
        found = msgspec.json.decode(parts[_BUNDLE], type=Bundle)
        for name in _CERTIFICATES:
            read_certificates(parts[name])
    except (
        zipfile.BadZipFile,
        KeyError,
        msgspec.DecodeError,
        RecursionError,
        KeyFileError,
        OSError,
    ) as fault:
        raise SettingsError(f"{bundle}: no bundle of ain ticket enterprise add: {fault}") from fault
    problems = [
        *named(found.enterprise, "enterprise", upper=True),
        *named(found.provider, "provider", upper=True),
    ]
    if problems or set(found.url) & set('"\\\n'):
        raise SettingsError(f"{bundle}: {problems[0] if problems else 'url: no address'}")
    return found, parts


def _key_of(home: Path, enterprise: str, public: bytes) -> str:
    """The name of our key that a certificate is for."""
    for file in sorted((home / "keys").glob(f"{enterprise.lower()}-sign*.key")):
        key = load_key(file).public_key()
        if key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public:
            return file.stem
    raise SettingsError(f"{home / 'keys'}: the bundle's certificate is for none of the keys here")


def _update(config: Path, keys: Path, other: str, parts: Mapping[str, bytes]) -> None:
    """Name the provider's certificates that are not known yet, beside those that are."""
    for key, part, stem in (("encrypt_to", "enc.pem", "enc"), ("receipts_by", "receipt.pem", "sign")):
        files_now = sorted(keys.glob(f"{other}-{stem}*.pem"))
        if any(file.read_bytes() == parts[part] for file in files_now):
            continue
        name = f"{other}-{stem}-{len(files_now) + 1}.pem"
        files.put(keys, name, parts[part])
        before = line_of(config, "provider", key)
        inner = before.removeprefix("[").removesuffix("]")
        replace_key(config, "provider", key, before, f'[{inner}, "keys/{name}"]')


def _settings(found: Bundle, name: str) -> str:
    words = {
        "enterprise": found.enterprise,
        "provider": found.provider,
        "lower": found.enterprise.lower(),
        "other": found.provider.lower(),
    }
    text = COLLECTOR.format(**words)
    directory = f'{{ kind = "directory", path = "../{found.provider}/in", receipts = "../{found.provider}/receipts/{found.enterprise}" }}'
    deliver = '{ kind = "directory", path = "out", receipts = "receipts" }'
    if found.url:
        deliver = f'{{ kind = "https", url = "{found.url}" }}'
    return text.replace(directory, deliver).replace(f"{found.enterprise.lower()}-sign.", f"{name}.")
