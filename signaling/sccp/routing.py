"""SCCP routing control of one node, without I/O: deliver, translate and pass on, return, or drop and count.

Rules:
1. Route on SSN: our point code (or none) and an equipped SSN is delivered; another point code is passed on.
2. Route on global title: the translation table decides; an XUDT loses one hop each time; at 0 it is not passed on.
3. What cannot be delivered goes back with its cause if it asked for that, else it is dropped. A UDTS or XUDTS is
   never answered with another one.
4. Returned messages are limited (Allowance): a flood of bad messages does not become a flood of answers.
5. Every message taken is delivered, passed on, returned, pending in a reassembly, or dropped; each has one counter.

Times are nanoseconds of the caller's clock. Segments for our own subsystems are put together before delivery.
Source: T1.112.4 clauses 2-5 (SCRC, SCLC, SCMG), RFC 4666 clause 1.4.5, D-001.
"""

from collections import Counter, deque

import msgspec
from msgspec import Struct

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.m3ua.allowance import Allowance
from ain_scp.signaling.mtp3 import RoutingLabel
from ain_scp.signaling.sccp.management import SCMG_SSN
from ain_scp.signaling.sccp.message import UnknownMessageTypeError, decode, encode
from ain_scp.signaling.sccp.segmentation import Reassembly, ReassemblyOutcome
from ain_scp.signaling.sccp.status import SubsystemStatus
from ain_scp.signaling.sccp.structs import (
    Address,
    ExtendedUnitData,
    ExtendedUnitDataService,
    LongUnitData,
    LongUnitDataService,
    ReturnCause,
    SccpMessage,
    UnitData,
    UnitDataService,
)
from ain_scp.signaling.sccp.translation import TranslationTable, apply_translation


class Transfer(Struct, frozen=True):
    """An SCCP message for MTP (MTP-TRANSFER request)."""

    label: RoutingLabel
    octets: bytes


class UnitDataIndication(Struct, frozen=True):
    """A message for one of our subsystems (N-UNITDATA indication); `label` is the one it came with."""

    called: Address
    calling: Address
    data: bytes
    label: RoutingLabel
    protocol_class: int
    return_on_error: bool


class NoticeIndication(Struct, frozen=True):
    """A message of one of our subsystems that came back (N-NOTICE indication), with its cause."""

    called: Address
    calling: Address
    data: bytes
    label: RoutingLabel
    return_cause: int


SccpEvent = UnitDataIndication | NoticeIndication


