"""What a run's calls cost: the rated record of each, as JSON.

Source: A-225, A-240; AMB-56.
"""

from typing import Final

import msgspec

from ain_scp.billing.rating.places import jurisdiction
from ain_scp.billing.rating.standard import NO_USAGE, RatedUsage, minutes, rate_usage, started_seconds
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.ssp_sim.nodes.usage import NumberQuery, UsageRecord
from ain_scp.terms.decision import Decision
from ain_scp.terms.units import MS_NS, SECOND_NS

MOST_PRICES: Final = 16_384
NS_PER_DAY: Final = 86_400 * SECOND_NS


class Prices:
    """Prices by one data set. `kept`: calls share their decisions, so prices are kept by the started minute."""

    def __init__(self, snapshot: Snapshot, *, kept: bool) -> None:
        self._snapshot = snapshot
        self._kept = kept
        self._prices: dict[tuple[Decision | None, int, str | None, int], bytes] = {}

    def of(self, decision: Decision | None, usage: UsageRecord | None) -> bytes:
        """The rated record of a call; `usage` is that of the switch where it originates."""
        if usage is None or not self._kept:
            priced = msgspec.json.encode(self._rated(decision, usage))
        else:
            started = minutes(started_seconds(usage.duration_ns // MS_NS))
            key = decision, started, usage.ama_slp_id, usage.answer_ns // NS_PER_DAY
            known = self._prices.get(key)
            if known is None and len(self._prices) >= MOST_PRICES:
                self._prices.clear()
            priced = self._prices[key] = known or msgspec.json.encode(self._rated(decision, usage))
        if usage is None or usage.number_query is None:
            return priced
        return self._with_numbers(priced, usage, usage.number_query)

    def _with_numbers(self, priced: bytes, usage: UsageRecord, found: NumberQuery) -> bytes:
        """The record with what services asked by called number had to do with it."""
        place = jurisdiction(self._snapshot, usage.calling or "", usage.called, usage.called_non)
        values: dict[str, object] = msgspec.json.decode(priced)
        values |= {
            "called_number": usage.called,
            "jurisdiction": "TOLL_FREE" if found.toll_free else place,
            "lnp": {"query": found.query, "lrn": found.lrn, "by": "AIN"},
        }
        return msgspec.json.encode(values)

    def _rated(self, decision: Decision | None, usage: UsageRecord | None) -> RatedUsage:
        """The price of the switch's record: its own AMAslpID counts, whatever the SCP said (AMB-56)."""
        if usage is None or (decision is not None and decision.announcement == "VACANT_NUMBER"):
            return NO_USAGE
        seconds = started_seconds(usage.duration_ns // MS_NS)
        return rate_usage(self._snapshot, decision, seconds, usage.ama_slp_id, usage.answer_ns // NS_PER_DAY)
