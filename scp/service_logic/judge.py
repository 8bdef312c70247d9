"""Figs. 2, 3, 5 and 9 over facts: what comes of a call of one class of callers to one class of called numbers.

No table, no digits and no clock can be seen from here (an import contract keeps it so): two calls with equal facts are
judged alike. Only rules may still ask for the moment, and so `judge` answers with the outcomes there are and the
conditions between them, reduced to what they ask of the moment.

With a `Trace` the same code records the figures' steps; the rows that looking up noted are cited where they decide.

Source: [0054]-[0058], [0104]-[0131], A-001..A-004, A-103, Figs. 2, 3, 5, 9.
"""

from typing import Final, final

from ain_scp.asf_rtl.host import host_ways
from ain_scp.asf_rtl.select import overflow, pass_through, select
from ain_scp.asf_rtl.ways import Ways, only
from ain_scp.billing.treat import treat_pstn, treat_rtl
from ain_scp.dialplan.call_type import classify
from ain_scp.provisioning.options import AsfProfile, Options
from ain_scp.screening.blocking import check_blocking, emergency_blocks
from ain_scp.screening.ocs import permits
from ain_scp.terms.blocking import CAUSE_OF
from ain_scp.terms.conditions import Condition, first_match
from ain_scp.terms.decision import Route
from ain_scp.terms.facts import BUSY, NO_PROFILE, NO_ROW, NO_TABLE, ORIGINATING, Flag, Outcome, Pair
from ain_scp.terms.questions import Facts
from ain_scp.terms.screening_rule import ScreenedCall
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import Blocking, Cause
from ain_scp.terms.zone import Times

UNKNOWN_ACCESS_CODE: Final = Outcome(announcement="UNKNOWN_ACCESS_CODE")
VACANT: Final = Outcome(announcement="VACANT_NUMBER")
UNAUTHORIZED: Final = Outcome(announcement="RTL_UNAUTHORIZED")


@final
class Judged:
    """What comes of all calls of a pair of classes: the outcome of the first of `conditions` that holds, else the last one."""

    __slots__ = ("_times", "by_chance", "by_time", "conditions", "outcomes", "zone")

    def __init__(
        self, conditions: list[Condition], outcomes: list[Outcome], zone: str = "", times: Times | None = None
    ) -> None:
        self.conditions = conditions
        self.outcomes = outcomes
        self.by_time = any(one.timed for one in conditions)
        self.by_chance = any(one.percent is not None for one in conditions)
        self.zone = zone
        self._times = times if self.by_time and zone else None

    def index(self, time: int, draw: int) -> int:
        """Which of the outcomes it is at a time, with a share of chance 0..9999; -1 is the last one."""
        if self._times is not None:
            time = self._times.local(time, self.zone)
        return first_match(self.conditions, Facts(0, "", time, draw)) if self.conditions else -1

    def at(self, time: int, draw: int) -> Outcome:
        """The outcome at a time, with a share of chance."""
        return self.outcomes[self.index(time, draw)]


def judge(options: Options, pair: Pair, times: Times | None = None) -> Judged:
    """Judge a pair of classes of a customer with these options; `times`: what the times of queries count from."""
    call = Call(options, pair)
    ways = call.ways(None)
    outcomes = [call.outcome(way, None) for way in range(len(ways.routes))]
    return Judged(ways.conditions, outcomes, pair.caller.zone, times)


def explain(options: Options, pair: Pair, time: int, draw: int, trace: Trace) -> Outcome:
    """The outcome of one call as `judge` finds it at a local time, with the steps that led to it."""
    call = Call(options, pair)
    ways = call.ways(trace)
    return call.outcome(first_match(ways.conditions, Facts(0, "", time, draw)), trace)


def ruled_out(options: Options, pair: Pair, klass: int, ctc: int) -> str:
    """What the first screening rule that refuses a call says; empty when none does."""
    call = ScreenedCall(options.group_id, klass, ctc, pair.caller, pair.called, pair.voice)
    return next(filter(None, (rule.refusal(call) for rule in options.screening_rules)), "")


