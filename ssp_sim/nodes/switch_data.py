"""What makes one switch this switch.

Apart from `Switch`, which is compiled where there is a compiler: a compiled module cannot hold a frozen record.

Source: [0038], [0045], [0089]-[0093], A-006.
"""

from collections.abc import Mapping

import msgspec

from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.number_triggers import NumberTriggers
from ain_scp.ssp_sim.nodes.origination import DETECTION
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress
from ain_scp.ssp_sim.nodes.switch_settings import SwitchAnnouncements, SwitchTimers


class SwitchData(msgspec.Struct, frozen=True):
    """What makes one switch this switch.

    `stp` is the adjacent signal transfer point, whose point code every message for a node that is not adjacent goes by;
    empty = none. `point_codes` are those of all switches. `first_transaction` starts its transaction ids.
    """

    name: str
    kind: str
    equipped: bool
    lata: str
    point_codes: Mapping[str, int]
    stp: str = ""
    stp_point_code: int = 0
    ssn: int = 250
    scp: ScpAddress = ScpAddress()
    first_transaction: int = 1
    timers: SwitchTimers = SwitchTimers()
    announcements: SwitchAnnouncements = SwitchAnnouncements()
    detection: Mapping[str, DetectionPoint] = msgspec.field(default_factory=lambda: DETECTION)
    number_triggers: NumberTriggers | None = None
    """Triggers by called number; None = the network has no services that are asked so."""
    answers_to_lose: int = 0
    """How many answers of the service control point are lost on their way, from the first on."""
