"""Names that one file uses and another gives: each unknown one is reported where it is used (CH-12).

Source: charging design section 8, CH-12.
"""

from collections.abc import Collection

import msgspec

from ain_scp.provisioning.check.charging.cells import Cells, Pairs
from ain_scp.provisioning.check.charging.plans import named as toml_named
from ain_scp.provisioning.check.charging.tables import Tables
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows_charging import ANY, FULL, READY_MADE_ZONES, ContractRow


class Names(msgspec.Struct, frozen=True):
    """Every name that may be used, by what it names."""

    zones: frozenset[str]
    bands: frozenset[str]
    schemes: frozenset[str]
    tariffs: frozenset[str]
    cos: frozenset[str]
    plans: frozenset[str]
    groups: frozenset[str]
    accounts: frozenset[str]
    profiles: frozenset[str]
    sources: frozenset[str]
    switches: frozenset[str]
    customers: frozenset[str]
    announcements: frozenset[int]


_MISSING = {
    "zone": "no zone ? in zones.csv",
    "band": "no band ? in bands.csv",
    "scheme": "no scheme ? in bands.csv",
    "tariff": "no tariff ? in tariffs.csv",
    "cos": "no class ? in cos.csv",
    "plan": "no [plans.?] in plans.toml",
    "group": "no [groups.?] in plans.toml",
    "account": "no account ? in accounts.csv",
    "profile": "no profile ? in warnings.csv",
    "source": "no source ? in sources.csv",
    "switch": "no switch ? in network/switches.csv",
    "customer": "no folder customers/?",
}


def names_of(
    tables: Tables, switches: Collection[str], customers: Collection[str], announcements: Collection[int]
) -> Names:
    """Collect the names."""
    return Names(
        zones=frozenset([row.zone for _, row in tables.zones]).union(READY_MADE_ZONES),
        bands=frozenset(row.band for _, row in tables.bands),
        schemes=frozenset(row.scheme for _, row in tables.bands),
        tariffs=frozenset(row.tariff for _, row in tables.tariffs),
        cos=frozenset([row.cos for _, row in tables.cos]).union([FULL]),
        plans=frozenset(row.name for _, row in tables.plans.plans),
        groups=frozenset(row.name for _, row in tables.plans.groups),
        accounts=frozenset(row.account for _, row in tables.accounts),
        profiles=frozenset(row.profile for _, row in tables.warnings),
        sources=frozenset(row.source for _, row in tables.sources),
        switches=frozenset(switches),
        customers=frozenset(customers),
        announcements=frozenset(announcements),
    )


def check_names(tables: Tables, names: Names) -> None:
    """Report every unknown name of the tables."""
    if tables.options_section is not None:
        _toml(tables.options_section, "default_tariff", "tariff", names.tariffs)
    _check_prices(tables, names)
    _check_accounts(tables, names)
    _check_plans(tables, names)
    _check_texts(tables, names)
    _check_services(tables, names)


def check_contract(pairs: Pairs[ContractRow], zones: frozenset[str]) -> None:
    """Report unknown zones of one customer's `contract.csv`."""
    for cells, _ in pairs:
        for column in ("origin", "destination"):
            _cell(cells, column, "zone", zones | {ANY})


def _cell(cells: Cells, column: str, what: str, known: frozenset[str]) -> None:
    cells.named(column, what, known, _MISSING[what])


def _toml(section: Section, key: str, what: str, known: frozenset[str]) -> None:
    toml_named(section, key, what, known, _MISSING[what])


def _check_prices(tables: Tables, names: Names) -> None:
    zones, any_band, any_cos = names.zones | {ANY}, names.bands | {ANY}, names.cos | {ANY}
    for cells, _ in tables.tariffs:
        for column, what, known in (
            ("origin", "zone", zones),
            ("destination", "zone", zones),
            ("cos", "cos", any_cos),
            ("band", "band", any_band),
        ):
            _cell(cells, column, what, known)
    for cells, _ in tables.periods:
        _cell(cells, "tariff", "tariff", names.tariffs | {ANY})
        _cell(cells, "destination", "zone", zones)
    for cells, _ in tables.cos:
        _cell(cells, "destination", "zone", zones)
    for cells, row in tables.recurring:
        _check_owner(cells, row.owner, names)


