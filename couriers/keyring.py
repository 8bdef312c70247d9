"""Keys and certificates from files. A private key that others can read is refused.

Source: C-016.
"""

import os
from pathlib import Path
from typing import Final

from cryptography import x509

from ain_scp.tickets.collector.settings import KeyPair
from ain_scp.tickets.envelope.keys import LONGEST_PASSPHRASE, KeyFileError, read_certificates, read_key
from ain_scp.tickets.envelope.seal import Keys, PrivateKey
from ain_scp.tickets.envelope.trust import Authority

ENVIRONMENT: Final = "AIN_TICKET_PASSPHRASE"


def load_pair(base: Path, pair: KeyPair) -> Keys:
    """A certificate and its key; KeyFileError names the file."""
    certificate = load_certificates(base, pair.certificate)[0]
    file = base / pair.key
    return Keys(certificate, load_key(file, base / pair.passphrase_file if pair.passphrase_file else None))


def load_key(file: Path, passphrase_file: Path | None = None) -> PrivateKey:
    """A private key; an encrypted one with the passphrase of its file, else that of AIN_TICKET_PASSPHRASE."""
    _private(file)
    octets = _octets(file)
    passphrase = None
    if passphrase_file is not None:
        passphrase = read_passphrase(passphrase_file)
    elif b"ENCRYPTED" in octets:
        passphrase = os.environ.get(ENVIRONMENT, "").encode() or None
    try:
        return read_key(octets, passphrase)
    except KeyFileError as fault:
        words = str(fault)
        if "a passphrase is required" in words:
            words += f": passphrase_file beside its key in the settings, or the environment's {ENVIRONMENT}"
        raise KeyFileError(f"{file}: {words}") from fault


def read_passphrase(file: Path) -> bytes:
    """The first line of a file that only its owner can read."""
    _private(file)
    found = _octets(file).partition(b"\n")[0].strip()
    if not found:
        raise KeyFileError(f"{file}: no passphrase in its first line")
    if len(found) > LONGEST_PASSPHRASE:
        raise KeyFileError(f"{file}: a passphrase of {len(found)} bytes; {LONGEST_PASSPHRASE} are the most")
    return found


def _private(file: Path) -> None:
    try:
        mode = file.stat().st_mode
    except OSError as fault:
        raise KeyFileError(f"{file}: {fault.strerror or fault}") from fault
    if mode & 0o077:
        raise KeyFileError(f"{file}: others can read this key; chmod 600 {file}")


def load_certificates(base: Path, name: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a file."""
    try:
        return read_certificates(_octets(base / name))
    except KeyFileError as fault:
        raise KeyFileError(f"{base / name}: {fault}") from fault


def load_authority(base: Path, ca: str, crl: str) -> Authority:
    """Who issues certificates, with its revocation list if one is configured."""
    found = None
    if crl:
        try:
            found = x509.load_pem_x509_crl(_octets(base / crl))
        except ValueError as fault:
            raise KeyFileError(f"{base / crl}: expected a revocation list in PEM") from fault
    return Authority(load_certificates(base, ca), found)


def _octets(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise KeyFileError(f"{file}: {fault.strerror or fault}") from fault
