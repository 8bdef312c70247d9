"""A signal transfer point: routes by point code, and by global title for what is addressed to itself.

A message for another point code is passed on unchanged. M3UA management of a neighbour that starts up is acknowledged,
so that an application server behind an STP comes into service.

What is passed on unchanged depends on the header alone, in which length, form and destination stand; the headers seen are
remembered (4096 of them). Translation of a unit data message depends on its header and SCCP addresses alone, not on its
data; what the general routing made of them is remembered likewise and written again around the next data. Whatever may
change translation, a message of any other kind or a timer, makes the node forget.

Source: A-005, [0046], [0089]; T1.112.4 clause 2; RFC 4666 clause 4.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from struct import Struct
from typing import Final

from ain_scp.signaling import m3ua
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua import Message, MessageKind
from ain_scp.signaling.mtp3 import NetworkIndicator, RoutingLabel, ServiceIndicator
from ain_scp.signaling.sccp.message import UDT
from ain_scp.signaling.sccp.routing import SccpRouting
from ain_scp.signaling.sccp.translation import TranslationTable
from ain_scp.ssp_sim.nodes.data_message import protocol_data_at

_ACKNOWLEDGED: Final[dict[int, MessageKind]] = {
    MessageKind.ASPUP: MessageKind.ASPUP_ACK,
    MessageKind.ASPDN: MessageKind.ASPDN_ACK,
    MessageKind.ASPAC: MessageKind.ASPAC_ACK,
    MessageKind.ASPIA: MessageKind.ASPIA_ACK,
    MessageKind.BEAT: MessageKind.BEAT_ACK,
}

MOST_REMEMBERED: Final = 4096
_HEAD: Final = Struct(">IIHH")
_LABEL_OCTETS: Final = 11
"""OPC, DPC, service indicator, network indicator, priority: the label without the SLS, which is kept."""
Titled = tuple[bytes, bytes]
"""A label without its SLS, and a unit data message up to its data."""

_HEADER: Final = 23
"""Octets of a DATA message without routing context up to the SLS: length, form, label."""
_CONTEXT_HEADER: Final = 31
"""The same with a routing context before the protocol data."""
_PLAIN: Final = 0x02
"""What the first parameter's tag begins with when that is protocol data."""
_PAYLOAD: Final = 24
_ADDRESSES: Final = 28
"""Where a unit data message of such a DATA message says how far away its data are."""
_CONTEXT_FREE: Final = 8
Changed = tuple[int, str, bytes, bytes, int, bytes]
"""Octets in, adjacent node, header out, addresses out, end of the data, padding out."""


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
        self.ways: Mapping[str, Callable[[bytes], None]] = {}
        """What carries a message to each neighbour, for `transit`; put in place by what lets messages pass."""
        self._default = default
        self._sccp = SccpRouting(frozenset({point_code}), frozenset(), translations)
        self._out: list[tuple[str, bytes]] = []
        self._passing: dict[bytes, tuple[int, str]] = {}
        self._changing: dict[bytes, Changed] = {}
        self._transited = 0
        self._retitled = 0
        self._timer: int | None = None
        self._counters: Counter[str] = Counter()

    @property
    def counters(self) -> Counter[str]:
        """What became of the messages."""
        return self._counters + Counter(received=self._transited, passed_on=self._transited)

    @property
    def sccp_counters(self) -> Counter[str]:
        """Outcomes of SCCP routing: translated, returned, dropped, each with its cause."""
        return self._sccp.counters + Counter(received=self._retitled, passed_on=self._retitled)

    def transit(self, octets: bytes) -> bool:
        """Pass on, by `ways`, a message like one that was only passed on before; False: it must be received."""
        if len(octets) <= _ADDRESSES:
            return False
        plain = octets[8] == _PLAIN
        known = self._passing.get(octets[: _HEADER if plain else _CONTEXT_HEADER])
        if known is not None and known[0] == len(octets):
            self._transited += 1
            self.ways[known[1]](octets)
            return True
        if not plain:
            return False
        data = _ADDRESSES + octets[_ADDRESSES]  # where a unit data message says that its data begins
        changed = self._changing.get(octets[:_HEADER] + octets[_PAYLOAD : data + 1])
        if changed is None or changed[0] != len(octets):
            return False
        _, link, head, title, end, padding = changed
        self._transited += 1
        self._retitled += 1
        self.ways[link](b"".join((head, octets[_HEADER:_PAYLOAD], title, octets[data:end], padding)))
        return True

    def receive(self, octets: bytes, link: str, now: int) -> None:
        """Take one M3UA message; pass it on, translate it, acknowledge it, or drop and count it."""
        self._counters["received"] += 1
        dpc = transit_point_code(octets)
        if dpc is not None and dpc != self.point_code:
            self._pass_on(dpc, octets)
            self._note_transit(dpc, octets)
            return
        self._receive(octets, link, now)
        self._timer = self._sccp.next_timer()
        self._remember(octets)

    def _receive(self, octets: bytes, link: str, now: int) -> None:
        """Take a message the long way."""
        try:
            message = m3ua.decode(octets)
        except DecodeError:
            self._counters["dropped_m3ua"] += 1
            return
        data = message.protocol_data
        if data is None:
            self._management(message, link)
        elif data.dpc != self.point_code:
            self._pass_on(data.dpc, octets)
        elif data.si != ServiceIndicator.SCCP:
            self._counters["dropped_service_indicator"] += 1
        else:
            self._sccp.receive(data.payload, RoutingLabel(data.opc, data.dpc, data.sls), now)
            self._drain()

    def octets_to_send(self) -> list[tuple[str, bytes]]:
        """Return and forget what is to be sent: adjacent node and M3UA octets."""
        out, self._out = self._out, []
        return out

    def next_event(self) -> None:
        """Return nothing: an STP reports nothing."""
        return

    def next_timer(self) -> int | None:
        """Return when `handle_timer` must be called, or None."""
        return self._timer

    def handle_timer(self, now: int) -> None:
        """Let time pass for reassemblies and subsystem tests."""
        self._changing.clear()
        self._sccp.handle_timer(now)
        self._drain()
        self._timer = self._sccp.next_timer()

    def _note_transit(self, dpc: int, octets: bytes) -> None:
        """Remember where a message goes whose header this is: length and form stand in it."""
        link = self.routes.get(dpc, self._default)
        at = protocol_data_at(octets)
        if link and at >= 0:
            if len(self._passing) >= MOST_REMEMBERED:
                self._passing.clear()
            self._passing[octets[: _HEADER if at == _CONTEXT_FREE else _CONTEXT_HEADER]] = len(octets), link

    def _remember(self, octets: bytes) -> None:
        """Remember what became of a unit data message, if writing it again gives the same octets; else forget all."""
        titled = _titled(octets)
        if titled is not None and len(self._out) == 1:
            link, sent = self._out[0]
            made = _titled(sent)
            if made is not None and _with_title(octets, made) == sent:
                if len(self._changing) >= MOST_REMEMBERED:
                    self._changing.clear()
                data = _data_at(octets, _CONTEXT_FREE)
                end = data + 1 + octets[data]
                self._changing[octets[:_HEADER] + octets[_PAYLOAD : data + 1]] = (
                    len(octets),
                    link,
                    sent[:_HEADER],
                    made[1],
                    end,
                    bytes(-(_PAYLOAD + len(made[1]) + end - data) % 4),
                )
                return
        self._changing.clear()

    def _drain(self) -> None:
        while self._sccp.next_event() is not None:
            self._counters["dropped_local"] += 1
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
            self._counters["dropped_no_route"] += 1
            return
        self._counters["passed_on"] += 1
        self._out.append((link, octets))

    def _management(self, message: Message, link: str) -> None:
        kind = _ACKNOWLEDGED.get(message.kind)
        if kind is None:
            self._counters["management"] += 1
            return
        self._counters["acknowledged"] += 1
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


