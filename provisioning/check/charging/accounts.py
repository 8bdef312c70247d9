"""Accounts, their lines, groups and limits, and what else is kept of them: row by row.

Source: charging design 8.11 to 8.19, 8.22, 8.24, 8.25; CH-14, CH-15, CH-16, CH-18, CH-21, CH-26, CH-33.
"""

import re
from decimal import Decimal
from fractions import Fraction

from ain_scp.provisioning.check.charging.cells import Cells, Pairs, cells_of
from ain_scp.provisioning.check.charging.plans import MOST_CALLS
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.rows_charging import (
    FULL,
    AccountKind,
    AccountRow,
    ChargeAt,
    ChargingOptions,
    DeviceRow,
    EftRow,
    Fail,
    HomeSwitch,
    LimitRow,
    LineKind,
    LineRow,
    MemberRow,
    PartitionRow,
    ProfileRow,
    ShareRow,
    SourceRow,
    WarningRow,
)
from ain_scp.terms.localtime import day_text
from ain_scp.terms.money import money_text

ACCOUNTS = (
    ("account",),
    (
        "name", "kind", "charge_at", "opening", "credit_limit", "overrun", "cos", "warning", "plan", "bill_day",
        "pays", "pin", "fail", "max_calls", "valid_until",
    ),
)  # fmt: skip
LINES = (("number", "account", "effective"), ("plan", "cos", "kind", "switch"))
GROUPS = (("group", "account", "effective"), ("until",))
LIMITS = (("account", "rank", "measure", "limit", "threshold", "cos"), ())
WARNINGS = (("profile", "message"), ("limit", "announcement"))
EFT = (("account", "amount"), ("every_day", "below"))
SHARES = (("share", "party", "percent"), ())
HOME_SWITCHES = (("switch", "capable"), ())
SOURCES = (("source", "priority"), ())
PROFILES = (("source", "account", "field", "value"), ())
PARTITIONS = (("partition", "host"), ())
DEVICES = (("number", "type", "to"), ())

KINDS: tuple[AccountKind, ...] = ("SUBSCRIBER", "VSUB", "TRUNK", "LTN")
CHARGE_AT: tuple[ChargeAt, ...] = ("BEFORE", "DURING", "AFTER")
FAILS: tuple[Fail, ...] = ("closed", "open")
LINE_KINDS: tuple[LineKind, ...] = ("LINE", "TRUNK", "SERVICE")
PARTIES = ("CALLING", "CALLED")

_PIN = re.compile(r"scrypt\$(?:[0-9a-f]{2}){8,64}\$[0-9a-f]{64}")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


def read_accounts(files: Files, options: ChargingOptions) -> Pairs[AccountRow]:
    """Read `accounts.csv`."""
    pairs: Pairs[AccountRow] = []
    first: dict[str, int] = {}
    for cells in cells_of(files, "accounts.csv", ACCOUNTS):
        row = _account(cells, options)
        line = first.setdefault(row.account, row.where.line)
        if row.account and line != row.where.line:
            cells.error("account", f"account {row.account} is already in line {line}", "CH-14")
        if row.pays and row.pays == row.account:
            cells.error("pays", f"account {row.account} pays itself", "CH-14")
        pairs.append((cells, row))
    return pairs


def _account(cells: Cells, options: ChargingOptions) -> AccountRow:
    opening = cells.money("opening", signed=True) or 0
    credit = cells.money("credit_limit")
    if opening < -(credit or 0):
        text = f"opening {money_text(opening)} is below the credit limit {money_text(credit or 0)}"
        cells.error("opening", text, "CH-26")
    if cells.get("pin") and _PIN.fullmatch(cells.get("pin")) is None:
        cells.error("pin", "pin is in clear; make it with ain account pin", "CH-21")
    return AccountRow(
        account=cells.word("account"),
        name=cells.get("name"),
        kind=cells.choice("kind", KINDS, "SUBSCRIBER"),
        charge_at=cells.choice("charge_at", CHARGE_AT, "DURING"),
        opening=opening,
        credit_limit=credit or 0,
        overrun=cells.money("overrun") or 0,
        cos=cells.word_or_none("cos") or FULL,
        warning=cells.word_or_none("warning"),
        plan=cells.word_or_none("plan"),
        bill_day=cells.whole("bill_day", 1, 28, "CH-33") if cells.get("bill_day") else options.bill_day,
        pays=cells.word_or_none("pays"),
        pin=cells.get("pin"),
        fail=cells.choice("fail", FAILS, "open" if credit else "closed"),
        max_calls=_max_calls(cells),
        valid_until=cells.date_or_none("valid_until", "CH-33"),
        where=cells.where,
    )


