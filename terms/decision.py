"""What the service decided about one query, and the results the features hand to each other on the way.

Source: interfaces.md section 4, acceptance schema, requirements.md section 4.
"""

from typing import final

from ain_scp.terms.vocabulary import (
    Blocking,
    Cause,
    CtcSource,
    ResponseType,
    RouteKind,
    Screening,
    StationClass,
)


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

    `announcement` set means the call is refused; `rtl_number` with kind ASF_RTL means the call goes to that host.
    """

    __slots__ = ("announcement", "carriers", "kind", "outcome", "rtl_number", "trunk_groups")

    def __init__(
        self,
        kind: RouteKind,
        *,
        trunk_groups: tuple[str, ...] = (),
        carriers: tuple[str, ...] = (),
        outcome: str | None = None,
        rtl_number: str | None = None,
        announcement: Cause | None = None,
    ) -> None:
        self.kind: RouteKind = kind
        self.trunk_groups = trunk_groups
        self.carriers = carriers
        self.outcome = outcome
        self.rtl_number = rtl_number
        self.announcement: Cause | None = announcement

    @property
    def asf_results(self) -> int:
        """Units digit: trunk groups; tens digit: carriers (A-170, Table 5); 0 = PSTN default."""
        return 10 * len(self.carriers) + len(self.trunk_groups)


@final
class Decision:
    """Everything one query was answered with. `sampled` tells that s216 was reached (the call has an SMDR record).

    Field meanings and spelling: interfaces.md section 4 and the acceptance schema.
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
        "trunk_groups",
    )

    def __init__(self, customer: str, calling_party: str | None, calling_class: StationClass) -> None:
        self.customer = customer
        self.calling_party = calling_party
        self.calling_class: StationClass = calling_class
        self.plan: str | None = None
        self.called_number: str | None = None
        self.called_non: int | None = None
        self.on_net: bool | None = None
        self.cic: str | None = None
        self.called_class: StationClass | None = None
        self.privilege_class: int | None = None
        self.ctc = 0
        self.ctc_source: CtcSource | None = None
        self.screening: Screening = "NOT_RUN"
        self.blocking: Blocking = "NOT_RUN"
        self.route_kind: RouteKind = "NONE"
        self.asf_results = 0
        self.outcome: str | None = None
        self.rtl_number: str | None = None
        self.response_type: ResponseType = "ANALYZE_ROUTE"
        self.announcement: Cause | None = None
        self.response_called_party_id: str | None = None
        self.response_called_non: int | None = None
        self.response_original_called_party_id: str | None = None
        self.response_original_called_non: int | None = None
        self.trunk_groups: tuple[str, ...] = ()
        self.carriers: tuple[str, ...] = ()
        self.ama_slp_id: str | None = None
        self.sampled = False

    def refuse(self, cause: Cause) -> None:
        """Answer with an announcement: no called party, no facilities, no flag (acceptance invariants)."""
        self.response_type = "SEND_TO_RESOURCE"
        self.announcement = cause
        self.response_called_party_id = None
        self.response_called_non = None
        self.response_original_called_party_id = None
        self.response_original_called_non = None
        self.trunk_groups = ()
        self.carriers = ()
        self.ama_slp_id = None
