"""Batches and receipts as mail: one S/MIME part, base64, nothing else said.

Source: C-008; RFC 8551.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import format_datetime
from typing import Final, Literal, NamedTuple

MOST_OCTETS: Final = 25 << 20
MOST_PARTS: Final = 20
MOST_HEADER: Final = 8192
"""Octets of a header with parameters: the library's time for them grows with the square of their number."""
_HEADERS: Final = re.compile(
    rb"(?im)(?:^|\r)content-(?:type|disposition):[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*"
).finditer
Content = Literal["authEnveloped-data", "signed-data"]
_TYPES: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_ENDINGS: Final[dict[Content, str]] = {"authEnveloped-data": ".p7m", "signed-data": ".p7s"}


class Parties(NamedTuple):
    """Who writes to whom."""

    sender: str
    to: str


def write_mail(
    octets: bytes, content: Content, name: str, parties: Parties, message_id: str, now: datetime
) -> EmailMessage:
    """A mail whose body is the part; the subject is neutral, the Message-ID names the batch and so repeats with it."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = parties
    mail["Subject"] = "Accounting data"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}>"
    mail.set_content(
        octets,
        "application",
        "pkcs7-mime",
        cte="base64",
        filename=name,
        params={"smime-type": content, "name": name},
    )
    return mail


def read_mail(octets: bytes, content: Content) -> bytes | None:
    """The part of a mail; None when it has none, is too large, has too many parts, or cannot be read. Nothing nested is opened."""
    if len(octets) > MOST_OCTETS or any(len(one[0]) > MOST_HEADER for one in _HEADERS(octets)):
        return None
    try:
        return _part(octets, content)
    except (
        RecursionError,
        ValueError,
    ):  # parts within parts by the thousand; a parameter numbered beyond all sense
        return None


def _part(octets: bytes, content: Content) -> bytes | None:
    for part in _parts(message_from_bytes(octets)):
        if part.get_content_type() in _TYPES and _is(part, content):
            found = part.get_payload(decode=True)
            return found if isinstance(found, bytes) and found else None
    return None


def _parts(mail: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """The mail and its parts, one below the other; none when there are too many."""
    found = [mail]
    for one in found:
        payload = one.get_payload()
        if isinstance(payload, list) and one.get_content_maintype() == "multipart":
            found += [part for part in payload if isinstance(part, Message)]
        if len(found) > MOST_PARTS:
            return iter(())
    return iter(found)


def _is(part: "Message[str, str]", content: Content) -> bool:
    said = part.get_param("smime-type")
    if isinstance(said, str):
        return said.lower() == content.lower()
    return (part.get_filename() or "").lower().endswith(_ENDINGS[content])
