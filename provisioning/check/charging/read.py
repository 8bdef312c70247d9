"""The whole folder `charging/`: every file read, every row checked, then the files against each other.

Source: charging design section 8.
"""

from collections.abc import Collection

from ain_scp.provisioning.check.charging import accounts, charges, plans, services, tariffs, texts, times
from ain_scp.provisioning.check.charging.cells import FOLDER
from ain_scp.provisioning.check.charging.names import check_contract, check_names, names_of
from ain_scp.provisioning.check.charging.options import STANDARD, read_options
from ain_scp.provisioning.check.charging.plans import PlanSections
from ain_scp.provisioning.check.charging.pools import check_pools
from ain_scp.provisioning.check.charging.tables import Tables
from ain_scp.provisioning.check.charging.tariff_rules import check_tariffs, warn_periods
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows import Announcement, Switch
from ain_scp.provisioning.rows_charging import READY_MADE_ZONES, ChargingSet, ContractRow

FILES = (
    "charging.toml", "bands.csv", "holidays.csv", "zones.csv", "tariffs.csv", "periods.csv", "cos.csv", "taxes.csv",
    "recurring.csv", "plans.toml", "accounts.csv", "lines.csv", "groups.csv", "limits.csv", "warnings.csv", "eft.csv",
    "shares.csv", "home_switches.csv", "summaries.toml", "messages.toml", "sources.csv", "profiles.csv", "services",
    "partitions.csv", "devices.csv",
)  # fmt: skip
CONTRACT = "contract.csv"


def read_charging(
    files: Files,
    switches: tuple[Switch, ...],
    customers: Collection[str],
    announcements: tuple[Announcement, ...],
) -> ChargingSet | None:
    """Read `charging/` and the contracts; None when the data set has no charging."""
    if not files.has(FOLDER):
        return None
    files.open_folder(FOLDER, FILES)
    tables = _read(files)
    if files.read(
        *(f"{FOLDER}/{name}" for name in FILES)
    ):  # else every name of what could not be read is unknown
        switch_names = [row.name for row in switches]
        check_names(tables, names_of(tables, switch_names, customers, [row.id for row in announcements]))
    check_tariffs(tables.tariffs, tables.bands)
    warn_periods(tables.periods, tables.tariffs)
    check_pools(tables)
    return tables.rows()


def read_contract(files: Files, customer: str, charging: ChargingSet | None) -> tuple[ContractRow, ...]:
    """Read one customer's `contract.csv`; its zones are those of `charging/zones.csv`."""
    pairs = charges.read_contract(files, f"customers/{customer}/{CONTRACT}")
    zones = frozenset(row.zone for row in charging.zones) if charging else frozenset()
    check_contract(pairs, zones.union(READY_MADE_ZONES))
    return tuple(row for _, row in pairs)


def _read(files: Files) -> Tables:
    section = files.options(f"{FOLDER}/charging.toml", required=True)
    options = read_options(section) if section else STANDARD
    return Tables(
        options=options,
        options_section=section,
        bands=times.read_bands(files),
        holidays=times.read_holidays(files),
        zones=tariffs.read_zones(files),
        tariffs=tariffs.read_tariffs(files),
        periods=tariffs.read_periods(files),
        cos=charges.read_cos(files),
        taxes=charges.read_taxes(files),
        recurring=charges.read_recurring(files),
        plans=plans.read_plans(given) if (given := _toml(files, "plans.toml")) else PlanSections(),
        accounts=accounts.read_accounts(files, options),
        lines=accounts.read_lines(files),
        members=accounts.read_members(files),
        limits=accounts.read_limits(files),
        warnings=accounts.read_warnings(files),
        eft=accounts.read_eft(files),
        shares=accounts.read_shares(files),
        home_switches=accounts.read_home_switches(files),
        summaries=texts.read_summaries(given) if (given := _toml(files, "summaries.toml")) else [],
        messages=texts.read_messages(given) if (given := _toml(files, "messages.toml")) else [],
        sources=accounts.read_sources(files),
        profiles=accounts.read_profiles(files),
        services=services.read_services(files),
        partitions=accounts.read_partitions(files, options),
        devices=accounts.read_devices(files),
    )


def _toml(files: Files, name: str) -> Section | None:
    return files.options(f"{FOLDER}/{name}")