def _data_at(octets: bytes, at: int) -> int:
    """Return where the data of a unit data message begins (its length octet); -1 for anything but a plain one."""
    payload = at + 16
    if len(octets) < payload + 6 or octets[payload] != UDT or octets[at + 12] != ServiceIndicator.SCCP:
        return -1
    data = payload + 4 + octets[payload + 4]
    end = at + int.from_bytes(octets[at + 2 : at + 4], "big")
    return data if data < end and data + 1 + octets[data] == end else -1


def _titled(octets: bytes) -> Titled | None:
    """Read what decides the routing of a unit data message without routing context; None for every other one."""
    at = protocol_data_at(octets)
    data = _data_at(octets, at) if at == 8 else -1
    if data < 0:
        return None
    return octets[12 : 12 + _LABEL_OCTETS], octets[24:data]


def _with_title(octets: bytes, made: Titled) -> bytes:
    """Return the message with another label and other addresses, the same SLS and data."""
    data = octets[_data_at(octets, 8) : 8 + int.from_bytes(octets[10:12], "big")]
    label, title = made
    length = 16 + len(title) + len(data)
    padding = -length % 4
    head = _HEAD.pack(0x01000101, 8 + length + padding, 0x0210, length)
    return b"".join((head, label, octets[23:24], title, data, bytes(padding)))
