"""The dialing plans: manipulation (MDP, s110), special (SDP, s112), and whatever else is registered.

A plan turns dialed digits into a called number and nothing more: on-net, class, screening, routing and billing are the
common logic's business, so a new plan needs no change there (A-025). Register one with `register`, or ship it as a
package with an entry point of group `ain.dialing_plans`.

Source: [0056], [0057], [0060], [0061], A-023..A-039, AMB-1..AMB-6.
"""

from typing import Protocol

from ain_scp.dialplan.public import emergency_call, translate_public
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.decision import Translation
from ain_scp.terms.dialed import EMERGENCY_NUMBER, plain_form
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL


class Plan(Protocol):
    """A dialing plan: `step` is its figure step; `translate` gives the called number, or None for the vacant number."""

    @property
    def name(self) -> str:
        """The word that access codes map to."""

    @property
    def step(self) -> str:
        """The step id its translation is recorded under."""

    def translate(
        self, snapshot: Snapshot, customer: Customer, calling: str, dialed: str, trace: Trace | None
    ) -> Translation | None:
        """Translate digits dialed after the access code."""


class PlanRaised(Exception):
    """A plug-in plan raised, or gave what is no translation; the text names it and says what."""


class ManipulationPlan:
    """MDP: 7 or 10 dialed digits are a key of the customer's table; the routing number need share no digit with them."""

    name = "MDP"
    step = "s110"

    def translate(
        self, snapshot: Snapshot, customer: Customer, calling: str, dialed: str, trace: Trace | None
    ) -> Translation | None:
        """Look the digits up; on a miss a public number passes unchanged, 7 digits have no meaning (AMB-4).

        911 is no row's to change, whatever is keyed after it (A-103).
        """
        dialed = EMERGENCY_NUMBER if emergency_call(None, dialed) else plain_form(dialed)
        key = table_key(dialed)
        row = customer.mdp.find(key)
        if row >= 0:
            if trace is not None:
                trace.add("s110", "mdp", customer.where_mdp(row), f"{key} -> {customer.routing_number(row)}")
            return routing_number(customer, calling, row)
        translation = unlisted(snapshot, calling, dialed)
        if trace is not None:
            found = (
                "no meaning: vacant number"
                if translation is None
                else f"{translation.called_number} as dialed"
            )
            trace.add("s110", "mdp", "", f"{key} not listed, {found}")
        return translation


def table_key(dialed: str) -> str:
    """The digits that an MDP row is found by: without the 1 before ten digits."""
    dialed = plain_form(dialed)
    return dialed[1:] if len(dialed) == 11 and dialed[0] == "1" else dialed


def unlisted(snapshot: Snapshot, calling: str, dialed: str) -> Translation | None:
    """What digits mean that no MDP row has: 7 digits nothing, others what they mean in the public network (AMB-4)."""
    return None if len(table_key(dialed)) == 7 else translate_public(snapshot, calling, dialed)


def routing_number(customer: Customer, calling: str, row: int) -> Translation:
    """The called number of an MDP row; 7 digits are completed with the caller's area code (A-038)."""
    number = customer.routing_number(row)
    if customer.mdp_non[row] == NON_INTERNATIONAL:
        return Translation(number, NON_INTERNATIONAL, on_net=True)
    return Translation(number if len(number) == 10 else calling[:3] + number, NON_NATIONAL, on_net=True)


class SpecialPlan:
    """SDP: the dialed number is the routing number, without manipulation even if it is an MDP key (A-035)."""

    name = "SDP"
    step = "s112"

    def translate(
        self,
        snapshot: Snapshot,
        customer: Customer,  # noqa: ARG002 - a plan's signature
        calling: str,
        dialed: str,
        trace: Trace | None,
    ) -> Translation | None:
        """Read the digits as the public office dialing plan does."""
        translation = translate_public(snapshot, calling, dialed)
        if trace is not None:
            found = "no meaning: vacant number" if translation is None else translation.called_number
            trace.add("s112", "", "", f"{dialed} -> {found}")
        return translation


def standard_plans() -> dict[str, Plan]:
    """The two plans every installation has, by name."""
    plans: tuple[Plan, ...] = (ManipulationPlan(), SpecialPlan())
    return {plan.name: plan for plan in plans}
