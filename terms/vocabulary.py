"""The words of the service, each spelled once, as the acceptance cases and the JSON answers spell them.

They are plain strings with Literal types: a decision carries them from the table that decided to the JSON that prints them,
without a conversion, and comparing two of them costs one pointer comparison.

Source: interfaces.md section 4, requirements.md sections 4 and 5.
"""

from typing import Final, Literal, get_args

MessageKind = Literal[
    "INFO_ANALYZED", "INFO_COLLECTED", "ORIGINATION_ATTEMPT", "NETWORK_BUSY", "TERMINATION_ATTEMPT"
]
StationClass = Literal["CENTREX", "PBX", "TO", "OTHER"]
CtcSource = Literal["OCS", "ASF_RTL", "BILLING"]
Screening = Literal["ALLOW", "DENY", "NOT_SUBSCRIBED", "PROVISIONING_ERROR", "NOT_RUN"]
Blocking = Literal[
    "PASS",
    "BYPASSED",
    "NOT_APPLICABLE",
    "BLOCK_INTERNATIONAL",
    "BLOCK_DOMESTIC",
    "BLOCK_800",
    "BLOCK_EMERGENCY",
    "NOT_RUN",
]
RouteKind = Literal["PSTN", "CRS", "CCS", "CRS_CCS", "ASF_RTL", "ASF_RTL_HOST", "NONE"]
ResponseType = Literal["ANALYZE_ROUTE", "SEND_TO_RESOURCE"]
Cause = Literal[
    "SCREENED",
    "BLOCKED_INTERNATIONAL",
    "BLOCKED_DOMESTIC",
    "BLOCKED_800",
    "BLOCKED_EMERGENCY",
    "VACANT_NUMBER",
    "UNKNOWN_ACCESS_CODE",
    "CTC_BLOCKED",
    "RTL_UNAUTHORIZED",
    "RTL_NO_OUTCOME",
    "RTL_NO_ROW",
    "RTL_INVALID_ROW",
    "ALL_CIRCUITS_BUSY",
]
Bearer = Literal["SPEECH", "AUDIO_3K1", "FAX", "MODEM_56", "RDI_56", "UDI_64"]
AsfTreatment = Literal["RTL", "PSTN", "BLOCK"]

MESSAGE_KINDS: Final[tuple[str, ...]] = get_args(MessageKind)
STATION_TYPES: Final[tuple[str, ...]] = ("CENTREX", "PBX", "TO")
CAUSES: Final[tuple[str, ...]] = get_args(Cause)
CHARGING_CAUSES: Final[tuple[str, ...]] = (
    "CREDIT_DENIED",
    "COS_DENIED",
    "LOCKED",
    "PIN_DENIED",
    "CHARGING_UNAVAILABLE",
)
"""Why a call that could be routed is refused where calls are charged while they run."""
BEARERS: Final[tuple[str, ...]] = get_args(Bearer)
ASF_TREATMENTS: Final[tuple[str, ...]] = get_args(AsfTreatment)

SWITCH_MAKES_WITH_AIN: Final = frozenset({"5ESS", "DMS-100", "AXE-10", "EWSD"})
"""The makes that can host triggers (A-006, [0039], [0052], [0090])."""

SWITCH_KINDS: Final = SWITCH_MAKES_WITH_AIN | {"1AESS", "ETN", "ATM", "INTL_GATEWAY", "IXC_POP", "STP", "SCP"}

SCP_POINT_CODE: Final = "245-1-2"
"""The service control point's, unless a node file or a scenario gives it another one (D-001)."""

# Nature of number (A-045, [0108]).
NON_SUBSCRIBER: Final = 1
NON_NATIONAL: Final = 3
NON_INTERNATIONAL: Final = 4

# Outcome of an ASF-RTL routing logic that names no row (s2350).
PSTN_DEFAULT: Final = "PSTN_DEFAULT"
