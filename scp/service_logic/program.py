"""The common service logic, one query at a time: the page to read first.

How a call is decided:
 1. The number that triggered finds the customer (A-001), and its facts: station, privilege class, ASF profile, LATA, state.
 2. The access code, or the one its trunk group implies, chooses a dialing plan (s100); without one the call is refused,
    but for 911, which needs none.
 3. The plan says which number the digits mean (s110, s112); digits without a meaning go to the vacant number.
 4. The called number's facts: on-net or off-net, kind of station, LATA, state, which lists it stands in.
 5. Screening: the call type code and the caller's privilege class allow the call or refuse it (s1000 to s1014).
 6. Emergency calling and the blocking table of the call type may stop it (s130); nothing stops 911.
 7. Facilities: the emergency route, an ASF-RTL host, a CRS/CCS rule, or plain PSTN (s200 to s208).
 8. Billing: UBS, UBR or RBR, as the AMAslpID of the record that the switch makes (s204, s210).
 9. Only rules may ask for the day, the minute (in the caller's time zone) or a percentage; they are asked last, of the call
    itself.
10. The call has an SMDR record (s216), and the switch its answer (s218).

Steps 1 to 4 look numbers up and give facts; 5 to 8 stand in `judge.py`, which sees facts only, so they are taken once for
each pair of classes (`ain_scp.scp.classes.ledger`); 9 is what they leave open. A `Trace` records the steps and the rows.

Source: [0054]-[0058], [0104]-[0131], A-001..A-004, A-023, A-103, Figs. 2, 3, 5.
"""

from collections.abc import Collection
from typing import final

from ain_scp.dialplan.on_net import place
from ain_scp.dialplan.plans import Plan, PlanRaised
from ain_scp.dialplan.public import emergency_call, true_number
from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.scp.classes.called import CalledClasses
from ain_scp.scp.classes.callers import caller_facts
from ain_scp.scp.classes.ledger import Ledger
from ain_scp.scp.service_logic.judge import UNAUTHORIZED, UNKNOWN_ACCESS_CODE, VACANT, explain
from ain_scp.scp.service_logic.services import ServiceLogic, service_logic
from ain_scp.screening.looking import note_listed
from ain_scp.screening.rules import registered_rules
from ain_scp.terms.decision import Decision, Translation
from ain_scp.terms.dialed import keyed, split_code, take_code
from ain_scp.terms.digits import MAX_NUMBER
from ain_scp.terms.facts import BUSY, ORIGINATING, CallerFacts, Outcome, Pair
from ain_scp.terms.query import Query
from ain_scp.terms.trace import Trace
from ain_scp.terms.zone import Times


