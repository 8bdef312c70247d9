"""Signing and sealing, opening and verifying: octets in, octets out.

The order of opening is fixed: structure, recipient, key, tag; then the signature's structure, its digest, the signature.
Who the signer is and whether its certificate counts is `trust`'s. Each sealing makes a key, a nonce and an ephemeral
key of its own, so the same batch sealed twice is other octets.

Source: C-001, C-012, C-013, C-017.
"""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7

from ain_scp.tickets.envelope.der import OCTETS, SEQUENCE, DerError, tlv
from ain_scp.tickets.envelope.structures import (
    AES_WRAP,
    ECDSA,
    NONCE,
    PSS,
    TAG,
    Envelope,
    Signed,
    read_envelope,
    read_signed,
    write_envelope,
)

KEY_OCTETS: Final = 32
MAX_SEALED: Final = 16 << 20
RSA_BITS: Final = 3072
PIECE: Final = 1 << 20
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_SHARED_INFO: Final = tlv(SEQUENCE, AES_WRAP, tlv(0xA2, tlv(OCTETS, (8 * KEY_OCTETS).to_bytes(4, "big"))))
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class SealError(ValueError):
    """What was sealed or signed does not hold; one reason, for quarantine only."""


class Keys(NamedTuple):
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: PrivateKey


def sign(content: bytes, keys: Keys) -> bytes:
    """SignedData (DER) with the signer's certificate."""
    builder = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(content)
        .add_signer(keys.certificate, keys.key, hashes.SHA256())
    )
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities])


def verify(octets: bytes, known: Mapping[str, x509.Certificate]) -> tuple[memoryview, x509.Certificate]:
    """The content of a SignedData, where it stands in it, and which of the known certificates (by fingerprint) signed it. Raises SealError.

    A stranger's certificate is never read.
    """
    try:
        parts = read_signed(octets)
    except DerError as fault:
        raise SealError(f"signature: {fault}") from fault
    certificate = known.get(hashlib.sha256(parts.certificate).hexdigest())
    if certificate is None:
        raise SealError("signature: by a certificate that is not registered")
    if (parts.issuer, parts.serial) != (certificate.issuer.public_bytes(), certificate.serial_number):
        raise SealError("signature: another certificate than the signer's is enclosed")
    if hashlib.sha256(parts.content).digest() != parts.digest:
        raise SealError("signature: the digest is another content's")
    try:
        _check(parts, certificate)
    except (InvalidSignature, ValueError, TypeError) as fault:
        raise SealError("signature: does not hold") from fault
    return parts.content, certificate


def _check(parts: Signed, certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and parts.algorithm == ECDSA:
        key.verify(parts.signature, parts.attributes, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, rsa.RSAPublicKey) and parts.algorithm != ECDSA:
        form: padding.AsymmetricPadding = padding.PKCS1v15()
        if parts.algorithm in PSS:
            form = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        key.verify(parts.signature, parts.attributes, form, hashes.SHA256())
    else:
        raise TypeError("the key is of another kind than the signature")


def seal(content: bytes, recipient: x509.Certificate, chance: Callable[[int], bytes]) -> bytes:
    """AuthEnvelopedData (DER) to one recipient. `chance` gives so many unpredictable octets."""
    key, nonce = chance(KEY_OCTETS), chance(NONCE)
    ciphertext = AESGCM(key).encrypt(nonce, content, None)
    point, wrapped = _wrap(key, recipient)
    return write_envelope(
        Envelope(
            recipient.issuer.public_bytes(),
            recipient.serial_number,
            point,
            wrapped,
            nonce,
            memoryview(ciphertext)[:-TAG],
            ciphertext[-TAG:],
        )
    )


def _wrap(key: bytes, recipient: x509.Certificate) -> tuple[bytes, bytes]:
    public = recipient.public_key()
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= RSA_BITS:
        return b"", public.encrypt(key, _OAEP)
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise SealError(f"recipient: expected P-256 or RSA of at least {RSA_BITS} bits")
    ephemeral = ec.generate_private_key(public.curve)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point, aes_key_wrap(_kek(ephemeral.exchange(ec.ECDH(), public)), key)


def _kek(secret: bytes) -> bytes:
    return X963KDF(hashes.SHA256(), KEY_OCTETS, _SHARED_INFO).derive(secret)


def unseal(octets: bytes, keys: Sequence[Keys]) -> tuple[bytes, Keys]:
    """The content of an envelope and which of our keys opened it. Raises SealError."""
    if len(octets) > MAX_SEALED:
        raise SealError("envelope: larger than a batch may be")
    try:
        parts = read_envelope(octets)
    except DerError as fault:
        raise SealError(f"envelope: {fault}") from fault
    ours = next((one for one in keys if _addressed(parts, one.certificate)), None)
    if ours is None:
        raise SealError("envelope: sealed to none of our certificates")
    key = _unwrap(parts, ours.key)
    try:
        return _decrypted(parts, key), ours
    except InvalidTag as fault:
        raise SealError("envelope: altered") from fault


def _decrypted(parts: Envelope, key: bytes) -> bytes:
    """In pieces, so that the whole is there once; nothing of it is given before its tag has held. Raises InvalidTag."""
    opener, found = Cipher(algorithms.AES(key), modes.GCM(parts.nonce, parts.tag)).decryptor(), io.BytesIO()
    for at in range(0, len(parts.ciphertext), PIECE):
        found.write(opener.update(parts.ciphertext[at : at + PIECE]))
    found.write(opener.finalize())
    return found.getvalue()


def addressed(octets: bytes, certificate: x509.Certificate) -> bool:
    """Whether a sealed batch is for a certificate; nothing is opened."""
    try:
        return _addressed(read_envelope(octets), certificate)
    except DerError:
        return False


def _addressed(parts: Envelope, certificate: x509.Certificate) -> bool:
    return (parts.issuer, parts.serial) == (certificate.issuer.public_bytes(), certificate.serial_number)


def _unwrap(parts: Envelope, key: PrivateKey) -> bytes:
    try:
        if isinstance(key, rsa.RSAPrivateKey) and not parts.point:
            found = key.decrypt(parts.key, _OAEP)
        elif isinstance(key, ec.EllipticCurvePrivateKey) and parts.point:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, parts.point)
            found = aes_key_unwrap(_kek(key.exchange(ec.ECDH(), peer)), parts.key)
        else:
            raise SealError("envelope: the key is of another kind than the certificate")
    except (ValueError, InvalidUnwrap) as fault:
        raise SealError("envelope: altered") from fault
    if len(found) != KEY_OCTETS:
        raise SealError("envelope: altered")
    return found
