"""Who may speak to us, and as whom: the screening table of M3UA peers.

What no row allows is refused: an unknown address gets no answer at all, a known peer the ERR of the RFC or nothing.
A row names the addresses of a peer ("ip" or "ip:port", text as the transport gives it) and what it may use: origin
point codes, network appearance, routing contexts, subsystem numbers and translation types it may call. Every refusal
has its own counter.

Source: RFC 4666 clauses 3.8.1 and 7, RFC 3788, reliability targets S1 and section 10.
"""

from enum import IntEnum

from msgspec import Struct

from ain_scp.signaling.mtp3 import MAX_POINT_CODE


class Refusal(IntEnum):
    """Why something of a peer was refused."""

    ADDRESS = 0
    ORIGIN_POINT_CODE = 1
    NETWORK_APPEARANCE = 2
    ROUTING_CONTEXT = 3
    SUBSYSTEM = 4
    TRANSLATION_TYPE = 5
    SERVICE_INDICATOR = 6


class Peer(Struct, frozen=True):
    """One peer and what it may use; an empty set allows nothing, `network_appearance` None allows only its absence.

    `name` is that of its ASP. Source: RFC 4666 clause 1.4.2.
    """

    name: str
    addresses: frozenset[str]
    origin_point_codes: frozenset[int]
    routing_contexts: frozenset[int]
    subsystems: frozenset[int]
    translation_types: frozenset[int] = frozenset()
    service_indicators: frozenset[int] = frozenset({3})
    network_appearance: int | None = None


class Peers:
    """All peers, compiled; `refused` counts by Refusal. ValueError lists every problem of the rows."""

    def __init__(self, rows: tuple[Peer, ...]) -> None:
        """Check and index the rows: each name and each address belongs to one peer."""
        problems: list[str] = []
        self._by_address: dict[str, Peer] = {}
        names: set[str] = set()
        for row in rows:
            if row.name in names:
                problems.append(f"peer {row.name!r} is given twice")
            names.add(row.name)
            if not all(0 <= code <= MAX_POINT_CODE for code in row.origin_point_codes):
                problems.append(f"peer {row.name!r}: a point code has 24 bits")
            for address in sorted(row.addresses):
                if address in self._by_address:
                    problems.append(f"peer {row.name!r}: address {address} belongs to another row")
                self._by_address[address] = row
        if problems:
            raise ValueError("; ".join(problems))
        self.refused: dict[Refusal, int] = dict.fromkeys(Refusal, 0)

    def of_address(self, address: str) -> Peer | None:
        """Return the peer at "ip:port" (an exact row first, then one for the ip alone); None is counted."""
        peer = self._by_address.get(address) or self._by_address.get(address.rpartition(":")[0])
        if peer is None:
            self.refused[Refusal.ADDRESS] += 1
        return peer

    def refuse_data(
        self, peer: Peer, opc: int, si: int, routing_contexts: tuple[int, ...], network_appearance: int | None
    ) -> Refusal | None:
        """Return why a DATA message of a peer is refused (and count it), or None."""
        if network_appearance != peer.network_appearance:
            return self._count(Refusal.NETWORK_APPEARANCE)
        if not peer.routing_contexts.issuperset(routing_contexts):
            return self._count(Refusal.ROUTING_CONTEXT)
        if si not in peer.service_indicators:
            return self._count(Refusal.SERVICE_INDICATOR)
        if opc not in peer.origin_point_codes:
            return self._count(Refusal.ORIGIN_POINT_CODE)
        return None

    def refuse_called(self, peer: Peer, ssn: int | None, translation_type: int | None) -> Refusal | None:
        """Return why an SCCP called address of a peer is refused (and count it), or None.

        An address routed on a global title is judged by its translation type, another by its SSN: pass None for what
        is not used.
        """
        if translation_type is not None:
            allowed = translation_type in peer.translation_types
            return None if allowed else self._count(Refusal.TRANSLATION_TYPE)
        return None if ssn in peer.subsystems else self._count(Refusal.SUBSYSTEM)

    def _count(self, refusal: Refusal) -> Refusal:
        self.refused[refusal] += 1
        return refusal
