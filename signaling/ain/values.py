"""The value tables of AIN parameters.

Every table is an `IntEnum`; a number that is not in its table stays a plain int wherever these are used.

Source: ain-wire section 3.3 (GR-1299-CORE values, as tshark 4.0.17 names them).
"""

from enum import IntEnum, unique


@unique
class BearerCapability(IntEnum):
    """What the caller asked the network to carry."""

    SPEECH = 0
    F3_1_KHZ_AUDIO = 1
    F7_KHZ_AUDIO = 2
    B56_KBPS = 3
    B64_KBPS = 4
    PACKET_MODE_DATA = 5
    MULTI_RATE = 6


@unique
class TriggerCriteriaType(IntEnum):
    """Which trigger made the switch ask."""

    FEATURE_ACTIVATOR = 0
    VERTICAL_SERVICE_CODE = 1
    CUSTOMIZED_ACCESS = 2
    CUSTOMIZED_INTERCOM = 3
    NPA = 4
    NPA_NXX = 5
    NXX = 6
    NXX_XXXX = 7
    NPA_NXX_XXXX = 8
    COUNTRY_CODE_NPA_NXX_XXXX = 9
    CARRIER_ACCESS = 10
    PREFIXES = 11
    N11 = 12
    AFR = 13
    SHARED_IO_TRUNK = 14
    TERMINATION_ATTEMPT = 15
    OFF_HOOK_IMMEDIATE = 16
    OFF_HOOK_DELAY = 17
    CHANNEL_SETUP_PRI = 18
    NPA_N = 19
    NPA_NX = 20
    NPA_NXX_X = 21
    NPA_NXX_XX = 22
    NPA_NXX_XXX = 23
    NETWORK_BUSY = 24
    T_NO_ANSWER = 25
    T_BUSY = 26
    O_CALLED_PARTY_BUSY = 27
    SPECIFIC_FEATURE_CODE = 28
    O_NO_ANSWER = 29
    PRI_NETWORK_SERVICES = 30
    O_SWITCH_HOOK_FLASH_IMMEDIATE = 31
    O_FEATURE_ACTIVATOR = 32
    O_SWITCH_HOOK_FLASH_SPECIFIED_CODE = 33
    T_SWITCH_HOOK_FLASH_IMMEDIATE = 34
    T_FEATURE_ACTIVATOR = 35
    T_SWITCH_HOOK_FLASH_SPECIFIED_CODE = 36
    NUMBER_PORTABILITY = 37
    ONE_PLUS = 38
    SPECIFIED_CARRIER = 39
    INTERNATIONAL = 40
    ZERO_PLUS = 41
    ZERO_MINUS = 42
    LOCAL_NUMBER_PORTABILITY_PORC = 43
    LOCAL_NUMBER_PORTABILITY_PORC_DONOR = 44
    RESERVED = 45
    TERM_RESOURCE_AVAILABLE = 46
    OFFICE_PUBLIC_FEATURE_CODE = 47
    TRUNK_GROUP = 48
    DEDICATED_TRUNK_GROUP = 49
    RESERVED_50 = 50


@unique
class PointInCall(IntEnum):
    """Where in the basic call model a call stands."""

    O_NULL = 1
    AUTHORIZE_ORIG_ATTEMPT = 2
    COLLECT_INFORMATION = 3
    ANALYZE_INFORMATION = 4
    SELECT_ROUTE = 5
    AUTHORIZE_CALL_SETUP = 6
    SEND_CALL = 7
    O_ALERTING = 8
    O_ACTIVE = 9
    O_SUSPENDED = 10
    T_NULL = 11
    AUTHORIZE_TERMINATION = 12
    SELECT_FACILITY = 13
    PRESENT_CALL = 14
    T_ALERTING = 15
    T_ACTIVE = 16
    T_SUSPENDED = 17


@unique
class CallConfigurationID(IntEnum):
    """Call configuration."""

    NULL = 0
    ORIGINATING_SETUP = 1
    STABLE_2_PARTY = 2
    TERMINATING_SETUP = 3
    THREE_PARTY_SETUP = 4
    THREE_PARTY_SETUP_COMPLEMENT = 5
    PARTY_ON_HOLD = 6
    PARTY_ON_HOLD_COMPLEMENT = 7
    CALL_WAITING = 8
    CALL_WAITING_COMPLEMENT = 9
    STABLE_M_PARTY = 10
    TRANSFER = 11
    FORWARD = 12


@unique
class BCMType(IntEnum):
    """Originating or terminating half call."""

    O_BCM = 0
    T_BCM = 1


@unique
class ErrorCause(IntEnum):
    """What an application error complains of."""

    ERRONEOUS_DATA_VALUE = 0
    MISSING_CONDITIONAL_PARAMETER = 1
    RESPONSE_MESSAGE_TIMER_EXPIRED = 2
    UNEXPECTED_COMMUNICATION = 3
    UNEXPECTED_MESSAGE = 4
    UNEXPECTED_MESSAGE_SEQUENCE = 5
    UNEXPECTED_PARAMETER_SEQUENCE = 6


@unique
class FailureCause(IntEnum):
    """Why something failed."""

    RATE_TOO_HIGH = 1
    UNAVAILABLE_RESOURCES = 2
    AP_TIMEOUT = 3
    AP_BUSY = 4
    CHANNELS_BUSY = 13
    ABORT = 14
    RESOURCE_LIMITATION = 15
    APPLICATION_ERROR = 16
    SECURITY_ERROR = 17
    PROTOCOL_ERROR = 18
    TIMER_EXPIRED = 19
    TEMPORARY_FAILURE = 20
    MSRID_DOES_NOT_MATCH_USER_PROFILE = 21
    SEGMENTATION_ERROR = 22
    NCAS_DISALLOWED = 23
    CONTROL_ENCOUNTERED = 24
    IMPROPER_CODING = 25
    INAPPROPRIATE_CONDITION = 26
    INAPPROPRIATE_USER_INTERFACE = 27
    INAPPROPRIATE_LEG_MANIPULATION = 28
    CALLING_INTERFACE_BUSY = 29


