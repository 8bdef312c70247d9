"""The numbers of ANSI ISUP: message types, parameter names, natures of address, categories, causes, events.

Source: T1.113.3 clauses 1.3 and 3, T1.113.3 tables 3 and 4.
"""

from enum import IntEnum
from typing import Final


class MessageType(IntEnum):
    """T1.113.3 table 3 (those this codec has records for)."""

    IAM = 0x01
    ACM = 0x06
    ANM = 0x09
    REL = 0x0C
    RLC = 0x10
    CPG = 0x2C


class Parameter(IntEnum):
    """T1.113.3 table 4 (those this codec has fields for)."""

    END_OF_OPTIONAL = 0x00
    CALLED_PARTY_NUMBER = 0x04
    CALLING_PARTY_NUMBER = 0x0A
    REDIRECTING_NUMBER = 0x0B
    BACKWARD_CALL_INDICATORS = 0x11
    CAUSE_INDICATORS = 0x12
    REDIRECTION_INFORMATION = 0x13
    TRANSIT_NETWORK_SELECTION = 0x23
    ORIGINAL_CALLED_NUMBER = 0x28
    HOP_COUNTER = 0x3D
    GENERIC_ADDRESS = 0xC0
    JURISDICTION = 0xC4
    CARRIER_IDENTIFICATION = 0xC5
    ORIGINATING_LINE_INFORMATION = 0xEA
    CHARGE_NUMBER = 0xEB


class NatureOfAddress(IntEnum):
    """T1.113.3 clauses 3.6 (called), 3.8 (calling), 3.10 (charge); other values are kept as numbers."""

    NOT_USED = 0x00
    SUBSCRIBER = 0x01
    NATIONAL = 0x03
    INTERNATIONAL = 0x04
    SUBSCRIBER_OPERATOR = 0x71
    NATIONAL_OPERATOR = 0x72
    INTERNATIONAL_OPERATOR = 0x73
    NO_NUMBER_OPERATOR = 0x74
    NO_NUMBER_CUT_THROUGH = 0x75
    CALL_950 = 0x76
    TEST_LINE = 0x77


class Presentation(IntEnum):
    """Whether a number may be shown, T1.113.3 clause 3.8."""

    ALLOWED = 0
    RESTRICTED = 1


class Screening(IntEnum):
    """How a calling number was judged, T1.113.3 clause 3.8."""

    USER_PROVIDED_NOT_SCREENED = 0
    USER_PROVIDED_PASSED = 1
    USER_PROVIDED_FAILED = 2
    NETWORK_PROVIDED = 3


class CallingPartyCategory(IntEnum):
    """T1.113.3 clause 3.9 (some); other values are kept as numbers."""

    UNKNOWN = 0x00
    ORDINARY = 0x0A
    TEST_CALL = 0x0D
    EMERGENCY = 0xE0


class Event(IntEnum):
    """What a CPG reports, T1.113.3 clause 3.14."""

    ALERTING = 1
    PROGRESS = 2
    IN_BAND_INFORMATION = 3
    FORWARDED_BUSY = 4
    FORWARDED_NO_REPLY = 5
    FORWARDED_UNCONDITIONAL = 6


class CodingStandard(IntEnum):
    """Who defines a cause value, T1.113.3 clause 3.7."""

    CCITT = 0
    ANSI = 2


class Cause(IntEnum):
    """Cause values a simulated switch gives, T1.113.3 clause 3.7 (CCITT standard unless said)."""

    UNALLOCATED_NUMBER = 1
    NO_ROUTE_TO_TRANSIT_NETWORK = 2
    NO_ROUTE_TO_DESTINATION = 3
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONDING = 18
    NO_ANSWER = 19
    CALL_REJECTED = 21
    DESTINATION_OUT_OF_ORDER = 27
    ADDRESS_INCOMPLETE = 28
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT_AVAILABLE = 34
    TEMPORARY_FAILURE = 41
    SWITCHING_EQUIPMENT_CONGESTION = 42
    INTERWORKING_UNSPECIFIED = 127


# Forward call indicators, first octet high (T1.113.3 clause 3.15); the rest of the bits are kept as they are.
FORWARD_INTERNATIONAL: Final = 0x0100
FORWARD_INTERWORKING: Final = 0x0800
FORWARD_ISUP_ALL_THE_WAY: Final = 0x2000
FORWARD_ISDN_ACCESS: Final = 0x0001
FORWARD_NUMBER_TRANSLATED: Final = 0x0010

# Backward call indicators, first octet high (T1.113.3 clause 3.3).
BACKWARD_CHARGE: Final = 0x0200
BACKWARD_SUBSCRIBER_FREE: Final = 0x0400
BACKWARD_ORDINARY_SUBSCRIBER: Final = 0x1000
BACKWARD_INTERWORKING: Final = 0x0001
BACKWARD_ISUP_ALL_THE_WAY: Final = 0x0004

SPEECH: Final = bytes.fromhex("8090a2")  # speech, circuit mode 64 kbit/s, mu-law: T1.113.3 clause 3.33
AUDIO_3_1_KHZ: Final = bytes.fromhex("9090a2")