class SccpRouting:
    """Routing control of one node with one or more own point codes; `counters` names every outcome."""

    def __init__(
        self,
        point_codes: frozenset[int],
        subsystems: frozenset[int],
        translations: TranslationTable | None = None,
        *,
        returns_per_second: float = 100.0,
        reassembly: Reassembly | None = None,
        status: SubsystemStatus | None = None,
    ) -> None:
        """Make the routing of a node; ValueError without a point code or with a row that leads back to itself."""
        if not point_codes:
            raise ValueError("SCCP routing needs at least one own point code")
        self._point_codes = point_codes
        self._translations = translations or TranslationTable()
        self._reassembly = reassembly or Reassembly()
        self._returns = Allowance(returns_per_second, max(1.0, returns_per_second))
        self.status = status or SubsystemStatus(min(point_codes), subsystems)
        self._events: deque[SccpEvent] = deque()
        self._transfers: deque[Transfer] = deque()
        self.counters: Counter[str] = Counter()

    def receive(self, octets: bytes, label: RoutingLabel, now: int) -> None:
        """Take one message from MTP. Wrong octets are counted, never raised. Source: T1.112.4 clause 2.3.1."""
        self.counters["received"] += 1
        try:
            message = decode(octets)
        except UnknownMessageTypeError:
            self.counters["dropped_unknown_type"] += 1
        except DecodeError:
            self.counters["dropped_malformed"] += 1
        else:
            self._route(message, label, now)

    def send(self, message: SccpMessage, opc: int, sls: int, now: int) -> None:
        """Take one message of a local user; it is routed like any other. Source: T1.112.4 clause 2.3.2."""
        self.counters["sent"] += 1
        self._route(message, RoutingLabel(opc, opc, sls), now)

    def translate_by(self, translations: TranslationTable) -> None:
        """Translate titles by another table from now on."""
        self._translations = translations

    def next_event(self) -> SccpEvent | None:
        """Return the next indication for a local user, or None."""
        return self._events.popleft() if self._events else None

    def octets_to_send(self) -> tuple[Transfer, ...]:
        """Return and forget all messages for MTP, management included, in order."""
        for label, message in self.status.messages_to_send():
            self._transfers.append(Transfer(label, encode(message)))
        transfers = tuple(self._transfers)
        self._transfers.clear()
        return transfers

    def next_timer(self) -> int | None:
        """Return when handle_timer must be called, or None."""
        times = [at for at in (self._reassembly.next_timer(), self.status.next_timer()) if at is not None]
        return min(times, default=None)

    def handle_timer(self, now: int) -> None:
        """End old reassemblies and repeat subsystem status tests."""
        self.counters["dropped_reassembly_too_old"] += self._reassembly.handle_timer(now)
        self.status.handle_timer(now)

    def _route(self, message: SccpMessage, label: RoutingLabel, now: int) -> None:
        called = message.called
        if called.route_on_ssn:
            if called.point_code is None or called.point_code in self._point_codes:
                self._deliver(message, label, now)
            else:
                self._pass_on(message, called, label, now)
            return
        self._translate(message, label, now)

    def _translate(self, message: SccpMessage, label: RoutingLabel, now: int) -> None:
        title = message.called.global_title
        row = self._translations.translate(title) if title is not None else None
        if row is None:
            known = title is not None and self._translations.knows(title.translation_type)
            cause = ReturnCause.NO_TRANSLATION_FOR_ADDRESS if known else ReturnCause.NO_TRANSLATION_FOR_NATURE
            self._fail(message, cause, label, now)
            return
        called = apply_translation(row, message.called)
        if isinstance(message, ExtendedUnitData | ExtendedUnitDataService):
            if message.hop_counter <= 1:
                self._fail(message, ReturnCause.HOP_COUNTER_VIOLATION, label, now)
                return
            message = _with_hops(message, message.hop_counter - 1)
        if called.point_code in self._point_codes:
            if called.route_on_ssn:
                self._deliver(_with_called(message, called), label, now)
            else:
                self._fail(message, ReturnCause.SCCP_FAILURE, label, now)
            return
        self._pass_on(_with_called(message, called), called, label, now)

    def _pass_on(self, message: SccpMessage, called: Address, label: RoutingLabel, now: int) -> None:
        point_code = called.point_code if called.point_code is not None else label.opc
        ssn = called.ssn if called.route_on_ssn else None
        cause = self.status.refusal(point_code, ssn)
        if cause is not None:
            self._fail(message, cause, label, now)
            return
        try:
            octets = encode(message)
        except ValueError:
            self._fail(message, ReturnCause.LOCAL_PROCESSING_ERROR, label, now)
            return
        self.counters["passed_on"] += 1
        opc = label.opc if label.opc in self._point_codes else min(self._point_codes)
        self._transfers.append(Transfer(RoutingLabel(opc, point_code, label.sls), octets))

    def _deliver(self, message: SccpMessage, label: RoutingLabel, now: int) -> None:
        ssn = message.called.ssn
        if ssn == SCMG_SSN and isinstance(message, UnitData | ExtendedUnitData):
            outcome = self.status.receive(message.data, label, now)
            self.counters[outcome] += 1
            return
        if isinstance(message, UnitDataService | ExtendedUnitDataService):
            self._notice(message, label)
            return
        cause = self.status.local_refusal(ssn)
        if cause is not None:
            self._fail(message, cause, label, now)
            return
        if isinstance(message, ExtendedUnitData) and message.segmentation is not None:
            whole = self._reassembly.receive(message, label.opc, now)
            if isinstance(whole, ReassemblyOutcome):
                self._segment(whole, message, label, now)
                return
            self.counters["reassembled"] += 1
            message = whole
        self.counters["delivered"] += 1
        self._events.append(
            UnitDataIndication(
                message.called,
                message.calling,
                message.data,
                label,
                message.protocol_class,
                message.return_on_error,
            )
        )

    def _segment(
        self, outcome: ReassemblyOutcome, message: ExtendedUnitData, label: RoutingLabel, now: int
    ) -> None:
        if outcome is ReassemblyOutcome.PENDING:
            self.counters["reassembly_pending"] += 1
        else:
            self.counters[f"reassembly_{outcome.name.lower()}"] += 1
            self._fail(message, ReturnCause.CANNOT_REASSEMBLE, label, now)

    def _notice(self, message: UnitDataService | ExtendedUnitDataService, label: RoutingLabel) -> None:
        if self.status.local_refusal(message.called.ssn) is not None:
            self.counters["dropped_notice_unequipped"] += 1
            return
        self.counters["notices"] += 1
        self._events.append(
            NoticeIndication(message.called, message.calling, message.data, label, message.return_cause)
        )

    def _fail(self, message: SccpMessage, cause: ReturnCause, label: RoutingLabel, now: int) -> None:
        """Return a message with its cause if it asked for that and may be; count it by what happened and why."""
        name = cause.name.lower()
        if isinstance(message, UnitDataService | ExtendedUnitDataService):
            self.counters[f"dropped_service_{name}"] += 1
        elif not message.return_on_error:
            self.counters[f"dropped_{name}"] += 1
        elif not self._returns.take(now):
            self.counters["dropped_returns_limited"] += 1
        else:
            self._return(_service_of(message, cause), name, label, now)

    def _return(
        self,
        service: UnitDataService | ExtendedUnitDataService,
        name: str,
        label: RoutingLabel,
        now: int,
    ) -> None:
        self.counters[f"returned_{name}"] += 1
        called = service.called
        local = called.point_code in self._point_codes or (
            called.point_code is None and label.opc in self._point_codes
        )
        if called.route_on_ssn and local:
            self._notice(service, label)
        elif called.route_on_ssn:
            self._pass_on(service, called, label, now)
        else:
            self._translate(service, label, now)


