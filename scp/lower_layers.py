"""The node's M3UA and SCCP: octets of a link to unit data for the service, and back; every message accounted for.

An SCP relays nothing: a message called for another node is dropped. Answers leave from the node's own point code, by the link
the question came from; an answer to a global title goes back to the node that translated ours.

Source: RFC 4666, T1.112.4, ain-wire section 5, D-001.
"""

from collections import Counter, deque
from typing import Final

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.peer_screen import PeerScreen
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.m3ua.refusal import error_of
from ain_scp.signaling.m3ua.structs import InvalidMessageError, ProtocolData
from ain_scp.signaling.mtp3 import RoutingLabel
from ain_scp.signaling.sccp.address import decode_address
from ain_scp.signaling.sccp.routing import SccpRouting, Transfer, UnitDataIndication, reply_address
from ain_scp.signaling.sccp.segmentation import segment
from ain_scp.signaling.sccp.status import SubsystemStatus
from ain_scp.signaling.sccp.translation import Title, Translation, TranslationTable

SCCP_SERVICE_INDICATOR: Final = 3
NATIONAL_NETWORK: Final = 2
MAX_UNIT_DATA: Final = 255
MAX_LINKS: Final = 1024
RETURNS_PER_SECOND: Final = 50.0

_STATUS_KINDS: Final = frozenset((MessageKind.DUNA, MessageKind.DAVA, MessageKind.SCON))
_OTHER_NAMES: Final = {
    "management": "subsystem_management",
    "management_ignored": "subsystem_management_ignored",
    "reassembly_pending": "segments",
    "passed_on": "dropped_not_ours",
}
_NO_OUTCOME: Final = frozenset(("received", "sent", "delivered", "notices", "reassembled"))


def outcome_name(name: str) -> str:
    """The node's counter for an outcome of SCCP routing."""
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    if name.startswith("reassembly_"):
        return "dropped_sccp_cannot_reassemble"
    action, _, cause = name.partition("_")
    return f"{action}_sccp_{cause}"


