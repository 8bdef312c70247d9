"""The ACG component: which duration and interval to ask for, and its octets.

Source: ain-wire sections 2.2, 4.3 item 8; GR-1299-CORE (ACG).
"""

from typing import Final

from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.gapping import (
    DURATION_S,
    NATIONAL_MS,
    STOP_ALL,
    GapDuration,
    GapInterval,
    PrivateGapInterval,
)
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import ControlCause, Value
from ain_scp.signaling.tcap import Component, invoke

ACG: Final = operation_named("acg")
GENERAL_DIGITS: Final = 6
"""Digits of a general control: area code and office; the ATIS glossary's "six-digit control"."""
FOCUSED_DIGITS: Final = 10
SCP_OVERLOAD: Final = 0
"""Type of control: overload of the SCP's data base (coding unconfirmed)."""

_RISING: Final = tuple((NATIONAL_MS[code], code) for code in GapInterval if NATIONAL_MS[code] >= 0)
_DURATIONS: Final = tuple((seconds, code) for code, seconds in DURATION_S.items() if seconds is not None)


class Gap:
    """A control as it is asked for: code, interval, duration (numbers of the standard's tables)."""

    __slots__ = ("code", "duration", "interval", "private")

    def __init__(self, code: str, duration: int, interval: int, *, private: bool = False) -> None:
        self.code = code
        self.duration = duration
        self.interval = interval
        self.private = private


def component(gap: Gap, invoke_id: int, translation_type: int) -> Component:
    """The acg Invoke; it is linked to no query (one component ID)."""
    values: dict[str, Value] = {
        "controlCauseIndicator": ControlCause(SCP_OVERLOAD, len(gap.code)),
        "gapDuration": GapDuration(gap.duration),
        "translationType": translation_type,
        "globalTitleAddress": gap.code,
    }
    if gap.private:
        values["privateGapInterval"] = PrivateGapInterval(gap.interval)
    else:
        values["gapInterval"] = GapInterval(gap.interval)
    return invoke(ACG.code, encode_parameters(ACG, values), invoke_id)


def removal(code: str) -> Gap:
    """The control that ends the control of a code."""
    return Gap(code, GapDuration.SECONDS_1, GapInterval.REMOVE_GAP_CONTROL)


def interval_pair(gap_ms: float) -> tuple[int, int]:
    """The national intervals just below (or equal) and just above the wanted one."""
    below = _RISING[0][1]
    for milliseconds, code in _RISING:
        if milliseconds == gap_ms:
            return code, code
        if milliseconds > gap_ms:
            return below, code
        below = code
    return below, GapInterval.STOP_ALL_CALLS


def duration_for(interval: int, at_least_s: int) -> int:
    """The shortest duration of at least `at_least_s` that also spans four gaps of the interval (or the longest)."""
    milliseconds = NATIONAL_MS[interval]
    seconds = at_least_s if milliseconds == STOP_ALL else max(at_least_s, 4 * milliseconds // 1_000)
    for length, code in _DURATIONS:
        if length >= seconds:
            return code
    return GapDuration.SECONDS_2048
