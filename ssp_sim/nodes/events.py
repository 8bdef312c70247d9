"""What goes in and out of a switch besides octets: telephones, MF trunks, and what the run wants to know.

Source: A-007, A-017, A-177, A-178; AMB-70; [0050], [0130].
"""

from typing import Literal

import msgspec

from ain_scp.ssp_sim.nodes.trunks import Circuit

LineKind = Literal[
    "OFF_HOOK",
    "DIGITS",
    "END_OF_DIALING",
    "SETUP",
    "ON_HOOK",
    "ANSWER",
    "DIAL_TONE",
    "SECOND_DIAL_TONE",
    "RINGING",
    "RINGBACK",
    "CONNECTED",
    "BUSY_TONE",
    "REORDER",
    "ANNOUNCEMENT",
    "DISPLAY",
    "RELEASED",
]
TrunkKind = Literal["SETUP", "ALERTING", "ACCEPTED", "PROGRESS", "ANSWER", "RELEASE", "RELEASED"]

CAUSE_NORMAL = 16
CAUSE_BUSY = 17
CAUSE_NO_ANSWER = 19
CAUSE_VACANT = 1
CAUSE_REJECTED = 21
CAUSE_REFUSED = 29
CAUSE_NO_CIRCUIT = 34
CAUSE_NETWORK = 38
CAUSE_TEMPORARY = 41
CAUSE_CONGESTION = 42
CAUSE_TIMER = 102
# Cause values of T1.113.3 (Q.850). CAUSE_REFUSED (facility rejected) follows an announcement that an SCP chose: unconfirmed.

TRY_NEXT = frozenset({CAUSE_NO_CIRCUIT, CAUSE_NETWORK, CAUSE_TEMPORARY, CAUSE_CONGESTION})
"""Failures of the facility, not of the called party: the next returned facility is tried (A-123)."""


HEEDED = frozenset({"DIAL_TONE", "SECOND_DIAL_TONE", "RINGING", "ANNOUNCEMENT", "DISPLAY"})
"""What telephones react to; a switch that is not recorded need not report the rest."""


class LineSignal(msgspec.Struct, frozen=True):
    """What passes between a telephone (or PBX) and its switch, in either direction.

    `digits` belongs to DIGITS and SETUP; SETUP is a PRI call set-up, which brings the access code and everything dialed
    at once. `announcement` is the number of an ANNOUNCEMENT, `collects` says that it asks the caller for digits. `text`
    is the variable data of an ANNOUNCEMENT, or what a DISPLAY shows.
    """

    kind: LineKind
    call: str
    line: str
    digits: str = ""
    access_code: str | None = None
    bearer: str = "SPEECH"
    trunk_group: str | None = None
    announcement: int | None = None
    collects: bool = False
    text: str = ""


class Translation(msgspec.Struct, frozen=True):
    """What an address message says of the called number.

    `translated` is bit M: it was looked up. `dialed` is the number that was dialed where the called number is a routing number
    (generic address), `jurisdiction` the first six digits of the originating switch's own routing number.
    """

    translated: bool = False
    dialed: str = ""
    jurisdiction: str = ""


class Setup(msgspec.Struct, frozen=True):
    """What a switch sends the next one when it seizes a circuit; an MF trunk carries only `called`.

    `original_called` and `redirecting` come with redirection information (two octets, as the answer of the SCP gave it).
    `carrier` is the carrier the call is handed to, empty when the presubscribed one or none.
    """

    called: str
    called_non: int
    calling: str | None = None
    original_called: str | None = None
    original_called_non: int = 0
    redirecting: str | None = None
    redirecting_non: int = 0
    redirection_information: bytes = b""
    bearer: str = "SPEECH"
    carrier: str = ""
    translation: Translation | None = None


class TrunkSignal(msgspec.Struct, frozen=True):
    """One signal on one circuit, whichever signalling carries it: ISUP IAM, ACM, CPG, ANM, REL, RLC or their MF equals.

    ALERTING and ACCEPTED are both the address complete message; ALERTING says that the called party is being rung.
    PROGRESS says so after an address complete message that did not (CPG).
    """

    kind: TrunkKind
    circuit: Circuit
    setup: Setup | None = None
    cause: int = 0


class LineEvent(msgspec.Struct, frozen=True):
    """A switch gives its telephone a tone, a ring, an announcement, a connection or its end."""

    signal: LineSignal


class TrunkEvent(msgspec.Struct, frozen=True):
    """A switch signals on an MF trunk to the switch `to`."""

    to: str
    signal: TrunkSignal


class TransactionOpened(msgspec.Struct, frozen=True):
    """A query left: its transaction is about this call."""

    call: str
    transaction: int
    service: str | None = None
    """The service that is asked; None = the dialing plan's."""


class Presented(msgspec.Struct, frozen=True):
    """A line rings, and what it is shown of the caller; reported where services are asked by called number."""

    call: str
    line: str
    number: str
    name: str


class Addressed(msgspec.Struct, frozen=True):
    """An address message left for the switch `to`, reported likewise."""

    call: str
    to: str
    called: str
    translation: Translation


class Refused(msgspec.Struct, frozen=True):
    """A switch refuses a call with a cause, reported likewise; those on its way back pass the cause on."""

    call: str
    cause: int


class Noted(msgspec.Struct, frozen=True):
    """Something of the switch itself that a person wants in the ladder: facility seized, timer expired, answer dropped."""

    call: str
    name: str
    fields: tuple[tuple[str, str], ...] = ()


class FacilityChosen(msgspec.Struct, frozen=True):
    """What the switch seized for a call: PSTN, TRUNK, CARRIER or ALL_CIRCUITS_BUSY, and which."""

    call: str
    facility: str
    id: str | None = None


class CallAnswered(msgspec.Struct, frozen=True):
    """The caller's switch saw the answer."""

    call: str


class Announced(msgspec.Struct, frozen=True):
    """A switch plays an announcement instead of completing the call; `cause` is the switch's own reason or empty."""

    call: str
    announcement: int
    cause: str = ""


class CallEnded(msgspec.Struct, frozen=True):
    """A call is over at a switch; `originating` says that this is the caller's switch, whose status is the call's."""

    call: str
    status: str
    originating: bool


NodeEvent = (
    LineEvent
    | TrunkEvent
    | TransactionOpened
    | Noted
    | FacilityChosen
    | CallAnswered
    | Announced
    | CallEnded
    | Presented
    | Addressed
    | Refused
)
