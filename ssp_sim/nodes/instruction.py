"""What the service control point told a switch: an instruction, and what it wants to hear of.

Source: [0101], [0102], [0128]-[0130]; A-140, A-143; AMB-70.
"""

from typing import Final, Literal

import msgspec

from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.terms.vocabulary import NON_NATIONAL

InstructionKind = Literal["ROUTE", "ANNOUNCE", "CONTINUE", "DISCONNECT", "FAULT"]


class Instruction(msgspec.Struct, frozen=True):
    """What the service control point told the switch to do, whichever message carried it.

    ROUTE: the called number and its nature, facilities in order, redirecting number, AMAslpID (None = no flag), echo data
    (None = no termination notification wanted). ANNOUNCE: the announcement; `disconnect` False = then report and wait.
    FAULT: no usable answer; `reason` says why. `collect` = digits to ask for with an announcement.
    """

    kind: InstructionKind
    called: str = ""
    called_non: int = NON_NATIONAL
    calling: str | None = None
    trunk_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    redirecting: str | None = None
    redirecting_non: int = NON_NATIONAL
    redirection_information: bytes = b""
    ama_slp_id: str | None = None
    echo: bytes | None = None
    announcement: int = 0
    disconnect: bool = True
    reason: str = ""
    collect: int = 0


NO_POINTS: Final[frozenset[DetectionPoint]] = frozenset()


class EventRequest(msgspec.Struct, frozen=True):
    """Detection points the service control point wants to hear of; at those of `request` the call stops and waits."""

    request: frozenset[DetectionPoint] = NO_POINTS
    notify: frozenset[DetectionPoint] = NO_POINTS
    no_answer_ns: int = 0
