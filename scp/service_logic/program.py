"""The common service logic of Fig. 2, one query at a time: the page to read first.

Every step is a plain call into the feature that owns it; the features never see each other. With a `Trace` the same code
records the figure's step numbers and the rows that decided; without one it costs nothing.

Source: [0054]-[0058], [0104]-[0131], A-001..A-004, A-023, A-103, Figs. 2, 3, 5.
"""

from collections.abc import Collection
from typing import final

from ain_scp.asf_rtl.host import authorized
from ain_scp.asf_rtl.host import route as host_route
from ain_scp.asf_rtl.select import overflow, pass_through, profile_of, select
from ain_scp.billing.treat import treat_pstn, treat_rtl
from ain_scp.dialplan.call_type import classify
from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import Plan
from ain_scp.dialplan.public import emergency_call, is_emergency_call, true_number
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.rows import Facilities
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.screening.blocking import check_blocking, emergency_blocks
from ain_scp.screening.ocs import NO_TABLE, permits, privilege_class
from ain_scp.terms.blocking import CAUSE_OF
from ain_scp.terms.conditions import facts_of
from ain_scp.terms.decision import Decision, Route, Translation
from ain_scp.terms.query import Query
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import NON_NATIONAL


@final
class Undecidable:
    """A query the service has no customer for (A-260): answered with an error, counted, never routed."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


@final
class Program:
    """The service logic over one snapshot and the registered dialing plans."""

    __slots__ = ("plans", "snapshot")

    def __init__(self, snapshot: Snapshot, plans: dict[str, Plan]) -> None:
        """Bind tables and plans; ProvisioningError names every access code whose plan is not registered (A-023)."""
        missing = [
            Problem(
                customer.rows.where.file,
                customer.rows.lines.get(f"access_codes.{code}", customer.rows.where.line),
                0,
                f"access code {code}: no plan {name}; known plans: {', '.join(sorted(plans))}",
                "A-023",
            )
            for customer in snapshot.customers
            for code, name in customer.access_codes.items()
            if name not in plans
        ]
        if missing:
            raise ProvisioningError(missing)
        self.snapshot = snapshot
        self.plans = plans

    def codes_of(self, calling: str) -> Collection[str]:
        """The access codes that a caller's customer declares; none for a caller of no customer."""
        trigger = self.snapshot.triggers.find(calling)
        return () if trigger < 0 else self.snapshot.customer_of(trigger).access_codes

    def decide(self, query: Query, trace: Trace | None = None) -> Decision | Undecidable:
        """Answer one query: the trigger finds the customer, the customer's tables find the rest (A-001)."""
        if query.message == "TERMINATION_ATTEMPT":
            return self._host_query(query, trace)
        if query.message == "NETWORK_BUSY":
            return self._network_busy(query, trace)
        calling = query.calling_party
        if calling is None:
            return Undecidable("no calling party number")
        trigger = self.snapshot.triggers.find(calling)
        if not self.snapshot.originates(trigger):
            return Undecidable(f"no originating trigger for {calling}")
        return self._originating(query, calling, self.snapshot.customer_of(trigger), trace)

    # Fig. 2

    def _originating(self, query: Query, calling: str, customer: Customer, trace: Trace | None) -> Decision:
        station = customer.station(calling)
        decision = Decision(customer.group_id, calling, customer.class_of(station))
        plan = self._plan(query, customer, trace)  # s100
        translation = emergency_call(query.access_code, query.dialed)
        if translation is None and plan is None:
            decision.refuse("UNKNOWN_ACCESS_CODE")
            return _respond(decision, trace)
        if plan is not None:
            decision.plan = plan.name
        if translation is not None:
            _note_emergency(plan, query, trace)
        elif plan is not None:
            translation = plan.translate(self.snapshot, customer, calling, query.dialed, trace)  # s110, s112
        if translation is None:
            return _respond(_vacant(decision, customer), trace)
        place(self.snapshot, customer, calling, translation)
        _note_translation(decision, translation)
        klass = 0
        if trace is not None:
            trace.add(
                "s120",
                "",
                "",
                f"{translation.called_number} is {'on-net' if translation.on_net else 'off-net'}",
            )
        if customer.ocs:
            klass = self._screen(customer, calling, station, translation, decision, trace)  # s1000..s1014
            if klass == NO_TABLE:
                return _respond(_vacant(decision, customer), trace)
            if decision.screening == "DENY":
                decision.refuse("SCREENED")
                return _sample(decision, trace)
        else:
            decision.screening = "NOT_SUBSCRIBED"
            if trace is not None:
                trace.add(
                    "s1000", "customer", customer.where_key("ocs"), "outgoing call screening not subscribed"
                )
                trace.add("s1002", "", "", "return")
        emergency = self._block(customer, klass, is_emergency_call(translation), decision, trace)  # s130
        if decision.blocking in CAUSE_OF:
            decision.refuse(CAUSE_OF[decision.blocking])
            return _sample(decision, trace)
        self._route_and_bill(query, customer, translation, emergency, decision, trace)  # s200..s210
        return _sample(decision, trace)

    def _plan(self, query: Query, customer: Customer, trace: Trace | None) -> Plan | None:
        """s100: the plan of the access code, or of the code the trunk group implies (A-023, A-024, AMB-2)."""
        code = query.access_code
        if code is None and query.trunk_group is not None:
            group = customer.trunk_groups.get(query.trunk_group)
            code = group.implied_access_code if group is not None and not group.sends_access_code else None
        name = customer.access_codes.get(code) if code is not None else None
        if trace is not None:
            found = f"access code {code or 'none'} -> {name or 'no plan'}"
            trace.add("s100", "access_codes", customer.where_key(f"access_codes.{code or ''}"), found)
        return self.plans[name] if name is not None else None

    def _screen(
        self,
        customer: Customer,
        calling: str,
        station: int,
        translation: Translation,
        decision: Decision,
        trace: Trace | None,
    ) -> int:
        """Fig. 3; the privilege class, or NO_TABLE. 911 is never stopped here (A-103, table 4.2)."""
        if trace is not None:
            trace.add("s1000", "customer", customer.where_key("ocs"), "outgoing call screening subscribed")
        emergency_call = is_emergency_call(translation)
        klass = privilege_class(customer, calling, station, trace)
        if klass == NO_TABLE:
            if not emergency_call:
                decision.screening = "PROVISIONING_ERROR"
                return NO_TABLE
            klass = customer.default_privilege_class
        decision.privilege_class = klass
        ctc = classify(self.snapshot, customer, calling, decision.calling_class, translation)
        decision.ctc = ctc
        decision.ctc_source = "OCS"
        if trace is not None:
            trace.add("s1008", "call_types", customer.call_types.where[ctc], f"call type code {ctc}")
        allowed = permits(customer, ctc, klass, trace) or emergency_call
        decision.screening = "ALLOW" if allowed else "DENY"
        if trace is not None:
            trace.add("s1012" if allowed else "s1014", "", "", "allowed" if allowed else "screened")
        return klass

    def _block(
        self, customer: Customer, klass: int, emergency_call: bool, decision: Decision, trace: Trace | None
    ) -> Facilities | None:
        """s130: emergency calling, then the blocking table; returns the emergency route when it is in force."""
        if (
            klass == 0
        ):  # no privilege class and no call type code: nothing is consulted (A-096, AMB-26, AMB-32)
            decision.blocking = "NOT_APPLICABLE"
            if trace is not None:
                trace.add("s130", "", "", "no privilege class: no table is consulted")
            return None
        if not emergency_call and emergency_blocks(customer, klass, trace):
            decision.blocking = "BLOCK_EMERGENCY"
            return None
        called = decision.called_number or ""
        decision.blocking = check_blocking(customer, klass, decision.ctc, called, trace)
        return customer.emergency_route if customer.emergency_active and not emergency_call else None

    def _route_and_bill(
        self,
        query: Query,
        customer: Customer,
        translation: Translation,
        emergency: Facilities | None,
        decision: Decision,
        trace: Trace | None,
    ) -> None:
        """s200..s210: facilities, then the billing treatment of the way taken."""
        calling, called = decision.calling_party or "", translation.called_number
        profile = profile_of(customer, calling, trace)
        if profile is not None and profile.has_rtl and decision.ctc == 0 and emergency is None:
            decision.ctc = classify(self.snapshot, customer, calling, decision.calling_class, translation)
            decision.ctc_source = "ASF_RTL"  # OCS did not determine it
        facts = facts_of(query, decision.ctc, called, translation.non)
        if translation.special and emergency is None:
            exempt = is_emergency_call(translation)
            route = pass_through(customer, profile, decision.ctc, trace, exempt=exempt)
        else:
            route = select(customer, profile, decision.ctc, called, facts, emergency, trace)
        if route.announcement is not None:
            decision.refuse(route.announcement)
            return
        _note_route(decision, route)
        if route.rtl_number is not None:
            decision.response_called_party_id = route.rtl_number
            decision.response_called_non = NON_NATIONAL
            decision.response_original_called_party_id = called
            decision.response_original_called_non = translation.non
            decision.ama_slp_id = treat_rtl(
                self.snapshot, customer, calling, route.rtl_number, query.bearer, trace
            )
            return
        self._bill_pstn(query, customer, translation, route, decision, trace)

    def _bill_pstn(
        self,
        query: Query,
        customer: Customer,
        translation: Translation,
        route: Route,
        decision: Decision,
        trace: Trace | None,
    ) -> None:
        """s204, s206: the call keeps its number; treated by the way it takes."""
        calling, called = decision.calling_party or "", translation.called_number
        decision.response_called_party_id = called
        decision.response_called_non = translation.non
        if trace is not None:
            trace.add("s204", "", "", f"ASF result {route.asf_results}")
        called_class = translation.called_class
        treatment = treat_pstn(
            self.snapshot, customer, calling, called, decision.calling_class, called_class,
            decision.ctc, route.asf_results, query.bearer, trace,
        )  # fmt: skip
        decision.ama_slp_id = treatment.ama_slp_id
        if treatment.ctc:
            decision.ctc = treatment.ctc
            decision.ctc_source = "BILLING"

    # Overflow

    def _network_busy(self, query: Query, trace: Trace | None) -> Decision | Undecidable:
        """The way to the ASF-RTL host is congested: by carriers, trunks or the public network instead (A-147, [0098]).

        The call has passed screening and has its SMDR attempt already; only s202 to s210 are gone through, without ASF-RTL.
        """
        calling = query.calling_party
        trigger = -1 if calling is None else self.snapshot.triggers.find(calling)
        if calling is None or not self.snapshot.originates(trigger):
            return Undecidable(f"no originating trigger for {calling or 'an absent caller'}")
        customer = self.snapshot.customer_of(trigger)
        translation = self._original_called(query, customer, calling)
        if translation is None:
            return Undecidable("network busy without the number that was meant")
        decision = Decision(customer.group_id, calling, customer.class_of(customer.station(calling)))
        _note_translation(decision, translation)
        decision.ctc = classify(self.snapshot, customer, calling, decision.calling_class, translation)
        decision.ctc_source = "ASF_RTL"
        if trace is not None:
            congested = f"congested: {query.called_party or 'ASF-RTL route'}"
            trace.add("s200", "call_types", customer.call_types.where[decision.ctc], congested)
        facts = facts_of(query, decision.ctc, translation.called_number, translation.non)
        route = overflow(profile_of(customer, calling, trace), facts, trace)
        _note_route(decision, route)
        self._bill_pstn(query, customer, translation, route, decision, trace)
        return _respond(decision, trace)

    # Fig. 5

    def _host_query(self, query: Query, trace: Trace | None) -> Decision | Undecidable:
        """The query of an ASF-RTL host: whose RTL number it is decides the customer (A-141, A-150)."""
        rtl_number = query.called_party
        row = -1 if rtl_number is None else self.snapshot.triggers.find(rtl_number)
        if row < 0 or rtl_number is None or self.snapshot.originates(row):
            return Undecidable(f"no terminating attempt trigger for {rtl_number or 'an absent called party'}")
        customer = self.snapshot.customer_of(row)
        logic = customer.rtl.get(rtl_number)
        if logic is None:
            return Undecidable(f"{rtl_number} is no ASF-RTL number of {customer.name}")
        calling = query.calling_party
        station = -1 if calling is None else customer.station(calling)
        decision = Decision(customer.group_id, calling, customer.class_of(station))
        if trace is not None:
            trace.add("s2110", "triggers", self.snapshot.where_trigger(row), f"host query for {rtl_number}")
        translation = self._original_called(query, customer, calling or "")
        if translation is not None:
            _note_translation(decision, translation)
        passed = authorized(self.snapshot, customer, calling, station, trace)
        if translation is None or not passed:
            decision.refuse("RTL_UNAUTHORIZED")
            if trace is not None:
                trace.add("s2124", "announcements", "", "not authorized, or no original called number")
            return _respond(decision, trace)
        ctc = classify(self.snapshot, customer, calling or "", decision.calling_class, translation)
        decision.ctc = ctc
        decision.ctc_source = "ASF_RTL"
        if trace is not None:
            trace.add("s2116", "call_types", customer.call_types.where[ctc], f"call type code {ctc}")
            trace.add(
                "s2118",
                "",
                "",
                f"originating-location {rtl_number}, ASF-results 0, destination-location none",
            )
        facts = facts_of(query, ctc, translation.called_number, translation.non)
        route = host_route(customer, logic, facts, trace)
        _note_route(decision, route)
        if route.announcement is not None:
            decision.refuse(route.announcement)
        else:
            decision.response_called_party_id = translation.called_number
            decision.response_called_non = translation.non
        if trace is not None:
            trace.add("s2124", "", "", f"ASF-results {decision.asf_results}")
        return _respond(decision, trace)

    def _original_called(self, query: Query, customer: Customer, calling: str) -> Translation | None:
        """The true called number of a host query; None when it is absent (a direct call to the RTL number, AMB-36)."""
        translation = true_number(query.original_called_party or "", query.original_called_non)
        if translation is None:
            return None
        place(self.snapshot, customer, calling, translation)
        return translation


