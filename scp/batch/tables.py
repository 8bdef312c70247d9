"""What a batch looks up besides the snapshot's own tables: facts that do not depend on the call, laid out once.

Per NPA-NXX: LATA, state, and whether the number is toll free, 900 or 976. Per trigger: everything the decision asks about
the caller. Per customer: privilege cells, blocking by area, classes of listed numbers, rules as masks.

Source: D-003, D-006, A-046..A-060, A-065, A-092..A-094, A-120..A-132.
"""

from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ain_scp.dialplan.call_type import (
    INTERLATA,
    INTERSTATE,
    INTRALATA,
    NINE_HUNDRED,
    OFF_NET,
    ON_NET,
    TOLL_FREE,
    pair_code,
)
from ain_scp.provisioning.snapshot import MAX_CTC, AsfProfile, BlockingTable, Customer, Snapshot
from ain_scp.provisioning.tables.batch import find_many, for_columns, longest_many, search_many
from ain_scp.provisioning.tables.digits import POWERS
from ain_scp.scp.batch.verdicts import CLASSES, FLAGS, RouteEntry
from ain_scp.terms.blocking import BLOCKING_KINDS, BLOCKING_TYPES
from ain_scp.terms.conditions import MINUTES, Condition, Facts, Question
from ain_scp.terms.triggers import ORIGINATES
from ain_scp.terms.vocabulary import BEARERS, NON_INTERNATIONAL

AREAS: Final = 1_000_000
TEN: Final = POWERS[10]
SEVEN: Final = POWERS[7]
OTHER: Final = CLASSES.index("OTHER")

KIND_TOLL_FREE: Final = 1
KIND_900: Final = 2
KIND_MASK: Final = 3
STATE_SHIFT: Final = 2
LATA_SHIFT: Final = 10
LATA_LIMIT: Final = 1 << 13
AREA_BITS: Final = 23
STATE_LIMIT: Final = 1 << (LATA_SHIFT - STATE_SHIFT)

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


PSTN: Final = 0
RTL: Final = 1
BLOCK: Final = 2
_TREATMENTS: Final = {"RTL": RTL, "BLOCK": BLOCK}


