"""Numbers that are out of order are diverted: the smallest possible service with a table of its own.

`services/closed/numbers.txt` of the data set holds a line for each: the number, a blank, the number that answers instead.
"""

from pathlib import Path

from ain_scp.provisioning.rows_services import SelectionRow
from ain_scp.terms.service import Number, ServiceOutcome, ServiceQuery, ServiceRefusal
from ain_scp.terms.trace import Trace


class ClosedService:
    """Claims queries for the numbers of its table; all others are left to the next row of services.csv."""

    name = "CLOSED"

    def __init__(self, folder: Path) -> None:
        """Read the table; what this raises refuses the data set, with the plug-in's name."""
        lines = (folder / "numbers.txt").read_text(encoding="utf-8").splitlines()
        self._instead = dict(line.split(maxsplit=1) for line in lines if line.strip())

    def claims(self, query: ServiceQuery, row: SelectionRow, /) -> bool:
        """Whether the called number is in the table."""
        return query.called is not None and query.called.digits in self._instead

    def decide(self, query: ServiceQuery, trace: Trace | None = None, /) -> ServiceOutcome | ServiceRefusal:
        """The call goes to the number that answers instead."""
        if query.called is None:
            return ServiceRefusal(self.name, "MISSING_CONDITIONAL_PARAMETER", "no called number")
        instead = self._instead[query.called.digits]
        if trace is not None:
            trace.add("C1", "numbers", "services/closed/numbers.txt", f"{query.called.digits} -> {instead}")
        return ServiceOutcome(self.name, "DIVERTED", "ANALYZE_ROUTE", called=Number(instead))