def _check_owner(cells: Cells, owner: str, names: Names) -> None:
    what, mark, name = owner.partition(":")
    known = {"plan": names.plans, "customer": names.customers} if mark else {"account": names.accounts}
    kind = what if mark else "account"
    given = name if mark else owner
    if kind not in known:
        cells.error("owner", f"owner {shown(owner)}: an account, plan:P or customer:C", "CH-12")
    elif given not in known[kind]:
        text = f"{kind} {shown(given)}: {_MISSING[kind].replace('?', given)}{hint(given, known[kind])}"
        cells.error("owner", text, "CH-12")


def _check_accounts(tables: Tables, names: Names) -> None:
    for cells, _ in tables.accounts:
        _cell(cells, "cos", "cos", names.cos)
        _cell(cells, "warning", "profile", names.profiles)
        _cell(cells, "plan", "plan", names.plans)
        _cell(cells, "pays", "account", names.accounts)
    for cells, _ in tables.lines:
        _cell(cells, "account", "account", names.accounts)
        _cell(cells, "plan", "plan", names.plans)
        _cell(cells, "cos", "cos", names.cos)
        _cell(cells, "switch", "switch", names.switches)
    for cells, _ in tables.members:
        _cell(cells, "group", "group", names.groups)
        _cell(cells, "account", "account", names.accounts)
    for cells, _ in tables.limits:
        _cell(cells, "account", "account", names.accounts)
        _cell(cells, "cos", "cos", names.cos)
    for cells, _ in tables.eft:
        _cell(cells, "account", "account", names.accounts)
    for cells, _ in tables.shares:
        _cell(cells, "party", "account", names.accounts | {"CALLING", "CALLED"})
    for cells, _ in tables.home_switches:
        _cell(cells, "switch", "switch", names.switches)
    for cells, row in tables.profiles:
        _cell(cells, "source", "source", names.sources)
        _cell(cells, "account", "account", names.accounts)
        if cells.get("field") == row.field:
            known = {"plan": names.plans, "tariff": names.tariffs, "cos": names.cos}[row.field]
            _cell(cells, "value", row.field, known)
    for cells, warning in tables.warnings:
        unknown = warning.announcement is not None and warning.announcement not in names.announcements
        if unknown and not cells.bad:
            text = f"announcement {warning.announcement} is not in network/announcements.csv: the switch cannot play it"
            cells.warn("announcement", text, "CH-12")


def _check_plans(tables: Tables, names: Names) -> None:
    for section, _ in tables.plans.plans:
        _toml(section, "tariff", "tariff", names.tariffs)
        _toml(section, "exemplary", "plan", names.plans)
        _toml(section, "pool_with", "plan", names.plans)
        _toml(section, "shortfall_band", "band", names.bands)
    for section, row in tables.plans.discounts:
        if row.kind == "BAND":
            _toml(section, "band", "band", names.bands)
    for section, _ in tables.plans.groups:
        _toml(section, "plan", "plan", names.plans)


def _check_services(tables: Tables, names: Names) -> None:
    for section, _ in tables.services:
        _toml(section.section("subscribe"), "plans", "plan", names.plans)


def _check_texts(tables: Tables, names: Names) -> None:
    for section, row in tables.summaries:
        _check_toml_owner(section, row.owner, names)
        _toml(section, "scheme", "scheme", names.schemes)
    for section, message in tables.messages:
        _check_toml_owner(section, message.owner, names)
        _toml(section, "plan", "plan", names.plans)


def _check_toml_owner(section: Section, owner: str, names: Names) -> None:
    what, mark, name = owner.partition(":")
    known = {"plan": names.plans, "group": names.groups} if mark else {"account": names.accounts | {ANY, ""}}
    kind = what if mark else "account"
    given = name if mark else owner
    if kind not in known:
        section.error("owner", f"owner {shown(owner)}: an account, plan:P, group:G or *", "CH-12")
    elif given not in known[kind]:
        text = f"{kind} {shown(given)}: {_MISSING[kind].replace('?', given)}{hint(given, known[kind])}"
        section.error("owner", text, "CH-12")
