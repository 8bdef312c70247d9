"""Keys and certificates in files: made, requested, issued, listed, changed, revoked.

A key lies in `keys/` beside the settings, mode 0600, PKCS#8. A small authority (`keys/ca.pem`, `keys/ca.key`) issues
certificates for those who have none.

Source: C-006, C-013, C-016.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ain_scp.couriers import files
from ain_scp.couriers.keyring import load_authority, load_certificates, load_key, load_pair
from ain_scp.couriers.settings_text import add_key, line_of, replace_key
from ain_scp.tickets.collector.settings import Collector, KeyPair, read_collector
from ain_scp.tickets.envelope.keys import (
    KeyFileError,
    KeyUse,
    Revoked,
    issue,
    new_key,
    pem,
    read_request,
    request,
    revoke,
    revoked_by,
    write_key,
)
from ain_scp.tickets.envelope.seal import Keys
from ain_scp.tickets.envelope.trust import Authority, TrustError, check, fingerprint
from ain_scp.tickets.names import SettingsError, several, text_of
from ain_scp.tickets.provider.settings import Provider, read_provider

SOON_DAYS: Final = 30
CRL_DAYS: Final = 30


class Shown(msgspec.Struct, frozen=True):
    """A certificate that the settings name. `use`: sign, decrypt, receipt, ca, or whose batches or receipts it is for."""

    use: str
    file: str
    subject: str
    fingerprint: str
    until: str
    days: int
    fault: str = ""


def is_provider(config: Path) -> bool:
    """Which of the two settings files this is."""
    return any(line.partition("=")[0].strip() == "provider" for line in text_of(config).splitlines())


def read_settings(config: Path) -> Collector | Provider:
    """Either side's settings."""
    return read_provider(config) if is_provider(config) else read_collector(config)


def authority_of(config: Path) -> Keys:
    """The small authority beside the settings; KeyFileError when its key is not here."""
    keys = config.parent / "keys"
    if not (keys / "ca.key").exists():
        raise KeyFileError(f"{keys / 'ca.key'}: the authority's key is not here; have it issued where it is")
    return load_pair(config.parent, KeyPair("keys/ca.pem", "keys/ca.key"))


def make(config: Path, name: str, kind: Literal["ec", "rsa"], passphrase: bytes | None) -> Path:
    """A key and the request for its certificate; the request's file. An existing key is never overwritten."""
    keys = config.parent / "keys"
    if (keys / f"{name}.key").exists():
        raise SettingsError(f"{keys / name}.key: is there already; choose another name")
    key = new_key(kind)
    files.put(keys, f"{name}.key", write_key(key, passphrase))
    files.put(keys, f"{name}.csr", request(name, key))
    return keys / f"{name}.csr"


def ask(config: Path, name: str, passphrase_file: Path | None) -> Path:
    """A request for the certificate of a key that is there."""
    keys = config.parent / "keys"
    files.put(keys, f"{name}.csr", request(name, load_key(keys / f"{name}.key", passphrase_file)))
    return keys / f"{name}.csr"


def issue_to(config: Path, asked: Path, subject: str, use: KeyUse, out: Path, now: datetime) -> str:
    """Issue what a request asks for; the certificate's fingerprint."""
    try:
        public = read_request(asked.read_bytes())
    except KeyFileError as fault:
        raise KeyFileError(f"{asked}: {fault}") from fault
    certificate = issue(subject, public, use, authority_of(config), now)
    files.put(out.parent, out.name, pem(certificate))
    return fingerprint(certificate)


def protect(config: Path, name: str, before: Path | None, passphrase: bytes) -> None:
    """Encrypt a key with a passphrase, or with another one."""
    keys = config.parent / "keys"
    key = load_key(keys / f"{name}.key", before)
    files.put(keys, f"{name}.key", write_key(key, passphrase))


# what the settings name


def named(settings: Collector | Provider) -> Iterator[tuple[str, str, str]]:
    """Use, certificate file and key file (or "") of everything that the settings name."""
    if isinstance(settings, Collector):
        yield "sign", settings.keys.sign.certificate, settings.keys.sign.key
        yield "ca", settings.keys.ca, ""
        for one in settings.provider:
            for name in several(one.encrypt_to):
                yield f"decrypt of {one.name}", name, ""
            for name in several(one.receipts_by):
                yield f"receipt of {one.name}", name, ""
        return
    for pair in settings.keys.decrypt:
        yield "decrypt", pair.certificate, pair.key
    yield "receipt", settings.keys.sign.certificate, settings.keys.sign.key
    yield "ca", settings.keys.ca, ""
    for enterprise in settings.enterprise:
        for name in enterprise.certificates:
            yield f"sign of {enterprise.id}", name, ""


