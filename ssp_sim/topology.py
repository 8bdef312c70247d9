"""The default network of a data set: switches, signal transfer points, trunk groups, and who serves which number.

What the data set does not say is filled in so that the patent's figures come out: private trunk groups lead to the ETN
node for NANP numbers and to the international gateway for foreign ones; a number that an ASF-RTL profile names and that
has no trigger lives on the switch with role TERMINATING; every carrier has a point of presence; the rest of the world is
one node, PSTN.

Source: [0040]-[0053], [0089]-[0093]; A-002, A-005, A-006, A-018, A-177 to A-183; AMB-77.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec
import numpy as np

from ain_scp.provisioning.rows import CustomerSet, DataSet, Facilities
from ain_scp.provisioning.rows import Switch as SwitchRow
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.sccp.translation import Title, Translation, TranslationTable
from ain_scp.ssp_sim.kernel import Timers
from ain_scp.ssp_sim.nodes.call_model import DetectionPoint
from ain_scp.ssp_sim.nodes.numbering import PSTN_NODE, Line, NumberingPlan, PbxGroup, RouteIndexes
from ain_scp.ssp_sim.nodes.origination import DETECTION
from ain_scp.ssp_sim.nodes.patchboard import Patchboard
from ain_scp.ssp_sim.nodes.routing import SwitchRoutes
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress
from ain_scp.ssp_sim.nodes.stp import Stp
from ain_scp.ssp_sim.nodes.switch import Switch
from ain_scp.ssp_sim.nodes.switch_data import SwitchData
from ain_scp.ssp_sim.nodes.switch_settings import SwitchAnnouncements, SwitchTimers
from ain_scp.ssp_sim.nodes.trunks import PRIVATE_MEMBERS, PUBLIC_MEMBERS, Outage
from ain_scp.ssp_sim.nodes.usage import UsageWriter
from ain_scp.ssp_sim.number_world import lrn_switches, number_triggers
from ain_scp.terms.triggers import TRIGGER_TYPES
from ain_scp.terms.vocabulary import STATION_TYPES

IXC_NODE = "IXC"
"""The point of presence of interLATA calls without a carrier, where the data set has none."""

NO_FACILITIES = Facilities()


class NetworkOptions(msgspec.Struct, frozen=True):
    """What a scenario may say about the network; the defaults are a healthy one.

    `mates` are the second STPs of mated pairs, in the order of `stps`; a pair answers to one point code, and what a link that
    is down cannot carry goes by the mate.

    `scps` maps the names of the service control points to their point codes, the first one being the translations' target;
    `serves` maps number prefixes to switches; `trunk_routes` maps (switch or "", trunk group or "", "NANP" or
    "INTERNATIONAL") to the far node; `members` gives circuits per trunk group, carrier or far switch.
    """

    stps: tuple[str, ...] = ("STP-LOCAL", "STP-REGIONAL")
    mates: tuple[str, ...] = ()
    scps: Mapping[str, int] = msgspec.field(default_factory=lambda: {"SCP": parse_point_code("245-1-2")})
    ssn: int = 250
    translation_type: int = 254
    by_global_title: bool = True
    timers: SwitchTimers = SwitchTimers()
    members: Mapping[str, int] = {}
    private_members: int = PRIVATE_MEMBERS
    public_members: int = PUBLIC_MEMBERS
    serves: Mapping[str, str] = {}
    trunk_routes: Mapping[tuple[str, str, str], str] = {}
    outages: tuple[Outage, ...] = ()
    detection: Mapping[str, DetectionPoint] = msgspec.field(default_factory=lambda: DETECTION)
    answers_to_lose: Mapping[str, int] = {}
    ported_out: tuple[str, ...] = ()
    np_carriers: tuple[str, ...] = ()


class Network(msgspec.Struct):
    """The nodes of a run, without the service control points, which are attached from outside."""

    switches: dict[str, Switch]
    stps: dict[str, Stp]
    plan: NumberingPlan
    board: Patchboard
    kinds: dict[str, str]
    point_codes: dict[str, int]
    mates: dict[str, str]


def build(
    dataset: DataSet,
    options: NetworkOptions,
    write_usage: UsageWriter | None = None,
    timers: Callable[[str], Timers] | None = None,
) -> Network:
    """Build the network of a data set; ValueError names every node of the options that the network does not have.

    `timers` gives each switch, by name, the timers of the network it is in; without it each has its own.
    """
    rows = [*(row for row in dataset.switches if row.kind not in {"STP", "SCP"}), *_added(dataset)]
    kinds = {row.name: row.kind for row in rows}
    named = {
        *options.serves.values(),
        *options.trunk_routes.values(),
        *options.answers_to_lose,
        *options.np_carriers,
    }
    unknown = sorted(named - set(kinds))
    if unknown:
        raise ValueError(f"no such switch in the network: {', '.join(unknown)}")
    point_codes = assign_point_codes(rows, options)
    plan = numbering(dataset, options)
    board = Patchboard(options.outages)
    indexes = _indexes(dataset, options)
    groups = _private_groups(dataset)
    stps = _stps(rows, point_codes, options)
    announcements = _announcements(dataset)
    switches: dict[str, Switch] = {}
    carriers, ported_out = frozenset(options.np_carriers), frozenset(options.ported_out)
    for index, row in enumerate(rows):
        data = SwitchData(
            row.name,
            row.kind,
            row.ain or row.name in carriers,
            row.lata,
            point_codes,
            options.stps[0] if options.stps else "",
            point_codes.get(options.stps[0], 0) if options.stps else 0,
            options.ssn,
            _scp_address(options),
            (index + 1) << 24,
            options.timers,
            announcements,
            options.detection,
            number_triggers(dataset, row, carriers, ported_out),
            options.answers_to_lose.get(row.name, 0),
        )
        own = frozenset(groups.get(row.name, ()))
        routes = SwitchRoutes(row.name, row.kind, row.lata, plan, indexes, kinds, own)
        switches[row.name] = Switch(
            data, routes, plan, board, write_usage, timers(row.name) if timers is not None else None
        )
    kinds.update(dict.fromkeys((*options.stps, *options.mates), "STP"))
    kinds.update(dict.fromkeys(options.scps, "SCP"))
    mates = dict(zip(options.stps, options.mates, strict=False))
    mates.update({mate: stp for stp, mate in mates.items()})
    return Network(switches, stps, plan, board, kinds, point_codes, mates)


def _added(dataset: DataSet) -> Iterator[SwitchRow]:
    """Make the nodes every network needs and the data set does not list."""
    where = dataset.switches[0].where if dataset.switches else None
    names = {row.name for row in dataset.switches}
    has_pop = any(row.kind == "IXC_POP" for row in dataset.switches)
    wanted = [(PSTN_NODE, "PSTN")]
    if not has_pop:
        wanted.append((IXC_NODE, "IXC_POP"))
        wanted += [(f"POP-{code}", "IXC_POP") for code in sorted(_carriers(dataset))]
    for name, kind in wanted:
        if name not in names and where is not None:
            yield SwitchRow(name, kind, False, "", "", "", "", where)


def assign_point_codes(rows: Iterable[SwitchRow], options: NetworkOptions) -> dict[str, int]:
    """Give every node its point code: the row's own, or the next free one of 246-3-n (STPs: 246-0-n)."""
    rows = tuple(rows)
    codes = {row.name: parse_point_code(row.point_code) for row in rows if row.point_code}
    codes.update(options.scps)
    taken = set(codes.values())
    for cluster, names in ((0, options.stps), (3, tuple(row.name for row in rows))):
        following = (parse_point_code(f"246-{cluster}-1") + step for step in range(1 << 12))
        for name in names:
            if name not in codes:
                codes[name] = next(code for code in following if code not in taken)
                taken.add(codes[name])
    return codes


