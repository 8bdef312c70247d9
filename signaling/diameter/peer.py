"""The Diameter peer machine, without I/O: capabilities, watchdog, disconnect, and whole messages out of a stream.

    CLOSED --connected--> WAIT (a server for CER, a client for CEA) --capabilities--> OPEN --DPR--> CLOSING --DPA--> CLOSED

What is neither capabilities, watchdog nor disconnect is an event for the caller. A message that cannot be read ends the
connection: the stream is out of step then; so does one that does not end in `PATIENCE_NS`. Times are nanoseconds of the caller's clock.

Source: RFC 6733 sections 5.3 to 5.6; RFC 3539 3.4 (watchdog).
"""

from collections import deque
from enum import Enum
from ipaddress import ip_address
from typing import Final

import msgspec

from ain_scp.signaling.diameter.avp import Avp, text, u32
from ain_scp.signaling.diameter.credit_control import APPLICATION
from ain_scp.signaling.diameter.dictionary import TGPP, code
from ain_scp.signaling.diameter.faults import (
    COMMAND_UNSUPPORTED,
    NO_COMMON_APPLICATION,
    SUCCESS,
    DiameterFault,
)
from ain_scp.signaling.diameter.message import REQUEST, Message, answer, decode, encode, length_of, refusal

CAPABILITIES: Final = 257
WATCHDOG: Final = 280
DISCONNECT: Final = 282
WATCHDOG_NS: Final = 30_000_000_000
PATIENCE_NS: Final = 10_000_000_000
"""How long capabilities are waited for, and the rest of a message that has begun."""
RELAY: Final = 0xFFFFFFFF
REBOOTING: Final = 0
PRODUCT: Final = "ain-scp"


class State(Enum):
    """Where a connection stands."""

    WAIT = "waiting for capabilities"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class PeerConfig(msgspec.Struct, frozen=True):
    """Who we are: host, realm, address, the state id that grows with each start."""

    host: str
    realm: str
    address: str = "127.0.0.1"
    state_id: int = 1


