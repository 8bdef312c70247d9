"""Pools of many accounts: the record that crosses adjusts its own account, the others are adjusted when they are next touched.

Everything a customer can see is what it is when all are adjusted at once.

Source: charging.md 10.1.
"""

import copy
import importlib.util
import json
import random
from fractions import Fraction
from pathlib import Path

import pytest

from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.plans.discounts import LAZY_FROM
from ain_scp.terms.money import parse_money

SPEC = importlib.util.spec_from_file_location(
    "random_tables", Path(__file__).with_name("test_random_tables.py")
)
tables = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tables)
ACCOUNTS, NUMBERS, PLANS = tables.ACCOUNTS, tables.NUMBERS, tables.PLANS
KINDS = {"call": 16, "move": 1, "interim": 1, "close": 4, "restart": 1, "adjust": 1, "look": 3}
ALL, NOBODY = 1, 10**9
"""From how many accounts on a pool is adjusted lazily."""


class Played(tables.Played):
    """One desk that plays what chance says; what customers see of it is kept."""

    def __init__(self, drawn, desk, lazy_from):
        super().__init__(drawn, desk)
        self.chance, self.lazy_from, self.seen, self.lazy = random.Random(drawn.bill_day), lazy_from, [], 0
        self.set()

    def set(self):
        self.desk.engine.desk.counting.discounts.lazy_from = self.lazy_from

    def call(self):
        number = self.chance.choice(tuple(NUMBERS))
        duration = self.chance.choice((1, 2, 5, 30, 45, 300)) * 60_000 - self.chance.choice((0, 1, 59_999))
        said = self.ask("record", from_=number, called="2125550000", duration_ms=duration)
        self.lazy += "lazy" in self.desk.engine.desk.ledger.facts
        self.seen.append((said["account"], said["gross"], said["charge"]))
        self.now += tables.dt.timedelta(minutes=self.chance.choice((1, 37, 500, 2000)))

    def restart(self):
        super().restart()
        self.set()

    def move(self):
        assert self.ask("move", number=self.chance.choice(tuple(NUMBERS)), plan=self.chance.choice(PLANS))[
            "ok"
        ]

    def adjust(self):
        assert self.ask("adjust", account=self.chance.choice(ACCOUNTS), amount="1.00", why="sorry")["ok"]

    def look(self):
        """A group, an account's bill so far, and what can be spent."""
        account = self.chance.choice(ACCOUNTS)
        for event in ({"event": "group", "group": "G"}, {"event": "current", "account": account}):
            said = self.ask(**event)
            self.seen.append({name: said[name] for name in said if name not in ("line", "at", "event")})
        self.seen.append(self.ask("balance", account=account)["usable"])

    def bill(self, account):
        start, to = self.boundary(self.closed[account]), self.boundary(self.closed[account] + 1)
        asked = {"account": account, "from": start.isoformat(), "to": to.isoformat()}
        said = self.ask("bill", **asked)
        parts = ("reason", "closes", "lines", "totals", "calls", "groups", "balance")
        self.seen.append([said.get(name) for name in parts])
        self.closed[account] += said["ok"] and said["closes"]
        return said["ok"]


@pytest.fixture(scope="module")
def lazily():
    """The seeds of months in which accounts were owed something."""
    return []


@pytest.mark.parametrize("seed", [*range(15), 990_008])
def test_what_customers_see_is_the_same_as_when_all_are_adjusted_at_once(seed, lazily, snapshot_of, desk_of):
    seen = []
    for lazy_from in (ALL, NOBODY):
        chance = random.Random(seed)
        drawn = tables.Tables(chance)
        snapshot = copy.copy(snapshot_of())
        snapshot.charging = drawn.charging
        played = Played(drawn, type(desk_of())(snapshot), lazy_from)
        for name in chance.choices(list(KINDS), KINDS.values(), k=60):
            getattr(played, name)()
        for account in ACCOUNTS:
            played.bill(account)
        assert problems(played.desk.engine.desk.ledger) == []
        lazily += [seed] if played.lazy else []
        assert lazy_from == ALL or not played.lazy
        seen.append(played.seen)
    assert seen[0] == seen[1]


def test_accounts_were_owed_something_in_most_of_them(lazily):
    assert len(lazily) > 5


def crowd(many):
    """Edits: a group of so many members, 10 % for all once 1000.00 are reached."""
    names = [f"M{place:04d}" for place in range(many)]
    return {
        "append": {
            "charging/plans.toml": [
                "[plans.CROWD]", 'tariff = "STD"', "[[plans.CROWD.discount]]", 'kind = "THRESHOLD"',
                'measure = "CHARGES"', 'reaches = "1000.00"', 'percent = "10"', 'pool = "GROUP"',
                "[groups.CROWD]", 'plan = "CROWD"',
            ],
            "charging/accounts.csv": [f"{name},,SUBSCRIBER,DURING,3.00,0.00,,FULL,,CROWD,1,,,,," for name in names],
            "charging/lines.csv": [f"{line(place)},{name},2001-01-01,,,LINE,SSP2004" for place, name in enumerate(names)],
            "charging/groups.csv": [f"CROWD,{name},2001-01-01," for name in names],
        }
    }  # fmt: skip


def line(place):
    return str(9_265_550_000 + place)


def filled(desk, many):
    """One call of 1.00 of every member but the last, so that one more crosses; what the crossing record says."""
    for place in range(many - 1):
        desk("10:00:00", "record", from_=line(place), called="2125550000", duration_ms=600_000)
    rest = 1000 - (many - 1)
    return desk("11:00:00", "record", from_=line(many - 1), called="2125550000", duration_ms=600_000 * rest)


