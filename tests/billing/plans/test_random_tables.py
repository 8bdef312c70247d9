"""Random tariffs, plans, pools, groups, items and taxes: what is said of every record and bill equals a slow rating from the rows.

Source: charging.md 3.3, 10.1, 10.2, 11.1 (I4, I9, I11); B3-013, B6-005 to B6-011, B7-006, B7-013.
"""

import copy
import datetime as dt
import importlib.util
import os
import random
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ain_scp.billing.ledger.check import problems
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import (
    AccountRow,
    BandRow,
    ChargingOptions,
    ChargingSet,
    DiscountRow,
    GroupRow,
    Holiday,
    LineRow,
    MemberRow,
    PlanRow,
    RecurringRow,
    TariffRow,
    TaxRow,
)
from ain_scp.provisioning.tables.build import codes_of, compile_prefix
from ain_scp.provisioning.tables.zones import Zones
from ain_scp.provisioning.where import Where
from ain_scp.terms.money import parse_money

SPEC = importlib.util.spec_from_file_location("slow_tables", Path(__file__).with_name("slow_tables.py"))
slow = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(slow)

UNSHRUNK = [Phase.explicit, Phase.generate]
EXAMPLES = int(os.environ.get("TABLES_EXAMPLES", "20"))
DAY_MS = 86_400_000
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
NO_ZONES = compile_prefix(codes_of([]), codes_of([]).astype("int32"))
ACCOUNTS = ("A", "B", "C", "D")
NUMBERS = {"9255550200": "A", "9255550201": "B", "9255550202": "C", "9255550203": "D", "9255550204": "A"}
BANDS = ("day", "night")
PLANS = ("P", "Q", "R")
HERE = Where("charging/x.csv", 2)
MONTHS = ((2000, 2), (2001, 1), (2003, 12), (2004, 2), (2001, 10))
"""Where a period begins: before 29 February, over a year's end, in the month of a short night."""


def day_of(date):
    return (date - EPOCH.date()).days


