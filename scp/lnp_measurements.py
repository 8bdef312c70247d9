"""What number portability answered, counted apart: by routing number, by asking switch, by NPA-NXX of the number called.

Source: B4-012; services design section 5.6.
"""

from collections import Counter
from typing import Final, final

from ain_scp.signaling.mtp3 import format_point_code
from ain_scp.terms.service import LNP, ServiceOutcome

MOST: Final = {"lrn": 200_000, "switch": 10_000, "npanxx": 350_000}
"""Names of a kind that are counted apart; what comes later is counted as OTHERS."""
OTHERS: Final = "others"
_LED: Final = ("PORTED", "POOLED")


@final
class LnpMeasurements:
    """Counters by kind of name and name."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {kind: Counter() for kind in MOST}

    def count(self, outcome: ServiceOutcome, point_code: int, called: str) -> None:
        """Count one answer; those of other services are none of these."""
        if outcome.service != LNP:
            return
        if outcome.called is not None and outcome.outcome in _LED:
            self._add("lrn", outcome.called.digits)
        self._add("switch", format_point_code(point_code))
        self._add("npanxx", called[:6])

    def _add(self, kind: str, name: str) -> None:
        counts = self.counts[kind]
        counts[name if name in counts or len(counts) < MOST[kind] else OTHERS] += 1

    def labelled(self) -> dict[str, int]:
        """Every count by its labels, as metrics have them."""
        return {
            f'kind="{kind}",name="{name}"': count
            for kind, counts in self.counts.items()
            for name, count in sorted(counts.items())
        }
