"""Batches and receipts as mail: one S/MIME part, base64, nothing else said. What is large is written and read in pieces.

Source: C-008; RFC 2046, RFC 8551.
"""

import io
import re
from binascii import a2b_base64, a2b_qp, b2a_base64
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses
from typing import Final, Literal, NamedTuple

MOST_OCTETS: Final = 25 << 20
MOST_PARTS: Final = 20
MOST_HEAD: Final = 1 << 18
MOST_HEADER: Final = 8192
"""Octets of a part's head, and of a header with parameters: the library's time for those grows with the square of their number."""
_HEADERS: Final = re.compile(
    rb"(?im)(?:^|\r)content-(?:type|disposition):[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*"
).finditer
_HEAD_END: Final = re.compile(rb"(?m)^\r?\n")
_LINE: Final = 57
"""Octets in a line of 76 characters."""
_PIECE: Final = 1024 * _LINE
_NO_BASE64: Final = bytes(
    one for one in range(256) if not (chr(one).isalnum() and one < 128) and one not in b"+/="
)
Content = Literal["authEnveloped-data", "signed-data"]
_TYPES: Final = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_ENDINGS: Final[dict[Content, str]] = {"authEnveloped-data": ".p7m", "signed-data": ".p7s"}


class Parties(NamedTuple):
    """Who writes to whom, as headers say it."""

    sender: str
    to: str

    @property
    def addresses(self) -> tuple[str, list[str]]:
        """The addresses alone."""
        return getaddresses([self.sender])[0][1], [address for _name, address in getaddresses([self.to])]


class Mail(NamedTuple):
    """A mail to be sent: its head, and the octets of its one part."""

    parties: Parties
    head: bytes
    octets: bytes

    @property
    def length(self) -> int:
        """Octets of the whole."""
        return len(self.head) + 4 * -(-len(self.octets) // 3) + 2 * -(-len(self.octets) // _LINE)

    def pieces(self) -> Iterator[bytes]:
        """The whole in pieces; no line begins with a dot."""
        yield self.head
        for begin in range(0, len(self.octets), _PIECE):
            piece = self.octets[begin : begin + _PIECE]
            lines = (piece[at : at + _LINE] for at in range(0, len(piece), _LINE))
            yield b"".join([b2a_base64(line, newline=False) + b"\r\n" for line in lines])


def write_mail(
    octets: bytes, content: Content, name: str, parties: Parties, message_id: str, now: datetime
) -> Mail:
    """A mail whose body is the part; the subject is neutral, the Message-ID names the batch and so repeats with it."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = parties
    mail["Subject"] = "Accounting data"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}>"
    params = {"smime-type": content, "name": name}
    mail.set_content(b"", "application", "pkcs7-mime", cte="base64", filename=name, params=params)
    return Mail(parties, mail.as_bytes().rstrip() + b"\r\n\r\n", octets)


def read_mail(octets: bytes, content: Content) -> bytes | None:
    """The part of a mail; None when it has none, is too large, has too many parts, or cannot be read. No mail within it is opened."""
    if len(octets) > MOST_OCTETS:
        return None
    try:
        return _part(octets, content)
    except ValueError:  # what is no base64; a parameter numbered beyond all sense
        return None


def _part(octets: bytes, content: Content) -> bytes | None:
    places = [(0, len(octets))]
    for begin, end in places:
        found = _HEAD_END.search(octets, begin, min(end, begin + MOST_HEAD))
        body = end if found is None else found.end()
        text = octets[begin:body]
        if len(text) > MOST_HEAD or any(len(one[0]) > MOST_HEADER for one in _HEADERS(text)):
            return None
        head = message_from_bytes(text)
        if head.get_content_maintype() == "multipart":
            places += _inside(
                octets, body, end, (head.get_boundary() or "").encode("ascii", "surrogateescape")
            )
            if len(places) > MOST_PARTS:
                return None
        elif head.get_content_type() in _TYPES and _is(head, content):
            coding = str(head.get("content-transfer-encoding", "")).strip().lower()
            if coding == "base64":
                return _decoded(octets, body, end) or None
            return (a2b_qp(octets[body:end]) if coding == "quoted-printable" else octets[body:end]) or None
    return None


def _inside(octets: bytes, begin: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts between the lines of a boundary begin and end; one more than may be at most."""
    mark, parts, opened, at = b"--" + boundary, list[tuple[int, int]](), -1, begin
    while boundary and len(parts) <= MOST_PARTS and (at := octets.find(mark, at, end)) >= 0:
        if at == begin or octets[at - 1 : at] == b"\n":
            line = octets.find(b"\n", at, end)
            after = end if line < 0 else line + 1
            rest = octets[at + len(mark) : after].strip(b" \t\r\n")
            if rest in (b"", b"--"):
                if opened >= 0:
                    ends = 2 if octets[at - 2 : at] == b"\r\n" else 1  # the line's end is the boundary's
                    parts.append((opened, max(opened, at - ends)))
                opened = -1 if rest else after
        at += len(mark)
    return [*parts, (opened, end)] if opened >= 0 else parts


def _decoded(octets: bytes, begin: int, end: int) -> bytes:
    """Base64 as octets. ValueError for what is none."""
    found, rest = io.BytesIO(), b""
    for at in range(begin, end, _PIECE):
        text = rest + octets[at : min(at + _PIECE, end)].translate(None, _NO_BASE64)
        whole = len(text) & ~3
        found.write(a2b_base64(text[:whole]))
        rest = text[whole:]
    found.write(a2b_base64(rest + b"=" * (-len(rest) % 4)))
    return found.getvalue()


def _is(part: "Message[str, str]", content: Content) -> bool:
    said = part.get_param("smime-type")
    if isinstance(said, str):
        return said.lower() == content.lower()
    return (part.get_filename() or "").lower().endswith(_ENDINGS[content])