# --- numbers ----------------------------------------------------------------------------------------------------------


def numbering(dataset: DataSet, options: NetworkOptions) -> NumberingPlan:
    """Find out who serves which number: triggers, stations, vacant numbers, blocks, LATAs, PBX trunk groups."""
    homes = {row.name: row.homed_on for row in dataset.switches if row.homed_on}
    stations = _station_classes(dataset)
    triggers = dataset.triggers
    order = np.argsort(triggers.numbers, kind="stable")
    sorted_numbers = triggers.numbers[order]
    intercepts = {
        customer.vacant_number: _announcement_id(dataset, "VACANT_NUMBER", 3)
        for customer in dataset.customers
        if customer.vacant_number
    }
    blocks = _blocks(dataset)
    blocks.update(lrn_switches(dataset))
    blocks.update(options.serves)
    terminating = next((row.name for row in dataset.switches if row.role == "TERMINATING"), "")
    named = {
        row.number for c in dataset.customers for p in c.profiles for row in p.rtl if row.number is not None
    }

    def look_up(number: str) -> Line | None:
        code = int("1" + number)
        at = int(np.searchsorted(sorted_numbers, code))
        if at < len(sorted_numbers) and sorted_numbers[at] == code:
            row = int(order[at])
            customer = dataset.customers[int(triggers.customer[row])]
            ssp = dataset.switches[int(triggers.ssp[row])].name
            served = _block_of(number, options.serves)
            through = served if served and homes.get(served) == ssp else ""
            trigger = TRIGGER_TYPES[int(triggers.type[row])]
            return _line(number, ssp, customer, stations.get(code, "OTHER"), trigger, through)
        station = stations.get(code)
        if station is None and number not in named:
            return None
        switch = terminating if number in named and terminating else _block_of(number, blocks) or PSTN_NODE
        return _line(number, switch, _customer_of(dataset, code), station or "OTHER", None, "")

    groups = {
        group.id: PbxGroup(
            group.id,
            group.number,
            group.kind,
            group.caller_id,
            group.pilot,
            group.sends_access_code,
            group.implied_access_code,
        )
        for customer in dataset.customers
        for group in customer.trunk_groups
    }
    latas = {row.prefix: row.lata for row in dataset.lata if row.lata is not None}
    return NumberingPlan(
        {}, blocks, intercepts, latas, groups, lambda n: look_up(n) if len(n) <= 15 else None
    )


