"""What the service decided about one query, and the results the features hand to each other on the way.

Source: interfaces.md section 4, acceptance schema, requirements.md section 4.
"""

from typing import Final, final

from ain_scp.terms.facts import UNKNOWN_LATA, Outcome, Pair
from ain_scp.terms.vocabulary import (
    NON_NATIONAL,
    Blocking,
    Cause,
    CtcSource,
    ResponseType,
    RouteKind,
    Screening,
    StationClass,
)

EMERGENCY: Final = "EMERGENCY"
"""The outcome of a 911 call."""


@final
class Translation:
    """Who is called (s110/s112). `non` is None for N11 and operator calls; `special` is their fixed call type code, else 0."""

    __slots__ = ("called_class", "called_number", "cic", "non", "on_net", "special")

    def __init__(
        self,
        called_number: str,
        non: int | None,
        *,
        on_net: bool = False,
        called_class: StationClass = "OTHER",
        cic: str | None = None,
        special: int = 0,
    ) -> None:
        self.called_number = called_number
        self.non = non
        self.on_net = on_net
        self.called_class: StationClass = called_class
        self.cic = cic
        self.special = special


@final
class Route:
    """By which facilities (s200..s208, or the host's s2110..s2124).

    `announcement` set means the call is refused; `rtl_number` with kind ASF_RTL means the call goes to that host, whose
    number is in LATA `rtl_lata`.
    """

    __slots__ = ("announcement", "carriers", "kind", "outcome", "rtl_lata", "rtl_number", "trunk_groups")

    def __init__(
        self,
        kind: RouteKind,
        *,
        trunk_groups: tuple[str, ...] = (),
        carriers: tuple[str, ...] = (),
        outcome: str | None = None,
        rtl_number: str | None = None,
        rtl_lata: int = UNKNOWN_LATA,
        announcement: Cause | None = None,
    ) -> None:
        self.kind: RouteKind = kind
        self.trunk_groups = trunk_groups
        self.carriers = carriers
        self.outcome = outcome
        self.rtl_number = rtl_number
        self.rtl_lata = rtl_lata
        self.announcement: Cause | None = announcement

    @property
    def asf_results(self) -> int:
        """Units digit: trunk groups; tens digit: carriers (A-170, Table 5); 0 = PSTN default."""
        return 10 * len(self.carriers) + len(self.trunk_groups)


@final
class Decision:
    """Everything one query was answered with: its outcome, and the numbers that the outcome does not name.

    `sampled` says that s216 was reached (the call has an SMDR record); `pair` is the pair of classes that `settled` was judged
    of, None where the call went nowhere before. Field meanings and spelling: interfaces.md section 4
    and the acceptance schema.
    """

    __slots__ = (
        "ama_slp_id",
        "announcement",
        "asf_results",
        "blocking",
        "called_class",
        "called_non",
        "called_number",
        "calling_class",
        "calling_party",
        "carriers",
        "cic",
        "ctc",
        "ctc_source",
        "customer",
        "on_net",
        "outcome",
        "pair",
        "plan",
        "privilege_class",
        "response_called_non",
        "response_called_party_id",
        "response_original_called_non",
        "response_original_called_party_id",
        "response_type",
        "route_kind",
        "rtl_number",
        "sampled",
        "screening",
        "settled",
        "trunk_groups",
    )

    def __init__(
        self,
        customer: str,
        calling_party: str | None,
        calling_class: StationClass,
        settled: Outcome,
        *,
        plan: str | None = None,
        translation: Translation | None = None,
        pair: Pair | None = None,
        vacant_number: str = "",
    ) -> None:
        self.customer = customer
        self.calling_party = calling_party
        self.calling_class: StationClass = calling_class
        self.plan = plan
        self.called_number: str | None = None
        self.called_non: int | None = None
        self.on_net: bool | None = None
        self.cic: str | None = None
        self.called_class: StationClass | None = None
        if translation is not None:
            self.called_number, self.called_non = translation.called_number, translation.non
            self.on_net, self.cic = translation.on_net, translation.cic
            self.called_class = translation.called_class if pair is None else pair.called.station
        self.settled = settled
        self.pair = pair
        self.privilege_class = settled.privilege_class
        self.ctc = settled.ctc
        self.ctc_source: CtcSource | None = settled.ctc_source
        self.screening: Screening = settled.screening
        self.blocking: Blocking = settled.blocking
        self.route_kind: RouteKind = settled.route_kind
        self.asf_results = settled.asf_results
        self.outcome = settled.rtl_outcome
        self.rtl_number = settled.rtl_number
        self.response_type: ResponseType = settled.response_type
        self.announcement: Cause | None = settled.announcement
        self.response_called_party_id: str | None = None
        self.response_called_non: int | None = None
        self.response_original_called_party_id: str | None = None
        self.response_original_called_non: int | None = None
        self.trunk_groups = settled.trunk_groups
        self.carriers = settled.carriers
        self.ama_slp_id = settled.ama_slp_id
        self.sampled = settled.sampled
        if settled.announcement == "VACANT_NUMBER":
            self.response_called_party_id, self.response_called_non = vacant_number, NON_NATIONAL
        elif settled.announcement is None and settled.route_kind == "ASF_RTL":
            self.response_called_party_id, self.response_called_non = settled.rtl_number, NON_NATIONAL
            self.response_original_called_party_id = self.called_number
            self.response_original_called_non = self.called_non
        elif settled.announcement is None:
            self.response_called_party_id, self.response_called_non = self.called_number, self.called_non

    def refused(self, announcement: Cause) -> "Decision":
        """The decision of the same call, refused with an announcement after its route was decided."""
        found = Decision(
            self.customer,
            self.calling_party,
            self.calling_class,
            self.settled,
            plan=self.plan,
            pair=self.pair,
        )
        found.called_number, found.called_non = self.called_number, self.called_non
        found.on_net, found.cic, found.called_class = self.on_net, self.cic, self.called_class
        found.response_type, found.announcement = "SEND_TO_RESOURCE", announcement
        found.response_called_party_id = found.response_called_non = None
        found.response_original_called_party_id = found.response_original_called_non = None
        found.trunk_groups = found.carriers = ()
        return found


def outcome_word(decision: Decision) -> str:
    """What a decision comes to in a word: why it is refused, EMERGENCY for 911, else the kind of its route."""
    if decision.announcement is not None:
        return decision.announcement
    pair = decision.pair
    return EMERGENCY if pair is not None and pair.called.emergency else decision.route_kind
