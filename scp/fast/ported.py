"""Number portability on the short way: a called number's digits lead to an outcome and the number to call.

Source: B4-012; services design sections 5.1 and 10.
"""

from typing import Final, final

from ain_scp.provisioning.services import LnpTables
from ain_scp.terms.service import LNP

Key = tuple[str, str, str]
"""Service, outcome, and the carrier or announcement: what the other octets of an answer depend on."""

PORTED: Final[Key] = (LNP, "PORTED", "")
POOLED: Final[Key] = (LNP, "POOLED", "")
NOT_PORTED: Final[Key] = (LNP, "NOT_PORTED", "")
NOT_PORTABLE: Final[Key] = (LNP, "NOT_PORTABLE", "")


@final
class PortedEndings:
    """Where ported numbers lead, over one set of tables."""

    def __init__(self, tables: LnpTables) -> None:
        self._lrn_of = tables.lrn_of
        self._blocks = tables.blocks
        self._portable = tables.portable

    def of(self, digits: str) -> tuple[Key, str]:
        """What becomes of a query about ten digits: steps P3 to P5."""
        lrn = self._lrn_of(digits)
        if lrn:
            return PORTED, lrn
        block = self._blocks.get(digits[:7])
        if block is not None:
            return POOLED, block.lrn
        return NOT_PORTED if digits[:6] in self._portable else NOT_PORTABLE, digits
