"""A switch's side of code gapping as the SCP's load tests model it: the first query after a control passes at once.

What follows an expired gap passes and starts the next gap; a repeated control keeps the gap that runs. Times are nanoseconds.
"""

from ain_scp.signaling.ain.gapping import DURATION_S, NATIONAL_MS, PRIVATE_MS, REMOVE, STOP_ALL
from ain_scp.signaling.ain.messages import Parameters
from ain_scp.signaling.ain.structures import ControlCause
from ain_scp.terms.units import MS_NS, SECOND_NS

MAX_CONTROLS = 256


class _Control:
    """One control in force: until when, how long a gap is, when the gap that runs now ends."""

    __slots__ = ("cause", "gap_ends", "interval_ns", "until")

    def __init__(self, cause: ControlCause, interval_ns: int, until: int | None) -> None:
        self.cause = cause
        self.interval_ns = interval_ns
        self.until = until
        self.gap_ends: int | None = None


class CodeGapping:
    """The controls a switch obeys: `apply` each acg component, ask `admit` before each query.

    Source: GR-1299-CORE (ACG).
    """

    def __init__(self) -> None:
        self._controls: dict[tuple[int, str], _Control] = {}
        self._lengths: tuple[int, ...] = ()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._controls)

    def apply(self, acg: Parameters, now: int) -> bool:
        """Take one acg component; whether it was understood and had room. A repeated control keeps the gap that runs."""
        cause, code = acg.get("controlCauseIndicator"), acg.text("globalTitleAddress")
        translation_type, duration = acg.integer("translationType"), acg.integer("gapDuration")
        interval_ms = interval_of(acg)
        if (
            not isinstance(cause, ControlCause)
            or code is None
            or translation_type is None
            or interval_ms is None
        ):
            return self._refuse()
        key = (translation_type, code[: cause.digit_count])
        if interval_ms == REMOVE:
            self._controls.pop(key, None)
            self._index()
            return True
        if duration not in DURATION_S or (len(self._controls) >= MAX_CONTROLS and key not in self._controls):
            return self._refuse()
        seconds = DURATION_S[duration]
        until = None if seconds is None else now + seconds * SECOND_NS
        interval_ns = STOP_ALL if interval_ms == STOP_ALL else interval_ms * MS_NS
        control = _Control(cause, interval_ns, until)
        before = self._controls.get(key)
        if before is not None and before.gap_ends is not None and interval_ns > 0:
            control.gap_ends = min(before.gap_ends, now + interval_ns)
        self._controls[key] = control
        self._index()
        return True

    def admit(self, translation_type: int, digits: str, now: int) -> tuple[bool, ControlCause | None]:
        """Whether a query about `digits` may go, and what its aCGEncountered must say (None: no control met)."""
        for length in self._lengths:
            key = (translation_type, digits[:length])
            control = self._controls.get(key)
            if control is None or len(digits) < length:
                continue
            if control.until is not None and now >= control.until:
                del self._controls[key]
                self._index()
                continue
            return self._pass(control, now), control.cause
        return True, None

    def clear(self) -> None:
        """Forget every control (acgGlobalCtrlRestore)."""
        self._controls.clear()
        self._lengths = ()

    def _pass(self, control: _Control, now: int) -> bool:
        if control.interval_ns == STOP_ALL or (control.gap_ends is not None and now < control.gap_ends):
            return False
        control.gap_ends = now + control.interval_ns
        return True

    def _index(self) -> None:
        """Longest codes first: the most specific control decides."""
        self._lengths = tuple(sorted({len(code) for _, code in self._controls}, reverse=True))

    def _refuse(self) -> bool:
        self.refused += 1
        return False


def interval_of(acg: Parameters) -> int | None:
    """Milliseconds of whichever interval the component has, STOP_ALL or REMOVE; None for a code without meaning."""
    national = acg.integer("gapInterval")
    if national is not None:
        return NATIONAL_MS.get(national)
    private = acg.integer("privateGapInterval")
    return None if private is None else PRIVATE_MS.get(private)
