"""The door of the toll free service: one query in, one outcome out.

Source: B4-012.
"""

from typing import Final, final

from ain_scp.provisioning.rows_services import SelectionRow
from ain_scp.provisioning.services import TollFreeTables
from ain_scp.terms.service import TOLLFREE, ServiceOutcome, ServiceQuery, ServiceRefusal
from ain_scp.terms.trace import Trace
from ain_scp.tollfree.judge import judge
from ain_scp.tollfree.look import look


@final
class TollFree:
    """Toll free numbers over their tables."""

    name: Final = TOLLFREE

    def __init__(self, tables: TollFreeTables) -> None:
        self.tables = tables

    def claims(self, query: ServiceQuery, row: SelectionRow) -> bool:
        """Toll free numbers; any number where the query was sent to this service by address."""
        if row.ssn is not None or row.translation_type is not None:
            return True
        called = query.called
        if called is None:
            return False
        if called.digits[:3] in self.tables.toll_free_npas:
            return True
        return self.tables.options.pots and called.digits in self.tables.records

    def decide(self, query: ServiceQuery, trace: Trace | None = None) -> ServiceOutcome | ServiceRefusal:
        """The answer, or why there is none."""
        facts = look(self.tables, query, trace)
        if isinstance(facts, ServiceRefusal):
            return facts
        outcome, branch = judge(facts, self.tables.options)
        if trace is not None:
            if branch is not None:
                trace.add("F4", "templates", str(branch.where), branch.condition.text())
            elif outcome.outcome == "NO_BRANCH":
                trace.add("F4", "templates", "", "no branch holds")
            by = f" by {outcome.carriers[0]}" if outcome.carriers else ""
            to = outcome.announcement or (outcome.called and outcome.called.digits) or ""
            trace.add("F7", "", "", f"{outcome.outcome}: {to}{by}")
        return outcome