def _max_calls(cells: Cells) -> int | None:
    text = cells.get("max_calls")
    if not text:
        return None
    if text == "0":
        cells.error("max_calls", "max_calls 0: at least 1", "CH-33")
        return None
    return cells.whole("max_calls", 1, MOST_CALLS, "CH-33")


def read_lines(files: Files) -> Pairs[LineRow]:
    """Read `lines.csv`; of one number and date the later row counts, but not for two accounts."""
    pairs: Pairs[LineRow] = []
    first: dict[tuple[str, int], LineRow] = {}
    for cells in cells_of(files, "lines.csv", LINES):
        row = LineRow(
            number=cells.word("number"),
            account=cells.word("account"),
            effective=cells.date("effective"),
            plan=cells.word_or_none("plan"),
            cos=cells.word_or_none("cos"),
            kind=cells.choice("kind", LINE_KINDS, "LINE"),
            switch=cells.word_or_none("switch"),
            where=cells.where,
        )
        earlier = first.setdefault((row.number, row.effective), row)
        if row.number and earlier.account != row.account:
            text = f"{row.number} belongs to two accounts from {day_text(row.effective)}"
            cells.error("account", f"{text} (lines.csv:{earlier.where.line})", "CH-15")
        pairs.append((cells, row))
    return pairs


def read_members(files: Files) -> Pairs[MemberRow]:
    """Read `groups.csv`."""
    return [
        (
            cells,
            MemberRow(
                cells.word("group"),
                cells.word("account"),
                cells.date("effective"),
                cells.date_or_none("until"),
                cells.where,
            ),
        )
        for cells in cells_of(files, "groups.csv", GROUPS)
    ]


def read_limits(files: Files) -> Pairs[LimitRow]:
    """Read `limits.csv`."""
    return [
        (
            cells,
            LimitRow(
                cells.word("account"),
                cells.choice("rank", ("PRIMARY", "SECONDARY")),
                cells.choice("measure", ("USE", "CREDIT")),
                cells.amount("limit"),
                cells.amount("threshold"),
                cells.word("cos"),
                cells.where,
            ),
        )
        for cells in cells_of(files, "limits.csv", LIMITS)
    ]


def read_warnings(files: Files) -> Pairs[WarningRow]:
    """Read `warnings.csv`: limits descend, the row without a limit is the disconnect warning."""
    pairs: Pairs[WarningRow] = []
    lowest: dict[str, int] = {}
    last: dict[str, Cells] = {}
    closed: set[str] = set()
    for cells in cells_of(files, "warnings.csv", WARNINGS):
        announcement = cells.whole("announcement", 0, 65_535) if cells.get("announcement") else None
        row = WarningRow(
            cells.word("profile"), cells.money("limit"), cells.required("message"), announcement, cells.where
        )
        last[row.profile] = cells
        if row.limit is not None:
            before = lowest.get(row.profile)
            if before is not None and row.limit >= before:
                text = f"limit {money_text(row.limit)} does not descend ({money_text(before)} before it)"
                cells.error("limit", text, "CH-16")
            lowest[row.profile] = row.limit
        elif not cells.get("limit"):
            if row.profile in closed:
                cells.error(
                    "limit", f"profile {row.profile} has two rows for the disconnect warning", "CH-16"
                )
            closed.add(row.profile)
        pairs.append((cells, row))
    for profile in last.keys() - closed:
        last[profile].error("profile", f"profile {profile} has no row for the disconnect warning", "CH-16")
    return sorted(pairs, key=lambda pair: pair[1].limit is None)