@unique
class CloseCause(IntEnum):
    """Why a transaction is closed."""

    CALL_TERMINATED = 0
    EDPS_COMPLETED = 1
    UNEXPECTED_COMMUNICATION = 2
    CALLED_PARTY_ANSWERED = 3
    CALL_FORWARDED_EDPS_COMPLETED = 4
    NEW_REQUESTED_EVENT = 5


@unique
class FacilityStatus(IntEnum):
    """State of a facility."""

    BUSY = 0
    BUSY_IN_SERVICE = 1
    BUSY_OUT_OF_SERVICE = 2
    IDLE = 3
    IDLE_IN_SERVICE = 4
    IDLE_OUT_OF_SERVICE = 5
    IN_SERVICE = 6
    OUT_OF_SERVICE = 7


@unique
class StatusCause(IntEnum):
    """Why a status is reported."""

    STATUS_MATCH = 0
    TIME_OUT = 1
    ERROR = 2


@unique
class AMAMeasure(IntEnum):
    """Who records the connect time."""

    CONNECT_TIME_RECORDED_DESTINATION_SSP = 0
    CONNECT_TIME_RECORDED_DESTINATION_SCP = 1
    CONNECT_TIME_NOT_RECORDED = 2


@unique
class CarrierSelection(IntEnum):
    """How the carrier came to be selected."""

    NO_INDICATION = 0
    PRESUBSCRIBED_NOT_INPUT = 1
    PRESUBSCRIBED_AND_INPUT = 2
    PRESUBSCRIBED_NO_INDICATION_OF_INPUT = 3
    NOT_PRESUBSCRIBED_INPUT = 4


@unique
class NatureOfCarrier(IntEnum):
    """For which calls the carrier is meant."""

    NONE = 0
    LOCAL = 1
    INTRALATA_TOLL = 2
    INTERLATA = 3
    LOCAL_INTRALATA_TOLL_AND_INTERLATA = 4
    LOCAL_AND_INTRALATA_TOLL = 5
    INTRALATA_TOLL_AND_INTERLATA = 6


@unique
class CarrierUsage(IntEnum):
    """Which calls the returned carrier overrides."""

    ALWAYS_OVERRIDE = 0
    ONLY_INTERLATA_OVERRIDE = 1


@unique
class LegTreatment(IntEnum):
    """Tone or alerting on a leg (controllingLegTreatment, passiveLegTreatment)."""

    DIAL_TONE_ON = 0
    RING_BACK_AUDIBLE_RINGING_TONE_ON = 1
    NETWORK_CONGESTION_REORDER_TONE_ON = 3
    BUSY_TONE_ON = 4
    CONFIRMATION_TONE = 5
    CALL_WAITING_TONE = 7
    TONES_OFF = 63
    ALERTING_ON_PATTERN_0_NORMAL = 64
    ALERTING_ON_PATTERN_1_DISTINCTIVE_INTERGROUP = 65
    ALERTING_ON_PATTERN_2_DISTINCTIVE_SPECIAL = 66
    ALERTING_ON_PATTERN_3_EKTS = 67
    ALERTING_ON_PATTERN_4_REMINDER_RING = 68
    ALERTING_OFF = 79
    RECALL_DIAL_TONE_ON = 17
    BARGE_IN_TONE_ON = 18
    INCOMING_ADDITIONAL_CALL_TONE = 251
    PRIORITY_ADDITIONAL_CALL_TONE = 252
    EXPENSIVE_ROUTE_WARNING_TONE = 253
    CAMP_ON_TONE = 19
    RECEIVER_OFF_HOOK_TONE = 20
    CALLING_CARD_SERVICE_TONE = 21
    STUTTER_DIAL_TONE = 22
    SILENCE = 23
    ON_HOOK_TR30_WITH_INDICATION = 24
    ON_HOOK_TR30_NO_INDICATION = 25


@unique
class BusyType(IntEnum):
    """Whether a call can still be offered to a busy party."""

    CALL_CAN_BE_OFFERED = 0
    CALL_CANNOT_BE_OFFERED = 1


@unique
class PartyID(IntEnum):
    """Which party an instruction is for."""

    CALLING_PARTY = 0
    CALLED_PARTY = 1
    BOTH_PARTIES = 2


@unique
class Prefix(IntEnum):
    """Prefix digits dialed."""

    ONE_PLUS = 0


@unique
class DisconnectCause(IntEnum):
    """Which end disconnected."""

    FAR_END = 0


@unique
class CongestionLevel(IntEnum):
    """Machine congestion level."""

    NO_CONGESTION = 0
    MC1 = 1
    MC2 = 2
    MC3 = 3


@unique
class ApplicationIndicator(IntEnum):
    """What an EchoRequest is for."""

    ROUTE_TO_APPLICATION_PROCESS_OR_SLP = 0
    PROCESS_ECHO_REQUEST_MESSAGE = 1


@unique
class ActivityResult(IntEnum):
    """Answer of an ActivityTest."""

    TRANSACTION_CLOSED = 0
    TRANSACTION_OPEN = 1
    DENIED_PROCESS_OVERLOAD = 2


@unique
class CallType(IntEnum):
    """Answer of a CallTypeRequest."""

    NO_INDICATION = 0
    LOCAL = 1
    INTRALATA_TOLL = 2
    INTERLATA_TOLL = 3