@final
class Call:
    """One call while it is judged: `ways` first, then the outcome of one of them. `so_far` is what screening came to."""

    __slots__ = ("_ways", "asked", "called", "caller", "options", "pair", "so_far", "voice")

    def __init__(self, options: Options, pair: Pair) -> None:
        self.options = options
        self.pair = pair
        self.asked, self.caller, self.called, self.voice = pair
        self.so_far = Outcome()
        self._ways = only(Route("NONE"))

    def ways(self, trace: Trace | None) -> Ways:
        """All that comes before the moment matters."""
        if self.asked == ORIGINATING:
            self._ways = self._originating(trace)
        elif self.asked == BUSY:
            self._ways = self._busy(trace)
        else:
            self._ways = self._host(self.asked, trace)
        return self._ways

    def outcome(self, way: int, trace: Trace | None) -> Outcome:
        """Take one of the ways, and settle how its call is billed (s204, s210)."""
        route = self._ways.routes[way]
        if trace is not None and self._ways.steps:
            trace.steps += self._ways.steps[way]
        so_far = self.so_far._replace(
            route_kind=route.kind,
            trunk_groups=route.trunk_groups,
            carriers=route.carriers,
            rtl_number=route.rtl_number,
            rtl_outcome=route.outcome,
            announcement=route.announcement,
        )
        if route.announcement is not None or route.kind in ("NONE", "ASF_RTL_HOST"):
            return so_far
        if route.kind == "ASF_RTL":
            flag = treat_rtl(self.options, self.caller, route.rtl_lata, trace, voice=self.voice)
            return self._flagged(so_far, flag)
        treatment = treat_pstn(
            self.options, self.caller, self.called, so_far.ctc, route.asf_results, trace, voice=self.voice
        )
        if treatment.ctc:
            so_far = so_far._replace(ctc=treatment.ctc, ctc_source="BILLING")
        return self._flagged(so_far, treatment.flag)

    def _flagged(self, so_far: Outcome, flag: Flag | None) -> Outcome:
        slp_id = None if flag is None else self.options.slp_id(flag)
        return so_far if slp_id is None else so_far._replace(flag=flag, ama_slp_id=slp_id)

    # Fig. 2

    def _originating(self, trace: Trace | None) -> Ways:
        self.so_far = Outcome(sampled=True)
        klass = 0
        if self.options.ocs:
            refused = self._screen(trace)  # s1000..s1014
            if refused is not None:
                return only(Route("NONE", announcement=refused))
            klass = self.so_far.privilege_class or 0
        else:
            self.so_far = self.so_far._replace(screening="NOT_SUBSCRIBED")
            if trace is not None:
                trace.add(
                    "s1000",
                    "customer",
                    self.options.where_key("ocs"),
                    "outgoing call screening not subscribed",
                )
                trace.add("s1002", "", "", "return")
        blocking = self._block(klass, trace)  # s130
        self.so_far = self.so_far._replace(blocking=blocking)
        if blocking in CAUSE_OF:
            return only(Route("NONE", announcement=CAUSE_OF[blocking]))
        return self._select(klass, trace)  # s200..s208

    def _screen(self, trace: Trace | None) -> Cause | None:
        """Fig. 3; why the call is refused, or None. 911 is never stopped here (A-103, table 4.2)."""
        options, called = self.options, self.called
        if trace is not None:
            trace.add("s1000", "customer", options.where_key("ocs"), "outgoing call screening subscribed")
            trace.cite("s1004")
        klass = self.caller.privilege_class
        if klass == NO_TABLE:
            if not called.emergency:
                self.so_far = VACANT._replace(screening="PROVISIONING_ERROR")
                return VACANT.announcement
            klass = options.default_privilege_class
        ctc = classify(options, self.caller, called)
        if trace is not None:
            trace.add("s1008", "call_types", options.call_types.where[ctc], f"call type code {ctc}")
        allowed = permits(options, ctc, klass, trace)
        if allowed and not called.emergency:
            allowed = self._ruled(klass, ctc, trace)
        allowed = allowed or called.emergency
        if trace is not None:
            trace.add("s1012" if allowed else "s1014", "", "", "allowed" if allowed else "screened")
        self.so_far = self.so_far._replace(
            privilege_class=klass, ctc=ctc, ctc_source="OCS", screening="ALLOW" if allowed else "DENY"
        )
        return None if allowed else "SCREENED"

    def _ruled(self, klass: int, ctc: int, trace: Trace | None) -> bool:
        """Whether the screening rules of other packages let the call through (A-025)."""
        refusal = ruled_out(self.options, self.pair, klass, ctc)
        if refusal and trace is not None:
            trace.add("s1010", "customer", self.options.where_key("screening_rules"), refusal)
        return not refusal

    def _block(self, klass: int, trace: Trace | None) -> Blocking:
        """s130: emergency calling, then the blocking table."""
        if (
            klass == 0
        ):  # no privilege class and no call type code: nothing is consulted (A-096, AMB-26, AMB-32)
            if trace is not None:
                trace.add("s130", "", "", "no privilege class: no table is consulted")
            return "NOT_APPLICABLE"
        if not self.called.emergency and emergency_blocks(self.options, klass, trace):
            return "BLOCK_EMERGENCY"
        return check_blocking(self.options, klass, self.so_far.ctc, self.called, trace)

    def _select(self, klass: int, trace: Trace | None) -> Ways:
        """s200..s208: facilities; the emergency route is in force for a call that was screened."""
        options, called = self.options, self.called
        profile = self._profile(trace)
        by_emergency = klass != 0 and options.emergency_active and not called.emergency
        emergency = options.emergency_route if by_emergency else None
        if profile is not None and profile.has_rtl and self.so_far.ctc == 0 and emergency is None:
            self._determine()  # OCS did not
        ctc = self.so_far.ctc
        if called.special and emergency is None:
            return pass_through(options, profile, ctc, trace, exempt=called.emergency)
        of_number = called.rtl[self.caller.profile] if profile is not None else NO_ROW
        return select(options, profile, ctc, self.caller, called, of_number, emergency, trace)

    def _profile(self, trace: Trace | None) -> AsfProfile | None:
        if trace is not None:
            trace.cite("s200")
        return None if self.caller.profile == NO_PROFILE else self.options.profiles[self.caller.profile]

    def _determine(self) -> None:
        ctc = classify(self.options, self.caller, self.called)
        self.so_far = self.so_far._replace(ctc=ctc, ctc_source="ASF_RTL")

    # Overflow

    def _busy(self, trace: Trace | None) -> Ways:
        """The way to the ASF-RTL host is congested: by carriers, trunks or the public network instead (A-147, [0098]).

        The call has passed screening and has its SMDR attempt already; only s202 to s210 are gone through.
        """
        self._determine()
        ctc = self.so_far.ctc
        if trace is not None:
            trace.add("s200", "call_types", self.options.call_types.where[ctc], f"congested: {trace.called}")
        return overflow(self._profile(trace), ctc, self.caller, self.called, trace)

    # Fig. 5

    def _host(self, rtl_number: str, trace: Trace | None) -> Ways:
        """An ASF-RTL host asks: whose RTL number it is decided the customer (A-141, A-150)."""
        if trace is not None:
            trace.cite("s2112")
        if not self.caller.authorized:
            return only(Route("NONE", announcement="RTL_UNAUTHORIZED"))
        self._determine()
        ctc = self.so_far.ctc
        if trace is not None:
            trace.add("s2116", "call_types", self.options.call_types.where[ctc], f"call type code {ctc}")
            trace.add(
                "s2118",
                "",
                "",
                f"originating-location {rtl_number}, ASF-results 0, destination-location none",
            )
        return host_ways(self.options, self.options.rtl[rtl_number], ctc, self.called.area)
