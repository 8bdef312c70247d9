"""Every dialing plan this installation has: the standard two, and plug-ins of entry point group `ain.dialing_plans`.

Source: [0056], A-025.
"""

from importlib.metadata import entry_points

from ain_scp.dialplan.plans import Plan, standard_plans

GROUP = "ain.dialing_plans"


class PlanFault(Exception):
    """A plug-in plan that cannot be used; the text names it and says why."""


def registered_plans() -> dict[str, Plan]:
    """Plans by name. A plug-in may not replace a standard plan nor another plug-in (PlanFault)."""
    plans = standard_plans()
    for entry in entry_points(group=GROUP):
        plan = entry.load()()
        add(plans, plan, entry.value)
    return plans


def add(plans: dict[str, Plan], plan: Plan, source: str) -> None:
    """Register one plan under its name; PlanFault when the name is taken or is no upper-case word."""
    name = plan.name
    if name in plans:
        raise PlanFault(f"{source}: plan {name} is already registered")
    if not name.isidentifier() or name != name.upper():
        raise PlanFault(f"{source}: plan name {name!r} is not an upper-case word")
    plans[name] = plan
