"""A call that is charged while it runs: what is kept of it, and the table of what may happen in which state.

Source: charging.md 5.1.
"""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from ain_scp.billing.charging.figures import Figure
from ain_scp.billing.summaries.parameters import Counted
from ain_scp.provisioning.rows_charging import AccountKind
from ain_scp.terms.money import CENT, WHOLE

Event = Literal["authorize", "answered", "period", "end", "ended", "expired"]
Action = Literal[
    "reserve", "repeat", "start", "ignore", "extend", "cut", "release", "commit", "unsettle", "settle", ""
]


class State(StrEnum):
    """Where a call stands."""

    IDLE = "IDLE"
    SETUP = "SETUP"
    TALKING = "TALKING"
    FINAL = "FINAL"
    CUTTING = "CUTTING"
    UNSETTLED = "UNSETTLED"
    DENIED = "DENIED"
    ENDED = "ENDED"


EVENTS: Final[tuple[Event, ...]] = ("authorize", "answered", "period", "end", "ended", "expired")
_TABLE: Final[dict[State, tuple[Action, ...]]] = {
    #                 authorize  answered  period    end    ended      expired
    State.IDLE: ("reserve", "", "", "", "", ""),
    State.SETUP: ("repeat", "start", "", "", "release", "release"),
    State.TALKING: ("repeat", "ignore", "extend", "", "commit", "unsettle"),
    State.FINAL: ("repeat", "ignore", "extend", "cut", "commit", "unsettle"),
    State.CUTTING: ("repeat", "ignore", "", "", "commit", "commit"),
    State.UNSETTLED: ("", "", "", "", "settle", ""),
    State.DENIED: ("repeat", "cut", "", "", "repeat", ""),
    State.ENDED: ("repeat", "cut", "", "", "repeat", ""),
}


def action(state: State, event: Event) -> Action:
    """What is done when `event` comes in `state`; "" when it has no meaning there."""
    return _TABLE[state][EVENTS.index(event)]


FIGURE_OF: Final[dict[AccountKind, Figure]] = {"SUBSCRIBER": "2b", "LTN": "2b", "VSUB": "3b", "TRUNK": "4b"}
"""The flow chart of a call by the kind of its first party, with the engine inside the switch."""
CPU_FIGURE: Final[dict[Figure, Figure]] = {"2b": "2d", "3b": "3d", "4b": "4d", "5b": "5d"}
"""The same with the engine in an application CPU."""


class Party(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who pays how much of a call: an account and parts per million."""

    account: str
    parts: int


class Call(msgspec.Struct, array_like=True, gc=False):
    """A call between authorization and end. Instants and lengths in ms; `granted_ms` None: it is not timed.

    `order` numbers calls as they were authorized. `message` is the place of the last warning, -1 for none; `warned`
    says that the disconnect warning was spoken. `free` calls cost nothing. `barred`: an operator has ended it, and
    it gets no more time. `begins_ms` is where the next increment begins that a warning may be due for (-1: none).
    `number` and `more` are the last numbered request for a period and its answer, `used_ms` what it reported as used.
    """

    id: str
    order: int
    content: bytes
    calling: str
    called: str
    parties: tuple[Party, ...]
    tariff: str
    cos: str
    origin: str
    destination: str
    features: tuple[str, ...]
    kind: str
    plan: str
    figure: Figure
    free: bool
    authorized_ms: int
    offset_ms: int
    state: State = State.SETUP
    answered_ms: int = 0
    granted_ms: int | None = None
    initial_ms: int = 0
    secondary_ms: int = 0
    asked_ms: int = 0
    message: int = -1
    warned: bool = False
    barred: bool = False
    begins_ms: int = -1
    answer: bytes = b""
    number: int = -1
    more: bytes = b""
    used_ms: int = 0

    @property
    def running(self) -> bool:
        """The call is up and its clock runs."""
        return self.state is State.TALKING or self.state is State.FINAL


class CallRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is kept of a call that has ended: the detail use record. `start_ms` is local time of the answer.

    `charge` is what this account pays, `parts` its parts per million of the whole; `sequence` is the ledger's record that
    ended the call. `gross` is the price before a plan's own discount of `percent` parts per million, `rows` names the rows
    of the tariff that made it; a record with a `flag` was priced by its contract instead.
    """

    sequence: int
    call: str
    calling: str
    called: str
    start_ms: int
    duration_ms: int
    charge: int
    kind: str
    tariff: str
    cos: str = "FULL"
    parts: int = 1_000_000
    plan: str = ""
    group: str = ""
    gross: int = 0
    percent: int = 0
    origin: str = ""
    destination: str = ""
    features: tuple[str, ...] = ()
    rows: str = ""
    flag: str = ""


def record_name(call: Call) -> str:
    """The name of a call's detail use record: its own, and when it was authorized."""
    return f"{call.id}@{call.authorized_ms}"


def shared(total: int, parties: tuple[Party, ...]) -> list[int]:
    """What each party pays of a total: floors in micros, the first party carries the rest."""
    if len(parties) == 1:
        return [total]
    amounts = [total * party.parts // 1_000_000 for party in parties]
    amounts[0] += total - sum(amounts)
    return amounts


def detail(call: Counted, sequence: int, name: str, *, flag: str = "") -> CallRecord:
    """The detail use record of a call one account pays."""
    return CallRecord(
        sequence,
        name,
        call.calling,
        call.called,
        call.start_ms,
        call.duration_ms,
        call.charge,
        call.kind,
        call.tariff,
        call.cos,
        plan=call.plan,
        group=call.group,
        gross=call.gross,
        percent=call.percent,
        origin=call.origin,
        destination=call.destination,
        features=call.features,
        rows=call.rows,
        flag=flag,
    )


def counted_before(account: str, record: CallRecord) -> Counted | None:
    """The call of a detail use record as plans and summaries saw it; None for one they did not."""
    if record.parts != WHOLE or record.flag:
        return None
    return Counted(
        account,
        record.plan,
        record.group,
        record.calling,
        record.called,
        record.origin,
        record.destination,
        record.tariff,
        record.cos,
        record.features,
        record.start_ms,
        record.duration_ms,
        record.kind,
        record.gross,
        record.charge,
        record.percent,
        CENT,
        record.rows,
    )


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Call)
_records: Final = msgspec.msgpack.Decoder(CallRecord)


def encode_call(call: Call | CallRecord) -> bytes:
    """The octets of a call as the ledger keeps them."""
    return _encoder.encode(call)


def decode_call(octets: bytes) -> Call:
    """A running call from its octets."""
    return _decoder.decode(octets)


def decode_record(octets: bytes) -> CallRecord:
    """An ended call from its octets."""
    return _records.decode(octets)