def _line(
    number: str, switch: str, customer: CustomerSet | None, station: str, trigger: str | None, through: str
) -> Line:
    codes = customer.access_codes if customer is not None else {}
    return Line(
        number,
        switch,
        station,
        trigger,
        customer.name if customer is not None else "",
        frozenset(codes),
        frozenset(code for code, plan in codes.items() if plan == "SDP"),
        through,
    )


def _station_classes(dataset: DataSet) -> dict[int, str]:
    return {
        int(code): STATION_TYPES[int(kind)]
        for customer in dataset.customers
        for code, kind in zip(customer.stations.number, customer.stations.kind, strict=True)
    }


def _customer_of(dataset: DataSet, code: int) -> CustomerSet | None:
    for customer in dataset.customers:
        if bool(np.any(customer.stations.number == code)):
            return customer
    return None


def _blocks(dataset: DataSet) -> dict[str, str]:
    """Let a switch with triggers of an NPA-NXX serve the rest of that block."""
    numbers = dataset.triggers.numbers
    if not len(numbers):
        return {}
    exchanges, first = np.unique(numbers // 10_000, return_index=True)
    return {
        str(int(exchange))[1:]: dataset.switches[int(dataset.triggers.ssp[row])].name
        for exchange, row in zip(exchanges, first, strict=True)
    }


def _block_of(number: str, blocks: Mapping[str, str]) -> str:
    for size in range(len(number), 0, -1):
        if number[:size] in blocks:
            return blocks[number[:size]]
    return ""


# --- trunks and signalling --------------------------------------------------------------------------------------------


def _facilities(customer: CustomerSet) -> Iterator[Facilities]:
    yield customer.emergency_route or NO_FACILITIES
    for profile in customer.profiles:
        for rule in profile.rules:
            yield rule.facilities
    for row in customer.asf_rtl:
        yield row.facilities


def _carriers(dataset: DataSet) -> set[str]:
    return {
        code for customer in dataset.customers for found in _facilities(customer) for code in found.carriers
    }


def _private_groups(dataset: DataSet) -> dict[str, set[str]]:
    """Say which private trunk groups a switch has: a host those of its rows, a customer's switches those of its rules."""
    groups: dict[str, set[str]] = {}
    for index, customer in enumerate(dataset.customers):
        mine = np.unique(dataset.triggers.ssp[dataset.triggers.customer == index])
        for facilities in _originating_facilities(customer):
            for ssp in mine:
                groups.setdefault(dataset.switches[int(ssp)].name, set()).update(facilities.trunk_groups)
        hosts = {rtl.number: rtl.ssp for rtl in customer.rtl}
        for row in customer.asf_rtl:
            groups.setdefault(hosts.get(row.originating, ""), set()).update(row.facilities.trunk_groups)
    return groups


def _originating_facilities(customer: CustomerSet) -> Iterator[Facilities]:
    yield customer.emergency_route or NO_FACILITIES
    for profile in customer.profiles:
        for rule in profile.rules:
            yield rule.facilities


def _indexes(dataset: DataSet, options: NetworkOptions) -> RouteIndexes:
    def first(*kinds: str) -> str:
        return next((row.name for row in dataset.switches if row.kind in kinds), PSTN_NODE)

    trunks = {("", "", "NANP"): first("ETN", "ATM"), ("", "", "INTERNATIONAL"): first("INTL_GATEWAY")}
    trunks.update(options.trunk_routes)
    pops = [row for row in dataset.switches if row.kind == "IXC_POP"]
    carriers = {
        code: next((pop.name for pop in pops if pop.role == code), pops[0].name) if pops else f"POP-{code}"
        for code in _carriers(dataset)
    }
    carriers.update({pop.role: pop.name for pop in pops if pop.role})
    return RouteIndexes(
        trunks,
        carriers,
        pops[0].name if pops else IXC_NODE,
        options.members,
        options.private_members,
        options.public_members,
    )


def _stps(rows: Iterable[SwitchRow], codes: Mapping[str, int], options: NetworkOptions) -> dict[str, Stp]:
    """Chain the STPs from the switches to the service control points."""
    stps: dict[str, Stp] = {}
    names = options.stps
    for place, name in enumerate(names):
        before = names[place - 1] if place else ""
        after = names[place + 1] if place + 1 < len(names) else ""
        routes = {codes[row.name]: before or row.name for row in rows}
        routes.update({code: after or scp for scp, code in options.scps.items()})
        routes.update({codes[other]: after for other in names[place + 1 :]})
        routes.update({codes[other]: before for other in names[:place]})
        for one in (name, *options.mates[place : place + 1]):
            stps[one] = Stp(one, codes[name], routes, _translations(after, codes, options), after)
    return stps


def _translations(after: str, codes: Mapping[str, int], options: NetworkOptions) -> TranslationTable:
    """Translate towards the next STP, or at the last one to the service control point and its subsystem."""
    if after:
        row = Translation(options.translation_type, "", codes[after], None, False, Title.KEEP)
    else:
        row = Translation(options.translation_type, "", next(iter(options.scps.values())), options.ssn)
    return TranslationTable((row,))


def _scp_address(options: NetworkOptions) -> ScpAddress:
    code = None if options.by_global_title else next(iter(options.scps.values()))
    return ScpAddress(options.translation_type, options.ssn, code)


def _announcement_id(dataset: DataSet, cause: str, default: int) -> int:
    return next((row.id for row in dataset.announcements if row.cause == cause), default)


def _announcements(dataset: DataSet) -> SwitchAnnouncements:
    usual = SwitchAnnouncements()
    return SwitchAnnouncements(
        _announcement_id(dataset, "VACANT_NUMBER", usual.vacant_code),
        _announcement_id(dataset, "ALL_CIRCUITS_BUSY", usual.all_circuits_busy),
        usual.default_treatment,
    )