def test_a_thousand_accounts_are_adjusted_when_they_are_touched(desk_of):
    desk = desk_of(crowd(LAZY_FROM))
    ledger = desk.engine.desk.ledger
    said = filled(desk, LAZY_FROM)
    assert said["adjusted"] == {"M0999": "-0.10"}
    assert ledger.accounts["customer:M0000"].posted == parse_money("2.00")
    before = ledger.sequence
    assert desk("11:01:00", "group", group="CROWD")["current"] == "900.00"
    assert ledger.sequence == before
    assert desk("11:01:00", "balance", account="M0000")["usable"] == "2.10"
    assert ledger.sequence == before + 1
    again = type(desk)(desk.engine.desk.snapshot, ledger)
    assert again("11:02:00", "balance", account="M0000")["usable"] == "2.10"
    asked = {"from": "2001-01-01", "to": "2001-02-01"}
    bill = again("2001-02-01T00:00:00", "bill", account="M0001", untaxed=True, **asked)
    assert [(one["kind"], one["amount"]) for one in bill["lines"]] == [
        ("USAGE", "1.00"),
        ("DISCOUNT", "-0.10"),
    ]
    assert Fraction(bill["groups"][0]["discount"]) == -100
    assert problems(ledger) == []


def test_fewer_are_adjusted_in_the_record_that_crosses(desk_of):
    said = filled(desk_of(crowd(LAZY_FROM - 1)), LAZY_FROM - 1)
    assert len(said["adjusted"]) == LAZY_FROM - 1


@pytest.mark.parametrize("lazy_from", [ALL, NOBODY])
def test_a_call_that_waits_for_money_has_what_the_pool_owes_it(lazy_from, desk_of):
    """3.00 last 30 minutes; 0.10 that came back in the last minute are one more."""
    edits = crowd(3)
    desk = desk_of(edits)
    desk.engine.desk.counting.discounts.lazy_from = lazy_from
    desk("09:00:00", "record", from_=line(0), called="2125550000", duration_ms=600_000)
    desk("10:00:00", "authorize", call="c", from_=line(0), called="2125550000")
    desk("10:00:00", "answer", call="c")
    desk("10:19:55", "record", from_=line(1), called="2125550000", duration_ms=600_000 * 1000)
    cut = [one for one in desk.finish() if one["event"] == "cut"]
    assert [(one["charge"], one["duration_ms"]) for one in cut] == [("2.10", 21 * 60_000)]


def test_a_ledger_read_back_owes_the_same(desk_of):
    """The journal alone says what is owed: a desk over the same facts posts the same."""
    desk = desk_of(crowd(3))
    desk.engine.desk.counting.discounts.lazy_from = ALL
    filled(desk, 3)
    ledger = desk.engine.desk.ledger
    twins = [type(desk)(desk.engine.desk.snapshot, copy.deepcopy(ledger)) for _ in range(2)]
    for twin in twins:
        twin("12:00:00", "balance", account="M0001")
    assert digest(twins[0].engine.desk.ledger) == digest(twins[1].engine.desk.ledger)
    assert json.dumps(ledger.facts["lazy"], default=repr)


def joined():
    edits = crowd(3)
    edits["append"]["charging/accounts.csv"].append("LATER,,SUBSCRIBER,AFTER,0.00,900.00,,FULL,,CROWD,1,,,,,")
    edits["append"]["charging/lines.csv"].append(f"{line(900)},LATER,2001-02-01,,,LINE,SSP2004")
    edits["append"]["charging/groups.csv"].append("CROWD,LATER,2001-02-01,")
    return edits


def test_an_account_new_in_a_running_ledger_begins_in_the_period_of_its_pool(desk_of, snapshot_of):
    """January is closed, and the account is new in February: its call makes the group reach 1000.00 of February."""
    desk = desk_of(crowd(3))
    january, february = {"from": "2001-01-01", "to": "2001-02-01"}, {"from": "2001-02-01", "to": "2001-03-01"}
    desk("10:00:00", "record", from_=line(0), called="2125550000", duration_ms=600_000)
    for name in ("M0000", "M0001", "M0002"):
        assert desk("2001-02-01T00:00:00", "bill", account=name, **january)["closes"]
    desk("2001-02-02T10:00:00", "record", from_=line(0), called="2125550000", duration_ms=600_000)
    desk = type(desk)(snapshot_of(**joined()), desk.engine.desk.ledger)
    said = desk(
        "2001-02-03T10:00:00", "record", from_=line(900), called="2125550000", duration_ms=600_000 * 999
    )
    assert said["adjusted"] == {"M0000": "-0.10", "LATER": "-99.90"}
    assert desk("2001-03-01T00:00:00", "bill", account="LATER", **january)["reason"] == "PERIOD_CLOSED"
    bill = desk("2001-03-01T00:00:00", "bill", account="LATER", untaxed=True, **february)
    assert [(one["kind"], one["amount"]) for one in bill["lines"]] == [
        ("USAGE", "999.00"),
        ("DISCOUNT", "-99.90"),
    ]


def test_an_account_new_in_a_pool_that_has_closed_nothing_begins_with_it(desk_of, snapshot_of):
    desk = desk_of(crowd(3))
    desk("10:00:00", "record", from_=line(0), called="2125550000", duration_ms=600_000)
    desk = type(desk)(snapshot_of(**joined()), desk.engine.desk.ledger)
    said = desk(
        "2001-02-03T10:00:00", "record", from_=line(900), called="2125550000", duration_ms=600_000 * 999
    )
    assert said["adjusted"] == {"M0000": "-0.10", "LATER": "-99.90"}