def listed(config: Path, now: datetime) -> list[Shown]:
    """Every certificate of the settings with the days it has left and what is wrong with it."""
    settings = read_settings(config)
    authority = load_authority(config.parent, settings.keys.ca, settings.keys.crl)
    return [
        _shown(config.parent, use, name, certificate, authority, now)
        for use, name, _key in named(settings)
        for certificate in load_certificates(config.parent, name)
    ]


def _shown(
    base: Path, use: str, name: str, certificate: x509.Certificate, authority: Authority, now: datetime
) -> Shown:
    until = certificate.not_valid_after_utc
    fault = ""
    if use != "ca":
        try:
            check(certificate, authority, "decrypt" if use.startswith("decrypt") else "sign", now)
        except TrustError as found:
            fault = str(found)
    days = (until - now).days
    subject = certificate.subject.rfc4514_string()
    return Shown(
        use, str(base / name), subject, fingerprint(certificate), until.date().isoformat(), days, fault
    )


def pairs_fit(config: Path) -> list[str]:
    """Keys that are not those of their certificates, or cannot be read."""
    problems = []
    for _use, name, key in named(read_settings(config)):
        if not key:
            continue
        try:
            certificate = load_certificates(config.parent, name)[0]
            private = load_pair(config.parent, KeyPair(name, key, _passphrase(config, key))).key
            if _octets(certificate.public_key()) != _octets(private.public_key()):
                problems.append(f"{config.parent / key}: not the key of {name}")
        except KeyFileError as fault:
            problems.append(str(fault))
    return problems


def _passphrase(config: Path, key: str) -> str:
    settings = read_settings(config)
    pairs = (
        (settings.keys.sign,)
        if isinstance(settings, Collector)
        else (*settings.keys.decrypt, settings.keys.sign)
    )
    return next((one.passphrase_file for one in pairs if one.key == key), "")


def _octets(public: CertificatePublicKeyTypes) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# change


def next_name(config: Path, stem: str) -> str:
    """`acme-sign`, then `acme-sign-2`, `acme-sign-3` ...: the first that no key has."""
    keys = config.parent / "keys"
    taken = {file.stem for file in keys.glob(f"{stem}*.key")}
    numbers = (f"{stem}-{number}" for number in range(2, 1000))
    return stem if stem not in taken else next(one for one in numbers if one not in taken)


def use_sign(config: Path, name: str, passphrase_file: str = "") -> None:
    """Sign with another key from now on: of batches (collector) or of receipts (provider)."""
    value = _pair_text(name, passphrase_file)
    replace_key(config, "keys", "sign", line_of(config, "keys", "sign"), value)


def use_decrypt(config: Path, name: str, passphrase_file: str = "") -> None:
    """Decrypt with another key, too, and ask for it in receipts; the ones before stay."""
    before = line_of(config, "keys", "decrypt")
    value = f"[{_pair_text(name, passphrase_file)}, {before.removeprefix('[')}"
    replace_key(config, "keys", "decrypt", before, value)


def _pair_text(name: str, passphrase_file: str) -> str:
    more = f', passphrase_file = "{passphrase_file}"' if passphrase_file else ""
    return f'{{ certificate = "keys/{name}.pem", key = "keys/{name}.key"{more} }}'


def drop_decrypt(config: Path, pairs: Iterable[KeyPair]) -> None:
    """Decrypt with these keys alone."""
    texts = [_pair_text(Path(one.key).stem, one.passphrase_file) for one in pairs]
    before = line_of(config, "keys", "decrypt")
    replace_key(config, "keys", "decrypt", before, f"[{', '.join(texts)}]")


# revocation


def write_crl(config: Path, more: Iterable[Revoked], now: datetime, days: int = CRL_DAYS) -> Path:
    """The authority's list, what it held before and more, current for some days; put into the settings if it is new."""
    authority = authority_of(config)
    file = config.parent / "keys" / "crl.pem"
    before = revoked_by(x509.load_pem_x509_crl(file.read_bytes())) if file.exists() else []
    found = {one.serial: one for one in (*before, *more)}
    crl = revoke(authority, found.values(), now, timedelta(days=days))
    files.put(file.parent, file.name, crl.public_bytes(Encoding.PEM))
    if not read_settings(config).keys.crl:
        add_key(config, "keys", 'crl = "keys/crl.pem"')
    return file
