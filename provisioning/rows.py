"""The checked rows of one data set: what the loader hands to the compiler, each remembering its file and line.

Everything here has passed the checks of requirements.md section 5; nothing here is compiled yet. Small tables are
tuples of frozen records. Tables that grow with the numbering plan (MDP, SDP, stations, triggers) are columns, because
ten million Python objects are neither quick nor small.

Number columns hold canonical codes: `int("1" + digits)`, which keeps leading zeros and fits 64 bits up to 18 digits.

Source: interfaces.md section 2, requirements.md sections 5.1 and 5.2.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.rows_charging import ChargingSet, ContractRow
from ain_scp.provisioning.rows_services import ServiceSet
from ain_scp.provisioning.where import Where as Where  # noqa: PLC0414 - a row and its place are imported together
from ain_scp.terms.conditions import Condition

Codes = NDArray[np.int64]
Lines = NDArray[np.int32]
Small = NDArray[np.int16]


class Switch(msgspec.Struct, frozen=True):
    """One switch of the network (`switches.csv`). Point code is `N-C-M` or empty; `homed_on` names its AIN switch."""

    name: str
    kind: str
    ain: bool
    lata: str
    role: str
    homed_on: str
    point_code: str
    where: Where
    edp_timeout: bool = True
    """Does the switch report that a timer it was given has run out?"""
    charging: bool = True
    """Does the switch charge calls in real time?"""


class LataRow(msgspec.Struct, frozen=True):
    """LATA, state and time zone of a 3-digit NPA or 6-digit NPANXX (`lata.csv`); None = unknown (A-047, A-048).

    `time_zone` is an IANA name, empty where the service's own clock holds (A-125).
    """

    prefix: str
    lata: str | None
    state: str | None
    where: Where
    time_zone: str = ""


class Announcement(msgspec.Struct, frozen=True):
    """Announcement of one cause (`announcements.csv`)."""

    cause: str
    id: int
    text: str
    where: Where


class CallType(msgspec.Struct, frozen=True):
    """One call type code with its eight privilege cells (`call_types.csv`): `privilege` is eight letters Y or N."""

    ctc: int
    name: str
    privilege: str
    blocking_type: str | None
    asf_treatment: str | None
    where: Where


class Numbering(msgspec.Struct, frozen=True):
    """Network-wide lists (`numbering.toml`): toll free NPAs, N11 codes, which bearers are voice."""

    toll_free_npas: tuple[str, ...]
    n11_listed: tuple[str, ...]
    n11_other: tuple[str, ...]
    voice: dict[str, bool]


class Rates(msgspec.Struct, frozen=True):
    """Standard usage rates (`rates.toml`), integer cents per minute; rounding of minutes is "up"."""

    intralata_cents_per_minute: int = 0
    interlata_cents_per_minute: int = 0
    minute_rounding: str = "up"


class TriggerColumns(msgspec.Struct, frozen=True):
    """`triggers.csv` as columns: number codes; indexes into the name tuples; source lines."""

    numbers: Codes
    type: Small  # index into ain_scp.terms.triggers.TRIGGERS
    customer: Small  # index into DataSet.customers
    ssp: Small  # index into DataSet.switches
    lines: Lines
    file: str = "network/triggers.csv"


class MdpColumns(msgspec.Struct, frozen=True):
    """`mdp.csv`: dialed digits (7 or 10) -> routing number and its nature of number (1, 3 or 4)."""

    dialed: Codes
    number: Codes
    non: Small
    lines: Lines
    file: str


class SdpColumns(msgspec.Struct, frozen=True):
    """`sdp.csv`: 10-digit numbers reachable as dialed."""

    number: Codes
    lines: Lines
    file: str


class StationColumns(msgspec.Struct, frozen=True):
    """`stations.csv`: outgoing call screening rows. `table` indexes `tables`; `kind` indexes STATION_TYPES; class 0 = none."""

    tables: tuple[str, ...]
    table: Small
    number: Codes
    kind: Small
    privilege_class: Small
    lines: Lines
    file: str


class PrefixRow(msgspec.Struct, frozen=True):
    """A digit prefix that names something: an OCS table (`ocs_index.csv`) or an ASF profile (`asf.toml` [[originating]])."""

    prefix: str
    name: str
    where: Where


class NumberRow(msgspec.Struct, frozen=True):
    """One entry of a blocking table or of the international completion table."""

    number: str
    where: Where


class PrivilegeControl(msgspec.Struct, frozen=True):
    """One row of the privilege control table (Table 3): True = Y. `blocking` by name of the kind of table."""

    privilege_class: int
    emergency: bool
    blocking: dict[str, bool]
    where: Where


class Facilities(msgspec.Struct, frozen=True):
    """Trunk groups ("0000-0174") and carriers ("0222"), each 0 to 3, in the order they are tried (A-111, A-112)."""

    trunk_groups: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`trunk groups 0000-0174, 0195-2000`, `carrier 0222`, both, or `none`."""
        named = (("trunk group", self.trunk_groups), ("carrier", self.carriers))
        texts = [f"{noun}{'s' if len(ids) > 1 else ''} {', '.join(ids)}" for noun, ids in named if ids]
        return "; ".join(texts) or "none"


