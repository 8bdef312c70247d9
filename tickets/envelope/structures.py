"""CMS as octets: AuthEnvelopedData with one recipient, and SignedData with one signer.

Readers compare every octet with what a writer may write: versions, algorithms, order, lengths. What is left over is the
parts in the records here, each of which is checked when it is opened (key, tag, signature, register). Forms: one
KeyAgreeRecipientInfo (P-256, SHA-256 KDF, AES-256 wrap) or one KeyTransRecipientInfo (RSAES-OAEP SHA-256), AES-256-GCM;
ECDSA, RSA PKCS#1 or PSS with SHA-256, signed attributes contentType, messageDigest, signingTime.

Source: RFC 5652, 5083, 5084, 5753, 4056, 8702; C-012.
"""

from typing import Final, NamedTuple

from ain_scp.tickets.envelope.der import (
    BITS,
    INTEGER,
    NULL,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    UTC_TIME,
    DerError,
    Octets,
    Reader,
    are,
    element,
    integer,
    oid,
    set_of,
    tlv,
)

NONCE: Final = 12
TAG: Final = 16
WRAPPED: Final = 40
POINT: Final = 65
MOST_ATTRIBUTES: Final = 4
_CONTEXT: Final = 0xA0
_PRIMITIVE: Final = 0x80
_DATA: Final = oid("1.2.840.113549.1.7.1")
_SIGNED: Final = oid("1.2.840.113549.1.7.2")
_AUTH_ENVELOPED: Final = oid("1.2.840.113549.1.9.16.1.23")
_GCM: Final = oid("2.16.840.1.101.3.4.1.46")
AES_WRAP: Final = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.1.45"))
_SHA256: Final = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"))
_SHA256_NULL: Final = tlv(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"), tlv(NULL))
_ECDH: Final = tlv(SEQUENCE, oid("1.3.132.1.11.1"), AES_WRAP)
_EC_KEY: Final = tlv(SEQUENCE, oid("1.2.840.10045.2.1"))
_MGF1: Final = tlv(SEQUENCE, oid("1.2.840.113549.1.1.8"), _SHA256)
_OAEP: Final = tlv(SEQUENCE, oid("1.2.840.113549.1.1.7"), tlv(SEQUENCE, tlv(0xA0, _SHA256), tlv(0xA1, _MGF1)))
ECDSA: Final = tlv(SEQUENCE, oid("1.2.840.10045.4.3.2"))
PKCS1: Final = (
    tlv(SEQUENCE, oid("1.2.840.113549.1.1.1"), tlv(NULL)),
    tlv(SEQUENCE, oid("1.2.840.113549.1.1.11"), tlv(NULL)),
)
PSS: Final = tuple(
    tlv(
        SEQUENCE,
        oid("1.2.840.113549.1.1.10"),
        tlv(
            SEQUENCE,
            tlv(0xA0, hashed),
            tlv(0xA1, tlv(SEQUENCE, oid("1.2.840.113549.1.1.8"), hashed)),
            tlv(0xA2, integer(32)),
        ),
    )
    for hashed in (_SHA256, _SHA256_NULL)
)
_CONTENT_TYPE: Final = tlv(SEQUENCE, oid("1.2.840.113549.1.9.3"), tlv(SET, _DATA))
_MESSAGE_DIGEST: Final = oid("1.2.840.113549.1.9.4")
_SIGNING_TIME: Final = oid("1.2.840.113549.1.9.5")
_CAPABILITIES: Final = oid("1.2.840.113549.1.9.15")


class Envelope(NamedTuple):
    """The parts of a sealed batch. `issuer` is DER; `point` is empty for RSA; `key` is the wrapped content key."""

    issuer: bytes
    serial: int
    point: bytes
    key: bytes
    nonce: bytes
    ciphertext: Octets
    tag: bytes


class Signed(NamedTuple):
    """The parts of a signed content. `attributes` is the set that was signed, `digest` what it says of the content."""

    content: memoryview
    certificate: bytes
    issuer: bytes
    serial: int
    algorithm: bytes
    attributes: bytes
    digest: bytes
    signature: bytes


def write_envelope(parts: Envelope) -> bytes:
    """DER of an envelope."""
    return b"".join(_written(parts))


def _written(parts: Envelope) -> tuple[Octets, ...]:
    who = tlv(SEQUENCE, parts.issuer, integer(parts.serial))
    if parts.point:
        origin = tlv(0xA0, tlv(0xA1, _EC_KEY, tlv(BITS, b"\0", parts.point)))
        keys = tlv(SEQUENCE, tlv(SEQUENCE, who, tlv(OCTETS, parts.key)))
        recipient = tlv(0xA1, integer(3), origin, _ECDH, keys)
    else:
        recipient = tlv(SEQUENCE, integer(0), who, _OAEP, tlv(OCTETS, parts.key))
    cipher = tlv(SEQUENCE, _GCM, tlv(SEQUENCE, tlv(OCTETS, parts.nonce), integer(TAG)))
    content = element(SEQUENCE, _DATA, cipher, *element(_PRIMITIVE, parts.ciphertext))
    body = element(SEQUENCE, integer(0), tlv(SET, recipient), *content, tlv(OCTETS, parts.tag))
    return element(SEQUENCE, _AUTH_ENVELOPED, *element(_CONTEXT, *body))


def read_envelope(octets: bytes) -> Envelope:
    """The parts of an envelope; DerError unless it is, octet for octet, what `write_envelope` makes of them."""
    outer = Reader(octets)
    info = outer.inside(SEQUENCE)
    outer.done()
    info.exactly(_AUTH_ENVELOPED, "AuthEnvelopedData")
    body = _only(info, _CONTEXT).inside(SEQUENCE)
    body.exactly(integer(0), "version 0")
    recipients = body.inside(SET)
    point, issuer, serial, key = _agreed(recipients) if recipients.tag == 0xA1 else _transported(recipients)
    recipients.done()
    content = body.inside(SEQUENCE)
    content.exactly(_DATA, "id-data")
    cipher = content.inside(SEQUENCE)
    cipher.exactly(_GCM, "AES-256-GCM")
    nonce = cipher.inside(SEQUENCE).value(OCTETS)
    parts = Envelope(issuer, serial, point, key, nonce, content.view(_PRIMITIVE), body.value(OCTETS))
    if len(nonce) != NONCE or len(parts.tag) != TAG or not are(octets, _written(parts)):
        raise DerError(0, "expected an envelope in its one exact form")
    return parts


def _only(reader: Reader, tag: int) -> Reader:
    inner = reader.inside(tag)
    reader.done()
    return inner


def _agreed(recipients: Reader) -> tuple[bytes, bytes, int, bytes]:
    info = recipients.inside(0xA1)
    info.exactly(integer(3), "version 3")
    origin = info.inside(0xA0).inside(0xA1)
    origin.exactly(_EC_KEY, "an EC key without parameters")
    bits = origin.value(BITS)
    info.exactly(_ECDH, "ECDH with SHA-256 and AES-256 wrap")
    one = info.inside(SEQUENCE).inside(SEQUENCE)
    issuer, serial = _who(one)
    key = one.value(OCTETS)
    if len(bits) != POINT + 1 or bits[:2] != b"\0\x04" or len(key) != WRAPPED:
        raise DerError(0, "expected an uncompressed P-256 point and 40 octets of key")
    return bits[1:], issuer, serial, key


def _transported(recipients: Reader) -> tuple[bytes, bytes, int, bytes]:
    info = recipients.inside(SEQUENCE)
    info.exactly(integer(0), "version 0")
    issuer, serial = _who(info)
    info.exactly(_OAEP, "RSAES-OAEP with SHA-256")
    return b"", issuer, serial, info.value(OCTETS)


def _who(reader: Reader) -> tuple[bytes, int]:
    """Issuer (DER) and serial number of a certificate."""
    pair = reader.inside(SEQUENCE)
    issuer = pair.whole(SEQUENCE)
    number = pair.value(INTEGER)
    pair.done()
    serial = int.from_bytes(number, "big", signed=True)
    if serial < 0 or integer(serial) != tlv(INTEGER, number):
        raise DerError(0, "expected a serial number of 0 or more in its shortest form")
    return issuer, serial


def read_signed(octets: bytes) -> Signed:
    """The parts of a signed content; DerError unless every octet is one that a writer may write."""
    outer = Reader(octets)
    info = outer.inside(SEQUENCE)
    outer.done()
    info.exactly(_SIGNED, "SignedData")
    body = _only(_only(info, _CONTEXT), SEQUENCE)
    body.exactly(integer(1), "version 1")
    hashes = body.inside(SET)
    hashes.either((_SHA256, _SHA256_NULL), "SHA-256")
    hashes.done()
    content_info = body.inside(SEQUENCE)
    content_info.exactly(_DATA, "id-data")
    content = _only(content_info, _CONTEXT)
    data = content.view(OCTETS)
    content.done()
    certificates = body.inside(_CONTEXT)
    certificate = certificates.whole(SEQUENCE)
    certificates.done()
    signers = body.inside(SET)
    body.done()
    signer = signers.inside(SEQUENCE)
    signers.done()
    return _signer(signer, data, certificate)


def _signer(signer: Reader, content: memoryview, certificate: bytes) -> Signed:
    signer.exactly(integer(1), "version 1")
    issuer, serial = _who(signer)
    signer.either((_SHA256, _SHA256_NULL), "SHA-256")
    attributes = tlv(SET, signer.value(_CONTEXT))
    algorithm = signer.either((ECDSA, *PKCS1, *PSS), "ECDSA, PKCS#1 or PSS with SHA-256")
    signature = signer.value(OCTETS)
    signer.done()
    return Signed(
        content, certificate, issuer, serial, algorithm, attributes, _attributes(attributes), signature
    )


def _attributes(octets: bytes) -> bytes:
    """The message digest; each attribute once, in the order of DER, and no other."""
    reader, digest = Reader(octets).inside(SET), b""
    found: list[tuple[bytes, bytes]] = []
    while reader.tag != -1 and len(found) < MOST_ATTRIBUTES:
        whole = reader.whole(SEQUENCE)
        one = Reader(whole).inside(SEQUENCE)
        name = tlv(OID, one.value(OID))
        values = one.inside(SET)
        one.done()
        if name == _MESSAGE_DIGEST:
            digest = values.value(OCTETS)
        elif name == _SIGNING_TIME:
            values.value(UTC_TIME)
        elif name == _CAPABILITIES:
            values.value(SEQUENCE)
        elif whole != _CONTENT_TYPE:
            raise DerError(
                0, "an attribute that is not contentType, messageDigest, signingTime or capabilities"
            )
        else:
            values.value(OID)
        values.done()
        found.append((name, whole))
    reader.done()
    names = {name for name, _whole in found}
    if len(names) < len(found) or not {_MESSAGE_DIGEST, _SIGNING_TIME, oid("1.2.840.113549.1.9.3")} <= names:
        raise DerError(0, "expected contentType, messageDigest and signingTime, each once")
    if set_of(whole for _name, whole in found) != octets:
        raise DerError(0, "expected signed attributes in the order of DER")
    return digest
