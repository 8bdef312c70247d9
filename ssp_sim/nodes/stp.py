"""A signal transfer point: routes by point code, and by global title for what is addressed to itself.

A message for another point code is passed on unchanged. M3UA management of a neighbour that starts up is acknowledged,
so that an application server behind an STP comes into service.

Source: A-005, [0046], [0089]; T1.112.4 clause 2; RFC 4666 clause 4.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from signaling import m3ua
from signaling.errors import DecodeError
from signaling.m3ua import Message, MessageKind
from signaling.mtp3 import NetworkIndicator, RoutingLabel, ServiceIndicator
from signaling.sccp.routing import SccpRouting
from signaling.sccp.translation import TranslationTable

_ACKNOWLEDGED: Final[dict[int, MessageKind]] = {
    MessageKind.ASPUP: MessageKind.ASPUP_ACK,
    MessageKind.ASPDN: MessageKind.ASPDN_ACK,
    MessageKind.ASPAC: MessageKind.ASPAC_ACK,
    MessageKind.ASPIA: MessageKind.ASPIA_ACK,
    MessageKind.BEAT: MessageKind.BEAT_ACK,
}


class Stp:
    """One signal transfer point, without I/O.

    `routes` maps destination point codes to adjacent nodes; `default` takes every other one (empty = no route: dropped).
    """

    def __init__(
        self,
        name: str,
        point_code: int,
        routes: Mapping[int, str],
        translations: TranslationTable | None = None,
        default: str = "",
    ) -> None:
        self.name = name
        self.point_code = point_code
        self.routes = dict(routes)
        self._default = default
        self._sccp = SccpRouting(frozenset({point_code}), frozenset(), translations)
        self._out: list[tuple[str, bytes]] = []
        self.counters: Counter[str] = Counter()

    @property
    def sccp_counters(self) -> Counter[str]:
        """Outcomes of SCCP routing: translated, returned, dropped, each with its cause."""
        return self._sccp.counters

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one M3UA message; pass it on, translate it, acknowledge it, or drop and count it."""
        self.counters["received"] += 1
        dpc = transit_point_code(octets)
        if dpc is not None and dpc != self.point_code:
            self._pass_on(dpc, octets)
            return
        try:
            message = m3ua.decode(octets)
        except DecodeError:
            self.counters["dropped_m3ua"] += 1
            return
        data = message.protocol_data
        if data is None:
            self._management(message, link)
        elif data.dpc != self.point_code:
            self._pass_on(data.dpc, octets)
        elif data.si != ServiceIndicator.SCCP:
            self.counters["dropped_service_indicator"] += 1
        else:
            self._sccp.receive(data.payload, RoutingLabel(data.opc, data.dpc, data.sls), now)
            self._drain()

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: adjacent node and M3UA octets."""
        out, self._out = self._out, []
        return out

    def next_event(self) -> None:
        """Return nothing: an STP has nobody to tell."""
        return

    def next_timer(self) -> int | None:
        """Return when `handle_timer` must be called, or None."""
        return self._sccp.next_timer()

    def handle_timer(self, now: int) -> None:
        """Let reassemblies and subsystem tests go on."""
        self._sccp.handle_timer(now)
        self._drain()

    def _drain(self) -> None:
        while self._sccp.next_event() is not None:
            self.counters["dropped_local"] += 1
        for transfer in self._sccp.octets_to_send():
            label = transfer.label
            octets = m3ua.data(
                label.opc,
                label.dpc,
                ServiceIndicator.SCCP,
                NetworkIndicator.NATIONAL,
                0,
                label.sls,
                transfer.octets,
            )
            self._pass_on(label.dpc, octets)

    def _pass_on(self, dpc: int, octets: bytes) -> None:
        link = self.routes.get(dpc, self._default)
        if not link:
            self.counters["dropped_no_route"] += 1
            return
        self.counters["passed_on"] += 1
        self._out.append((link, octets))

    def _management(self, message: Message, link: str) -> None:
        kind = _ACKNOWLEDGED.get(message.kind)
        if kind is None:
            self.counters["management"] += 1
            return
        self.counters["acknowledged"] += 1
        answer = Message(
            kind,
            routing_contexts=message.routing_contexts,
            traffic_mode=message.traffic_mode,
            heartbeat=message.heartbeat,
        )
        self._out.append((link, m3ua.encode(answer)))


def transit_point_code(octets: bytes) -> int | None:
    """Read the destination of a DATA message by its place, so that transit costs no decoding; None = decode it.

    Sound only where protocol data comes first or right after a routing context; any other message goes the long way.
    """
    if octets[:4] != b"\x01\x00\x01\x01" or int.from_bytes(octets[4:8], "big") != len(octets):
        return None
    at = 16 if octets[8:12] == b"\x00\x06\x00\x08" else 8
    if octets[at : at + 2] != b"\x02\x10" or len(octets) < at + 16:
        return None
    return int.from_bytes(octets[at + 8 : at + 12], "big")