def read_eft(files: Files) -> Pairs[EftRow]:
    """Read `eft.csv`: one of every_day and below."""
    pairs: Pairs[EftRow] = []
    for cells in cells_of(files, "eft.csv", EFT):
        if bool(cells.get("every_day")) == bool(cells.get("below")):
            cells.error("every_day", "give one of every_day and below", "row")
        pairs.append(
            (
                cells,
                EftRow(
                    cells.word("account"),
                    cells.amount("amount"),
                    _every_day(cells),
                    cells.money("below"),
                    cells.where,
                ),
            )
        )
    return pairs


def _every_day(cells: Cells) -> int | None:
    text = cells.get("every_day")
    if not text:
        return None
    if text not in {str(day) for day in range(1, 29)}:
        cells.error("every_day", f"every_day {shown(text)}: 1 to 28", "CH-33")
        return None
    return int(text)


def read_shares(files: Files) -> Pairs[ShareRow]:
    """Read `shares.csv`: the percentages of one share add up to 100, also those that break a rule of their own."""
    pairs: Pairs[ShareRow] = []
    totals: dict[str, Fraction | None] = {}
    last: dict[str, Cells] = {}
    for cells in cells_of(files, "shares.csv", SHARES):
        row = ShareRow(cells.word("share"), cells.word("party"), cells.percent("percent"), cells.where)
        before, percent = totals.get(row.share, Fraction()), _number(cells.get("percent"))
        totals[row.share] = None if before is None or percent is None else before + percent
        last[row.share] = cells
        pairs.append((cells, row))
    for share, total in totals.items():
        if total is not None and total != 100:
            last[share].error("percent", f"share {share} adds up to {_text(total)} %, not 100", "CH-18")
    return pairs


def _number(text: str) -> Fraction | None:
    """Read a number of any size and precision; None when it is none."""
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def _text(number: Fraction) -> str:
    """Write a sum of decimal numbers, exactly."""
    return f"{Decimal(number.numerator) / Decimal(number.denominator):f}"


def read_home_switches(files: Files) -> Pairs[HomeSwitch]:
    """Read `home_switches.csv`."""
    return [
        (cells, HomeSwitch(cells.word("switch"), cells.yes("capable"), cells.where))
        for cells in cells_of(files, "home_switches.csv", HOME_SWITCHES)
    ]


def read_sources(files: Files) -> Pairs[SourceRow]:
    """Read `sources.csv`."""
    return [
        (cells, SourceRow(cells.word("source"), cells.whole("priority", 0, 1_000_000), cells.where))
        for cells in cells_of(files, "sources.csv", SOURCES)
    ]


def read_profiles(files: Files) -> Pairs[ProfileRow]:
    """Read `profiles.csv`."""
    return [
        (
            cells,
            ProfileRow(
                cells.word("source"),
                cells.word("account"),
                cells.choice("field", ("plan", "tariff", "cos")),
                cells.word("value"),
                cells.where,
            ),
        )
        for cells in cells_of(files, "profiles.csv", PROFILES)
    ]


def read_partitions(files: Files, options: ChargingOptions) -> Pairs[PartitionRow]:
    """Read `partitions.csv`."""
    pairs: Pairs[PartitionRow] = []
    first: dict[int, int] = {}
    for cells in cells_of(files, "partitions.csv", PARTITIONS):
        row = PartitionRow(
            cells.whole("partition", 0, options.partitions - 1), cells.required("host"), cells.where
        )
        line = first.setdefault(row.partition, row.where.line)
        if line != row.where.line and not cells.bad:
            cells.error("partition", f"partition {row.partition} is already in line {line}", "duplicate")
        pairs.append((cells, row))
    return pairs


def read_devices(files: Files) -> Pairs[DeviceRow]:
    """Read `devices.csv`."""
    return [
        (
            cells,
            DeviceRow(
                cells.required("number"),
                cells.choice("type", ("VOICE", "FAX", "COMPUTER")),
                cells.required("to"),
                cells.where,
            ),
        )
        for cells in cells_of(files, "devices.csv", DEVICES)
    ]