class Tables:
    """Everything of a data set that a bill depends on, drawn from a seed."""

    def __init__(self, chance):
        self.chance = chance
        self.bill_day = chance.choice((1, 15, 28))
        year, month = chance.choice(MONTHS)
        self.first = dt.date(year, month, self.bill_day)
        self.rows = ChargingSet(
            ChargingOptions("USD"),
            bands=self._bands(),
            holidays=(Holiday(day_of(self.first) + 3, "", HERE),) if chance.random() < 0.5 else (),
            tariffs=tuple(row for name in ("S", "T") for row in self._tariff(name)),
            taxes=self._taxes(),
            recurring=self._items(),
            plans=tuple(map(self._plan, PLANS)),
            groups=tuple(GroupRow(name, chance.choice(("", *PLANS)), name, HERE) for name in ("G", "H")),
            accounts=tuple(map(self._account, ACCOUNTS)),
            lines=tuple(
                LineRow(number, account, 0, chance.choice(("", "", *PLANS)), "", "LINE", "", HERE)
                for number, account in NUMBERS.items()
            ),
            members=self._members(),
        )
        self.charging = Charging(self.rows, Zones((), NO_ZONES, NO_ZONES))

    def _bands(self):
        rows = [BandRow("S", "day", "12345", 480, 1080, HERE)]
        rows += [
            BandRow("S", "night", "12345", 0, 480, HERE),
            BandRow("S", "night", "12345", 1080, 1440, HERE),
        ]
        rows.append(BandRow("S", "night", self.chance.choice(("67", "67H")), 0, 1440, HERE))
        return tuple(rows)

    def _tariff(self, name):
        chance = self.chance
        increment, band_at = chance.choice(("up", "down", "exact")), chance.choice(("start", "increment"))
        for band in BANDS:
            first = chance.choice((0, 0, 180_000))
            yield TariffRow(
                tariff=name, effective=0, origin="*", destination="*", cos="*", band=band, meter="ms", feature="",
                connect=chance.choice((0, 0, 50_000, 1_234)),
                first_units=first, first_price=chance.choice((0, 1_000_000, 333_333)) if first else 0,
                next_units=chance.choice((60_000, 60_000, 30_000, 7_000)),
                next_price=chance.choice((100_000, 120_700, 8_333, chance.randrange(900_000))),
                increment=increment,
                minimum=chance.choice((None, None, 100_000)), maximum=chance.choice((None, None, 9_000_000)),
                band_at=band_at, round_to=chance.choice((10_000, 10_000, 100, 1, 50_000)), where=HERE,
            )  # fmt: skip

    def _percent(self):
        return self.chance.choice((50_000, 100_000, 100_000, 125_000, 333_333, 500_000, 1_000_000))

    def _discount(self):
        chance = self.chance
        if chance.random() < 0.3:
            return DiscountRow("BAND", self._percent(), chance.choice(BANDS), "", 0, False, "ACCOUNT", HERE)
        measure = chance.choice(("CHARGES", "CHARGES", "MINUTES"))
        reaches = chance.choice((100_000, 5_000_000, 30_000_000, 50_000_000))
        pool = chance.choice(("ACCOUNT", "PLAN", "GROUP"))
        return DiscountRow(
            "THRESHOLD", self._percent(), "", measure, reaches, chance.random() < 0.7, pool, HERE
        )

    def _plan(self, name):
        chance = self.chance
        return PlanRow(
            name, chance.choice(("S", "T")), name, (), "P" if name != "P" and chance.random() < 0.3 else "",
            chance.choice((0, 0, 0, 30, 600)), chance.choice(BANDS),
            tuple(self._discount() for _ in range(chance.randint(0, 3))), HERE,
        )  # fmt: skip

    def _account(self, name):
        plan = self.chance.choice(PLANS)
        return AccountRow(
            name, name, "SUBSCRIBER", "AFTER", 0, 0, 0, "FULL", "", plan, self.bill_day, "", "", "open", None,
            None, HERE,
        )  # fmt: skip

    def _members(self):
        chance, first = self.chance, day_of(self.first)
        found = []
        for account in ACCOUNTS:
            since = chance.choice((0, 0, first + chance.randrange(40)))
            until = chance.choice((None, None, first + chance.randrange(45)))
            if chance.random() < 0.6:
                found.append(MemberRow(chance.choice(("G", "H")), account, since, until, HERE))
        return tuple(found)

    def _taxes(self):
        chance, first = self.chance, day_of(self.first)
        return tuple(
            TaxRow(
                name,
                since,
                chance.choice((0, 100_000, 82_500)),
                chance.choice(("USAGE", "RECURRING", "ALL")),
                HERE,
            )
            for name in ("CITY", "STATE")[: chance.randint(0, 2)]
            for since in (0, first + chance.randint(1, 70))
        )

    def _items(self):
        chance, first = self.chance, day_of(self.first)
        return tuple(
            RecurringRow(
                f"item {place}",
                first + chance.choice((-90, 0, 10, 45)),
                chance.choice((None, None, first + chance.choice((1, 20, 29, 60)))),
                chance.choice(("A", "B", "plan:P", "plan:Q")),
                chance.choice(("ACCOUNT", "LINE")),
                chance.choice((5_000_000, 9_990_000, 10_000)),
                chance.random() < 0.6,
                HERE,
            )
            for place in range(chance.randint(0, 3))
        )


