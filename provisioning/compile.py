"""Checked rows -> compiled tables -> one snapshot. Nothing is checked here: the loader has done that.

What the call does not change is resolved now, with numpy over whole columns: the station row that the index search
really finds for a number (A-054, A-057), the union of dialing plan tables that makes a number on-net (AMB-7), the
privilege cells as octets. Tables come from a `Tables`: compiled afresh, or taken from an image that was saved before.

Source: D-003, A-040, A-053..A-057, A-065, A-079.
"""

from collections.abc import Callable
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.options import CLASSES, MAX_CTC, AsfProfile, CallTypes, Rule
from ain_scp.provisioning.rows import CallType, Codes, CustomerSet, DataSet, NumberRow, Profile, RouteRule
from ain_scp.provisioning.rows_charging import ChargingSet
from ain_scp.provisioning.rows_services import NO_LNP, ServiceSet
from ain_scp.provisioning.services import Areas, Services
from ain_scp.provisioning.snapshot import (
    BlockingTable,
    Customer,
    PlanTables,
    RoutingTables,
    RtlTables,
    ScreeningTables,
    Snapshot,
)
from ain_scp.provisioning.tables.build import codes_of, compile_exact, compile_prefix
from ain_scp.provisioning.tables.costs import CostBook
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.provisioning.tables.prefix import PrefixTable
from ain_scp.provisioning.tables.zones import Zones
from ain_scp.terms.blocking import BLOCKING_KINDS, BlockingKind
from ain_scp.terms.facts import UNKNOWN_LATA
from ain_scp.terms.vocabulary import NON_INTERNATIONAL

_TEN_DIGITS = 10**10

Entries = tuple[Codes, NDArray[np.int32]]
"""What a table is made of: number codes and the row each stands for."""


class Tables(Protocol):
    """Where tables come from; `make` gives the entries of a table that has to be compiled."""

    def exact(self, name: str, make: Callable[[], Entries]) -> ExactTable:
        """The table of complete numbers with this name."""

    def prefix(self, name: str, make: Callable[[], Entries]) -> PrefixTable:
        """The table of prefixes with this name."""


@final
class FreshTables:
    """Compiles every table and remembers it by name, for an image to save."""

    def __init__(self) -> None:
        self.made: dict[str, ExactTable | PrefixTable] = {}

    def exact(self, name: str, make: Callable[[], Entries]) -> ExactTable:
        """Compile a table of complete numbers."""
        table = compile_exact(*make())
        self.made[name] = table
        return table

    def prefix(self, name: str, make: Callable[[], Entries]) -> PrefixTable:
        """Compile a table of prefixes."""
        table = compile_prefix(*make())
        self.made[name] = table
        return table


def compile_dataset(dataset: DataSet, tables: Tables | None = None) -> Snapshot:
    """Compile a whole checked data set."""
    source = tables or FreshTables()
    triggers = dataset.triggers
    latas = sorted({row.lata for row in dataset.lata if row.lata is not None})
    lata_number = {name: number for number, name in enumerate(latas, 1)}
    lata = source.prefix("lata", lambda: _in_order(codes_of([row.prefix for row in dataset.lata])))
    lata_id = [lata_number[row.lata] if row.lata is not None else UNKNOWN_LATA for row in dataset.lata]

    def lata_of(number: str) -> int:
        row = lata.longest(number[:6])
        return lata_id[row] if row >= 0 else UNKNOWN_LATA

    charging = None if dataset.charging is None else _charging(dataset.charging, source)
    costs = None if charging is None else CostBook(charging)
    return Snapshot(
        dataset,
        tuple(_customer(dataset, rows, source, lata_of, costs) for rows in dataset.customers),
        source.exact("triggers", lambda: _in_order(triggers.numbers)),
        triggers.customer.astype(">u2").tobytes(),
        triggers.type.astype(np.uint8).tobytes(),
        lata,
        lata_id,
        charging,
        None if dataset.services is None else _services(dataset, dataset.services, source, lata),
    )


