"""The checked rows of `DATASET/charging/`, each remembering its file and line.

Units: money is whole micros (`ain_scp.terms.money`), a percentage parts per million, a date the day number of
`ain_scp.terms.localtime`, the length of an increment milliseconds for the meter `ms` and else octets, units or events.
"*" stands for anything, "" and None for an empty cell.

Source: charging design section 8.
"""

from typing import Literal

import msgspec

from ain_scp.provisioning.rows_events import ServiceRow
from ain_scp.provisioning.where import Where

ANY = "*"
"""Matches everything."""

READY_MADE_ZONES = ("INTRALATA", "INTERLATA", "INTERNATIONAL", "TOLL_FREE", "OTHER")
"""The zones of numbers without a row in `zones.csv`: their jurisdiction, OTHER where that is not known."""

FULL = "FULL"
"""The class of service of an account that names none."""

Increment = Literal["up", "down", "exact"]
BandAt = Literal["start", "increment"]
Grant = Literal["periods", "balance"]
AccountKind = Literal["SUBSCRIBER", "VSUB", "TRUNK", "LTN"]
ChargeAt = Literal["BEFORE", "DURING", "AFTER"]
Fail = Literal["closed", "open"]
LineKind = Literal["LINE", "TRUNK", "SERVICE"]
TaxOn = Literal["USAGE", "RECURRING", "ALL"]
Pool = Literal["ACCOUNT", "PLAN", "GROUP"]


class ChargingOptions(msgspec.Struct, frozen=True):
    """`charging.toml`: what holds for the whole data set."""

    currency: str
    bill_day: int = 1
    tax_at: str = "bill"
    grant: Grant = "periods"
    default_tariff: str = ""
    free_numbers: tuple[str, ...] = ()
    layout: str = "1"
    warning_lead_s: int = 10
    setup_s: int = 180
    validity_s: int = 120
    message_ms: int = 300
    max_call_s: int = 86_400
    keep_answers_s: int = 3600
    eft_per_day: int = 3
    pin_attempts: int = 3
    pin_lock_s: int = 900
    remote_codes: tuple[str, ...] = ("*71",)
    fax_queue: int = 0
    fax_now_below: int = 0
    fax_hour_below: int = 0
    partitions: int = 1


class BandRow(msgspec.Struct, frozen=True):
    """`bands.csv`: a band holds on `days` (digits 1 to 7, Monday first, and H) from minute `start` to before `end`."""

    scheme: str
    band: str
    days: str
    start: int
    end: int
    where: Where


class Holiday(msgspec.Struct, frozen=True):
    """`holidays.csv`."""

    date: int
    name: str
    where: Where


class ZoneRow(msgspec.Struct, frozen=True):
    """`zones.csv`: numbers that begin with `prefix` (national digits, or `+` and international ones)."""

    zone: str
    prefix: str
    where: Where


class TariffRow(msgspec.Struct, frozen=True):
    """`tariffs.csv`. `first_units` and `next_units` 0 = no such increment; `minimum` and `maximum` None = no bound."""

    tariff: str
    effective: int
    origin: str
    destination: str
    cos: str
    band: str
    meter: str
    feature: str
    connect: int
    first_units: int
    first_price: int
    next_units: int
    next_price: int
    increment: Increment
    minimum: int | None
    maximum: int | None
    band_at: BandAt
    round_to: int
    where: Where


class PeriodRow(msgspec.Struct, frozen=True):
    """`periods.csv`: seconds granted at first and later; the first row that matches counts."""

    tariff: str
    destination: str
    initial_s: int
    secondary_s: int
    where: Where


class CosRow(msgspec.Struct, frozen=True):
    """`cos.csv`: may this class call this zone? The first row that matches counts."""

    cos: str
    destination: str
    allowed: bool
    where: Where


class TaxRow(msgspec.Struct, frozen=True):
    """`taxes.csv`."""

    tax: str
    effective: int
    percent: int
    on: TaxOn
    where: Where


class RecurringRow(msgspec.Struct, frozen=True):
    """`recurring.csv`: `until` is the first day without; `owner` is an account, `plan:P` or `customer:C`."""

    item: str
    effective: int
    until: int | None
    owner: str
    per: str
    amount: int
    prorate: bool
    where: Where


class DiscountRow(msgspec.Struct, frozen=True):
    """`[[plans.P.discount]]`: BAND has `band`, THRESHOLD the rest; `reaches` in micros of money or of minutes."""

    kind: Literal["BAND", "THRESHOLD"]
    percent: int
    band: str
    measure: Literal["CHARGES", "MINUTES", ""]
    reaches: int
    retroactive: bool
    pool: Pool
    where: Where


class PlanRow(msgspec.Struct, frozen=True):
    """`[plans.P]` of `plans.toml`; `spoken` is its name in messages."""

    name: str
    tariff: str
    spoken: str
    exemplary: tuple[str, ...]
    pool_with: str
    minimum_minutes: int
    shortfall_band: str
    discounts: tuple[DiscountRow, ...]
    where: Where


