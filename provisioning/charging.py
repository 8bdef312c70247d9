"""`DATASET/charging/`, compiled: what rating, the ledger and the sessions look things up in. Immutable, one a snapshot.

Source: charging design sections 3, 5 and 8.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar, final

from msgspec.structs import replace

from ain_scp.provisioning.rows_charging import (
    ANY,
    AccountRow,
    ChargingSet,
    CosRow,
    DeviceRow,
    EftRow,
    GroupRow,
    HomeSwitch,
    LimitRow,
    LineRow,
    MemberRow,
    PeriodRow,
    PlanRow,
    ShareRow,
    SummaryRow,
    WarningRow,
)
from ain_scp.provisioning.rows_events import ServiceRow
from ain_scp.provisioning.tables.bands import BandScheme
from ain_scp.provisioning.tables.tariffs import Tariff
from ain_scp.provisioning.tables.zones import Zones
from ain_scp.terms.money import currency_digits

R = TypeVar("R")


@final
class Charging:
    """The compiled charging tables. Mappings are by name; rows keep their file order."""

    def __init__(self, rows: ChargingSet, zones: Zones) -> None:
        rows = _paid_by_others(rows)
        self.rows = rows
        self.options = rows.options
        self.currency = rows.options.currency
        self.digits = currency_digits(rows.options.currency)
        self.zones = zones
        self.schemes = _schemes(rows)
        self.scheme_of_band = {band: scheme for scheme in self.schemes.values() for band in scheme.bands}
        self.tariffs = self._tariffs(rows)
        self.free_numbers = frozenset(rows.options.free_numbers)
        self.plans: dict[str, PlanRow] = {row.name: row for row in rows.plans}
        self.groups: dict[str, GroupRow] = {row.name: row for row in rows.groups}
        self.accounts: dict[str, AccountRow] = {row.account: row for row in rows.accounts}
        self.home_switches: dict[str, HomeSwitch] = {row.switch: row for row in rows.home_switches}
        self.services: dict[str, ServiceRow] = {row.name: row for row in rows.services}
        self.devices: dict[tuple[str, str], DeviceRow] = {(row.number, row.type): row for row in rows.devices}
        self.lines: dict[str, tuple[LineRow, ...]] = {
            number: tuple(sorted(moves, key=lambda row: row.effective))
            for number, moves in _grouped(rows.lines, lambda row: row.number).items()
        }
        self.members: dict[str, tuple[MemberRow, ...]] = _grouped(rows.members, lambda row: row.account)
        self.members_of: dict[str, tuple[MemberRow, ...]] = _grouped(rows.members, lambda row: row.group)
        self.limits: dict[str, tuple[LimitRow, ...]] = _grouped(rows.limits, lambda row: row.account)
        self.warnings: dict[str, tuple[WarningRow, ...]] = _grouped(rows.warnings, lambda row: row.profile)
        self.eft: dict[str, tuple[EftRow, ...]] = _grouped(rows.eft, lambda row: row.account)
        self.shares: dict[str, tuple[ShareRow, ...]] = _grouped(rows.shares, lambda row: row.share)
        self.summaries = _summaries(rows)
        self._cos: dict[str, tuple[CosRow, ...]] = _grouped(rows.cos, lambda row: row.cos)
        self._merged = _merged(rows)

    def _tariffs(self, rows: ChargingSet) -> dict[str, Tariff]:
        found = {}
        for name, own in _grouped(rows.tariffs, lambda row: row.tariff).items():
            band = next((row.band for row in own if row.band != ANY), None)
            found[name] = Tariff(name, own, None if band is None else self.scheme_of_band[band])
        return found

    def line_at(self, number: str, day: int) -> LineRow | None:
        """Give the row of a number, trunk or service in effect on a day (of one date the later row)."""
        for row in reversed(self.lines.get(number, ())):
            if row.effective <= day:
                return row
        return None

    def payer(self, account: str) -> str:
        """Give the account that pays for an account."""
        row = self.accounts.get(account)
        return row.pays if row is not None and row.pays else account

    def group_at(self, account: str, day: int) -> str:
        """Give the group an account is in on a day: the first row in effect; "" = none."""
        for row in self.members.get(account, ()):
            if row.effective <= day and (row.until is None or day < row.until):
                return row.group
        return ""

    def merged(self, account: str, field: str) -> str:
        """Give what the merged profiles say of an account ("plan", "tariff", "cos"); "" = nothing."""
        return self._merged.get((account, field), "")

    def period(self, tariff: str, destination: str) -> PeriodRow | None:
        """Give the row of `periods.csv` for a tariff and a zone: the first that matches."""
        for row in self.rows.periods:
            if row.tariff in (ANY, tariff) and row.destination in (ANY, destination):
                return row
        return None

    def may_call(self, cos: str, destination: str) -> bool:
        """Say whether a class of service may call a zone; a class without rows may call every one."""
        for row in self._cos.get(cos, ()):
            if row.destination in (ANY, destination):
                return row.allowed
        return True


def _paid_by_others(rows: ChargingSet) -> ChargingSet:
    """The rows with the account that pays in the place of one that does not pay itself (5.1)."""
    pays = {row.account: row.pays for row in rows.accounts if row.pays}
    if not pays:
        return rows
    return replace(
        rows,
        limits=tuple(replace(row, account=pays.get(row.account, row.account)) for row in rows.limits),
        eft=tuple(replace(row, account=pays.get(row.account, row.account)) for row in rows.eft),
        members=tuple(replace(row, account=pays.get(row.account, row.account)) for row in rows.members),
        profiles=tuple(replace(row, account=pays.get(row.account, row.account)) for row in rows.profiles),
        recurring=tuple(replace(row, owner=pays.get(row.owner, row.owner)) for row in rows.recurring),
        summaries=tuple(replace(row, owner=pays.get(row.owner, row.owner)) for row in rows.summaries),
        messages=tuple(replace(row, owner=pays.get(row.owner, row.owner)) for row in rows.messages),
    )


def _grouped(rows: Iterable[R], key: Callable[[R], str]) -> dict[str, tuple[R, ...]]:
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {name: tuple(own) for name, own in found.items()}


def _schemes(rows: ChargingSet) -> dict[str, BandScheme]:
    holidays = frozenset(row.date for row in rows.holidays)
    grouped = _grouped(rows.bands, lambda row: row.scheme)
    return {name: BandScheme(name, own, holidays) for name, own in grouped.items()}


def _summaries(rows: ChargingSet) -> dict[str, tuple[SummaryRow, ...]]:
    """The summaries of each owner that are kept call by call, of one name the first, in file order."""
    found: dict[str, dict[str, SummaryRow]] = {}
    for row in rows.summaries:
        found.setdefault(row.owner, {}).setdefault(row.name, row)
    return {owner: tuple(row for row in own.values() if row.of != "SAVINGS") for owner, own in found.items()}


def _merged(rows: ChargingSet) -> dict[tuple[str, str], str]:
    """The highest priority wins, then the later row."""
    priority = {row.source: row.priority for row in rows.sources}
    ordered = sorted(rows.profiles, key=lambda row: priority[row.source])
    return {(row.account, row.field): row.value for row in ordered}
