"""Keys and certificates: a small authority for those who have none, requests, and what is kept in files.

P-256 (or RSA of 3072 bits); a certificate counts 13 months, an authority 5 years. Private keys are PKCS#8, encrypted when
a passphrase is given.

Source: C-006, C-013, C-016.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ain_scp.tickets.envelope.seal import RSA_BITS, Keys, PrivateKey

KeyUse = Literal["sign", "decrypt", "receipt", "web"]
LONGEST_PASSPHRASE: Final = 1023
MONTHS_13: Final = timedelta(days=396)
YEARS_5: Final = timedelta(days=1826)
SKEW: Final = timedelta(hours=1)
"""How far a certificate reaches back: clocks of two machines differ."""


class KeyFileError(ValueError):
    """A key file that cannot be used; the text holds nothing of it."""


def new_key(kind: Literal["ec", "rsa"] = "ec") -> PrivateKey:
    """A private key."""
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65_537, 3072)


def write_key(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    """PKCS#8 in PEM; KeyFileError for a passphrase that cannot protect it."""
    secret: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        if not 0 < len(passphrase) <= LONGEST_PASSPHRASE:
            raise KeyFileError(f"passphrase: {len(passphrase)} bytes, expected 1 to {LONGEST_PASSPHRASE}")
        secret = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)


def read_key(octets: bytes, passphrase: bytes | None = None) -> PrivateKey:
    """A private key from PEM; KeyFileError when it is none, of another kind, or the passphrase does not fit."""
    try:
        key = serialization.load_pem_private_key(octets, passphrase)
    except TypeError as fault:
        what = "a passphrase is required" if passphrase is None else "it has no passphrase"
        raise KeyFileError(f"private key: {what}") from fault
    except ValueError as fault:
        raise KeyFileError("private key: no PEM key, or another passphrase") from fault
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise KeyFileError("private key: expected EC or RSA")
    return key


def read_certificates(octets: bytes) -> tuple[x509.Certificate, ...]:
    """Certificates from PEM, at least one."""
    try:
        return tuple(x509.load_pem_x509_certificates(octets))
    except ValueError as fault:
        raise KeyFileError("certificate: expected PEM") from fault


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(
    *, sign: bool = False, seal: bool = False, agree: bool = False, authority: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=seal,
        data_encipherment=False,
        key_agreement=agree,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def new_authority(name: str, now: datetime) -> Keys:
    """A certificate authority."""
    key = new_key()
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + YEARS_5)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Keys(certificate, key)


def issue(
    name: str,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    use: KeyUse,
    authority: Keys,
    now: datetime,
) -> x509.Certificate:
    """A certificate for a public key and one use."""
    seals = use == "decrypt" and isinstance(public, rsa.RSAPublicKey)
    usage = _usage(sign=use != "decrypt", seal=seals, agree=use == "decrypt" and not seals)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if use == "web" else ExtendedKeyUsageOID.EMAIL_PROTECTION
    issuer = authority.certificate
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    names: list[x509.GeneralName] = [x509.RFC822Name(f"{name.lower()}@tickets.invalid")]
    if use == "web":
        import ipaddress

        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + MONTHS_13)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )


def new_keys(
    name: str, use: KeyUse, authority: Keys, now: datetime, kind: Literal["ec", "rsa"] = "ec"
) -> Keys:
    """A key and its certificate."""
    key = new_key(kind)
    return Keys(issue(name, key.public_key(), use, authority, now), key)


def request(name: str, key: PrivateKey) -> bytes:
    """A request for a certificate, PEM: the public key, signed with the private one."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(name))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_request(octets: bytes) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """The public key of a request; KeyFileError unless it is one that its own key signed, of a kind used here."""
    try:
        found = x509.load_pem_x509_csr(octets)
    except ValueError as fault:
        raise KeyFileError("request: expected a certificate request in PEM") from fault
    public = found.public_key()
    if not found.is_signature_valid:
        raise KeyFileError("request: not signed with its own key")
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= RSA_BITS:
        return public
    if not (isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)):
        raise KeyFileError(f"request: expected P-256 or RSA of at least {RSA_BITS} bits")
    return public


class Revoked(NamedTuple):
    """A certificate that counts no more: since when, and why (the words of X.509, such as keyCompromise)."""

    serial: int
    since: datetime
    reason: str = ""


REASONS: Final = tuple(flag.value for flag in x509.ReasonFlags if flag.value != "removeFromCRL")


def revoke(
    authority: Keys, revoked: Iterable[Revoked], now: datetime, lasts: timedelta
) -> x509.CertificateRevocationList:
    """The authority's list of what is revoked since when."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(now).next_update(now + lasts)
    for found in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(found.serial).revocation_date(found.since)
        if found.reason:
            one = one.add_extension(x509.CRLReason(x509.ReasonFlags(found.reason)), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(authority.key, hashes.SHA256())


def revoked_by(crl: x509.CertificateRevocationList) -> list[Revoked]:
    """What a list revokes."""
    found = []
    for one in crl:
        try:
            reason = one.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        except x509.ExtensionNotFound:
            reason = ""
        found.append(Revoked(one.serial_number, one.revocation_date_utc, reason))
    return found