class GroupRow(msgspec.Struct, frozen=True):
    """`[groups.G]` of `plans.toml`; `max_calls`: of all its accounts together, None = no bound."""

    name: str
    plan: str
    spoken: str
    where: Where
    max_calls: int | None = None


class AccountRow(msgspec.Struct, frozen=True):
    """`accounts.csv`, with what an empty cell means filled in; `valid_until` is the last day on which money may be spent."""

    account: str
    name: str
    kind: AccountKind
    charge_at: ChargeAt
    opening: int
    credit_limit: int
    overrun: int
    cos: str
    warning: str
    plan: str
    bill_day: int
    pays: str
    pin: str
    fail: Fail
    max_calls: int | None
    valid_until: int | None
    where: Where


class LineRow(msgspec.Struct, frozen=True):
    """`lines.csv`: whose account a number, a trunk or a service is from a date on."""

    number: str
    account: str
    effective: int
    plan: str
    cos: str
    kind: LineKind
    switch: str
    where: Where


class MemberRow(msgspec.Struct, frozen=True):
    """`groups.csv`: `until` is the first day outside."""

    group: str
    account: str
    effective: int
    until: int | None
    where: Where


class ContractRow(msgspec.Struct, frozen=True):
    """`customers/NAME/contract.csv`: what a flagged record is discounted by; keys and versions as in `tariffs.csv`."""

    effective: int
    flag: Literal["UBR", "RBR"]
    origin: str
    destination: str
    pair: str
    host: str
    station_class: str
    percent: int
    where: Where


class LimitRow(msgspec.Struct, frozen=True):
    """`limits.csv`: the class of service that holds when `limit` less the use is at most `threshold`."""

    account: str
    rank: Literal["PRIMARY", "SECONDARY"]
    measure: Literal["USE", "CREDIT"]
    limit: int
    threshold: int
    cos: str
    where: Where


class WarningRow(msgspec.Struct, frozen=True):
    """`warnings.csv`: `limit` None is the disconnect warning; `announcement` None is silent."""

    profile: str
    limit: int | None
    message: str
    announcement: int | None
    where: Where


class EftRow(msgspec.Struct, frozen=True):
    """`eft.csv`: a funds transfer on a day of the month, or when the balance falls below an amount."""

    account: str
    amount: int
    every_day: int | None
    below: int | None
    where: Where


class ShareRow(msgspec.Struct, frozen=True):
    """`shares.csv`: the party is CALLING, CALLED or an account."""

    share: str
    party: str
    percent: int
    where: Where


class HomeSwitch(msgspec.Struct, frozen=True):
    """`home_switches.csv`: whether a switch can bill in real time."""

    switch: str
    capable: bool
    where: Where


class SummaryRow(msgspec.Struct, frozen=True):
    """`[[summary]]` of `summaries.toml`: `by` "" = one total; `keys` 0 = not approximate; `bill_at` None = no bill."""

    name: str
    owner: str
    of: str
    by: str
    numbers: tuple[str, ...]
    keys: int
    scheme: str
    reset: str
    bill_at: int | None
    where: Where


class MessageRow(msgspec.Struct, frozen=True):
    """`[[message]]` of `messages.toml`."""

    owner: str
    include: tuple[str, ...]
    plan: str
    promo: str
    order_number: str
    text: str
    where: Where


class SourceRow(msgspec.Struct, frozen=True):
    """`sources.csv`: the higher priority wins."""

    source: str
    priority: int
    where: Where


class ProfileRow(msgspec.Struct, frozen=True):
    """`profiles.csv`: what one source says of an account (field plan, tariff or cos)."""

    source: str
    account: str
    field: Literal["plan", "tariff", "cos"]
    value: str
    where: Where


class PartitionRow(msgspec.Struct, frozen=True):
    """`partitions.csv`: where a partition's accounts are kept."""

    partition: int
    host: str
    where: Where


class DeviceRow(msgspec.Struct, frozen=True):
    """`devices.csv`: where calls of one type to a number go (one number calling)."""

    number: str
    type: Literal["VOICE", "FAX", "COMPUTER"]
    to: str
    where: Where


class ChargingSet(msgspec.Struct, frozen=True):
    """All the rows of `DATASET/charging/`, in file order."""

    options: ChargingOptions
    bands: tuple[BandRow, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    zones: tuple[ZoneRow, ...] = ()
    tariffs: tuple[TariffRow, ...] = ()
    periods: tuple[PeriodRow, ...] = ()
    cos: tuple[CosRow, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    recurring: tuple[RecurringRow, ...] = ()
    plans: tuple[PlanRow, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    lines: tuple[LineRow, ...] = ()
    members: tuple[MemberRow, ...] = ()
    limits: tuple[LimitRow, ...] = ()
    warnings: tuple[WarningRow, ...] = ()
    eft: tuple[EftRow, ...] = ()
    shares: tuple[ShareRow, ...] = ()
    home_switches: tuple[HomeSwitch, ...] = ()
    summaries: tuple[SummaryRow, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    sources: tuple[SourceRow, ...] = ()
    profiles: tuple[ProfileRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    partitions: tuple[PartitionRow, ...] = ()
    devices: tuple[DeviceRow, ...] = ()
