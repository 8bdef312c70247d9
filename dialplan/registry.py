"""Every dialing plan this installation has: the standard two, and plug-ins of entry point group `ain.dialing_plans`.

A plug-in that cannot be loaded is left out and named by `plan_faults`; one that raises while it translates costs that one call
a refusal that names it (`PlanRaised`).

Source: [0056], A-025.
"""

from importlib.metadata import entry_points

from ain_scp.dialplan.plans import Plan, PlanRaised, standard_plans
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.decision import Translation
from ain_scp.terms.digits import is_digits
from ain_scp.terms.foreign import RAISED, register_all, said
from ain_scp.terms.trace import Trace

GROUP = "ain.dialing_plans"


class GuardedPlan:
    """A plug-in plan of which nothing but a translation or PlanRaised comes."""

    def __init__(self, plan: Plan, source: str) -> None:
        self.name = plan.name
        self.step = plan.step
        self._plan = plan
        self._source = source

    def translate(
        self, snapshot: Snapshot, customer: Customer, calling: str, dialed: str, trace: Trace | None
    ) -> Translation | None:
        """Translate by the plug-in; PlanRaised for whatever it raises, and for what is no translation."""
        try:
            made: object = self._plan.translate(snapshot, customer, calling, dialed, trace)
        except RAISED as fault:  # a plug-in is foreign: nothing that it raises may end a server
            raise PlanRaised(f"dialing plan {self.name} ({self._source}) raised {said(fault)}") from None
        if made is None or (isinstance(made, Translation) and _is_whole(made)):
            return made
        what = "a Translation without digits" if isinstance(made, Translation) else type(made).__name__
        raise PlanRaised(f"dialing plan {self.name} ({self._source}) gave {what}, not a number to call")


def _is_whole(made: Translation) -> bool:
    """Whether what is called is digits, and its nature a number or absent."""
    number: object = made.called_number
    nature: object = made.non
    return isinstance(number, str) and is_digits(number) and (nature is None or type(nature) is int)


def registered_plans() -> dict[str, Plan]:
    """Plans by name; a plug-in may not replace a standard plan nor another plug-in."""
    return _found()[0]


def plan_faults() -> list[str]:
    """Which plug-ins cannot be used, and why."""
    return _found()[1]


def _found() -> tuple[dict[str, Plan], list[str]]:
    plans = standard_plans()
    return plans, register_all(plans, entry_points(group=GROUP), "plan", GuardedPlan)