class PbxTrunkGroup(msgspec.Struct, frozen=True):
    """A PBX trunk group (`trunk_groups.csv`). `number` is its place in the file, 1-based: the trunk group id on the wire."""

    id: str
    kind: str
    caller_id: bool
    pilot: str
    sends_access_code: bool
    implied_access_code: str | None
    number: int
    where: Where


class RouteRule(msgspec.Struct, frozen=True):
    """One CRS/CCS rule of an ASF profile."""

    condition: Condition
    facilities: Facilities
    where: Where
    by_cost: bool = False
    """The carriers are tried in the order of what they cost."""


class RtlRow(msgspec.Struct, frozen=True):
    """One ASF-RTL row of a profile: exactly one of `number`, `prefix`, `ctc` is given."""

    number: str | None
    prefix: str | None
    ctc: frozenset[int] | None
    rtl: str
    where: Where


class Profile(msgspec.Struct, frozen=True):
    """An ASF profile (`asf.toml` [profiles.NAME]). A profile with `rtl` rows includes ASF-RTL (A-130)."""

    name: str
    rtl: tuple[RtlRow, ...]
    rules: tuple[RouteRule, ...]
    where: Where


class LogicNode(msgspec.Struct, frozen=True):
    """One node of an RTL number's routing logic: outcome name, PSTN_DEFAULT, or None = the branch names none (A-159)."""

    condition: Condition
    outcome: str | None
    where: Where


class RtlNumber(msgspec.Struct, frozen=True):
    """An ASF-RTL telephone number (`rtl.toml`): its host switch, whether that host participates in RBR, its logic."""

    number: str
    ssp: str
    participating: bool
    logic: tuple[LogicNode, ...]
    where: Where


class AsfRtlRow(msgspec.Struct, frozen=True):
    """A row of the ASF-RTL table (Table 4), facilities without gaps; both empty = invalid at run time (A-162)."""

    originating: str
    destination: str
    facilities: Facilities
    where: Where


class Contract(msgspec.Struct, frozen=True):
    """What finance knows of the customer: integer cents, whole percent.

    The maps hold what differs from the one percentage: UBR by pair of stations (`PBX_PBX` or `MIXED`; AMB-68), RBR by
    host location (an RTL number or the name of its host switch) and by the caller's class (`CENTREX`, `PBX`; A-238).
    """

    ubs_flat_monthly_cents_per_centrex_number: int = 0
    ubr_discount_pct: int = 0
    rbr_discount_pct: int = 0
    ubr_by_pair: dict[str, int] = {}
    rbr_by_host: dict[str, int] = {}
    rbr_by_class: dict[str, int] = {}


class CustomerSet(msgspec.Struct, frozen=True):
    """All the rows of one subscribing customer (`customers/NAME/`)."""

    name: str
    group_id: str
    ocs: bool
    split_interstate: bool
    default_privilege_class: int
    vacant_number: str
    ubs: bool
    ubr: bool
    rbr: bool
    access_codes: dict[str, str]
    ama_slp_ids: dict[str, str]
    contract: Contract
    emergency_active: bool
    emergency_route: Facilities | None
    mdp: MdpColumns
    sdp: SdpColumns
    ocs_index: tuple[PrefixRow, ...]
    stations: StationColumns
    privilege_control: tuple[PrivilegeControl, ...]
    blocking: dict[str, tuple[NumberRow, ...]]
    """The entries of the blocking tables, by name of their kind."""
    international_completion: tuple[NumberRow, ...]
    trunk_groups: tuple[PbxTrunkGroup, ...]
    asf_originating: tuple[PrefixRow, ...]
    profiles: tuple[Profile, ...]
    rtl: tuple[RtlNumber, ...]
    asf_rtl: tuple[AsfRtlRow, ...]
    call_types: tuple[CallType, ...]
    """The customer's own rows of `customers/NAME/call_types.csv`; they replace the network's row of that code (A-079)."""
    where: Where
    provider: str = ""
    """Another local provider that receives this customer's flagged usage records; "" = none (A-237)."""
    contract_rows: tuple[ContractRow, ...] = ()
    """`contract.csv`: what refines the percentages of `contract`."""
    lines: dict[str, int] = {}
    """Where the keys of `customer.toml` stand: dotted key -> line."""
    screening_rules: tuple[str, ...] = ()
    """Screening rules of other packages, by name (A-025)."""


class DataSet(msgspec.Struct, frozen=True):
    """One whole checked data set."""

    name: str
    description: str
    directory: str
    switches: tuple[Switch, ...]
    lata: tuple[LataRow, ...]
    triggers: TriggerColumns
    announcements: tuple[Announcement, ...]
    call_types: tuple[CallType, ...]
    numbering: Numbering
    rates: Rates
    customers: tuple[CustomerSet, ...]
    charging: ChargingSet | None = None
    """`charging/`; None when the data set charges nothing in real time."""
    services: ServiceSet | None = None
    """`network/services.csv` and `services/`; None when the dialing plan service answers every query."""
