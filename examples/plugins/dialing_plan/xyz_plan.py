"""A plan that always calls one number, whatever was dialed: the smallest possible dialing plan.

Everything after the translation (screening, blocking, routing, billing, records) is the common logic's, unchanged.
"""

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.decision import Translation
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_NATIONAL


class FixedNumberPlan:
    """6 + anything reaches the attendant at 925-834-1240."""

    name = "XYZ"
    step = "s110"

    def translate(
        self, snapshot: Snapshot, customer: Customer, calling: str, dialed: str, trace: Trace | None
    ) -> Translation | None:
        """Always the attendant."""
        if trace is not None:
            trace.add(self.step, "xyz", "", f"{dialed or 'nothing'} -> attendant")
        return Translation("9258341240", NON_NATIONAL)
