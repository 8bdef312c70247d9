"""The trigger types, one row each: what the switch sends, where it stops the call, how its caller begins.

Source: A-011..A-018, A-140..A-145, ain-wire sections 2.2 and 4.1.
"""

from typing import Final, Literal, NamedTuple

from ain_scp.terms.vocabulary import MessageKind

Begins = Literal["ACCESS_CODE", "OFF_HOOK", "SET_UP", "CALLED"]


class TriggerType(NamedTuple):
    """One trigger type.

    `criteria` is triggerCriteriaType on the wire. `stops_at` is the query that this service's switches send. `begins`: the caller dials an access code, goes off hook and needs none,
    sets the call up in one message, or is not the caller at all but the line called.
    """

    name: str
    criteria: int
    stops_at: MessageKind
    begins: Begins

    @property
    def originates(self) -> bool:
        """Whether the line makes calls; a terminating trigger's is only called (A-018)."""
        return self.begins != "CALLED"


TRIGGERS: Final = (
    TriggerType("CDP_AC", 2, "INFO_ANALYZED", "ACCESS_CODE"),
    TriggerType("OHD", 17, "INFO_ANALYZED", "OFF_HOOK"),
    TriggerType("PRIBC", 18, "INFO_ANALYZED", "SET_UP"),
    TriggerType("TAT", 15, "TERMINATION_ATTEMPT", "CALLED"),
)
"""In the order of the indexes that compiled trigger tables hold."""

TRIGGER_TYPES: Final = tuple(row.name for row in TRIGGERS)

ORIGINATES: Final = bytes(row.originates for row in TRIGGERS)
"""By index: 1 = the line makes calls."""


def beginning(begins: Begins) -> frozenset[str]:
    """The names of the types whose calls begin so."""
    return frozenset(row.name for row in TRIGGERS if row.begins == begins)