@final
class Undecidable:
    """A query the service has no customer for (A-260): answered with an error, counted, never routed."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


@final
class Program:
    """The service logic over one snapshot and the registered dialing plans."""

    __slots__ = ("called", "ledger", "plans", "services", "snapshot", "times")

    def __init__(self, snapshot: Snapshot, plans: dict[str, Plan]) -> None:
        """Bind tables and plans; ProvisioningError names every access code whose plan is not registered (A-023).

        `services` are those beside the dialing plan's, None where the data set has none; they are asked before `decide`.
        """
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
        missing += [problem for customer in snapshot.customers for problem in _find_rules(customer)]
        if missing:
            raise ProvisioningError(missing)
        self.snapshot = snapshot
        self.plans = plans
        self.called = {one.group_id: CalledClasses(snapshot, one) for one in snapshot.customers}
        self.times = Times()
        """What the times of queries count from; set by what asks by a clock."""
        self.ledger = Ledger(self.times)
        self.services: ServiceLogic | None = service_logic(snapshot)

    def codes_of(self, calling: str) -> Collection[str]:
        """The access codes that a caller's customer declares; none for a caller of no customer."""
        trigger = self.snapshot.triggers.find(calling)
        return () if trigger < 0 else self.snapshot.customer_of(trigger).access_codes

    def brings_code(self, calling: str, trunk_group: str | None) -> bool:
        """Whether the access code is among the digits; not where the PBX trunk group stands for one (AMB-2)."""
        trigger = self.snapshot.triggers.find(calling)
        return trigger < 0 or self.snapshot.customer_of(trigger).code_of(None, trunk_group) is None

    def dialed(
        self, calling: str, text: str, access_code: str | None = None, trunk_group: str | None = None
    ) -> tuple[str | None, str]:
        """Access code and digits, as docs/numbers.md says people write them; ValueError for what cannot be dialed."""
        caller = "".join(filter(str.isdigit, calling))
        if access_code is not None or not self.brings_code(caller, trunk_group):
            return access_code, keyed(text)
        code, digits = split_code(text)
        return (code, digits) if code is not None else take_code(digits, self.codes_of(caller))

    def decide(self, query: Query, trace: Trace | None = None) -> Decision | Undecidable:
        """Answer one query: the trigger finds the customer, the customer's tables find the rest (A-001)."""
        if query.message == "TERMINATION_ATTEMPT":
            return self._host_query(query, trace)
        calling = query.calling_party
        if calling is None:
            return Undecidable("no calling party number")
        trigger = self.snapshot.triggers.find(calling)
        if not self.snapshot.originates(trigger):
            return Undecidable(f"no originating trigger for {calling}")
        if query.message == "NETWORK_BUSY":
            return self._network_busy(query, calling, trigger, trace)
        return self._originating(query, calling, trigger, trace)

    def _originating(
        self, query: Query, calling: str, trigger: int, trace: Trace | None
    ) -> Decision | Undecidable:
        """Fig. 2."""
        customer = self.snapshot.customer_of(trigger)
        caller = caller_facts(self.snapshot, customer, calling, trigger, trace)
        name = customer.plan_of(query.access_code, query.trunk_group)
        if trace is not None:
            code = customer.code_of(query.access_code, query.trunk_group)
            found = f"access code {code or 'none'} -> {name or 'no plan'}"
            trace.add("s100", "access_codes", customer.where_key(f"access_codes.{code or ''}"), found)
        translation = emergency_call(query.access_code, query.dialed)
        if translation is not None:
            _note_emergency(None if name is None else self.plans[name], query, trace)
        elif name is None:
            return self._decided(customer, calling, caller, UNKNOWN_ACCESS_CODE, trace)
        else:
            try:
                translation = self.plans[name].translate(
                    self.snapshot, customer, calling, query.dialed, trace
                )
            except PlanRaised as fault:
                return Undecidable(str(fault))
        if translation is None:
            return self._decided(customer, calling, caller, VACANT, trace, name)
        place(customer, calling, translation)
        if trace is not None:
            side = "on-net" if translation.on_net else "off-net"
            trace.add("s120", "", "", f"{translation.called_number} is {side}")
        pair = self._pair(customer, ORIGINATING, caller, translation, query)
        outcome = self._outcome(customer, pair, translation, query, trace)
        return self._decided(customer, calling, caller, outcome, trace, name, translation, pair)

    def _network_busy(
        self, query: Query, calling: str, trigger: int, trace: Trace | None
    ) -> Decision | Undecidable:
        """The way to the ASF-RTL host is congested: another way for a call that was decided before (A-147, [0098])."""
        customer = self.snapshot.customer_of(trigger)
        translation = self._original_called(query, customer, calling)
        if translation is None:
            return Undecidable("network busy without the number that was meant")
        caller = caller_facts(self.snapshot, customer, calling, trigger, trace)
        if trace is not None:
            trace.called = query.called_party or "ASF-RTL route"
        pair = self._pair(customer, BUSY, caller, translation, query)
        outcome = self._outcome(customer, pair, translation, query, trace)
        return self._decided(customer, calling, caller, outcome, trace, None, translation, pair)

    def _host_query(self, query: Query, trace: Trace | None) -> Decision | Undecidable:
        """Fig. 5, the query of an ASF-RTL host: whose RTL number it is decides the customer (A-141, A-150)."""
        rtl_number = query.called_party
        row = -1 if rtl_number is None else self.snapshot.triggers.find(rtl_number)
        if row < 0 or rtl_number is None or self.snapshot.originates(row):
            return Undecidable(f"no terminating attempt trigger for {rtl_number or 'an absent called party'}")
        customer = self.snapshot.customer_of(row)
        if rtl_number not in customer.rtl:
            return Undecidable(f"{rtl_number} is no ASF-RTL number of {customer.name}")
        if trace is not None:
            trace.add("s2110", "triggers", self.snapshot.where_trigger(row), f"host query for {rtl_number}")
        calling = query.calling_party
        trigger = -1 if calling is None else self.snapshot.triggers.find(calling)
        caller = caller_facts(self.snapshot, customer, calling or "", trigger, trace)
        translation, pair, outcome = self._original_called(query, customer, calling or ""), None, UNAUTHORIZED
        if translation is not None:
            pair = self._pair(customer, rtl_number, caller, translation, query)
            outcome = self._outcome(customer, pair, translation, query, trace)
        elif trace is not None:
            trace.cite("s2112")
        if trace is not None and outcome.announcement == "RTL_UNAUTHORIZED":
            trace.add("s2124", "announcements", "", "not authorized, or no original called number")
        elif trace is not None:
            trace.add("s2124", "", "", f"ASF-results {outcome.asf_results}")
        return self._decided(customer, calling, caller, outcome, trace, None, translation, pair)

    def _original_called(self, query: Query, customer: Customer, calling: str) -> Translation | None:
        """The true called number of a host query; None when it is absent (a direct call to the RTL number, AMB-36)."""
        translation = true_number(query.original_called_party or "", query.original_called_non)
        if translation is None:
            return None
        place(customer, calling, translation)
        return translation

    def _outcome(
        self, customer: Customer, pair: Pair, translation: Translation, query: Query, trace: Trace | None
    ) -> Outcome:
        """Facts -> judge -> what is left to ask of the moment."""
        if trace is None:
            return self.ledger.judged(customer, pair).at(query.time, query.draw)
        note_listed(customer, translation.called_number, trace)
        trace.called = trace.called or translation.called_number
        trace.bearer = query.bearer
        local = self.times.local(query.time, pair.caller.zone)
        return explain(customer, pair, local, query.draw, trace)

    def nameable(self, decision: Decision) -> Decision:
        """What a switch is answered: 01 and more than 13 digits, which no message can name, are a vacant number (A-261)."""
        if len(decision.response_called_party_id or "") <= MAX_NUMBER:
            return decision
        return Decision(
            decision.customer,
            decision.calling_party,
            decision.calling_class,
            VACANT,
            plan=decision.plan,
            vacant_number=self.snapshot.customer_by_group[decision.customer].vacant_number,
        )

    def _pair(
        self, customer: Customer, asked: str, caller: CallerFacts, translation: Translation, query: Query
    ) -> Pair:
        called = self.called[customer.group_id].of(translation)
        return Pair(asked, caller, called, self.snapshot.voice.get(query.bearer, False))

    def _decided(
        self,
        customer: Customer,
        calling: str | None,
        caller: CallerFacts,
        outcome: Outcome,
        trace: Trace | None,
        plan: str | None = None,
        translation: Translation | None = None,
        pair: Pair | None = None,
    ) -> Decision:
        """s216 and s218: the SMDR record of the call (A-240), and the answer to the switch that asked (A-004)."""
        if trace is not None and outcome.sampled:
            trace.add("s216", "", "", "SMDR attempt record")
        if trace is not None:
            trace.add("s218", "", "", outcome.response_type)
        return Decision(
            customer.group_id,
            calling,
            caller.station,
            outcome,
            plan=plan,
            translation=translation,
            pair=pair,
            vacant_number=customer.vacant_number,
        )


def _find_rules(customer: Customer) -> list[Problem]:
    """Give a customer the screening rules that it names; a problem for each that is not installed (A-025)."""
    named = customer.rows.screening_rules
    rules = registered_rules() if named else {}
    customer.screening_rules = [rules[name] for name in named if name in rules]
    where = customer.where_key("screening_rules").rpartition(":")
    known = ", ".join(sorted(rules)) or "none"
    return [
        Problem(where[0], int(where[2]), 0, f"no screening rule {name}; installed are {known}", "A-025")
        for name in named
        if name not in rules
    ]


def _note_emergency(plan: Plan | None, query: Query, trace: Trace | None) -> None:
    """911 is completed whatever plan was dialed, and with none (A-103)."""
    if trace is not None:
        step = "s112" if plan is None else plan.step
        found = f"{query.access_code or ''} {query.dialed} is 911: no plan is needed".lstrip()
        trace.add(step, "", "", found)
