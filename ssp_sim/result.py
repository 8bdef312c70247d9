"""The result of a run in the form that people's programs read: one object per call, and a summary.

Source: interfaces.md section 3 (`ain run --json`), acceptance schema (`ssp`, `ama`, `smdr`).
"""

from collections.abc import Mapping

import msgspec

from ain_scp.ssp_sim.record import (
    AddressMessage,
    CallRecord,
    FacilitySeized,
    Release,
    Shown,
    Unmet,
    WireMessage,
)
from ain_scp.terms.localtime import text
from ain_scp.terms.units import SECOND_NS


class MessageForm(msgspec.Struct, frozen=True):
    """One message of a call; `time` is ISO local time with nanoseconds, `octets` hexadecimal."""

    number: int
    time: str
    source: str
    destination: str
    protocol: str
    name: str
    fields: tuple[tuple[str, str], ...]
    step: str
    octets: str
    lost: bool


class CallForm(msgspec.Struct):
    """One call. `facility` is None when the call was not routed; `legs` holds the decision of every query."""

    id: str
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


def time_text(at_ns: int) -> str:
    """ISO local time with nanoseconds."""
    return f"{text(at_ns // SECOND_NS)}.{at_ns % SECOND_NS:09d}"


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
    )


def as_mapping(record: CallRecord) -> Mapping[str, object]:
    """The call as plain values, for expectations; messages are left out, as none can be expected by path."""
    bare = msgspec.structs.replace(record, messages=())
    found: Mapping[str, object] = msgspec.json.decode(msgspec.json.encode(call_form(bare)))
    return found
