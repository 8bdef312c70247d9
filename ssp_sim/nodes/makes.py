"""The makes of switches, as data: which can host triggers, and which kinds.

Source: A-006, [0039], [0052], [0090].
"""

from typing import Final

import msgspec

from ain_scp.terms.triggers import TRIGGER_TYPES
from ain_scp.terms.vocabulary import SWITCH_MAKES_WITH_AIN


class SwitchMake(msgspec.Struct, frozen=True):
    """One make: its name in `switches.csv` and the trigger types it can host (none = no AIN)."""

    name: str
    release: str
    triggers: frozenset[str]


_ALL: Final = frozenset(TRIGGER_TYPES)
_RELEASE: Final = {
    "5ESS": "Generic 5E12, AIN Release 0.1",
    "DMS-100": "NA009, AIN Release 0.1",
    "AXE-10": "AIN Release 0.1",
    "EWSD": "AIN Release 0.1",
}
_WITHOUT: Final = ("1AESS", "ETN", "ATM", "INTL_GATEWAY", "IXC_POP", "PSTN")

MAKES: Final[dict[str, SwitchMake]] = {
    **{name: SwitchMake(name, _RELEASE[name], _ALL) for name in sorted(SWITCH_MAKES_WITH_AIN)},
    **{name: SwitchMake(name, "", frozenset()) for name in _WITHOUT},
}
"""Every make by name. PSTN is the rest of the public network, which this simulation does not build switch by switch."""


def can_trigger(kind: str, *, equipped: bool, trigger: str) -> bool:
    """Say whether a switch of this make, if AIN equipped, hosts this type of trigger."""
    make = MAKES.get(kind)
    return equipped and make is not None and trigger in make.triggers
