"""The compiled form of a data set: what a query is decided from. Immutable, swapped whole, shared by all workers.

Tables answer row numbers; the row numbers lead back to the file and line that decided (`where_*`), for explain only.
Compiling resolves at load time whatever does not depend on the call: which screening row a number really has (the index
search of Fig. 3 followed by the named table), which numbers are on-net, which call type cell is Y.

Source: D-003, A-053..A-060, A-265, house.md section 2.
"""

from typing import NamedTuple, final

import msgspec

from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.options import AsfProfile, CallTypes, Options
from ain_scp.provisioning.rows import (
    Announcement,
    CustomerSet,
    DataSet,
    NumberRow,
    PrefixRow,
)
from ain_scp.provisioning.services import Services
from ain_scp.provisioning.tables.contracts import Contracts
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.provisioning.tables.prefix import PrefixTable
from ain_scp.terms.blocking import BlockingKind
from ain_scp.terms.facts import UNKNOWN_LATA, NumberKind, one_lata
from ain_scp.terms.triggers import ORIGINATES, TRIGGER_TYPES
from ain_scp.terms.vocabulary import StationClass

_CLASS_OF: tuple[StationClass, ...] = ("CENTREX", "PBX", "TO")  # the order of STATION_TYPES


@final
class BlockingTable:
    """One blocking table of a customer: its entries, and the privilege classes that are checked against it."""

    __slots__ = ("checked", "entries", "kind", "rows")

    def __init__(
        self, kind: BlockingKind, entries: ExactTable, rows: tuple[NumberRow, ...], checked: bytes
    ) -> None:
        self.kind = kind
        self.entries = entries
        self.rows = rows
        self.checked = checked  # by privilege class: 1 = Y

    def search(self, digits: str, *, whole: bool) -> int:
        """Row of the entry that blocks a number, or -1: the complete number first, if this is one, then its prefixes."""
        return self.entries.search(digits, self.kind.prefixes, complete=whole)


class PlanTables(NamedTuple):
    """The dialing plan: MDP by digits dialed, and every number the customer lists."""

    mdp: ExactTable
    mdp_code: memoryview
    mdp_non: bytes
    listed: ExactTable
    listed_international: ExactTable


class ScreeningTables(NamedTuple):
    """Outgoing call screening: the index, the station rows it leads to, the privilege cells, the blocking tables."""

    call_types: CallTypes
    ocs_index: PrefixTable
    stations: ExactTable
    station_type: bytes
    station_class: bytes
    blocking: dict[str, BlockingTable]
    international_completion: ExactTable


class RtlTables(NamedTuple):
    """The ASF-RTL rows of one profile by called number and by prefix of it."""

    numbers: ExactTable
    prefixes: PrefixTable


class RoutingTables(NamedTuple):
    """Automatic selection of facilities: the profile of a location, the profiles, and their rows by number."""

    asf_originating: PrefixTable
    profile_of: list[int]
    profiles: list[AsfProfile]
    rtl_tables: list[RtlTables]


@final
class Customer(Options):
    """The compiled tables of one customer; one customer's tables never mix with another's (A-001)."""

    def __init__(
        self, rows: CustomerSet, plan: PlanTables, screening: ScreeningTables, routing: RoutingTables
    ) -> None:
        checked = {name: table.checked for name, table in screening.blocking.items()}
        super().__init__(rows, screening.call_types, checked, routing.profiles)
        # routing numbers are canonical codes (rows.py), 64-bit
        self.mdp, self.mdp_code, self.mdp_non, self.listed, self.listed_international = plan
        self.ocs_index = screening.ocs_index
        self.stations = screening.stations
        self.station_type = screening.station_type
        self.station_class = screening.station_class
        self.blocking = screening.blocking
        self.international_completion = screening.international_completion
        self.asf_originating, self.profile_of, _, self.rtl_tables = routing
        self.contracts = Contracts(rows.contract_rows)
        self.rows = rows

    def station(self, number: str) -> int:
        """Row of the screening table that the index names for this 10-digit number, or -1 (A-053..A-057)."""
        return self.stations.find(number)

    def routing_number(self, row: int) -> str:
        """Routing number of an MDP row."""
        return str(self.mdp_code[row])[1:]

    def class_of(self, row: int) -> StationClass:
        """General class of service of a station row; OTHER without a row (A-042, A-058)."""
        return _CLASS_OF[self.station_type[row]] if row >= 0 else "OTHER"

    # Where a row stands, for explain. Never called on the path of a call.

    def where_mdp(self, row: int) -> str:
        """File and line of an MDP row."""
        return f"{self.rows.mdp.file}:{int(self.rows.mdp.lines[row])}"

    def where_station(self, row: int) -> str:
        """File and line of a station row."""
        return f"{self.rows.stations.file}:{int(self.rows.stations.lines[row])}"

    def index_row(self, row: int) -> PrefixRow:
        """The index row of a search result."""
        return self.rows.ocs_index[row]


