"""Keys and certificates from files. A private key that others can read is refused.

Source: C-016.
"""

from pathlib import Path

from cryptography import x509

from ain_scp.tickets.collector.settings import KeyPair
from ain_scp.tickets.envelope.keys import KeyFileError, read_certificates, read_key
from ain_scp.tickets.envelope.seal import Keys
from ain_scp.tickets.envelope.trust import Authority


def load_pair(base: Path, pair: KeyPair) -> Keys:
    """A certificate and its key; KeyFileError names the file."""
    certificate = load_certificates(base, pair.certificate)[0]
    file = base / pair.key
    passphrase = _octets(base / pair.passphrase_file).strip() if pair.passphrase_file else None
    try:
        _private(file)
        return Keys(certificate, read_key(_octets(file), passphrase))
    except KeyFileError as fault:
        raise KeyFileError(f"{file}: {str(fault).removeprefix(f'{file}: ')}") from fault


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
            raise KeyFileError(f"{base / crl}: a revocation list in PEM is due") from fault
    return Authority(load_certificates(base, ca), found)


def _octets(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise KeyFileError(f"{file}: {fault.strerror or fault}") from fault
