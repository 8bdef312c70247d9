"""The gate of records: while samples cannot be stored, the node sends no answer that would need one.

An answer that routes or refuses an originating call is replaced by ReturnError failureReport (unavailableResources), which
the switch treats as no answer of use: default treatment, no flag (A-263). Emergency calls are answered all the same (A-103)
and their samples kept for later; the host query of an ASF-RTL call makes no record of its own (A-256) and is answered; so
are errors, heartbeats and everything else that is not billable.

Source: A-103, A-256, A-263, ain-wire section 4.3 item 10 (no capacity: failureReport); reliability.md section 5, rule 6.
"""

from typing import Final, Protocol, final

from ain_scp.scp.overload.codes import code_of, is_emergency
from ain_scp.scp.service_logic.call import TERMINATION_ATTEMPT
from ain_scp.scp.service_logic.response import failure_report
from ain_scp.signaling.ain.values import FailureCause
from ain_scp.signaling.tcap import Component
from ain_scp.terms.decision import Decision
from ain_scp.terms.dialed import EMERGENCY_NUMBER


class Records(Protocol):
    """Where the samples of a node are stored."""

    @property
    def stopped(self) -> str:
        """Why none can be stored now; empty while they can."""


@final
class NoRecords:
    """A node that need not store its samples: the gate is always open."""

    stopped: Final = ""


def is_billable(decision: Decision, *, host: bool) -> bool:
    """Whether carrying a decision out routes or refuses an originating call that is no emergency."""
    return not host and decision.response_called_party_id != EMERGENCY_NUMBER


def asks_billable(query: Component) -> bool:
    """The same of a query whose decision is no longer known."""
    return query.code != TERMINATION_ATTEMPT and not is_emergency(code_of(query.parameter or b""))


def unavailable(invoke_id: int | None) -> Component:
    """What stands in the place of the answer."""
    return failure_report(invoke_id, FailureCause.UNAVAILABLE_RESOURCES)