@final
class Snapshot:
    """One loaded data set, compiled. Built by `ain_scp.provisioning.compile.compile_dataset`; never changed afterwards."""

    def __init__(
        self,
        dataset: DataSet,
        customers: tuple[Customer, ...],
        triggers: ExactTable,
        trigger_customer: bytes,
        trigger_type: bytes,
        lata: PrefixTable,
        lata_id: list[int],
        charging: Charging | None = None,
        services: Services | None = None,
    ) -> None:
        self.dataset = dataset
        self.charging = charging
        self.services = services
        self.customers = customers
        self.triggers = triggers
        self.trigger_customer = trigger_customer  # two octets a row, big-endian
        self.trigger_type = trigger_type
        self.lata = lata
        self.lata_id = lata_id  # 0 = unknown
        self.lata_state: list[str | None] = [row.state for row in dataset.lata]
        self._zones = [row.time_zone for row in dataset.lata]
        self.toll_free_npas = frozenset(dataset.numbering.toll_free_npas)
        self.n11_listed = frozenset(dataset.numbering.n11_listed)
        self.n11_other = frozenset(dataset.numbering.n11_other)
        self.voice = dict(dataset.numbering.voice)
        self.announcements: dict[str, Announcement] = {row.cause: row for row in dataset.announcements}
        self.customer_named: dict[str, Customer] = {customer.name: customer for customer in customers}
        self.customer_by_group: dict[str, Customer] = {customer.group_id: customer for customer in customers}

    def release(self) -> None:
        """Let go of the columns of ported numbers, which only comparing and drawing pictures need: they are twice the tables."""
        rows = self.dataset.services
        if self.services is not None and rows is not None:
            self.dataset = msgspec.structs.replace(self.dataset, services=self.services.rows)

    def customer_of(self, trigger: int) -> Customer:
        """The customer of a trigger row."""
        data = self.trigger_customer
        return self.customers[data[2 * trigger] << 8 | data[2 * trigger + 1]]

    def originates(self, trigger: int) -> bool:
        """Whether the line of a trigger row makes calls; False for row -1 and terminating triggers (A-018)."""
        return trigger >= 0 and ORIGINATES[self.trigger_type[trigger]] == 1

    def lata_of(self, number: str) -> int:
        """LATA of a 10-digit NANP number: NPANXX entry, else NPA entry; 0 = unknown (A-046..A-048)."""
        row = self.lata.longest(number[:6])
        return self.lata_id[row] if row >= 0 else 0

    def area_of(self, number: str) -> tuple[int, str | None]:
        """LATA and state of a number, as `lata_of` and `state_of` give them, found at once."""
        row = self.lata.longest(number[:6])
        return (self.lata_id[row], self.lata_state[row]) if row >= 0 else (UNKNOWN_LATA, None)

    def zone_of(self, number: str) -> str:
        """Time zone of a number; empty where none is given (A-125)."""
        row = self.lata.longest(number[:6])
        return self._zones[row] if row >= 0 else ""

    def one_lata(self, first: str, second: str) -> bool:
        """Whether the LATAs of two numbers are both known and equal (A-046, A-048)."""
        return one_lata(self.lata_of(first), self.lata_of(second))

    def kind_of(self, number: str) -> NumberKind:
        """Toll free, premium (900 and 976) or ordinary, of a 10-digit NANP number (A-072)."""
        npa = number[:3]
        if npa in self.toll_free_npas:
            return "TOLL_FREE"
        return "PREMIUM" if npa == "900" or number[3:6] == "976" else "ORDINARY"

    # Where a row stands, for explain.

    def where_trigger(self, row: int) -> str:
        """File and line of a trigger row."""
        return f"{self.dataset.triggers.file}:{int(self.dataset.triggers.lines[row])}"

    def trigger_name(self, row: int) -> str:
        """Trigger type of a trigger row: CDP_AC, OHD, PRIBC or TAT."""
        return TRIGGER_TYPES[self.trigger_type[row]]
