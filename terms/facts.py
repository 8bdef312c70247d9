"""What a decision depends on, and what it comes to: facts about the caller, about the called number, and the outcome.

Looking up tables gives facts (`looking.py` of each feature); judging makes an outcome of them (`judge.py` of the service
logic) and sees nothing else: no table, no digits, no clock. So callers with equal facts are one class, called numbers with
equal facts are one class, and what was judged of a pair of classes holds for all their calls. Equality is that of tuples.

Imports nothing but words.

Source: [0054]-[0058], A-001..A-004, A-046..A-060, A-066..A-104, A-110..A-149; interfaces.md section 4 (spelling).
"""

from typing import Final, Literal, NamedTuple

from ain_scp.terms.vocabulary import (
    NON_INTERNATIONAL,
    Blocking,
    Cause,
    CtcSource,
    ResponseType,
    RouteKind,
    Screening,
    StationClass,
)

NO_TABLE: Final = -1
"""Privilege class of a caller whom the index names no table for: a provisioning error (A-056)."""
NO_PROFILE: Final = -1
NO_ROW: Final = -1
UNKNOWN_LATA: Final = 0

NumberKind = Literal["ORDINARY", "TOLL_FREE", "PREMIUM"]
Jurisdiction = Literal["INTRALATA", "INTERLATA", "INTERNATIONAL", "TOLL_FREE", "UNKNOWN"]
"""PREMIUM: 900 and 976 numbers (A-072)."""
Flag = Literal["UBS", "UBR", "RBR"]


class CallerFacts(NamedTuple):
    """What the tables say about a calling number; the class of the caller.

    `area` is its area code, which completes seven dialed digits (A-038). `profile` counts the customer's ASF profiles from 0.
    `authorized`: a triggering number of this customer that may call ASF-RTL numbers (A-151, A-152). `zone`: its time zone, empty
    where the service's own clock holds.
    """

    area: str
    station: StationClass
    privilege_class: int
    profile: int
    lata: int
    state: str | None
    authorized: bool
    zone: str = ""


class CalledFacts(NamedTuple):
    """What the tables say about a called number; the class of the called number.

    `nature` is None for service codes and operator calls, whose call type code `special` is fixed (0 = an ordinary call);
    `emergency`: 911 as a service code. `area`: the area code, if a rule of the customer names it, else empty. `selected`:
    stands in the international completion table. `listed`: the kinds of blocking table that hold it. `rtl`: for each ASF
    profile of the customer, the ASF-RTL row that its number or prefix leads to. `zone`: the charging zone, if a rule of the
    customer orders carriers by cost, else empty.
    """

    nature: int | None
    on_net: bool
    station: StationClass
    special: int
    emergency: bool
    kind: NumberKind
    area: str
    lata: int
    state: str | None
    selected: bool
    listed: frozenset[str]
    rtl: tuple[int, ...]
    zone: str = ""


class Pair(NamedTuple):
    """A caller's class and a called number's class, and what is asked about them: all that an outcome depends on at once.

    `asked` is ORIGINATING, BUSY (the way to the call's ASF-RTL host is congested), or the ASF-RTL number whose host asks.
    """

    asked: str
    caller: CallerFacts
    called: CalledFacts
    voice: bool


ORIGINATING: Final = ""
BUSY: Final = "BUSY"


class Outcome(NamedTuple):
    """What is decided about a call, but for its numbers. Billing may be built on this alone.

    `privilege_class` None: screening was not reached, or not subscribed. `rtl_outcome` is what the routing logic of an
    ASF-RTL host named. `announcement` refuses the call, unless it is VACANT_NUMBER, which routes it to the customer's vacant
    number. `flag` None = normal record; `ama_slp_id` is the value that stands for the flag. `sampled`: the call has an SMDR
    record (s216).
    """

    screening: Screening = "NOT_RUN"
    blocking: Blocking = "NOT_RUN"
    privilege_class: int | None = None
    ctc: int = 0
    ctc_source: CtcSource | None = None
    route_kind: RouteKind = "NONE"
    trunk_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    rtl_number: str | None = None
    rtl_outcome: str | None = None
    announcement: Cause | None = None
    flag: Flag | None = None
    ama_slp_id: str | None = None
    sampled: bool = False

    @property
    def asf_results(self) -> int:
        """Units digit: trunk groups; tens digit: carriers (A-170, Table 5); 0 = PSTN default."""
        return 10 * len(self.carriers) + len(self.trunk_groups)

    @property
    def response_type(self) -> ResponseType:
        """AnalyzeRoute, or SendToResource for a refusal."""
        return "ANALYZE_ROUTE" if self.announcement in (None, "VACANT_NUMBER") else "SEND_TO_RESOURCE"


def one_lata(first: int, second: int) -> bool:
    """Both LATAs known and equal (A-046, A-048)."""
    return first == second != UNKNOWN_LATA


def charging_zone(caller: CallerFacts, called: CalledFacts) -> str:
    """The zone of the number called: that of zones.csv, else one of the ready-made zones (A-046 to A-048)."""
    if called.zone:
        return called.zone
    found = jurisdiction(called.nature, called.kind, caller.lata, called.lata)
    return "OTHER" if found == "UNKNOWN" else found


def jurisdiction(nature: int | None, kind: NumberKind, origin: int, destination: int) -> Jurisdiction:
    """Where a routed call goes as billing sees it, by nature and kind of the number called and both LATAs (A-046 to A-048)."""
    if nature == NON_INTERNATIONAL:
        return "INTERNATIONAL"
    if kind == "TOLL_FREE":
        return "TOLL_FREE"
    if UNKNOWN_LATA in (origin, destination):
        return "UNKNOWN"
    return "INTRALATA" if origin == destination else "INTERLATA"


def one_state(first: str | None, second: str | None) -> bool:
    """Both states known and equal (A-073)."""
    return first == second is not None


def pair_code(caller: CallerFacts, called: CalledFacts) -> int:
    """111, 112, 121, 122 for two centrex or PBX stations, else 0 (A-071, AMB-10)."""
    return _PAIRS.get((caller.station, called.station), 0)


_PAIRS: Final = {
    ("CENTREX", "CENTREX"): 111,
    ("CENTREX", "PBX"): 112,
    ("PBX", "CENTREX"): 121,
    ("PBX", "PBX"): 122,
}