class Peer:
    """One connection; `client` says that we made it. `events` are the requests and answers of the application."""

    def __init__(self, config: PeerConfig, now: int, *, client: bool = False) -> None:
        self.state = State.WAIT
        self.host = ""
        self._config = config
        self._in = bytearray()
        self._out = bytearray()
        self._events: deque[Message] = deque()
        self._heard = now
        self._begun: int | None = None
        self._asked = False
        self._number = (now // 1_000_000) & 0xFFFFFFFF
        self.reason = ""
        if client:
            self._send(
                Message(CAPABILITIES, 0, self._capabilities(), REQUEST, self.next_number(), self._number)
            )

    # Verbs

    def receive(self, octets: bytes, now: int) -> None:
        """Take octets of the stream."""
        if self.closed:
            return
        if self.state is not State.WAIT:  # octets that are no capabilities yet gain no time
            self._heard, self._asked = now, False
        self._in += octets
        whole_came = False
        try:
            while (length := length_of(self._in)) and length <= len(self._in):
                whole = bytes(self._in[:length])
                del self._in[:length]
                self._take(decode(whole))
                whole_came = True
        except DiameterFault as fault:
            self._close(str(fault))
            return
        if self.state is State.WAIT:
            return
        if not self._in or whole_came:
            self._begun = now if self._in else None
        elif self._begun is None:
            self._begun = now
        elif now - self._begun > PATIENCE_NS:
            self._close("a message that does not end")

    @property
    def closed(self) -> bool:
        """The connection is over."""
        return self.state is State.CLOSED

    def next_event(self) -> Message | None:
        """The next message of the application."""
        return self._events.popleft() if self._events else None

    def send(self, message: Message) -> None:
        """Send a message of the application."""
        if self.state is State.OPEN:
            self._send(message)

    def octets_to_send(self) -> bytes:
        """Return and forget what is to be sent."""
        out, self._out = bytes(self._out), bytearray()
        return out

    def next_timer(self) -> int | None:
        """When `handle_timer` must be called."""
        if self.state is State.CLOSED:
            return None
        due = self._heard + (WATCHDOG_NS if self.state is State.OPEN and not self._asked else PATIENCE_NS)
        return due if self._begun is None else min(due, self._begun + PATIENCE_NS)

    def handle_timer(self, now: int) -> None:
        """Ask a silent peer whether it is there; give up one that does not say."""
        due = self.next_timer()
        if due is None or due > now:
            return
        if self._begun is not None and now >= self._begun + PATIENCE_NS:
            self._close("a message that does not end")
        elif self.state is State.OPEN and not self._asked:
            self._asked, self._heard = True, now
            avps = (*self._names(), u32(code("Origin-State-Id"), self._config.state_id))
            self._send(Message(WATCHDOG, 0, avps, REQUEST, self.next_number(), self._number))
        else:
            self._close("silent")

    def leave(self) -> None:
        """Say goodbye."""
        if self.state is State.OPEN:
            avps = (*self._names(), u32(code("Disconnect-Cause"), REBOOTING))
            self._send(Message(DISCONNECT, 0, avps, REQUEST, self.next_number(), self._number))
            self.state = State.CLOSING
        else:
            self._close("left")

    def next_number(self) -> int:
        """The next hop-by-hop identifier."""
        self._number = self._number + 1 & 0xFFFFFFFF
        return self._number

    # Inside

    def _take(self, message: Message) -> None:
        if message.command == CAPABILITIES:
            self._exchange(message)
        elif self.state is State.WAIT:
            self._close(f"command {message.command} before capabilities")
        elif message.command == WATCHDOG:
            if message.is_request:
                state = u32(code("Origin-State-Id"), self._config.state_id)
                self._answer(message, SUCCESS, state)
        elif message.command == DISCONNECT:
            if message.is_request:
                self._answer(message, SUCCESS)
            self._close("the peer left" if message.is_request else "left")
        elif message.is_request and message.application != APPLICATION:
            fault = DiameterFault(COMMAND_UNSUPPORTED, f"command {message.command} is not served")
            self._send(refusal(message, self._config.host, self._config.realm, fault))
        else:
            self._events.append(message)

    def _exchange(self, message: Message) -> None:
        """CER or CEA: a common application opens the connection."""
        self.host = message.text(code("Origin-Host"))
        common = bool({APPLICATION, RELAY} & _applications(message))
        if not message.is_request:
            result = message.number(code("Result-Code"))
            if result == SUCCESS and common:
                self.state = State.OPEN
            else:
                self._close(f"capabilities refused: {result}")
            return
        if common:
            self.state = State.OPEN
            self._answer(message, SUCCESS, *self._capabilities()[2:])
        else:
            self._answer(message, NO_COMMON_APPLICATION, *self._capabilities()[2:])
            self._close("no common application")

    def _names(self) -> tuple[Avp, ...]:
        return (
            text(code("Origin-Host"), self._config.host),
            text(code("Origin-Realm"), self._config.realm),
        )

    def _capabilities(self) -> tuple[Avp, ...]:
        address = ip_address(self._config.address)
        family = b"\0\1" if address.version == 4 else b"\0\2"
        return (
            *self._names(),
            Avp(code("Host-IP-Address"), family + address.packed),
            u32(code("Vendor-Id"), 0),
            text(code("Product-Name"), PRODUCT, flags=0),
            u32(code("Origin-State-Id"), self._config.state_id),
            u32(code("Supported-Vendor-Id"), TGPP),
            u32(code("Auth-Application-Id"), APPLICATION),
        )

    def _answer(self, message: Message, result: int, *avps: Avp) -> None:
        self._send(answer(message, self._config.host, self._config.realm, result, *avps))

    def _send(self, message: Message) -> None:
        try:
            self._out += encode(message)
        except ValueError as fault:  # it repeats what it answers, and that was too long to be repeated
            self._close(str(fault))

    def _close(self, reason: str) -> None:
        self.state = State.CLOSED
        self._in.clear()
        self.reason = self.reason or reason


def _applications(message: Message) -> set[int]:
    """The applications a peer names, vendor-specific ones too."""
    found: set[int] = set()
    for avp in message.avps:
        parts = (
            avp.group() if avp.code == code("Vendor-Specific-Application-Id") and not avp.vendor else (avp,)
        )
        found |= {
            one.u32()
            for one in parts
            if one.code in (code("Auth-Application-Id"), code("Acct-Application-Id")) and not one.vendor
        }
    return found