class Played:
    """A desk and the slow evaluator side by side, over a few periods."""

    def __init__(self, tables, desk):
        self.tables, self.desk, self.chance = tables, desk, tables.chance
        self.slow = slow.Slow(tables.rows, ACCOUNTS)
        self.now = dt.datetime.combine(tables.first, dt.time(8))
        self.closed = dict.fromkeys(ACCOUNTS, 0)

    def ask(self, event, **fields):
        return self.desk(self.now.isoformat(timespec="milliseconds"), event, **fields)

    def ms(self, moment):
        return (moment - EPOCH) // dt.timedelta(milliseconds=1)

    def boundary(self, months):
        """The first day of a period: the bill day of a month."""
        month = self.tables.first.month - 1 + months
        return self.tables.first.replace(year=self.tables.first.year + month // 12, month=month % 12 + 1)

    def call(self):
        number = self.chance.choice(tuple(NUMBERS))
        minutes = self.chance.choice((1, 2, 5, 30, 45))
        duration = max(0, minutes * 60_000 - self.chance.choice((0, 0, 1, 59_999, 60_000, 30_000)))
        answered = self.now - dt.timedelta(hours=self.chance.choice((0, 0, 0, 1, 2, 30)))
        said = self.ask(
            "record", from_=number, called="2125550000", duration_ms=duration,
            answer=answered.isoformat(timespec="milliseconds"),
        )  # fmt: skip
        where = ("INTERLATA", "INTERLATA")
        expected = self.slow.record(number, self.ms(answered), duration, self.ms(self.now), where)
        assert (parse_money(said["gross"]), parse_money(said["charge"])) == (
            expected["gross"],
            expected["charge"],
        )
        assert (said["plan"], said.get("group")) == (expected["plan"], expected["group"] or None)
        adjusted = {name: parse_money(text, signed=True) for name, text in said["adjusted"].items()}
        assert adjusted == expected["adjusted"]
        self.now += dt.timedelta(minutes=self.chance.choice((1, 37, 500, 2000)))

    def move(self):
        number, plan = self.chance.choice(tuple(NUMBERS)), self.chance.choice(PLANS)
        assert self.ask("move", number=number, plan=plan)["ok"]
        self.slow.moves.setdefault(number, []).append((self.ms(self.now), plan))
        self.now += dt.timedelta(minutes=1)

    def adjust(self):
        account, amount = self.chance.choice(ACCOUNTS), self.chance.choice(("1.00", "-0.15", "0.0001"))
        assert self.ask("adjust", account=account, amount=amount, why="sorry")["ok"]
        self.slow.adjustments[account].append(("sorry", -parse_money(amount, signed=True)))

    def restart(self):
        before = self.desk.engine.desk
        self.desk = type(self.desk)(before.snapshot, before.ledger)

    def interim(self):
        account = self.chance.choice(ACCOUNTS)
        if self.now.date() < self.boundary(self.closed[account] + 1):
            assert self.bill(account)

    def close(self):
        """All accounts' bills of a period, in any order; one is refused while another member has calls in the one before."""
        account = min(ACCOUNTS, key=lambda name: (self.closed[name], self.chance.random()))
        if self.closed[account] < 3:
            end = self.boundary(self.closed[account] + 1)
            self.now = max(self.now, dt.datetime.combine(end, dt.time(0)))
            self.bill(account)

    def bill(self, account):
        start, to = self.boundary(self.closed[account]), self.boundary(self.closed[account] + 1)
        untaxed = self.chance.random() < 0.2
        asked = {"account": account, "from": start.isoformat(), "to": to.isoformat(), "untaxed": untaxed}
        preview = self.ask("bill", preview=True, **asked)
        said = self.ask("bill", **asked)
        if not said["ok"]:
            assert said["reason"] == "PERIOD_OPEN"
            assert any(
                other["account"] != account and other["period"] == self.slow.period[other["account"]]
                and other["period"] < self.slow.period[account]
                for other in self.slow.calls
            )  # fmt: skip
            return False
        assert preview["lines"] == said["lines"]
        expected = self.slow.bill(account, day_of(start), day_of(to), day_of(self.now.date()), untaxed)
        found = [
            (one["kind"], one["text"], one["quantity"], parse_money(one["amount"], signed=True))
            for one in said["lines"]
        ]
        assert found == expected
        assert parse_money(said["totals"]["total"], signed=True) == sum(line[3] for line in expected)
        closes = self.now.date() >= to
        assert said["closes"] == closes
        self.slow.billed_now(account, closes, to.isoformat())
        self.closed[account] += closes
        return True

    def check(self):
        for account in ACCOUNTS:
            said = self.ask("current", account=account)
            assert tuple(parse_money(said[name], signed=True) for name in ("usage", "discount")) == (
                self.slow.current(account)
            )


KINDS = {"call": 16, "interim": 1, "move": 1, "close": 4, "restart": 1, "adjust": 1}


@pytest.fixture(scope="module")
def desk_over(snapshot_of, desk_of):
    """A function: tables -> a desk of a network that has them."""
    plain = snapshot_of()

    def make(tables):
        snapshot = copy.copy(plain)
        snapshot.charging = tables.charging
        return type(desk_of())(snapshot)

    return make


@settings(max_examples=EXAMPLES, phases=UNSHRUNK)
@given(seed=st.integers(0, 2**64))
def test_every_record_and_bill_equals_a_slow_rating(desk_over, seed):
    chance = random.Random(seed)
    tables = Tables(chance)
    played = Played(tables, desk_over(tables))
    for name in chance.choices(list(KINDS), KINDS.values(), k=40):
        getattr(played, name)()
    played.check()
    assert problems(played.desk.engine.desk.ledger) == []
