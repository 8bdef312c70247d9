"""What was read of `charging/`, each row with its cells, so that names and pools can be checked in place."""

import msgspec

from ain_scp.provisioning.check.charging.cells import Pairs, records
from ain_scp.provisioning.check.charging.plans import PlanSections
from ain_scp.provisioning.check.charging.services import ServiceSections
from ain_scp.provisioning.check.charging.texts import MessageSections, SummarySections
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows_charging import (
    AccountRow,
    BandRow,
    ChargingOptions,
    ChargingSet,
    CosRow,
    DeviceRow,
    EftRow,
    Holiday,
    HomeSwitch,
    LimitRow,
    LineRow,
    MemberRow,
    PartitionRow,
    PeriodRow,
    ProfileRow,
    RecurringRow,
    ShareRow,
    SourceRow,
    TariffRow,
    TaxRow,
    WarningRow,
    ZoneRow,
)


class Tables(msgspec.Struct, frozen=True):
    """The tables under check."""

    options: ChargingOptions
    options_section: Section | None
    bands: Pairs[BandRow]
    holidays: tuple[Holiday, ...]
    zones: Pairs[ZoneRow]
    tariffs: Pairs[TariffRow]
    periods: Pairs[PeriodRow]
    cos: Pairs[CosRow]
    taxes: Pairs[TaxRow]
    recurring: Pairs[RecurringRow]
    plans: PlanSections
    accounts: Pairs[AccountRow]
    lines: Pairs[LineRow]
    members: Pairs[MemberRow]
    limits: Pairs[LimitRow]
    warnings: Pairs[WarningRow]
    eft: Pairs[EftRow]
    shares: Pairs[ShareRow]
    home_switches: Pairs[HomeSwitch]
    summaries: SummarySections
    messages: MessageSections
    sources: Pairs[SourceRow]
    profiles: Pairs[ProfileRow]
    services: ServiceSections
    partitions: Pairs[PartitionRow]
    devices: Pairs[DeviceRow]

    def rows(self) -> ChargingSet:
        """Give the rows alone."""
        return ChargingSet(
            options=self.options,
            bands=records(self.bands),
            holidays=self.holidays,
            zones=records(self.zones),
            tariffs=records(self.tariffs),
            periods=records(self.periods),
            cos=records(self.cos),
            taxes=records(self.taxes),
            recurring=records(self.recurring),
            plans=tuple(row for _, row in self.plans.plans),
            groups=tuple(row for _, row in self.plans.groups),
            accounts=records(self.accounts),
            lines=records(self.lines),
            members=records(self.members),
            limits=records(self.limits),
            warnings=records(self.warnings),
            eft=records(self.eft),
            shares=records(self.shares),
            home_switches=records(self.home_switches),
            summaries=tuple(row for _, row in self.summaries),
            messages=tuple(row for _, row in self.messages),
            sources=records(self.sources),
            profiles=records(self.profiles),
            services=tuple(row for _, row in self.services),
            partitions=records(self.partitions),
            devices=records(self.devices),
        )