def _note_emergency(plan: Plan | None, query: Query, trace: Trace | None) -> None:
    """911 is completed whatever plan was dialed, and with none (A-103)."""
    if trace is not None:
        step = "s112" if plan is None else plan.step
        trace.add(
            step, "", "", f"{query.access_code or ''} {query.dialed} is 911: no plan is needed".lstrip()
        )


def _note_translation(decision: Decision, translation: Translation) -> None:
    decision.called_number = translation.called_number
    decision.called_non = translation.non
    decision.on_net = translation.on_net
    decision.cic = translation.cic
    decision.called_class = translation.called_class


def _note_route(decision: Decision, route: Route) -> None:
    decision.route_kind = route.kind
    decision.asf_results = route.asf_results
    decision.outcome = route.outcome
    decision.rtl_number = route.rtl_number
    decision.trunk_groups = route.trunk_groups
    decision.carriers = route.carriers


def _vacant(decision: Decision, customer: Customer) -> Decision:
    """Route to the customer's vacant number announcement (A-056, AMB-4); straight to s218, no SMDR (AMB-24)."""
    decision.announcement = "VACANT_NUMBER"
    decision.response_called_party_id = customer.vacant_number
    decision.response_called_non = NON_NATIONAL
    return decision


def _sample(decision: Decision, trace: Trace | None) -> Decision:
    """s216: this call has an SMDR record (A-240)."""
    decision.sampled = True
    if trace is not None:
        trace.add("s216", "", "", "SMDR attempt record")
    return _respond(decision, trace)


def _respond(decision: Decision, trace: Trace | None) -> Decision:
    """s218: the response goes to the switch that asked (A-004)."""
    if trace is not None:
        trace.add("s218", "", "", decision.response_type)
    return decision