def _services(dataset: DataSet, rows: ServiceSet, tables: Tables, lata: PrefixTable) -> Services:
    ported = (rows.lnp or NO_LNP).ported
    table = tables.exact("services/lnp/ported", lambda: _in_order(ported.numbers))
    areas = Areas(lata, dataset.lata)
    return Services(rows, areas, table, frozenset(dataset.numbering.toll_free_npas))


def _charging(rows: ChargingSet, tables: Tables) -> Charging:
    """Zones by the prefixes of national numbers and of international ones, which begin with `+`."""
    prefixes = [(row.prefix, place) for place, row in enumerate(rows.zones)]
    foreign = [(prefix[1:], place) for prefix, place in prefixes if prefix.startswith("+")]
    national = [(prefix, place) for prefix, place in prefixes if not prefix.startswith("+")]
    zones = Zones(
        rows.zones,
        tables.prefix("charging/zones", lambda: _placed(national)),
        tables.prefix("charging/foreign_zones", lambda: _placed(foreign)),
    )
    return Charging(rows, zones)


def _customer(
    dataset: DataSet,
    rows: CustomerSet,
    tables: Tables,
    lata_of: Callable[[str], int],
    costs: CostBook | None,
) -> Customer:
    here = f"customers/{rows.name}"
    return Customer(
        rows,
        _plan(rows, here, tables),
        _screening(dataset, rows, here, tables),
        _routing(rows, here, tables, lata_of, costs),
    )


def _plan(rows: CustomerSet, here: str, tables: Tables) -> PlanTables:
    return PlanTables(
        mdp=tables.exact(f"{here}/mdp", lambda: _in_order(rows.mdp.dialed)),
        mdp_code=np.ascontiguousarray(rows.mdp.number).data,
        mdp_non=rows.mdp.non.astype(np.uint8).tobytes(),
        listed=tables.exact(f"{here}/listed", lambda: _listed(rows)),
        listed_international=tables.exact(
            f"{here}/listed_international", lambda: _listed_international(rows)
        ),
    )


def _screening(dataset: DataSet, rows: CustomerSet, here: str, tables: Tables) -> ScreeningTables:
    prefixes = [row.prefix for row in rows.ocs_index]
    index = tables.prefix(f"{here}/ocs_index", lambda: _in_order(codes_of(prefixes)))
    completion = rows.international_completion
    return ScreeningTables(
        call_types=_call_types(dataset, rows),
        ocs_index=index,
        stations=tables.exact(f"{here}/stations", lambda: _stations(rows, index)),
        station_type=rows.stations.kind.astype(np.uint8).tobytes(),
        station_class=rows.stations.privilege_class.astype(np.uint8).tobytes(),
        blocking={kind.name: _blocking(rows, kind, here, tables) for kind in BLOCKING_KINDS},
        international_completion=tables.exact(f"{here}/international_completion", _entries(completion)),
    )


def _routing(
    rows: CustomerSet, here: str, tables: Tables, lata_of: Callable[[str], int], costs: CostBook | None
) -> RoutingTables:
    profile_index = {profile.name: number for number, profile in enumerate(rows.profiles)}
    originating = [row.prefix for row in rows.asf_originating]
    return RoutingTables(
        asf_originating=tables.prefix(f"{here}/asf_originating", lambda: _in_order(codes_of(originating))),
        profile_of=[profile_index[row.name] for row in rows.asf_originating],
        profiles=[_profile(profile, lata_of, costs) for profile in rows.profiles],
        rtl_tables=[_rtl_tables(one, f"{here}/profiles/{one.name}", tables) for one in rows.profiles],
    )


def _blocking(rows: CustomerSet, kind: BlockingKind, here: str, tables: Tables) -> BlockingTable:
    """One blocking table; a class without a control row or cell is checked, for deny beats allow."""
    listed = rows.blocking.get(kind.name, ())
    unchecked = {
        row.privilege_class for row in rows.privilege_control if not row.blocking.get(kind.name, True)
    }
    return BlockingTable(
        kind,
        tables.exact(f"{here}/blocking_{kind.name}", _entries(listed)),
        listed,
        bytes(klass not in unchecked for klass in CLASSES),
    )


def _entries(listed: tuple[NumberRow, ...]) -> Callable[[], Entries]:
    return lambda: _in_order(codes_of([row.number for row in listed]))


