"""Fig. 5 at the ASF-RTL host: s2120 routing logic (Fig. 6), s2122 ASF-RTL table.

Three ends are easy to confuse: a branch that reaches s2350 names PSTN_DEFAULT and the call goes out over the PSTN; a
branch that names nothing blocks the call; an outcome without a row is a critical error (AMB-37).

Source: [0104]-[0125], A-150..A-172, AMB-36..AMB-38, AMB-57, AMB-77, decision tables 4.5 and 4.6.
"""

from ain_scp.asf_rtl.ways import Ways, ways_of
from ain_scp.provisioning.options import HostLogic, Options
from ain_scp.terms.decision import Route
from ain_scp.terms.trace import Step
from ain_scp.terms.vocabulary import PSTN_DEFAULT, Cause


def host_ways(options: Options, logic: HostLogic, ctc: int, area: str) -> Ways:
    """s2120..s2122: what the RTL number's routing logic may come to for a call of this type to this area code."""
    rules = [
        (node.condition, *_named(options, logic, node.outcome, str(node.where))) for node in logic.rtl.logic
    ]
    return ways_of(rules, *_named(options, logic, None, str(logic.rtl.where)), ctc, area)


def _named(options: Options, logic: HostLogic, outcome: str | None, where: str) -> tuple[Route, list[Step]]:
    """s2122: the ASF-RTL table row of (originating location, destination location) (A-160..A-162)."""
    number = logic.number
    steps = [Step("s2120", "rtl", where, f"outcome {outcome or 'none named'}")]
    if outcome is None or outcome == PSTN_DEFAULT:
        steps.append(Step("s2122", "", "", "no look-up"))
        refused: Cause | None = "RTL_NO_OUTCOME" if outcome is None else None
        return Route("ASF_RTL_HOST", outcome=outcome, rtl_number=number, announcement=refused), steps
    row = options.asf_rtl.get((number, outcome))
    if row is None:
        steps.append(Step("s2122", "asf_rtl", "", f"no row for ({number}, {outcome}): critical error"))
        return Route("ASF_RTL_HOST", outcome=outcome, rtl_number=number, announcement="RTL_NO_ROW"), steps
    facilities = row.facilities
    steps.append(Step("s2122", "asf_rtl", str(row.where), str(facilities)))
    invalid = not facilities.trunk_groups and not facilities.carriers
    route = Route(
        "ASF_RTL_HOST",
        outcome=outcome,
        rtl_number=number,
        trunk_groups=facilities.trunk_groups,
        carriers=facilities.carriers,
        announcement="RTL_INVALID_ROW" if invalid else None,
    )
    return route, steps
