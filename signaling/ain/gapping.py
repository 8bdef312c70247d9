"""Automatic Code Gapping: its value tables, and what the codes of duration and interval mean in time.

Source: GR-1299-CORE (ACG), ain-wire section 4.3 item 8; code tables as in Wireshark's AIN-Parameters.asn.
"""

from enum import IntEnum, unique
from typing import Final


@unique
class GapDuration(IntEnum):
    """How long code gapping lasts."""

    SECONDS_1 = 1
    SECONDS_2 = 2
    SECONDS_4 = 3
    SECONDS_8 = 4
    SECONDS_16 = 5
    SECONDS_32 = 6
    SECONDS_64 = 7
    SECONDS_128 = 8
    SECONDS_256 = 9
    SECONDS_512 = 10
    SECONDS_1024 = 11
    SECONDS_2048 = 12
    INFINITY = 13


@unique
class GapInterval(IntEnum):
    """Shortest time between two queries let through; the scale AIN uses."""

    REMOVE_GAP_CONTROL = 0
    SECONDS_0 = 1
    SECONDS_0_10 = 2
    SECONDS_0_25 = 3
    SECONDS_0_5 = 4
    SECONDS_1 = 5
    SECONDS_2 = 6
    SECONDS_5 = 7
    SECONDS_10 = 8
    SECONDS_15 = 9
    SECONDS_30 = 10
    SECONDS_60 = 11
    SECONDS_120 = 12
    SECONDS_300 = 13
    SECONDS_600 = 14
    STOP_ALL_CALLS = 15


@unique
class PrivateGapInterval(IntEnum):
    """Shortest time between two queries let through; the private scale."""

    SECONDS_0 = 0
    SECONDS_3 = 1
    SECONDS_4 = 2
    SECONDS_6 = 3
    SECONDS_8 = 4
    SECONDS_11 = 5
    SECONDS_16 = 6
    SECONDS_22 = 7
    SECONDS_30 = 8
    SECONDS_42 = 9
    SECONDS_58 = 10
    SECONDS_81 = 11
    SECONDS_112 = 12
    SECONDS_156 = 13
    SECONDS_217 = 14
    SECONDS_300 = 15
    REMOVE_GAP_CONTROL = 16
    SECONDS_0_10 = 17
    SECONDS_0_25 = 18
    SECONDS_0_5 = 19
    SECONDS_1 = 20
    SECONDS_2 = 21


@unique
class ACGGlobalOverride(IntEnum):
    """Which code gapping controls to remove."""

    ALL_ITEMS = 0
    SCP_OVERLOAD_ITEMS = 1
    SMS_INIT_CNTRL_EXCEPT_ZERO_GAP = 2
    SMS_INIT_CNTRL = 3
    NTM_OS_INIT_CNTRL_EXCEPT_ZERO_GAP = 4
    NTM_OS_INIT_CNTRL = 5
    CRAFT_INIT_CNTRL_EXCEPT_ZERO_GAP = 6
    CRAFT_INIT_CNTRL = 7


DURATION_S: Final[dict[int, int | None]] = {
    code: None if code == GapDuration.INFINITY else 1 << (code - 1) for code in GapDuration
}
"""Seconds a control lasts, by gapDuration; None: until it is removed."""

STOP_ALL: Final = -1
"""In the interval tables: no query passes."""
REMOVE: Final = -2
"""In the interval tables: the control ends."""


def _milliseconds(name: str) -> int:
    """Read the time out of a value's name."""
    if not name.startswith("SECONDS_"):
        return REMOVE if name == "REMOVE_GAP_CONTROL" else STOP_ALL
    whole, _, fraction = name.removeprefix("SECONDS_").partition("_")
    return round(float(f"{whole}.{fraction or 0}") * 1_000)


NATIONAL_MS: Final[dict[int, int]] = {code: _milliseconds(code.name) for code in GapInterval}
"""Milliseconds between two queries let through, by gapInterval."""

PRIVATE_MS: Final[dict[int, int]] = {code: _milliseconds(code.name) for code in PrivateGapInterval}
"""Milliseconds between two queries let through, by privateGapInterval."""
