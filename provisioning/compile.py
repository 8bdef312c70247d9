"""Checked rows -> compiled tables -> one snapshot. Nothing is checked here: the loader has done that.

What the call does not change is resolved now, with numpy over whole columns: the station row that the index search
really finds for a number (A-054, A-057), the union of dialing plan tables that makes a number on-net (AMB-7), the
privilege cells as octets.

Source: D-003, A-040, A-053..A-057, A-065, A-079.
"""

import numpy as np
from numpy.typing import NDArray

from provisioning.rows import CallType, Codes, CustomerSet, DataSet, NumberRow, Profile, Where
from provisioning.snapshot import MAX_CTC, AsfProfile, CallTypes, Customer, Rule, Snapshot
from provisioning.tables.build import codes_of, compile_exact, compile_prefix
from provisioning.tables.lookup import ExactTable
from provisioning.tables.prefix import PrefixTable
from terms.vocabulary import NON_INTERNATIONAL

_TEN_DIGITS = 10**10


def compile_dataset(dataset: DataSet) -> Snapshot:
    """Compile a whole checked data set."""
    triggers = dataset.triggers
    latas = sorted({row.lata for row in dataset.lata if row.lata is not None})
    lata_number = {name: number for number, name in enumerate(latas, 1)}
    return Snapshot(
        dataset,
        tuple(_customer(dataset, rows) for rows in dataset.customers),
        _exact(triggers.numbers),
        triggers.customer.astype(">u2").tobytes(),
        triggers.type.astype(np.uint8).tobytes(),
        _prefix([row.prefix for row in dataset.lata]),
        [lata_number[row.lata] if row.lata is not None else 0 for row in dataset.lata],
    )


def _customer(dataset: DataSet, rows: CustomerSet) -> Customer:
    index = _prefix([row.prefix for row in rows.ocs_index])
    profile_index = {profile.name: number for number, profile in enumerate(rows.profiles)}
    national = rows.mdp.non != NON_INTERNATIONAL
    numbers = np.concatenate([rows.mdp.number[national], rows.sdp.number])
    places = np.concatenate(
        [np.flatnonzero(national), len(rows.mdp.number) + np.arange(len(rows.sdp.number))]
    )
    return Customer(
        rows,
        call_types=_call_types(dataset, rows),
        mdp=_exact(rows.mdp.dialed),
        mdp_code=np.ascontiguousarray(rows.mdp.number).data,
        mdp_non=rows.mdp.non.astype(np.uint8).tobytes(),
        listed=_first_of_each(numbers, places),
        listed_international=_first_of_each(rows.mdp.number[~national], np.flatnonzero(~national)),
        ocs_index=index,
        stations=_stations(rows, index),
        station_type=rows.stations.kind.astype(np.uint8).tobytes(),
        station_class=rows.stations.privilege_class.astype(np.uint8).tobytes(),
        blocking={
            "international": _entries(rows.blocking_international),
            "domestic": _entries(rows.blocking_domestic),
            "800": _entries(rows.blocking_800),
        },
        international_completion=_entries(rows.international_completion),
        asf_originating=_prefix([row.prefix for row in rows.asf_originating]),
        profile_of=[profile_index[row.name] for row in rows.asf_originating],
        profiles=[_profile(profile) for profile in rows.profiles],
    )


def _stations(rows: CustomerSet, index: PrefixTable) -> ExactTable:
    """The station rows that a search really finds: those standing in the table the index names for their number."""
    stations = rows.stations
    names = {name: number for number, name in enumerate(stations.tables)}
    named = [names.get(row.name, -1) for row in rows.ocs_index]
    prefixes, inverse = np.unique((stations.number - _TEN_DIGITS) // 10_000, return_inverse=True)
    found = [index.longest(f"{prefix:06d}") for prefix in prefixes.tolist()]
    table = np.array([named[row] if row >= 0 else -1 for row in found], dtype=np.int64)
    effective = np.flatnonzero(table[inverse] == stations.table) if found else np.arange(0)
    return compile_exact(stations.number[effective], effective.astype(np.int32))


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
        blocking[ctc], treatment[ctc], names[ctc], where[ctc] = (
            row.blocking_type,
            row.asf_treatment,
            row.name,
            str(row.where),
        )
    return CallTypes(bytes(cells), blocking, treatment, names, where)


def _profile(profile: Profile) -> AsfProfile:
    """RTL rows by exact number, by prefix, by call type code (the first row that lists a code wins)."""
    by_number = [(row.number, place) for place, row in enumerate(profile.rtl) if row.number is not None]
    by_prefix = [(row.prefix, place) for place, row in enumerate(profile.rtl) if row.prefix is not None]
    by_ctc: dict[int, int] = {}
    for place, row in enumerate(profile.rtl):
        for ctc in row.ctc or ():
            by_ctc.setdefault(ctc, place)
    return AsfProfile(
        profile.name,
        profile.rtl,
        compile_exact(
            codes_of([number for number, _ in by_number]), _rows([place for _, place in by_number])
        ),
        compile_prefix(
            codes_of([prefix for prefix, _ in by_prefix]), _rows([place for _, place in by_prefix])
        ),
        by_ctc,
        tuple(Rule(rule.condition, rule.facilities, str(rule.where)) for rule in profile.rules),
        str(profile.where),
    )


def _exact(codes: Codes) -> ExactTable:
    return compile_exact(codes, np.arange(len(codes), dtype=np.int32))


def _prefix(prefixes: list[str]) -> PrefixTable:
    return compile_prefix(codes_of(prefixes), np.arange(len(prefixes), dtype=np.int32))


def _entries(rows: tuple[NumberRow, ...]) -> ExactTable:
    return _exact(codes_of([row.number for row in rows]))


def _first_of_each(codes: Codes, places: NDArray[np.int64]) -> ExactTable:
    """Several dialed numbers may lead to one routing number: the first row that lists it stands for it."""
    unique, first = np.unique(codes, return_index=True)
    return compile_exact(unique, places[first].astype(np.int32))


def _rows(places: list[int]) -> NDArray[np.int32]:
    return np.array(places, dtype=np.int32)


EMPTY_PROFILE = _profile(Profile("none", (), (), Where("", 0)))
"""The profile of a location without one: every call is plain PSTN."""
