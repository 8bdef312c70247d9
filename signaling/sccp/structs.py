"""The structs of SCCP: addresses, the six connectionless messages and their parts.

They stand apart from the codec so that the codec can be compiled.
Source: T1.112.3 clauses 3 and 4.
"""

from enum import IntEnum

from msgspec import Struct

GT_WITH_PLAN = 1
GT_TYPE_ONLY = 2
MAX_HOP_COUNTER = 15


class GlobalTitle(Struct, frozen=True, cache_hash=True):
    """An address to be translated: translation type 0-255, digits of `0123456789*#ADEF`, and the plan when it is sent.

    `numbering_plan` (0-15) is None for the form with a translation type only (global title indicator 2).
    Source: T1.112.3 clause 3.4.2.3.
    """

    translation_type: int
    digits: str
    numbering_plan: int | None = None

    @property
    def indicator(self) -> int:
        """The global title indicator this title is sent with: 1 or 2."""
        return GT_TYPE_ONLY if self.numbering_plan is None else GT_WITH_PLAN


class Address(Struct, frozen=True, cache_hash=True):
    """Called or calling party of an SCCP message.

    `ssn` and `point_code` are None when absent (SSN 0 is a value: not known or not used). Source: T1.112.3 clause 3.4.
    """

    ssn: int | None = None
    point_code: int | None = None
    global_title: GlobalTitle | None = None
    route_on_ssn: bool = True
    national: bool = True


class ReturnCause(IntEnum):
    """Why a message came back. Source: T1.112.3 clause 3.11."""

    NO_TRANSLATION_FOR_NATURE = 0
    NO_TRANSLATION_FOR_ADDRESS = 1
    SUBSYSTEM_CONGESTION = 2
    SUBSYSTEM_FAILURE = 3
    UNEQUIPPED_USER = 4
    MTP_FAILURE = 5
    NETWORK_CONGESTION = 6
    UNQUALIFIED = 7
    MESSAGE_TRANSPORT_ERROR = 8
    LOCAL_PROCESSING_ERROR = 9
    CANNOT_REASSEMBLE = 10
    SCCP_FAILURE = 11
    HOP_COUNTER_VIOLATION = 12


class Segmentation(Struct, frozen=True):
    """Which piece of a long message this is; `remaining` 0-15, `local_reference` 24 bits. Source: T1.112.3 3.17."""

    first: bool
    remaining: int
    local_reference: int
    in_sequence: bool = False


class UnitData(Struct, frozen=True):
    """UDT: one message without connection; class 0 or 1. Source: T1.112.3 clause 4.7."""

    called: Address
    calling: Address
    data: bytes
    protocol_class: int = 0
    return_on_error: bool = False


class UnitDataService(Struct, frozen=True):
    """UDTS: a UDT that came back, with its cause (ReturnCause or any octet). Source: T1.112.3 clause 4.8."""

    called: Address
    calling: Address
    data: bytes
    return_cause: int


class ExtendedUnitData(Struct, frozen=True):
    """XUDT: a UDT with hop counter (0-15) and perhaps segmentation. Source: T1.112.3 clause 4.16."""

    called: Address
    calling: Address
    data: bytes
    protocol_class: int = 0
    return_on_error: bool = False
    hop_counter: int = MAX_HOP_COUNTER
    segmentation: Segmentation | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()


class ExtendedUnitDataService(Struct, frozen=True):
    """XUDTS: an XUDT that came back, with its cause. Source: T1.112.3 clause 4.17."""

    called: Address
    calling: Address
    data: bytes
    return_cause: int
    hop_counter: int = MAX_HOP_COUNTER
    segmentation: Segmentation | None = None
    unknown: tuple[tuple[int, bytes], ...] = ()


class LongUnitData(ExtendedUnitData, frozen=True):
    """LUDT: an XUDT whose data may have 3,952 octets. Source: T1.112.3, Q.713 clause 4.20."""


class LongUnitDataService(ExtendedUnitDataService, frozen=True):
    """LUDTS: an LUDT that came back, with its cause. Source: T1.112.3, Q.713 clause 4.21."""


SccpMessage = UnitData | UnitDataService | ExtendedUnitData | ExtendedUnitDataService
