"""Random months of calls on accounts with every kind of plan: totals and discounts equal a slow re-rating of every call.

Source: charging.md 11.1 (I4, I9, I11); B6-005 to B6-011, B7-006, B7-013.
"""

import datetime as dt
import importlib.util
import random
from fractions import Fraction
from pathlib import Path

import pytest

from ain_scp.billing.ledger.check import problems

SPEC = importlib.util.spec_from_file_location("slow_plans", Path(__file__).with_name("slow.py"))
slow = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(slow)
ACCOUNTS, LINES, Slow = slow.ACCOUNTS, slow.LINES, slow.Slow

NUMBERS = {account: number for number, account in LINES.items()}
PLAYED = ("F50", "V30", "TOD", "TODF", "GA", "GB", "GC", "GD", "LA1", "LB1", "LC1", "B5CUST")
MOVES = ("LINES50", "LINEY", "LINES50_8", "FIFTY", "TODFIFTY", "HUNDRED_MIN", "VOL30")
MINUTES = (1, 3, 60, 499, 500, 501, 1000, 4000, 9999)
KINDS = {"call": 14, "interim": 1, "move": 1, "close": 3, "restart": 1}


def steps(chance, many):
    """A random month or two: mostly calls, some bills and moves."""
    for name in chance.choices(list(KINDS), KINDS.values(), k=many):
        account = chance.choice(PLAYED)
        if name == "call":
            rest = chance.choice([0, 1, 30_000, 59_999, 60_000])
            yield name, account, chance.choice(MINUTES), rest, chance.choice([0, 0, 0, 1, 2, 30])
        else:
            yield (name, account, chance.choice(MOVES)) if name == "move" else (name, account)


class Played:
    """A desk and the slow evaluator side by side."""

    def __init__(self, desk):
        self.desk, self.slow = desk, Slow()
        self.now = dt.datetime.fromisoformat("2001-01-02T08:00:00")
        self.billed = dict.fromkeys(PLAYED, Fraction(0))
        self.closed = dict.fromkeys(PLAYED, 0)

    def ask(self, event, **fields):
        return self.desk(self.now.isoformat(), event, **fields)

    def restart(self, _account):
        """A new engine over what the ledger keeps."""
        before = self.desk.engine.desk
        self.desk = type(self.desk)(before.snapshot, before.ledger)

    def call(self, account, started, rest, hours):
        """A record that came some hours after its answer."""
        duration = max(started * 60_000 - rest, 0)
        answered = self.now - dt.timedelta(hours=hours)
        number = NUMBERS[account]
        said = self.ask(
            "record", from_=number, called="2125550000", duration_ms=duration, answer=answered.isoformat()
        )
        expected = self.slow.record(number, duration, self.now, answered)
        assert (Fraction(said["gross"]), Fraction(said["charge"])) == (expected["gross"], expected["priced"])
        self.now += dt.timedelta(minutes=37)

    def interim(self, account):
        start, to = self.period(account)
        if self.now.date().isoformat() < to:
            self.bill(account, start, to)

    def move(self, account, plan):
        number = NUMBERS[account]
        assert self.ask("move", number=number, plan=plan)["ok"]
        self.slow.moves.setdefault(number, []).append((self.now, plan))
        self.now += dt.timedelta(minutes=1)

    def period(self, account):
        month = self.closed[account]
        return f"2001-{month + 1:02d}-01", f"2001-{month + 2:02d}-01"

    def close(self, account):
        """The bill of the period; refused while another member has calls in the one before."""
        start, to = self.period(account)
        if self.closed[account] >= 8:
            return
        self.now = max(self.now, dt.datetime.fromisoformat(to))
        if self.bill(account, start, to):
            self.closed[account] += 1
            self.slow.period[account] += 1

    def bill(self, account, start, to):
        said = self.ask("bill", account=account, **{"from": start, "to": to}, untaxed=True)
        if not said["ok"]:
            assert said["reason"] == "PERIOD_OPEN"
            return False
        totals = {name: Fraction(text) for name, text in said["totals"].items()}
        assert sum(Fraction(line["amount"]) for line in said["lines"]) == totals["total"]
        assert sum(value for name, value in totals.items() if name != "total") == totals["total"]
        assert sum(Fraction(call["charge"]) for call in said["calls"]) == totals["usage"]
        self.billed[account] += totals["usage"] + totals["discount"] + totals["adjustment"]
        balance = {name: Fraction(text) for name, text in said["balance"].items()}
        assert balance["before"] + balance["paid"] - totals["total"] == balance["after"]
        again = self.ask("bill", account=account, **{"from": start, "to": to}, untaxed=True, preview=True)
        assert not again["ok"] or Fraction(again["totals"]["usage"]) == 0
        return said["closes"]

    def check(self):
        """What is billed, what is not billed yet and what is still to be adjusted are what the calls come to."""
        for account in PLAYED:
            current = Fraction(self.ask("current", account=account)["current"])
            start, _ = self.period(account)
            rest = self.ask(
                "bill", account=account, **{"from": start, "to": "2001-12-01"}, untaxed=True, preview=True
            )
            waiting = Fraction(rest["totals"]["adjustment"])
            assert self.billed[account] + current + waiting == self.slow.owed(account), account
        savings = Fraction(self.ask("exemplary", account="B5CUST", plan="PLAN_A")["difference"])
        assert savings == self.slow.savings("B5CUST", "PLAN_A")


@pytest.mark.parametrize("seed", range(30))
def test_bills_add_up_to_a_slow_rating_of_every_call(seed, desk_of):
    chance = random.Random(seed)
    played = Played(desk_of())
    for number, (name, *rest) in enumerate(steps(chance, 90)):
        getattr(played, name)(*rest)
        if number % 30 == 29:
            played.check()
    assert problems(played.desk.engine.desk.ledger) == []
    assert set(PLAYED) <= set(ACCOUNTS)


def test_a_group_whose_plan_looks_at_another_pool_is_adjusted_when_that_is_reached(desk_of):
    """The group's plan has a threshold over the lines of a plan; its members' calls are of another plan (10.1)."""
    edits = {
        "append": {
            "charging/plans.toml": [
                "[plans.WATCHING]", 'tariff = "STD"', "[[plans.WATCHING.discount]]", 'kind = "THRESHOLD"',
                'measure = "CHARGES"', 'reaches = "1.00"', 'percent = "10"', 'pool = "PLAN"',
                "[groups.WATCHERS]", 'plan = "WATCHING"',
            ],
            "charging/groups.csv": ["WATCHERS,LE1,2001-01-01,"],
            "charging/lines.csv": ["9255550298,TOD,2001-01-01,WATCHING,,LINE,SSP2004"],
        }
    }  # fmt: skip
    desk = desk_of(edits)
    lone = desk("10:00:00", "record", from_=NUMBERS["LE1"], called="2125550000", duration_ms=600_000)
    assert (lone["group"], lone["adjusted"]) == ("WATCHERS", {})
    said = desk("11:00:00", "record", from_="9255550298", called="2125550000", duration_ms=600_000)
    assert set(said["adjusted"]) == {"TOD", "LE1"}
    assert Fraction(desk("11:00:00", "current", account="LE1")["discount"]) == -Fraction(lone["gross"]) / 10