class LowerLayers:
    """M3UA and SCCP of one node; `counters` is the node's, `out` what it will send: link and octets."""

    def __init__(self, config: NodeConfig, counters: Counter[str]) -> None:
        own = config.point_code
        self.config = config
        self.counters = counters
        self.screen = PeerScreen(config.peers)
        self.point_codes = config.alias_point_codes | {own}
        self.status = SubsystemStatus(own, frozenset({config.ssn}), mates=config.mates)
        self.sccp = SccpRouting(
            self.point_codes,
            frozenset({config.ssn}),
            returns_per_second=RETURNS_PER_SECOND,
            status=self.status,
        )
        self.address = sccp.Address(config.ssn, own)
        self.out: deque[tuple[str, bytes]] = deque()
        self._refusals: dict[str, Allowance] = {}
        self._link_of: dict[int, str] = {}
        self._seen: dict[str, int] = {}
        self._reference = 0

    def receive(self, octets: bytes, link: str, now: int) -> UnitDataIndication | None:
        """Take one M3UA message; unit data for the service, or None when it has had its outcome already."""
        try:
            message = m3ua.decode(octets)
        except InvalidMessageError as error:
            self._broken(error, octets, link, now)
            return None
        data = message.protocol_data
        if data is None:
            self._management(message, link)
            return None
        if not self.screen.open:
            refused = self.screen.refuse(link, message, data)
            if refused is not None:
                self.counters[refused[0]] += 1
                if refused[1] is not None and self.may_refuse(link, now):
                    self.out.append((link, refused[1]))
                return None
        if data.si != SCCP_SERVICE_INDICATOR:
            self.counters["dropped_service_indicator"] += 1
            return None
        if data.dpc not in self.point_codes:
            self.counters["dropped_destination"] += 1
            return None
        links = self._link_of
        if links.pop(data.opc, None) is None and len(links) >= MAX_LINKS:
            del links[next(iter(links))]  # the one not heard of for longest
        links[data.opc] = link
        return self._sccp_message(data, link, now)

    def serve(self, subsystems: frozenset[int], translation_types: frozenset[int]) -> None:
        """Take messages for these subsystems besides the node's own, and titles of these types as the last translator."""
        config = self.config
        self.status.equip(subsystems | {config.ssn})
        rows = tuple(
            Translation(one, "", config.point_code, config.ssn, title=Title.KEEP)
            for one in sorted(translation_types)
        )
        self.sccp.translate_by(TranslationTable(rows))

    def answer(
        self,
        unit_label: RoutingLabel,
        called: sccp.Address,
        link: str,
        tcap: bytes,
        now: int,
        ssn: int | None = None,
    ) -> None:
        """Send a package to `called`; `unit_label` is that of the message it answers, `ssn` the subsystem it called."""
        own = self.config.point_code
        calling = self.address if ssn in (None, self.config.ssn) else sccp.Address(ssn, own)
        if len(tcap) > MAX_UNIT_DATA:
            self._reference = self._reference + 1 & 0xFF_FFFF
            whole = sccp.ExtendedUnitData(called, calling, tcap, 1)
            messages: tuple[sccp.SccpMessage, ...] = segment(whole, self._reference)
        else:
            messages = (sccp.UnitData(called, calling, tcap),)
        for message in messages:
            if not called.route_on_ssn:
                label = RoutingLabel(own, unit_label.opc, unit_label.sls)
                self._transfer(Transfer(label, sccp.encode(message)), link)
                continue
            before = self.sccp.counters["passed_on"]
            self.sccp.send(message, own, unit_label.sls, now)
            if self.sccp.counters["passed_on"] == before:
                self.counters["answers_undeliverable"] += 1
                self._resume()
                while self.sccp.next_event() is not None:
                    pass
            self._flush(link)

    def way_back(self, called: bytes, calling: bytes, opc: int, dpc: int) -> tuple[int, sccp.Address] | None:
        """Where an answer to unit data goes, point code and address; None when it is not ours, or its way is not plain.

        ValueError for addresses that are none.
        """
        to, back = decode_address(called), reply_address(decode_address(calling), opc)
        ours = to.route_on_ssn and to.ssn == self.config.ssn and self.status.local_refusal(to.ssn) is None
        ours = ours and (to.point_code is None or to.point_code in self.point_codes)
        if dpc not in self.point_codes or not ours:
            return None
        point_code = back.point_code if back.route_on_ssn and back.point_code is not None else opc
        return None if point_code in self.point_codes else (point_code, back)

    def wrapped(self, tcap: bytes, called: sccp.Address, point_code: int, sls: int) -> bytes:
        """A package of at most 255 octets as it leaves."""
        unit = sccp.encode(sccp.UnitData(called, self.address, tcap))
        return self._data(Transfer(RoutingLabel(self.config.point_code, point_code, sls), unit))

    def may_refuse(self, link: str, now: int) -> bool:
        """Whether one more reject, abort or ERR may go to this link."""
        allowance = self._refusals.get(link)
        if allowance is None:
            if len(self._refusals) >= MAX_LINKS:
                self._refusals.clear()
            rate = self.config.refusals_per_second
            allowance = self._refusals[link] = Allowance(rate, max(1.0, rate))
        return allowance.take(now)

    def handle_timer(self, now: int) -> None:
        """End old reassemblies, repeat subsystem tests."""
        self.sccp.handle_timer(now)
        self._resume()
        for transfer in self.sccp.octets_to_send():
            link = self._link_of.get(transfer.label.dpc)
            if link is not None:
                self._transfer(transfer, link)

    def _broken(self, error: InvalidMessageError, octets: bytes, link: str, now: int) -> None:
        """Octets that are no M3UA message: a peer is told, strangers are not."""
        if self.screen.unknown(link):
            self.counters["dropped_address"] += 1
            return
        answer = None if self.screen.open else error_of(error, octets)
        if answer is None or not self.may_refuse(link, now):
            self.counters["dropped_m3ua"] += 1
            return
        self.counters["rejected_m3ua"] += 1
        self.out.append((link, m3ua.encode(answer)))

    def _management(self, message: m3ua.Message, link: str) -> None:
        """Answer a heartbeat unchanged; take the network's status; the rest belongs to the link's own machine."""
        if self.screen.unknown(link):
            self.counters["dropped_address"] += 1
        elif message.kind == MessageKind.BEAT:
            self.counters["heartbeats"] += 1
            echo = m3ua.Message(MessageKind.BEAT_ACK, heartbeat=message.heartbeat, unknown=message.unknown)
            self.out.append((link, m3ua.encode(echo)))
        else:
            self.counters["management"] += 1
            if message.kind in _STATUS_KINDS:
                self._network_status(message)

    def _network_status(self, message: m3ua.Message) -> None:
        """DUNA, DAVA and SCON are MTP-PAUSE, MTP-RESUME and MTP-STATUS. Source: RFC 4666 clause 1.4.8."""
        for affected in message.affected_point_codes:
            if message.kind == MessageKind.DUNA:
                self.status.mtp_pause(affected.point_code)
            elif message.kind == MessageKind.DAVA:
                self.status.mtp_resume(affected.point_code)
            else:
                level = message.congestion_level
                self.status.mtp_status(affected.point_code, 1 if level is None else level)

    def _sccp_message(self, data: ProtocolData, link: str, now: int) -> UnitDataIndication | None:
        self.sccp.receive(data.payload, RoutingLabel(data.opc, data.dpc, data.sls), now)
        event = self.sccp.next_event()
        if isinstance(event, UnitDataIndication):
            came_from = reply_address(event.calling, data.opc)
            self.status.heard(
                data.opc if came_from.point_code is None else came_from.point_code, came_from.ssn
            )
            return event
        if event is not None:
            self.counters["notices"] += 1
            self._resume()
            return None
        name = self._outcome()
        self.counters[name] += 1
        if name == "dropped_not_ours":
            self.sccp.octets_to_send()
        else:
            self._flush(link)
        return None

    def _outcome(self) -> str:
        """The node's name of the one counter SCCP has moved."""
        found = "dropped_sccp_malformed"
        for name, count in self.sccp.counters.items():
            if name not in _NO_OUTCOME and count != self._seen.get(name, 0):
                if name != "passed_on" or found == "dropped_sccp_malformed":
                    found = outcome_name(name)
                self._seen[name] = count
        return found

    def _resume(self) -> None:
        """Take note of counters that answers and timers have moved."""
        self._seen = dict(self.sccp.counters)

    def _flush(self, link: str) -> None:
        for transfer in self.sccp.octets_to_send():
            self._transfer(transfer, link)
        self._seen["passed_on"] = self.sccp.counters["passed_on"]

    def _transfer(self, transfer: Transfer, link: str) -> None:
        self.out.append((link, self._data(transfer)))

    def _data(self, transfer: Transfer) -> bytes:
        label, config = transfer.label, self.config
        return m3ua.data(
            label.opc,
            label.dpc,
            SCCP_SERVICE_INDICATOR,
            NATIONAL_NETWORK,
            0,
            label.sls,
            transfer.octets,
            config.routing_context,
            config.network_appearance,
        )
