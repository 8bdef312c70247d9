"""The structs of ANSI ISUP: numbers, indicators and one record per message.

Unknown optional parameters are kept in `unknown` as (name, octets); unknown numbers stay numbers.

Source: T1.113.3 clauses 3 and 4, A-143 (the IAM of the RTL call).
"""

from msgspec import Struct

from ain_scp.signaling.isup.numbers import (
    BACKWARD_CHARGE,
    BACKWARD_ISUP_ALL_THE_WAY,
    BACKWARD_ORDINARY_SUBSCRIBER,
    BACKWARD_SUBSCRIBER_FREE,
    FORWARD_ISUP_ALL_THE_WAY,
    SPEECH,
    CallingPartyCategory,
    CodingStandard,
    NatureOfAddress,
    Presentation,
)

PORTED_NUMBER = 0xC0
"""Type of a generic address: the number that was dialed and is ported (unconfirmed)."""

Unknown = tuple[tuple[int, bytes], ...]


class Number(Struct, frozen=True):
    """A called, calling, charge, original called or redirecting number.

    `digits` of `0123456789*#ADEF`, at most 32. Presentation (0-3) and screening (0-3) are carried where the parameter
    has room for them: both by a calling number, presentation by original called and redirecting numbers.
    Source: T1.113.3 clauses 3.6, 3.8, 3.10, 3.22, 3.25.
    """

    digits: str
    nature_of_address: int = NatureOfAddress.NATIONAL
    numbering_plan: int = 1
    presentation: int = Presentation.ALLOWED
    screening: int = 0


class RedirectionInformation(Struct, frozen=True):
    """Why and how often a call was redirected; reasons 0-15, indicator 0-7, count 0-7. Source: T1.113.3 3.26."""

    original_reason: int = 0
    reason: int = 0
    count: int = 0
    indicator: int = 0


class TransitNetwork(Struct, frozen=True):
    """The carrier a call must use, four digits, with a circuit code 0-15. Source: T1.113.3 clause 3.31."""

    carrier: str
    circuit_code: int = 0


class GenericAddress(Struct, frozen=True):
    """Another number of the call; `kind` 0xC0 is the ported number that was dialed (unconfirmed). Source: T1.113.3."""

    digits: str
    kind: int = PORTED_NUMBER
    nature_of_address: int = NatureOfAddress.NATIONAL
    numbering_plan: int = 1


class InitialAddress(Struct, frozen=True):
    """IAM: the call. `cic` 0-16383; indicators are the raw bits (see `numbers`).

    `carrier_identification` is four digits; both carrier parameters are national, another form stays in `unknown`.
    Source: T1.113.3 table 10.
    """

    cic: int
    called_party_number: Number
    calling_party_number: Number | None = None
    original_called_number: Number | None = None
    redirecting_number: Number | None = None
    redirection_information: RedirectionInformation | None = None
    charge_number: Number | None = None
    originating_line_information: int | None = None
    jurisdiction: str | None = None
    generic_address: GenericAddress | None = None
    transit_network_selection: TransitNetwork | None = None
    carrier_identification: str | None = None
    hop_counter: int | None = None
    nature_of_connection: int = 0
    forward_call_indicators: int = FORWARD_ISUP_ALL_THE_WAY
    calling_party_category: int = CallingPartyCategory.ORDINARY
    user_service_information: bytes = SPEECH
    unknown: Unknown = ()


class AddressComplete(Struct, frozen=True):
    """ACM: the called exchange has the number; the called party is being alerted. Source: T1.113.3 table 5."""

    cic: int
    backward_call_indicators: int = (
        BACKWARD_CHARGE | BACKWARD_SUBSCRIBER_FREE | BACKWARD_ORDINARY_SUBSCRIBER | BACKWARD_ISUP_ALL_THE_WAY
    )
    unknown: Unknown = ()


class Answer(Struct, frozen=True):
    """ANM: the called party answered. Source: T1.113.3 table 6."""

    cic: int
    backward_call_indicators: int | None = None
    unknown: Unknown = ()


class CallProgress(Struct, frozen=True):
    """CPG: something happened before the answer (`event`, 0-127). Source: T1.113.3 table 8."""

    cic: int
    event: int
    presentation_restricted: bool = False
    unknown: Unknown = ()


class Release(Struct, frozen=True):
    """REL: the call ends; `cause` 0-127, `location` 0-15. Source: T1.113.3 tables 15 and clause 3.7."""

    cic: int
    cause: int
    location: int = 0
    coding_standard: int = CodingStandard.CCITT
    diagnostics: bytes = b""
    unknown: Unknown = ()


class ReleaseComplete(Struct, frozen=True):
    """RLC: the circuit is free. Source: T1.113.3 table 16."""

    cic: int


class OtherMessage(Struct, frozen=True):
    """A message this codec has no record for: its type and the octets after it."""

    cic: int
    message_type: int
    octets: bytes


IsupMessage = (
    InitialAddress | AddressComplete | Answer | CallProgress | Release | ReleaseComplete | OtherMessage
)
