"""Structured values of AIN parameters, and the fault of an argument, as immutable records.

Where a layout is not public (marked unconfirmed), the value that does not fit the layout assumed here is kept as `bytes`
and written back octet for octet.

Source: ain-wire sections 2.3, 3.4.
"""

from enum import IntEnum, unique

import msgspec

from ain_scp.signaling.ain.values import CarrierSelection, ErrorCause, NatureOfCarrier
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError


class AinFault(DecodeError):
    """A parameter of an operation that is wrong, missing or out of order, and the errorCause that says so.

    The SCP answers it with Return Error applicationError. `parameter` is the standard's parameter name, "" when the
    octets gave none. Source: ain-wire sections 2.3, 4.3 item 10.
    """

    def __init__(self, offset: int, reason: str, error_cause: ErrorCause, parameter: str = "") -> None:
        super().__init__(offset, "ain", reason)
        self.error_cause = error_cause
        self.parameter = parameter


@unique
class UserIDChoice(IntEnum):
    """Which kind of user a userID names, by its context tag; aDSIcpeID is an untagged octet string."""

    DN = 1
    BRI = 2
    TRUNK_GROUP_ID = 5
    PRIVATE_FACILITY_GID = 6
    ADSI_CPE_ID = 0


class UserID(msgspec.Struct, frozen=True):
    """The user whose trigger asked.

    `digits` holds the ten-digit directory number of a DN or BRI user; `number` the trunk group or private facility group,
    0..9999; `octets` the SPID of a BRI user, the four octets of an aDSIcpeID, or the element of a kind not known here
    (`choice` is then its tag). Source: ain-wire section 3.4.
    """

    choice: int
    digits: str = ""
    number: int = 0
    octets: bytes = b""


class Carrier(msgspec.Struct, frozen=True):
    """A carrier: how it was selected, for which calls, and its identification code (four digits, at most)."""

    selection: CarrierSelection | int
    nature: NatureOfCarrier | int
    digits: str


class BillingIndicator(msgspec.Struct, frozen=True):
    """AMA call type and service feature identification, three digits each (layout unconfirmed)."""

    call_type: str
    service_feature: str


class RedirectionInformation(msgspec.Struct, frozen=True):
    """How a call was redirected.

    Reasons 0 unknown, 1 busy, 2 no reply, 3 unconditional; indicator 3 call diverted; `count` 1..5 redirections so far.
    The ISUP layout (that AIN uses it unchanged is unconfirmed). Source: ain-wire section 3.4.
    """

    original_reason: int
    indicator: int
    reason: int
    count: int


class Cause(msgspec.Struct, frozen=True):
    """An ISUP cause (busyCause): coding standard, location, cause value, and one octet of diagnostics at most."""

    coding: int
    location: int
    value: int
    diagnostic: bytes = b""


class ControlCause(msgspec.Struct, frozen=True):
    """Code gapping: type of control (two bits) and how many digits are controlled (six bits); layout unconfirmed."""

    control_type: int
    digit_count: int


class Announcement(msgspec.Struct, frozen=True):
    """One announcement to play: its number 0..65535 and up to 128 octets of variable data (layout unconfirmed)."""

    number: int
    data: bytes = b""


AnnounceElement = Announcement | bytes


class AnnouncementBlock(msgspec.Struct, frozen=True):
    """Announcements to play; those a caller may not interrupt, and those digits may; up to ten in each list."""

    uninterruptible: tuple[AnnounceElement, ...] = ()
    interruptible: tuple[AnnounceElement, ...] = ()


class AnnouncementDigitBlock(msgspec.Struct, frozen=True):
    """Announcements, and how many digits to collect: 0..32, 253 normal, 254 variable."""

    maximum_digits: int
    uninterruptible: tuple[AnnounceElement, ...] = ()
    interruptible: tuple[AnnounceElement, ...] = ()


class FlexParameterBlock(msgspec.Struct, frozen=True):
    """One to 120 octets that SCP and resource agree on between them."""

    contents: bytes


class TaggedList(msgspec.Struct, frozen=True):
    """Elements of a parameter whose inside this codec does not interpret: (tag, contents) in order."""

    items: tuple[tuple[int, bytes], ...]


class AMAMeasurement(msgspec.Struct, frozen=True):
    """A measured duration (eight octets, layout not known) and whether timing was guarded (0 no, 1 yes)."""

    duration: bytes | None = None
    guard: int | None = None


class TimeoutTimer(msgspec.Struct, frozen=True):
    """When to time out: choice 0 after `seconds`, 1 at a local SSP time, 2 at an absolute SCP time (seven octets)."""

    choice: int
    seconds: int = 0
    time: bytes = b""


class ExtensionParameter(msgspec.Struct, frozen=True):
    """An extension: contents octets of the object identifier that names it, and its value as one whole element."""

    object_identifier: bytes
    value: bytes


class FailedMessage(msgspec.Struct, frozen=True):
    """The message an application error complains of: opcode, a parameter's octets, the invalid parameters' octets."""

    opcode: int
    parameter: bytes | None = None
    invalid_parameters: bytes | None = None


class ApplicationErrorString(msgspec.Struct, frozen=True):
    """What was wrong, with which message, for which user."""

    error_cause: ErrorCause | int
    failed_message: FailedMessage | None = None
    user_id: UserID | None = None


@unique
class EventDetectionPoint(IntEnum):
    """Bit of eDPRequest and eDPNotification; bit 0 is the first on the wire."""

    O_CALLED_PARTY_BUSY = 0
    O_NO_ANSWER = 1
    O_TERM_SEIZED = 2
    O_ANSWER = 3
    T_BUSY = 4
    T_NO_ANSWER = 5
    TERM_RESOURCE_AVAILABLE = 6
    T_ANSWER = 7
    NETWORK_BUSY = 8
    O_SUSPENDED = 9
    O_DISCONNECT_CALLED = 10
    O_DISCONNECT = 11
    O_ABANDON = 12
    FEATURE_ACTIVATOR = 13
    SWITCH_HOOK_FLASH = 14
    SUCCESS = 15
    T_DISCONNECT = 16
    TIMEOUT = 17
    ORIGINATION_ATTEMPT = 18
    O_DTMF_ENTERED = 19
    T_DTMF_ENTERED = 20


Value = (
    Digits
    | int
    | bytes
    | str
    | Carrier
    | UserID
    | RedirectionInformation
    | BillingIndicator
    | Cause
    | ControlCause
    | AnnouncementBlock
    | AnnouncementDigitBlock
    | FlexParameterBlock
    | TaggedList
    | AMAMeasurement
    | TimeoutTimer
    | ExtensionParameter
    | ApplicationErrorString
    | tuple[Digits, ...]
    | tuple[bytes, ...]
)
"""Every type an AIN parameter's value can have (bool is an int, and so is an IntEnum member)."""
