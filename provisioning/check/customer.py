"""`customer.toml`: the options, access codes, billing identities, contract and emergency route of one customer.

Source: requirements.md section 5.2, A-023, A-050 to A-052, A-102, A-226, A-230 to A-238, AMB-59, AMB-68, AMB-84.
"""

import re

import msgspec

from ain_scp.provisioning.check.conditions import read_facilities
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows import Contract, Facilities, RtlNumber, Where
from ain_scp.terms.digits import is_number

PLAN_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
SLP_IDS = ("UBS", "UBR", "RBR")
PAIRS = ("PBX_PBX", "MIXED")
CLASSES = ("CENTREX", "PBX")

_MOST_CENTS = 100_000_000


class Customer(msgspec.Struct, frozen=True):
    """What `customer.toml` says."""

    group_id: str
    ocs: bool
    ocs_known: bool
    split_interstate: bool
    default_privilege_class: int
    vacant_number: str
    ubs: bool
    ubr: bool
    rbr: bool
    provider: str
    access_codes: dict[str, str]
    ama_slp_ids: dict[str, str]
    contract: Contract
    emergency_active: bool
    emergency_route: Facilities | None
    where: Where
    lines: dict[str, int]
    screening_rules: tuple[str, ...] = ()


def read_customer(
    options: Section, rtl: tuple[RtlNumber, ...] | None, groups: set[str], name: str
) -> Customer:
    """Read the `customer.toml` of folder `name`; `rtl` None = not known. `groups` holds the group ids before."""
    group_id = options.word("group_id", required=True)
    if group_id and group_id in groups:
        options.error("group_id", f"group_id {group_id} is that of another customer", "duplicate")
    if group_id != name and group_id.casefold() == name.casefold():
        options.warn("group_id", f"group_id {group_id} and folder {name} differ in case only", "A-001")
    given = options.take("ocs", bool, required=True)
    ocs = given is not False
    split = options.flag("split_interstate")
    default_class = options.integer("default_privilege_class", 1, 8, "A-052", 1)
    vacant = options.digits("vacant_number", (10,), "A-056", required=True)
    ubs, ubr, rbr = options.on("ubs"), options.on("ubr"), options.on("rbr")
    if rbr and rtl == ():
        options.error("rbr", "rbr is ON without any RTL number (rtl.toml)", "A-195")
    provider = options.word("provider")
    codes = _access_codes(options.section("access_codes"))
    rules = _screening_rules(options, ocs=ocs)
    slp_ids = _slp_ids(options.section("ama_slp_ids"))
    contract = _contract(options.section("contract"), rtl, ubr=ubr, rbr=rbr)
    active, route = _emergency(options.section("emergency"), ocs=ocs)
    options.finish()
    return Customer(
        group_id, ocs, given is not None, split, default_class, vacant, ubs, ubr, rbr, provider,
        codes, slp_ids, contract, active, route, options.where, options.lines, rules,
    )  # fmt: skip


def _access_codes(section: Section) -> dict[str, str]:
    """Read code -> plan; which plans exist is the compiler's business (A-025)."""
    codes: dict[str, str] = {}
    for code in section:
        plan = section.text(code)
        if not is_number(code, 1, 2):
            section.error(code, f"access code {shown(code)} is not 1 or 2 digits", "A-023")
        elif code in section and plan and PLAN_WORD.fullmatch(plan) is None:
            section.error(code, f"plan {shown(plan)} is not an upper case word such as MDP or SDP", "A-023")
        elif not plan and not section.bad:
            section.error(code, f"access code {code} names no plan", "A-023")
        codes[code] = plan
    for code in codes:
        if len(code) == 2 and code[0] in codes:
            section.warn(code, f"access code {code} begins with access code {code[0]}", "A-023")
    return codes


def _screening_rules(options: Section, *, ocs: bool) -> tuple[str, ...]:
    """Read the names of screening rules; which ones are installed is the service logic's business (A-025)."""
    found: list[str] = []
    for place, value in options.items("screening_rules", str) if "screening_rules" in options else ():
        name = str(value)
        if PLAN_WORD.fullmatch(name) is None:
            options.error(
                "screening_rules", f"screening rule {shown(name)} is not an upper case word", "A-025", place
            )
        elif name in found:
            options.error("screening_rules", f"screening rule {name} is there twice", "duplicate", place)
        found.append(name)
    if found and not ocs:
        options.warn("screening_rules", "screening rules have no effect without OCS", "A-050")
    return tuple(found)


def _slp_ids(section: Section) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in SLP_IDS:
        value = section.digits(key, (9,), "A-226", required=True)
        for other, taken in found.items():
            if value and value == taken:
                section.error(key, f"{key} = {shown(value)} equals {other}", "A-226")
        found[key] = value
    section.finish()
    return found


def _contract(section: Section, rtl: tuple[RtlNumber, ...] | None, *, ubr: bool, rbr: bool) -> Contract:
    flat = section.integer("ubs_flat_monthly_cents_per_centrex_number", 0, _MOST_CENTS, "A-232")
    percents = {}
    for key, option in (("ubr_discount_pct", ubr), ("rbr_discount_pct", rbr)):
        percents[key] = section.integer(key, 0, 100, "A-230")
        if option and percents[key] == 0 and not section.bad:
            section.warn(key, f"{key} is 0: the option is ON and discounts nothing", "AMB-59")
    contract = Contract(
        flat,
        percents["ubr_discount_pct"],
        percents["rbr_discount_pct"],
        _percents(section.section("ubr_by_pair"), PAIRS, "AMB-68"),
        _by_host(section.section("rbr_by_host"), rtl),
        _percents(section.section("rbr_by_class"), CLASSES, "A-238"),
    )
    section.finish()
    return contract


def _percents(section: Section, known: tuple[str, ...], rule: str) -> dict[str, int]:
    """Read a table of percentages."""
    found = {key: section.integer(key, 0, 100, rule) for key in known if key in section}
    section.finish()
    return found


def _by_host(section: Section, rtl: tuple[RtlNumber, ...] | None) -> dict[str, int]:
    """Read percentages by host location: an RTL number, or the switch that hosts it (A-238)."""
    hosts = {number.number for number in rtl or ()} | {number.ssp for number in rtl or ()}
    found = {}
    for key in section:
        found[key] = section.integer(key, 0, 100, "A-238")
        if rtl is not None and key not in hosts:
            text = f"{shown(key)} is neither an RTL number of rtl.toml nor its host switch{hint(key, hosts)}"
            section.error(key, text, "A-238")
    return found


def _emergency(section: Section, *, ocs: bool) -> tuple[bool, Facilities | None]:
    active = section.flag("active")
    if active and not ocs:
        section.warn("active", "emergency calling has no effect without OCS", "AMB-26")
    route = None
    if "route" in section:
        given = section.section("route")
        route = read_facilities(given)
        given.finish()
        if not (route.trunk_groups or route.carriers) and not given.bad:
            section.warn("route", "the emergency route names no facility: the normal route stays", "A-102")
            route = None
    section.finish()
    return active, route
