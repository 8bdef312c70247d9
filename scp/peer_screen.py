"""Who is heard: every message against the row of the peer whose link it came by.

Without rows everybody is heard. With rows a link that is no peer's gets no answer at all; a peer that asks for more than its
row allows gets the RFC's ERR where there is one (routing context, network appearance), otherwise nothing.

Source: RFC 4666 clauses 3.8.1 and 7; RFC 3788; reliability target S1.
"""

from typing import Final

from ain_scp.scp.associations.screen import called_of
from ain_scp.signaling.m3ua.message import encode
from ain_scp.signaling.m3ua.numbers import ErrorCode
from ain_scp.signaling.m3ua.peers import Peer, Peers, Refusal
from ain_scp.signaling.m3ua.refusal import error_message
from ain_scp.signaling.m3ua.structs import Message, ProtocolData

_CAUSES: Final = {
    Refusal.ADDRESS: "dropped_address",
    Refusal.ORIGIN_POINT_CODE: "dropped_origin_point_code",
    Refusal.NETWORK_APPEARANCE: "dropped_network_appearance",
    Refusal.ROUTING_CONTEXT: "dropped_routing_context",
    Refusal.SUBSYSTEM: "dropped_subsystem",
    Refusal.TRANSLATION_TYPE: "dropped_translation_type",
    Refusal.SERVICE_INDICATOR: "dropped_peer_service_indicator",
}


class PeerScreen:
    """The screening of one node; ValueError lists every problem of the rows."""

    def __init__(self, rows: tuple[Peer, ...]) -> None:
        self._peers = Peers(rows) if rows else None

    @property
    def open(self) -> bool:
        """Whether everybody is heard."""
        return self._peers is None

    def unknown(self, link: str) -> bool:
        """Whether a link is no peer's. A link is an address, perhaps after its scheme: "udp://192.0.2.1:2905"."""
        return self._peers is not None and self._peer(link) is None

    def refuse(self, link: str, message: Message, data: ProtocolData) -> tuple[str, bytes | None] | None:
        """Why a DATA message is refused (the counter's name) and the ERR for it, or None."""
        peers, peer = self._peers, self._peer(link)
        if peers is None:
            return None
        if peer is None:
            return _CAUSES[Refusal.ADDRESS], None
        refusal = peers.refuse_data(
            peer, data.opc, data.si, message.routing_contexts, message.network_appearance
        )
        if refusal is None:
            refusal = self._refuse_called(peers, peer, data)
        if refusal is None:
            return None
        return _CAUSES[refusal], _error(refusal, message)

    def _refuse_called(self, peers: Peers, peer: Peer, data: ProtocolData) -> Refusal | None:
        """Judge the called address; what does not decode is left to SCCP to count."""
        called = called_of(data)
        return None if called is None else peers.refuse_called(peer, *called)

    def _peer(self, link: str) -> Peer | None:
        return self._peers.of_address(link.rpartition("://")[2]) if self._peers is not None else None


def _error(refusal: Refusal, message: Message) -> bytes | None:
    if refusal is Refusal.ROUTING_CONTEXT:
        return encode(error_message(ErrorCode.INVALID_ROUTING_CONTEXT, message.routing_contexts))
    if refusal is Refusal.NETWORK_APPEARANCE:
        appearance = message.network_appearance
        return encode(error_message(ErrorCode.INVALID_NETWORK_APPEARANCE, (), appearance))
    return None
