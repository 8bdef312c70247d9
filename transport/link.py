"""One interface for every signaling transport: a link carries whole M3UA messages to one peer.

Rules every link keeps, whatever is below it:
1. Its user hears `link_up` at most once, then messages, then `link_down` exactly once; a link that never came up is only
   heard to go down. After `link_down` nothing is heard any more.
2. A message is delivered whole or not at all; `send` takes it whole or refuses it (False, counted), and never blocks.
3. Every way the association below can end ends the link.

Streams are SCTP's: management on 0, DATA on 1 and up; a transport without streams says `streams == 1` and uses 0.
Source: RFC 4666 clauses 1.4.7 and 4.2, sctp-lab section 6.
"""

import os
from collections import Counter
from enum import IntEnum
from typing import Protocol

from msgspec import Struct

M3UA_PPID = 3
"""Payload protocol identifier of M3UA, RFC 4666 clause 7.1."""
M3UA_PORT = 2905
LARGEST_MESSAGE = 65_532
MAX_QUEUED_MESSAGES = 4096
MAX_QUEUED_OCTETS = 4 * 1024 * 1024


class LinkEnd(IntEnum):
    """Why a link ended."""

    CLOSED = 0  # we closed it
    SHUTDOWN = 1  # the peer closed it in order
    ABORTED = 2  # the peer, or the network, broke it off
    RESTARTED = 3  # the peer began anew on the same association
    REFUSED = 4  # it never came up
    FAULT = 5  # the operating system reported an error
    OVERSIZE = 6  # the peer sent a message that cannot be one


class Link(Protocol):
    """One peer. `name` is its address as text ("ip:port"), `streams` how many outgoing streams there are."""

    name: str
    streams: int
    counters: Counter[str]

    @property
    def waited_ns(self) -> int:
        """How long what came last had waited in this host before it was read; 0 where no time stamp says so."""

    def send(self, octets: bytes, stream: int) -> bool:
        """Send one message on a stream; False (counted) when the link is not up or its queue is full."""

    def close(self) -> None:
        """Leave in order: what is queued still goes, then the association is shut down."""

    def abort(self) -> None:
        """Leave at once; what is queued is lost."""


class LinkUser(Protocol):
    """Who hears of links."""

    def link_up(self, link: Link) -> None:
        """The link may be used."""

    def link_received(self, link: Link, octets: bytes, stream: int) -> None:
        """One message came."""

    def link_down(self, link: Link, end: LinkEnd) -> None:
        """The link is gone."""


class Listener(Protocol):
    """A place where peers connect to; `port` is the one really bound."""

    port: int

    def close(self) -> None:
        """Take no more peers; links that are up stay."""


class Endpoint(Struct, frozen=True):
    """Where a node listens or a peer is: one host, or several of one multi-homed node, and a port."""

    hosts: tuple[str, ...]
    port: int

    def __str__(self) -> str:
        return f"{'+'.join(self.hosts)}:{self.port}"


def parse_endpoint(text: str, default_port: int | None = None) -> Endpoint:
    """Read "HOST:PORT" or "HOST+HOST:PORT" with IPv4 addresses; ValueError says what is wrong.

    Without a port `default_port` is used, if there is one. Source: interfaces.md section 1 (`--udp HOST:PORT`).
    """
    names, colon, number = text.rpartition(":")
    if not colon:
        names, number = text, "" if default_port is None else str(default_port)
    if not (number.isascii() and number.isdecimal() and len(number) <= 5 and int(number) <= 0xFFFF):
        raise ValueError(f"{text[:60]!r}: HOST:PORT with a port from 0 to 65535 is needed")
    hosts = tuple("127.0.0.1" if host == "localhost" else host for host in names.split("+"))
    for host in hosts:
        if not _is_ipv4(host):
            raise ValueError(f"{text[:60]!r}: {host[:40]!r} is no IPv4 address")
    return Endpoint(hosts, int(number))


def told_of(place: str, fault: OSError) -> OSError:
    """Return the fault with the place it is about in its text: "udp 127.0.0.1:2905: Address already in use"."""
    number = fault.errno or 0
    return OSError(number, f"{place}: {os.strerror(number) if number else fault}")


def _is_ipv4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(
        part.isascii() and part.isdecimal() and len(part) <= 3 and int(part) <= 0xFF for part in parts
    )


class SendQueue:
    """Whole messages that wait for the transport; bounded by count and octets."""

    __slots__ = ("_items", "_octets")

    def __init__(self) -> None:
        self._items: list[tuple[bytes, int]] = []
        self._octets = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, octets: bytes, stream: int) -> bool:
        """Keep a message; False when there is no room."""
        if len(self._items) >= MAX_QUEUED_MESSAGES or self._octets + len(octets) > MAX_QUEUED_OCTETS:
            return False
        self._items.append((octets, stream))
        self._octets += len(octets)
        return True

    def take(self) -> list[tuple[bytes, int]]:
        """Return and forget everything, in order."""
        items, self._items, self._octets = self._items, [], 0
        return items

    def put_back(self, items: list[tuple[bytes, int]]) -> None:
        """Keep again, in front, what could not go yet."""
        self._items = items + self._items
        self._octets += sum(len(octets) for octets, _ in items)
