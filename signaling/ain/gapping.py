"""Automatic Code Gapping: what the codes of duration and interval mean in time.

Source: GR-1299-CORE (ACG), ain-wire section 4.3 item 8; code tables as in Wireshark's AIN-Parameters.asn.
"""

from typing import Final

from ain_scp.signaling.ain.values import GapDuration, GapInterval, PrivateGapInterval

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
