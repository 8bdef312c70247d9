"""The working columns of one customer's calls while they are decided.

Source: D-006.
"""

from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.dialplan.public import N11_LISTED
from ain_scp.scp.batch.tables import KIND_MASK, LATA_SHIFT, STATE_SHIFT, Areas, CustomerTables, Mask, Routes
from ain_scp.scp.batch.verdicts import CLASSES, Verdicts
from ain_scp.terms.dialed import EMERGENCY_NUMBER
from ain_scp.terms.vocabulary import NON_NATIONAL

_STATE_MASK: Final = (1 << (LATA_SHIFT - STATE_SHIFT)) - 1
_EMERGENCY: Final = int("1" + EMERGENCY_NUMBER)
_CENTREX, _PBX = CLASSES.index("CENTREX"), CLASSES.index("PBX")


@final
class Calls:
    """Calls of one customer: what the tables said about the caller, what was found of the called number, the verdicts."""

    __slots__ = (
        "area",
        "areas",
        "bearer",
        "called_area",
        "calling",
        "dialed",
        "draw",
        "emergency",
        "npa",
        "plan",
        "privilege",
        "profile",
        "routes",
        "special",
        "tables",
        "time",
        "translated",
        "verdicts",
    )

    def __init__(
        self,
        tables: CustomerTables,
        areas: Areas,
        routes: Routes,
        verdicts: Verdicts,
        *,
        calling: NDArray[np.int64],
        dialed: NDArray[np.int64],
        plan: NDArray[np.int8],
        privilege: NDArray[np.int8],
        profile: NDArray[np.int32],
        area: NDArray[np.int32],
        bearer: NDArray[np.uint8],
        time: NDArray[np.int64],
        draw: NDArray[np.int32],
    ) -> None:
        self.tables = tables
        self.areas = areas
        self.routes = routes
        self.verdicts = verdicts
        self.calling = calling
        self.dialed = dialed
        self.plan = plan
        self.privilege = privilege
        self.profile = profile
        self.area = area
        self.bearer = bearer
        self.time = time
        self.draw = draw
        count = calling.size
        self.npa = (calling - 10**10) // 10**7
        self.special = np.zeros(count, np.int16)
        self.translated: Mask = np.zeros(count, np.bool_)
        self.called_area: NDArray[np.int32] = np.zeros(count, np.int32)
        self.emergency: Mask = np.zeros(count, np.bool_)

    @property
    def national(self) -> Mask:
        """Calls to a 10-digit number that has a place: no operator, carrier access or N11 call."""
        found: Mask = self.translated & (self.verdicts.non == NON_NATIONAL) & (self.special == 0)
        return found

    def intralata(self) -> Mask:
        """Both LATAs known and equal (A-046, A-048)."""
        lata = self.area >> LATA_SHIFT
        found: Mask = (lata != 0) & (lata == self.called_area >> LATA_SHIFT)
        return found

    def interstate(self) -> Mask:
        """Not both in one known state (A-073)."""
        state = self.area >> STATE_SHIFT & _STATE_MASK
        found: Mask = (state == 0) | (state != self.called_area >> STATE_SHIFT & _STATE_MASK)
        return found

    def emergency_call(self) -> Mask:
        """911 as a service code (A-103)."""
        found: Mask = (self.special == N11_LISTED) & (self.verdicts.called == _EMERGENCY)
        return found

    def kind(self) -> NDArray[np.int32]:
        """Toll free, 900 and 976, or neither, of the called number."""
        return self.called_area & KIND_MASK

    def pairs(self) -> NDArray[np.int16]:
        """111, 112, 121, 122 for two centrex or PBX stations, else 0 (A-071)."""
        first, second = self.verdicts.calling_class, self.verdicts.called_class
        both = (first <= _PBX) & (second <= _PBX)
        codes = 111 + 10 * first.astype(np.int16) + second
        return np.where(both, codes, 0).astype(np.int16)
