"""s200..s208 at the originating switch: emergency route, ASF-RTL, CRS/CCS, or plain PSTN.

Source: [0094]-[0105], [0110], [0127], A-110..A-149, AMB-25, AMB-35, AMB-44, AMB-45, decision table 4.6.
"""

from collections.abc import Iterator
from typing import Final

from ain_scp.asf_rtl.ways import Rule, Ways, only, ways_of
from ain_scp.provisioning.options import AsfProfile, Options, Order
from ain_scp.provisioning.options import Rule as ProfileRule
from ain_scp.provisioning.rows import Facilities
from ain_scp.terms.conditions import Condition
from ain_scp.terms.decision import Route
from ain_scp.terms.facts import NO_ROW, CalledFacts, CallerFacts, charging_zone
from ain_scp.terms.trace import Step, Trace
from ain_scp.terms.vocabulary import RouteKind

PSTN: Final = Route("PSTN")
CTC_BLOCKED: Final = Route("NONE", announcement="CTC_BLOCKED")


def select(
    options: Options,
    profile: AsfProfile | None,
    ctc: int,
    caller: CallerFacts,
    called: CalledFacts,
    of_number: int,
    emergency: Facilities | None,
    trace: Trace | None,
) -> Ways:
    """The ways of a call that passed screening.

    `emergency` is the emergency route when it is in force; `of_number` the RTL row that the called number leads to.
    """
    if emergency is not None:
        if trace is not None:
            trace.add("s202", "customer", options.where_key("emergency.route"), "emergency route")
        return only(_routed(emergency))
    if profile is None:
        if trace is not None:
            trace.add("s202", "", "", "PSTN")
        return only(PSTN)
    if profile.has_rtl:
        route = _to_host(options, profile, ctc, of_number, trace)
        if route is not None:
            return only(route)
    return _crs_ccs(profile, ctc, caller, called, trace)


def pass_through(
    options: Options, profile: AsfProfile | None, ctc: int, trace: Trace | None, *, exempt: bool
) -> Ways:
    """Operator, carrier access code and N11 calls pass through undisturbed: no host, no CRS, no CCS (A-037, A-136).

    A customer may still block such a call type where ASF-RTL is used; `exempt` is 911, which nothing stops (A-103).
    """
    blocked = profile is not None and profile.has_rtl and options.call_types.asf_treatment[ctc] == "BLOCK"
    if blocked and not exempt:
        return only(_blocked(options, ctc, trace))
    if trace is not None:
        trace.add("s202", "", "", "passed through undisturbed: PSTN")
    return only(PSTN)


def overflow(
    profile: AsfProfile | None, ctc: int, caller: CallerFacts, called: CalledFacts, trace: Trace | None
) -> Ways:
    """s202 of a call whose ASF-RTL host cannot be reached: CRS/CCS rules, else plain PSTN (A-147)."""
    return only(PSTN) if profile is None else _crs_ccs(profile, ctc, caller, called, trace)


def _to_host(
    options: Options, profile: AsfProfile, ctc: int, of_number: int, trace: Trace | None
) -> Route | None:
    """s208: the ASF-RTL number of this call; a refusal for a call type that is blocked; None = not ASF-RTL."""
    types = options.call_types
    treatment = types.asf_treatment[ctc]
    if treatment == "BLOCK":
        return _blocked(options, ctc, trace)
    if treatment != "RTL":
        if trace is not None:
            trace.add("s200", "call_types", types.where[ctc], f"call type {ctc} completes over the PSTN")
        return None
    row = profile.rtl_row(of_number, ctc)
    if row == NO_ROW:
        if trace is not None:
            trace.add("s200", "asf", profile.where, f"no ASF-RTL row for {trace.called} or call type {ctc}")
        return None
    entry = profile.rtl_rows[row]
    if trace is not None:
        trace.add("s208", "asf", str(entry.where), f"ASF-RTL number {entry.rtl}")
    return Route("ASF_RTL", rtl_number=entry.rtl, rtl_lata=profile.rtl_lata[row])


def _blocked(options: Options, ctc: int, trace: Trace | None) -> Route:
    if trace is not None:
        trace.add("s208", "call_types", options.call_types.where[ctc], f"call type {ctc} is blocked")
    return CTC_BLOCKED


def _crs_ccs(
    profile: AsfProfile, ctc: int, caller: CallerFacts, called: CalledFacts, trace: Trace | None
) -> Ways:
    """s202: the first matching CRS/CCS rule, else plain PSTN (A-128)."""
    why = [Step("s202", "asf", profile.where if profile.rules else "", "no rule applies: PSTN")]
    return ways_of(_rules(profile, charging_zone(caller, called), trace), PSTN, why, ctc, called.area)


def _rules(profile: AsfProfile, zone: str, trace: Trace | None) -> Iterator[Rule]:
    for rule in profile.rules:
        if rule.orders is not None:
            yield from _by_cost(rule, rule.orders[zone], zone, trace)
            continue
        steps: list[Step] = []
        if trace is not None:
            steps = [Step("s202", "asf", rule.where, str(rule.facilities))]
        yield rule.condition, _routed(rule.facilities), steps


def _by_cost(rule: ProfileRule, orders: tuple[Order, ...], zone: str, trace: Trace | None) -> Iterator[Rule]:
    """The rule once for each order of its carriers; of these exactly one can hold at a moment, so that a share is kept."""
    for order in orders:
        steps: list[Step] = []
        facilities = Facilities(rule.facilities.trunk_groups, order.carriers)
        if trace is not None:
            found = f"{facilities}; a minute to {zone}: {order.text}"
            steps = [Step("s202", "asf", rule.where, found)]
        condition = Condition((*rule.condition.questions, *order.questions), rule.condition.percent)
        yield condition, _routed(facilities), steps


def _routed(facilities: Facilities) -> Route:
    """CRS with trunk groups, CCS with carriers, CRS_CCS with both; a rule with neither is plain PSTN."""
    kind: RouteKind = "CCS" if facilities.carriers else "PSTN"
    if facilities.trunk_groups:
        kind = "CRS_CCS" if facilities.carriers else "CRS"
    return Route(kind, trunk_groups=facilities.trunk_groups, carriers=facilities.carriers)
