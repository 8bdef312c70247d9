"""The door of terminating control and calling name: one query in, one outcome out.

Source: B4-012.
"""

from typing import Final, final

from ain_scp.provisioning.rows_services import SelectionRow
from ain_scp.provisioning.services import TerminatingTables
from ain_scp.terminating.judge import judge
from ain_scp.terminating.look import look
from ain_scp.terms.service import TERMINATING, ServiceOutcome, ServiceQuery, ServiceRefusal
from ain_scp.terms.trace import Trace


@final
class Terminating:
    """Terminating control over its tables; the lines of ASF-RTL hosts are never among them."""

    name: Final = TERMINATING

    def __init__(self, tables: TerminatingTables) -> None:
        self.tables = tables

    def claims(self, query: ServiceQuery, _row: SelectionRow) -> bool:
        """Lines with rules, and lines that are shown names."""
        line = query.called.digits if query.called is not None else ""
        return line in self.tables.lines or line in self.tables.shown

    def decide(self, query: ServiceQuery, trace: Trace | None = None) -> ServiceOutcome | ServiceRefusal:
        """The answer."""
        tables = self.tables
        facts = look(tables, query, trace)
        outcome, rule = judge(facts, query, tables.ama_slp_id, tables.name_slp_id, tables.most_redirections)
        if trace is not None:
            if rule is not None:
                trace.add("N1", "lines", str(rule.where), f"{rule.condition.text()}: {rule.action}")
            to = outcome.announcement or (outcome.called and outcome.called.digits) or ""
            trace.add("N5", "", "", f"{outcome.outcome} {to}".rstrip())
        return outcome
