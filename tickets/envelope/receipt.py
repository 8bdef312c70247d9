"""The provider's signed word on one batch: nothing else moves a collector's position.

Source: C-015.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from cryptography import x509

from ain_scp.tickets.envelope.seal import Keys, SealError, sign, verify

MAGIC: Final = b"AINTR1\n"
Outcome = Literal["ACCEPTED", "REPEATED", "WAITING", "REFUSED"]


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`accepted_to` is the last batch accepted of this store; `encrypt_to` the certificate to seal to from now on."""

    provider: str
    enterprise: str
    store: str
    number: int
    digest: str
    outcome: Outcome
    reason: str = ""
    accepted_to: int
    tickets: int
    time: str
    encrypt_to: str


def write_receipt(receipt: Receipt, keys: Keys) -> bytes:
    """SignedData (DER)."""
    return sign(MAGIC + msgspec.json.encode(receipt), keys)


def read_receipt(octets: bytes, known: Mapping[str, x509.Certificate]) -> tuple[Receipt, x509.Certificate]:
    """A receipt and who signed it; SealError unless it is one of a known certificate."""
    signed, certificate = verify(octets, known)
    content = bytes(signed)
    if not content.startswith(MAGIC):
        raise SealError("receipt: something else is signed")
    try:
        return msgspec.json.decode(content[len(MAGIC) :], type=Receipt), certificate
    except (msgspec.DecodeError, RecursionError) as fault:
        raise SealError(f"receipt: {fault}") from fault
