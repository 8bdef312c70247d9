"""s200..s208 at the originating switch: emergency route, ASF-RTL, CRS/CCS, or plain PSTN.

Source: [0094]-[0105], [0110], [0127], A-110..A-149, AMB-25, AMB-35, AMB-44, AMB-45, decision table 4.6.
"""

from ain_scp.provisioning.rows import Facilities
from ain_scp.provisioning.snapshot import AsfProfile, Customer
from ain_scp.terms.conditions import Facts, first_match
from ain_scp.terms.decision import Route
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import RouteKind


def profile_of(customer: Customer, calling: str, trace: Trace | None) -> AsfProfile | None:
    """The ASF profile of the originating number, by longest prefix; None = no ASF at this location (A-130)."""
    row = customer.asf_originating.longest(calling)
    if row < 0:
        if trace is not None:
            trace.add("s200", "asf", "", "no ASF profile for this originating number")
        return None
    profile = customer.profiles[customer.profile_of[row]]
    if trace is not None:
        entry = customer.rows.asf_originating[row]
        includes = "includes ASF-RTL" if profile.has_rtl else "no ASF-RTL"
        trace.add("s200", "asf", str(entry.where), f"{entry.prefix} -> profile {profile.name}, {includes}")
    return profile


def select(
    customer: Customer,
    profile: AsfProfile | None,
    ctc: int,
    called: str,
    facts: Facts,
    emergency: Facilities | None,
    trace: Trace | None,
) -> Route:
    """Choose the route of a call that passed screening; `emergency` is the emergency route when it is in force."""
    if emergency is not None:
        if trace is not None:
            trace.add("s202", "customer", customer.where_key("emergency.route"), "emergency route")
        return Route(_kind(emergency), trunk_groups=emergency.trunk_groups, carriers=emergency.carriers)
    if profile is None:
        if trace is not None:
            trace.add("s202", "", "", "PSTN")
        return Route("PSTN")
    if profile.has_rtl:
        route = _to_host(customer, profile, ctc, called, trace)
        if route is not None:
            return route
    return _crs_ccs(profile, facts, trace)


def pass_through(
    customer: Customer, profile: AsfProfile | None, ctc: int, trace: Trace | None, *, exempt: bool
) -> Route:
    """Operator, carrier access code and N11 calls pass through undisturbed: no host, no CRS, no CCS (A-037, A-136).

    A customer may still block such a call type where ASF-RTL is used; `exempt` is 911, which nothing stops (A-103).
    """
    blocked = profile is not None and profile.has_rtl and customer.call_types.asf_treatment[ctc] == "BLOCK"
    if blocked and not exempt:
        if trace is not None:
            trace.add("s208", "call_types", customer.call_types.where[ctc], f"call type {ctc} is blocked")
        return Route("NONE", announcement="CTC_BLOCKED")
    if trace is not None:
        trace.add("s202", "", "", "passed through undisturbed: PSTN")
    return Route("PSTN")


def overflow(profile: AsfProfile | None, facts: Facts, trace: Trace | None) -> Route:
    """s202 of a call whose ASF-RTL host cannot be reached: CRS/CCS rules, else plain PSTN (A-147)."""
    return Route("PSTN") if profile is None else _crs_ccs(profile, facts, trace)


def _to_host(
    customer: Customer, profile: AsfProfile, ctc: int, called: str, trace: Trace | None
) -> Route | None:
    """s208: the ASF-RTL number of this call; a refusal for a call type that is blocked; None = not ASF-RTL."""
    treatment = customer.call_types.asf_treatment[ctc]
    if treatment == "BLOCK":
        if trace is not None:
            trace.add("s208", "call_types", customer.call_types.where[ctc], f"call type {ctc} is blocked")
        return Route("NONE", announcement="CTC_BLOCKED")
    if treatment != "RTL":
        if trace is not None:
            trace.add(
                "s200",
                "call_types",
                customer.call_types.where[ctc],
                f"call type {ctc} completes over the PSTN",
            )
        return None
    row = rtl_row(profile, ctc, called)
    if row < 0:
        if trace is not None:
            trace.add("s200", "asf", profile.where, f"no ASF-RTL row for {called} or call type {ctc}")
        return None
    entry = profile.rtl_rows[row]
    if trace is not None:
        trace.add("s208", "asf", str(entry.where), f"ASF-RTL number {entry.rtl}")
    return Route("ASF_RTL", rtl_number=entry.rtl)


def rtl_row(profile: AsfProfile, ctc: int, called: str) -> int:
    """Row of the caller's ASF table: exact number, longest prefix, then call type code; -1 = none (A-132)."""
    row = profile.numbers.find(called)
    if row < 0:
        row = profile.prefixes.longest(called)
    return row if row >= 0 else profile.ctc_rows.get(ctc, -1)


def _crs_ccs(profile: AsfProfile, facts: Facts, trace: Trace | None) -> Route:
    """s202: the first matching CRS/CCS rule, else plain PSTN (A-128)."""
    index = first_match(profile.conditions, facts) if profile.rules else -1
    if index < 0:
        if trace is not None:
            trace.add("s202", "asf", profile.where if profile.rules else "", "no rule applies: PSTN")
        return Route("PSTN")
    rule = profile.rules[index]
    facilities = rule.facilities
    if trace is not None:
        trace.add("s202", "asf", rule.where, str(facilities))
    return Route(_kind(facilities), trunk_groups=facilities.trunk_groups, carriers=facilities.carriers)


def _kind(facilities: Facilities) -> RouteKind:
    """CRS with trunk groups, CCS with carriers, CRS_CCS with both; a rule with neither is plain PSTN."""
    if facilities.trunk_groups:
        return "CRS_CCS" if facilities.carriers else "CRS"
    return "CCS" if facilities.carriers else "PSTN"
