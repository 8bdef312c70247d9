"""Diameter messages: the header and its pairs, octets in and out.

Limits: 65,536 octets a message. A length that is no multiple of four is the peer's fault (5015).

Source: RFC 6733 section 3.
"""

import struct
from collections.abc import Iterable
from typing import Final

import msgspec

from ain_scp.signaling.diameter.avp import MOST_NESTED, Avp, decode_avps, encode_avps, find, group, text, u32
from ain_scp.signaling.diameter.dictionary import BY_KEY
from ain_scp.signaling.diameter.faults import (
    AVP_UNSUPPORTED,
    INVALID_AVP_VALUE,
    INVALID_HEADER_BITS,
    MESSAGE_LENGTH,
    UNSUPPORTED_VERSION,
    DiameterFault,
)

REQUEST: Final = 0x80
PROXIABLE: Final = 0x40
ERROR: Final = 0x20
RETRANSMITTED: Final = 0x10
_RESERVED: Final = 0x0F
_HEADER: Final = struct.Struct(">IIIII")
HEADER: Final = 20
MOST_OCTETS: Final = 65_536
SESSION_ID: Final = 263
ORIGIN_HOST: Final = 264
ORIGIN_REALM: Final = 296
RESULT_CODE: Final = 268
FAILED_AVP: Final = 279
MOST_RETURNED: Final = 1024
"""Octets of a pair at fault that an answer repeats; of a longer one it repeats these."""
ERROR_MESSAGE: Final = 281


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message; `command` and `application` as numbers."""

    command: int
    application: int
    avps: tuple[Avp, ...]
    flags: int = REQUEST
    hop_by_hop: int = 0
    end_to_end: int = 0

    @property
    def is_request(self) -> bool:
        """It asks; else it answers."""
        return bool(self.flags & REQUEST)

    def find(self, number: int, vendor: int = 0) -> Avp | None:
        """The first pair of a code."""
        return find(self.avps, number, vendor)

    def text(self, number: int, vendor: int = 0) -> str:
        """A text pair; "" without it."""
        found = find(self.avps, number, vendor)
        return "" if found is None else found.text()

    def number(self, number: int) -> int | None:
        """An unsigned pair; None without it."""
        found = find(self.avps, number)
        return None if found is None else found.u32()


def encode(message: Message) -> bytes:
    """The octets of a message; ValueError for one that is too long."""
    body = encode_avps(message.avps)
    length = HEADER + len(body)
    if length > MOST_OCTETS:
        raise ValueError(f"a Diameter message of {length} octets")
    return (
        _HEADER.pack(
            1 << 24 | length,
            message.flags << 24 | message.command,
            message.application,
            message.hop_by_hop,
            message.end_to_end,
        )
        + body
    )


def decode(octets: bytes) -> Message:
    """Read one whole message; DiameterFault with the code it is answered with."""
    if len(octets) < HEADER:
        raise DiameterFault(MESSAGE_LENGTH, f"{len(octets)} octets are no header")
    first, second, application, hop, end = _HEADER.unpack_from(octets)
    if first >> 24 != 1:
        raise DiameterFault(UNSUPPORTED_VERSION, f"version {first >> 24}")
    length, flags = first & 0xFFFFFF, second >> 24
    if length != len(octets) or length & 3:
        raise DiameterFault(MESSAGE_LENGTH, f"length {length} of {len(octets)} octets")
    if flags & _RESERVED or (flags & REQUEST and flags & ERROR):
        raise DiameterFault(INVALID_HEADER_BITS, f"flags {flags:#04x}")
    return Message(second & 0xFFFFFF, application, decode_avps(octets, HEADER), flags, hop, end)


def length_of(octets: bytes | bytearray | memoryview) -> int:
    """How long the message is that begins here; 0 when that cannot be known yet. DiameterFault when it is none."""
    if len(octets) < 4:
        return 0
    if octets[0] != 1:
        raise DiameterFault(UNSUPPORTED_VERSION, f"version {octets[0]}")
    length = octets[1] << 16 | octets[2] << 8 | octets[3]
    if length < HEADER or length > MOST_OCTETS or length & 3:
        raise DiameterFault(MESSAGE_LENGTH, f"a message of {length} octets")
    return length


def check_known(avps: Iterable[Avp], depth: int = 0) -> None:
    """Refuse what must be understood and is not: DiameterFault 5001 with the pair, 5004 for groups nested too deep."""
    if depth > MOST_NESTED:
        raise DiameterFault(INVALID_AVP_VALUE, f"more than {MOST_NESTED} groups within groups")
    for avp in avps:
        row = BY_KEY.get(avp.key)
        if row is None and avp.mandatory:
            raise DiameterFault(AVP_UNSUPPORTED, f"AVP {avp.code} is unknown", avp)
        if row is not None and row.kind == "group":
            check_known(avp.group(), depth + 1)


def answer(request: Message, host: str, realm: str, result: int, *avps: Avp, error: bool = False) -> Message:
    """The answer to a request: its session and identifiers, our name, a result code and what follows."""
    session = request.find(SESSION_ID)
    head = () if session is None else (session,)
    flags = request.flags & PROXIABLE | (ERROR if error or 3000 <= result < 4000 else 0)
    return Message(
        request.command,
        request.application,
        (*head, u32(RESULT_CODE, result), text(ORIGIN_HOST, host), text(ORIGIN_REALM, realm), *avps),
        flags,
        request.hop_by_hop,
        request.end_to_end,
    )


def refusal(request: Message, host: str, realm: str, fault: DiameterFault) -> Message:
    """The answer to a request that cannot be served."""
    avps: tuple[Avp, ...] = (text(ERROR_MESSAGE, fault.text, flags=0),)
    if fault.avp is not None:
        failed = msgspec.structs.replace(fault.avp, data=fault.avp.data[:MOST_RETURNED])
        avps = (group(FAILED_AVP, failed), *avps)
    return answer(request, host, realm, fault.result, *avps)
