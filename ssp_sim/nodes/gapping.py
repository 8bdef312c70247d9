"""Automatic code gapping in a switch: queries held back as the service control point asked, the rest marked.

A control names a translation type and leading digits of the global title. While it lasts, one query per gap interval
passes, carrying aCGEncountered; the interval starts when the control arrives (unconfirmed). Limit: 256 controls, as in
the reference STP; one more is refused and counted. Emergency calls (911) are never gapped.

Source: ain-wire.md sections 3.3 (gapDuration, gapInterval) and 4.3 item 8; reliability.md 3.3.
"""

from typing import Final

import msgspec

from ain_scp.signaling.ain import Parameters
from ain_scp.signaling.ain.gapping import DURATION_S, NATIONAL_MS, PRIVATE_MS, REMOVE, STOP_ALL
from ain_scp.signaling.ain.structures import ControlCause
from ain_scp.terms.units import MS_NS, SECOND_NS

MAX_CONTROLS: Final = 256
FOREVER: Final = 1 << 62


class GapControl(msgspec.Struct):
    """One control: what it applies to, until when, how far apart queries must be, when the next may pass."""

    translation_type: int
    digits: str
    cause: ControlCause
    until_ns: int
    interval_ns: int
    next_ns: int


class RefusedControl(msgspec.Struct, frozen=True):
    """A control there was no room for: what AcgOverflow reports."""

    translation_type: int
    digits: str
    cause: ControlCause


class GapControls:
    """The controls in force at one switch."""

    def __init__(self) -> None:
        self._controls: dict[tuple[int, str], GapControl] = {}
        self.refused = 0

    def __len__(self) -> int:
        return len(self._controls)

    def take(self, parameters: Parameters, now: int) -> RefusedControl | None:
        """Put a control in force, replace it, or remove it (gap interval "remove"); returns one there is no room for."""
        key = parameters.integer("translationType") or 0, parameters.text("globalTitleAddress") or ""
        national = parameters.integer("gapInterval")
        private = parameters.integer("privateGapInterval")
        gap_ms = (
            PRIVATE_MS.get(private or 0, REMOVE) if national is None else NATIONAL_MS.get(national, REMOVE)
        )
        if gap_ms == REMOVE:
            self._controls.pop(key, None)
            return None
        cause = parameters.get("controlCauseIndicator")
        if not isinstance(cause, ControlCause):
            cause = ControlCause(0, len(key[1]))
        self._expire(now)
        if key not in self._controls and len(self._controls) >= MAX_CONTROLS:
            self.refused += 1
            return RefusedControl(*key, cause)
        lasts_s = DURATION_S.get(parameters.integer("gapDuration") or 0, 0)
        duration = FOREVER if lasts_s is None else lasts_s * SECOND_NS
        interval = FOREVER if gap_ms == STOP_ALL else gap_ms * MS_NS
        self._controls[key] = GapControl(*key, cause, now + duration, interval, now + interval)
        return None

    def passes(self, translation_type: int, digits: str, now: int) -> tuple[bool, ControlCause | None]:
        """Say whether a query may go now, and the control it met (None: it met none)."""
        control = self._matching(translation_type, digits, now)
        if control is None:
            return True, None
        if now < control.next_ns:
            return False, control.cause
        control.next_ns = now + control.interval_ns
        return True, control.cause

    def _matching(self, translation_type: int, digits: str, now: int) -> GapControl | None:
        """Find the control with the most digits that is still in force."""
        if not self._controls:
            return None
        for size in range(len(digits), -1, -1):
            control = self._controls.get((translation_type, digits[:size]))
            if control is not None and now < control.until_ns:
                return control
        return None

    def _expire(self, now: int) -> None:
        for key in [key for key, control in self._controls.items() if control.until_ns <= now]:
            del self._controls[key]
