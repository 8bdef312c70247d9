"""The result of a run in the form that people's programs read: one object per call, and a summary.

Source: interfaces.md section 3 (`ain run --json`), acceptance schema (`ssp`, `ama`, `smdr`).
"""

from collections.abc import Mapping

import msgspec

from ain_scp.billing.charging.results import BalanceNow
from ain_scp.smdr.record import SmdrRecord
from ain_scp.ssp_sim.record import (
    AddressMessage,
    CallRecord,
    Display,
    FacilitySeized,
    Protocol,
    Release,
    Shown,
    Unmet,
    WireMessage,
)
from ain_scp.terms.localtime import parse, text
from ain_scp.terms.units import SECOND_NS


class Summary(msgspec.Struct):
    """Figures of a whole run: `offered` (= `calls`) is the sum over `statuses`; `expected` counts expectations."""

    offered: int
    calls: int
    ok: int
    failed: int
    statuses: dict[str, int]
    messages: int
    messages_lost: int
    queries: int
    transport: str
    seed: int
    expected: int = 0
    failures: tuple[str, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    balance: dict[str, BalanceNow] | msgspec.UnsetType = msgspec.UNSET
    """Every account at the end of a run whose calls are charged."""


class MessageForm(msgspec.Struct, frozen=True):
    """One message of a call; `time` is ISO local time with nanoseconds, `octets` hexadecimal."""

    number: int
    time: str
    source: str
    destination: str
    protocol: Protocol
    name: str
    fields: tuple[tuple[str, str], ...]
    step: str
    octets: str
    lost: bool


class CallForm(msgspec.Struct):
    """One call. `facility` is None when the call was not routed; `legs` holds the decision of every query.

    `placed`, `answered` and `ended` are local times with nanoseconds; None where it never came to that.
    `charge` and `balance` (of those who paid, by account) are there where calls are charged while they run;
    `display` where something was downloaded to the caller's telephone.
    """

    id: str
    calling: str
    dialed: str
    placed: str
    answered: str | None
    ended: str | None
    ok: bool
    failures: tuple[str, ...]
    unmet: tuple[Unmet, ...]
    status: str
    legs: list[msgspec.Raw]
    facility: FacilitySeized | None
    leg_facilities: tuple[FacilitySeized, ...]
    talk_path: tuple[str, ...]
    ama: msgspec.Raw
    smdr: msgspec.Raw
    messages: list[MessageForm]
    queries: tuple[tuple[str, str | None], ...] = ()
    iams: tuple[AddressMessage, ...] = ()
    released: Release | None = None
    connected: str | None = None
    shown: Shown | None = None
    display: Display | msgspec.UnsetType = msgspec.UNSET
    charge: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    balance: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class SmdrForm(msgspec.Struct, frozen=True):
    """The consolidated record as the acceptance cases spell it."""

    customer_group: str
    calling_party_id: str
    called_party_id: str
    original_called_party_id: str | None
    status: str
    start_time: str
    end_time: str
    source_records: int


def smdr_form(record: SmdrRecord) -> SmdrForm:
    """Times in whole seconds of local time."""
    return SmdrForm(
        record.customer_group,
        record.calling_party_id,
        record.called_party_id,
        record.original_called_party_id,
        record.status,
        text(record.start_ms // 1000),
        text(record.end_ms // 1000),
        record.source_records,
    )


def time_text(at_ns: int) -> str:
    """ISO local time with nanoseconds."""
    return f"{text(at_ns // SECOND_NS)}.{at_ns % SECOND_NS:09d}"


def time_ns(told: str) -> int:
    """What `time_text` made of nanoseconds, read again; ValueError when it is no such time."""
    seconds, _, rest = told.partition(".")
    return parse(seconds) * SECOND_NS + int(rest)


def message_form(message: WireMessage) -> MessageForm:
    """The JSON form of a message."""
    return MessageForm(
        message.number,
        time_text(message.time_ns),
        message.source,
        message.destination,
        message.protocol,
        message.name,
        message.fields,
        message.step,
        message.octets.hex(),
        message.lost,
    )


def call_form(record: CallRecord) -> CallForm:
    """The JSON form of a call."""
    return CallForm(
        record.id,
        record.calling,
        record.dialed,
        time_text(record.placed_ns),
        None if record.answered_ns is None else time_text(record.answered_ns),
        None if record.released_ns is None else time_text(record.released_ns),
        not record.unmet,
        record.failures,
        record.unmet,
        record.status,
        [msgspec.Raw(leg) for leg in record.legs],
        record.facility,
        record.leg_facilities,
        record.talk_path,
        msgspec.Raw(record.ama or b"null"),
        msgspec.Raw(record.smdr or b"null"),
        [message_form(message) for message in record.messages],
        record.queries,
        record.iams,
        record.released,
        record.connected,
        record.shown,
        msgspec.UNSET if record.display is None else record.display,
        msgspec.UNSET if record.charge is None else msgspec.Raw(record.charge),
        msgspec.UNSET if record.balance is None else msgspec.Raw(record.balance),
    )


def call_record(form: CallForm) -> CallRecord:
    """The call of a JSON form again; ValueError when a time or octets are none."""
    return CallRecord(
        form.id,
        form.calling,
        form.dialed,
        time_ns(form.placed),
        form.status,
        None if form.answered is None else time_ns(form.answered),
        None if form.ended is None else time_ns(form.ended),
        form.facility,
        form.leg_facilities,
        form.talk_path,
        tuple(map(bytes, form.legs)),
        _record_json(form.ama),
        _record_json(form.smdr),
        tuple(_message(form.id, message) for message in form.messages),
        form.unmet,
        form.queries,
        form.iams,
        form.released,
        form.connected,
        form.shown,
        None if form.display is msgspec.UNSET else form.display,
        None if form.charge is msgspec.UNSET else bytes(form.charge),
        None if form.balance is msgspec.UNSET else bytes(form.balance),
    )


def _record_json(value: msgspec.Raw) -> bytes | None:
    return None if bytes(value) == b"null" else bytes(value)


def _message(call: str, form: MessageForm) -> WireMessage:
    return WireMessage(
        form.number, time_ns(form.time), form.source, form.destination, call, form.protocol, form.name, form.fields,
        form.step, bytes.fromhex(form.octets), form.lost,
    )  # fmt: skip


def as_mapping(record: CallRecord) -> Mapping[str, object]:
    """The call as plain values, for expectations; messages are left out, as none can be expected by path."""
    bare = msgspec.structs.replace(record, messages=())
    found: Mapping[str, object] = msgspec.json.decode(msgspec.json.encode(call_form(bare)))
    return found
