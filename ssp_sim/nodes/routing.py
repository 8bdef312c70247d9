"""The route indexes of a switch: which trunk group leads where, by nature of the called number.

A private trunk group of an ASF-RTL host is one name with two ends: NANP numbers leave towards the ETN node, foreign ones
towards the international gateway; the route index says which. Public trunk groups are made when first needed.

Source: A-146, A-177, A-181, A-182, A-183, [0049], [0098], [0101], [0130], [0131].
"""

from collections.abc import Mapping
from typing import Final

from ain_scp.ssp_sim.nodes.numbering import PSTN_NODE, NumberingPlan, RouteIndexes, is_international
from ain_scp.ssp_sim.nodes.trunks import HALF_OF_CIRCUITS, TrunkGroup, seizing_end

PRIVATE_KINDS: Final = frozenset({"ETN", "ATM", "INTL_GATEWAY"})
"""Kinds of nodes that are reached and left over MF trunks (A-007)."""


MOST_HOPS: Final = 16_384
"""Numbers whose next node a switch remembers."""


class SwitchRoutes:
    """The trunk groups of one switch, found by facility and number."""

    def __init__(
        self,
        switch: str,
        kind: str,
        lata: str,
        plan: NumberingPlan,
        indexes: RouteIndexes,
        kinds: Mapping[str, str],
        own_groups: frozenset[str],
    ) -> None:
        self.switch = switch
        self.kind = kind
        self.lata = lata
        self._plan = plan
        self._indexes = indexes
        self._kinds = kinds
        self._own = own_groups
        self.groups: dict[tuple[str, str], TrunkGroup] = {}
        self._hops: dict[tuple[str, int], str] = {}
        self._towards: dict[str, TrunkGroup] = {}

    def private(self, group: str, non: int) -> TrunkGroup | None:
        """Return the private trunk group of this name towards where the number lies; None = not of this switch."""
        if group not in self._own:
            return None
        far = self._indexes.far_end(self.switch, group, non)
        if far is None:
            return None
        members = self._indexes.members.get(group, self._indexes.private_members)
        return self._group(group, far, members, private=True)

    def carrier(self, code: str) -> TrunkGroup | None:
        """Return the trunk group to a carrier's point of presence, the default one where no carrier was named."""
        far = self._indexes.carriers.get(code, self._indexes.default_carrier)
        if far == self.switch:
            return None
        members = self._indexes.members.get(code, self._indexes.public_members)
        return self._group(f"CIC {code}", far, members, private=False)

    def is_default_carrier(self, node: str) -> bool:
        """Say whether a node is the point of presence that interLATA calls are handed to."""
        return node == self._indexes.default_carrier and node != self.switch

    def next_hop(self, number: str, non: int) -> str:
        """Return the next node towards a number over the public (or, from a private node, the private) network."""
        hop = self._hops.get((number, non))
        if hop is None:
            if len(self._hops) >= MOST_HOPS:
                self._hops.clear()
            hop = self._hops[number, non] = self._next_hop(number, non)
        return hop

    def _next_hop(self, number: str, non: int) -> str:
        if self.kind == "INTL_GATEWAY" and is_international(non):
            return self.switch
        serving = self._plan.serving(number, non)
        if serving == self.switch or (serving == PSTN_NODE and self.kind == "PSTN"):
            return self.switch
        if self.is_interlata(number, non):
            return self._indexes.default_carrier
        return serving

    def is_interlata(self, number: str, non: int) -> bool:
        """Say whether this switch and the number are known to lie in different LATAs (A-146)."""
        called = self._plan.lata(number, non)
        return bool(self.lata) and called is not None and called != self.lata and self._is_local_exchange()

    def towards(self, far: str) -> TrunkGroup:
        """Return the trunk group to an adjacent switch, MF where the private network is at either end."""
        found = self._towards.get(far)
        if found is not None:
            return found
        private = self.kind in PRIVATE_KINDS or self._kinds.get(far, "") in PRIVATE_KINDS
        members = self._indexes.members.get(far, self._indexes.public_members)
        made = self._towards[far] = self._group(f"TO {far}", far, members, private=private)
        return made

    def _is_local_exchange(self) -> bool:
        return self.kind not in PRIVATE_KINDS and self.kind not in {"IXC_POP", "PSTN"}

    def _group(self, name: str, far: str, members: int, *, private: bool) -> TrunkGroup:
        found = self.groups.get((name, far))
        if found is None:
            lower = private or seizing_end(self.switch, far, 1) == self.switch
            first = 1 if lower else HALF_OF_CIRCUITS + 1
            used = sum(group.members for group in self.groups.values() if group.far == far)
            members = min(members, HALF_OF_CIRCUITS - used)
            found = TrunkGroup(name, self.switch, far, "MF" if private else "ISUP", members, first + used)
            self.groups[name, far] = found
        return found
