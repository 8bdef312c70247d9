"""Whether a certificate counts: its chain to one CA, its time, its use, and the CA's revocation list.

Source: C-006, C-013.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

Use = Literal["sign", "decrypt"]
RSA_BITS: Final = 3072


class TrustError(ValueError):
    """A certificate that does not count, and why."""


class Authority(msgspec.Struct, frozen=True):
    """Who issues certificates. With a revocation list it must be current, without one nothing is revoked."""

    certificates: tuple[x509.Certificate, ...]
    crl: x509.CertificateRevocationList | None = None


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate's octets, hex: what is registered and compared by telephone."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def check(certificate: x509.Certificate, authority: Authority, use: Use, now: datetime) -> None:
    """TrustError unless the certificate may sign (or be sealed to) now. `now` has a zone."""
    _check_key(certificate)
    builder = PolicyBuilder().store(Store(list(authority.certificates))).time(now)
    builder = builder.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_policy(use)
    )
    try:
        builder.build_client_verifier().verify(certificate, [])
    except (VerificationError, ValueError) as fault:
        raise TrustError(_words(certificate, now, fault)) from fault
    if authority.crl is not None:
        _check_crl(certificate, authority.certificates, authority.crl, now)


def check_ours(certificate: x509.Certificate, authority: Authority, now: datetime) -> None:
    """TrustError unless our own certificate may sign now.

    Who issued it is judged by the other side; where that is the authority we know, too, its list counts for us as well.
    """
    if any(one.subject == certificate.issuer for one in authority.certificates):
        check(certificate, authority, "sign", now)
        return
    _check_key(certificate)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise TrustError(_words(certificate, now, ValueError("outside its time")))
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    if not usage.digital_signature:
        raise TrustError("certificate: its key usage is not to sign")


def _check_key(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS:
        return
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise TrustError(f"key: expected P-256 or RSA of at least {RSA_BITS} bits")


def _words(certificate: x509.Certificate, now: datetime, fault: Exception) -> str:
    if now < certificate.not_valid_before_utc:
        return "certificate: not valid yet"
    if now > certificate.not_valid_after_utc:
        return "certificate: expired"
    return f"certificate: {fault}"


def _policy(use: Use) -> ExtensionPolicy:
    def usage(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage) -> None:
        fits = found.digital_signature if use == "sign" else found.key_agreement or found.key_encipherment
        if not fits:
            raise ValueError(f"its key usage is not to {use}")

    def extended(_policy: Policy, _certificate: x509.Certificate, found: x509.ExtendedKeyUsage) -> None:
        if ExtendedKeyUsageOID.EMAIL_PROTECTION not in found:
            raise ValueError("its extended key usage is not emailProtection")

    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.KeyUsage, Criticality.AGNOSTIC, usage)
        .require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, extended)
    )


def _check_crl(
    certificate: x509.Certificate,
    authorities: Sequence[x509.Certificate],
    crl: x509.CertificateRevocationList,
    now: datetime,
) -> None:
    issuer = next((one for one in authorities if one.subject == crl.issuer), None)
    key = None if issuer is None else issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or not crl.is_signature_valid(key):
        raise TrustError("revocation list: not signed by the authority")
    if crl.next_update_utc is None or now > crl.next_update_utc or now < crl.last_update_utc:
        raise TrustError("revocation list: not current")
    if certificate.issuer == crl.issuer and crl.get_revoked_certificate_by_serial_number(
        certificate.serial_number
    ):
        raise TrustError("certificate: revoked")