def reply_address(calling: Address, opc: int) -> Address:
    """Return the called address of an answer: the calling address, with the origin's point code if it has none.

    A calling address with a title only keeps it; one with an SSN only is answered at the point code it came from.
    Source: T1.112.4 clause 2.2.
    """
    if calling.point_code is not None or not calling.route_on_ssn:
        return calling
    return Address(calling.ssn, opc, calling.global_title, calling.route_on_ssn, calling.national)


def _service_of(
    message: UnitData | ExtendedUnitData, cause: ReturnCause
) -> UnitDataService | ExtendedUnitDataService:
    """Turn a message round: addresses swapped, data untouched. Source: T1.112.4 clause 4.2."""
    if isinstance(message, UnitData):
        return UnitDataService(message.calling, message.called, message.data, int(cause))
    made = LongUnitDataService if isinstance(message, LongUnitData) else ExtendedUnitDataService
    return made(message.calling, message.called, message.data, int(cause), segmentation=message.segmentation)


def _with_called(message: SccpMessage, called: Address) -> SccpMessage:
    if isinstance(message, UnitData):
        return UnitData(
            called, message.calling, message.data, message.protocol_class, message.return_on_error
        )
    if isinstance(message, UnitDataService):
        return UnitDataService(called, message.calling, message.data, message.return_cause)
    return _extended(message, called, message.hop_counter)


def _with_hops(
    message: ExtendedUnitData | ExtendedUnitDataService, hop_counter: int
) -> ExtendedUnitData | ExtendedUnitDataService:
    return _extended(message, message.called, hop_counter)


def _extended(
    message: ExtendedUnitData | ExtendedUnitDataService, called: Address, hops: int
) -> ExtendedUnitData | ExtendedUnitDataService:
    """The same message, long or not, to another called address."""
    return msgspec.structs.replace(message, called=called, hop_counter=hops)
