"""Every call of every period rated again from the beginning, in fractions, from the files themselves.

Slow, and apart from the engine. What it says of an account is what the account's bills must add up to.
"""

import csv
import tomllib
from fractions import Fraction
from pathlib import Path

CHARGING = Path(__file__).parents[3] / "examples" / "charging" / "charging"
with (CHARGING / "plans.toml").open("rb") as _file:
    _PLANS = tomllib.load(_file)
PLANS, GROUPS = _PLANS["plans"], _PLANS["groups"]


def _rows(name):
    with (CHARGING / name).open(newline="") as file:
        return list(csv.DictReader(file))


PRICES = {
    row["tariff"]: Fraction(row["next_price"]) for row in _rows("tariffs.csv") if row["next_units"] == "60s"
}
ACCOUNTS = {row["account"]: row for row in _rows("accounts.csv")}
LINES = {row["number"]: row["account"] for row in _rows("lines.csv")}
MEMBERS = {row["account"]: row["group"] for row in _rows("groups.csv")}
PLAIN = ("STD", "EIGHT", "ACTUAL", "DOLLAR")


def cent(amount):
    """Half up to the cent; amounts here are not negative."""
    return Fraction(int(amount * 100 + Fraction(1, 2)), 100)


def minutes(call):
    return -(-call["duration_ms"] // 60_000)


def offpeak(moment):
    return not 9 <= moment.hour < 17


class Slow:
    """A list of calls in the order in which their records came, and the period each fell into."""

    def __init__(self):
        self.calls = []
        self.moves = {}
        self.period = dict.fromkeys(ACCOUNTS, 0)

    def record(self, number, duration_ms, came, answered):
        account = LINES[number]
        plan = ACCOUNTS[account]["plan"]
        for at, moved in self.moves.get(number, []):
            plan = moved if at <= answered else plan
        call = {
            "account": account,
            "plan": plan,
            "group": MEMBERS.get(account),
            "duration_ms": duration_ms,
            "came": came,
            "answered": answered,
            "period": self.period[account],
        }
        call["gross"] = cent(PRICES[PLANS[plan]["tariff"]] * minutes(call))
        call["own"] = self.own(call)
        call["priced"] = cent(call["gross"] * (1 - call["own"]))
        self.calls.append(call)
        return call

    def discounts(self, plan, group):
        """The discounts of a call's plan, with the thresholds of the one it pools with, and of its group's plan."""
        for name in (plan, GROUPS[group]["plan"] if group else None):
            own = PLANS.get(name, {})
            yield from ((name, row) for row in own.get("discount", []))
            common = own.get("pool_with")
            yield from (
                (common, row)
                for row in PLANS.get(common, {}).get("discount", [])
                if row["kind"] == "THRESHOLD"
            )

    def pool(self, name, row, call):
        """The calls whose sum a threshold looks at."""
        root = PLANS[name].get("pool_with", name)
        for other in self.calls:
            if other["period"] != call["period"]:
                continue
            if row["pool"] == "ACCOUNT":
                found = other["account"] == call["account"]
            elif row["pool"] == "PLAN":
                found = PLANS[other["plan"]].get("pool_with", other["plan"]) == root
            else:
                found = call["group"] is not None and other["group"] == call["group"]
            if found:
                yield other

    def reached(self, name, row, calls):
        def value(call):
            return call["gross"] if row["measure"] == "CHARGES" else minutes(call)

        return sum(map(value, calls)) >= Fraction(row["reaches"])

    def own(self, call):
        """What the call itself is priced with: its band, or a threshold that had been reached when it began."""
        found = Fraction(0)
        for name, row in self.discounts(call["plan"], call["group"]):
            percent = Fraction(row["percent"]) / 100
            if row["kind"] == "BAND":
                holds = offpeak(call["answered"])
            else:
                before = [one for one in self.pool(name, row, call) if one["came"] <= call["answered"]]
                holds = not row["retroactive"] and self.reached(name, row, before)
            found = max(found, percent if holds else 0)
        return found

    def discount(self, entry):
        """What the reached thresholds take off the calls of one account, plan, group and period."""
        largest = Fraction(0)
        for name, row in self.discounts(entry[0]["plan"], entry[0]["group"]):
            if row["kind"] == "THRESHOLD" and row["retroactive"]:
                percent = Fraction(row["percent"]) / 100
                if percent > largest and self.reached(name, row, self.pool(name, row, entry[0])):
                    largest = percent
        taken = Fraction(0)
        for own in {call["own"] for call in entry if call["own"] < largest}:
            alike = [call for call in entry if call["own"] == own]
            gross = sum(call["gross"] for call in alike)
            taken += cent(gross * largest) - (gross - sum(call["priced"] for call in alike))
        return max(taken, Fraction(0))

    def owed(self, account, period=None):
        """What all calls of an account come to, of one period or of all."""
        entries = {}
        for call in self.calls:
            if call["account"] == account and period in (None, call["period"]):
                entries.setdefault((call["plan"], call["group"], call["period"]), []).append(call)
        return sum(
            (sum(call["priced"] for call in entry) - self.discount(entry) for entry in entries.values()),
            Fraction(0),
        )

    def savings(self, account, plan):
        """What the calls of the open period would cost less under a plan without discounts."""
        mine = [c for c in self.calls if c["account"] == account and c["period"] == self.period[account]]
        other = sum((cent(PRICES[PLANS[plan]["tariff"]] * minutes(call)) for call in mine), Fraction(0))
        return self.owed(account, self.period[account]) - other
