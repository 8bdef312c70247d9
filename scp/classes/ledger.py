"""The ledger: what was judged of each pair of classes, once for all its calls.

Limits: MAX_PAIRS pairs, then all are judged anew.
Source: house.md section 2 (facts -> judge -> residue).
"""

from typing import Final, final

from ain_scp.provisioning.options import Options
from ain_scp.scp.service_logic.judge import Judged, judge
from ain_scp.terms.facts import Pair
from ain_scp.terms.zone import Times

MAX_PAIRS: Final = 1 << 18


@final
class Ledger:
    """Pairs of classes by customer, and what was judged of them."""

    def __init__(self, times: Times) -> None:
        self._times = times
        self._pairs: dict[tuple[str, Pair], Judged] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def judged(self, options: Options, pair: Pair) -> Judged:
        """What comes of calls of this pair of classes."""
        key = options.group_id, pair
        known = self._pairs.get(key)
        if known is None:
            if len(self._pairs) >= MAX_PAIRS:
                self._pairs.clear()
            known = self._pairs[key] = judge(options, pair, self._times)
        return known