def _listed(rows: CustomerSet) -> Entries:
    """National numbers of the dialing plan: MDP routing numbers first, then the SDP list (A-040)."""
    national = np.flatnonzero(rows.mdp.non != NON_INTERNATIONAL)
    numbers = np.concatenate([rows.mdp.number[national], rows.sdp.number])
    return _first_of_each(
        numbers, np.concatenate([national, len(rows.mdp.number) + np.arange(len(rows.sdp.number))])
    )


def _listed_international(rows: CustomerSet) -> Entries:
    foreign = np.flatnonzero(rows.mdp.non == NON_INTERNATIONAL)
    return _first_of_each(rows.mdp.number[foreign], foreign)


def _stations(rows: CustomerSet, index: PrefixTable) -> Entries:
    """The station rows that a search really finds: those standing in the table the index names for their number."""
    stations = rows.stations
    names = {name: number for number, name in enumerate(stations.tables)}
    named = [names.get(row.name, -1) for row in rows.ocs_index]
    prefixes, inverse = np.unique((stations.number - _TEN_DIGITS) // 10_000, return_inverse=True)
    found = [index.longest(f"{prefix:06d}") for prefix in prefixes.tolist()]
    table = np.array([named[row] if row >= 0 else -1 for row in found], dtype=np.int64)
    effective = np.flatnonzero(table[inverse] == stations.table) if found else np.arange(0)
    return stations.number[effective], effective.astype(np.int32)


def _call_types(dataset: DataSet, rows: CustomerSet) -> CallTypes:
    """The network's call types with the customer's own rows in their place (A-079)."""
    chosen: dict[int, CallType] = {row.ctc: row for row in dataset.call_types}
    chosen.update({row.ctc: row for row in rows.call_types})
    cells = bytearray(MAX_CTC * 9)
    blocking: list[str | None] = [None] * MAX_CTC
    treatment: list[str | None] = [None] * MAX_CTC
    names = [""] * MAX_CTC
    where = [""] * MAX_CTC
    for ctc, row in chosen.items():
        for place, cell in enumerate(row.privilege, 1):
            cells[ctc * 9 + place] = cell == "Y"
        blocking[ctc], treatment[ctc] = row.blocking_type, row.asf_treatment
        names[ctc], where[ctc] = row.name, str(row.where)
    return CallTypes(bytes(cells), blocking, treatment, names, where)


def _profile(profile: Profile, lata_of: Callable[[str], int], costs: CostBook | None) -> AsfProfile:
    return AsfProfile(
        profile.name,
        profile.rtl,
        [lata_of(row.rtl) for row in profile.rtl],
        tuple(_rule(rule, costs) for rule in profile.rules),
        str(profile.where),
    )


def _rule(rule: RouteRule, costs: CostBook | None) -> Rule:
    orders = costs.orders(rule.facilities.carriers) if rule.by_cost and costs is not None else None
    return Rule(rule.condition, rule.facilities, str(rule.where), orders)


def _rtl_tables(profile: Profile, here: str, tables: Tables) -> RtlTables:
    by_number = [(row.number, place) for place, row in enumerate(profile.rtl) if row.number is not None]
    by_prefix = [(row.prefix, place) for place, row in enumerate(profile.rtl) if row.prefix is not None]
    return RtlTables(
        tables.exact(f"{here}/numbers", lambda: _placed(by_number)),
        tables.prefix(f"{here}/prefixes", lambda: _placed(by_prefix)),
    )


def _in_order(codes: Codes) -> Entries:
    """Row i is entry i."""
    return codes, np.arange(len(codes), dtype=np.int32)


def _placed(entries: list[tuple[str, int]]) -> Entries:
    return codes_of([digits for digits, _ in entries]), np.array(
        [place for _, place in entries], dtype=np.int32
    )


def _first_of_each(codes: Codes, places: NDArray[np.int64]) -> Entries:
    """Several dialed numbers may lead to one routing number: the first row that lists it stands for it."""
    unique, first = np.unique(codes, return_index=True)
    return unique, places[first].astype(np.int32)
