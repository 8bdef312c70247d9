"""The door of number portability: one query in, one outcome out.

Source: B4-012.
"""

from typing import Final, final

from ain_scp.portability.judge import judge
from ain_scp.portability.look import look
from ain_scp.provisioning.rows_services import SelectionRow
from ain_scp.provisioning.services import LnpTables
from ain_scp.terms.service import LNP, ServiceOutcome, ServiceQuery, ServiceRefusal
from ain_scp.terms.trace import Trace


@final
class Portability:
    """Number portability over its tables."""

    name: Final = LNP

    def __init__(self, tables: LnpTables) -> None:
        self.tables = tables

    def claims(self, _query: ServiceQuery, _row: SelectionRow) -> bool:
        """Every query that comes here is answered here."""
        return True

    def decide(self, query: ServiceQuery, trace: Trace | None = None) -> ServiceOutcome | ServiceRefusal:
        """The answer, or why there is none."""
        facts = look(self.tables, query, trace)
        if isinstance(facts, ServiceRefusal):
            return facts
        outcome = judge(facts, self.tables.options, query)
        if trace is not None:
            where = str(self.tables.options.where) if self.tables.options.where.line else ""
            trace.add("P6", "lnp", where, f"{outcome.outcome}: {outcome.called and outcome.called.digits}")
        return outcome