class Areas(NamedTuple):
    """`cells[NPANXX]`: kind in 2 bits, state in 8 (0 = unknown), LATA in 13 (0 = unknown)."""

    cells: NDArray[np.int32]

    def of(self, ten_digit: Codes) -> NDArray[np.int32]:
        """The cells of codes of 10-digit numbers."""
        return self.cells.take((ten_digit - TEN) // 10_000)


def areas_of(snapshot: Snapshot) -> Areas:
    """Lay the LATA table and the area codes of numbering.toml out by NPA-NXX."""
    row = longest_many(for_columns(snapshot.lata), np.arange(AREAS, dtype=np.int64) + POWERS[6])
    states = {name: at for at, name in enumerate(sorted({s for s in snapshot.lata_state if s}), 1)}
    if max(snapshot.lata_id, default=0) >= LATA_LIMIT or len(states) >= STATE_LIMIT:
        raise ValueError("too many LATAs or states for the columns of a batch")
    cell = np.array(
        [
            lata << LATA_SHIFT | states.get(state or "", 0) << STATE_SHIFT
            for lata, state in zip(snapshot.lata_id, snapshot.lata_state, strict=True)
        ]
        + [0],
        np.int32,
    )[row]
    area = np.arange(AREAS)
    cell[(area // 1000 == 900) | (area % 1000 == 976)] |= KIND_900
    for npa in snapshot.toll_free_npas:
        if len(npa) == 3:
            start = int(npa) * 1000
            cell[start : start + 1000] = cell[start : start + 1000] & ~KIND_MASK | KIND_TOLL_FREE
    return Areas(cell)


PROFILE_LIMIT: Final = 1 << 14


class Callers(NamedTuple):
    """What the decision asks about callers.

    `customer` -1 = may not originate; `privilege` -1 = the index search failed (A-056); `profile` -1 = none.
    """

    customer: NDArray[np.int32]
    klass: NDArray[np.uint8]
    privilege: NDArray[np.int8]
    profile: NDArray[np.int32]
    area: NDArray[np.int32]

    def rows(self, places: NDArray[np.int64]) -> "Callers":
        """The facts of some callers."""
        return Callers(
            self.customer[places],
            self.klass[places],
            self.privilege[places],
            self.profile[places],
            self.area[places],
        )

    def packed(self) -> NDArray[np.int64]:
        """All of it in one integer, so that a call costs one access: customer + 1, profile + 1, privilege + 1, class, area."""
        made = self.customer.astype(np.int64) + 1
        made = made << 15 | self.profile.astype(np.int64) + 1
        made = made << 4 | self.privilege.astype(np.int64) + 1
        return (made << 2 | self.klass.astype(np.int64)) << AREA_BITS | self.area


def unpacked(cells: NDArray[np.int64]) -> Callers:
    """The columns of packed cells."""
    high = cells >> AREA_BITS
    return Callers(
        (high >> 21).astype(np.int32) - 1,
        (high & 3).astype(np.uint8),
        (high >> 2 & 15).astype(np.int8) - np.int8(1),
        (high >> 6 & 0x7FFF).astype(np.int32) - 1,
        (cells & ((1 << AREA_BITS) - 1)).astype(np.int32),
    )


def callers_of(snapshot: Snapshot, areas: Areas) -> NDArray[np.int64]:
    """Ask every table about every triggering number: one packed cell for each row of triggers, and 0 for row -1.

    Numbers that are not 10 digits long are left to `Program.decide`.
    """
    numbers = np.asarray(snapshot.dataset.triggers.numbers)
    customer = np.frombuffer(snapshot.trigger_customer, ">u2").astype(np.int32)
    plain = (numbers >= TEN) & (numbers < 2 * TEN)
    kinds = np.frombuffer(snapshot.trigger_type, np.uint8)
    customer[~np.frombuffer(ORIGINATES, np.bool_)[kinds] | ~plain] = -1
    count = len(numbers)
    made = Callers(
        customer,
        np.full(count, OTHER, np.uint8),
        np.full(count, -1, np.int8),
        np.full(count, -1, np.int32),
        areas.of(np.where(plain, numbers, TEN)),
    )
    for at, one in enumerate(snapshot.customers):
        rows = np.flatnonzero(customer == at)
        if rows.size:
            _ask(one, numbers[rows], rows, made)
    return np.append(made.packed(), 0)


def _ask(customer: Customer, numbers: Codes, rows: NDArray[np.int64], made: Callers) -> None:
    station = find_many(customer.stations, numbers)
    made.klass[rows] = station_classes(customer, station)
    index = longest_many(customer.ocs_index, (numbers - TEN) // 10_000 + POWERS[6])
    listed = np.append(np.frombuffer(customer.station_class, np.uint8), np.uint8(0))[station]
    privilege = np.where(listed > 0, listed, customer.default_privilege_class).astype(np.int8)
    made.privilege[rows] = np.where(index < 0, np.int8(-1), privilege)
    row = longest_many(customer.asf_originating, numbers)
    if len(customer.profiles) < PROFILE_LIMIT:
        made.profile[rows] = np.array([*customer.profile_of, -1], np.int32)[row]


def station_classes(customer: Customer, rows: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Classes of station rows; OTHER for -1."""
    return np.append(np.frombuffer(customer.station_type, np.uint8), np.uint8(OTHER))[rows]


OUTSIDE: Final = 1000
"""Place of numbers outside the NANP in the masks of area codes."""


class Rule(NamedTuple):
    """A CRS/CCS rule: its questions with their answers, and its place in the engine's routes."""

    condition: Condition
    answers: tuple[tuple[Question, Mask | None], ...]
    route: int


def _answers(question: Question) -> Mask | None:
    """The answers to a question by the fact it reads; None where that is the day, which is asked day by day."""
    if question.reads == "ctc":
        return np.array([question.holds(Facts(ctc, "", 0, 0)) for ctc in range(MAX_CTC)])
    if question.reads == "npa":
        areas = [*(f"{npa:03d}" for npa in range(OUTSIDE)), ""]
        return np.array([question.holds(Facts(0, npa, 0, 0)) for npa in areas])
    if question.reads == "minute":
        return np.array([question.holds(Facts(0, "", 60 * minute, 0)) for minute in range(MINUTES)])
    return None


@final
class ProfileTables:
    """An ASF profile: the routes of its RTL rows and rules."""

    __slots__ = ("ctc_row", "has_rtl", "numbers", "prefixes", "rtl_area", "rtl_routes", "rules")

    def __init__(self, profile: AsfProfile, areas: Areas, routes: "Routes") -> None:
        self.has_rtl = profile.has_rtl
        self.numbers = profile.numbers
        self.prefixes = for_columns(profile.prefixes)
        self.ctc_row = np.full(MAX_CTC, -1, np.int32)
        for ctc, row in profile.ctc_rows.items():
            if 0 <= ctc < MAX_CTC:
                self.ctc_row[ctc] = row
        self.rtl_routes = np.array(
            [routes.place(RouteEntry("ASF_RTL", rtl_number=row.rtl)) for row in profile.rtl_rows], np.int32
        )
        self.rtl_area = np.array([_area_of(areas, row.rtl) for row in profile.rtl_rows], np.int32)
        self.rules = tuple(
            Rule(
                rule.condition,
                tuple((question, _answers(question)) for question in rule.condition.questions),
                routes.place(_entry(rule.facilities.trunk_groups, rule.facilities.carriers)),
            )
            for rule in profile.rules
        )


def _area_of(areas: Areas, number: str) -> int:
    return int(areas.cells[int(number[:6])]) if len(number) == 10 and number.isdigit() else 0


def _entry(trunk_groups: tuple[str, ...], carriers: tuple[str, ...]) -> RouteEntry:
    if trunk_groups:
        return RouteEntry("CRS_CCS" if carriers else "CRS", trunk_groups, carriers)
    return RouteEntry("CCS" if carriers else "PSTN", (), carriers)


@final
class Routes:
    """The routes of an engine, each once; place 0 is no route, place 1 plain PSTN."""

    def __init__(self) -> None:
        self.entries: list[RouteEntry] = []
        self._places: dict[RouteEntry, int] = {}
        self._asf_results = np.zeros(0, np.int16)
        self.none = self.place(RouteEntry("NONE"))
        self.pstn = self.place(RouteEntry("PSTN"))

    def place(self, entry: RouteEntry) -> int:
        """The place of a route, made when it is new."""
        at = self._places.setdefault(entry, len(self.entries))
        if at == len(self.entries):
            self.entries.append(entry)
        return at

    def asf_results(self) -> NDArray[np.int16]:
        """The ASF result of every route."""
        if self._asf_results.size != len(self.entries):
            self._asf_results = np.array([entry.asf_results for entry in self.entries], np.int16)
        return self._asf_results


@final
class CustomerTables:
    """One customer's tables for columns; `customer` keeps its own compiled ones."""

    def __init__(self, snapshot: Snapshot, customer: Customer, areas: Areas, routes: Routes) -> None:
        self.customer = customer
        types = customer.call_types
        self.cells = np.frombuffer(types.cells, np.uint8).astype(np.bool_)
        self.blocking_type = np.array(
            [BLOCKING_TYPES.index(kind) if kind in BLOCKING_TYPES else -1 for kind in types.blocking_type],
            np.int8,
        )
        self.treatment = np.array(
            [_TREATMENTS.get(kind or "", PSTN) for kind in types.asf_treatment], np.int8
        )
        self.ctc_of = _call_type_codes(customer.split_interstate)
        self.pair_place = np.full(MAX_CTC, -1, np.int8)
        self.pair_place[[111, 112, 121, 122]] = (0, 1, 2, 3)
        self.controlled = np.array(
            [list(customer.blocking[kind].checked) for kind in BLOCKING_TYPES], np.bool_
        )
        self.emergency = np.array(list(customer.control_emergency), np.bool_)
        route = customer.emergency_route
        self.emergency_route = (
            routes.place(_entry(route.trunk_groups, route.carriers))
            if customer.emergency_active and route is not None
            else -1
        )
        self._listed(customer)
        national = [customer.blocking[kind.name] for kind in BLOCKING_KINDS if kind.holds != "INTERNATIONAL"]
        self.blocked_area = {table.kind.name: _blocked_areas(table) for table in national}
        self.blocks_complete = {
            table.kind.name: any(len(row.number) == 10 for row in table.rows) for table in national
        }
        self.profiles = [ProfileTables(profile, areas, routes) for profile in customer.profiles]
        self.flags = _flags(snapshot, customer)
        self.rbr = np.array(
            [
                bool(
                    customer.slp_rbr is not None
                    and customer.rbr
                    and customer.all_hosts_participating
                    and snapshot.voice.get(bearer, False)
                )
                for bearer in (*BEARERS, "")
            ]
        )

    def _listed(self, customer: Customer) -> None:
        """MDP routing numbers as 10-digit or international codes, and the class of every listed number."""
        mdp = np.asarray(customer.rows.mdp.number)
        self.mdp_international = np.asarray(customer.rows.mdp.non) == NON_INTERNATIONAL
        self.mdp_short = (mdp >= SEVEN) & (mdp < 2 * SEVEN) & ~self.mdp_international
        self.mdp_code = mdp
        plain = (mdp >= TEN) & (mdp < 2 * TEN) & ~self.mdp_international
        self.fits = (
            bool((plain | self.mdp_short | self.mdp_international).all())
            and len(customer.profiles) < PROFILE_LIMIT
        )
        numbers = np.concatenate([np.where(plain, mdp, 0), np.asarray(customer.rows.sdp.number)])
        self.class_of_place = station_classes(customer, find_many(customer.stations, numbers))
        short = (numbers >= SEVEN) & (numbers < 2 * SEVEN)
        self.listed_has_short = bool(short.any() or self.mdp_short.any())
        self.mdp_has_short = bool(self.mdp_short.any())
        self.has_international = bool(self.mdp_international.any())

    def blocked(self, kind: str, called: Codes) -> Mask:
        """Which called numbers the blocking table holds, complete or by prefix."""
        table = self.customer.blocking[kind]
        area = self.blocked_area.get(kind)
        if area is None or not ((called >= TEN) & (called < 2 * TEN)).all():
            found: Mask = search_many(table.entries, called, table.kind.prefixes) >= 0
            return found
        found = area.take((called - TEN) // 10_000)
        if self.blocks_complete[kind]:
            found = found | (find_many(table.entries, called) >= 0)
        return found


def _blocked_areas(table: BlockingTable) -> Mask:
    """By NPA-NXX: whether a prefix of the table blocks every number there."""
    codes = np.arange(AREAS, dtype=np.int64) + POWERS[6]
    prefixes = table.kind.prefixes
    if not any(len(row.number) in prefixes for row in table.rows):
        return np.zeros(AREAS, np.bool_)
    return search_many(table.entries, codes, prefixes, complete=False) >= 0


def _flags(snapshot: Snapshot, customer: Customer) -> NDArray[np.uint8]:
    """flags[bearer, pair]: the flag of an eligible call, pairs in the order 111, 112, 121, 122 (table 4.1)."""
    ubs = FLAGS.index("UBS") if customer.ubs and customer.slp_ubs is not None else 0
    ubr = FLAGS.index("UBR") if customer.ubr and customer.slp_ubr is not None else 0
    mixed = ubr if customer.ubs else 0
    made = np.zeros((len(BEARERS) + 1, 4), np.uint8)
    for at, bearer in enumerate(BEARERS):
        if snapshot.voice.get(bearer, False):
            made[at] = (ubs, mixed, mixed, ubr)
    return made


def _call_type_codes(split_interstate: bool) -> NDArray[np.int16]:
    """The code of a call inside the NANP by kind, intraLATA, interstate, on-net, calling and called class (A-075).

    The key has kind in bits 0-1, intraLATA in 2, interstate in 3, on-net in 4, calling class in 5-6, called in 7-8.
    """
    made = np.zeros(512, np.int16)
    for key in range(512):
        on_net, calling, called = key >> 4 & 1, key >> 5 & 3, key >> 7
        if key & KIND_MASK == KIND_TOLL_FREE:
            increment = TOLL_FREE
        elif key & KIND_MASK:
            increment = NINE_HUNDRED
        elif key & 4:
            pair = pair_code(CLASSES[calling], CLASSES[called]) if on_net else 0
            increment = pair - ON_NET if pair else INTRALATA
        else:
            increment = INTERSTATE if split_interstate and key & 8 else INTERLATA
        made[key] = (ON_NET if on_net else OFF_NET) + increment
    return made
