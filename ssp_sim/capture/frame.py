"""What a capture holds once its file, link and network layers are taken off, and the one error of all of them.

Source: D-006, D-007.
"""

from enum import Enum
from ipaddress import ip_address
from typing import Final

import msgspec

M3UA_PORT: Final = 2905
SCTP_UDP_PORT: Final = 9899


class CaptureFault(Exception):
    """A capture that cannot be read on: `offset` is the octet of the file, `reason` one sentence without any payload.

    Source: D-006.
    """

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason

    def __str__(self) -> str:
        return f"octet {self.offset}: {self.reason}"


class Transport(Enum):
    """What carried a frame's octets; `MTP2` and `MTP3` frames hold an MTP3 message, all others an M3UA message.

    Source: RFC 4666 1.4, RFC 6951, Q.703.
    """

    SCTP = "sctp"
    SCTP_UDP = "sctp/udp"
    UDP = "udp"
    MTP2 = "mtp2"
    MTP3 = "mtp3"


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """One end of a link: an IPv4 or IPv6 address in its usual text form and a port; ("", 0) on an MTP link.

    Source: RFC 4666 1.4.
    """

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def endpoint(address: bytes, port: bytes) -> Endpoint:
    """Return the endpoint of an address of 4 or 16 octets and a port of 2, as they stand in a packet."""
    return Endpoint(str(ip_address(address)), int.from_bytes(port, "big"))


NO_ENDPOINT: Final = Endpoint("", 0)


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One M3UA or MTP3 message of a capture.

    `number` counts the file's packets from 1 as Wireshark does, `offset` is the file octet of that packet's record, and
    `time_ns` its time since 1970 (0 when the format keeps none); a message put together from fragments has those of the
    packet that completed it. `octets` start at the M3UA version, or at the service information octet on MTP links.

    Source: RFC 4666 3.1, T1.111.3.
    """

    number: int
    time_ns: int
    offset: int
    source: Endpoint
    destination: Endpoint
    transport: Transport
    octets: bytes

    @property
    def is_mtp3(self) -> bool:
        """True when the octets are an MTP3 message and not an M3UA message."""
        return self.transport is Transport.MTP2 or self.transport is Transport.MTP3


class Limits(msgspec.Struct, frozen=True):
    """The bounds of every table a capture can fill; times are capture time.

    Record and block sizes follow Wireshark (262,144 octets per packet, 16 MiB per block); reassembly ages follow RFC 791
    (fragments, 15 to 60 s) and the usual SCTP path failure time (63 s).

    Source: D-006, RFC 791 3.2, RFC 8200 4.5, RFC 9260 16.
    """

    record_octets: int = 262_144
    block_octets: int = 16 * 1024 * 1024
    interfaces: int = 65_536
    datagrams: int = 1024  # IP datagrams waiting for fragments
    datagram_pieces: int = 256
    datagram_octets: int = 16 * 1024 * 1024  # in all datagrams together
    datagram_age_ns: int = 60 * 1_000_000_000
    messages: int = 1024  # SCTP or SCCP messages waiting for fragments
    message_pieces: int = 256
    message_octets: int = 16 * 1024 * 1024  # in all messages together
    message_age_ns: int = 60 * 1_000_000_000
    remembered_tsns: int = 65_536  # twice as many at most
    tsn_age_ns: int = 60 * 1_000_000_000


class Cause(Enum):
    """Why something of a capture was left out; each thing left out is counted under exactly one cause.

    Source: D-006.
    """

    LINK_TYPE = "link type not read"
    LINK_SHORT = "link header cut short"
    NOT_IP = "not IP"
    IP_MALFORMED = "malformed IP header"
    IP_CUT = "packet cut by the snapshot length"
    IP_PROTOCOL = "neither SCTP nor UDP"
    IP_OVERLAP = "overlapping IP fragments"
    IP_FRAGMENT_SIZE = "IP fragment of impossible size"
    IP_FRAGMENT_LIMIT = "too many IP fragments waiting"
    IP_FRAGMENT_AGE = "IP fragments never completed"
    UDP_MALFORMED = "malformed UDP header"
    UDP_OTHER = "UDP that is not M3UA"
    SCTP_MALFORMED = "malformed SCTP packet"
    SCTP_CONTROL = "SCTP control chunk"
    SCTP_PAYLOAD = "SCTP payload that is not M3UA"
    SCTP_DUPLICATE = "duplicate TSN"
    SCTP_FRAGMENT_LIMIT = "too many SCTP fragments waiting"
    SCTP_FRAGMENT_AGE = "SCTP fragments never completed"
    MTP_MALFORMED = "malformed MTP signal unit"
    MTP2_FILL_IN = "MTP2 fill-in or link status signal unit"
    TRUNCATED = "record cut by the end of the file"


class Counts:
    """How many packets a capture held and what became of them.

    `records` = `carried` (gave at least one frame) + `kept` (a fragment stored for later) + `dropped` (nothing of it was
    usable); `causes` counts everything left out: packets, chunks of packets, and fragments that waited in vain.

    Source: D-006.
    """

    __slots__ = ("causes", "dropped", "frames", "kept", "shared")

    def __init__(self) -> None:
        self.frames = 0
        self.shared = 0  # frames after the first of a packet
        self.kept = 0
        self.dropped = 0
        self.causes: dict[Cause, int] = {}

    @property
    def carried(self) -> int:
        """Packets that gave at least one frame."""
        return self.frames - self.shared

    @property
    def records(self) -> int:
        """Packets read so far."""
        return self.carried + self.kept + self.dropped

    def skip(self, cause: Cause, amount: int = 1) -> None:
        """Count `amount` things left out for one cause."""
        self.causes[cause] = self.causes.get(cause, 0) + amount
