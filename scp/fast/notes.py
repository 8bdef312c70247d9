"""Termination notifications of known shapes: a line of Virtual SMDR each, and no answer.

Two are alike when all is the same but SLS, component ID, origin, echo data and connect time.

Limits: as of shapes; MAX_TIMES connect times, then all are read anew.
Source: A-240..A-244, AMB-62, ain-wire section 4.3 item 5.
"""

import re
from typing import Final, final

from ain_scp.scp.sampling import TENTH_MS, TERMINATION_NOTIFICATION, completion_of
from ain_scp.signaling.ain.structured_types import connect_time_of
from ain_scp.signaling.flat.rows import CONNECT, ECHO, INDICATOR
from ain_scp.signaling.flat.walk import UNIDIRECTIONAL, Flat
from ain_scp.signaling.shapes.known import Known, mask_of
from ain_scp.smdr.sample import encode
from ain_scp.terms.units import MS_NS

MAX_MASKS: Final = 8
MAX_NOTES: Final = 1024
MAX_TIMES: Final = 1 << 14

_ECHO: Final = "A1B2C3D4E5F6"
_END: Final = 7_777_777_777_777
_TENTHS: Final = 11_111
_SPLIT: Final = re.compile(f"({_ECHO}|{_END}|{_END - _TENTHS * TENTH_MS})")


@final
class Note:
    """One kind of notification. `connected`: the line's words where a connect time is told, else `never`."""

    __slots__ = (
        "connect_at",
        "connected",
        "echo_at",
        "from_at",
        "from_end",
        "mask",
        "never",
        "opc_at",
        "want",
    )

    def __init__(self, flat: Flat, mask: int, scp: str) -> None:
        self.mask = mask
        self.want = int.from_bytes(flat.octets, "big") & mask
        indicator = flat.octets[flat.at[INDICATOR]]
        self.opc_at = flat.label_at
        self.from_at, self.from_end = flat.calling_at, flat.calling_end
        self.echo_at = flat.at[ECHO]
        self.connect_at = flat.at[CONNECT]
        self.connected = _words(indicator, _TENTHS, scp)
        self.never = _words(indicator, None, scp)


def _words(indicator: int, tenths: int | None, scp: str) -> tuple[str, ...]:
    """The constant parts of a line: before and after identifier, end, and connect time."""
    sample = completion_of(bytes.fromhex(_ECHO), indicator, tenths, _END * MS_NS, scp)
    return tuple(_SPLIT.split(encode(sample).decode())[::2])


@final
class Notes(Known[Note]):
    """The notifications known."""

    def __init__(self, scp: str) -> None:
        super().__init__(MAX_MASKS, MAX_NOTES)
        self._scp = scp
        self._times: dict[bytes, int] = {}

    def learn(self, flat: Flat) -> Note | None:
        """The kind of a walked notification; None for another message, or one that must not be taken for granted."""
        at, octets = flat.at, flat.octets
        if flat.package != UNIDIRECTIONAL or flat.code != TERMINATION_NOTIFICATION.code:
            return None
        if not at[ECHO] or not at[INDICATOR]:
            return None
        known = self.find(octets)
        if known is None:
            label = flat.label_at
            varying = [(label + 1, label + 4), (label + 11, label + 12), (flat.calling_at, flat.calling_end)]
            varying += [(flat.ids_at, flat.ids_at + flat.ids), (at[ECHO], at[ECHO] + 6)]
            if at[CONNECT]:
                varying.append((at[CONNECT], at[CONNECT] + 5))
            mask = mask_of(len(octets), varying)
            known = self.keep(octets, mask, Note(flat, mask, self._scp))
        return known

    def line(self, note: Note, octets: bytes, end: int) -> str:
        """The line of the call's completion, which ended at local millisecond `end`."""
        at = note.echo_at
        echo = octets[at : at + 6].hex().upper()
        at = note.connect_at
        if at:
            told = octets[at : at + 5]
            tenths = self._times.get(told)
            if tenths is None:
                tenths = self._read(told)
            if tenths >= 0:
                w0, w1, w2, w3 = note.connected
                return f"{w0}{echo}{w1}{end}{w2}{end - tenths * TENTH_MS}{w3}"
        w0, w1, w2 = note.never
        return f"{w0}{echo}{w1}{end}{w2}"

    def _read(self, octets: bytes) -> int:
        """Tenths of seconds; -1 for another layout."""
        if len(self._times) >= MAX_TIMES:
            self._times.clear()
        read = connect_time_of(octets)
        tenths = self._times[octets] = read if isinstance(read, int) else -1
        return tenths
