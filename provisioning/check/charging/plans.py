"""`plans.toml`: plans with their discounts, and groups.

Source: charging design 8.10; CH-12, CH-17, CH-19, CH-23, CH-24.
"""

from collections.abc import Collection

from ain_scp.provisioning.check.charging.cells import one_of, toml_money, toml_percent
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows_charging import DiscountRow, GroupRow, PlanRow, Pool

POOLS: tuple[Pool, ...] = ("ACCOUNT", "PLAN", "GROUP")
KINDS = ("BAND", "THRESHOLD")
MEASURES = ("CHARGES", "MINUTES")
UNBOUNDED = "MOST_CALLED"
MOST_CALLS = 1_000_000
"""The largest bound of simultaneous calls."""


def named(section: Section, key: str, what: str, known: Collection[str], missing: str, *within: int) -> None:
    """Report a name in a TOML key that is not known (CH-12)."""
    for at, name in _names(section, key):
        if name and name not in known:
            text = f"{what} {shown(name)}: {missing.replace('?', name)}{hint(name, known)}"
            section.error(key, text, "CH-12", *within, *at)


def _names(section: Section, key: str) -> list[tuple[tuple[int, ...], str]]:
    value = section.raw(key)
    if isinstance(value, list):
        return [((place,), name) for place, name in enumerate(value) if isinstance(name, str)]
    return [((), value)] if isinstance(value, str) else []


class PlanSections:
    """The plans and groups read, and the sections they came from, for the checks of names."""

    def __init__(self) -> None:
        self.plans: list[tuple[Section, PlanRow]] = []
        self.discounts: list[tuple[Section, DiscountRow]] = []
        self.groups: list[tuple[Section, GroupRow]] = []


def read_plans(options: Section) -> PlanSections:
    """Read `plans.toml`."""
    found = PlanSections()
    plans, groups = options.section("plans"), options.section("groups")
    for name in plans:
        section = plans.section(name)
        found.plans.append((section, _plan(section, name, found)))
        section.finish()
    for name in groups:
        section = groups.section(name)
        plan, spoken = section.word("plan", required=True), section.text("name") or name
        most = section.integer("max_calls", 1, MOST_CALLS, "CH-33") if "max_calls" in section else None
        found.groups.append((section, GroupRow(name, plan, spoken, section.where, most)))
        section.finish()
    options.finish()
    return found


def _plan(section: Section, name: str, found: PlanSections) -> PlanRow:
    exemplary = (
        tuple(str(value) for _, value in section.items("exemplary", str)) if "exemplary" in section else ()
    )
    if name in exemplary:
        section.error("exemplary", f"plan {name} is exemplary to itself", "CH-24")
    discounts = []
    for part in section.sections("discount") if "discount" in section else ():
        row = _discount(part)
        if row is not None:
            discounts.append(row)
            found.discounts.append((part, row))
    return PlanRow(
        name=name,
        tariff=section.word("tariff"),
        spoken=section.text("name") or name,
        exemplary=exemplary,
        pool_with=section.word("pool_with"),
        minimum_minutes=section.integer("minimum_minutes", 0, 1_000_000, "row"),
        shortfall_band=section.word("shortfall_band"),
        discounts=tuple(discounts),
        where=section.where,
    )


def _discount(section: Section) -> DiscountRow | None:
    """Read one discount; None for one that is refused whole."""
    kind = section.text("kind", required=True)
    if kind == UNBOUNDED:
        section.error("kind", "discount on the most-called number needs unbounded state: refused", "CH-19")
        return None
    if kind not in KINDS:
        if kind:
            section.error(
                "kind", f"kind {shown(kind)} must be one of {', '.join(KINDS)}{hint(kind, KINDS)}", "toml"
            )
        return None
    percent = toml_percent(section, "percent")
    row = _band(section, percent) if kind == "BAND" else _threshold(section, percent)
    section.finish()
    return row


def _band(section: Section, percent: int) -> DiscountRow:
    band = section.word("band", required=True)
    return DiscountRow("BAND", percent, band, "", 0, False, "ACCOUNT", section.where)


def _threshold(section: Section, percent: int) -> DiscountRow:
    measure = one_of(section, "measure", MEASURES)
    if "reaches" not in section:
        section.error("reaches", "key reaches is missing", "toml")
    reaches = toml_money(section, "reaches")
    if reaches == 0:
        text = f"reaches {section.raw('reaches')}: always reached; write a BAND discount or another tariff"
        section.error("reaches", text, "CH-23")
    retroactive = section.flag("retroactive") if "retroactive" in section else True
    named_pool = one_of(section, "pool", POOLS)
    pool: Pool = next((pool for pool in POOLS if pool == named_pool), "ACCOUNT")
    return DiscountRow(
        "THRESHOLD",
        percent,
        "",
        "MINUTES" if measure == "MINUTES" else "CHARGES",
        reaches or 0,
        retroactive,
        pool,
        section.where,
    )
